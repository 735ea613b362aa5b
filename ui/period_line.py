"""What a page shows, beside its title: the period, what it is compared with, and the filters."""

import streamlit as st

from analytics.format import count, day, days
from analytics.period import Period, preset_period
from analytics.reading.filters import chosen_names
from ui.inert import inert
from ui.page_context import PageContext
from ui.period_bar import CUSTOM
from ui.zoom import zoom_out


def _compared_line(made: PageContext) -> list[str]:
    if not made.compares:
        return []
    period, before = made.query.period, made.query.previous.period
    words = f"compared with {days(before)}"
    return [words if before.days == period.days else f"{words} ({count(before.days, 'day')})"]


def period_line(made: PageContext) -> None:
    """What the page shows, always readable: period, filters, previous period, data through."""
    period, chosen = made.query.period, chosen_names(made.query)
    parts = [
        f"**{days(period)}** ({count(period.days, 'day')})",
        *([f"only {inert(', '.join(chosen))}"] if chosen else []),
        *_compared_line(made),
        f"data through {day(made.span.last)}" if made.span.last else "no data yet",
    ]
    if period.includes_today:
        parts.append("**includes today so far**")
    st.markdown(" · ".join(parts))


def zoom_button(made: PageContext) -> None:
    """The way back from a chart's days."""
    if "_unzoomed" not in st.session_state:
        return
    preset, (start, end) = st.session_state["_unzoomed"]
    before = Period(start, end, made.query.period.today)
    if preset != CUSTOM:
        before = preset_period(preset, made.span, before.today)
    st.button(
        f"Zoomed in: back to {days(before)}",
        icon=":material/zoom_out:",
        on_click=zoom_out,
    )
