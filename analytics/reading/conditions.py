"""The conditions that person filters put on facts: whose rows."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, func, select, true

from analytics.query import Query
from analytics.reading.event_conditions import Columns, Condition, active_days, asked, keys_of
from analytics.reading.groups import is_in_group
from analytics.reading.reader import Reader
from analytics.sql.collation import contains
from analytics.sql.stored import key

POWER_CONVERSATIONS = 10  # as the cells of `rollups.tables.PowerPair` count
# --- conditions --------------------------------------------------------------------------------


def _has_email(reader: Reader, query: Query, m: Columns) -> ColumnElement[bool]:
    users = reader.users.c
    found: ColumnElement[bool] = m.user_id.in_(
        select(key(users.id)).where(contains(users.email, query.user))
    )
    return found


def of_people(reader: Reader, query: Query, m: Columns) -> list[ColumnElement[bool]]:
    """The conditions of person filters on rows of `members`."""
    return [condition(reader, query, m) for condition in asked(PEOPLE, query)]


def _first_day(
    reader: Reader, query: Query, m: Columns, when: Callable[[Any], ColumnElement[bool]]
) -> ColumnElement[bool]:
    """The people whose first active day fits."""
    days = active_days(reader, query)
    first = func.min(days.c.day)
    if query.names_events:  # gathered once, else anew for each of the people
        fitting = select(days.c.user_id).group_by(days.c.user_id).having(when(first))
        found: ColumnElement[bool] = m.user_id.in_(fitting)
        return found
    theirs = select(first).where(days.c.user_id == m.user_id)
    return when(theirs.correlate(reader.members).scalar_subquery())


def _in_cohort(reader: Reader, query: Query, m: Columns) -> ColumnElement[bool]:
    assert query.cohort  # noqa: S101 - for the type checker
    monday = query.cohort.toordinal()
    return _first_day(reader, query, m, lambda day: day.between(monday, monday + 6))


def _in_week(reader: Reader, query: Query, m: Columns) -> ColumnElement[bool]:
    assert query.cohort and query.week is not None  # noqa: S101 - for the type checker
    later, days = query.cohort.toordinal() + 7 * query.week, active_days(reader, query)
    found: ColumnElement[bool] = m.user_id.in_(
        select(days.c.user_id).where(days.c.day.between(later, later + 6))
    )
    return found


def _due(query: Query, after: int) -> Callable[[Any], ColumnElement[bool]]:
    period = query.period
    due = period.start.toordinal(), period.complete_end.toordinal()
    return lambda day: (day + after).between(*due)


def _is_eligible(reader: Reader, query: Query, m: Columns) -> ColumnElement[bool]:
    return _first_day(reader, query, m, _due(query, query.eligible or 0))


def _has_returned(reader: Reader, query: Query, m: Columns) -> ColumnElement[bool]:
    after, firsts = query.returned or 0, active_days(reader, query)
    first = (
        select(firsts.c.user_id, func.min(firsts.c.day).label("day"))
        .group_by(firsts.c.user_id)
        .having(_due(query, after)(func.min(firsts.c.day)))
        .subquery()
    )
    days = active_days(reader, query)
    came = select(first.c.user_id).join(
        days, (days.c.user_id == first.c.user_id) & (days.c.day == first.c.day + after)
    )
    found: ColumnElement[bool] = m.user_id.in_(came)
    return found


def _is_busy(reader: Reader, query: Query, m: Columns) -> ColumnElement[bool]:
    days, period = active_days(reader, query), query.period
    busy = (
        select(days.c.user_id)
        .where(days.c.day.between(period.start.toordinal(), period.end.toordinal()))
        .group_by(days.c.user_id)
        .having(func.sum(days.c.conversations) >= POWER_CONVERSATIONS)
    )
    found: ColumnElement[bool] = m.user_id.in_(busy)
    return found


# Field of `Query` -> its condition on rows of `members`.
PEOPLE: dict[str, Condition] = {
    "organizations": lambda _, query, m: m.company.in_(keys_of(query.organizations)),
    "departments": lambda _, query, m: m.department.in_(keys_of(query.departments)),
    "user": _has_email,
    "person": lambda _, query, m: m.user_id == query.person,
    "cohort": _in_cohort,
    "week": _in_week,
    "eligible": _is_eligible,
    "returned": _has_returned,
    "power_users": _is_busy,
    "group": is_in_group,
    "since": lambda reader, query, m: true(),  # the group sees to it
}
