"""Drill-through: from a figure to what it counts, and back.

Links are real ones: they open in another tab and can be copied. Streamlit adds what its own widgets
keep in the address to a link that is clicked, but not to one that is opened elsewhere; so a link
carries period and filters under names of its own (`start_date`, `in_organization`, …). Clicked, the
list keeps to them (`question`) while the frame stays as it was; opened elsewhere, `ui.shell` makes
them those of the frame.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from analytics.errors import QueryError
from analytics.format import count, days
from analytics.lists.messages import count_messages
from analytics.metrics.pages import NAVIGATION
from analytics.metrics.result import DrillThrough
from analytics.period import PRESET_NAMES, Period, parse_date
from analytics.query import NAMELESS, NO_DEPARTMENT, NO_ORGANIZATION, Query, filter_label
from analytics.reading.filters import SLICES, chosen_names, filtered, in_words, of_list, parameters
from analytics.reading.known import person_name, twin_name
from analytics.reading.reader import reading
from analytics.storage.store import Store
from analytics.untrusted import unescaped
from ui.asked import notice, refuse
from ui.cache import shared
from ui.inert import inert
from ui.page_context import (
    COMPARISONS,
    CUSTOM,
    are_dates,
    frame,
    gone,
    gone_words,
    read_names,
    without,
)

# What can be offered, most telling first: the page, its icon, and how many of it are called.
PAGES = {
    "people": ("people", ":material/group:", "person", "people"),
    "conversations": ("activities", ":material/forum:", "conversation", "conversations"),
    "messages": ("activities", ":material/forum:", "message", "messages"),
    "documents": ("documents", ":material/description:", "document", "documents"),
    "queries": ("queries", ":material/search:", "query", "queries"),
    "installations": ("installations", ":material/smart_toy:", "installed twin", "installed twins"),
}
_DATES, _FILTERS = ("start_date", "end_date"), ("organization", "department")
_COMPARISON = ("compare", "compare_dates")
_FRAME = (*_FILTERS, *_COMPARISON, "preset")  # what the frame's widgets are bound to, but dates
_BOUND = {"dates", *_FRAME}
_IN = tuple(f"in_{key}" for key in _FRAME)
DEFAULT_COMPARISON = next(iter(COMPARISONS))
_WIDGETS = (*SLICES, "type", "user", "search")  # filters that pages have widgets for
_MAX_BACK = 2_000


# --- links -------------------------------------------------------------------------------------


def offer(figure: str, counts: Mapping[str, int | None], query: Query | None = None) -> None:
    """Links to what a figure counts, with how many there are of each.

    `figure` is its name for people; it is shown as inert text. `counts` has the kinds that the
    figure counts ("people", "conversations", "messages", "documents", "queries", "installations")
    with its values; None for a list whose length the figure doesn't say. Without `query` the
    page's. Nothing is offered where there is nothing.
    """
    offered = {kind: number for kind, number in counts.items() if number is None or number > 0}
    if not offered:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if figure:
            st.caption(f"{inert(figure)}:", width="content")
        for kind, number in offered.items():
            link(kind, number, query)


def link(kind: str, number: int | None, query: Query | None = None, label: str = "") -> None:
    """A link to one list that a figure counts, called by its number or a label of its own."""
    page, icon, one, many = PAGES[kind]
    called = many.capitalize() if number is None else count(number, one, many)
    asked = query or question()
    if kind == "messages":
        asked = replace(asked, messages=True)
        called = _counted_messages(asked)
    if kind == "installations":
        asked = asked.of_people
    st.page_link(
        f"../pages/{page}.py",
        label=inert(label) or called,
        icon=icon,
        width="content",
        query_params=address(asked),
    )


def _counted_messages(query: Query) -> str:
    """As 499 messages in 66 conversations: those are listed."""
    made = frame()
    messages, conversations = _messages(query, made.freshness.version, made.store)
    return f"{count(messages, 'message')} in {count(conversations, 'conversation')}"


@shared(max_entries=128)
def _messages(query: Query, _version: str, store: Store) -> tuple[int, int]:
    with reading(store) as reader:
        found = count_messages(reader, query)
    return found.messages, found.conversations


def offers(found: DrillThrough) -> None:
    """The links of a figure, or why there are none."""
    if found.is_empty:
        st.caption(f"{inert(found.name)}: nothing in this period")
    else:
        offer(found.name, found.counts, found.query)


def choose_behind(label: str, found: Sequence[DrillThrough], key: str, placeholder: str) -> None:
    """Choose a figure by keyboard, finger or mouse, and follow what it counts.

    The choice is the figure itself, wherever it stands when rows arrive. Where it is gone, that is
    said until another one is chosen.
    """
    ones = {one.key: one for one in found}
    repeated = Counter(one.name for one in ones.values())
    names = {
        # Options are told apart by what is written of them.
        one.key: one.name if repeated[one.name] == 1 else f"{one.name} ({', '.join(one.key)})"
        for one in ones.values()
    }
    kept = f"_{key}"  # the choice that was made last, and how it was called
    chosen = st.session_state.get(key)
    if chosen is not None:
        st.session_state[key] = chosen if chosen in ones else None  # written as it is called now
    chosen = st.selectbox(
        label,
        list(ones),
        index=None,
        format_func=lambda one: names.get(one, str(one)),
        key=key,
        placeholder=placeholder,
    )
    if chosen is not None:
        st.session_state[kept] = (chosen, names[chosen])
        offers(ones[chosen])
    elif kept in st.session_state:
        gone, name = st.session_state[kept]
        if gone in ones:  # taken back
            del st.session_state[kept]
        else:
            st.caption(f"{inert(name)} is no longer among these rows. Choose another one.")


def person_link(id_: str, name: str, query: Query | None = None) -> None:
    """A link to a person."""
    _to("person", id_, name, ":material/person:", query)


def conversation_link(id_: str, title: str, search: str = "") -> None:
    """A link to a conversation, and to what was searched for in it."""
    _to("conversation", id_, unescaped(title), ":material/chat_bubble:", None, search=search)


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
            *address((query or question()).slices),
        ],
    )


def address(query: Query) -> list[tuple[str, str]]:
    """The parameters of a link: period and filters, and the way back."""
    return [*_question(query), *_flat(parameters(query, *SLICES)), ("back", _here())]


def _flat(values: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in values.items() for text in texts]


def _question(query: Query) -> list[tuple[str, str]]:
    period = query.period
    return [
        ("start_date", period.start.isoformat()),
        ("end_date", period.end.isoformat()),
        *(("in_organization", filter_label(name)) for name in query.organizations),
        *(("in_department", filter_label(name, NO_DEPARTMENT)) for name in query.departments),
        *_comparison(),
    ]


def _view(query: Query) -> list[tuple[str, str]]:
    """A question, with the preset where its days are those of the frame's."""
    preset = st.session_state.get("preset")
    moves = preset in PRESET_NAMES and query.period == frame().query.period
    return [*_question(query), *([("in_preset", str(preset))] if moves else [])]


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
    here = f"{current_page()}?{urlencode([*_view(question()), *own])}"
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

    Whoever changes the frame afterwards means the frame; a preset that moves on changes nothing. A
    link that says what the frame says goes with it.
    """
    asked = frame().query
    given = _given(asked)
    if given is None:
        return asked
    said = [st.query_params.get_all(name) for name in (*_DATES, *_IN)]
    chosen = [st.session_state.get(name) for name in _FRAME]
    if chosen[-1] == CUSTOM:
        chosen.append(st.session_state.get("dates"))
    came = st.session_state.get("_came")
    if came is None or came[0] != said:
        st.session_state["_came"] = came = (said, chosen, given == asked)
    if came[1] != chosen:
        _forget((*_DATES, *_IN))
        return asked
    return asked if came[2] else given


def _given(asked: Query) -> Query | None:
    """The question in the address, if there is one: of the frame's days where its own are none."""
    given = st.query_params
    if not any(given.get(name) for name in (*_DATES, *_IN)):
        return None
    try:
        period = _given_period(asked.period)
    except QueryError:  # `link_notices` says so
        period = asked.period
    names = frame().names
    return replace(
        asked,
        period=period,
        organizations=read_names(
            given.get_all("in_organization"), names.organizations, NO_ORGANIZATION
        ),
        departments=read_names(given.get_all("in_department"), names.departments, NO_DEPARTMENT),
    )


