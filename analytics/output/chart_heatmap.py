"""The chart of cohorts: a cell a week, which can be picked."""

import json

import altair as alt

from analytics.format import number
from analytics.metrics.result import Result
from analytics.output.chart_data import across, drawn_fields
from analytics.output.chart_parts import Chart, pick_mark, tell
from analytics.output.theme import LABEL_SIZE, Theme

NUMBER_WIDTH = 22
NUMBER_HEIGHT = 14


def heatmap(result: Result, look: Theme) -> Chart:
    """A row a cohort, a column a week; the share is both colour and text."""
    drawing = result.drawing
    share, label = next(iter(drawn_fields(result).items()))
    tips = {drawing.y: "First week from", drawing.x: across(result), **drawn_fields(result)}
    base = tell(alt.Chart(), tips).encode(
        x=alt.X(f"{drawing.x}:O", title=across(result), axis=alt.Axis(labelAngle=0)),
        y=alt.Y(
            f"{drawing.y}:N", title=None, sort=None,
            axis=alt.Axis(labelExpr="'from ' + datum.label", labelLimit=150),
        ),
    )  # fmt: skip
    pick = pick_mark()
    cells = (
        base.mark_rect(cornerRadius=2, cursor="pointer")
        .encode(
            color=alt.Color(
                f"{share}:Q",
                scale=alt.Scale(type="quantize", domain=[0, 100], range=list(look.sequential)),
                # The share stands in its cell where there is room for it.
                legend=alt.Legend(
                    orient="top",
                    title=label,
                    titleOrient="left",
                    type="gradient",
                    titleFontSize=LABEL_SIZE,
                    labelFontSize=LABEL_SIZE,
                    direction="horizontal",
                    gradientLength=110,
                    gradientThickness=10,
                    padding=0,
                    offset=8,
                    labelExpr="indexof([20, 50, 80], datum.value) < 0 ? '' : datum.label",
                ),
            ),
            stroke=alt.condition(pick, alt.value(look.text), alt.value(look.background)),
            strokeWidth=alt.condition(pick, alt.value(2.5), alt.value(0)),
        )
        .add_params(pick)
    )
    is_narrow = f"bandwidth('x') < {NUMBER_WIDTH} || bandwidth('y') < {NUMBER_HEIGHT}"
    instead = [
        {"test": is_narrow, "value": ""},
        {"test": f"!isValid(datum[{json.dumps(share)}])", "value": number(None)},
    ]
    text = base.mark_text(fontSize=11, color=look.text).encode(
        text=alt.Text(f"{share}:Q", format=".0f", condition=instead)
    )
    return alt.layer(cells, text)
