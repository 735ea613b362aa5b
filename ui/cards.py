"""Metric cards: a value, its change, what it was before, and its course."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from analytics.metrics import Metrics
from analytics.reports import BY_SLUG
from analytics.retention import Retention
from analytics.text import count, days, number, percent
from ui.charts import explanation
from ui.frame import frame
from ui.results import csv_button, row, rows


@dataclass(frozen=True)
class Card:
    """A headline figure: its value before, its change in percent, its course and its definition."""

    label: str
    value: int
    previous: int
    change: float | None
    course: Sequence[int]
    definition: str


def metric_card(card: Card) -> None:
    """Draw a card; the change has sign and arrow, "new" where there was nothing to compare with."""
    delta = "new"
    if card.change is not None:
        # Streamlit takes its arrow from a plain sign at the start.
        sign = "+" if card.change > 0 else "-" if card.change < 0 else ""
        delta = f"{sign}{number(abs(card.change))} %"
    st.metric(
        card.label,
        number(card.value),
        delta,
        delta_description=f"from {number(card.previous)}",
        delta_color="off" if card.change == 0 else "normal",
        delta_arrow="off" if card.change == 0 else "up" if card.change is None else "auto",
        chart_data=list(card.course) if len(card.course) > 1 else None,
        chart_type="area",
        border=True,
        height="stretch",
        help=card.definition,
    )


def headline_cards() -> None:
    """The four headline figures, beside their previous values."""
    m = row(Metrics, "metrics")
    before = f" Compared with {days(frame().query.previous.period)}."
    cards = (
        Card(
            "Active users", m.total_active_users, m.previous_active_users, m.active_users_change,
            [d.active_users for d in rows("active-users")],
            "People who started a conversation or sent a message in the period, each counted once."
            + before,
        ),
        Card(
            "Conversations", m.total_conversations, m.previous_conversations,
            m.conversations_change, [d.conversations for d in rows("conversations")],
            "Conversations started in the period." + before,
        ),
        Card(
            "Documents drafted", m.documents_drafted, m.previous_documents, m.documents_change,
            [d.documents_drafted for d in rows("engagement")],
            "Documents that twins drafted in the period." + before,
        ),
        Card(
            "Twin installations", m.twin_installations, m.previous_installations,
            m.installations_change, [d.installations for d in rows("installations")],
            "All twins created up to the end of the period, by their owner's organization."
            " Compared with the end of the previous period.",
        ),
    )  # fmt: skip
    with st.grid(4, min_column_width=165):
        for card in cards:
            metric_card(card)
    _below("metrics")


def _below(slug: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        explanation(BY_SLUG[slug])
        csv_button(BY_SLUG[slug])


def retention_cards() -> None:
    """Day 1, 7 and 30 retention with the users behind each, and how much people use their twins."""
    r = row(Retention, "retention")
    with st.grid(3, min_column_width=165):
        for n, rate, eligible in (
            (1, r.day1, r.day1_eligible),
            (7, r.day7, r.day7_eligible),
            (30, r.day30, r.day30_eligible),
        ):
            st.metric(
                f"Day {n} retention",
                percent(rate),
                f"of {count(eligible, 'user')}",
                delta_color="off",
                delta_arrow="off",
                border=True,
                height="stretch",
                help=f"Among users whose first active day ever + {n} falls on a complete day of the"
                " period: the share who were active on exactly that day. n/a: nobody's did.",
            )
        st.metric(
            "Sessions per user", r.sessions_per_user, border=True, height="stretch",
            help="Conversations of the period divided by its active users.",
        )  # fmt: skip
        st.metric(
            "Power users",
            percent(r.power_users_percent),
            count(r.power_users, "user"),
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help="Share of the period's active users who started 10 or more conversations in it.",
        )
        st.metric(
            "Average duration", r.avg_session_duration, border=True, height="stretch",
            help="Mean time from the first to the last message of the conversations started in"
            " the period.",
        )  # fmt: skip
    _below("retention")
