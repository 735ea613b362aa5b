"""The groups of adoption once more, in plain loops over the days of a user.

`oracle` is what the event filters leave; a group is of the complete days of the period.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from analytics.query import Query
from tests.metrics.test_reach import users
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


def _is_account(oracle: Oracle, query: Query, user: str) -> bool:
    return user in oracle.accounts_of({user}, spans(query)[0][1])


def _was_active(oracle: Oracle, query: Query, user: str) -> bool:
    return user in oracle.ever_active({user}, spans(query)[0][1])


def due_days(oracle: Oracle, query: Query) -> tuple[date, date] | None:
    """The creation days of accounts whose 28 days end in the period, since the data begin."""
    (start, end), _ = spans(query)
    begin = oracle.first_active_day
    if begin is None or end < start or (end - begin).days < 28:
        return None
    return max(begin, date.fromordinal(max(1, start.toordinal() - 28))), end - timedelta(28)


def steps_of(oracle: Oracle, query: Query, user: str) -> dict[str, int]:
    """The steps that a user's account reached within 28 days, with the day of each; empty where
    those days don't end in the period, or the account is older than the data."""
    created, due = oracle.created[user], due_days(oracle, query)
    if created is None or due is None or not due[0] <= created <= due[1]:
        return {}
    days = sorted(oracle.active_days[user])
    drafted = [event.day for event in oracle.events["documents"] if event.user_id == user]
    again = [day for day in days if (day - days[0]).days >= 7]
    when = {"due": [created], "used": days, "drafted": drafted, "came_again": again}
    lags = {step: max(0, (min(found) - created).days) for step, found in when.items() if found}
    return {step: lag for step, lag in lags.items() if lag < 28}


GROUPS: dict[str, Callable[[Oracle, Query, str], bool]] = {
    "new": lambda *asked: _moved(*asked) == "new",
    "returning": lambda *asked: _moved(*asked) == "returning",
    "back": lambda *asked: _moved(*asked) == "back",
    "gone": lambda *asked: _moved(*asked) == "gone",
    "accounts": _is_account,
    "ever_active": _was_active,
    "never_active": lambda *asked: _is_account(*asked) and not _was_active(*asked),
    "activation_due": lambda *asked: "due" in steps_of(*asked),
    "activation_used": lambda *asked: "used" in steps_of(*asked),
    "activation_drafted": lambda *asked: "drafted" in steps_of(*asked),
    "activation_came_again": lambda *asked: "came_again" in steps_of(*asked),
    "used_others_twin": lambda oracle, query, user: user in users(oracle, *spans(query)[0])[0],
    "drafted": lambda oracle, query, user: user in users(oracle, *spans(query)[0])[1],
    "retrieved": lambda oracle, query, user: user in users(oracle, *spans(query)[0])[2],
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
    "every_week": lambda *asked: _tier(*asked) in ("most_days", "weekly"),
    "weekly": lambda *asked: _tier(*asked) == "weekly",
    "occasional": lambda *asked: _tier(*asked) == "occasional",
    "starters": lambda *asked: _started(*asked) > 0,
    "busiest": lambda oracle, query, user: user in _busiest(oracle, query),
}
