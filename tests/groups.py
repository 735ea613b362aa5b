"""The groups of adoption once more, in plain loops over the days of a user.

`oracle` is what the event filters leave; a group is of the complete days of the period.
"""

from collections.abc import Callable
from dataclasses import replace
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


def last_28_days(oracle: Oracle, query: Query, user: str) -> list[int]:
    """How many days before the last complete day of the period a user was active, below 28."""
    start, end = (day.toordinal() for day in spans(query)[0])
    days = (end - day.toordinal() for day in oracle.active_days[user])
    return [ago for ago in days if 0 <= ago < 28] if start <= end else []


def _tier(oracle: Oracle, query: Query, user: str) -> str:
    """The tier of a user; "" for who wasn't active."""
    days = last_28_days(oracle, query, user)
    if {ago // 7 for ago in days} != {0, 1, 2, 3}:
        return "occasional" if days else ""
    return "most_days" if len(days) >= 12 else "weekly"


def _started(oracle: Oracle, query: Query, user: str) -> int:
    """The conversations that a user started in the 28 days."""
    start, end = (day.toordinal() for day in spans(query)[0])
    days = [event.day for event in oracle.events["sessions"] if event.user_id == user]
    return sum(0 <= end - day.toordinal() < 28 for day in days) if start <= end else 0


def _busiest(oracle: Oracle, query: Query) -> set[str]:
    """Of the users whom the other filters leave, the fewest who started half; ties by id."""
    others = oracle.group(replace(query, group="", since=None))
    started = {user: _started(oracle, query, user) for user in others}
    ranked = sorted(others, key=lambda user: (-started[user], user))
    found: set[str] = set()
    while sum(started[user] for user in found) * 2 < sum(started.values()):
        found.add(ranked[len(found)])
    return found


GROUPS |= {
    "most_days": lambda *asked: _tier(*asked) == "most_days",
    "weekly": lambda *asked: _tier(*asked) == "weekly",
    "occasional": lambda *asked: _tier(*asked) == "occasional",
    "starters": lambda *asked: _started(*asked) > 0,
    "busiest": lambda oracle, query, user: user in _busiest(oracle, query),
}
