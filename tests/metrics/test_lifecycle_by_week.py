"""Lifecycle by week, by hand and by the oracle."""

from datetime import date
from typing import Any

from analytics.metrics.lifecycle_by_week import lifecycle_by_week
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user
from tests.lifecycle import adds_up, rows_of
from tests.metrics.rows import ask, column
from tests.oracle import Oracle, monday

FIELDS = ("from_day", "to_day", "complete", "active_users", "new", "returning", "back", "gone")
# Mondays around the turn of a year: 21 and 28 December, 4 and 11 January.
YEAR_END = Raw(
    users=[a_user(name) for name in ("ann", "bob", "cat", "dan")],
    sessions=[
        a_session(f"{name}{n}", name, f"{day} 09:00:00")
        for name, days in {
            "ann": ("2026-12-21", "2026-12-28", "2027-01-03", "2027-01-04", "2027-01-11"),
            "bob": ("2026-12-27", "2027-01-04"),
            "cat": ("2026-12-31", "2027-01-01"),
            "dan": ("2027-01-10", "2027-01-12"),
        }.items()
        for n, day in enumerate(days)
    ],
)


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    return rows_of(
        oracle,
        query,
        lambda day: (monday(day) - 7, date.fromordinal(monday(day)), monday(day) + 6),
    )


def test_weeks_cross_a_years_end_and_the_running_one_has_nobody_gone(store_of: Shelf) -> None:
    with reading(store_of(YEAR_END)) as reader:
        # It begins on a Friday, and ends on the Wednesday that is today.
        rows = lifecycle_by_week(reader, ask("2027-01-01", "2027-01-13", "2027-01-13"))
    assert adds_up(rows)
    assert column(rows, *FIELDS) == [
        (date(2026, 12, 28), date(2027, 1, 3), True, 2, 1, 1, 0, 1),
        (date(2027, 1, 4), date(2027, 1, 10), True, 3, 1, 1, 1, 1),
        (date(2027, 1, 11), date(2027, 1, 12), False, 2, 0, 2, 0, None),
    ]


def test_a_week_after_one_that_begins_before_the_data_has_no_answer(store_of: Shelf) -> None:
    with reading(store_of(YEAR_END)) as reader:
        first = lifecycle_by_week(reader, ask("2026-12-21", "2026-12-28", "2027-01-20"))
    # The data begin on Monday the 21st: the week before has none, the one after has all of it.
    assert column(first, *FIELDS) == [
        (date(2026, 12, 21), date(2026, 12, 27), True, 2, None, None, None, None),
        (date(2026, 12, 28), date(2027, 1, 3), True, 2, 1, 1, 0, 1),
    ]
    later = Raw(users=YEAR_END.users, sessions=YEAR_END.sessions[1:])
    later.sessions = [row for row in later.sessions if row["started_at"] > "2026-12-22"]
    with reading(store_of(later)) as reader:
        [row] = lifecycle_by_week(reader, ask("2026-12-28", "2027-01-03", "2027-01-20"))
    assert (row.active_users, row.new, row.active_before) == (2, None, None)


def test_today_a_monday_begins_no_week(store_of: Shelf) -> None:
    with reading(store_of(YEAR_END)) as reader:
        rows = lifecycle_by_week(reader, ask("2027-01-10", "2027-01-11", "2027-01-11"))
        assert lifecycle_by_week(reader, ask("2027-01-11", "2027-01-11", "2027-01-11")) == []
    assert [(row.to_day, row.complete) for row in rows] == [(date(2027, 1, 10), True)]
