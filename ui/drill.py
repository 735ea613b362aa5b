"""From a figure to what is behind it, and back.

Links are real ones: they open in another tab and can be copied. Streamlit adds what its own widgets
keep in the address to a link that is clicked, but not to one that is opened elsewhere; so a link
carries period and filters under names of its own (`start_date`, `in_organization`, …). Clicked, the
list keeps to them (`question`) while the frame stays as it was; opened elsewhere, `ui.shell` makes
them those of the frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from analytics.activities import ActivityQuery
from analytics.behind import Behind
from analytics.database import Store
from analytics.details import (
    NARROWINGS,
    NO_TOPIC,
    NO_TYPE,
    NOTHING,
    Detail,
    Narrowed,
    detail_of,
    parameters_of,
)
from analytics.documents import count_messages
from analytics.models import Twin, User, table_of
from analytics.query import (
    NO_DEPARTMENT,
    Filters,
    Period,
    Query,
    QueryError,
    filter_label,
    filter_names,
    filter_values,
    parse_date,
)
from analytics.text import count, day, days
from ui.cache import shared
from ui.frame import COMPARISONS, frame, query_string
from ui.text import inert

# What can be offered, most telling first: the page, its icon, and how many of it are called.
PAGES = {
    "people": ("people", ":material/group:", "person", "people"),
    "conversations": ("activities", ":material/forum:", "conversation", "conversations"),
    "messages": ("activities", ":material/forum:", "message", "messages"),
    "documents": ("documents", ":material/description:", "document", "documents"),
    "queries": ("queries", ":material/search:", "query", "queries"),
    "installations": ("installations", ":material/smart_toy:", "installed twin", "installed twins"),
}
TITLES = {
    "overview": "Overview", "retention": "Retention", "organizations": "Organizations",
    "twins": "Twins", "activities": "Activities", "people": "People", "documents": "Documents",
    "queries": "Queries", "installations": "Installed twins", "person": "Person",
    "conversation": "Conversation",
}  # fmt: skip
_DATES, _FILTERS = ("start_date", "end_date"), ("organization", "department")
_COMPARISON = ("compare", "compare_dates")
_FRAME = (*_FILTERS, *_COMPARISON)  # what the frame's widgets are bound to, dates apart
_IN = tuple(f"in_{key}" for key in _FRAME)
DEFAULT_COMPARISON = next(iter(COMPARISONS))
_DETAIL = tuple(one.name for one in NARROWINGS)
_MAX_BACK = 2_000


# --- links -------------------------------------------------------------------------------------


def offer(
    figure: str,
    counts: Mapping[str, int | None],
    query: Query | None = None,
    detail: Detail = NOTHING,
) -> None:
    """Links to what is behind a figure, with how many there are of each.

    `figure` is its name for people; it is shown as inert text. `counts` has the kinds that the
    figure counts ("people", "conversations", "messages", "documents", "queries", "installations")
    with its values; None for a list whose length the figure doesn't say. Without `query` the
    frame's. Nothing is offered where there is nothing.
    """
    offered = {kind: number for kind, number in counts.items() if number is None or number > 0}
    if not offered:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if figure:
            st.caption(f"{inert(figure)}:", width="content")
        for kind, number in offered.items():
            link(kind, number, query, detail)


def link(
    kind: str,
    number: int | None,
    query: Query | None = None,
    detail: Detail = NOTHING,
    label: str = "",
) -> None:
    """A link to one list behind a figure, called by its number or a label of its own."""
    page, icon, one, many = PAGES[kind]
    called = many.capitalize() if number is None else count(number, one, many)
    asked = query or question()
    if kind == "messages":
        detail = replace(detail, messages=True)
        called = _counted_messages(asked, detail)
    st.page_link(
        f"../pages/{page}.py",
        label=inert(label) or called,
        icon=icon,
        width="content",
        query_params=address(asked, detail),
    )


def _counted_messages(query: Query, detail: Detail) -> str:
    """As 499 messages in 66 conversations: those are listed."""
    made = frame()
    messages, conversations = _messages(query, detail, made.freshness.version, made.store)
    return f"{count(messages, 'message')} in {count(conversations, 'conversation')}"


@shared(max_entries=128)
def _messages(query: Query, detail: Detail, _version: str, store: Store) -> tuple[int, int]:
    with store.session() as session:
        found = count_messages(session, query, detail)
    return found.messages, found.conversations


def offers(found: Behind) -> None:
    """The links behind a figure, or why there are none."""
    if found.is_empty:
        st.caption(f"{inert(found.name)}: nothing in this period")
    else:
        offer(found.name, found.counts, found.query, found.detail)


def choose_behind(label: str, found: Sequence[Behind], key: str, placeholder: str) -> None:
    """Choose a figure by keyboard, finger or mouse, and follow what it counts."""
    if (st.session_state.get(key) or 0) >= len(found):
        st.session_state[key] = None
    chosen = st.selectbox(
        label,
        range(len(found)),
        index=None,
        format_func=lambda n: found[n].name,
        key=key,
        placeholder=placeholder,
    )
    if chosen is not None:
        offers(found[chosen])


def person_link(id_: str, name: str, query: Query | None = None) -> None:
    """A link to a person."""
    _to("person", id_, name, ":material/person:", query)


def conversation_link(id_: str, title: str, search: str = "") -> None:
    """A link to a conversation, and to what was searched for in it."""
    _to("conversation", id_, title, ":material/chat_bubble:", None, search=search)


def _to(  # noqa: PLR0913 - what a link has
    page: str, id_: str, label: str, icon: str, query: Query | None, *, search: str = ""
) -> None:
    st.page_link(
        f"../pages/{page}.py",
        label=inert(label) or "No name",
        icon=icon,
        width="content",
        query_params=[
            ("id", id_),
            *([("found", search)] if search else []),
            *address(query or question(), NOTHING),
        ],
    )


def address(query: Query, detail: Detail) -> list[tuple[str, str]]:
    """The parameters of a link: period and filters, the detail, and the way back."""
    return [*_question(query), *_flat(parameters_of(detail)), ("back", _here())]


def _flat(values: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in values.items() for text in texts]


def _question(query: Query) -> list[tuple[str, str]]:
    period = query.period
    return [
        ("start_date", period.start.isoformat()),
        ("end_date", period.end.isoformat()),
        *(("in_organization", filter_label(name)) for name in query.filters.organizations),
        *(
            ("in_department", filter_label(name, NO_DEPARTMENT))
            for name in query.filters.departments
        ),
        *_comparison(),
    ]


def _comparison() -> list[tuple[str, str]]:
    """What the frame compares with, where that is not the default."""
    choice = st.session_state.get("compare", DEFAULT_COMPARISON)
    if choice == DEFAULT_COMPARISON:
        return []
    dates = st.session_state.get("compare_dates") or () if choice == "custom" else ()
    return [
        ("in_compare", choice),
        *(("in_compare_dates", chosen.isoformat()) for chosen in dates),
    ]


def _here() -> str:
    """This view: its page and everything in its address."""
    own = [
        (name, text)
        for name in st.query_params
        for text in st.query_params.get_all(name)
        if name not in ("dates", "back", "restore", *_FRAME, *_DATES, *_IN)
    ]
    back = st.query_params.get("back", "")
    here = f"{current_page()}?{urlencode([*_question(question()), *own])}"
    # A way back from there, too, as long as addresses stay short.
    with_back = f"{here}&{urlencode([('back', back)])}" if back else here
    # The page alone where many organizations are chosen.
    return next((one for one in (with_back, here) if len(one) <= _MAX_BACK), current_page())


def current_page() -> str:
    """The name of the page that runs."""
    name: str = st.session_state.get("_page", "overview")
    return name


# --- arriving ----------------------------------------------------------------------------------


def question() -> Query:
    """What a list is asked: the period and filters of its link, else those of the frame.

    Whoever changes the frame afterwards means the frame.
    """
    asked = frame().query
    given = _given(asked)
    if given is None:
        return asked
    came = st.session_state.get("_came")
    if came is None or came[0] != given:
        st.session_state["_came"] = came = (given, asked)
    if came[1] != asked:
        _forget((*_DATES, *_IN))
        return asked
    return given


def _given(asked: Query) -> Query | None:
    """The question in the address; None if there is none that can be asked."""
    given = st.query_params
    try:
        start, end = (parse_date(name, given.get(name, "")) for name in _DATES)
        period = Period(start, end, asked.period.today)
        _ = period.previous
    except QueryError:
        return None
    filters = Filters(
        filter_values(given.get_all("in_organization")),
        filter_values(given.get_all("in_department"), NO_DEPARTMENT),
    )
    return replace(asked, period=period, filters=filters)


def _forget(names: Sequence[str]) -> None:
    """Take parameters out of the address, in one step: each would be one in the history."""
    bound = {"dates", *_FRAME}
    kept = {
        name: st.query_params.get_all(name)
        for name in st.query_params
        if name not in names and name not in bound
    }
    st.query_params.from_dict(kept)


def arrive() -> None:
    """Give the frame back the period, filters and comparison of a view that was left, before it is
    drawn."""
    if "restore" not in st.query_params:
        return
    given = st.query_params
    _set_dates("dates", [given.get(name, "") for name in _DATES])
    for name in _FILTERS:
        st.session_state[name] = given.get_all(f"in_{name}")
    choice = given.get("in_compare", DEFAULT_COMPARISON)
    if choice in COMPARISONS:
        st.session_state["compare"] = choice
    _set_dates("compare_dates", given.get_all("in_compare_dates"))
    _forget(("restore", *_DATES, *_IN))


def _set_dates(key: str, texts: Sequence[str]) -> None:
    try:
        start, end = (parse_date(key, text) for text in texts)
    except ValueError:  # another number of them, or no dates
        return
    st.session_state[key] = (start, end)


def back_link() -> None:
    """The way back to the view that a list was opened from, exactly as it was."""
    path, _, text = st.query_params.get("back", "").partition("?")
    if path not in TITLES:
        return
    pairs = parse_qsl(text, keep_blank_values=True)
    if [pair for pair in pairs if pair[0] in (*_DATES, *_IN)] == _question(frame().query):
        pairs = [pair for pair in pairs if pair[0] not in (*_DATES, *_IN)]
    else:
        pairs.append(("restore", "true"))
    st.page_link(
        f"../pages/{path}.py",
        label=f"Back to {TITLES[path]}",
        icon=":material/arrow_back:",
        query_params=pairs,
    )


# --- on the list's page ------------------------------------------------------------------------


def narrowed(kind: str) -> Detail:
    """The detail in the address of a list's page. Raises QueryError as the API does."""
    given = st.query_params
    return detail_of({name: given.get_all(name) for name in _DETAIL if name in given}, kind)


