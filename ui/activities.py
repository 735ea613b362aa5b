"""The activity list with its filters, and the latest activities."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.format import count, moment, number
from analytics.lists.activities import (
    activities,
    count_activities,
    first_activities,
    latest_activities,
    people_of,
)
from analytics.lists.activity_rows import ActivityItem, FoundItem
from analytics.query import TYPES, Query, filter_label
from analytics.search.matching import CANNOT_BUILD, Coverage, coverage
from analytics.search.words import MAX_SEARCH, terms
from analytics.sql.timestamps import from_instant
from analytics.storage.store import Store
from analytics.untrusted import REPLACEMENT
from analytics.web.downloads import CSV_PATH, LATEST_PATH
from ui.access import Data
from ui.address import first_page
from ui.arriving import narrowed
from ui.asked import cut, notice, option, page_number
from ui.cache import shared
from ui.charts import card_head
from ui.chips import chips
from ui.inert import highlighted, inert
from ui.links import conversation_link, person_link
from ui.page_context import PageContext, page_context, query_string
from ui.saving import save_link
from ui.startup import look_every

PAGE_SIZE = 20
TYPE_LABELS = {
    "all": "All",
    "document": "With documents",
    "query": "With queries",
    "shared_twin": "Shared twins",
}


@dataclass(frozen=True)
class _Choice:
    type: str
    user: str
    search: str


def latest() -> None:
    """The newest activities within the filters, whatever the period."""
    made = page_context()
    with made.data.reading() as reader:
        items = latest_activities(reader, made.query, made.now)
    with st.container(border=True):
        with card_head():
            st.subheader(
                "Latest activities", anchor=False, width="content",
                help="The newest conversations within the filters, whatever the period."
                " Follow its title to read one.",
            )  # fmt: skip
            save_link("CSV", f"{LATEST_PATH}?{query_string(made.query)}", "Save these rows")
        if not items:
            st.caption("No conversation yet within these filters. Remove a filter to see more.")
            return
        _listing(items)


def activity_list() -> None:
    """Filters, a page of activities with their total, and the CSV of all of them.

    The first page is drawn before its total is known, which may take longer.
    """
    made = page_context()
    choice = _filter_bar()
    narrow = narrowed("conversations")
    ask = replace(narrow, type=choice.type, user=choice.user or narrow.user, search=choice.search)
    chips("conversations", narrow)
    covered = _search_notice(made, choice.search)
    pages = st.container()
    with st.container(border=True):
        with card_head():
            head = st.empty()
            _csv_link(ask, covered)
        listing = st.empty()
        wanted = _wanted_page()
        with made.data.reading() as reader:
            if wanted > 1:
                page = activities(reader, ask, made.now, wanted, PAGE_SIZE)
                items, total = page.items, page.total
            else:
                items = first_activities(reader, ask, made.now, PAGE_SIZE)
        if wanted == 1:
            _draw(listing, items, choice.search)
            stamp = covered.stamp if covered else ""
            total = _total(ask, stamp, made.data)
        shown, last = 1, max(1, -(-total // PAGE_SIZE))
        page_number(last)
        if last > 1:
            with pages:
                shown = st.pagination(last, key="page", bind="query-params", width="stretch")
        if shown != wanted:  # the address names a page past the last one
            with made.data.reading() as reader:
                items = activities(reader, ask, made.now, shown, PAGE_SIZE).items
        if wanted > 1:
            _draw(listing, items, choice.search)
        first = (shown - 1) * PAGE_SIZE + 1
        span = f"{number(first)}\u2013{number(first + len(items) - 1)} of " if items else ""
        head.subheader(
            f"{span}{count(total, 'activity', 'activities')}", anchor=False,
            width="content", help="Conversations by the day they started, newest first."
            " Follow its title to read one.",
        )  # fmt: skip


def _wanted_page() -> int:
    """The page that the pagination will show: it is drawn when the total is known."""
    asked = st.session_state.get("page") or st.query_params.get("page", "")
    return int(asked) if re.fullmatch("[1-9][0-9]{0,8}", str(asked)) else 1


@shared(max_entries=128)
def _total(ask: Query, _stamp: str, data: Data) -> int:
    with data.reading() as reader:
        return count_activities(reader, ask)


def _csv_link(ask: Query, covered: Coverage | None) -> None:
    if covered and not covered.is_complete:
        return  # it would lack what is not covered yet
    save_link(
        "CSV",
        f"{CSV_PATH}?{query_string(ask)}",
        "Save all activities that the filters leave, not only this page",
    )


def _search_notice(made: PageContext, asked: str) -> Coverage | None:
    """What a search covers, if there is one; the page follows the index."""
    if not asked:
        return None
    with made.data.reading() as reader:
        covered = coverage(reader)
    if not terms(asked):
        st.caption("Write a word to search for: letters or digits.")
    if not covered.is_complete and made.store.search_problem:
        st.warning(f"{CANNOT_BUILD}. {inert(made.store.search_problem)}", icon=":material/error:")
    elif not covered.is_complete:
        st.info(_progress_text(covered, made.store), icon=":material/manage_search:")
    if covered.skipped:
        held = count(covered.skipped, "conversation")
        st.caption(f"{held} can't be searched: the index can't hold what is said there.")

    def look() -> None:
        with made.data.reading() as reader:
            if coverage(reader).stamp != covered.stamp:
                st.rerun()

    look_every(made.store.settings.refresh_seconds or None, look)
    return covered


def _progress_text(covered: Coverage, store: Store) -> str:
    text = f"**Search is being built: {covered.share:.0%}.** "
    if not covered.share or covered.since is None:
        return text + "Nothing can be found yet; results appear here by themselves."
    until = moment(from_instant(covered.since), store.settings.zone)
    return text + f"Conversations up to {until} are not covered yet; they appear by themselves."


def _draw(place: DeltaGenerator, items: Sequence[ActivityItem], search: str) -> None:
    with place.container():
        if items:
            _listing(items, search)
        else:
            st.caption(
                "No conversation in this period matches. Choose other dates, or remove the e-mail,"
                " type, search, organization or department filter, or one of the marks above."
            )


def _filter_bar() -> _Choice:
    search = ""
    lost = st.query_params.get("search", "")
    if lost and not page_context().store.settings.search:
        words = (
            f"search = {cut(lost)}: search is switched off here. Shown instead: whatever was said."
        )
        notice(words, "Remove", "remove-search", st.query_params.pop, "search")
    if page_context().store.settings.search:
        search = st.text_input(
            "Search titles and messages",
            key="search",
            bind="query-params",
            placeholder='budget "board meeting" plan*',
            icon=":material/search:",
            on_change=first_page,
            max_chars=MAX_SEARCH,
            help='Finds conversations that hold all the words. `"two words"`: one after the other;'
            " `plan*`: how a word begins. Case and accents make no difference.",
        )
    with st.grid(2, min_column_width=220):
        option("type", TYPE_LABELS)
        kind = st.selectbox(
            "Type",
            list(TYPE_LABELS),
            format_func=lambda name: TYPE_LABELS[name],
            key="type",
            bind="query-params",
            on_change=first_page,
        )
        user = st.text_input(
            "E-mail contains",
            key="email",
            bind="query-params",
            placeholder="name@company",
            on_change=first_page,
            max_chars=255,
        )
    return _Choice(
        kind if kind in TYPES else "all",
        (user or "").replace("\0", REPLACEMENT).strip(),
        (search or "").replace("\x00", " ").strip()[:MAX_SEARCH],
    )


def _listing(items: Sequence[ActivityItem], search: str = "") -> None:
    """A row an activity; title and person are links, which mouse, finger and keyboard reach."""
    made = page_context()
    zone = made.store.settings.zone
    with made.data.reading() as reader:
        people = people_of(reader, [item.id for item in items])
    for item in items:
        with st.container(gap="xsmall"):
            with st.container(horizontal=True, gap="small"):
                conversation_link(item.id, item.action, search)
                if item.id in people:
                    person_link(people[item.id], item.user)
            counts = [count(item.message_count, "message")]
            if item.has_documents:
                counts.append(count(item.document_count, "document"))
            if item.has_queries:
                counts.append(count(item.query_count, "query", "queries"))
            twin = item.twin_name or "Unknown twin"
            facts = (
                f"**{item.time}** ({moment(item.started_at, zone)})",
                inert(filter_label(item.organization or None)),
                f"with {inert(twin)}{' (shared)' if item.is_shared else ''}",
                f"{', '.join(counts)} in {item.duration}",
            )
            st.caption(" · ".join(facts))
            if isinstance(item, FoundItem) and item.snippet:
                st.markdown(highlighted(item.snippet))
