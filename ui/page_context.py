"""The frame around every page: period, filters, freshness, and the one Query they make."""

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from analytics.errors import QueryError
from analytics.format import count, day, days, moment
from analytics.output.chart_days import BRUSH, FOCUS, LEAVE
from analytics.period import (
    DEFAULT_PRESET,
    PRESET_NAMES,
    Period,
    Span,
    compared_period,
    preset_period,
)
from analytics.query import (
    NAMELESS,
    NO_DEPARTMENT,
    NO_ORGANIZATION,
    Query,
    filter_label,
    filter_values,
)
from analytics.reading.filters import chosen_names, parameters
from analytics.reading.known import department_names, extent, organization_names, span
from analytics.reading.reader import reading
from analytics.service import LOOK, service
from analytics.storage.database import Freshness
from analytics.storage.store import Store
from analytics.untrusted import REPLACEMENT
from ui.asked import cut, notice, option, refuse
from ui.cache import shared
from ui.inert import inert
from ui.startup import look_every, problem_page, shown_by

CUSTOM = "Custom dates"
_USUAL = date(1970, 1, 1), date(2199, 12, 31)  # what can be chosen, wherever the data are


class Names(NamedTuple):
    """The organizations and the departments that somebody belongs to."""

    organizations: tuple[str | None, ...] = ()
    departments: tuple[str | None, ...] = ()


NOBODY = Names()


@dataclass(frozen=True)
class Frame:
    """What a page needs: the store, the question, the data's version and days, and the time.

    `compares` is false where the reader wants no comparison; `query` then keeps its default."""

    store: Store
    query: Query
    freshness: Freshness
    span: Span
    now: datetime
    compares: bool = True
    names: Names = NOBODY


def frame() -> Frame:
    """The frame of this run."""
    made: Frame = st.session_state["_frame"]
    return made


@shared(max_entries=32)
def _known(_version: str, today: date, store: Store) -> tuple[Span, list[date], Names]:
    with reading(store, counted=True) as reader:
        names = Names(tuple(organization_names(reader)), tuple(department_names(reader)))
        return span(reader, today), extent(reader), names


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
    known, days_, names = _known(freshness.version, today, store)
    with st.sidebar:
        period = _period_bar(known, days_, today)
        compare, against = _compare_bar(period)
        organizations = _choose("organization", names.organizations, NO_ORGANIZATION)
        departments = _choose("department", names.departments, NO_DEPARTMENT)
        _freshness_bar(store, freshness)
    query = Query(period, organizations, departments, against)
    made = Frame(store, query, freshness, known, now, compare != "none", names)
    st.session_state["_frame"] = made
    return made


def _choose(key: str, names: Sequence[str | None], none: str) -> tuple[str | None, ...]:
    """The chosen names. One that nobody has any more stays chosen, so nobody counts for it."""
    label = f"{key.capitalize()}s"
    options = [filter_label(name, none) for name in names]
    asked = [*st.query_params.get_all(key), *st.session_state.get(key, [])]
    known = set(options)
    options += dict.fromkeys(text for text in asked if text and text not in known)
    chosen = st.multiselect(
        label, options, key=key, placeholder=f"All {label.lower()}", bind="query-params"
    )
    return read_names(chosen, names, none)


def read_names(
    texts: Iterable[str], names: Sequence[str | None], none: str
) -> tuple[str | None, ...]:
    """Names as the address has them.

    Nobody is asked for NUL that no name has: PostgreSQL refuses it, and it is no name either.
    """
    read = filter_values(filter(None, texts), none)
    return tuple(
        name if name is None or "\0" not in name or name in names
        else name.replace("\0", REPLACEMENT)
        for name in read
    )  # fmt: skip


def gone(query: Query) -> list[tuple[str, str | None]]:
    """The chosen names that nobody has any more, each with its parameter."""
    names = frame().names
    return [
        *(("organization", name)
          for name in query.organizations if name not in names.organizations),
        *(("department", name)
          for name in query.departments if name not in names.departments),
    ]  # fmt: skip


def gone_notices() -> None:
    """The names among the frame's filters that nobody has any more, each with a way out."""
    for key, name in gone(frame().query):
        button = f"remove-{key}-{filter_label(name, NAMELESS[key])}"
        notice(gone_words(key, name), "Remove", button, _unchoose, key, name)


def gone_words(key: str, name: str | None) -> str:
    """That nobody belongs to an organization or a department."""
    if name is None:
        return f"Nobody is without {key} any more."
    called = filter_label(name, NAMELESS[key])
    return f"No {key} is called {cut(called)} any more: nobody counts for it."


