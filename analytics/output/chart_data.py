"""The rows of a registered result as its chart draws them, and as a table."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from analytics.fields import Row
from analytics.format import compared_name, short_day
from analytics.metrics.result import Result
from analytics.query import NAMELESS, NO_ORGANIZATION, Query, filter_label
from analytics.reading.filter_texts import NO_TOPIC, NO_TYPE
from analytics.untrusted import printable, unescaped

POSITION = "position"  # of a mark's row in the result, which a picked one says
BAR = "bar"  # a bar's own place: names that read the same don't share one
TOTAL_THEN = "total_then"
NOTES = "notes"  # the titles of a day's notes, where a chart has notes
_UNNAMED = {"topic": NO_TOPIC, "document_type": NO_TYPE, "name": NO_ORGANIZATION}


@dataclass(frozen=True)
class Compared:
    """What a chart over days is compared with: its name, its rows, and how many days earlier they
    stand beside the chart's own (see `Period.shift_to`)."""

    name: str
    rows: Sequence[Any]
    shift: int


@dataclass(frozen=True)
class Column:
    """A column of a chart's table: its name in the chart's data, its head for people, and the
    field whose values it has, "" for what is written across."""

    name: str
    head: str
    field: str = ""


def drawn_fields(result: Result) -> Mapping[str, str]:
    """The fields that a chart shows, in their order, with what people call them."""
    return {name: result.fields[name].label for name in result.drawing.fields}


def across(result: Result) -> str:
    """What people call what is written across a chart; the names beside bars need no other word."""
    drawing = result.drawing
    return "Name" if drawing.mark == "bars" else result.fields[drawing.x].label


def then(name: str) -> str:
    """The column of the compared days that stands beside one of the chart's own."""
    return f"{name}_then"


def then_label(label: str) -> str:
    """What people call a field of the compared days."""
    return f"{label} then"


def compared_with(
    result: Result, query: Query, rows: Callable[[Query], Sequence[Row]]
) -> Compared | None:
    """What the chart of a question stands beside, its rows fetched with `rows`.

    None where it doesn't run over days.
    """
    if result.drawing.x != "date":
        return None
    before = query.previous
    shift = query.period.shift_to(before.period)
    return Compared(compared_name(query), rows(before), shift)


def chart_data(
    result: Result, found: Sequence[Any], compared: Compared | None = None
) -> pd.DataFrame:
    """The rows, a column a field; days in UTC, so that no browser shifts them.

    Names are made printable, and read as filters name them, so that no name reads as none.
    With `compared`, days have "day_then", the day they stand beside, and that day's fields under
    their names with "_then": missing where the compared period has no such day or it is not over
    yet.
    """
    drawing = result.drawing
    rows = [one.model_dump() for one in found]
    if drawing.mark == "bars":
        names = [printable(filter_label(row[drawing.x], _unnamed(row, drawing.x))) for row in rows]
        shown = Counter(map(unescaped, names))
        for n, (row, name) in enumerate(zip(rows, names, strict=True)):
            # Two that would read alike are written as they are stored.
            read = name if shown[unescaped(name)] > 1 else unescaped(name)
            row |= {drawing.x: read, BAR: f"{n}|{name}"}
    data = pd.DataFrame(rows)
    if data.empty:
        return data
    if drawing.x == "date":
        if compared is not None:
            _add_compared(result, data, compared)
        # Written here: a browser's tooltip would write the day of its own time zone.
        data["day"] = [short_day(one) for one in data["date"]]
        data["date"] = _moments(data["date"])
        last_complete = data.index[data["complete"]].max() if data["complete"].any() else -1
        # The dashed stretch starts on the last complete day, so that the line has no gap.
        data["tail"] = data.index >= last_complete if not data["complete"].all() else False
    if drawing.below:
        days = zip(data["from_day"], data["to_day"], strict=True)
        data["day"] = [f"{short_day(first)} \u2013 {short_day(last)}" for first, last in days]
        data["date"], data["to_day"] = _moments(data["from_day"]), _moments(data["to_day"])
        data["until"] = data["date"] + timedelta(7)
    if drawing.mark == "heatmap":
        data["monday"] = _moments(data["first_week"])
        data["first_week"] = data["monday"].dt.strftime("%d %b %Y")
        data = data[data["week"].notna()]
    if drawing.mark == "bars" and drawing.x in _UNNAMED:  # steps stay in their order
        longest = next(iter(drawn_fields(result)))
        data = data.sort_values(longest, ascending=False, kind="stable")
    if drawing.x != "date":
        data[POSITION] = data.index
    return data


def _unnamed(row: Mapping[str, Any], name: str) -> str:
    """What is written where a row has no name, by what kind of thing it is."""
    return NAMELESS.get(str(row.get("kind")), _UNNAMED.get(name, ""))


def table_columns(
    result: Result, compared: Compared | None = None, *, noted: bool = False
) -> list[Column]:
    """The columns of a chart's table: what is written across, what is drawn, and the notes."""
    drawing = result.drawing
    shown = [Column(name, label, name) for name, label in drawn_fields(result).items()]
    if drawing.x == "date":
        columns = [Column("date", "Day"), *shown]
        if compared is not None:
            columns.append(Column(then("date"), compared.name))
            columns += [Column(then(one.name), then_label(one.head), one.name) for one in shown]
        return [*columns, Column(NOTES, "Notes")] if noted else columns
    first = Column(drawing.x, across(result))
    if drawing.mark == "heatmap":
        return [Column("monday", "First week from"), first, *shown]
    if drawing.below:
        return [Column("date", "From"), Column("to_day", "To"), *shown]
    return [first, *shown]


def table_data(
    result: Result, data: pd.DataFrame, compared: Compared | None = None
) -> pd.DataFrame:
    """The chart's rows as a table for people. Days are dates, so that they sort as such."""
    shown = table_columns(result, compared, noted=NOTES in data)
    columns = {one.name: one.head for one in shown}
    return data[list(columns)].rename(columns=columns)


def _add_compared(result: Result, data: pd.DataFrame, compared: Compared) -> None:
    """Fill in the columns of the compared days, the days still being dates."""
    over = {row.date: row for row in compared.rows if row.complete}
    beside = [over.get(_days_before(day, compared.shift)) for day in data["date"]]
    data[then("day")] = [short_day(row.date) if row else None for row in beside]
    data[then("date")] = _moments([row.date if row else None for row in beside])
    for name in drawn_fields(result):
        data[then(name)] = [getattr(row, name) if row else None for row in beside]
    if result.drawing.mark == "columns":
        data[TOTAL_THEN] = data[[*map(then, drawn_fields(result))]].sum(axis=1, min_count=1)


def _moments(days: Iterable[date | None]) -> pd.Series:
    """Days as moments in UTC, of whatever years."""
    moments: pd.Series = pd.Series(list(days), dtype="datetime64[ms]").dt.tz_localize("UTC")
    return moments


def _days_before(day: date, days: int) -> date | None:
    number = day.toordinal() - days
    return date.fromordinal(number) if 1 <= number <= date.max.toordinal() else None
