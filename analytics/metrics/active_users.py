"""Daily active users."""

import datetime
from itertools import accumulate
from typing import Annotated

from analytics.arithmetic import rounded
from analytics.fields import Meaning
from analytics.metrics.days import DayRow, of_day
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.cells import first_active
from analytics.reading.figures import day_sums
from analytics.reading.reader import Reader

ROLLING_DAYS = 7


class ActiveUsersDay(DayRow):
    """Active users of a day and their rolling average."""

    active_users: Annotated[
        int,
        Meaning(
            "Active users",
            "People who started a conversation or sent a message that day.",
            total="distinct",
        ),
    ]
    average: Annotated[
        float | None,
        Meaning(
            "7-day average",
            "Mean of the 7 days that end on this one; none on a day that is not over, or before"
            " anybody was active.",
            total="distinct",
        ),
    ]


def active_users(reader: Reader, query: Query) -> list[ActiveUsersDay]:
    """Daily active users: people who started a conversation or sent a message that day.

    The rolling average is the mean of the 7 days that end on a complete day, days before the
    period included. Days before the first active day of the whole database don't count, and they
    and incomplete days have no average.
    """
    began = first_active(reader)
    by_day = day_sums(reader, query, "users", lead=ROLLING_DAYS - 1)
    first = next(iter(by_day)).toordinal()
    running = [0, *accumulate(users for (users,) in by_day.values())]

    def rolling(day: datetime.date) -> float | None:
        if began is None or day.toordinal() < began or day >= query.period.today:
            return None
        start = max(began, first, day.toordinal() - ROLLING_DAYS + 1)
        total = running[day.toordinal() - first + 1] - running[start - first]
        return rounded(total, day.toordinal() - start + 1)

    return [
        ActiveUsersDay(
            date=day,
            active_users=by_day[day][0],
            average=rolling(day),
            complete=day < query.period.today,
        )
        for day in query.period.dates()
    ]


RESULT = Result(
    "active-users",
    "Daily active users",
    "charts/activity",
    active_users,
    Drawing(
        "lines",
        "date",
        (
            "active_users",
            "average",
        ),
        thin=("active_users",),
    ),
    leads_to=of_day(people="active_users"),
)
