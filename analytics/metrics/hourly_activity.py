"""At which hours of the day people write."""

from dataclasses import replace
from typing import Annotated, Any

from analytics.arithmetic import average
from analytics.fields import Meaning, Row
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query
from analytics.reading.figures import hourly
from analytics.reading.reader import Reader

HOURS = range(24)


class HourlyActivity(Row):
    """Mean messages per complete day in an hour of the day, 0-23."""

    hour: Annotated[int, Meaning("Hour of day", "The local hour, 0 to 23.")]
    value: Annotated[
        float | None,
        Meaning(
            "Messages per day",
            "Messages in this hour, per complete day of the period; none without such a day.",
            total="distinct",
        ),
    ]


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
    Drawing("columns", "hour", ("value",)),
    leads_to=_leads_to,
)
