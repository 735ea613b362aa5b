"""The activity list with its filters, and the latest activities."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from analytics.activities import (
    TYPES,
    ActivityItem,
    ActivityQuery,
    activities,
    latest_activities,
)
from analytics.export import csv_text, file_name
from analytics.query import NO_ORGANIZATION
from analytics.results import Row
from analytics.text import count, moment, number
from ui.charts import card_head
from ui.download import CSV_PATH
from ui.drill import chips, conversation_link, narrowed_activities, parameters
from ui.frame import frame
from ui.results import rows, save_button
from ui.text import inert

PAGE_SIZE = 20
ALL_TWINS = ""
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
    twin: str


def latest() -> None:
    """The newest activities within the filters, whatever the period."""
    made = frame()
    with made.store.session() as session:
        items = latest_activities(session, made.query.filters, made.now)
    with st.container(border=True):
        with card_head():
            st.subheader(
                "Latest activities", anchor=False, width="content",
                help="The newest conversations within the filters, whatever the period."
                " Follow its title to read one.",
            )  # fmt: skip
            today = made.query.period.today
            save_button(
                file_name("latest-activities", today, today),
                lambda: csv_text(ActivityItem, items).encode(),
                "csv-latest",
            )
        if not items:
            st.caption("No conversation yet within these filters. Remove a filter to see more.")
            return
        _listing(items)


def activity_list() -> None:
    """Filters, a page of activities with their total, and the CSV of all of them."""
    made = frame()
    choice = _filter_bar()
    ask = narrowed_activities(
        ActivityQuery(
            made.query.period.start,
            made.query.period.end,
            made.query.filters,
            choice.type,
            choice.user,
            choice.twin or None,
        )
    )
    chips("conversations")
    place = st.container()
    with made.store.session() as session:
        page = activities(session, ask, made.now, 1, PAGE_SIZE)
        if page.total_pages > 1:
            with place:
                chosen = st.pagination(
                    page.total_pages, key="page", bind="query-params", width="stretch"
                )
            if chosen > 1:
                page = activities(session, ask, made.now, chosen, PAGE_SIZE)
    asked = parameters("conversations", type=choice.type, user=choice.user, twin=choice.twin)
    with st.container(border=True):
        with card_head():
            first = (page.page - 1) * PAGE_SIZE + 1
            shown = (
                f"{number(first)}\u2013{number(first + len(page.items) - 1)} of "
                if page.items
                else ""
            )
            st.subheader(
                f"{shown}{count(page.total, 'activity', 'activities')}", anchor=False,
                width="content", help="Conversations by the day they started, newest first."
                " Follow its title to read one.",
            )  # fmt: skip
            st.link_button(
                "CSV",
                f"{CSV_PATH}?{asked}",
                type="tertiary",
                icon=":material/download:",
                help="Save all activities that the filters leave, not only this page",
            )
        if not page.items:
            st.caption(
                "No conversation in this period matches. Choose other dates, or remove the e-mail,"
                " type, twin, organization or department filter."
            )
            return
        _listing(page.items)


def _filter_bar() -> _Choice:
    twins: dict[str, Row] = {
        twin.id: twin for twin in sorted(rows("twins"), key=lambda t: t.name) if twin.id
    }

    def first_page() -> None:
        st.session_state["page"] = 1

    def twin_label(twin_id: str) -> str:
        twin = twins.get(twin_id)
        if twin is None:
            return "All twins"
        return f"{twin.name} ({twin.owner_email or 'no owner'})"  # type: ignore[attr-defined]

    with st.grid(3, min_column_width=220):
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
        twin = st.selectbox(
            "Twin",
            [ALL_TWINS, *twins],
            format_func=twin_label,
            key="twin",
            bind="query-params",
            on_change=first_page,
        )
    return _Choice(kind if kind in TYPES else "all", (user or "").strip(), twin or ALL_TWINS)


def _listing(items: Sequence[ActivityItem]) -> None:
    """A row an activity; its title is a link, so that mouse, finger and keyboard all reach it."""
    zone = frame().store.settings.zone
    for item in items:
        with st.container(gap="xsmall"):
            conversation_link(item.id, item.action)
            counts = [count(item.message_count, "message")]
            if item.has_documents:
                counts.append(count(item.document_count, "document"))
            if item.has_queries:
                counts.append(count(item.query_count, "query", "queries"))
            twin = item.twin_name or "Unknown twin"
            facts = (
                f"**{item.time}** ({moment(item.started_at, zone)})",
                f"**{inert(item.user)}**, {inert(item.organization or NO_ORGANIZATION)}",
                f"with {inert(twin)}{' (shared)' if item.is_shared else ''}",
                f"{', '.join(counts)} in {item.duration}",
            )
            st.caption(" · ".join(facts))
