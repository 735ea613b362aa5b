"""Drill-through: from a figure to what it counts, and back.

Links are real ones: they open in another tab and can be copied. Streamlit adds what its own widgets
keep in the address to a link that is clicked, but not to one that is opened elsewhere; so a link
carries period and filters under names of its own (`start_date`, `in_organization`, …). Clicked, the
list keeps to them (`question`) while those of every page stay as they were; opened elsewhere,
`ui.shell` makes them those of every page.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from analytics.format import count
from analytics.lists.messages import count_messages
from analytics.metrics.pages import NAVIGATION
from analytics.metrics.result import DrillThrough
from analytics.period import PRESET_NAMES
from analytics.query import NO_DEPARTMENT, Query, filter_label
from analytics.reading.filters import BY_NAME, SLICES, parameters
from analytics.untrusted import unescaped
from ui.access import Data
from ui.address import CHOSEN, DATES, DEFAULT_COMPARISON, IN, ONLY, current_page
from ui.arriving import question
from ui.cache import shared
from ui.inert import inert
from ui.kept_filters import keep
from ui.page_context import page_context

# What can be offered, most telling first: the page, its icon, and how many of it are called.
PAGES = {
    "people": ("people", ":material/group:", "person", "people"),
    "conversations": ("activities", ":material/forum:", "conversation", "conversations"),
    "messages": ("activities", ":material/forum:", "message", "messages"),
    "documents": ("documents", ":material/description:", "document", "documents"),
    "queries": ("queries", ":material/search:", "query", "queries"),
    "installations": ("installations", ":material/smart_toy:", "installed twin", "installed twins"),
}
_MAX_BACK = 2_000


def offer(
    figure: str,
    counts: Mapping[str, int | None],
    query: Query | None = None,
    key: str = "",
    *,
    small: bool = False,
) -> None:
    """Links to what a figure counts, with how many there are of each.

    `figure` is its name for people; it is shown as inert text. `counts` has the kinds that the
    figure counts ("people", "conversations", "messages", "documents", "queries", "installations")
    with its values; None for a list whose length the figure doesn't say. Without `query` the
    page's. Nothing is offered where there is nothing. With a key, there is also a button to filter
    every page by what the figure is about. `small` ones are as short as can be.
    """
    offered = {kind: number for kind, number in counts.items() if number is None or number > 0}
    if not offered and not key:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if figure:
            nothing = "" if offered else " nothing in this period"
            st.caption(f"{inert(figure)}:{nothing}", width="content")
        for kind, number in offered.items():
            link(kind, number, query, small=small)
        if key and query:
            only_this(query, key)


def link(
    kind: str,
    number: int | None,
    query: Query | None = None,
    label: str = "",
    *,
    small: bool = False,
) -> None:
    """A link to one list that a figure counts, called by its number or a label of its own."""
    page, icon, one, many = PAGES[kind]
    called = many if number is None else count(number, one, many)
    asked = query or question()
    if kind == "messages":
        asked = replace(asked, messages=True)
        called = _counted_messages(asked)
    if kind == "installations":  # they ignore what happened; the page goes on with its filters
        asked = _with_page_filters(asked.of_people)
    st.page_link(
        f"../pages/{page}.py",
        label=inert(label) or (called if small else f"Show {called}"),
        icon=icon,
        width="content",
        query_params=address(asked),
    )


def page_link(page: str, label: str, query: Query) -> None:
    """A link to a page of results, asked a question of other days than those of every page.

    Every page then has these days; the way back restores its own.
    """
    moved = query.period != page_context().query.period
    asked = [*_question(query), ("restore", "true")] if moved else []
    st.page_link(
        f"../pages/{page}.py",
        label=label,
        width="content",
        query_params=[*asked, ("back", _here())],
    )


def _with_page_filters(query: Query) -> Query:
    own = question()
    fields = [BY_NAME[name].field for name in ONLY if BY_NAME[name].events]
    return replace(query, **{field: getattr(own, field) for field in fields})


def _counted_messages(query: Query) -> str:
    """As 499 messages in 66 conversations: those are listed."""
    messages, conversations = _messages(query, page_context().data)
    return f"{count(messages, 'message')} in {count(conversations, 'conversation')}"


@shared(max_entries=128)
def _messages(query: Query, data: Data) -> tuple[int, int]:
    with data.reading() as reader:
        found = count_messages(reader, query)
    return found.messages, found.conversations


def offers(found: DrillThrough, key: str = "", *, small: bool = False) -> None:
    """The links of a figure, or why there are none.

    With a key, also a button to filter every page by what the figure is about.
    """
    if found.is_empty and not key:
        st.caption(f"{inert(found.name)}: nothing in this period")
    else:
        offer(found.name, found.counts, found.query, key, small=small)
        for one in found.more:
            offer(one.name, one.counts, one.query, small=small)


_ONLY_THIS = {
    "organization": "Only this organization",
    "department": "Only this department",
    "person": "Only this person",
    "twin": "Only this twin",
    "unknown_twin": "Only twins that are gone",
    "topic": "Only this topic",
}


def only_this(query: Query, key: str) -> None:
    """A button that filters every page by what a question is about; none where all do already."""
    asked = page_context().query
    about = {name: BY_NAME[name].texts(query) for name in _ONLY_THIS}
    values = {n: texts for n, texts in about.items() if texts and texts != BY_NAME[n].texts(asked)}
    if not values:
        return
    label = _ONLY_THIS[[*values][-1]]
    st.button(
        label,
        key=f"only-{key}",
        icon=":material/filter_alt:",
        type="tertiary",
        help=f"{label}: filters every page. The mark above the page takes the filter away.",
        on_click=keep,
        args=(values,),
    )


def choose_row(label: str, found: Sequence[DrillThrough], key: str, placeholder: str) -> None:
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
    last = f"_{key}"  # the choice that was made last, and how it was called
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
        st.session_state[last] = (chosen, names[chosen])
        offers(ones[chosen], key)
    elif last in st.session_state:
        gone, name = st.session_state[last]
        if gone in ones:  # taken back
            del st.session_state[last]
        else:
            st.caption(f"{inert(name)} is no longer among these rows. Choose another one.")


def person_link(id_: str, name: str) -> None:
    """A link to a person."""
    _to("person", id_, name, ":material/person:")


def conversation_link(id_: str, title: str, search: str = "") -> None:
    """A link to a conversation, and to what was searched for in it."""
    _to("conversation", id_, unescaped(title), ":material/chat_bubble:", search)


def _to(page: str, id_: str, label: str, icon: str, search: str = "") -> None:
    st.page_link(
        f"../pages/{page}.py",
        label=inert(label) or "No name",
        icon=icon,
        width="content",
        query_params=[
            ("id", id_),
            *([("found", search)] if search else []),
            *address(question()),
        ],
    )


def address(query: Query) -> list[tuple[str, str]]:
    """The parameters of a link: period and filters, what narrows a list, and the way back."""
    own = parameters(question(), *SLICES)
    narrows = {n: texts for n, texts in parameters(query, *SLICES).items() if texts != own.get(n)}
    return [*_question(query), *_flat(narrows), ("back", _here())]


def _flat(values: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in values.items() for text in texts]


def _question(query: Query) -> list[tuple[str, str]]:
    """Period and filters of a page; what a row adds to those narrows only its list."""
    period, own = query.period, question()
    filters = [BY_NAME[name] for name in ONLY]
    return [
        ("start_date", period.start.isoformat()),
        ("end_date", period.end.isoformat()),
        *(("in_organization", filter_label(name)) for name in query.organizations),
        *(("in_department", filter_label(name, NO_DEPARTMENT)) for name in query.departments),
        *_flat({f"in_{ONLY[one.name]}": one.texts(own) for one in filters if one.is_set(query)}),
        *_comparison(),
    ]


def view(query: Query) -> list[tuple[str, str]]:
    """A question, with the preset where its days are those of every page."""
    preset = st.session_state.get("preset")
    moves = preset in PRESET_NAMES and query.period == page_context().query.period
    return [*_question(query), *([("in_preset", str(preset))] if moves else [])]


def _comparison() -> list[tuple[str, str]]:
    """What every page compares with, where that is not the default."""
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
        if name not in ("dates", "back", "restore", *CHOSEN, *ONLY.values(), *DATES, *IN)
    ]
    back = st.query_params.get("back", "")
    here = f"{current_page()}?{urlencode([*view(question()), *own])}"
    # A way back from there, too, as long as addresses stay short.
    with_back = f"{here}&{urlencode([('back', back)])}" if back else here
    # The page alone where many organizations are chosen.
    return next((one for one in (with_back, here) if len(one) <= _MAX_BACK), current_page())


def back_link() -> None:
    """The way back to the view that a list was opened from, exactly as it was."""
    path, _, text = st.query_params.get("back", "").partition("?")
    if path not in NAVIGATION:
        return
    pairs = parse_qsl(text, keep_blank_values=True)
    left = [pair for pair in pairs if pair[0] in (*DATES, *IN)]
    if left in (view(page_context().query), _question(page_context().query)):
        pairs = [pair for pair in pairs if pair[0] not in (*DATES, *IN)]
    else:
        pairs.append(("restore", "true"))
    st.page_link(
        f"../pages/{path}.py",
        label=f"Back to {NAVIGATION[path].title}",
        icon=":material/arrow_back:",
        query_params=pairs,
    )
