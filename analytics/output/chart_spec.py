"""The Vega-Lite spec of a registered result's chart, made once. It holds no data."""

from functools import lru_cache
from typing import Any

import pandas as pd

from analytics.metrics.registry import BY_SLUG
from analytics.metrics.result import Result
from analytics.output.chart_bars import bars, numbers
from analytics.output.chart_data import drawn_fields
from analytics.output.chart_days import columns, lines
from analytics.output.chart_flows import flows
from analytics.output.chart_heatmap import heatmap
from analytics.output.chart_parts import Chart
from analytics.output.theme import chart_config, theme

HEIGHT = 300
BAR_HEIGHT = 34
LOW = 16
FULL = 720


def height(result: Result, data: pd.DataFrame) -> int:
    """Pixels that a chart of these rows takes."""
    drawing = result.drawing
    if drawing.mark == "bars":
        return len(data) * BAR_HEIGHT + 30
    if drawing.mark == "heatmap":
        rows = data[drawing.y].nunique()
        return rows * max(LOW, min(BAR_HEIGHT, FULL // rows)) + 120
    return HEIGHT // 2 - 8 if drawing.panels else HEIGHT


@lru_cache(maxsize=256)
def specs(slug: str, *, dark: bool, compared: str = "") -> list[dict[str, Any]]:
    """The Vega-Lite specs of a result: one, or one a panel. They hold no data.

    `compared` is the name of what days are compared with, "" where they are not.
    """
    result = BY_SLUG[slug]
    drawing, look = result.drawing, theme(dark=dark)
    if drawing.mark == "lines":
        names = list(drawn_fields(result))
        panels = [[name] for name in names] if drawing.panels else [names]
        charts: list[Chart] = [
            lines(result, panel, compared, dark, panel=number)
            for number, panel in enumerate(panels)
        ]
    elif drawing.below:
        charts = [flows(result, dark)]
    elif drawing.mark == "columns":
        charts = [columns(result, compared, dark) if drawing.x == "date" else numbers(result, look)]
    elif drawing.mark == "bars":
        charts = [bars(result, look.text)]
    else:
        charts = [heatmap(result, look)]
    return [_spec(one) | {"config": chart_config(dark=dark)} for one in charts]


def _spec(made: Chart) -> dict[str, Any]:
    spec: dict[str, Any] = made.to_dict(validate=False)
    # Without data of their own, all layers draw the rows that come with the spec.
    for part in (spec, *spec.get("layer", [])):
        for extra in ("$schema", "config", "data", "datasets"):
            part.pop(extra, None)
    return spec
