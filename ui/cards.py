"""Metric cards: a value, its difference, what it was before, its sparkline and its definition."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import streamlit as st

from analytics.metrics.headline import BEFORE, Metrics, metrics_cards, metrics_lead_to
from analytics.metrics.registry import BY_SLUG
from analytics.metrics.result import Better, Card, Direction, DrillThrough
from analytics.metrics.retention import Retention, came_back, retention_leads_to
from analytics.metrics.retention import retention_cards as cards_of
from analytics.query import Query
from ui.access import Data
from ui.cache import shared
from ui.charts import explanation, menu
from ui.links import PAGES, link, offers
from ui.page_context import page_context
from ui.results import row, rows
from ui.saving import csv_link

_IN_A_ROW = 5  # cards at most; more stand four by four
_ARROWS: dict[Direction, Literal["up", "down"]] = {"up": "up", "new": "up", "down": "down"}
_COLORS: dict[Better, Literal["normal", "inverse", "off"]] = {
    "up": "normal", "down": "inverse", "": "off",
}  # fmt: skip


def metric_card(
    slug: str, card: Card, leads_to: Sequence[DrillThrough], sparkline: Sequence[int]
) -> None:
    """Draw a card of a result, its sparkline, its explanation and its CSV in the corner.

    `leads_to` is what the figure counts, its value first.
    """
    compares = card.direction and page_context().compares
    name = f"{slug}-{card.label.lower().replace(' ', '-')}"
    with st.container(border=True, height="stretch", gap="xsmall", key=f"card-{name}"):
        st.metric(
            card.label,
            card.value,
            # Streamlit takes the colour from a plain sign at the start.
            card.difference.replace("\u2212", "-") if compares else None,
            delta_description=f"from {card.before}" if compares and card.before else None,
            delta_color=_COLORS[card.better] if card.direction in _ARROWS else "off",
            delta_arrow=_ARROWS.get(card.direction, "off"),
            chart_data=list(sparkline) if len(sparkline) > 1 else None,
            chart_type="area",
        )
        menu("Explain", "info", f"corner-{name}", partial(_explain, slug, card, leads_to))
        if leads_to and not leads_to[0].is_empty:
            with st.container(key=f"onto-{name}"):
                _follow(card, leads_to[0])
        if card.note:
            st.caption(card.note)


def _follow(card: Card, first: DrillThrough) -> None:
    """A link that lies over the figure, with a name for those who don't see it there."""
    kind, number = next(iter(first.counts.items()))
    called = f"{card.label} {card.value}: show {PAGES[kind][-1]}"
    link(kind, number, first.query, called)


def _explain(slug: str, card: Card, leads_to: Sequence[DrillThrough]) -> None:
    report = BY_SLUG[slug]
    for one in leads_to:
        if not one.is_empty and (page_context().compares or not one.is_before):
            offers(replace(one, name=one.name or card.label))
    explanation(report, definition=card.definition)
    csv_link(report)


def headline_cards() -> None:
    """The four headline figures."""
    m = row(Metrics, "metrics")
    sparklines = (
        [d.active_users for d in rows("active-users")],
        [d.conversations for d in rows("conversations")],
        [d.documents_drafted for d in rows("engagement")],
        [d.installations for d in rows("installations")],
    )
    found = metrics_lead_to(m, page_context().query)
    with st.grid(4, min_column_width=165):
        for card, counted, sparkline in zip(metrics_cards(m), found, sparklines, strict=True):
            metric_card("metrics", card, counted, sparkline)


def result_cards(slug: str) -> None:
    """The cards of a result that says itself what they count."""
    result, [found] = BY_SLUG[slug], rows(slug)
    cards = result.cards(found) if result.cards else []
    lead_to = result.cards_lead_to
    counted = lead_to(found, page_context().query) if lead_to else [()] * len(cards)
    with st.grid(len(cards) if len(cards) <= _IN_A_ROW else 4, min_column_width=165):
        for card, leads_to in zip(cards, counted, strict=True):
            metric_card(slug, card, leads_to, ())


def retention_cards() -> None:
    """The cards of retention and use."""
    made, r = page_context(), row(Retention, "retention")
    found = _leads_to(made.query)
    if made.compares:
        earlier = _leads_to(made.query.previous)
        found = [(*now, *map(_before, then)) for now, then in zip(found, earlier, strict=True)]
    with st.grid(3, min_column_width=165):
        for card, counted in zip(cards_of(r), found, strict=True):
            metric_card("retention", card, counted, ())


def _leads_to(query: Query) -> list[Sequence[DrillThrough]]:
    returned = _returned(query, page_context().data)
    used = row(Metrics, "metrics", query)
    return retention_leads_to(row(Retention, "retention", query), returned, used, query)


def _before(one: DrillThrough) -> DrillThrough:
    """What the figure that is compared with counts."""
    name = f"{BEFORE}, {one.name[0].lower()}{one.name[1:]}" if one.name else BEFORE
    return replace(one, name=name, is_before=True)


@shared(max_entries=256)
def _returned(query: Query, data: Data) -> list[int]:
    with data.reading(counted=True) as reader:
        return came_back(reader, query)
