"""What narrows a list beyond period and filters, so that it holds what a figure counted.

A `Detail` reads the same in the address of a page and in the API: `NARROWINGS` has its parameters.
Here are also the conditions that it puts on the base facts; whoever lists something picks those of
its people (`is_meant`), of what happened (`events`) or of conversations (`in_activities`).
"""

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, tuple_

from analytics.models import Twin, table_of
from analytics.query import Query, QueryError, filter_label, filter_values, parse_date
from analytics.reading.cells import MEMBER, in_days, of_members
from analytics.rollups.tables import Activity, ActivityHour, UserDay, slice_key
from analytics.sql.timestamps import DAY

HOUR = table_of(ActivityHour)

USER_DAY = table_of(UserDay)
ACTIVITY = table_of(Activity)

TWIN = table_of(Twin)

RETENTION_DAYS = (1, 7, 30)
NO_TOPIC = "No topic"

NO_TYPE = "No type"
POWER_CONVERSATIONS = 10  # as the cells of `rollups.tables.PowerPair` count
_MAX_WEEK = 10_000  # beyond 190 years
_LAST_HOUR = 23
# Over more days than these, reading all facts in the order of their key is quicker than looking up
# each that an index of days names (14 times for a year of a million messages).
_INDEXED_DAYS = 21


@dataclass(frozen=True)
class Detail:
    """What a list is narrowed to beyond period and filters; empty means nothing.

    What happened: `hour` 0-23 of the complete days, a `twin` (its id) or `unknown_twin` (twins that
    are gone), `by_others` than the twin's owner, `topics` of the conversation, `document_types`
    (None in both: without one). `messages`: conversations that hold messages of the period,
    whenever they started; an hour means that too.

    Who: one `person` (a user id), a cohort cell (users first active in the week that begins on the
    Monday `cohort`, active `week` weeks later; week 0 is all of them), `eligible` or `returned`
    for day 1, 7 or 30 (as `retention` counts them), `power_users`.

    Raises QueryError for a value that has no meaning.
    """

    person: str = ""
    twin: str = ""
    unknown_twin: bool = False
    by_others: bool = False
    hour: int | None = None
    topics: tuple[str | None, ...] = ()
    document_types: tuple[str | None, ...] = ()
    messages: bool = False
    cohort: datetime.date | None = None
    week: int | None = None
    eligible: int | None = None
    returned: int | None = None
    power_users: bool = False

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.hour is not None and not 0 <= self.hour <= _LAST_HOUR:
            raise QueryError("hour", self.hour, "choose an hour of the day, 0 to 23")
        if self.twin and self.unknown_twin:
            raise QueryError("unknown_twin", "true", "a twin is chosen too; leave one of them out")
        if self.by_others and self.unknown_twin:
            raise QueryError(
                "by_others", "true", "nobody knows who owned a twin that is gone; leave it out"
            )
        if self.cohort and self.cohort.weekday():
            monday = self.cohort - datetime.timedelta(self.cohort.weekday())
            raise QueryError("cohort", self.cohort, f"is no Monday; the week begins on {monday}")
        if self.week is not None and self.cohort is None:
            raise QueryError("week", self.week, "counts from a first week; add cohort")
        if self.week is not None and not 0 <= self.week <= _MAX_WEEK:
            raise QueryError("week", self.week, f"choose 0 to {_MAX_WEEK:,}")
        for name in ("eligible", "returned"):
            days = getattr(self, name)
            if days is not None and days not in RETENTION_DAYS:
                raise QueryError(name, days, "choose 1, 7 or 30")

    @property
    def names_people(self) -> bool:
        """Whether it says who is meant, active in the period or not."""
        return bool(
            self.person or self.cohort or self.eligible or self.returned or self.power_users
        )

    @property
    def names_events(self) -> bool:
        """Whether it says what must have happened."""
        return bool(
            self.twin or self.unknown_twin or self.by_others or self.hour is not None or self.topics
        )


NOTHING = Detail()


@dataclass(frozen=True)
class Narrowed:
    """A question and the detail it is narrowed to."""

    query: Query
    detail: Detail


# --- as parameters -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Narrowing:
    """A field of `Detail` as a parameter: how it is read, written and documented."""

    name: str
    field: str
    description: str
    schema: Mapping[str, Any]
    read: Callable[[str, str], Any]
    write: Callable[[Any], str] = str
    repeatable: bool = False


def _text(name: str, text: str) -> str:
    if "\x00" in text:
        raise QueryError(name, text, "holds a NUL character; leave it out")
    return text


