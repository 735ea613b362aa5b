"""What the results of days share."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from analytics.fields import Meaning, Row
from analytics.format import short_day
from analytics.metrics.result import DrillThrough
from analytics.period import Period
from analytics.query import Query


class DayRow(Row):
    """A day of a series; a day is complete when it lies before today."""

    date: Annotated[datetime.date, Meaning("Day", "The local day in the reporting time zone.")]
    complete: Annotated[
        bool, Meaning("Complete", "Whether the day lies before today; later days are not over.")
    ]


def of_day(**counts: str) -> Callable[[Any, Query], DrillThrough]:
    """The drill-through of a day: the kinds of lists with the fields that count them."""

    def leads_to(row: Any, query: Query) -> DrillThrough:
        found = {kind: getattr(row, field) for kind, field in counts.items()}
        only = Period(row.date, row.date, query.period.today)
        key = (row.date.isoformat(),)
        return DrillThrough(short_day(row.date), found, replace(query, period=only), key)

    return leads_to
