"""The conditions that event filters put on facts: which conversations, and whose days are left."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, select, tuple_

from analytics.query import MOST_ASKED, Query
from analytics.reading.reader import Reader
from analytics.rollups.tables import OTHERS, slice_key
from analytics.sql.collation import by_code_point

Columns = Any  # of rows with the columns that a condition names

Condition = Callable[[Reader, Query, Columns], ColumnElement[bool]]


DEFAULTS = {name: field.default for name, field in Query.__dataclass_fields__.items()}


def keys_of(names: Sequence[str | None]) -> list[str]:
    return [slice_key(name) for name in names]


def _is_unknown(reader: Reader, query: Query, row: Columns) -> ColumnElement[bool]:
    twins = reader.twins.alias()
    return ~exists().where(twins.c.id == row.twin_id)


def _is_of_others(reader: Reader, query: Query, row: Columns) -> ColumnElement[bool]:
    twins = reader.twins.alias()
    return exists().where(twins.c.id == row.twin_id, twins.c.user_id != row.user_id)


def _is_own(reader: Reader, query: Query, row: Columns) -> ColumnElement[bool]:
    twins = reader.twins.alias()
    return exists().where(twins.c.id == row.twin_id, twins.c.user_id == row.user_id)


# Field of `Query` -> its condition on rows of `hours` and `activities` alike.
EVENTS: dict[str, Condition] = {
    "twin": lambda _, query, row: row.twin_id == query.twin,
    "unknown_twin": _is_unknown,
    "by_others": _is_of_others,
    "own_twin": _is_own,
    "topics": lambda _, query, row: row.topic.in_(keys_of(query.topics)),
}


def _has_asked(reader: Reader, query: Query, row: Columns) -> ColumnElement[bool]:
    found: ColumnElement[bool] = (
        row.asked >= MOST_ASKED if query.asked == MOST_ASKED else row.asked == query.asked
    )
    return found


def _is_first_meeting(reader: Reader, query: Query, row: Columns) -> ColumnElement[bool]:
    """The first conversation of a person with a twin, by day, time and id."""
    others = reader.activities.alias()
    a = others.c
    earlier = tuple_(a.day, a.started_at, by_code_point(a.session_id)) < tuple_(
        row.day, row.started_at, by_code_point(row.session_id)
    )
    same = (a.user_id == row.user_id) & (a.twin_id == row.twin_id)
    before = exists().where(same, earlier, *of_events(reader, query, a)).select_from(others)
    return and_(row.twin_id != "", ~before)


# A feature -> the rows of `hours` in which it was used.
FEATURES: dict[str, Callable[[Columns], ColumnElement[bool]]] = {
    "used_others_twin": lambda row: and_(
        row.whose == OTHERS, row.conversations + row.user_messages > 0
    ),
    "drafted": lambda row: row.documents > 0,
    "retrieved": lambda row: row.queries > 0,
}
# Field of `Query` -> its condition on rows of `activities`, which lists of conversations ask.
CONVERSATIONS: dict[str, Condition] = {
    "asked": _has_asked,
    "unanswered": lambda _, query, row: and_(row.asked > 0, row.answered == 0),
    "first_meetings": _is_first_meeting,
}


def of_list(reader: Reader, query: Query, row: Columns) -> list[ColumnElement[bool]]:
    """The conditions of filters of the list of conversations alone on rows of `activities`."""
    return [condition(reader, query, row) for condition in asked(CONVERSATIONS, query)]


def of_events(reader: Reader, query: Query, row: Columns) -> list[ColumnElement[bool]]:
    """The conditions of event filters on rows of `hours` or `activities`."""
    return [condition(reader, query, row) for condition in asked(EVENTS, query)]


def asked(conditions: Mapping[str, Condition], query: Query) -> list[Condition]:
    """The conditions of those fields that a question says something of."""
    return [one for field, one in conditions.items() if getattr(query, field) != DEFAULTS[field]]


def active_days(reader: Reader, query: Query) -> FromClause:
    """The active days of people with their conversations, as if only those conversations existed
    that the event filters leave: `user_id`, `day`, `conversations`."""
    h = reader.hours.alias().c
    conditions = of_events(reader, query, h)
    if not conditions:
        return reader.user_days.alias()
    conversations = func.sum(h.conversations)
    return (
        select(h.user_id, h.day, conversations.label("conversations"))
        .where(*conditions)
        .group_by(h.user_id, h.day)
        .having(conversations + func.sum(h.user_messages) > 0)
        .subquery()
    )
