"""Cards with the chart of a registered result, its definition and its CSV."""

from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.drawing import BRUSH, HEIGHT, chart_data, height, specs, summary
from analytics.query import Query, filter_names
from analytics.reports import BY_SLUG, Report
from analytics.text import count, day, days
from ui.frame import frame, query_string, zoom_by, zooms
from ui.images import image_buttons, is_dark
from ui.results import csv_button, rows
from ui.text import inert


def chart(slug: str, query: Query | None = None) -> None:
    """A card with the chart of a registered result, its definition and its CSV."""
    report = BY_SLUG[slug]
    with st.container(border=True, height="stretch"):
        heading(report, query)
        with st.skeleton(height=HEIGHT):
            data = chart_data(report, rows(slug, query))
        if data.empty:
            empty(report)
            return
        tall = height(report, data)
        for number, spec in enumerate(specs(slug, dark=is_dark())):
            key = f"chart-{slug}-{number}"
            zoom: dict[str, Any] = {}
            if report.drawing.x == "date":
                # A selection outlives its rows: after a zoom it starts anew under another key.
                key = f"{key}-{zooms()}"
                zoom = {"on_select": partial(zoom_by, key), "selection_mode": BRUSH}
            st.vega_lite_chart(data, spec, height=tall, key=key, alt=summary(report, data), **zoom)


def explanation(report: Report, query: Query | None = None) -> None:
    """What a number means, what was left out, the filters in force, and where the API has it."""
    made = frame()
    asked = query or made.query
    with st.popover("Explain", type="tertiary", icon=":material/info:"):
        st.markdown(report.definition)
        lines = [f"Days: {days(asked.period)}, in the time zone {inert(made.freshness.zone)}."]
        chosen = filter_names(asked)
        lines.append(f"Only {inert(', '.join(chosen))}." if chosen else "Everybody counts.")
        left = sum(row.undated + row.orphaned for row in rows("sources"))
        lines.append(
            f"{count(left, 'row')} of the database left out; the Data page says which."
            if left
            else "No row of the database is left out."
        )
        st.caption(" ".join(lines))
        st.code(f"/api/{report.path}?{query_string(asked)}", language=None, wrap_lines=True)


def card_head() -> DeltaGenerator:
    """The line on top of a card: its title on the left, its buttons on the right."""
    return st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    )


def heading(report: Report, query: Query | None = None) -> None:
    """A card's title with its definition, and the CSV of its rows."""
    with card_head():
        st.subheader(report.title, anchor=False, width="content")
        with st.container(horizontal=True, width="content", gap="xsmall"):
            explanation(report, query)
            csv_button(report, query)
            image_buttons(report, query)


def empty(report: Report) -> None:
    """Why there is nothing, and what to change."""
    made = frame()
    filters = made.query.filters
    if made.span.first is None or made.span.last is None:
        st.caption("The database holds no conversation yet. Refresh once there is one.")
        return
    within = " within these filters" if filters.organizations or filters.departments else ""
    advice = "Remove a filter, or choose" if within else "Choose"
    st.caption(
        f"{report.empty.removesuffix('.')}{within}. {advice} dates from"
        f" {day(made.span.first)} to {day(made.span.last)}: those have data."
    )
