"""Charts over numbers and beside names: columns and bars, each of which can be picked."""

from typing import Any

import altair as alt

from analytics.metrics.result import Result
from analytics.output.chart_data import BAR, across, drawn_fields
from analytics.output.chart_parts import Chart, pointer, tell
from analytics.output.theme import Theme

SIGNED_ROOM = 48  # pixels


def numbers(result: Result, look: Theme) -> Chart:
    """Columns over hours or other numbers, of the first field; those before as a stepped line."""
    drawing, called = result.drawing, drawn_fields(result)
    name, label = next(iter(called.items()))
    last = drawing.or_more
    written = "datum.label" if last is None else f"datum.value == {last} ? '{last}+' : datum.label"
    base = tell(alt.Chart(), {drawing.x: across(result), **called}).encode(
        x=alt.X(
            f"{drawing.x}:O", title=across(result),
            axis=alt.Axis(labelAngle=0, labelOverlap="greedy", labelExpr=written),
        ),
    )  # fmt: skip
    columns = base.mark_bar(cornerRadiusEnd=2).encode(
        y=alt.Y(f"{name}:Q", title=label, axis=alt.Axis(format=",.4~f", tickCount=4))
    )
    before = next((one for one in called if result.fields[one].is_compared), "")
    if not before:
        return alt.layer(columns, pointer(base, look.text))
    series = [label, called[before]]
    colour: dict[str, Any] = {
        "sort": series,
        "scale": alt.Scale(domain=series, range=[look.categorical[0], look.compared]),
        "legend": alt.Legend(orient="top", title=None, symbolType="square", symbolOpacity=1),
    }
    beside = base.mark_line(interpolate="step", strokeWidth=1.6).encode(
        y=alt.Y(f"{before}:Q", title=label),
        color=alt.Color(datum=series[1], type="nominal", **colour),
    )
    columns = columns.encode(color=alt.Color(datum=series[0], type="nominal", **colour))
    return alt.layer(columns, beside, pointer(base, look.text))


def bars(result: Result, ink: str) -> Chart:
    """Bars beside their names, in the order of the data, with their value written at the end."""
    longest = next(iter(drawn_fields(result)))
    name = "slice(datum.label, indexof(datum.label, '|') + 1)"
    rows = tell(alt.Chart(), {result.drawing.x: across(result), **drawn_fields(result)}).encode(
        y=alt.Y(
            f"{BAR}:N", title=None, sort=None,
            axis=alt.Axis(labelExpr=name, labelLimit=150, ticks=False, domain=False),
        ),
    )  # fmt: skip
    if result.drawing.signed:
        return _signed(rows, longest, ink)
    base = rows.encode(x=alt.X(f"{longest}:Q", title=None, axis=None))
    value = base.mark_text(align="left", dx=5, color=ink).encode(
        text=alt.Text(f"{longest}:Q", format=",")
    )
    made = alt.layer(base.mark_bar(cornerRadiusEnd=3, size=18), value, pointer(rows, ink))
    return made.properties(padding={"left": 0, "top": 0, "right": 40, "bottom": 0})  # for the text


def _signed(rows: Chart, field: str, ink: str) -> Chart:
    """Bars on both sides of 0, with room at either end for their values."""
    scale = alt.Scale(padding=SIGNED_ROOM, nice=False, zero=True)
    base = rows.encode(x=alt.X(f"{field}:Q", title=None, axis=None, scale=scale))
    values = [
        base.transform_filter(f"datum.{field} {which}")
        .mark_text(align=align, dx=dx, color=ink)
        .encode(text=alt.Text(f"{field}:Q", format=form))
        for which, align, dx, form in (
            ("> 0", "left", 5, "+,.4~f"),
            ("< 0", "right", -5, "+,.4~f"),
            ("=== 0", "left", 5, ","),
        )
    ]
    zero = (
        alt.Chart()
        .mark_rule(color=ink, opacity=0.6)
        .encode(x=alt.XDatum(0, type="quantitative", axis=None))
    )
    return alt.layer(base.mark_bar(cornerRadiusEnd=3, size=18), zero, *values, pointer(rows, ink))
