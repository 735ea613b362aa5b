"""What the results of days, weeks and months share, of people who came, stayed and left."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from analytics.fields import Meaning, Row
from analytics.metrics.result import DrillThrough
from analytics.period import Period
from analytics.query import Query
from analytics.reading.cells import first_active
from analytics.reading.figures import moved
from analytics.reading.lifecycle import Moved
from analytics.reading.reader import Reader

GROUPS = ("new", "returning", "back", "gone")
_LAST_DAY = datetime.date.max.toordinal()


class LifecycleFields(Row):
    """What became of people; None where the days before begin before anybody was active."""

    active_users: Annotated[
        int | None,
        Meaning(
            "Active users",
            "People who started a conversation or sent a message on these days.",
            total="distinct",
        ),
    ]
    new: Annotated[int | None, Meaning("New", "Active for the first time ever.", total="distinct")]
    returning: Annotated[
        int | None,
        Meaning("Returning", "Active on these days and on those before.", total="distinct"),
    ]
    back: Annotated[
        int | None,
        Meaning("Back", "Active earlier, but not on the days before.", total="distinct"),
    ]
    gone: Annotated[
        int | None,
        Meaning(
            "Gone",
            "Active on the days before, not on these; none while they are not over.",
            total="distinct",
        ),
    ]
    active_before: Annotated[
        int | None,
        Meaning("Active before", "Active users of the days before.", total="distinct"),
    ]


class Dates(Row):
    """The days of an interval."""

    from_day: Annotated[datetime.date, Meaning("From", "The first day.")]
    to_day: Annotated[
        datetime.date, Meaning("To", "The last day; yesterday while the interval runs.")
    ]
    complete: Annotated[bool, Meaning("Complete", "Whether the whole interval lies before today.")]


# Pydantic puts the fields of the last base first: dates before people.
class IntervalRow(LifecycleFields, Dates):
    """What became of people in a day, a week or a month, against the one before."""


def day_edges(start: int, end: int) -> list[int]:
    """The first days of all days from `start` to `end`, of the one before and of the one after."""
    return list(range(start - 1, end + 2))


def week_edges(start: int, end: int) -> list[int]:
    """The Mondays of the weeks from `start` to `end`, of the one before and of the one after."""
    first = start - (start - 1) % 7  # ordinal 1 is a Monday
    return list(range(first - 7, end + 7 - (end - 1) % 7 + 1, 7))


def month_edges(start: int, end: int) -> list[int]:
    """The first days of the months from `start` to `end`, of the one before and of that after."""
    first = start - datetime.date.fromordinal(start).day + 1
    edges = [_first_of_month(first - 1) if first > 1 else -30, first]
    while edges[-1] <= end:
        # 31 days on lies in the next month, whatever day that is
        edges.append(
            _first_of_month(edges[-1] + 31) if edges[-1] + 31 <= _LAST_DAY else _LAST_DAY + 1
        )
    return edges


def _first_of_month(day: int) -> int:
    return day - datetime.date.fromordinal(day).day + 1


def interval_rows(
    reader: Reader, query: Query, edges_of: Callable[[int, int], list[int]]
) -> list[IntervalRow]:
    """What became of people in each interval that overlaps the complete days of the period."""
    period = query.period
    if not period.complete_days:
        return []
    edges = edges_of(period.start.toordinal(), period.complete_end.toordinal())
    over = edges[-1] <= period.today.toordinal()
    cut = [*edges[:-1], min(edges[-1], period.today.toordinal())]
    began = first_active(reader)
    found = moved(reader, query, cut)
    rows = []
    for n, one in enumerate(found, 1):
        complete = over or n < len(found)
        rows.append(
            IntervalRow(
                from_day=datetime.date.fromordinal(cut[n]),
                to_day=datetime.date.fromordinal(cut[n + 1] - 1),
                complete=complete,
                **told(one, known=began is not None and began <= cut[n - 1], over=complete),
            )
        )
    return rows


def told(one: Moved, *, known: bool, over: bool = True) -> dict[str, int | None]:
    """The fields of `LifecycleFields`: those before are `known`, the days are `over` or not."""
    return {
        "active_users": one.active,
        "new": one.new if known else None,
        "returning": one.returning if known else None,
        "back": one.back if known else None,
        "gone": one.gone if known and over else None,
        "active_before": one.returning + one.gone if known else None,
    }


def lead_to(
    named: Callable[[datetime.date], str], before: Callable[[datetime.date], datetime.date]
) -> Callable[[Any, Query], DrillThrough]:
    """The drill-through of an interval: its people, and those of each group.

    `named` is how the interval is called, `before` the first day of the one before, by its own.
    """

    def leads_to(row: Any, query: Query) -> DrillThrough:
        days = Period(row.from_day, row.to_day, query.period.today)
        inside = replace(query, period=days)
        since = before(row.from_day) if row.new is not None else None
        groups = [
            DrillThrough(
                name.capitalize(),
                {"people": getattr(row, name)},
                replace(inside, group=name, since=since),
            )
            for name in GROUPS
            if getattr(row, name) is not None
        ]
        return DrillThrough(
            named(row.from_day),
            {"people": row.active_users},
            inside,
            (row.from_day.isoformat(),),
            more=tuple(groups),
        )

    return leads_to
