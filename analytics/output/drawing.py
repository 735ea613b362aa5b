"""Drawing a registered result: its Vega-Lite spec, made once, its data, and its words."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from analytics.arithmetic import Share, percentage, rounded, share_change
from analytics.fields import Row
from analytics.format import compared_name, count, long_day, moved, number, percent, short_day
from analytics.metrics.registry import BY_SLUG
from analytics.metrics.result import Drawing
from analytics.metrics.result import Result as Report
from analytics.output.theme import LABEL_SIZE, Theme, chart_config, theme
from analytics.query import NO_ORGANIZATION, Query, filter_label
from analytics.reading.filters import NO_TOPIC, NO_TYPE
from analytics.untrusted import printable, unescaped

HEIGHT = 300

BAR_HEIGHT = 34
LOW = 16

FULL = 720
BRUSH = "zoom"

FOCUS = "focus"

LEAVE = "leave"

PICK = "pick"
POSITION = "position"  # of a mark's row in the result, which a PICK says
BAR = "bar"  # a bar's own place: names that read the same don't share one
DOUBLE_CLICK_MS = 300
NUMBER_WIDTH = 22

NUMBER_HEIGHT = 14
NAMED = 3  # of many that share a place
TOTAL_THEN = "total then"
Chart = Any  # Altair types its chained methods loosely
_NOT_OVER = "No day of this period is over yet"
_UNNAMED = {"topic": NO_TOPIC, "document_type": NO_TYPE, "name": NO_ORGANIZATION}


def height(report: Report, data: pd.DataFrame) -> int:
    """Pixels that a chart of these rows takes."""
    drawing = report.drawing
    if drawing.mark == "bars":
        return len(data) * BAR_HEIGHT + 30
    if drawing.mark == "heatmap":
        rows = data[drawing.y].nunique()
        return rows * max(LOW, min(BAR_HEIGHT, FULL // rows)) + 120
    return HEIGHT // 2 - 8 if drawing.panels else HEIGHT


@dataclass(frozen=True)
class Compared:
    """What a chart over days is compared with: its name, its rows, and how many days earlier they
    stand beside the chart's own (see `Period.shift_to`)."""

    name: str
    rows: Sequence[Any]
    shift: int


def compared_with(
    report: Report, query: Query, rows: Callable[[Query], Sequence[Row]]
) -> Compared | None:
    """What the chart of a question stands beside, its rows fetched with `rows`.

    None where it doesn't run over days.
    """
    if report.drawing.x != "date":
        return None
    before = query.previous
    shift = query.period.shift_to(before.period)
    return Compared(compared_name(query), rows(before), shift)


def chart_data(
    report: Report, found: Sequence[Any], compared: Compared | None = None
) -> pd.DataFrame:
    """The rows with fields named as on the chart; days in UTC, so that no browser shifts them.

    Names are made printable, and read as filters name them, so that no name reads as none.
    With `compared`, days have "day then", the day they stand beside, and that day's fields as
    "Field then": missing where the compared period has no such day or it is not over yet.
    """
    drawing = report.drawing
    rows = [one.model_dump() for one in found]
    if drawing.mark == "bars":
        names = [printable(filter_label(row[drawing.x], _UNNAMED[drawing.x])) for row in rows]
        shown = Counter(map(unescaped, names))
        for n, (row, name) in enumerate(zip(rows, names, strict=True)):
            # Two that would read alike are written as they are stored.
            read = name if shown[unescaped(name)] > 1 else unescaped(name)
            row |= {drawing.x: read, BAR: f"{n}|{name}"}
    data = pd.DataFrame(rows).rename(columns=drawing.fields)
    if data.empty:
        return data
    if drawing.x == "date":
        if compared is not None:
            _add_compared(report, data, compared)
        # Written here: a browser's tooltip would write the day of its own time zone.
        data["day"] = [short_day(one) for one in data["date"]]
        data["date"] = _moments(data["date"])
        last_complete = data.index[data["complete"]].max() if data["complete"].any() else -1
        # The dashed stretch starts on the last complete day, so that the line has no gap.
        data["tail"] = data.index >= last_complete if not data["complete"].all() else False
    if drawing.mark == "heatmap":
        data["monday"] = _moments(data["first_week"])
        data["first_week"] = data["monday"].dt.strftime("%d %b %Y")
        data = data[data["week"].notna()]
    if drawing.mark == "bars":
        longest = next(iter(drawing.fields.values()))
        data = data.sort_values(longest, ascending=False, kind="stable")
    if drawing.x != "date":
        data[POSITION] = data.index
    return data


