"""Charts over days: lines, and stacked columns. What a pointer does to them chooses days."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from analytics.metrics.result import Result
from analytics.output.chart_data import TOTAL_THEN, drawn_fields, then, then_label
from analytics.output.chart_parts import Chart, count_axis, tell
from analytics.output.theme import theme

BRUSH = "zoom"
FOCUS = "focus"
LEAVE = "leave"
DOUBLE_CLICK_MS = 300
COMPARED = "compared"  # the series of what days are compared with, beside those of the fields


def lines(
    result: Result, names: Sequence[str], compared: str, dark: bool, *, panel: int = 0
) -> Chart:
    """Lines of these fields over days; dashed where days are not complete; a rule under the
    pointer tells all fields."""
    drawing, every = result.drawing, drawn_fields(result)
    called = {name: every[name] for name in names}
    # Panels stand above each other: with a legend the first has it, and the last has the days.
    has_legend = panel == 0
    has_days = not (drawing.panels and compared) or panel == len(every) - 1
    x = _days(labels=has_days)
    axis = count_axis(minExtent=34)
    y_title = called[names[0]] if len(names) == 1 else None
    colour = colours(called, compared, dark, legend=has_legend)
    encoded = (
        alt.Chart()
        .transform_fold([*names], as_=["series", "value"])
        .encode(
            x=x,
            y=alt.Y("value:Q", title=y_title, axis=axis),
            color=alt.Color("series:N", **colour),
            strokeWidth=alt.condition(
                alt.FieldOneOfPredicate("series", [*drawing.thin]), alt.value(1.2), alt.value(2.4)
            ),
        )
    )
    solid = encoded.transform_filter("datum.complete && datum.value !== null").mark_line()
    dashed = encoded.transform_filter("datum.tail && datum.value !== null").mark_line(
        strokeDash=[4, 3], point={"size": 28}
    )
    near, *clicks = _day_params(nearest=True)
    rule = (
        tell(alt.Chart().mark_rule(strokeWidth=1.5), _day_tips(every, compared))
        .encode(x=x, opacity=alt.condition(near, alt.value(0.35), alt.value(0)))
        .add_params(near, *clicks)
    )
    layers = [solid.add_params(_brush()), dashed, _lone(encoded), rule]
    if compared:
        main = next((name for name in names if name not in drawing.thin), names[0])
        beside = (
            alt.Chart()
            .mark_line(strokeWidth=1.6)
            .encode(
                x=x,
                y=alt.Y(f"{then(main)}:Q", title=y_title, axis=axis),
                color=alt.Color(datum=COMPARED, type="nominal", **colour),
            )
        )
        layers[:0] = [beside, _lone(beside)]
    return alt.layer(*layers)


def columns(result: Result, compared: str, dark: bool) -> Chart:
    """Stacked columns over days, with the compared total as a stepped line."""
    called = drawn_fields(result)
    colour = colours(called, compared, dark)
    y: dict[str, Any] = {"title": None, "axis": count_axis()}
    bars = (
        alt.Chart()
        .transform_fold([*called], as_=["series", "value"])
        .mark_bar()
        .encode(
            x=_band(),
            y=alt.Y("value:Q", **y),
            color=alt.Color("series:N", **colour),
            fillOpacity=alt.condition("datum.complete", alt.value(1), alt.value(0.3)),
            strokeDash=alt.condition("datum.complete", alt.value([1, 0]), alt.value([3, 2])),
            stroke=alt.Stroke("series:N", **{**colour, "legend": None}),
            strokeWidth=alt.condition("datum.complete", alt.value(0), alt.value(1)),
        )
        .add_params(_brush())
    )
    near, *clicks = _day_params(nearest=False)
    rect = alt.Chart().mark_rect(color=theme(dark=dark).text)
    pointer = (
        tell(rect, _day_tips(called, compared))
        .encode(x=_band(), opacity=alt.condition(near, alt.value(0.07), alt.value(0)))
        .add_params(near, *clicks)
    )
    if not compared:
        return alt.layer(bars, pointer)
    beside = (
        alt.Chart()
        .mark_line(strokeWidth=1.6, interpolate="step")
        .encode(
            x=_band(bandPosition=0.5),
            y=alt.Y(f"{TOTAL_THEN}:Q", **y),
            color=alt.Color(datum=COMPARED, type="nominal", **colour),
        )
    )
    return alt.layer(bars, beside, _lone(beside), pointer)


def _lone(lines: Chart) -> Chart:
    """A line of one day has no length: it is a point."""
    only = lines.transform_joinaggregate(days="distinct(day)").transform_filter("datum.days === 1")
    return only.mark_point(size=40, filled=True)


def colours(
    called: Mapping[str, str], compared: str, dark: bool, *, legend: bool = True
) -> dict[str, Any]:
    """The colours of the fields, and the quiet one of what they are compared with."""
    shades = list(theme(dark=dark).categorical[: len(called)])
    if compared:
        called, shades = {**called, COMPARED: compared}, [*shades, theme(dark=dark).compared]
    domain = list(called)
    return {
        "sort": domain,
        "scale": alt.Scale(domain=domain, range=shades),
        "legend": alt.Legend(
            orient="top",
            title=None,
            labelExpr=f"{json.dumps(called, ensure_ascii=False)}[datum.value]",
            columns=2,
            symbolType="square",
            symbolOpacity=1,
            labelFontSize=12,
            padding=0,
            offset=8,
            columnPadding=12,
            rowPadding=2,
        )
        if legend and len(domain) > 1
        else None,
    }


def _day_tips(called: Mapping[str, str], compared: str) -> dict[str, str]:
    """What is said of a day, and of the day it is compared with."""
    tips = {"day": "Day", **called}
    if compared:
        tips[then("day")] = compared
        tips |= {then(name): then_label(label) for name, label in called.items()}
    return tips


def _days(*, labels: bool = True) -> alt.X:
    axis = day_axis("domain('x')[1]", labels=labels)
    return alt.X("date:T", title=None, scale=alt.Scale(type="utc"), axis=axis)


def _band(**more: Any) -> alt.X:
    """A stretch of the axis for each day. Binned, since years before 100 can't be by a browser."""
    return alt.X(
        "date:T",
        timeUnit="binnedutcyearmonthdate",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=day_axis("domain('x')[1] - 1"),  # it ends where the day after the last begins
        **more,
    )


