"""The filters: one row each says its parameter, how it is read and written, its words, what it
narrows, and its condition on facts. Links, chips, the API and the command line follow from them.

To add one: a field of `query.Query`, a row here, a case of the oracle.
"""

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import ColumnElement, FromClause, exists, func, select

from analytics.errors import QueryError
from analytics.format import count, day
from analytics.period import parse_date
from analytics.query import (
    NAMELESS,
    NO_DEPARTMENT,
    NO_ORGANIZATION,
    TYPES,
    Query,
    filter_label,
    filter_values,
)
from analytics.reading.reader import Reader
from analytics.rollups.tables import DOCUMENT, QUERY, SHARED_TWIN, slice_key
from analytics.search.words import MAX_SEARCH, terms
from analytics.sql.collation import contains
from analytics.sql.stored import key
from analytics.untrusted import unescaped

NO_TOPIC, NO_TYPE = "No topic", "No type"
POWER_CONVERSATIONS = 10  # as the cells of `rollups.tables.PowerPair` count
MAX_EMAIL = 320  # no e-mail address is longer
# Type -> the flag that an activity of that type carries; every activity is a conversation.
TYPE_FLAGS = {"conversation": 0, "document": DOCUMENT, "query": QUERY, "shared_twin": SHARED_TWIN}
_SHOWN = 80
Columns = Any  # of rows with the columns that a condition names


class Known(Protocol):
    """How people and twins are called, where there are any."""

    def person(self, id_: str) -> str:
        """The name of a person; "" where there is none."""

    def twin(self, id_: str) -> str:
        """The name of a twin; "" where there is none."""


@dataclass(frozen=True)
class Filter:
    """A field of `Query` as a filter.

    `name` is its parameter in the API and in links, `label` what a form calls it. `read` gets the
    name and a text that is not empty, and raises QueryError; `write` is its inverse. `words` says
    what is left, "" where another filter says so.

    `people` is its condition on rows of `members`, `events` that on rows of `hours` and
    `activities` alike; those with neither are applied where lists are read. `lists` has the kinds
    that it can narrow; `results` says whether every result can be asked with it.
    """

    name: str
    field: str
    label: str
    description: str
    schema: Mapping[str, Any]
    read: Callable[[str, str], Any]
    write: Callable[[Any], str] = str
    repeatable: bool = False
    words: Callable[[Query, Known], str] = lambda query, known: ""
    people: Callable[[Reader, Query, Columns], ColumnElement[bool]] | None = None
    events: Callable[[Reader, Query, Columns], ColumnElement[bool]] | None = None
    lists: tuple[str, ...] = ()
    results: bool = False

    def is_set(self, query: Query) -> bool:
        """Whether a question says anything of it."""
        return bool(getattr(query, self.field) != _DEFAULTS[self.field])

    def texts(self, query: Query) -> list[str]:
        """Its value as parameters; none where it says nothing."""
        if not self.is_set(query):
            return []
        value = getattr(query, self.field)
        return [self.write(each) for each in (value if self.repeatable else (value,))]


_DEFAULTS = {name: field.default for name, field in Query.__dataclass_fields__.items()}


# --- how texts are read ------------------------------------------------------------------------