def parameters(kind: str, **more: str) -> str:
    """Query, detail and choices as the API and the downloads are asked them."""
    detail = narrowed(kind)
    if kind == "conversations":
        detail = replace(detail, twin="")  # the page has a filter for it
    own = _flat(parameters_of(detail))
    asked = query_string(question(), **more)
    return "&".join(part for part in (asked, urlencode(own)) if part)


def narrowed_activities(ask: ActivityQuery) -> ActivityQuery:
    """The activities that a page's filters ask for, narrowed to the detail in its address."""
    detail = replace(narrowed("conversations"), twin="")  # the page has a filter for it
    asked = question()
    if detail == NOTHING:
        period = asked.period
        return replace(ask, start=period.start, end=period.end, filters=asked.filters)
    narrow = Narrowed(asked, detail)
    return replace(ask, start=None, end=None, filters=asked.filters, detail=narrow)


def chips(kind: str) -> None:
    """What a list is narrowed to, in words, each with a button that takes it out."""
    detail = narrowed(kind)
    if kind == "conversations":
        detail = replace(detail, twin="")
    said = _question_in_words() | in_words(detail)
    if said:
        with st.container(horizontal=True, gap="small"):
            for names, words in said.items():
                st.button(
                    inert(words),
                    key=f"chip-{names[0]}",
                    icon=":material/close:",
                    icon_position="right",
                    help="Remove this from the list",
                    on_click=_remove,
                    args=(names,),
                )
    if kind == "conversations" and (detail.messages or detail.hour is not None):
        made = frame()
        with made.store.session() as session:
            found = count_messages(session, question(), detail)
        line = (
            f"**{count(found.messages, 'message')} in"
            f" {count(found.conversations, 'conversation')}**"
        )
        if found.undated:
            line += (
                f"; {count(found.undated, 'conversation')} without a date"
                f" {'is' if found.undated == 1 else 'are'} not in the list"
            )
        st.markdown(line)


