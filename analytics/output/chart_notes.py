"""Notes on charts over days: a line for one day, a band for several, told with the day.

They come to a chart after its spec, which is made once and holds no data: titles are other people's
words, so they are values of the chart's data, never parts of its expressions.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from analytics.app.notes import Note
from analytics.format import count, days
from analytics.metrics.result import Result
from analytics.output.chart_data import NOTES
from analytics.output.theme import LABEL_SIZE, theme
from analytics.period import Period
from analytics.query import Query
from analytics.reading.notes import listed, notes_of, titles_on
from analytics.untrusted import printable

NOTED = "noted"  # a row's day with its titles, for the tooltip
UNTIL = "until"  # the column with the day after a row's last one, where rows are weeks
_DAY = timedelta(1)
_PLACED = ("timeUnit", "bin", "bandPosition")  # how a chart places its own rows on the axis
_SAID = 10  # notes that a sentence names
_MS = 86_400_000
_EPOCH = date(1970, 1, 1)


def notes_on(result: Result, notes: Iterable[Note], query: Query) -> tuple[Note, ...]:
    """The notes that stand on a result's chart of a question; none where it isn't over days."""
    drawing, fields = result.drawing, result.row.model_fields
    is_dated = drawing.mark in ("lines", "columns") and fields[drawing.x].annotation is date
    return notes_of(notes, query) if is_dated else ()


def add_titles(data: pd.DataFrame, notes: Sequence[Note], last: date) -> None:
    """Fill in the columns of titles.

    A row stands for the days up to the next row's, or the `last`; before its own "until", if it has
    one.
    """
    starts = [moment.date() for moment in data["date"]]
    ends = [*(start - _DAY for start in starts[1:]), max(last, starts[-1])]
    if UNTIL in data:
        ends = [moment.date() - _DAY for moment in data[UNTIL]]
    titles = [
        [*map(printable, titles_on(notes, at, end))] for at, end in zip(starts, ends, strict=True)
    ]
    data[NOTES] = [listed(each) for each in titles]
    data[NOTED] = [
        f"{day} · {_counted(each)}{listed(each)}" if each else day
        for day, each in zip(data["day"], titles, strict=True)
    ]


def _counted(titles: Sequence[str]) -> str:
    return f"{count(len(titles), 'note')}: " if len(titles) > 1 else ""


def sentence(notes: Sequence[Note]) -> str:
    """The notes in words, the earliest first; "" for none."""
    told = [
        f"{printable(note.title)} ({days(Period(note.first, note.last, note.last))})"
        for note in reversed(notes)
    ]
    more = [f"{len(told) - _SAID} more"] if len(told) > _SAID else []
    return f"Notes: {', '.join([*told[:_SAID], *more])}." if told else ""


def with_notes(
    specs: Sequence[dict[str, Any]],
    result: Result,
    data: pd.DataFrame,
    notes: Sequence[Note],
    *,
    dark: bool,
) -> list[dict[str, Any]]:
    """The specs of a chart with its notes behind everything else; themselves where there are none.

    Marks end with the chart's days, which they must not stretch.
    """
    if not notes or data.empty:
        return [*specs]
    first, last = _day(data["date"].min()), _day(data["date"].max())
    if UNTIL in data:
        last = _day(data[UNTIL].max()) - 1
    spans = [
        (max(first, (note.first - _EPOCH).days), min(last, (note.last - _EPOCH).days))
        for note in notes
    ]
    # Before the first day or after the last one are days that such a chart has no place for.
    spans = [(min(start, last), max(end, first)) for start, end in spans]
    is_columns = result.drawing.mark == "columns"
    return [
        {
            **spec,
            "layer": [
                *_marks(spans, spec, is_columns=is_columns, dark=dark),
                *map(_telling, spec["layer"]),
            ],
        }
        for spec in specs
    ]


def _day(moment: pd.Timestamp) -> int:
    return (moment.date() - _EPOCH).days


def _marks(
    spans: Sequence[tuple[int, int]], spec: dict[str, Any], *, is_columns: bool, dark: bool
) -> list[dict[str, Any]]:
    ink, middle = theme(dark=dark).muted, 0.5 if is_columns else 0  # of a day's column
    across = spec["layer"][-1]["encoding"]["x"]
    x = {name: value for name, value in across.items() if name not in _PLACED}

    def layer(
        mark: dict[str, Any], values: list[dict[str, Any]], **encoding: Any
    ) -> list[dict[str, Any]]:
        made = {"mark": mark, "data": {"values": values}, "encoding": {"x": x, **encoding}}
        return [made] if values else []

    bands = [
        {"date": start * _MS, UNTIL: (end + is_columns) * _MS}
        for start, end in spans
        if start < end
    ]
    lines = [{"date": (start + middle) * _MS} for start, end in spans if start == end]
    return [
        *layer({"type": "rect", "color": ink, "opacity": 0.16}, bands, x2={"field": UNTIL}),
        *layer({"type": "rule", "color": ink, "strokeWidth": 1, "strokeDash": [3, 2]}, lines),
        *layer(
            {"type": "text", "color": ink, "fontSize": LABEL_SIZE - 1, "align": "left",
             "baseline": "top", "dx": 3},
            [
                {"date": (start + middle) * _MS, "notes": str(number)}
                for start, number in _several(spans)
            ],
            y={"value": 0},
            text={"field": "notes", "type": "nominal"},
        ),
    ]  # fmt: skip


def _several(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where several notes share days, and how many: at each day from which it is another number."""
    changes = sorted({start for start, _ in spans} | {end + 1 for _, end in spans})
    numbers = [sum(start <= day <= end for start, end in spans) for day in changes]
    return [(day, number) for day, number in zip(changes, numbers, strict=True) if number > 1]


def _telling(layer: dict[str, Any]) -> dict[str, Any]:
    """A layer whose tooltip tells the notes of its day."""
    tips = layer.get("encoding", {}).get("tooltip")
    if not isinstance(tips, list):
        return layer
    told = [{**tip, "field": NOTED} if tip.get("field") == "day_told" else tip for tip in tips]
    return {**layer, "encoding": {**layer["encoding"], "tooltip": told}}
