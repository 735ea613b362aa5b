"""The filters: one row each says its parameter, how it is read and written, its words, what it
narrows, and its condition on facts. Links, chips, the API and the command line follow from them.

To add one: a field of `query.Query`, a row here, a case of the oracle.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analytics.errors import QueryError
from analytics.period import parse_date
from analytics.query import (
    GROUPS,
    NAMELESS,
    NO_DEPARTMENT,
    NO_ORGANIZATION,
    TYPES,
    Query,
    filter_label,
    filter_values,
)
from analytics.reading.conditions import PEOPLE
from analytics.reading.event_conditions import DEFAULTS, EVENTS, Condition
from analytics.reading.filter_texts import (
    DAYS,
    FLAG,
    MAX_EMAIL,
    NO_TOPIC,
    NO_TYPE,
    STRING,
    Known,
    active_days_words,
    any_of,
    cohort_words,
    eligible_words,
    email_part,
    group_words,
    hour_words,
    monday,
    named,
    one_of_groups,
    one_of_types,
    person_words,
    plain_text,
    search_words,
    twin_words,
    whole_number,
)
from analytics.rollups.tables import DOCUMENT, QUERY, SHARED_TWIN
from analytics.search.words import MAX_SEARCH

# Type -> the flag that an activity of that type carries; every activity is a conversation.
TYPE_FLAGS = {"conversation": 0, "document": DOCUMENT, "query": QUERY, "shared_twin": SHARED_TWIN}


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
    people: Condition | None = None
    events: Condition | None = None
    lists: tuple[str, ...] = ()
    results: bool = False

    def is_set(self, query: Query) -> bool:
        """Whether a question says anything of it."""
        return bool(getattr(query, self.field) != DEFAULTS[self.field])

    def texts(self, query: Query) -> list[str]:
        """Its value as parameters; none where it says nothing."""
        if not self.is_set(query):
            return []
        value = getattr(query, self.field)
        return [self.write(each) for each in (value if self.repeatable else (value,))]


# --- the filters -------------------------------------------------------------------------------

_ACTIVITY = ("conversations",)
_PEOPLE = ("people", "conversations", "documents", "queries", "installations")
_EVENTS = ("people", "conversations", "documents", "queries")

FILTERS: tuple[Filter, ...] = (
    Filter(
        "organization", "organizations", "Organization",
        "Only people of this organization; repeat it for several. `No organization` stands for"
        " people without one (write `=No organization` for a real one of that name).",
        STRING, **named(NO_ORGANIZATION),
        words=lambda query, _: f"Only {any_of(query.organizations, NO_ORGANIZATION)}",
        people=PEOPLE["organizations"],
        lists=_PEOPLE, results=True,
    ),
    Filter(
        "department", "departments", "Department",
        "Only people of this department; repeat it for several. `No department`: people without"
        " one.",
        STRING, **named(NO_DEPARTMENT),
        words=lambda query, _: f"Only {any_of(query.departments, NO_DEPARTMENT)}",
        people=PEOPLE["departments"],
        lists=_PEOPLE, results=True,
    ),
    Filter(
        "user", "user", "E-mail contains", "Only people whose e-mail contains this text.",
        {**STRING, "maxLength": MAX_EMAIL}, email_part,
        words=lambda query, _: f"Only people whose e-mail contains \u201c{query.user}\u201d",
        people=PEOPLE["user"], lists=_PEOPLE, results=True,
    ),
    Filter(
        "person", "person", "Person", "Only the person of this id.", STRING, plain_text,
        words=person_words, people=PEOPLE["person"],
        lists=_PEOPLE, results=True,
    ),
    Filter(
        "twin", "twin", "Twin", "Only what was done with the twin of this id.", STRING, plain_text,
        words=twin_words, events=EVENTS["twin"],
        lists=_EVENTS, results=True,
    ),
    Filter(
        "unknown_twin", "unknown_twin", "Twins that are gone",
        "Only what was done with twins that are gone.", **FLAG,
        words=lambda query, _: "Only with twins that are gone", events=EVENTS["unknown_twin"],
        lists=_EVENTS, results=True,
    ),
    Filter(
        "by_others", "by_others", "By others",
        "Only what somebody else than the twin's owner did.", **FLAG,
        words=lambda query, _: "Only by others than the twin's owner", events=EVENTS["by_others"],
        lists=_EVENTS, results=True,
    ),
    Filter(
        "topic", "topics", "Topic",
        f"Only conversations on this topic; repeat it for several. `{NO_TOPIC}`: those without"
        " one.",
        STRING, **named(NO_TOPIC),
        words=lambda query, _: f"Only on {any_of(query.topics, NO_TOPIC)}",
        events=EVENTS["topics"],
        lists=_EVENTS, results=True,
    ),
    Filter(
        "type", "type", "Type", "Only activities that carry this type.",
        {"type": "string", "enum": list(TYPES), "default": "all"}, one_of_types, lists=_ACTIVITY,
    ),
    Filter(
        "search", "search", "Search",
        "Only conversations whose title and messages hold all these words, whatever their case and"
        ' accents: `budget plan`; `"budget plan"` for words that follow each other, `budg*` for how'
        " a word begins. Everything else is read as it stands; without a word nothing is found.",
        {**STRING, "maxLength": MAX_SEARCH}, search_words, lists=_ACTIVITY,
    ),
    Filter(
        "hour", "hour", "Hour", "Only this hour of day, on complete days, as the hourly chart"
        " counts.", {"type": "integer", "minimum": 0, "maximum": 23}, whole_number,
        words=hour_words, lists=_EVENTS,
    ),
    Filter(
        "document_type", "document_types", "Document type",
        f"Only documents of this type; repeat it for several. `{NO_TYPE}`: those without one.",
        STRING, **named(NO_TYPE),
        words=lambda query, _: f"Only of type {any_of(query.document_types, NO_TYPE)}",
        lists=("documents",),
    ),
    Filter(
        "messages", "messages", "With messages", "Conversations that hold messages of the days,"
        " whenever they started.", **FLAG,
        words=lambda query, _: "With messages in the period, whenever they started",
        lists=_ACTIVITY,
    ),
    Filter(
        "cohort", "cohort", "Cohort", "Only people who were first active in the week (Monday to"
        " Sunday) of this day, `YYYY-MM-DD`.", {"type": "string", "format": "date"}, monday,
        words=cohort_words, people=PEOPLE["cohort"], lists=_PEOPLE,
    ),
    Filter(
        "week", "week", "Week", "With `cohort`: only those active so many weeks after the first.",
        {"type": "integer", "minimum": 0, "maximum": 10_000}, whole_number,
        people=PEOPLE["week"], lists=_PEOPLE,
    ),
    Filter(
        "eligible", "eligible", "Could come back", "Only people whose first active day + 1, 7 or 30"
        " is a complete day of the period: those who could return.", DAYS, whole_number,
        words=eligible_words, people=PEOPLE["eligible"], lists=_PEOPLE,
    ),
    Filter(
        "returned", "returned", "Came back", "Only people who were active exactly 1, 7 or 30 days"
        " after their first active day, where that is a complete day of the period.",
        DAYS, whole_number,
        words=lambda query, _: f"Came back on day {query.returned} in the period",
        people=PEOPLE["returned"], lists=_PEOPLE,
    ),
    Filter(
        "power_users", "power_users", "Power users", "Only people who started 10 or more"
        " conversations in the period.", **FLAG,
        words=lambda query, _: "Power users: 10 or more conversations in the period",
        people=PEOPLE["power_users"], lists=_PEOPLE,
    ),
    Filter(
        "group", "group", "Group", "Only people of this group of adoption, as the results of"
        " adoption count them on the complete days of the period.",
        {"type": "string", "enum": list(GROUPS)}, one_of_groups,
        words=group_words, people=PEOPLE["group"], lists=_PEOPLE,
    ),
    Filter(
        "since", "since", "Since", "With `group`: the first of the days, up to the period, that it"
        " is compared with; else as many days as the period has, directly before it.",
        {"type": "string", "format": "date"}, parse_date,
        people=PEOPLE["since"], lists=_PEOPLE,
    ),
    Filter(
        "active_days", "active_days", "Active days", "Only people with so many active days or more"
        " in the 28 days that end on the last complete day of the period.",
        {"type": "integer", "minimum": 1, "maximum": 28}, whole_number,
        words=active_days_words, people=PEOPLE["active_days"], lists=_PEOPLE,
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


# Filters that another one says in its words, and that go with it.
_TOGETHER = {"cohort": ("cohort", "week"), "group": ("group", "since")}


def in_words(query: Query, known: Known) -> dict[tuple[str, ...], str]:
    """What the filters beyond organization and department leave: parameters, and a sentence."""
    said: dict[tuple[str, ...], str] = {}
    for one in FILTERS:
        if one.name not in SLICES and one.is_set(query) and (words := one.words(query, known)):
            said[_TOGETHER.get(one.name, (one.name,))] = words
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
