"""Drawing a registered result: its Vega-Lite spec, made once, its data, and its words."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from analytics.reports import BY_SLUG, Report
from analytics.text import count
from analytics.theme import Theme, chart_config, theme

HEIGHT, BAR_HEIGHT = 280, 34
BRUSH = "zoom"
Chart = Any  # Altair types its chained methods loosely
_UNNAMED = {"topic": "No topic", "document_type": "No type"}


def height(report: Report, data: pd.DataFrame) -> int:
    """Pixels that a chart of these rows takes."""
    drawing = report.drawing
    if drawing.mark == "bars":
        return len(data) * BAR_HEIGHT + 30
    if drawing.mark == "heatmap":
        return data[drawing.y].nunique() * BAR_HEIGHT + 80
    return HEIGHT // 2 - 8 if drawing.panels else HEIGHT


def summary(report: Report, data: pd.DataFrame) -> str:
    """One plain sentence about the chart, for those who can't see it."""
    drawing = report.drawing
    label = next(iter(drawing.fields.values()))
    values = data[label].dropna()
    if values.empty:
        return f"{report.title}: nothing to show."
    where = data[drawing.x].iloc[int(data[label].argmax())]
    if isinstance(where, pd.Timestamp):
        where = f"{where:%A %d %B %Y}"
    return (
        f"{report.title}: {count(len(data), 'row')}; {label.lower()} peak at {values.max():,} "
        f"({where}) and sum to {values.sum():,.0f}."
        if drawing.mark != "heatmap"
        else f"{report.title}: {count(len(data), 'cell')}."
    )


def chart_data(report: Report, found: list[Any]) -> pd.DataFrame:
    """The rows with fields named as on the chart; days in UTC, so that no browser shifts them."""
    drawing = report.drawing
    data = pd.DataFrame([one.model_dump() for one in found]).rename(columns=drawing.fields)
    if data.empty:
        return data
    if drawing.x == "date":
        data["date"] = pd.to_datetime(data["date"], utc=True)
        last_complete = data.index[data["complete"]].max() if data["complete"].any() else -1
        # The dashed stretch starts on the last complete day, so that the line has no gap.
        data["tail"] = data.index >= last_complete if not data["complete"].all() else False
    if drawing.mark == "heatmap":
        data["first_week"] = pd.to_datetime(data["first_week"]).dt.strftime("%d %b %Y")
        data = data[data["week"].notna()]
    if drawing.x in _UNNAMED:
        data[drawing.x] = data[drawing.x].fillna(_UNNAMED[drawing.x])
    return data


@cache
def specs(slug: str, *, dark: bool) -> list[dict[str, Any]]:
    """The Vega-Lite specs of a result: one, or one a panel. They hold no data."""
    drawing = BY_SLUG[slug].drawing
    labels = list(drawing.fields.values())
    look = theme(dark=dark)
    if drawing.mark == "lines":
        panels = [[label] for label in labels] if drawing.panels else [labels]
        thin = {drawing.fields[name] for name in drawing.thin}
        charts: list[Chart] = [_lines(panel, labels, thin) for panel in panels]
    elif drawing.mark == "columns":
        charts = [_columns(slug)]
    elif drawing.mark == "bars":
        charts = [_bars(slug, look.text)]
    else:
        charts = [_heatmap(slug, look)]
    return [_spec(one) | {"config": chart_config(dark=dark)} for one in charts]


def _spec(made: Chart) -> dict[str, Any]:
    spec: dict[str, Any] = made.to_dict(validate=False)
    # Without data of their own, all layers draw the rows that come with the spec.
    for part in (spec, *spec.get("layer", [])):
        for extra in ("$schema", "config", "data", "datasets"):
            part.pop(extra, None)
    return spec


def _days() -> alt.X:
    return alt.X("date:T", title=None, scale=alt.Scale(type="utc"), axis=_day_axis())


def _day_axis() -> alt.Axis:
    return alt.Axis(format="%d %b", labelOverlap="greedy", tickCount=8, grid=False)


def _count_axis(**more: Any) -> alt.Axis:
    return alt.Axis(format=",.4~f", tickCount=4, tickMinStep=1, **more)


def _day_tip() -> alt.Tooltip:
    return alt.Tooltip("date:T", title="Day", format="%a %d %b %Y")


def _tip(label: str) -> alt.Tooltip:
    return alt.Tooltip(f"{label}:Q", format=",.4~f")


def _colour(labels: list[str]) -> alt.Color:
    return alt.Color("series:N", sort=labels, legend=_legend(labels))


def _legend(labels: list[str]) -> alt.Legend | None:
    return alt.Legend(orient="top", title=None, columns=2) if len(labels) > 1 else None