def _question_in_words() -> dict[tuple[str, ...], str]:
    """Where the list keeps to another period or other filters than the frame."""
    asked, shown = question(), frame().query
    if asked == shown:
        return {}
    said = [days(asked.period)] if asked.period != shown.period else []
    if asked.filters != shown.filters:
        said.append(", ".join(filter_names(asked)) or "everybody, whatever the filters")
    return {(*_DATES, *_IN): f"Only {', '.join(said)}"}


def _remove(names: tuple[str, ...]) -> None:
    _forget(names)
    st.session_state["page"] = 1


def in_words(detail: Detail) -> dict[tuple[str, ...], str]:
    """What a detail narrows to: the parameters that say it, and the words."""
    said: dict[tuple[str, ...], str] = {}
    if detail.person:
        said["person",] = f"Only {_name(User, 'full_name', detail.person)}"
    said |= _twin_in_words(detail)
    if detail.hour is not None:
        said["hour",] = f"Only {detail.hour:02}:00\u2013{detail.hour:02}:59 on complete days"
    if detail.topics:
        said["topic",] = f"Only on {_any(detail.topics, NO_TOPIC)}"
    if detail.document_types:
        said["document_type",] = f"Only of type {_any(detail.document_types, NO_TYPE)}"
    if detail.messages:
        said["messages",] = "With messages in the period, whenever they started"
    if detail.cohort:
        later = ""
        if detail.week:
            later = f", active {count(detail.week, 'week')} later"
        said["cohort", "week"] = f"First active in the week of {day(detail.cohort)}{later}"
    if detail.eligible:
        said["eligible",] = (
            f"First active day + {count(detail.eligible, 'day')} lies on a complete day of the"
            " period"
        )
    if detail.returned:
        said["returned",] = f"Came back on day {detail.returned} in the period"
    if detail.power_users:
        said["power_users",] = "Power users: 10 or more conversations in the period"
    return said


def _twin_in_words(detail: Detail) -> dict[tuple[str, ...], str]:
    said: dict[tuple[str, ...], str] = {}
    if detail.twin:
        said["twin",] = f"Only with {_name(Twin, 'name', detail.twin)}"
    if detail.unknown_twin:
        said["unknown_twin",] = "Only with twins that are gone"
    if detail.by_others:
        said["by_others",] = "Only by others than the twin's owner"
    return said


def _any(names: tuple[str | None, ...], none: str) -> str:
    return " or ".join(filter_label(name, none) for name in names)


def _name(model: type[Any], column: str, id_: str) -> str:
    table = table_of(model)
    with frame().store.session() as session:
        found = session.execute(table.select().where(table.c.id == id_)).one_or_none()
    return str(getattr(found, column)) if found else "somebody unknown"
