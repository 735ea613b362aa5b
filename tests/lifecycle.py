"""The lifecycle once more, in plain loops over the days of every user."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from analytics.query import Query
from tests.oracle import Oracle, Row

Days = tuple[date, date]  # first and last
FIELDS = ("active_users", "new", "returning", "back", "gone", "active_before")


def complete(query: Query) -> list[date]:
    """The complete days of the period."""
    period = query.period
    days = ((period.end - period.start).days + 1) if period.end >= period.start else 0
    return [
        period.start + timedelta(n)
        for n in range(days)
        if period.start + timedelta(n) < period.today
    ]


def became(oracle: Oracle, query: Query, before: int, days: Days, *, over: bool = True) -> Row:
    """What became of people on these days, against those from the ordinal `before` on."""
    left = oracle.left(query)
    people = left.chosen(query)
    first, last = (day.toordinal() for day in days)
    counted = {"new": 0, "returning": 0, "back": 0, "gone": 0}
    active = active_before = 0
    for user in people:
        seen = {day.toordinal() for day in left.active_days[user]}
        inside = any(first <= day <= last for day in seen)
        was = any(before <= day < first for day in seen)
        active += inside
        active_before += was
        if inside:
            earlier = any(day < before for day in seen)
            counted["returning" if was else "back" if earlier else "new"] += 1
        elif was:
            counted["gone"] += 1
    began = oracle.first_active_day
    if began is None or before < began.toordinal():
        return {"active_users": active, **dict.fromkeys(FIELDS[1:])}
    gone = counted["gone"] if over else None
    return {"active_users": active, **counted, "gone": gone, "active_before": active_before}


def rows_of(
    oracle: Oracle, query: Query, interval: Callable[[date], tuple[int, date, int]]
) -> list[dict[str, Any]]:
    """A row an interval of the complete days: `interval` has the ordinal of the first day of the
    one before, its first day, and the ordinal of its last day, by any of its days."""
    rows = []
    for before, first, end in dict.fromkeys(map(interval, complete(query))):
        over = end < query.period.today.toordinal()
        last = date.fromordinal(end) if over else query.period.today - timedelta(1)
        rows.append(
            {"from_day": first, "to_day": last, "complete": over,
             **became(oracle, query, before, (first, last), over=over)}
        )  # fmt: skip
    return rows


def adds_up(rows: Iterable[Any]) -> bool:
    """Whether active users, and their change, are sums of the groups, where there are any."""
    return all(
        row.new is None
        or (
            row.active_users == row.new + row.returning + row.back
            and (
                row.gone is None
                or row.active_users - row.active_before == row.new + row.back - row.gone
            )
        )
        for row in rows
    )
