"""Who came, stayed, came back and left, a week at a time."""

from datetime import timedelta

from analytics.format import day
from analytics.metrics.intervals import IntervalRow, interval_rows, lead_to, week_edges
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.reader import Reader


def lifecycle_by_week(reader: Reader, query: Query) -> list[IntervalRow]:
    """What became of people, of each week that overlaps the complete days of the period.

    Weeks run Monday to Sunday, at full length; the running one has its complete days so far. New:
    active for the first time ever. Returning: active in the week before, too. Back: active
    earlier, but not in the week before. Gone: active in the week before, not in this one; none
    while it runs. None of them where the week before begins before anybody was active: everybody
    would look new.
    """
    return interval_rows(reader, query, week_edges)


RESULT = Result(
    "lifecycle-by-week",
    "Lifecycle by week",
    "adoption/lifecycle/weeks",
    lifecycle_by_week,
    Drawing(
        "columns",
        "from_day",
        ("new", "returning", "back", "gone"),
        below=("gone",),
    ),
    empty="No day of this period is over yet.",
    leads_to=lead_to(lambda monday: f"Week from {day(monday)}", lambda day: day - timedelta(7)),
)
