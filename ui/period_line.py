"""What a page shows, above it: the period, what it is compared with, and the filters."""

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
    """What the page shows, always readable: period, previous period, data through, filters."""
    period = made.query.period
    parts = [
        f"**{days(period)}** ({count(period.days, 'day')})",
        *_compared_line(made),
        f"data through {day(made.span.last)}" if made.span.last else "no data yet",
    ]
    if period.includes_today:
        parts.append("**includes today so far**")
    st.markdown(" · ".join(parts))
    if "_unzoomed" in st.session_state:
        preset, (start, end) = st.session_state["_unzoomed"]
        before = Period(start, end, period.today)
        if preset != CUSTOM:
            before = preset_period(preset, made.span, period.today)
        st.button(
            f"Zoomed in: back to {days(before)}",
            icon=":material/zoom_out:",
            on_click=zoom_out,
        )
    if chosen := chosen_names(made.query):
        st.caption(f"Only {inert(', '.join(chosen))}")
