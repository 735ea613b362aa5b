"""How many people are active within 1, 7 and 28 days."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

from analytics.fields import Meaning
from analytics.format import count, short_day
from analytics.metrics.days import DayRow
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.period import Period
from analytics.query import Query
from analytics.reading import figures
from analytics.reading.cells import first_active
from analytics.reading.reader import Reader

LENGTHS = (28, 7, 1)


def _within(days: int) -> Meaning:
    said = f"Distinct active users of the {count(days, 'day')} up to this one"
    lacks = "none while it is not over, and where they begin before anybody was active."
    return Meaning(f"Within {count(days, 'day')}", f"{said}; {lacks}", total="last")


class RollingUsersDay(DayRow):
    """Distinct active users of the days that end on this one."""

    users_28_days: Annotated[int | None, _within(28)]
    users_7_days: Annotated[int | None, _within(7)]
    users_1_day: Annotated[int | None, _within(1)]


def rolling_users(reader: Reader, query: Query) -> list[RollingUsersDay]:
    """Distinct active users of the 28, 7 and 1 days that end on each complete day of the period.

    Days before the period count too. None where the days begin before anybody was active (filters
    ignored), and on days that are not over.
    """
    began = first_active(reader)
    found = figures.rolling_users(reader, query, LENGTHS)
    rows = []
    for day in query.period.dates():
        reaches = day.toordinal() - began + 1 if began and day in found else 0
        known = [
            users if length <= reaches else None
            for length, users in zip(LENGTHS, found.get(day, LENGTHS), strict=True)
        ]
        rows.append(
            RollingUsersDay(
                date=day,
                users_28_days=known[0],
                users_7_days=known[1],
                users_1_day=known[2],
                complete=day < query.period.today,
            )
        )
    return rows


def _leads_to(row: Any, query: Query) -> DrillThrough:
    figures = (row.users_28_days, row.users_7_days, row.users_1_day)
    windows = [
        DrillThrough(
            f"Within {count(length, 'day')}",
            {"people": users},
            replace(
                query, period=Period(row.date - timedelta(length - 1), row.date, query.period.today)
            ),
        )
        for length, users in zip(LENGTHS, figures, strict=True)
        if users is not None
    ]
    return DrillThrough(
        short_day(row.date), {}, query, (row.date.isoformat(),), more=tuple(windows)
    )


RESULT = Result(
    "rolling-users",
    "Active users within 28, 7 and 1 days",
    "adoption/rolling-users",
    rolling_users,
    Drawing(
        "lines",
        "date",
        ("users_28_days", "users_7_days", "users_1_day"),
        thin=("users_1_day",),
        as_of=True,
    ),
    empty="Nobody was active within these days, as far as the data reach back.",
    leads_to=_leads_to,
)
