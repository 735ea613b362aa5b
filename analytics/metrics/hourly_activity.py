"""At which hours of the day people write."""

from dataclasses import replace
from typing import Any

from analytics.arithmetic import average
from analytics.fields import Row
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query
from analytics.reading.figures import hourly
from analytics.reading.reader import Reader

HOURS = range(24)


class HourlyActivity(Row):
    """Mean messages per complete day in an hour of the day, 0-23."""

    hour: int
    value: float | None


def hourly_activity(reader: Reader, query: Query) -> list[HourlyActivity]:
    """Messages per hour of the day, averaged over the complete days of the period; 24 rows.

    None where the period has no complete day.
    """
    messages, days = hourly(reader, query), query.period.complete_days
    return [HourlyActivity(hour=hour, value=average(messages.get(hour, 0), days)) for hour in HOURS]


def _leads_to(row: Any, query: Query) -> DrillThrough:
    name = f"{row.hour:02}:00\u2013{row.hour:02}:59"
    # The figure is a mean a day: the list says how many there are.
    counts = {"messages": None if row.value else 0}
    return DrillThrough(name, counts, replace(query, hour=row.hour), (str(row.hour),))


RESULT = Result(
    "hourly-activity",
    "Hourly activity",
    "charts/hourly-activity",
    hourly_activity,
    Drawing("columns", "hour", {"value": "Messages per day"}, x_title="Hour of day"),
    leads_to=_leads_to,
)
