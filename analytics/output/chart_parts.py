"""What charts of several kinds have in common: axes, tooltips, colours, and what can be picked."""

import json
from collections.abc import Mapping
from typing import Any

import altair as alt

from analytics.format import number
from analytics.output.chart_data import POSITION

PICK = "pick"
Chart = Any  # Altair types its chained methods loosely


def count_axis(**more: Any) -> alt.Axis:
    """An axis of numbers of something: ticks at whole ones."""
    return alt.Axis(format=",.4~f", tickCount=4, tickMinStep=1, **more)


def tell(chart: Chart, fields: Mapping[str, str]) -> Chart:
    """The chart with a tooltip of these fields under their titles; n/a where a row lacks one.

    A browser would write "null".
    """
    for field in fields:
        value = f"datum[{json.dumps(field)}]"
        written = f"isNumber({value}) ? format({value}, ',.4~f') : {value}"
        told = f"isValid({value}) ? {written} : '{number(None)}'"
        chart = chart.transform_calculate(as_=f"{field}_told", calculate=told)
    tips = [alt.Tooltip(f"{field}_told:N", title=title) for field, title in fields.items()]
    return chart.encode(tooltip=tips)


def pick_mark() -> alt.Parameter:
    """Clicking or tapping a bar, a column or a cell selects it; beside them, none."""
    shared: dict[str, Any] = {"empty": False, "toggle": False, "clear": False}
    return alt.selection_point(name=PICK, fields=[POSITION], on="click", **shared)


def pointer(base: Chart, ink: str) -> Chart:
    """The whole stretch of a bar or column answers to the pointer, however short it is."""
    near = alt.selection_point(
        name="near", fields=[POSITION], on="pointerover", clear="pointerout", empty=False
    )
    shades = [
        {"param": PICK, "empty": False, "value": 0.14},
        {"param": "near", "empty": False, "value": 0.06},
    ]
    return (
        base.mark_rect(color=ink, cursor="pointer")
        .encode(opacity=alt.Opacity(condition=shades, value=0))
        .add_params(near, pick_mark())
    )
