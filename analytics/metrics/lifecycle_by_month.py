"""Who came, stayed, came back and left, a month at a time."""

from datetime import timedelta

from analytics.metrics.intervals import IntervalRow, interval_rows, lead_to, month_edges
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.reader import Reader


def lifecycle_by_month(reader: Reader, query: Query) -> list[IntervalRow]:
    """What became of people, of each calendar month that overlaps the complete days of the period.

    Months are whole; the running one has its complete days so far. New: active for the first time
    ever. Returning: active in the month before, too. Back: active earlier, but not in the month
    before. Gone: active in the month before, not in this one; none while it runs. None of them
    where the month before begins before anybody was active: everybody would look new.
    """
    return interval_rows(reader, query, month_edges)


RESULT = Result(
    "lifecycle-by-month",
    "Lifecycle by month",
    "adoption/lifecycle/months",
    lifecycle_by_month,
    Drawing("table"),
    empty="No day of this period is over yet.",
    leads_to=lead_to(
        lambda first: f"{first:%B} {first.year}",
        lambda first: (first - timedelta(1)).replace(day=1),
    ),
)