def cut(text: str) -> str:
    """A text as long as an error bears."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _text(name: str, text: str) -> str:
    if "\x00" in text:
        raise QueryError(name, text, "holds a NUL character; leave it out")
    return text


def _email_part(name: str, text: str) -> str:
    if len(text) > MAX_EMAIL:
        raise QueryError(name, cut(text), f"has more than {MAX_EMAIL} characters; shorten it")
    return _text(name, text)


def _words(name: str, text: str) -> str:
    terms(text)  # refuses what is too long
    return _text(name, text)


def _one_of_types(name: str, text: str) -> str:
    if text not in TYPES:
        raise QueryError(name, cut(text), f"choose one of {', '.join(TYPES)}")
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
_DAYS = {"type": "integer", "enum": [1, 7, 30]}
_FLAG: dict[str, Any] = {"schema": _BOOLEAN, "read": _yes, "write": lambda _: "true"}


# --- conditions --------------------------------------------------------------------------------


def _keys(names: Sequence[str | None]) -> list[str]:
    return [slice_key(name) for name in names]


def _has_email(reader: Reader, query: Query, m: Columns) -> ColumnElement[bool]:
    users = reader.users.c
    found: ColumnElement[bool] = m.user_id.in_(
        select(key(users.id)).where(contains(users.email, query.user))
    )
    return found


def of_events(reader: Reader, query: Query, row: Columns) -> list[ColumnElement[bool]]:
    """The conditions of event filters on rows of `hours` or `activities`."""
    return [one.events(reader, query, row) for one in FILTERS if one.events and one.is_set(query)]


def of_people(reader: Reader, query: Query, m: Columns) -> list[ColumnElement[bool]]:
    """The conditions of person filters on rows of `members`."""
    return [one.people(reader, query, m) for one in FILTERS if one.people and one.is_set(query)]


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


def _is_unknown(reader: Reader, query: Query, row: Columns) -> ColumnElement[bool]:
    twins = reader.twins.alias()
    return ~exists().where(twins.c.id == row.twin_id)


def _is_of_others(reader: Reader, query: Query, row: Columns) -> ColumnElement[bool]:
    twins = reader.twins.alias()
    return exists().where(twins.c.id == row.twin_id, twins.c.user_id != row.user_id)


# --- in words ----------------------------------------------------------------------------------


def _any(names: Sequence[str | None], none: str) -> str:
    return " or ".join(unescaped(filter_label(name, none)) for name in names)


def _person_words(query: Query, known: Known) -> str:
    return f"Only {known.person(query.person) or 'somebody who is no longer there'}"


def _twin_words(query: Query, known: Known) -> str:
    return f"Only with {known.twin(query.twin) or 'a twin that is no longer there'}"


def _hour_words(query: Query, _: Known) -> str:
    return f"Only {query.hour:02}:00\u2013{query.hour:02}:59 on complete days"


def _cohort_words(query: Query, _: Known) -> str:
    later = f", active {count(query.week, 'week')} later" if query.week else ""
    return f"First active in the week of {day(query.cohort)}{later}"


def _eligible_words(query: Query, _: Known) -> str:
    after = count(query.eligible or 0, "day")
    return f"First active day + {after} lies on a complete day of the period"


# --- the filters -------------------------------------------------------------------------------

_ACTIVITY = ("conversations",)
_PEOPLE = ("people", "conversations", "documents", "queries", "installations")
_EVENTS = ("people", "conversations", "documents", "queries")

FILTERS: tuple[Filter, ...] = (
    Filter(
        "organization", "organizations", "Organization",
        "Only people of this organization; repeat it for several. `No organization` stands for"
        " people without one (write `=No organization` for a real one of that name).",
        _STRING, **_named(NO_ORGANIZATION),
        words=lambda query, _: f"Only {_any(query.organizations, NO_ORGANIZATION)}",
        people=lambda _, query, m: m.company.in_(_keys(query.organizations)),
        lists=_PEOPLE, results=True,
    ),
    Filter(
        "department", "departments", "Department",
        "Only people of this department; repeat it for several. `No department`: people without"
        " one.",
        _STRING, **_named(NO_DEPARTMENT),
        words=lambda query, _: f"Only {_any(query.departments, NO_DEPARTMENT)}",
        people=lambda _, query, m: m.department.in_(_keys(query.departments)),
        lists=_PEOPLE, results=True,
    ),
    Filter(
        "user", "user", "E-mail contains", "Only people whose e-mail contains this text.",
        {**_STRING, "maxLength": MAX_EMAIL}, _email_part,
        words=lambda query, _: f"Only people whose e-mail contains \u201c{query.user}\u201d",
        people=_has_email, lists=_PEOPLE, results=True,
    ),
    Filter(
        "person", "person", "Person", "Only the person of this id.", _STRING, _text,
        words=_person_words, people=lambda _, query, m: m.user_id == query.person,
        lists=_PEOPLE, results=True,
    ),
    Filter(
        "twin", "twin", "Twin", "Only what was done with the twin of this id.", _STRING, _text,
        words=_twin_words, events=lambda _, query, row: row.twin_id == query.twin,
        lists=_EVENTS, results=True,
    ),
    Filter(
        "unknown_twin", "unknown_twin", "Twins that are gone",
        "Only what was done with twins that are gone.", **_FLAG,
        words=lambda query, _: "Only with twins that are gone", events=_is_unknown,
        lists=_EVENTS, results=True,
    ),
    Filter(
        "by_others", "by_others", "By others",
        "Only what somebody else than the twin's owner did.", **_FLAG,
        words=lambda query, _: "Only by others than the twin's owner", events=_is_of_others,
        lists=_EVENTS, results=True,
    ),
    Filter(
        "topic", "topics", "Topic",
        f"Only conversations on this topic; repeat it for several. `{NO_TOPIC}`: those without"
        " one.",
        _STRING, **_named(NO_TOPIC),
        words=lambda query, _: f"Only on {_any(query.topics, NO_TOPIC)}",
        events=lambda _, query, row: row.topic.in_(_keys(query.topics)),
        lists=_EVENTS, results=True,
    ),
    Filter(
        "type", "type", "Type", "Only activities that carry this type.",
        {"type": "string", "enum": list(TYPES), "default": "all"}, _one_of_types, lists=_ACTIVITY,
    ),
    Filter(
        "search", "search", "Search",
        "Only conversations whose title and messages hold all these words, whatever their case and"
        ' accents: `budget plan`; `"budget plan"` for words that follow each other, `budg*` for how'
        " a word begins. Everything else is read as it stands; without a word nothing is found.",
        {**_STRING, "maxLength": MAX_SEARCH}, _words, lists=_ACTIVITY,
    ),
    Filter(
        "hour", "hour", "Hour", "Only this hour of day, on complete days, as the hourly chart"
        " counts.", {"type": "integer", "minimum": 0, "maximum": 23}, _number,
        words=_hour_words, lists=_EVENTS,
    ),
    Filter(
        "document_type", "document_types", "Document type",
        f"Only documents of this type; repeat it for several. `{NO_TYPE}`: those without one.",
        _STRING, **_named(NO_TYPE),
        words=lambda query, _: f"Only of type {_any(query.document_types, NO_TYPE)}",
        lists=("documents",),
    ),
    Filter(
        "messages", "messages", "With messages", "Conversations that hold messages of the days,"
        " whenever they started.", **_FLAG,
        words=lambda query, _: "With messages in the period, whenever they started",
        lists=_ACTIVITY,
    ),
    Filter(
        "cohort", "cohort", "Cohort", "Only people who were first active in the week (Monday to"
        " Sunday) of this day, `YYYY-MM-DD`.", {"type": "string", "format": "date"}, _monday,
        words=_cohort_words, people=_in_cohort, lists=_PEOPLE,
    ),
    Filter(
        "week", "week", "Week", "With `cohort`: only those active so many weeks after the first.",
        {"type": "integer", "minimum": 0, "maximum": 10_000}, _number,
        people=_in_week, lists=_PEOPLE,
    ),
    Filter(
        "eligible", "eligible", "Could come back", "Only people whose first active day + 1, 7 or 30"
        " is a complete day of the period: those who could return.", _DAYS, _number,
        words=_eligible_words, people=_is_eligible, lists=_PEOPLE,
    ),
    Filter(
        "returned", "returned", "Came back", "Only people who were active exactly 1, 7 or 30 days"
        " after their first active day, where that is a complete day of the period.",
        _DAYS, _number,
        words=lambda query, _: f"Came back on day {query.returned} in the period",
        people=_has_returned, lists=_PEOPLE,
    ),
    Filter(
        "power_users", "power_users", "Power users", "Only people who started 10 or more"
        " conversations in the period.", **_FLAG,
        words=lambda query, _: "Power users: 10 or more conversations in the period",
        people=_is_busy, lists=_PEOPLE,
    ),
)  # fmt: skip
BY_NAME = {one.name: one for one in FILTERS}
OF_RESULTS = tuple(one for one in FILTERS if one.results)
SLICES = ("organization", "department")
# Asked of the activities, these need a period as a result has it; the others leave days open.
DRILL_THROUGH = tuple(
    one.name
    for one in FILTERS
    if one.name not in (*SLICES, "user", "twin", "type", "search") and "conversations" in one.lists
)


def is_drill_through(query: Query) -> bool:
    """Whether a list of conversations is asked for what a figure counted."""
    return any(BY_NAME[name].is_set(query) for name in DRILL_THROUGH)


def of_list(kind: str) -> tuple[Filter, ...]:
    """What can narrow a list of "people", "conversations", "documents", "queries" or
    "installations"; another parameter would leave a list that no figure counted."""
    return tuple(one for one in FILTERS if kind in one.lists)


def filtered(
    query: Query, values: Mapping[str, Sequence[str]], filters: Sequence[Filter] = OF_RESULTS
) -> Query:
    """A question with the filters that parameters name (each a list of texts).

    Empty texts count as absent; raises QueryError for a value that has no meaning, and ignores
    what is none of `filters`.
    """
    found: dict[str, Any] = {}
    for one in filters:
        texts = [text for text in values.get(one.name, ()) if text]
        if not texts:
            continue
        read = [one.read(one.name, text) for text in texts]
        if one.name in SLICES:  # sorted, so that equal asks are equal
            found[one.field] = filter_values(texts, NAMELESS[one.name])
        elif one.repeatable:
            found[one.field] = tuple(dict.fromkeys(read))
        elif len(texts) > 1:
            raise QueryError(one.name, texts[1], "is given more than once; give it once")
        else:
            found[one.field] = read[0]
    return replace(query, **found)


def parameters(query: Query, *without: str) -> dict[str, list[str]]:
    """The filters of a question as parameters, in a fixed order: what `filtered` reads back."""
    written = {one.name: one.texts(query) for one in FILTERS if one.name not in without}
    return {name: texts for name, texts in written.items() if texts}


def check_fits(query: Query, kind: str) -> None:
    """Raise QueryError for a filter that can't narrow this list."""
    for one in FILTERS:
        if kind not in one.lists and one.is_set(query):
            raise QueryError(
                one.name, ", ".join(one.texts(query)), f"does not narrow {kind}; leave it out"
            )


def in_words(query: Query, known: Known) -> dict[tuple[str, ...], str]:
    """What the filters beyond organization and department leave: parameters, and a sentence."""
    said: dict[tuple[str, ...], str] = {}
    for one in FILTERS:
        if one.name not in SLICES and one.is_set(query) and (words := one.words(query, known)):
            said[("cohort", "week") if one.name == "cohort" else (one.name,)] = words
    return said


def chosen_names(query: Query) -> list[str]:
    """The organizations and departments that are chosen, as the page and the API name them."""
    return [
        *(filter_label(name) for name in query.organizations),
        *(filter_label(name, NO_DEPARTMENT) for name in query.departments),
    ]


def only_words(query: Query, known: Known) -> str:
    """What all filters leave, in one phrase that may follow "Only"; "" where all is left."""
    others = (words.removeprefix("Only ") for words in in_words(query, known).values())
    return ", ".join((*chosen_names(query), *others))
