"""The groups of adoption once more, in plain loops over the days of a user.

`oracle` is what the event filters leave; a group is of the complete days of the period.
"""

from collections.abc import Callable
from datetime import date, timedelta

from analytics.query import Query
from tests.oracle import Oracle


def spans(query: Query) -> tuple[tuple[date, date], tuple[date, date]]:
    """First and last day of the complete days of the period, and of the days before them."""
    period = query.period
    end = min(period.end, period.today - timedelta(1))
    since = query.since or period.start - ((end - period.start) + timedelta(1))
    return (period.start, end), (since, period.start - timedelta(1))


def _moved(oracle: Oracle, query: Query, user: str) -> str:
    """What became of a user: new, returning, back or gone; "" for neither."""
    (start, end), (since, until) = spans(query)
    days = oracle.active_days[user]
    inside = any(start <= day <= end for day in days)
    before = any(since <= day <= until for day in days)
    if not inside:
        return "gone" if before else ""
    if before:
        return "returning"
    return "back" if min(days) < start else "new"


GROUPS: dict[str, Callable[[Oracle, Query, str], bool]] = {
    "new": lambda *asked: _moved(*asked) == "new",
    "returning": lambda *asked: _moved(*asked) == "returning",
    "back": lambda *asked: _moved(*asked) == "back",
    "gone": lambda *asked: _moved(*asked) == "gone",
}