def _given_period(shown: Period) -> Period:
    """The days in the address, or those shown where it has none. Raises QueryError."""
    given = st.query_params
    if not any(given.get(name) for name in _DATES):
        return shown
    start, end = (parse_date(name, given.get(name, "")) for name in _DATES)
    period = Period(start, end, shown.today)
    _ = period.previous
    return period


def link_notices() -> None:
    """What a link asks for that has no meaning, or is not there any more."""
    shown = frame().query
    try:
        _given_period(shown.period)
    except QueryError as error:
        words = f"{error}. Shown instead: {days(shown.period)}."
        notice(words, "Remove", "remove-dates", _remove, _DATES)
    asked = question()
    for key, name in gone(asked) if _names(asked) != _names(shown) else ():
        button = f"remove-in-{key}-{filter_label(name, NAMELESS[key])}"
        notice(gone_words(key, name), "Remove", button, _unname, key, name)


def _names(query: Query) -> tuple[Any, Any]:
    return query.organizations, query.departments


def _unname(key: str, name: str | None) -> None:
    """Take a name out of the link's own filters."""
    given = {own: st.query_params.get_all(own) for own in st.query_params if own not in _BOUND}
    given[f"in_{key}"] = without(given[f"in_{key}"], key, name)
    st.query_params.from_dict(given)


