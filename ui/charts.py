"""Cards with the chart of a registered result, or its rows, and what can be done with it."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.format import compared_name, count, day, days
from analytics.metrics.registry import BY_SLUG
from analytics.metrics.result import DrillThrough, Result
from analytics.output.chart_data import POSITION
from analytics.output.chart_days import BRUSH, FOCUS, LEAVE
from analytics.output.chart_notes import sentence, with_notes
from analytics.output.chart_parts import PICK
from analytics.output.chart_spec import HEIGHT, specs
from analytics.query import Query
from ui.inert import inert
from ui.links import choose_row, offers, only_this
from ui.page_context import comparison, own_parameter, page_context, query_string
from ui.results import Drawn, drawn, rows
from ui.saving import csv_link, image_links, is_dark
from ui.words import only_words
from ui.zoom import select_days, zooms


def chart(slug: str, query: Query | None = None) -> None:
    """A card with the chart of a registered result, its sentence, and its rows on request."""
    result = BY_SLUG[slug]
    asked = query or page_context().query
    compared = page_context().compares and result.drawing.x == "date"
    with st.container(border=True, height="stretch"):
        shows_table = heading(result, query, is_chart=True)
        with st.skeleton(height=HEIGHT):
            shown = drawn(slug, asked, compared=compared)
        if shown.data.empty:
            empty(result)
            return
        picked = _picked(result, asked)
        if shows_table:
            _rows_of_chart(result, shown, asked)
        else:
            _marks(result, shown, asked, compared_name(asked) if compared else "")
        # The links take the place of the sentence, so that nothing else moves.
        with st.container(key=f"under-{slug}"):
            if picked:
                _offer_picked(result, picked)
            else:
                st.caption(inert(shown.summary))


def _marks(result: Result, shown: Drawn, asked: Query, compared: str) -> None:
    dark = is_dark()
    made = specs(result.slug, dark=dark, compared=compared)
    said = " ".join(filter(None, (shown.summary, sentence(shown.notes))))
    for number, spec in enumerate(with_notes(made, result, shown.data, shown.notes, dark=dark)):
        key = f"chart-{result.slug}-{number}"
        select: dict[str, Any] = {}
        if result.drawing.x == "date":
            # A selection outlives its rows: after a zoom it starts anew under another key.
            key = f"{key}-{zooms()}"
            select = {
                "on_select": partial(select_days, key, zooms()),
                "selection_mode": (BRUSH, FOCUS, LEAVE),
            }
        elif result.leads_to:
            key = f"{key}-{_generation(result)}"
            select = {
                "on_select": partial(_pick_mark, result, asked, key),
                "selection_mode": (PICK,),
            }
        alt = f"{result.title}: {said}"
        st.vega_lite_chart(shown.data, spec, height=shown.height, key=key, alt=alt, **select)


def _rows_of_chart(result: Result, shown: Drawn, asked: Query) -> None:
    panels = len(specs(result.slug, dark=False))
    key = f"rows-{result.slug}"
    select: dict[str, Any] = {}
    if result.leads_to:
        key = f"{key}-{_generation(result)}"
        positions = [int(position) for position in shown.table.index]
        select = {
            "on_select": partial(_pick_row, result, asked, key, positions),
            "selection_mode": "single-row",
        }
    st.dataframe(
        shown.table,
        hide_index=True,
        column_config={
            str(name): st.column_config.DateColumn(format="ddd D MMM YYYY")
            for name in shown.table.select_dtypes("datetimetz")
        },
        height=shown.height * panels + GAP * (panels - 1),  # as tall as the chart
        key=key,
        alt=f"{result.title}: {shown.summary}",
        **select,
    )


# --- what a bar, an hour, a cell, a row counts --------------------------------------------------


def drill_through(result: Result, asked: Query) -> list[DrillThrough]:
    """What each row of a result leads to; nothing where its rows count nothing."""
    leads_to = result.leads_to
    return [leads_to(row, asked) for row in rows(result.slug, asked)] if leads_to else []


def _generation(result: Result) -> int:
    """Part of the keys of a result's selections: a new one starts without a selection."""
    number: int = st.session_state.get(f"_generation-{result.slug}", 0)
    return number


def _unpick(result: Result) -> None:
    st.session_state.pop(f"_picked-{result.slug}", None)
    st.session_state[f"_generation-{result.slug}"] = _generation(result) + 1


def _picked(result: Result, asked: Query) -> DrillThrough | None:
    """What the selected row of a result counts: it ends with its question, or with its row.

    The chart marks a position. Where another row stands there now, it marks none.
    """
    held = st.session_state.get(f"_picked-{result.slug}")
    if held is None:
        return None
    position: int
    question, position, key = held
    found = drill_through(result, asked)
    keys = [one.key for one in found]
    if question != asked or key not in keys:
        _unpick(result)
        return None
    if keys[position : position + 1] != [key]:
        position = keys.index(key)
        _unpick(result)
        st.session_state[f"_picked-{result.slug}"] = (asked, position, key)
    return found[position]


def _pick(result: Result, asked: Query, position: int | None) -> None:
    found = rows(result.slug, asked)
    if position is None or not 0 <= position < len(found):
        st.session_state.pop(f"_picked-{result.slug}", None)
    else:
        key = drill_through(result, asked)[position].key
        st.session_state[f"_picked-{result.slug}"] = (asked, position, key)