def table_data(
    report: Report, data: pd.DataFrame, compared: Compared | None = None
) -> pd.DataFrame:
    """The chart's rows as a table for people: what is written across, then what is drawn.

    Days are dates, so that they sort as such.
    """
    drawing = report.drawing
    labels = list(drawing.fields.values())
    if drawing.x == "date":
        columns, names = ["date", *labels], {"date": "Day"}
        if compared is not None:
            columns += ["date then", *(f"{label} then" for label in labels)]
            names["date then"] = compared.name
    else:
        names = {drawing.x: drawing.x_title or "Name"}
        if drawing.mark == "heatmap":
            names = {"monday": "First week from", **names}
        columns = [*names, *labels]
    return data[columns].rename(columns=names)


def _add_compared(report: Report, data: pd.DataFrame, compared: Compared) -> None:
    """Fill in the columns of the compared days, the days still being dates."""
    over = {row.date: row for row in compared.rows if row.complete}
    then = [over.get(_days_before(day, compared.shift)) for day in data["date"]]
    data["day then"] = [short_day(row.date) if row else None for row in then]
    data["date then"] = _moments([row.date if row else None for row in then])
    for name, label in report.drawing.fields.items():
        data[f"{label} then"] = [getattr(row, name) if row else None for row in then]
    if report.drawing.mark == "columns":
        labels = [f"{label} then" for label in report.drawing.fields.values()]
        data[TOTAL_THEN] = data[labels].sum(axis=1, min_count=1)


def _moments(days: Iterable[date | None]) -> pd.Series:
    """Days as moments in UTC, of whatever years."""
    moments: pd.Series = pd.Series(list(days), dtype="datetime64[ms]").dt.tz_localize("UTC")
    return moments


def _days_before(day: date, days: int) -> date | None:
    number = day.toordinal() - days
    return date.fromordinal(number) if 1 <= number <= date.max.toordinal() else None


@lru_cache(maxsize=256)
def specs(slug: str, *, dark: bool, compared: str = "") -> list[dict[str, Any]]:
    """The Vega-Lite specs of a result: one, or one a panel. They hold no data.

    `compared` is the name of what days are compared with, "" where they are not.
    """
    drawing = BY_SLUG[slug].drawing
    labels = list(drawing.fields.values())
    look = theme(dark=dark)
    if drawing.mark == "lines":
        panels = [[label] for label in labels] if drawing.panels else [labels]
        charts: list[Chart] = [
            _lines(panel, drawing, compared, dark, panel=number)
            for number, panel in enumerate(panels)
        ]
    elif drawing.mark == "columns":
        charts = [
            _columns(slug, compared, dark) if drawing.x == "date" else _hours(slug, look.text)
        ]
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


def _days(*, labels: bool = True) -> alt.X:
    axis = _day_axis("domain('x')[1]", labels=labels)
    return alt.X("date:T", title=None, scale=alt.Scale(type="utc"), axis=axis)


def _band(**more: Any) -> alt.X:
    """A stretch of the axis for each day. Binned, since years before 100 can't be by a browser."""
    return alt.X(
        "date:T",
        timeUnit="binnedutcyearmonthdate",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=_day_axis("domain('x')[1] - 1"),  # it ends where the day after the last begins
        **more,
    )


def _day_axis(last: str, *, labels: bool = True) -> alt.Axis:
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


def _count_axis(**more: Any) -> alt.Axis:
    return alt.Axis(format=",.4~f", tickCount=4, tickMinStep=1, **more)


def _day_tips(labels: list[str], compared: str) -> dict[str, str]:
    """What is said of a day, and of the day it is compared with."""
    tips = {"day": "Day", **{label: label for label in labels}}
    if compared:
        tips["day then"] = compared
        tips |= {f"{label} then": f"{label} then" for label in labels}
    return tips


def _tell(chart: Chart, fields: dict[str, str]) -> Chart:
    """The chart with a tooltip of these fields and their titles; n/a where a row lacks one.

    A browser would write "null".
    """
    for field in fields:
        value = f"datum[{json.dumps(field)}]"
        written = f"isNumber({value}) ? format({value}, ',.4~f') : {value}"
        told = f"isValid({value}) ? {written} : '{number(None)}'"
        chart = chart.transform_calculate(as_=f"{field} told", calculate=told)
    tips = [alt.Tooltip(f"{field} told:N", title=title) for field, title in fields.items()]
    return chart.encode(tooltip=tips)


