"""Who came, stayed, came back and left, a day at a time."""

from datetime import timedelta

from analytics.format import short_day
from analytics.metrics.intervals import IntervalRow, day_edges, interval_rows, lead_to
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.reader import Reader


def lifecycle_by_day(reader: Reader, query: Query) -> list[IntervalRow]:
    """What became of people, of each complete day of the period against the day before.

    New: active for the first time ever. Returning: active on the day before, too. Back: active
    earlier, but not on the day before. Gone: active on the day before, not on this one. None where
    the day before lies before anybody was active.
    """
    return interval_rows(reader, query, day_edges)


RESULT = Result(
    "lifecycle-by-day",
    "Lifecycle by day",
    "adoption/lifecycle/days",
    lifecycle_by_day,
    Drawing("table"),
    empty="No day of this period is over yet.",
    leads_to=lead_to(short_day, lambda day: day - timedelta(1)),
)
