"""Charts of who came and who left: columns a week wide above the line, and below it."""

from typing import Any

import altair as alt

from analytics.metrics.result import Result
from analytics.output.chart_data import drawn_fields
from analytics.output.chart_days import colours
from analytics.output.chart_parts import Chart, pointer, tell
from analytics.output.theme import theme

DAY_MS = 86_400_000
LABELS = 9  # at most


def flows(result: Result, dark: bool) -> Chart:
    """Stacked columns of the fields above the line, and of those `below` under it; each interval
    can be picked. Those that are not over are pale and dashed."""
    drawing, called, ink = result.drawing, drawn_fields(result), theme(dark=dark).text
    colour = colours(called, "", dark)
    across: dict[str, Any] = {
        "x": alt.X(
            "date:T",
            bin="binned",
            title=None,
            scale=alt.Scale(type="utc"),
            axis=_week_axis(),
        ),
        "x2": "until",
    }
    signed = f"indexof({list(drawing.below)}, datum.series) < 0 ? datum.value : -datum.value"
    columns = (
        alt.Chart()
        .transform_fold([*called], as_=["series", "value"])
        .transform_filter("isValid(datum.value)")
        .transform_calculate(signed=signed, at=f"indexof({list(called)}, datum.series)")
        .mark_bar()
        .encode(
            **across,
            y=alt.Y(
                "signed:Q",
                title=None,
                axis=alt.Axis(
                    labelExpr="format(abs(datum.value), ',.4~f')", tickCount=5, tickMinStep=1
                ),
            ),
            order=alt.Order("at:Q"),
            color=alt.Color("series:N", **colour),
            fillOpacity=alt.condition("datum.complete", alt.value(1), alt.value(0.3)),
            strokeDash=alt.condition("datum.complete", alt.value([1, 0]), alt.value([3, 2])),
            stroke=alt.Stroke("series:N", **{**colour, "legend": None}),
            strokeWidth=alt.condition("datum.complete", alt.value(0), alt.value(1)),
        )
    )
    line = alt.Chart().mark_rule(color=ink, opacity=0.6).encode(y=alt.YDatum(0))
    told = {"day": "Week", "active_users": result.fields["active_users"].label}
    rows = tell(alt.Chart(), {**told, **called}).encode(**across)
    return alt.layer(columns, line, pointer(rows, ink))


def _week_axis() -> alt.Axis:
    """Below the middle of a week its Monday, as 9 Mar; with the year where not all lie in one."""
    first, end, week = "domain('x')[0]", "domain('x')[1]", 7 * DAY_MS
    step = f"{week} * ceil(({end} - {first}) / {week * LABELS})"
    monday = f"datum.value - {week // 2}"
    day, year = (f"utcFormat({monday}, '{part}')" for part in ("%-d %b", "%Y"))
    is_one_year = f"utcyear({first}) === utcyear({end} - 1)"
    return alt.Axis(
        values=alt.ExprRef(f"sequence(+{first} + {week // 2}, {end}, {step})"),
        labelExpr=f"{is_one_year} ? {day} : [{day}, {year}]",
        labelOverlap="greedy",
        grid=False,
    )
