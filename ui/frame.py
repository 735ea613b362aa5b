"""The frame around every page: period, filters, freshness, and the one Query they make."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import streamlit as st

from analytics.database import Freshness, Store
from analytics.drawing import BRUSH
from analytics.query import (
    DEFAULT_PRESET,
    NO_DEPARTMENT,
    PRESET_NAMES,
    Filters,
    Period,
    Query,
    QueryError,
    Span,
    filter_label,
    filter_names,
    filter_values,
    preset_period,
)
from analytics.results import department_names, organization_names, span
from analytics.text import count, day, days, moment
from ui.startup import problem_page, shown_by
from ui.text import inert

CUSTOM = "Custom dates"
_EARLIEST, _LATEST = date(1970, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True)
class Frame:
    """What a page needs: the store, the question, the data's version and days, and the time."""

    store: Store
    query: Query
    freshness: Freshness
    span: Span
    now: datetime


def frame() -> Frame:
    """The frame of this run."""
    made: Frame = st.session_state["_frame"]
    return made


@st.cache_data(max_entries=32, show_spinner=False)
def _known(version: str, today: date, _store: Store) -> tuple[Span, list[str], list[str]]:
    with _store.session() as session:
        return (
            span(session, today),
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
    known, organizations, departments = _known(freshness.version, today, store)
    with st.sidebar:
        period = _period_bar(known, today)
        chosen = Filters(
            filter_values(_choose("Organizations", "organization", organizations)),
            filter_values(_choose("Departments", "department", departments), NO_DEPARTMENT),
        )
        _freshness_bar(store, freshness)
    made = Frame(store, Query(period, chosen), freshness, known, now)
    st.session_state["_frame"] = made
    return made


def _choose(label: str, key: str, options: list[str]) -> list[str]:
    return st.multiselect(
        label, options, key=key, placeholder=f"All {label.lower()}", bind="query-params"
    )


def _period_bar(known: Span, today: date) -> Period:
    presets = {name: preset_period(name, known, today) for name in PRESET_NAMES}
    place = st.container()
    default = presets[DEFAULT_PRESET]

    def take_preset() -> None:
        period = presets.get(st.session_state["preset"])
        if period:
            _forget_zoom()
            st.session_state["dates"] = (period.start, period.end)

    picked = st.date_input(
        "Dates",
        value=(default.start, default.end),
        min_value=_EARLIEST,
        max_value=_LATEST,
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


# Which preset names a period that several presets mean.
_SEARCH = (DEFAULT_PRESET, *(name for name in PRESET_NAMES if name != DEFAULT_PRESET))


def _checked(dates: tuple[date, ...], today: date) -> Period | None:
    match dates:
        case (start, end):
            try:
                period = Period(start, end, today)
                _ = period.previous
            except QueryError as error:
                st.error(inert(error), icon=":material/error:")
                return None
            return period
        case _:
            st.caption("Choose the last day too.")
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


def zoom_by(key: str) -> None:
    """Make the days that were dragged over on a chart the period of every chart and card."""
    brushed = st.session_state[key]["selection"].get(BRUSH) or {}
    ends = next(iter(brushed.values()), None)
    if not ends:
        return
    day_ms = timedelta(days=1) / timedelta(milliseconds=1)
    epoch = date(1970, 1, 1)
    # The days whose points lie in the stretch; the nearest one if there is none.
    first, last = math.ceil(min(ends) / day_ms), math.floor(max(ends) / day_ms)
    if first > last:
        first = last = round(sum(ends) / 2 / day_ms)
    period = frame().query.period
    start = max(period.start, epoch + timedelta(first))
    end = max(start, min(period.end, epoch + timedelta(last)))
    st.session_state["_zooms"] = zooms() + 1
    if (start, end) != (period.start, period.end):
        st.session_state.setdefault("_unzoomed", (period.start, period.end))
        st.session_state["dates"] = (start, end)


def _zoom_out() -> None:
    st.session_state["dates"] = st.session_state.pop("_unzoomed")
    st.session_state["_zooms"] = zooms() + 1


def _forget_zoom() -> None:
    st.session_state.pop("_unzoomed", None)


def _watch(store: Store, version: str) -> None:
    """Show what was written meanwhile within a refresh, without a click."""

    @st.fragment(run_every=store.settings.refresh_seconds)
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


def period_line(made: Frame) -> None:
    """What the page shows, always readable: period, previous period, data through, filters."""
    period = made.query.period
    parts = [
        f"**{days(period)}** ({count(period.days, 'day')})",
        f"compared with {days(period.previous)}",
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