def day_axis(last: str, *, labels: bool = True) -> alt.Axis:
    """Days as 4 Nov, up to the `last` moment; with the year below where not all lie in one.

    Each of them then: labels that don't fit are left out, and any of them may be.
    """
    format_ = "%-d %b"
    day, year = (f"utcFormat(datum.value, '{part}')" for part in (format_, "%Y"))
    is_no_day = f"utchours(datum.value) || datum.value > {last}"
    is_one_year = f"utcyear(domain('x')[0]) === utcyear({last})"
    return alt.Axis(
        format=format_,
        labelExpr=f"{is_no_day} ? '' : {is_one_year} ? datum.label : [{day}, {year}]",
        labelOverlap="greedy",
        tickCount=8,
        grid=False,
        labels=labels,
    )


def _brush() -> alt.Parameter:
    """Dragging over days with a mouse; a finger that drags scrolls the page."""
    mouse = "pointerdown[event.pointerType === 'mouse']"
    return alt.selection_interval(
        name=BRUSH, encodings=["x"], on=f"[{mouse}, window:pointerup] > window:pointermove!"
    )


def _day_params(*, nearest: bool) -> list[alt.Parameter]:
    """What a pointer does to a day: near it, click it (FOCUS), double-click it (LEAVE).

    A click waits for a second one, so that a double-click is not taken for two. A tap shows the
    tooltip and nothing else.
    """
    shared: dict[str, Any] = {"fields": ["date"], "nearest": nearest, "toggle": False}
    click: Any = {
        "stream": {"source": "scope", "type": "click", "debounce": DOUBLE_CLICK_MS},
        "filter": ["event.detail === 1", "event.pointerType !== 'touch'"],
    }
    return [
        alt.selection_point(
            name="near", on="pointerover", empty=False, clear="pointerout", **shared
        ),
        alt.selection_point(name=FOCUS, on=click, empty=False, clear=False, **shared),
        alt.selection_point(name=LEAVE, on="dblclick", empty=False, clear=False, **shared),
    ]
