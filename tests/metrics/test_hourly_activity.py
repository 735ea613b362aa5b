"""Messages per hour of the day, by hand."""

from analytics.metrics.hourly_activity import HourlyActivity, hourly_activity
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    NEVER,
    TWICE,
    ask,
    column,
)


def busy(rows: list[HourlyActivity]) -> dict[int, float]:
    assert [row.hour for row in rows] == list(range(24))
    return {row.hour: row.value for row in rows if row.value}


def test_the_hour_that_comes_twice(store_of: Shelf) -> None:
    with reading(store_of(TWICE, "Europe/Berlin")) as reader:
        # 02:30 came twice on the 25th, which has 25 hours and is one day.
        day = hourly_activity(reader, ask("2026-10-25", "2026-10-25", "2026-10-26"))
        # Today has no part in hours: two complete days, then none.
        both = hourly_activity(reader, ask("2026-10-24", "2026-10-26", "2026-10-26"))
        none = hourly_activity(reader, ask("2026-10-26", "2026-10-26", "2026-10-26"))
    assert busy(day) == {0: 1.0, 2: 2.0, 23: 1.0}
    assert busy(both) == {0: 0.5, 2: 1.0, 23: 0.5}
    assert column(none, "value") == [None] * 24


def test_the_hour_that_never_comes(store_of: Shelf) -> None:
    with reading(store_of(NEVER, "America/New_York")) as reader:
        rows = hourly_activity(reader, ask("2026-03-07", "2026-03-09", "2026-04-01"))
    assert busy(rows) == {0: 0.3, 1: 0.3, 3: 0.3, 23: 0.7}
