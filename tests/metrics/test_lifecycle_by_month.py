"""Lifecycle by month, by hand and by the oracle."""

from datetime import date, timedelta
from typing import Any

from analytics.metrics.intervals import month_edges
from analytics.metrics.lifecycle_by_month import lifecycle_by_month
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user
from tests.lifecycle import adds_up, rows_of
from tests.metrics.rows import ask, column
from tests.oracle import Oracle

FIELDS = ("from_day", "to_day", "complete", "active_users", "new", "returning", "back", "gone")
MONTHS = Raw(
    users=[a_user(name) for name in ("ann", "bob", "cat")],
    sessions=[
        a_session(f"{name}{n}", name, f"{day} 09:00:00")
        for name, days in {
            "ann": ("2026-01-01", "2026-01-31", "2026-03-01", "2026-03-31", "2026-04-02"),
            "bob": ("2026-02-28", "2026-03-01"),
            "cat": ("2026-02-01",),
        }.items()
        for n, day in enumerate(days)
    ],
)


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""

    def month(day: date) -> tuple[int, date, int]:
        first = day.replace(day=1)
        before = (first - timedelta(1)).replace(day=1)
        last = first
        while last.month == first.month:
            last += timedelta(1)
        return before.toordinal(), first, last.toordinal() - 1

    return rows_of(oracle, query, month)


def test_months_have_the_lengths_they_have(store_of: Shelf) -> None:
    with reading(store_of(MONTHS)) as reader:
        rows = lifecycle_by_month(reader, ask("2026-02-10", "2026-04-05", "2026-04-05"))
    assert adds_up(rows)
    assert column(rows, *FIELDS) == [
        (date(2026, 2, 1), date(2026, 2, 28), True, 2, 2, 0, 0, 1),
        (date(2026, 3, 1), date(2026, 3, 31), True, 2, 0, 1, 1, 1),
        (date(2026, 4, 1), date(2026, 4, 4), False, 1, 0, 1, 0, None),
    ]


def test_months_up_to_both_ends_of_the_calendar() -> None:
    first, last = date.min.toordinal(), date.max.toordinal()
    assert month_edges(first, first) == [-30, 1, 32]
    assert month_edges(last, last) == [last - 60, last - 30, last + 1]
    assert month_edges(date(2027, 1, 5).toordinal(), date(2027, 2, 1).toordinal()) == [
        date(2026, 12, 1).toordinal(), date(2027, 1, 1).toordinal(), date(2027, 2, 1).toordinal(),
        date(2027, 3, 1).toordinal(),
    ]  # fmt: skip
