"""The days that single figures of adoption are about: the complete ones, and those before them."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from analytics.fields import Meaning, Row
from analytics.format import days
from analytics.metrics.headline import BEFORE
from analytics.metrics.result import DrillThrough
from analytics.period import Period
from analytics.query import Query
from analytics.reading.cells import begins_late_enough
from analytics.reading.reader import Reader


def _day(label: str, said: str, *, is_compared: bool = False) -> Meaning:
    return Meaning(label, said, total="distinct", is_compared=is_compared)


class OfCompleteDays(Row):
    """A row of the complete days of a period, which names them and those that it compares with."""

    from_day: Annotated[
        datetime.date | None, _day("From", "The first complete day; none without one.")
    ]
    to_day: Annotated[datetime.date | None, _day("To", "The last complete day; none without one.")]
    complete: Annotated[bool, _day("Complete", "Whether all days of the period lie before today.")]
    previous_from_day: Annotated[
        datetime.date | None,
        _day(
            "From before",
            "The first of the days compared with; none where the data begin later.",
            is_compared=True,
        ),
    ]
    previous_to_day: Annotated[
        datetime.date | None,
        _day(
            "To before",
            "The last of the days compared with; none where the data begin after the first.",
            is_compared=True,
        ),
    ]


def days_before(reader: Reader, query: Query) -> Query | None:
    """What the question's complete days are compared with: the complete days of the period that it
    names, or as many days directly before.

    None without such days, and where they begin before the first active day of the whole database,
    as there is less in them than there was.
    """
    period = query.period
    end = period.start.toordinal() - 1
    start = end - period.complete_days + 1
    if query.against is not None:
        start, end = query.against.start.toordinal(), query.against.end.toordinal()
    if not period.complete_days or not begins_late_enough(reader, start):
        return None
    of = datetime.date.fromordinal
    return replace(query, period=Period(of(start), of(end), period.today)).complete


def own_days(query: Query, now: Query | None, before: Query | None) -> dict[str, Any]:
    """The fields of `OfCompleteDays`."""
    return {
        "from_day": now and now.period.start,
        "to_day": now and now.period.end,
        "complete": not query.period.includes_today,
        "previous_from_day": before and before.period.start,
        "previous_to_day": before and before.period.end,
    }


def noted(row: OfCompleteDays, note: str = "") -> str:
    """A card's note, and the days where they are not those of the page."""
    if row.complete or row.from_day is None or row.to_day is None:
        return note
    own = days(Period(row.from_day, row.to_day, datetime.date.max))
    return f"{note} \u00b7 {own}" if note else own


def leads_to_both(
    row: OfCompleteDays, query: Query, kind: str, now: int | None, before: int | None, **narrow: Any
) -> Sequence[DrillThrough]:
    """What a figure of a row counts, and the one it is compared with; `narrow` are filters."""
    found = [_of_days(query, row.from_day, row.to_day, "", kind, now, narrow)]
    if before is not None:
        days_then = row.previous_from_day, row.previous_to_day
        found.append(_of_days(query, *days_then, BEFORE, kind, before, narrow))
    return found


def _of_days(  # noqa: PLR0913, PLR0917
    query: Query,
    start: datetime.date | None,
    end: datetime.date | None,
    name: str,
    kind: str,
    number: int | None,
    narrow: dict[str, Any],
) -> DrillThrough:
    counts: dict[str, int | None] = {}
    if number and start and end:  # what counts nothing could be asked for what excludes itself
        counts[kind] = number
        period = Period(start, end, query.period.today)
        query = replace(query, period=period, against=None, **narrow)
    return DrillThrough(name, counts, query, is_before=bool(name))