def _pick_mark(result: Result, asked: Query, key: str) -> None:
    """A bar, a column or a cell was clicked, or the selection taken back."""
    points = st.session_state[key]["selection"].get(PICK) or [{}]
    _pick(result, asked, points[0].get(POSITION))


def _pick_row(result: Result, asked: Query, key: str, positions: list[int]) -> None:
    """A row of the table was clicked, or the selection taken back."""
    selected = st.session_state[key]["selection"]["rows"]
    _pick(result, asked, positions[selected[0]] if selected else None)


def _offer_picked(result: Result, picked: DrillThrough) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        offers(picked, small=True)
        with buttons(f"unpick-{result.slug}"):
            only_this(picked.query, f"picked-{result.slug}")
            st.button(
                "Close",
                icon=":material/close:",
                type="tertiary",
                help="Close",
                key=f"unpick-button-{result.slug}",
                on_click=_unpick,
                args=(result,),
            )


def _choose_mark(result: Result, asked: Query) -> None:
    choose_row(
        SHOW,
        drill_through(result, asked),
        f"choose-{result.slug}",
        f"Choose {_CHOOSE.get(result.drawing.x, 'a bar')}",
    )


_CHOOSE = {
    "date": "a day",
    "from_day": "a week",
    "asked": "a number",
    "hour": "an hour",
    "week": "a cohort and a week",
    "active_days": "a number of days",
}


SHOW = "Show who or what was counted"
GAP = 16  # between the elements of a card


def card_head() -> DeltaGenerator:
    """The line on top of a card: its title on the left, its buttons on the right."""
    return st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    )


def heading(result: Result, query: Query | None = None, *, is_chart: bool = False) -> bool:
    """A card's title and its small buttons; whether its rows are wanted instead of the chart.

    Another entry: a `menu` of its own here, or a line in `_save`.
    """
    shows_table = False
    with card_head():
        st.subheader(result.title, anchor=False, width="content")
        with buttons(result.slug):
            if is_chart:
                shows_table = _table_button(result)
                if result.leads_to:
                    choose = partial(_choose_mark, result, query or page_context().query)
                    menu(SHOW, "person_search", f"show-{result.slug}", choose)
            menu("Explain", "info", f"explain-{result.slug}", partial(explanation, result, query))
            menu("Save", "download", f"save-{result.slug}", partial(_save, result, query))
    return shows_table


def buttons(name: str) -> DeltaGenerator:
    """The row for a card's small buttons: icons, whose labels are read out and shown on top."""
    key = f"small-{name}"
    return st.container(horizontal=True, width="content", gap=None, wrap=False, key=key)


def menu(label: str, icon: str, key: str, content: Callable[[], None]) -> None:
    """A small button that opens `content`, which is made when it is opened, and only then."""
    popover = st.popover(
        label, icon=f":material/{icon}:", type="tertiary", help=label, key=key, on_change="rerun"
    )
    if popover.open:
        with popover:
            content()


def _table_button(result: Result) -> bool:
    key = f"table-of-{result.slug}"

    def turn() -> None:
        st.session_state[key] = not st.session_state.get(key, False)

    shown = bool(st.session_state.get(key, False))
    label = "Chart" if shown else "Table"
    st.button(
        label,
        icon=":material/show_chart:" if shown else ":material/table_rows:",
        type="tertiary",
        help=f"Show the {label.lower()}",
        key=f"turn-{result.slug}",
        on_click=turn,
    )
    return shown


def _save(result: Result, query: Query | None) -> None:
    csv_link(result, query)
    image_links(result, query)


def explanation(result: Result, query: Query | None = None, definition: str | None = None) -> None:
    """What a number means, what was left out, the filters in force, and where the API has it."""
    made = page_context()
    asked = query or made.query
    st.markdown(definition or result.definition)
    lines = [f"Days: {days(asked.period)}, in the time zone {inert(made.freshness.zone)}."]
    if made.compares:
        before = asked.previous.period
        lines.append(f"Compared with {days(before)} ({count(before.days, 'day')}).")
    only = only_words(asked)
    lines.append(f"Only {inert(only)}." if only else "Everybody counts.")
    left = sum(row.undated + row.orphaned for row in rows("sources"))
    lines.append(
        f"{count(left, 'row')} of the database left out; the Data page says which."
        if left
        else "No row of the database is left out."
    )
    st.caption(" ".join(lines))
    more = comparison(asked) | own_parameter(result)
    address = f"/api/{result.path}?{query_string(asked, **more)}"
    if HAS_API:
        st.link_button("Same answer in the API", address, icon=":material/api:", type="tertiary")
    else:
        st.caption("The API has the same answer where its extra `api` is installed:")
    st.code(address, language=None, wrap_lines=True)


HAS_API = find_spec("fastapi") is not None


def empty(result: Result) -> None:
    """Why there is nothing, and what to change."""
    made = page_context()
    query = made.query
    if made.span.first is None or made.span.last is None:
        st.caption(
            "No row of the database has a date up to today that can be read; the Data page says how"
            " many there are."
            if any(row.rows for row in rows("sources") if row.table not in ("users", "twins"))
            else "The database holds no conversation yet. Refresh once there is one."
        )
        return
    within = " within these filters" if query != query.everything else ""
    advice = "Remove a filter, or choose" if within else "Choose"
    st.caption(
        f"{result.empty.removesuffix('.')}{within}. {advice} dates from"
        f" {day(made.span.first)} to {day(made.span.last)}: those have data."
    )