def _unchoose(key: str, name: str | None) -> None:
    st.session_state[key] = without(st.session_state[key], key, name)


def without(texts: Iterable[str], key: str, name: str | None) -> list[str]:
    """Names as the address has them, but for one."""
    return [text for text in texts if read_names([text], (), NAMELESS[key]) != (name,)]


def _is_from_address() -> bool:
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


def _period_bar(known: Span, days_: Sequence[date], today: date) -> Period:
    """The period: a preset, which moves with the days and the data, or dates, which stay.

    The address holds one of them: what is not chosen is at its default, and those aren't written.
    """
    if _is_from_address():
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
        on_change=_forget_zoom,
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
        help="Both days are included. Days are those of the reporting time zone.",
    )
    period = moving or _checked(
        picked if isinstance(picked, tuple) else (picked,),
        st.session_state.get("_period") or preset_period(DEFAULT_PRESET, known, today),
        today,
    )
    st.session_state["_period"] = period
    return period


def _choose_dates() -> None:
    _forget_zoom()
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

    option("compare", COMPARISONS, page=False)
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
        words = f"{error}. Compared with the previous period instead."
        st.error(inert(words), icon=":material/error:")
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
    )
    match picked:
        case (start, end):
            return compared_period(start, end, period.today)
        case _:
            st.caption("Choose the first and the last day; until then it is the previous period.")
            return period.previous


def _checked(dates: tuple[date, ...], instead: Period, today: date) -> Period:
    """The period of the chosen dates; where they are none, that is said, and it is `instead`."""
    if not dates:
        st.caption(f"Choose the first and the last day; until then it is {days(instead)}.")
        return instead
    # The browser's history keeps one of two equal days: a single date is a period of one day.
    start, end = dates[0], dates[-1]
    try:
        if dates[1:-1]:
            raise QueryError("dates", ", ".join(map(str, dates)), "choose a first and a last day")
        return Period(start, end, today)
    except QueryError as error:
        st.error(inert(f"{error}. Shown instead: {days(instead)}."), icon=":material/error:")
        return instead


def _freshness_bar(store: Store, freshness: Freshness) -> None:
    at = moment(freshness.built_at, store.settings.zone)
    if st.button(
        "Refresh",
        icon=":material/refresh:",
        help="Read the database again, so that what was written meanwhile counts too.",
        width="stretch",
    ):
        place = st.empty()
        place.progress(0.0, "Reading the database …")
        store.refresh(shown_by(place))
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
        before = (st.session_state["preset"], (period.start, period.end))
        st.session_state.setdefault("_unzoomed", before)
        st.session_state["preset"], st.session_state["dates"] = CUSTOM, (start, end)


def _zoom_out() -> None:
    if "_unzoomed" not in st.session_state:
        return  # a run that was cut short is repeated with its click
    st.session_state["preset"], st.session_state["dates"] = st.session_state.pop("_unzoomed")
    st.session_state["_zooms"] = zooms() + 1


def _forget_zoom() -> None:
    st.session_state.pop("_unzoomed", None)


def _watch(store: Store, version: str) -> None:
    """Show what was written meanwhile within a refresh, without a click."""

    def look() -> None:
        held = store.freshness()
        if held is not None and held.version != version:
            st.rerun()
        if problem := service().refresh_problem:
            since = moment(problem.since, store.settings.zone)
            st.warning(
                f"Not refreshed since {since}: {inert(problem.reason)}",
                icon=":material/sync_problem:",
            )
            return
        st.caption(
            f"New data is looked for every {count(round(store.settings.refresh_seconds), 'second')}"
        )

    look_every(store.settings.refresh_seconds * LOOK, look)


def query_string(query: Query, **more: str) -> str:
    """A question as the API and the downloads are asked it."""
    pairs = [
        ("start_date", query.period.start.isoformat()),
        ("end_date", query.period.end.isoformat()),
        *more.items(),
        *((name, text) for name, texts in parameters(query).items() for text in texts),
    ]
    return urlencode([(name, value) for name, value in pairs if value])


def comparison(query: Query) -> dict[str, str]:
    """What a question is compared with, as the API is asked it."""
    if query.against is None:
        return {}
    if query.compares_a_year_earlier:
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
        preset, (start, end) = st.session_state["_unzoomed"]
        before = Period(start, end, period.today)
        if preset != CUSTOM:
            before = preset_period(preset, made.span, period.today)
        st.button(
            f"Zoomed in: back to {days(before)}",
            icon=":material/zoom_out:",
            on_click=_zoom_out,
        )
    if chosen := chosen_names(made.query):
        st.caption(f"Only {inert(', '.join(chosen))}")