def _colour(labels: list[str], compared: str, dark: bool, *, legend: bool = True) -> dict[str, Any]:
    """The colours of the fields, and the quiet one of what they are compared with."""
    domain = labels
    colours = list(theme(dark=dark).categorical[: len(labels)])
    if compared:
        domain, colours = [*labels, compared], [*colours, theme(dark=dark).compared]
    return {
        "sort": domain,
        "scale": alt.Scale(domain=domain, range=colours),
        "legend": alt.Legend(
            orient="top",
            title=None,
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


def _lines(
    labels: list[str], drawing: Drawing, compared: str, dark: bool, *, panel: int = 0
) -> Chart:
    """Lines over days; dashed where days are not complete; a rule under the pointer tells all."""
    every = list(drawing.fields.values())
    thin = [drawing.fields[name] for name in drawing.thin]
    # Panels stand above each other: with a legend the first has it, and the last has the days.
    has_legend = panel == 0
    has_days = not (drawing.panels and compared) or panel == len(every) - 1
    x = _days(labels=has_days)
    axis = _count_axis(minExtent=34)
    y_title = labels[0] if len(labels) == 1 else None
    colour = _colour(labels, compared, dark, legend=has_legend)
    encoded = (
        alt.Chart()
        .transform_fold([*labels], as_=["series", "value"])
        .encode(
            x=x,
            y=alt.Y("value:Q", title=y_title, axis=axis),
            color=alt.Color("series:N", **colour),
            strokeWidth=alt.condition(
                alt.FieldOneOfPredicate("series", thin), alt.value(1.2), alt.value(2.4)
            ),
        )
    )
    solid = encoded.transform_filter("datum.complete && datum.value !== null").mark_line()
    dashed = encoded.transform_filter("datum.tail && datum.value !== null").mark_line(
        strokeDash=[4, 3], point={"size": 28}
    )
    near, *clicks = _day_params(nearest=True)
    rule = (
        _tell(alt.Chart().mark_rule(strokeWidth=1.5), _day_tips(every, compared))
        .encode(x=x, opacity=alt.condition(near, alt.value(0.35), alt.value(0)))
        .add_params(near, *clicks)
    )
    layers = [solid.add_params(_brush()), dashed, _lone(encoded), rule]
    if compared:
        main = next((label for label in labels if label not in thin), labels[0])
        then = (
            alt.Chart()
            .mark_line(strokeWidth=1.6)
            .encode(
                x=x,
                y=alt.Y(f"{main} then:Q", title=y_title, axis=axis),
                color=alt.Color(datum=compared, type="nominal", **colour),
            )
        )
        layers[:0] = [then, _lone(then)]
    return alt.layer(*layers)


def _lone(lines: Chart) -> Chart:
    """A line of one day has no length: it is a point."""
    only = lines.transform_joinaggregate(days="distinct(day)").transform_filter("datum.days === 1")
    return only.mark_point(size=40, filled=True)


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


def _columns(slug: str, compared: str, dark: bool) -> Chart:
    """Stacked columns over days, with the compared total as a stepped line."""
    labels = list(BY_SLUG[slug].drawing.fields.values())
    colour = _colour(labels, compared, dark)
    y: dict[str, Any] = {"title": None, "axis": _count_axis()}
    bars = (
        alt.Chart()
        .transform_fold([*labels], as_=["series", "value"])
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
        _tell(rect, _day_tips(labels, compared))
        .encode(x=_band(), opacity=alt.condition(near, alt.value(0.07), alt.value(0)))
        .add_params(near, *clicks)
    )
    if not compared:
        return alt.layer(bars, pointer)
    then = (
        alt.Chart()
        .mark_line(strokeWidth=1.6, interpolate="step")
        .encode(
            x=_band(bandPosition=0.5),
            y=alt.Y(f"{TOTAL_THEN}:Q", **y),
            color=alt.Color(datum=compared, type="nominal", **colour),
        )
    )
    return alt.layer(bars, then, _lone(then), pointer)


def _pick() -> alt.Parameter:
    """Clicking or tapping a bar, a column or a cell selects it; beside them, none."""
    shared: dict[str, Any] = {"empty": False, "toggle": False, "clear": False}
    return alt.selection_point(name=PICK, fields=[POSITION], on="click", **shared)


def _pointer(base: Chart, ink: str) -> Chart:
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
        .add_params(near, _pick())
    )


def _hours(slug: str, ink: str) -> Chart:
    """Columns over the hours of the day."""
    drawing = BY_SLUG[slug].drawing
    (label,) = drawing.fields.values()
    base = _tell(alt.Chart(), {drawing.x: drawing.x_title, label: label}).encode(
        x=alt.X(
            f"{drawing.x}:O", title=drawing.x_title,
            axis=alt.Axis(labelAngle=0, labelOverlap="greedy"),
        ),
    )  # fmt: skip
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        y=alt.Y(f"{label}:Q", axis=alt.Axis(format=",.4~f", tickCount=4))
    )
    return alt.layer(bars, _pointer(base, ink))


