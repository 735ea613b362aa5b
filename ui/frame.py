"""The frame around every page: period, filters, freshness, and the one Query they make."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from analytics.database import Freshness, Store
from analytics.drawing import BRUSH, FOCUS, LEAVE
from analytics.query import (
    DEFAULT_PRESET,
    NO_DEPARTMENT,
    PRESET_NAMES,
    Filters,
    Period,
    Query,
    QueryError,
    Span,
    compared_period,
    filter_label,
    filter_names,
    filter_values,
    preset_period,
)
from analytics.results import department_names, extent, organization_names, span
from analytics.service import LOOK
from analytics.text import compared_name, count, day, days, moment
from ui.cache import shared
from ui.startup import problem_page, shown_by
from ui.text import inert

CUSTOM = "Custom dates"
_USUAL = date(1970, 1, 1), date(2199, 12, 31)  # what can be chosen, wherever the data are


@dataclass(frozen=True)
class Frame:
    """What a page needs: the store, the question, the data's version and days, and the time.

    `compares` is false where the reader wants no comparison; `query` then keeps its default.
    """

    store: Store
    query: Query
    freshness: Freshness
    span: Span
    now: datetime
    compares: bool = True


def frame() -> Frame:
    """The frame of this run."""
    made: Frame = st.session_state["_frame"]
    return made


@shared(max_entries=32)
def _known(
    _version: str, today: date, store: Store
) -> tuple[Span, list[date], list[str], list[str]]:
    with store.session() as session:
        return (
            span(session, today),
            extent(session),
            [filter_label(name) for name in organization_names(session)],
            [filter_label(name, NO_DEPARTMENT) for name in department_names(session)],
        )


def make_frame(store: Store) -> Frame:
    """Draw the period and filter bar and keep what it says for the page."""
    freshness = store.freshness()
    if freshness is None:
        problem_page(
            "The rollup tables are missing", store.where, "Reload; they are built at the start."
        )
        raise AssertionError("problem_page stops the script")
    now = datetime.now(UTC)
    today = now.astimezone(store.settings.zone).date()
    known, days_, organizations, departments = _known(freshness.version, today, store)
    with st.sidebar:
        period = _period_bar(known, days_, today)
        compare, against = _compare_bar(period)
        chosen = Filters(
            filter_values(_choose("Organizations", "organization", organizations)),
            filter_values(_choose("Departments", "department", departments), NO_DEPARTMENT),
        )
        _freshness_bar(store, freshness)
    query = Query(period, chosen, against)
    made = Frame(store, query, freshness, known, now, compares=compare != "none")
    st.session_state["_frame"] = made
    return made


def _choose(label: str, key: str, options: list[str]) -> list[str]:
    return st.multiselect(
        label, options, key=key, placeholder=f"All {label.lower()}", bind="query-params"
    )


def _limits(key: str, days_: Sequence[date]) -> tuple[date, date]:
    """What can be chosen: usual days, days that are offered, and those that a link asks for.

    They only grow: Streamlit takes a widget with other ones for another widget.
    """
    asked = [*(st.session_state.get(key) or ()), *days_]
    for text in st.query_params.get_all(key):
        with suppress(ValueError):
            asked.append(date.fromisoformat(text))
    held = [*st.session_state.get(f"_limits_{key}", _USUAL), *asked]
    st.session_state[f"_limits_{key}"] = limits = min(held), max(held)
    return limits


def _period_bar(known: Span, days_: Sequence[date], today: date) -> Period:
    presets = {name: preset_period(name, known, today) for name in PRESET_NAMES}
    offered = [day_ for preset in presets.values() for day_ in (preset.start, preset.end)]
    place = st.container()
    default = presets[DEFAULT_PRESET]
    earliest, latest = _limits("dates", [*days_, *offered])

    def take_preset() -> None:
        period = presets.get(st.session_state["preset"])
        if period:
            _forget_zoom()
            st.session_state["dates"] = (period.start, period.end)

    picked = st.date_input(
        "Dates",
        value=(default.start, default.end),
        min_value=earliest,
        max_value=latest,
        format="YYYY-MM-DD",
        key="dates",
        bind="query-params",
        on_change=_forget_zoom,
        help="Both days are included. Days are those of the reporting time zone.",
    )
    dates = picked if isinstance(picked, tuple) else (picked,)
    period = _checked(dates, today)
    if period is None:
        period = st.session_state.get("_period", default)
    st.session_state["_period"] = period
    shown = st.session_state.get("preset", DEFAULT_PRESET)
    if shown not in presets or presets[shown] != period:
        shown = next((name for name in _SEARCH if presets[name] == period), CUSTOM)
    st.session_state["preset"] = shown
    with place:
        st.selectbox(
            "Period",
            [*PRESET_NAMES, *([CUSTOM] if shown == CUSTOM else [])],
            key="preset",
            on_change=take_preset,
        )
    return period


COMPARISONS = {
    "previous": "Previous period",
    "year": "52 weeks earlier",
    "custom": "Chosen dates",
    "none": "Nothing",
}


def _compare_bar(period: Period) -> tuple[str, Period | None]:
    """What the period is compared with: the choice, and its days where it is not the default.

    Where the calendar has no days before it, it is nothing: a day that can hold none stands in.
    """
    before = _before(period)

    def offer_dates() -> None:
        if st.session_state["compare"] == "custom" and not st.session_state.get("compare_dates"):
            if before is None:
                return
            st.session_state["compare_dates"] = (before.start, before.end)
            # Streamlit does not write what a widget that is not there yet is given.
            st.query_params["compare_dates"] = [str(before.start), str(before.end)]

    choice = st.selectbox(
        "Compare with",
        list(COMPARISONS),
        format_func=lambda name: COMPARISONS[name],
        key="compare",
        bind="query-params",
        on_change=offer_dates,
        help="The previous period has as many days and ends the day before. 52 weeks earlier are"
        " the same weekdays a year ago.",
    )
    try:
        if choice == "year":
            return choice, period.year_earlier
        if choice == "custom":
            return choice, _chosen_dates(period)
    except QueryError as error:
        st.error(inert(error), icon=":material/error:")
        choice = "previous"
    if before is None:
        return "none", Period(date.min, date.min, period.today)
    return choice, None


def _before(period: Period) -> Period | None:
    try:
        return period.previous
    except QueryError:
        return None


def _chosen_dates(period: Period) -> Period:
    earliest, latest = _limits("compare_dates", [period.start, period.end])
    picked = st.date_input(
        "Dates to compare with",
        value=[],
        min_value=earliest,
        max_value=latest,
        format="YYYY-MM-DD",
        key="compare_dates",
        bind="query-params",
    )
    match picked:
        case (start, end):
            return compared_period(start, end, period.today)
        case _:
            st.caption("Choose the first and the last day; until then it is the previous period.")
            return period.previous


# Which preset names a period that several presets mean.
_SEARCH = (DEFAULT_PRESET, *(name for name in PRESET_NAMES if name != DEFAULT_PRESET))


def _checked(dates: tuple[date, ...], today: date) -> Period | None:
    if not dates:
        st.caption("Choose the first and the last day.")
        return None
    # The browser's history keeps one of two equal days: a single date is a period of one day.
    start, end = dates[0], dates[-1]
    try:
        return Period(start, end, today)
    except QueryError as error:
        st.error(inert(error), icon=":material/error:")
        return None


def _freshness_bar(store: Store, freshness: Freshness) -> None:
    at = moment(freshness.built_at, store.settings.zone)
    if st.button(
        "Refresh",
        icon=":material/refresh:",
        help="Read the database again, so that what was written meanwhile counts too.",
        width="stretch",
    ):
        bar = st.progress(0.0, "Reading the database …")
        store.refresh(shown_by(bar))
        st.rerun()
    st.caption(f"As of {at} ({inert(freshness.zone)})")
    if store.settings.refresh_seconds:
        _watch(store, freshness.version)


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
        _zoom_out()
    elif (clicked := _milliseconds(selected.get(FOCUS))) and frame().query.period.days > 1:
        _show_days(*[round(clicked[0] / _DAY_MS)] * 2)


_DAY_MS = timedelta(days=1) / timedelta(milliseconds=1)


def _milliseconds(selection: Any) -> list[float]:
    """The moments that a selection of days holds: {"date": [from, to]} or [{"date": at}]."""
    if isinstance(selection, Sequence):
        return [point["date"] for point in selection]
    return list(next(iter((selection or {}).values()), None) or [])


def _show_days(first: int, last: int) -> None:
    """Make days, counted from 1970, the period; remember the one that was shown before."""
    epoch, period = date(1970, 1, 1), frame().query.period
    start = max(period.start, epoch + timedelta(first))
    end = max(start, min(period.end, epoch + timedelta(last)))
    st.session_state["_zooms"] = zooms() + 1
    if (start, end) != (period.start, period.end):
        st.session_state.setdefault("_unzoomed", (period.start, period.end))
        st.session_state["dates"] = (start, end)


def _zoom_out() -> None:
    if "_unzoomed" not in st.session_state:
        return  # a run that was cut short is repeated with its click
    st.session_state["dates"] = st.session_state.pop("_unzoomed")
    st.session_state["_zooms"] = zooms() + 1


def _forget_zoom() -> None:
    st.session_state.pop("_unzoomed", None)


def _watch(store: Store, version: str) -> None:
    """Show what was written meanwhile within a refresh, without a click."""

    @st.fragment(run_every=store.settings.refresh_seconds * LOOK)
    def look() -> None:
        held = store.freshness()
        if held is not None and held.version != version:
            st.rerun()
        st.caption(
            f"New data is looked for every {count(round(store.settings.refresh_seconds), 'second')}"
        )

    look()


def query_string(query: Query, **more: str) -> str:
    """A question as the API and the downloads are asked it."""
    pairs = [
        ("start_date", query.period.start.isoformat()),
        ("end_date", query.period.end.isoformat()),
        *more.items(),
        *(("organization", filter_label(name)) for name in query.filters.organizations),
        *(("department", filter_label(name, NO_DEPARTMENT)) for name in query.filters.departments),
    ]
    return urlencode([(name, value) for name, value in pairs if value])


def comparison(query: Query) -> dict[str, str]:
    """What a question is compared with, as the API is asked it."""
    if query.against is None:
        return {}
    if compared_name(query) == COMPARISONS["year"]:
        return {"compare": "year"}
    return {
        "compare_start_date": query.against.start.isoformat(),
        "compare_end_date": query.against.end.isoformat(),
    }


def _compared_line(made: Frame) -> list[str]:
    if not made.compares:
        return []
    period, before = made.query.period, made.query.previous.period
    words = f"compared with {days(before)}"
    return [words if before.days == period.days else f"{words} ({count(before.days, 'day')})"]


def period_line(made: Frame) -> None:
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
        start, end = st.session_state["_unzoomed"]
        st.button(
            f"Zoomed in: back to {days(Period(start, end, period.today))}",
            icon=":material/zoom_out:",
            on_click=_zoom_out,
        )
    if chosen := filter_names(made.query):
        st.caption(f"Only {inert(', '.join(chosen))}")