def _number(name: str, text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise QueryError(name, text, "write a whole number")
    return int(text)


def _monday(name: str, text: str) -> datetime.date:
    found = parse_date(name, text)
    return found - datetime.timedelta(found.weekday())


def _yes(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise QueryError(name, text, "choose true or false")
    return text == "true"


def _named(none: str) -> dict[str, Any]:
    return {
        "read": lambda name, text: filter_values([_text(name, text)], none)[0],
        "write": lambda value: filter_label(value, none),
        "repeatable": True,
    }


_STRING = {"type": "string", "pattern": r"^[^\x00]*$"}
_BOOLEAN = {"type": "boolean"}
_DAYS = {"type": "integer", "enum": list(RETENTION_DAYS)}


def _true(_: Any) -> str:
    return "true"


NARROWINGS: tuple[Narrowing, ...] = (
    Narrowing("person", "person", "Only the person of this id.", _STRING, _text),
    Narrowing("twin", "twin", "Only what was done with the twin of this id.", _STRING, _text),
    Narrowing(
        "unknown_twin", "unknown_twin", "Only what was done with twins that are gone.", _BOOLEAN,
        _yes, _true,
    ),
    Narrowing(
        "by_others", "by_others", "Only what somebody else than the twin's owner did.", _BOOLEAN,
        _yes, _true,
    ),
    Narrowing(
        "hour", "hour", "Only this hour of day, on complete days, as the hourly chart counts.",
        {"type": "integer", "minimum": 0, "maximum": _LAST_HOUR}, _number,
    ),
    Narrowing(
        "topic", "topics", f"Only conversations on this topic; repeat it for several. `{NO_TOPIC}`:"
        " those without one.", _STRING, **_named(NO_TOPIC),
    ),
    Narrowing(
        "document_type", "document_types", "Only documents of this type; repeat it for several."
        f" `{NO_TYPE}`: those without one.", _STRING, **_named(NO_TYPE),
    ),
    Narrowing(
        "messages", "messages", "Conversations that hold messages of the days, whenever they"
        " started.", _BOOLEAN, _yes, _true,
    ),
    Narrowing(
        "cohort", "cohort", "Only people who were first active in the week (Monday to Sunday)"
        " of this day, `YYYY-MM-DD`.", {"type": "string", "format": "date"}, _monday,
    ),
    Narrowing(
        "week", "week", "With `cohort`: only those active so many weeks after the first.",
        {"type": "integer", "minimum": 0, "maximum": _MAX_WEEK}, _number,
    ),
    Narrowing(
        "eligible", "eligible", "Only people whose first active day + 1, 7 or 30 is a complete day"
        " of the period: those who could return.", _DAYS, _number,
    ),
    Narrowing(
        "returned", "returned", "Only people who were active exactly 1, 7 or 30 days after their"
        " first active day, where that is a complete day of the period.", _DAYS, _number,
    ),
    Narrowing(
        "power_users", "power_users", "Only people who started 10 or more conversations in the"
        " period.", _BOOLEAN, _yes, _true,
    ),
)  # fmt: skip
_PEOPLE = ("person", "cohort", "week", "eligible", "returned", "power_users")
_EVENTS = ("twin", "unknown_twin", "by_others", "hour", "topic")
# What can narrow each list; a parameter that can't would leave a list that no figure counted.
NARROWED_BY: dict[str, tuple[str, ...]] = {
    "people": (*_PEOPLE, *_EVENTS),
    "conversations": (*_PEOPLE, *_EVENTS, "messages"),
    "documents": (*_PEOPLE, *_EVENTS, "document_type"),
    "queries": (*_PEOPLE, *_EVENTS),
    "installations": _PEOPLE,
}


def narrowings(kind: str) -> list[Narrowing]:
    """What can narrow a list of "people", "conversations", "documents", "queries" or
    "installations"."""
    return [one for one in NARROWINGS if one.name in NARROWED_BY[kind]]


def detail_of(values: Mapping[str, Sequence[str]], kind: str) -> Detail:
    """Read a detail from parameters (each a list of texts); empty ones count as absent.

    Raises QueryError for a value that has no meaning, and ignores what can't narrow the list.
    """
    found: dict[str, Any] = {}
    for one in narrowings(kind):
        texts = [text for text in values.get(one.name, ()) if text]
        if not texts:
            continue
        read = [one.read(one.name, text) for text in texts]
        if one.repeatable:
            found[one.field] = tuple(dict.fromkeys(read))
        elif len(texts) > 1:
            raise QueryError(one.name, texts[1], "is given more than once; give it once")
        else:
            found[one.field] = read[0]
    return Detail(**found)


def parameters_of(detail: Detail) -> dict[str, list[str]]:
    """A detail as parameters, in a fixed order: what `detail_of` reads back."""
    written = {}
    for one in NARROWINGS:
        value = getattr(detail, one.field)
        if value != getattr(NOTHING, one.field):
            values = value if one.repeatable else (value,)
            written[one.name] = [one.write(each) for each in values]
    return written


def check_fits(detail: Detail, kind: str) -> None:
    """Raise QueryError for a detail that can't narrow this list."""
    for name, values in parameters_of(detail).items():
        if name not in NARROWED_BY[kind]:
            raise QueryError(name, ", ".join(values), f"does not narrow {kind}; leave it out")


# --- as conditions -----------------------------------------------------------------------------


def is_meant(query: Query, detail: Detail) -> ColumnElement[bool]:
    """The people (rows of `member`) that filters and detail let through."""
    days, period = USER_DAY.alias(), query.period
    mine = days.c.user_id == MEMBER.c.user_id
    first = select(func.min(days.c.day)).where(mine).correlate(MEMBER).scalar_subquery()

    def active(*when: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists(select(days.c.user_id).where(mine, *when).correlate(MEMBER))

    conditions = [of_members(query.filters)]
    if detail.person:
        conditions.append(MEMBER.c.user_id == detail.person)
    if detail.cohort:
        monday = detail.cohort.toordinal()
        conditions.append(first.between(monday, monday + 6))
        if detail.week:
            later = monday + 7 * detail.week
            conditions.append(active(days.c.day.between(later, later + 6)))
    for after in (detail.eligible, detail.returned):
        if after:
            due = period.start.toordinal(), period.complete_end.toordinal()
            conditions.append((first + after).between(*due))
    if detail.returned:
        conditions.append(active(days.c.day == first + detail.returned))
    if detail.power_users:
        busy = (
            select(days.c.user_id)
            .where(in_period(days.c.day, query))
            .group_by(days.c.user_id)
            .having(func.sum(days.c.conversations) >= POWER_CONVERSATIONS)
        )
        conditions.append(MEMBER.c.user_id.in_(busy))
    return and_(*conditions)


def members(query: Query, detail: Detail) -> Select[str]:
    """The ids of these people."""
    return select(MEMBER.c.user_id).where(is_meant(query, detail)).correlate(None)


def _of_members(
    user_id: ColumnElement[str], query: Query, detail: Detail
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if detail.person:  # leads every key of the facts
        conditions.append(user_id == detail.person)
    if detail.names_people or query.filters.organizations or query.filters.departments:
        conditions.append(user_id.in_(members(query, detail)))
    return conditions


def _with_twin(
    user_id: ColumnElement[str], twin_id: ColumnElement[str], detail: Detail
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    twin = TWIN.alias()
    known = twin.c.id == twin_id
    if detail.twin:
        conditions.append(twin_id == detail.twin)
    if detail.unknown_twin:
        conditions.append(~exists().where(known))
    if detail.by_others:
        conditions.append(exists().where(known, twin.c.user_id != user_id))
    return conditions


def between(day: ColumnElement[int], first: int, last: int) -> ColumnElement[bool]:
    """Facts of some days, both included; of many days without the index of days."""
    return (day if last - first < _INDEXED_DAYS else day + 0).between(first, last)


def in_period(
    day: ColumnElement[int], query: Query, *, complete: bool = False
) -> ColumnElement[bool]:
    """Facts of the period's days, or its complete ones."""
    period = query.period
    end = period.complete_end if complete else period.end
    return between(day, period.start.toordinal(), end.toordinal())


def events(query: Query, detail: Detail) -> ColumnElement[bool]:
    """The rows of `activity_hour` in the period that filters and detail let through."""
    h, a = HOUR.c, ACTIVITY.alias().c
    conditions = [
        in_period(h.day, query, complete=detail.hour is not None),
        *_of_members(h.user_id, query, detail),
        *_with_twin(h.user_id, h.twin_id, detail),
    ]
    if detail.hour is not None:
        conditions.append(h.hour == detail.hour)
    if detail.topics:
        same = (a.user_id == h.user_id) & (a.session_id == h.session_id)
        conditions.append(exists().where(same, a.topic.in_(map(slice_key, detail.topics))))
    return and_(*conditions)


def acted() -> ColumnElement[bool]:
    """The rows of `activity_hour` that make their user active."""
    return HOUR.c.conversations + HOUR.c.user_messages > 0


def in_activities(narrowed: Narrowed) -> ColumnElement[bool]:
    """The conversations that a detail lets through: started in the period, or holding messages."""
    query, detail, a = narrowed.query, narrowed.detail, ACTIVITY.c
    period = query.period
    if detail.messages or detail.hour is not None:
        # Distinct: it makes SQLite read the table in the order of its key.
        held = select(HOUR.c.user_id, HOUR.c.session_id).distinct()
        held = held.where(events(query, detail), HOUR.c.messages > 0)
        return tuple_(a.user_id, a.session_id).in_(held)
    conditions = [
        in_days(a.day, period.start, period.end),
        # The same once more, a day wider, because there is an index of instants: no zone is
        # further from UTC.
        a.started_at.between(
            (period.start.toordinal() - 2) * DAY, (period.end.toordinal() + 1) * DAY
        ),
        *_of_members(a.user_id, query, detail),
        *_with_twin(a.user_id, a.twin_id, detail),
    ]
    if detail.topics:
        conditions.append(a.topic.in_(map(slice_key, detail.topics)))
    return and_(*conditions)
