"""From a time chart to its days and back: drag to zoom, click to focus, double-click to leave."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import streamlit as st

from analytics.output.chart_days import BRUSH, FOCUS, LEAVE
from ui.page_context import page_context
from ui.period_bar import CUSTOM


def zooms() -> int:
    """How often charts were zoomed in this session: part of the keys of their selections."""
    count_: int = st.session_state.get("_zooms", 0)
    return count_


def select_days(key: str, zoom: int) -> None:
    """Follow what was done on a time chart: drag to zoom, click to focus, double-click to leave.

    `key` is the chart's; it was drawn after so many zooms. What it still says after the next one
    is left alone. A click on the only day shown does nothing: a second one may follow late.
    """
    if zoom != zooms():
        return
    selected = st.session_state[key]["selection"]
    if brushed := _milliseconds(selected.get(BRUSH)):
        # The days whose points lie in the stretch; the nearest one if there is none.
        first, last = math.ceil(min(brushed) / _DAY_MS), math.floor(max(brushed) / _DAY_MS)
        if first > last:
            first = last = round(sum(brushed) / 2 / _DAY_MS)
        _show_days(first, last)
    elif "_unzoomed" in st.session_state and _milliseconds(selected.get(LEAVE)):
        zoom_out()
    elif (clicked := _milliseconds(selected.get(FOCUS))) and page_context().query.period.days > 1:
        _show_days(*[round(clicked[0] / _DAY_MS)] * 2)


_DAY_MS = timedelta(days=1) / timedelta(milliseconds=1)


def _milliseconds(selection: Any) -> list[float]:
    """The moments that a selection of days holds: {"date": [from, to]} or [{"date": at}]."""
    if isinstance(selection, Sequence):
        return [point["date"] for point in selection]
    return list(next(iter((selection or {}).values()), None) or [])


def _show_days(first: int, last: int) -> None:
    """Make days, counted from 1970, the period; remember the one that was shown before."""
    epoch, period = date(1970, 1, 1), page_context().query.period
    start = max(period.start, epoch + timedelta(first))
    end = max(start, min(period.end, epoch + timedelta(last)))
    st.session_state["_zooms"] = zooms() + 1
    if (start, end) != (period.start, period.end):
        before = (st.session_state["preset"], (period.start, period.end))
        st.session_state.setdefault("_unzoomed", before)
        st.session_state["preset"], st.session_state["dates"] = CUSTOM, (start, end)


def zoom_out() -> None:
    if "_unzoomed" not in st.session_state:
        return  # a run that was cut short is repeated with its click
    st.session_state["preset"], st.session_state["dates"] = st.session_state.pop("_unzoomed")
    st.session_state["_zooms"] = zooms() + 1