def _bars(slug: str, ink: str) -> Chart:
    """Bars beside their names, longest first, with their value written at the end."""
    drawing = BY_SLUG[slug].drawing
    labels = list(drawing.fields.values())
    name = "slice(datum.label, indexof(datum.label, '|') + 1)"
    tips = {drawing.x: "Name", **{label: label for label in labels}}
    rows = _tell(alt.Chart(), tips).encode(
        y=alt.Y(
            f"{BAR}:N", title=None, sort=None,
            axis=alt.Axis(labelExpr=name, labelLimit=150, ticks=False, domain=False),
        ),
    )  # fmt: skip
    base = rows.encode(x=alt.X(f"{labels[0]}:Q", title=None, axis=None))
    value = base.mark_text(align="left", dx=5, color=ink).encode(
        text=alt.Text(f"{labels[0]}:Q", format=",")
    )
    bars = alt.layer(base.mark_bar(cornerRadiusEnd=3, size=18), value, _pointer(rows, ink))
    return bars.properties(padding={"left": 0, "top": 0, "right": 40, "bottom": 0})  # for the text


def _heatmap(slug: str, look: Theme) -> Chart:
    """A row a cohort, a column a week; the share is both colour and text."""
    drawing = BY_SLUG[slug].drawing
    labels = list(drawing.fields.values())
    tips = {drawing.y: "First week from", drawing.x: drawing.x_title}
    base = _tell(alt.Chart(), tips | {label: label for label in labels}).encode(
        x=alt.X(f"{drawing.x}:O", title=drawing.x_title, axis=alt.Axis(labelAngle=0)),
        y=alt.Y(
            f"{drawing.y}:N", title=None, sort=None,
            axis=alt.Axis(labelExpr="'from ' + datum.label", labelLimit=150),
        ),
    )  # fmt: skip
    pick = _pick()
    cells = (
        base.mark_rect(cornerRadius=2, cursor="pointer")
        .encode(
            color=alt.Color(
                f"{labels[0]}:Q",
                scale=alt.Scale(type="quantize", domain=[0, 100], range=list(look.sequential)),
                # The share stands in its cell where there is room for it.
                legend=alt.Legend(
                    orient="top",
                    title=labels[0],
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
        {"test": f"!isValid(datum[{json.dumps(labels[0])}])", "value": number(None)},
    ]
    text = base.mark_text(fontSize=11, color=look.text).encode(
        text=alt.Text(f"{labels[0]}:Q", format=".0f", condition=instead)
    )
    return alt.layer(cells, text)


# --- in words ----------------------------------------------------------------------------------


def summary(report: Report, data: pd.DataFrame, compared: Compared | None = None) -> str:
    """The chart in one plain sentence, from the rows it shows and those it compares with.

    It may quote names, which are other people's words.
    """
    drawing = report.drawing
    if data.empty:
        return report.empty
    if drawing.mark == "heatmap":
        return _cohorts_sentence(data)
    if drawing.x == "date":
        return _days_sentence(report, data, compared)
    values = data[next(iter(drawing.fields.values()))].dropna()
    if values.empty:
        return _NOT_OVER + "."
    if values.max() <= 0:
        return report.empty
    return (
        _hours_sentence(drawing, data)
        if drawing.mark == "columns"
        else _bars_sentence(drawing, data)
    )


def _leading(drawing: Drawing, data: pd.DataFrame) -> tuple[str, Any, list[Any]]:
    """The first field, its highest value, and where it is reached."""
    label = next(iter(drawing.fields.values()))
    top = data[label].max()
    return label, top.item(), data.loc[data[label] == top, drawing.x].tolist()


def _hours_sentence(drawing: Drawing, data: pd.DataFrame) -> str:
    label, top, hours = _leading(drawing, data)
    starts = "The busiest hour starts" if len(hours) == 1 else "The busiest hours start"
    at = _listed([f"{hour}:00" for hour in hours])
    return f"{starts} at {at}, with {number(top)} {_lower(label)}."


def _bars_sentence(drawing: Drawing, data: pd.DataFrame) -> str:
    label, top, names = _leading(drawing, data)
    unit, total = drawing.unit or _lower(label), int(data[label].sum())
    if len(data) == 1:
        return f"{names[0]} has all {number(top)} {unit} shown."
    of_all = f"of the {number(total)} {unit} shown"
    if len(names) > 1:
        return f"{_listed(names)} lead with {number(top)} each {of_all}."
    return f"{names[0]} leads with {number(top)} {of_all} ({percent(percentage(top, total))})."


def _days_sentence(report: Report, data: pd.DataFrame, compared: Compared | None) -> str:
    drawing = report.drawing
    fields = list(drawing.fields.items())
    if drawing.over_days != "sum":
        fields = fields[:1]  # the others are derived from it
    complete = data["complete"].tolist()
    is_one_day, is_over = len(data) == 1, all(complete)
    now = [_over_days(drawing, data[label].tolist(), complete) for _, label in fields]
    before: list[Share | None] = [None] * len(fields)
    if compared:
        then_complete = [row.complete for row in compared.rows]
        before = [
            _over_days(drawing, [getattr(row, name) for row in compared.rows], then_complete)
            for name, _ in fields
        ]
    if not any(share and share[0] for share in (*now, *before)) and is_over:
        return report.empty
    moves = [
        _move(label, share, was)
        for (_, label), share, was in zip(fields, now, before, strict=True)
        if share
    ]
    moves = [moves[0], *map(_lower, moves[1:])] if moves else [_NOT_OVER]
    sentence = _listed(moves) if compared else ", ".join(moves)
    if is_one_day:
        sentence += f" on {long_day(data['date'].iloc[0])}"
    elif now[0] and drawing.over_days == "mean":
        sentence = f"On average, {_lower(sentence)} a day"
    if not is_over and (is_one_day or drawing.over_days == "sum"):
        sentence += " so far"
    if compared and len(compared.rows) != len(data) and drawing.over_days == "sum":
        sentence += f" ({count(len(data), 'day')} against {number(len(compared.rows))})"
    return f"{sentence}{_peak(report, data, [label for _, label in fields])}."


def _over_days(drawing: Drawing, values: list[int], complete: list[bool]) -> Share | None:
    """One figure of a field's days as part and whole; None where no day is over yet."""
    if drawing.over_days == "sum" or len(values) == 1:
        return sum(values), 1
    if drawing.over_days == "last":
        return values[-1], 1
    over = [value for value, is_over in zip(values, complete, strict=True) if is_over]
    return (sum(over), len(over)) if over else None


def _move(label: str, now: Share, before: Share | None) -> str:
    value = now[0] if now[1] == 1 else rounded(*now)
    if before is None:
        return f"{label}: {number(value)}"
    was = before[0] if before[1] == 1 else rounded(*before)
    return f"{label} {moved(value, was, share_change(now, before))}"


def _peak(report: Report, data: pd.DataFrame, labels: list[str]) -> str:
    """Where the days of a series were highest; "" for one day, nothing, and running totals."""
    drawing = report.drawing
    shown = labels[:1] if drawing.panels else labels
    totals = data[shown].sum(axis=1).astype(int).tolist()
    top = max(totals)
    if drawing.over_days == "last" or len(totals) == 1 or top <= 0:
        return ""
    unit = f" {_lower(shown[0])}" if drawing.panels else " in all" if len(shown) > 1 else ""
    at = [day for day, total in zip(data["date"], totals, strict=True) if total == top]
    if len(at) == len(totals):
        return f"; every day had {number(top)}{unit}"
    has_years = data["date"].iloc[0].year != data["date"].iloc[-1].year
    where = long_day(at[0], year=has_years)
    if len(at) > 1:
        return f"; the peak of {number(top)}{unit} was reached on {len(at)} days, first {where}"
    return f"; the peak was {where} with {number(top)}{unit}"


def _cohorts_sentence(data: pd.DataFrame) -> str:
    share, _, users = BY_SLUG["cohorts"].drawing.fields.values()
    first = data.groupby("first_week", sort=False)[users].first()
    cohorts = count(len(first), "cohort")
    later = data[(data["week"] == 1) & data[share].notna()]
    if later.empty:
        people = count(int(first.sum()), "person", "people")
        return f"{cohorts} of {people} in all; no second week is over yet."
    top = later[share].max()
    if top == 0:
        return f"{cohorts}; nobody was active a week after the first."
    best = later[later[share] == top]
    weeks = _listed(best["first_week"].tolist())
    of = f"of its {count(int(best[users].iloc[0]), 'person', 'people')} " if len(best) == 1 else ""
    came = "The cohort" if len(best) == 1 else "The cohorts"
    return f"{came} from {weeks} came back best: {percent(top)} {of}were active a week later."


def _listed(words: Sequence[str]) -> str:
    """As a, b and c; of many the first three and how many more."""
    if len(words) > NAMED + 1:
        words = [*words[:NAMED], f"{len(words) - NAMED} more"]
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else str(last)


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
