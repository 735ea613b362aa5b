"""The period and what it is compared with, as the bar above each page offers them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from analytics.errors import QueryError
from analytics.format import days
from analytics.period import (
    DEFAULT_PRESET,
    PRESET_NAMES,
    Period,
    Span,
    compared_period,
    preset_period,
)
from ui.asked import option, refuse
from ui.inert import inert

CUSTOM = "Custom dates"
BOX, DATES_BOX = 140, 215  # pixels: the bar is one line on a desktop
_USUAL = date(1970, 1, 1), date(2199, 12, 31)  # what can be chosen, wherever the data are


def is_from_address() -> bool:
    """Whether the address says what is asked: at first, and where the history leads back to."""
    run = get_script_run_ctx()
    return "preset" not in st.session_state or (run is not None and run.is_history_navigation)


def _limits(key: str, days_: Sequence[date]) -> tuple[date, date]:
    """What can be chosen: usual days, days that are offered, and those that a link asks for.

    They only grow: Streamlit takes a widget with other ones for another widget.
    """
    asked = [*(st.session_state.get(key) or ()), *days_]
    asked += [at for text in st.query_params.get_all(key) if (at := _read_day(text))]
    held = [*st.session_state.get(f"_limits_{key}", _USUAL), *asked]
    st.session_state[f"_limits_{key}"] = limits = min(held), max(held)
    return limits


def period_bar(known: Span, days_: Sequence[date], today: date, under: DeltaGenerator) -> Period:
    """The period: a preset, which moves with the days and the data, or dates, which stay.

    The box of dates is always there, but `ui/style.css` shows it only where dates are chosen: words
    beside the page's title say a preset's. What has to be said of them is drawn `under` the bar,
    which keeps its height.

    The address holds one of them: what is not chosen is at its default, and those aren't written.
    """
    if is_from_address():
        is_custom = are_dates("dates", [*filter(None, st.query_params.get_all("dates"))])
    else:
        is_custom = st.session_state["preset"] == CUSTOM
    presets = (*PRESET_NAMES, CUSTOM)
    option("preset", dict(zip(presets, presets, strict=True)), page=False)
    preset = st.selectbox(
        "Period",
        presets,
        index=presets.index(CUSTOM if is_custom else DEFAULT_PRESET),
        key="preset",
        bind="query-params",
        on_change=forget_zoom,
        label_visibility="collapsed",
        width=BOX,
    )
    moving = None if preset == CUSTOM else preset_period(preset, known, today)
    earliest, latest = _limits("dates", [*days_, *((moving.start, moving.end) if moving else ())])
    held = st.session_state.get("dates")
    if moving:
        shown = (moving.start, moving.end)
        if held != shown or "dates" in st.query_params:
            st.session_state["dates"] = shown
    elif held and "dates" not in st.query_params:
        st.session_state["dates"] = held  # writes them into the address
    picked = st.date_input(
        "Dates",
        value=(moving.start, moving.end) if moving else [],
        min_value=earliest,
        max_value=latest,
        format="YYYY-MM-DD",
        key="dates",
        bind="query-params",
        on_change=_choose_dates,
        label_visibility="collapsed",
        width=DATES_BOX,
    )
    period = moving or _checked(
        picked if isinstance(picked, tuple) else (picked,),
        st.session_state.get("_period") or preset_period(DEFAULT_PRESET, known, today),
        today,
        under,
    )
    st.session_state["_period"] = period
    return period


def _choose_dates() -> None:
    forget_zoom()
    if st.session_state["dates"]:
        st.session_state["preset"] = CUSTOM


def are_dates(key: str, texts: Sequence[str]) -> bool:
    """Whether texts of the address are the days of a period; where they are not, that is said."""
    for text in texts:
        if _read_day(text) is None:
            refuse(key, text, "is no calendar date; write it as YYYY-MM-DD")
            return False
    return bool(texts)


def _read_day(text: str) -> date | None:
    """A date as Streamlit reads it in the address."""
    for written in ("%Y-%m-%d", "%Y/%m/%d"):
        with suppress(ValueError):
            return datetime.strptime(text, written).date()  # noqa: DTZ007 - a day has no zone
    return None


COMPARISONS = {
    "previous": "Previous period",
    "year": "52 weeks earlier",
    "custom": "Chosen dates",
    "none": "Nothing",
}


def compare_bar(period: Period, under: DeltaGenerator) -> tuple[str, Period | None]:
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

    option("compare", COMPARISONS, page=False)
    choice = st.selectbox(
        "Compare with",
        list(COMPARISONS),
        format_func=lambda name: COMPARISONS[name],
        key="compare",
        bind="query-params",
        on_change=offer_dates,
        label_visibility="collapsed",
        width=BOX + 30,
    )
    try:
        if choice == "year":
            return choice, period.year_earlier
        if choice == "custom":
            return choice, _chosen_dates(period, under)
    except QueryError as error:
        words = f"{error}. Compared with the previous period instead."
        under.error(inert(words), icon=":material/error:")
        choice = "previous"
    if before is None:
        return "none", Period(date.min, date.min, period.today)
    return choice, None


def _before(period: Period) -> Period | None:
    try:
        return period.previous
    except QueryError:
        return None


def _chosen_dates(period: Period, under: DeltaGenerator) -> Period:
    if "compare_dates" not in st.session_state:
        are_dates("compare_dates", [*filter(None, st.query_params.get_all("compare_dates"))])
    earliest, latest = _limits("compare_dates", [period.start, period.end])
    picked = st.date_input(
        "Dates to compare with",
        value=[],
        min_value=earliest,
        max_value=latest,
        format="YYYY-MM-DD",
        key="compare_dates",
        bind="query-params",
        label_visibility="collapsed",
        width=DATES_BOX,
    )
    match picked:
        case (start, end):
            return compared_period(start, end, period.today)
        case _:
            under.caption(
                "Choose the first and the last day to compare with; until then it is the previous"
                " period."
            )
            return period.previous


def _checked(
    dates: tuple[date, ...], instead: Period, today: date, under: DeltaGenerator
) -> Period:
    """The period of the chosen dates; where they are none, that is said, and it is `instead`."""
    if not dates:
        under.caption(f"Choose the first and the last day; until then it is {days(instead)}.")
        return instead
    # The browser's history keeps one of two equal days: a single date is a period of one day.
    start, end = dates[0], dates[-1]
    try:
        if dates[1:-1]:
            raise QueryError("dates", ", ".join(map(str, dates)), "choose a first and a last day")
        return Period(start, end, today)
    except QueryError as error:
        under.error(inert(f"{error}. Shown instead: {days(instead)}."), icon=":material/error:")
        return instead


def forget_zoom() -> None:
    st.session_state.pop("_unzoomed", None)
