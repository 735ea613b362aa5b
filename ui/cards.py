"""Metric cards: a value, its difference, what it was before, its course and its definition."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from analytics.behind import BEFORE, Behind, behind_metrics, behind_retention
from analytics.database import Store
from analytics.metrics import Metrics
from analytics.query import Query
from analytics.reports import BY_SLUG
from analytics.retention import RETENTION_DAYS, Retention, day_retention
from analytics.text import count, difference, number, percent, points, signed
from ui.charts import explanation, menu
from ui.drill import link, offers
from ui.frame import frame
from ui.results import csv_button, row, rows


@dataclass(frozen=True)
class Card:
    """A headline figure: its difference to `before`, its course and its definition.

    `difference` is signed text, "new" where there was nothing, "" where nothing is compared;
    `note` says what the figure is of; `behind` what it counts, its value first.
    """

    slug: str
    label: str
    value: str
    definition: str
    difference: str = ""
    before: str = ""
    note: str = ""
    course: Sequence[int] = ()
    behind: Sequence[Behind] = ()


def metric_card(card: Card) -> None:
    """Draw a card, its explanation and its CSV in the corner."""
    moved = card.difference[:1]
    compares = card.difference and frame().compares
    name = f"{card.slug}-{card.label.lower().replace(' ', '-')}"
    with st.container(border=True, height="stretch", gap="xsmall", key=f"card-{name}"):
        st.metric(
            card.label,
            card.value,
            # Streamlit takes its colour from a plain sign at the start.
            card.difference.replace("\u2212", "-") if compares else None,
            delta_description=f"from {card.before}" if compares and card.before else None,
            delta_color="normal" if moved in ("+", "\u2212", "n") else "off",
            delta_arrow="up" if moved == "n" else "auto" if moved in ("+", "\u2212") else "off",
            chart_data=list(card.course) if len(card.course) > 1 else None,
            chart_type="area",
        )
        menu("Explain", "info", f"corner-{name}", partial(_explain, card))
        if card.behind and not card.behind[0].is_empty:
            with st.container(key=f"onto-{name}"):
                _follow(card)
        if card.note:
            st.caption(card.note)


def _follow(card: Card) -> None:
    """A link that lies over the figure, with a name for those who don't see it there."""
    first = card.behind[0]
    kind, number = next(iter(first.counts.items()))
    called = f"{card.label}: look behind {card.value}"
    link(kind, number, first.query, first.detail, called)


def _explain(card: Card) -> None:
    report = BY_SLUG[card.slug]
    for one in card.behind:
        if not one.is_empty and (frame().compares or one.name != BEFORE):
            offers(replace(one, name=one.name or card.label))
    explanation(report, definition=card.definition)
    csv_button(report)


def headline_cards() -> None:
    """The four headline figures, beside their previous values."""
    m = row(Metrics, "metrics")
    definitions = {
        "Active users": "People who started a conversation or sent a message in the period, each"
        " counted once.",
        "Conversations": "Conversations started in the period.",
        "Documents drafted": "Documents that twins drafted in the period.",
        "Twin installations": "All twins created up to the end of the period, by their owner's"
        " organization. Compared with the end of the other period.",
    }
    figures = (
        (m.total_active_users, m.previous_active_users, m.active_users_change),
        (m.total_conversations, m.previous_conversations, m.conversations_change),
        (m.documents_drafted, m.previous_documents, m.documents_change),
        (m.twin_installations, m.previous_installations, m.installations_change),
    )
    courses = (
        [d.active_users for d in rows("active-users")],
        [d.conversations for d in rows("conversations")],
        [d.documents_drafted for d in rows("engagement")],
        [d.installations for d in rows("installations")],
    )
    with st.grid(4, min_column_width=165):
        for (label, words), (now, before, change), course, found in zip(
            definitions.items(), figures, courses, behind_metrics(m, frame().query), strict=True
        ):
            moved = difference(now, before, change)
            metric_card(
                Card(
                    "metrics", label, number(now), words, moved, number(before),
                    course=course, behind=found,
                )
            )  # fmt: skip


def retention_cards() -> None:
    """Day 1, 7 and 30 retention with the users behind each, and how much people use their twins."""
    r = row(Retention, "retention")
    cards = [
        Card(
            "retention", f"Day {n} retention", percent(rate),
            f"Among users whose first active day ever + {n} falls on a complete day of the"
            " period: the share who were active on exactly that day. n/a: nobody's did.",
            "" if rate is None else points(change), "" if before is None else percent(before),
            note=f"of {count(eligible, 'user')}",
        )
        for n, rate, eligible, before, change in (
            (1, r.day1, r.day1_eligible, r.previous_day1, r.day1_change),
            (7, r.day7, r.day7_eligible, r.previous_day7, r.day7_change),
            (30, r.day30, r.day30_eligible, r.previous_day30, r.day30_change),
        )
    ]  # fmt: skip
    per_user, longer = r.sessions_per_user_change, r.avg_session_duration_change
    cards += [
        Card(
            "retention", "Sessions per user", r.sessions_per_user,
            "Conversations of the period divided by its active users.",
            "new" if per_user is None else signed(per_user), r.previous_sessions_per_user,
        ),
        Card(
            "retention", "Power users", percent(r.power_users_percent),
            "Share of the period's active users who started 10 or more conversations in it.",
            points(r.power_users_change), percent(r.previous_power_users_percent),
            note=count(r.power_users, "user"),
        ),
        Card(
            "retention", "Average duration", r.avg_session_duration,
            "Mean time from the first to the last message of the conversations started in the"
            " period.",
            "new" if longer is None else f"{signed(longer)} s", r.previous_avg_session_duration,
        ),
    ]  # fmt: skip
    with st.grid(3, min_column_width=165):
        made = frame()
        returned = _returned(made.query, made.freshness.version, made.store)
        found = behind_retention(r, returned, row(Metrics, "metrics"), made.query)
        for card, counted in zip(cards, found, strict=True):
            metric_card(replace(card, behind=counted))


@st.cache_data(max_entries=256, show_spinner=False)
def _returned(query: Query, version: str, _store: Store) -> list[int]:
    with _store.session() as session:
        return [day_retention(session, query, days)[0] for days in RETENTION_DAYS]