def _lines(labels: list[str], every: list[str], thin: set[str]) -> Chart:
    """Lines over days; dashed where days are not complete; a rule under the pointer tells all."""
    folded = alt.Chart().transform_fold([*labels], as_=["series", "value"])
    title = labels[0] if len(labels) == 1 else None
    y = alt.Y("value:Q", title=title, axis=_count_axis(minExtent=34))
    width = alt.condition(
        alt.FieldOneOfPredicate("series", list(thin)), alt.value(1.2), alt.value(2.4)
    )
    encoded = folded.encode(x=_days(), y=y, color=_colour(labels), strokeWidth=width)
    near = alt.selection_point(
        name="near", fields=["date"], nearest=True, on="pointerover", empty=False,
        clear="pointerout",
    )  # fmt: skip
    solid = encoded.transform_filter("datum.complete && datum.value !== null").mark_line()
    solid = solid.add_params(_brush())
    dashed = encoded.transform_filter("datum.tail && datum.value !== null").mark_line(
        strokeDash=[4, 3], point={"size": 28}
    )
    rule = (
        alt.Chart()
        .mark_rule(strokeWidth=1.5)
        .encode(
            x=_days(),
            opacity=alt.condition(near, alt.value(0.35), alt.value(0)),
            tooltip=[_day_tip(), *map(_tip, every)],
        )
        .add_params(near)
    )
    return alt.layer(solid, dashed, rule)


def _brush() -> alt.Parameter:
    """Dragging over days with a mouse; a finger that drags scrolls the page."""
    mouse = "pointerdown[event.pointerType === 'mouse']"
    return alt.selection_interval(
        name=BRUSH, encodings=["x"], on=f"[{mouse}, window:pointerup] > window:pointermove!"
    )


def _columns(slug: str) -> Chart:
    """Stacked columns over days, or plain ones over the hours of the day."""
    drawing = BY_SLUG[slug].drawing
    labels = list(drawing.fields.values())
    if drawing.x != "date":
        return (
            alt.Chart()
            .mark_bar(cornerRadiusEnd=2)
            .encode(
                x=alt.X(
                    f"{drawing.x}:O", title=drawing.x_title,
                    axis=alt.Axis(labelAngle=0, labelOverlap="greedy"),
                ),
                y=alt.Y(f"{labels[0]}:Q", axis=alt.Axis(format=",.4~f", tickCount=4)),
                tooltip=[alt.Tooltip(f"{drawing.x}:O", title=drawing.x_title), _tip(labels[0])],
            )
        )  # fmt: skip
    return (
        alt.Chart()
        .transform_fold([*labels], as_=["series", "value"])
        .mark_bar()
        .encode(
            x=alt.X(
                "utcyearmonthdate(date):T",
                title=None,
                scale=alt.Scale(type="utc"),
                axis=_day_axis(),
            ),
            y=alt.Y("value:Q", title=None, axis=_count_axis()),
            color=_colour(labels),
            fillOpacity=alt.condition("datum.complete", alt.value(1), alt.value(0.3)),
            strokeDash=alt.condition("datum.complete", alt.value([1, 0]), alt.value([3, 2])),
            stroke=alt.Stroke("series:N", sort=labels, legend=None),
            strokeWidth=alt.condition("datum.complete", alt.value(0), alt.value(1)),
            tooltip=[_day_tip(), *map(_tip, labels)],
        )
        .add_params(_brush())
    )


def _bars(slug: str, ink: str) -> Chart:
    """Bars beside their names, longest first, with their value written at the end."""
    drawing = BY_SLUG[slug].drawing
    labels = list(drawing.fields.values())
    base = alt.Chart().encode(
        x=alt.X(f"{labels[0]}:Q", title=None, axis=None),
        y=alt.Y(
            f"{drawing.x}:N", title=None, sort=None,
            axis=alt.Axis(labelLimit=150, ticks=False, domain=False),
        ),
        tooltip=[alt.Tooltip(f"{drawing.x}:N", title="Name"), *map(_tip, labels)],
    )  # fmt: skip
    value = base.mark_text(align="left", dx=5, color=ink).encode(
        text=alt.Text(f"{labels[0]}:Q", format=",")
    )
    bars = alt.layer(base.mark_bar(cornerRadiusEnd=3, size=18), value)
    return bars.properties(padding={"left": 0, "top": 0, "right": 40, "bottom": 0})  # for the text


def _heatmap(slug: str, look: Theme) -> Chart:
    """A row a cohort, a column a week; the share is both colour and text."""
    drawing = BY_SLUG[slug].drawing
    labels = list(drawing.fields.values())
    base = alt.Chart().encode(
        x=alt.X(f"{drawing.x}:O", title=drawing.x_title, axis=alt.Axis(labelAngle=0)),
        y=alt.Y(
            f"{drawing.y}:N", title=None, sort=None,
            axis=alt.Axis(labelExpr="'from ' + datum.label", labelLimit=150),
        ),
        tooltip=[
            alt.Tooltip(f"{drawing.y}:N", title="First week from"),
            alt.Tooltip(f"{drawing.x}:O", title=drawing.x_title),
            *map(_tip, labels),
        ],
    )  # fmt: skip
    cells = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color(
            f"{labels[0]}:Q",
            scale=alt.Scale(type="quantize", domain=[0, 100], range=list(look.sequential)),
            legend=None,  # the share stands in its cell
        )
    )
    text = base.mark_text(fontSize=11, color=look.text).encode(
        text=alt.Text(f"{labels[0]}:Q", format=".0f")
    )
    return alt.layer(cells, text)