def _forget(names: Sequence[str]) -> None:
    """Take parameters out of the address, in one step: each would be one in the history."""
    kept = {
        name: st.query_params.get_all(name)
        for name in st.query_params
        if name not in names and name not in _BOUND
    }
    st.query_params.from_dict(kept)


def arrive() -> None:
    """Give the frame back the period, filters and comparison of a view that was left, before it is
    drawn."""
    if "restore" not in st.query_params:
        return
    given = st.query_params
    preset = given.get("in_preset")
    if preset in PRESET_NAMES:
        st.session_state["preset"] = preset
    elif _set_dates("dates", [given.get(name, "") for name in _DATES]):
        st.session_state["preset"] = CUSTOM
    for name in _FILTERS:
        st.session_state[name] = [*filter(None, given.get_all(f"in_{name}"))]
    choice = given.get("in_compare", DEFAULT_COMPARISON)
    if choice in COMPARISONS:
        st.session_state["compare"] = choice
    else:
        refuse("compare", choice, f"is none of {', '.join(COMPARISONS)}", COMPARISONS)
    _set_dates("compare_dates", given.get_all("in_compare_dates"))
    _forget(("restore", *_DATES, *_IN))


def _set_dates(key: str, texts: Sequence[str]) -> bool:
    """Give a widget its dates, if these are some."""
    texts = [*filter(None, texts)]
    if not are_dates(key, texts):
        return False
    st.session_state[key] = (parse_date(key, texts[0]), parse_date(key, texts[-1]))
    return True


def back_link() -> None:
    """The way back to the view that a list was opened from, exactly as it was."""
    path, _, text = st.query_params.get("back", "").partition("?")
    if path not in NAVIGATION:
        return
    pairs = parse_qsl(text, keep_blank_values=True)
    left = [pair for pair in pairs if pair[0] in (*_DATES, *_IN)]
    if left in (_view(frame().query), _question(frame().query)):
        pairs = [pair for pair in pairs if pair[0] not in (*_DATES, *_IN)]
    else:
        pairs.append(("restore", "true"))
    st.page_link(
        f"../pages/{path}.py",
        label=f"Back to {NAVIGATION[path].title}",
        icon=":material/arrow_back:",
        query_params=pairs,
    )


# --- on the list's page ------------------------------------------------------------------------


def narrowed(kind: str) -> Query:
    """What a list's page is asked: its question with the filters in its address.

    Raises QueryError as the API does.
    """
    given, filters = st.query_params, [one for one in of_list(kind) if one.name not in _WIDGETS]
    return filtered(question(), {one.name: given.get_all(one.name) for one in filters}, filters)


def chips(kind: str, asked: Query) -> None:
    """What a list is narrowed to, in words, each with a button that takes it out."""
    link_notices()
    said = _question_in_words() | in_words(asked, _Known())
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
    if kind == "conversations" and (asked.messages or asked.hour is not None):
        with reading(frame().store) as reader:
            found = count_messages(reader, asked)
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
    if _names(asked) != _names(shown):
        said.append(", ".join(chosen_names(asked)) or "everybody, whatever the filters")
    return {(*_DATES, *_IN): f"Only {', '.join(said)}"}


def _remove(names: tuple[str, ...]) -> None:
    _forget(names)
    st.session_state["page"] = 1


class _Known:
    """How people and twins are called, as the page's database has them."""

    def person(self, id_: str) -> str:
        """The name of a person."""
        with reading(frame().store) as reader:
            return person_name(reader, id_)

    def twin(self, id_: str) -> str:
        """The name of a twin."""
        with reading(frame().store) as reader:
            return twin_name(reader, id_)
