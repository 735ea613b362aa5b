"""The pages of the lists that figures lead to: people, documents, queries and installed twins."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from analytics.format import count, day, days, moment, number
from analytics.lists.paging import Paging
from analytics.lists.people import SORTS, PersonRow, person
from analytics.lists.registry import LIST_BY_SLUG
from analytics.query import NO_DEPARTMENT, Query, filter_label
from analytics.reading.filter_texts import NO_TYPE
from analytics.reading.filters import OF_RESULTS
from analytics.untrusted import REPLACEMENT, unescaped
from analytics.web.downloads import csv_path
from ui.access import Data
from ui.address import first_page
from ui.arriving import link_notices, narrowed, question
from ui.asked import option, page_number
from ui.cache import shared
from ui.charts import card_head
from ui.chips import chips
from ui.inert import inert
from ui.links import conversation_link, offer, person_link
from ui.page_context import page_context, query_string
from ui.saving import save_link
from ui.words import only_words

PAGE_SIZE = 20
SHOWN = {"": "Active", "inactive": "Not active", "all": "Everybody"}
SORT_LABELS = {
    "conversations": "Conversations", "active_days": "Active days", "messages": "Messages",
    "documents": "Documents", "queries": "Queries", "first_active": "First active",
    "last_active": "Last active", "name": "Name",
}  # fmt: skip
ORDERS = {"": "Usual order", "desc": "Most or latest first", "asc": "Least or earliest first"}


def people_list() -> None:
    """Everybody who was active, or not, with what they did; the name opens the person."""
    asked = narrowed("people")
    chips("people", asked)
    _list("people", "person", "people", _people, asked, _people_bar(asked))


def document_list() -> None:
    """The documents of the period; the title of a conversation opens it."""
    _narrowed_list("documents", "document", "documents", _documents)


def query_list() -> None:
    """The queries of the period; the title of a conversation opens it."""
    _narrowed_list("queries", "query", "queries", _queries)


def installation_list() -> None:
    """The twins installed up to the end of the period, with their owners."""
    _narrowed_list("installed-twins", "installed twin", "installed twins", _twins)


def _people_bar(asked: Query) -> dict[str, str]:
    """Who is shown, how they are sorted and searched."""
    activity = ""
    if asked.is_of_slices:
        option("who", SHOWN)
        picked = st.segmented_control(
            "Who", list(SHOWN), format_func=lambda key: SHOWN[key], default="", key="who",
            bind="query-params", on_change=first_page, required=True,
            help="Active: started a conversation or sent a message in the period.",
        )  # fmt: skip
        activity = picked or ""
    with st.grid(3, min_column_width=220):
        search = st.text_input(
            "Name or e-mail contains", key="search", bind="query-params", on_change=first_page,
            max_chars=255, placeholder="name@company",
        )  # fmt: skip
        option("sort", SORT_LABELS)
        sort = st.selectbox(
            "Sort by", list(SORTS), format_func=lambda key: SORT_LABELS[key], key="sort",
            bind="query-params", on_change=first_page,
        )  # fmt: skip
        option("order", ORDERS)
        order = st.selectbox(
            "Order",
            list(ORDERS),
            format_func=lambda key: ORDERS[key],
            key="order", bind="query-params", on_change=first_page,
        )  # fmt: skip
    return {
        "activity": activity,
        "search": (search or "").replace("\0", REPLACEMENT).strip(),
        "sort": sort or "conversations",
        "order": order or "",
    }


@shared(max_entries=256)
def _read(slug: str, asked: Any, chosen: tuple[Any, ...], data: Data) -> Paging:
    query, page = asked
    with data.reading() as reader:
        return LIST_BY_SLUG[slug].read(reader, query, **dict(chosen), page=page, limit=PAGE_SIZE)


def _narrowed_list(slug: str, one: str, many: str, show: Callable[[Sequence[Any]], None]) -> None:
    asked = narrowed(LIST_BY_SLUG[slug].kind)
    chips(LIST_BY_SLUG[slug].kind, asked)
    _list(slug, one, many, show, asked, {})


def _list(  # noqa: PLR0913, PLR0917 - what a list is
    slug: str,
    one: str,
    many: str,
    show: Callable[[Sequence[Any]], None],
    asking: Query,
    chosen: dict[str, str],
) -> None:
    """The head of a list with its total and CSV, one page of it, and the pages."""
    made, listed = page_context(), LIST_BY_SLUG[slug]
    key = tuple(chosen.items())

    def read(page: int) -> Any:
        asked = (asking, page)
        return _read(slug, asked, key, made.data)

    place = st.container()
    found = read(1)
    page_number(max(1, found.total_pages))
    if found.total_pages > 1:
        with place:
            page = st.pagination(
                found.total_pages, key="page", bind="query-params", width="stretch"
            )
        if page > 1:
            found = read(page)
    asked = query_string(asking, **chosen)
    with st.container(border=True):
        with card_head():
            first = (found.page - 1) * PAGE_SIZE + 1
            last = number(first + len(found.items) - 1)
            shown = f"{number(first)}\u2013{last} of " if found.items else ""
            st.subheader(
                f"{shown}{count(found.total, one, many)}",
                anchor=False,
                width="content",
                help=listed.definition,
            )
            with st.container(horizontal=True, width="content", gap="xsmall"):
                with st.popover("Explain", type="tertiary", icon=":material/info:"):
                    st.markdown(listed.definition)
                    st.code(f"/api/{slug}?{asked}", language=None, wrap_lines=True)
                save_link(
                    "CSV",
                    f"{csv_path(slug)}?{asked}",
                    "Save all of the list, not only this page",
                )
        if not found.items:
            st.caption(
                f"No {many} in this period match. Choose other dates, or remove what narrows the"
                " list: a filter, the search or one of the marks above."
            )
            return
        show(found.items)


def _belongs(row: Any) -> str:
    department = filter_label(row.department or None, NO_DEPARTMENT)
    return f"{inert(filter_label(row.organization or None))}, {inert(department)}"


def _done(row: PersonRow) -> str:
    counts = (
        (row.conversations, "conversation", "conversations"),
        (row.active_days, "active day", "active days"),
        (row.messages, "message", "messages"),
        (row.documents, "document", "documents"),
        (row.queries, "query", "queries"),
    )
    done = " · ".join(
        f"**{number(value)}** {one if value == 1 else many}" for value, one, many in counts
    )
    return done if any(value for value, _, _ in counts) else "Nothing in this period"


def _ever(row: PersonRow) -> str:
    if row.first_active is None:
        return "never active"
    return f"first active {day(row.first_active)}, last {day(row.last_active)}"


def _people(rows: Sequence[PersonRow]) -> None:
    for row in rows:
        with st.container(gap="xsmall"):
            person_link(row.id, row.name)
            st.caption(f"{_done(row)}  \n{inert(row.email)} · {_belongs(row)} · {_ever(row)}")


def _documents(rows: Sequence[Any]) -> None:
    for row in rows:
        words = "" if row.word_count is None else f" · {count(row.word_count, 'word')}"
        kind = unescaped(filter_label(row.type or None, NO_TYPE))
        _made(row, row.title, f"{inert(kind)}{words}", ":material/description:")


def _queries(rows: Sequence[Any]) -> None:
    for row in rows:
        results = (
            "results not recorded"
            if row.results_count is None
            else count(row.results_count, "result")
        )
        kind = f"{inert(row.type)} · " if row.type else ""
        _made(row, row.query, f"{kind}{results}", ":material/search:")


def _made(row: Any, words: str, facts: str, icon: str) -> None:
    zone = page_context().store.settings.zone
    twin = row.twin_name or "Unknown twin"
    with st.container(gap="xsmall"):
        st.text(unescaped(words))
        st.caption(
            f"{icon} {facts} · {moment(row.created_at, zone)} · **{inert(row.user)}**,"
            f" {inert(filter_label(row.organization or None))} · with {inert(twin)}"
        )
        conversation_link(row.activity_id, row.action)


def _twins(rows: Sequence[Any]) -> None:
    zone = page_context().store.settings.zone
    for row in rows:
        with st.container(gap="xsmall"):
            st.text(f"{row.name}{' (shared)' if row.is_shared else ''}")
            st.caption(f"Installed {moment(row.installed_at, zone)} · owner, {_belongs(row)}")
            person_link(row.owner_id, row.owner_name)


def _of_those(asking: Query) -> str:
    """The filters that narrow what a person did."""
    only = only_words(replace(Query(asking.period), **_events(asking)))
    return f", only {inert(only)}" if only else ""


def _events(asking: Query) -> dict[str, Any]:
    return {one.field: getattr(asking, one.field) for one in OF_RESULTS if one.events}


def one_person() -> None:
    """The person whose id stands in the address, and links to what is theirs in the period."""
    made, asking = page_context(), question()
    st.page_link("../pages/people.py", label="All people", icon=":material/group:")
    link_notices()
    wanted = st.query_params.get("id", "").replace("\0", REPLACEMENT)
    with made.data.reading() as reader:
        found = person(reader, asking, wanted) if wanted else None
    if found is None:
        st.info(
            f"There is nobody with the id {inert(wanted)}. The account may have been deleted;"
            " choose another person from the list."
            if wanted
            else "Choose a person from the list.",
            icon=":material/group:",
        )
        return
    with st.container(border=True):
        st.subheader(inert(found.name) or "No name", anchor=False)
        st.text(found.email)
        st.caption(f"{_belongs(found)} · {_ever(found)}")
    with st.grid(5, min_column_width=130):
        for label, value in (
            ("Conversations", found.conversations), ("Active days", found.active_days),
            ("Messages", found.messages), ("Documents", found.documents),
            ("Queries", found.queries),
        ):  # fmt: skip
            st.metric(label, number(value), border=True)
    st.caption(
        f"{days(asking.period)}{_of_those(asking)}. Messages are those of their conversations, the"
        " twin's included."
    )
    # Who counts, whatever the filters of people.
    whole = replace(asking, organizations=(), departments=(), user="", person=found.id)
    offer(
        "",
        {
            "conversations": found.conversations,
            "messages": found.messages,
            "documents": found.documents,
            "queries": found.queries,
        },
        whole,
        "person",
    )
