"""What is loaded and what is left out, by hand."""

from datetime import UTC, datetime

from analytics.metrics.sources import apart, sources
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    PEOPLE,
    ask,
    column,
)


def test_rows_and_what_is_left_out_whatever_is_asked(store_of: Shelf) -> None:
    early, ten = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 10, 10, tzinfo=UTC)
    almost_ten = datetime(2026, 3, 10, 9, 59, 59, 999999, UTC)
    with reading(store_of(PEOPLE)) as reader:
        rows = sources(reader, ask("2026-03-10", "2026-03-10", "2026-03-11"))
        others = sources(
            reader, ask("2020-01-01", "2020-01-01", "2026-03-11", organizations=("Zeta",))
        )
        left_out = apart(reader)
    assert column(rows, "table", "rows", "undated", "orphaned", "unreadable", "first", "last") == [
        ("users", 6, 0, 0, 0, None, None),
        ("twins", 3, 0, 1, 0, early, early),
        ("sessions", 6, 1, 1, 0, almost_ten, ten),
        ("messages", 5, 1, 2, 0, datetime(2026, 3, 9, 10, tzinfo=UTC), ten),
        ("documents", 4, 1, 1, 0, ten, ten),
        ("queries", 2, 1, 0, 0, ten, ten),
    ]
    assert others == rows
    assert (left_out.undated, left_out.orphaned, left_out.unreadable) == (4, 5, 0)
    assert left_out.left_out == 9
