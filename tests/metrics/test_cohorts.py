"""Weekly cohorts, by hand."""

from datetime import date

from analytics.metrics.cohorts import cohorts
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    VISITS,
    ask,
    column,
)


def test_weeks_that_are_over(store_of: Shelf) -> None:
    with reading(store_of(VISITS)) as reader:
        rows = cohorts(reader, ask("2026-03-04", "2026-03-17", "2026-03-17"))
        # A week is over on the Monday after it; a single day shows its week's row alone.
        later = cohorts(reader, ask("2026-03-15", "2026-03-15", "2026-03-23"))
    assert column(rows, "first_week", "users", "week", "active_users", "share") == [
        (date(2026, 3, 2), 3, 0, 3, 100.0),
        (date(2026, 3, 2), 3, 1, 2, 66.7),  # the week from the 16th is not over
        (date(2026, 3, 9), 1, 0, 1, 100.0),
        (date(2026, 3, 16), 1, 0, None, None),
    ]
    assert column(later, "first_week", "week", "active_users", "share") == [
        (date(2026, 3, 9), 0, 1, 100.0), (date(2026, 3, 9), 1, 0, 0.0),
    ]  # fmt: skip
