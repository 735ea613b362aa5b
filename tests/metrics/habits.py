"""Habits of 28 days in plain loops over the days of each person, and rows worked out by hand."""

from collections.abc import Iterable
from datetime import date, timedelta

from analytics.query import Query
from tests.databases import Raw, a_message, a_session, a_user
from tests.oracle import Oracle

DAYS = timedelta(27)
TIERS = ("most_days", "weekly", "occasional")
Span = tuple[date, date]


def last_complete(query: Query) -> date | None:
    """The last complete day of the period."""
    end = min(query.period.end, query.period.today - timedelta(1))
    return end if end >= query.period.start else None


def days_to(oracle: Oracle, end: date | None) -> Span | None:
    """The 28 days that end on a day; none where they begin before anybody was active."""
    first = oracle.first_active_day
    if end is None or first is None or (end - first).days < DAYS.days:
        return None
    return end - DAYS, end


def spans(oracle: Oracle, query: Query) -> tuple[Span | None, Span | None]:
    """The 28 days of a question, and the 28 before."""
    now = days_to(oracle, last_complete(query))
    if now is None or now[0] == date.min:
        return now, None
    return now, days_to(oracle, now[0] - timedelta(1))


def days_in(oracle: Oracle, user: str, span: Span) -> list[date]:
    """The active days of a person in a span."""
    return [day for day in oracle.active_days[user] if span[0] <= day <= span[1]]


def tier(days: Iterable[date], end: date) -> str:
    """The tier of somebody with these active days in the 28 to `end`; "" without any."""
    days = list(days)
    blocks = {(end - day).days // 7 for day in days}
    if blocks != {0, 1, 2, 3}:
        return "occasional" if days else ""
    return "most_days" if len(days) >= 12 else "weekly"


def people_in_tiers(oracle: Oracle, query: Query, span: Span) -> dict[str, int]:
    """How many of the chosen people are in each tier."""
    found = [tier(days_in(oracle, user, span), span[1]) for user in oracle.chosen(query)]
    return {name: found.count(name) for name in TIERS}


def started(oracle: Oracle, query: Query, span: Span) -> list[int]:
    """How many conversations each who started any did, most first."""
    numbers = (len(oracle.happened("sessions", {user}, *span)) for user in oracle.chosen(query))
    return sorted((number for number in numbers if number), reverse=True)


# --- by hand ------------------------------------------------------------------------------------

_DAYS = {
    "ann": (1, 2, 3, 8, 9, 10, 15, 16, 17, 22, 23, 24),  # 12, in each block of 1 to 28 March
    "bob": (1, 2, 3, 8, 9, 10, 15, 16, 17, 22, 28),  # 11, in each
    "cat": (*range(1, 13), 15),  # 13, none in the last
    "dan": (7, 8, 21, 22),  # on the blocks' edges
    "eve": (14,),
}
# In February, as long before, only fay, on its first day; gil only writes.
MARCH = Raw(
    users=[*(a_user(name) for name in (*_DAYS, "gil", "idle")), a_user("fay", "Beta")],
    sessions=[
        *(
            a_session(f"{name}{day}", name, f"2026-03-{day:02} 12:00:00")
            for name, days in _DAYS.items()
            for day in days
        ),
        a_session("fay", "fay", "2026-02-01 12:00:00"),
        a_session("gil", "gil", None),
    ],
    messages=[a_message("gil", "gil", "2026-03-28 23:59:59")],
)
