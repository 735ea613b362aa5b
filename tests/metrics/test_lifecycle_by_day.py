"""Lifecycle by day, by hand and by the oracle."""

from datetime import date, timedelta
from typing import Any

from analytics.metrics.lifecycle_by_day import lifecycle_by_day
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.lifecycle import adds_up, rows_of
from tests.metrics.rows import TWICE, ask, column
from tests.metrics.test_lifecycle import PEOPLE
from tests.oracle import Oracle

GROUPS = ("new", "returning", "back", "gone")


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    return rows_of(oracle, query, lambda day: (day.toordinal() - 1, day, day.toordinal()))


def test_each_day_is_compared_with_the_day_before(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        rows = lifecycle_by_day(reader, ask("2026-03-02", "2026-03-06", "2026-03-06"))
    assert adds_up(rows)
    # The 6th is today: it isn't over. The data begin on the 2nd, with nobody before.
    assert column(rows, "from_day", "active_users", *GROUPS) == [
        (date(2026, 3, 2), 1, None, None, None, None),
        (date(2026, 3, 3), 2, 1, 1, 0, 0),
        (date(2026, 3, 4), 0, 0, 0, 0, 2),
        (date(2026, 3, 5), 2, 0, 0, 2, 0),
    ]
    assert all(row.complete and row.from_day == row.to_day for row in rows)


def test_a_day_of_25_hours_is_one_day(store_of: Shelf) -> None:
    with reading(store_of(TWICE, "Europe/Berlin")) as reader:
        rows = lifecycle_by_day(reader, ask("2026-10-25", "2026-10-27", "2026-10-28"))
    # Midnight of the 25th, its hour that comes twice, its last microsecond, and the 26th.
    assert column(rows, "from_day", "active_users", *GROUPS) == [
        (date(2026, 10, 25), 1, None, None, None, None),
        (date(2026, 10, 26), 1, 0, 1, 0, 0),
        (date(2026, 10, 27), 0, 0, 0, 0, 1),
    ]


def test_today_alone_has_no_row(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        assert lifecycle_by_day(reader, ask("2026-03-06", "2026-03-06", "2026-03-06")) == []


def test_a_long_period_reads_the_cells_once(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        end = date(2026, 3, 2) + timedelta(3_659)
        rows = lifecycle_by_day(reader, ask("2026-03-02", end.isoformat(), "2040-01-01"))
    assert len(rows) == 3_660
    assert sum(row.new or 0 for row in rows) == 2  # all but who came first
