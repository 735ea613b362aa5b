"""Twin installations."""

from dataclasses import replace
from itertools import accumulate
from typing import Annotated

from analytics.fields import Meaning
from analytics.metrics.days import DayRow
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.figures import day_sums, installations_until
from analytics.reading.reader import Reader


class InstallationsDay(DayRow):
    """Twins installed up to the end of a day."""

    installations: Annotated[
        int,
        Meaning(
            "Twins installed",
            "Twins created up to the end of the day, by their owner's organization.",
            total="last",
        ),
    ]


def installations(reader: Reader, query: Query) -> list[InstallationsDay]:
    """Twins created up to the end of each day, cumulative, by their owner's organization."""
    created = day_sums(reader, query, "installations")
    first_day = replace(query, period=replace(query.period, end=query.period.start))
    first = installations_until(reader, first_day)
    running = accumulate((new for (new,) in list(created.values())[1:]), initial=first)
    return [
        InstallationsDay(date=day, installations=count, complete=day < query.period.today)
        for day, count in zip(created, running, strict=True)
    ]


RESULT = Result(
    "installations",
    "Twin installations",
    "charts/installations",
    installations,
    Drawing("lines", "date", ("installations",)),
)
