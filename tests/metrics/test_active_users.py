"""Daily active users, by hand."""

from analytics.metrics.active_users import active_users
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    BEGINNING,
    MIDNIGHT,
    TWICE,
    ask,
    column,
)


def test_a_thread_that_crosses_midnight_counts_on_both_days(store_of: Shelf) -> None:
    with reading(store_of(MIDNIGHT)) as reader:
        rows = active_users(reader, ask("2026-03-10", "2026-03-12", "2026-03-13"))
    # The twin's message on the 11th makes nobody active.
    assert column(rows, "active_users") == [1, 0, 1]


def test_the_average_starts_with_the_first_active_day_of_anybody(store_of: Shelf) -> None:
    query = ask("2026-03-01", "2026-03-12", "2026-03-11", organizations=("Beta",))
    with reading(store_of(BEGINNING)) as reader:
        rows = active_users(reader, query)
    # 3rd: 1 of 2 days; 10th: 1 of 7 (4th to 10th); the 11th is today, the 12th is tomorrow.
    assert column(rows, "active_users", "average") == [
        (0, None), (0, 0.0), (1, 0.5), (0, 0.3), (0, 0.3), (0, 0.2), (0, 0.2), (0, 0.1), (0, 0.1),
        (1, 0.1), (1, None), (0, None),
    ]  # fmt: skip


def test_a_message_of_a_conversation_without_a_date_makes_active(store_of: Shelf) -> None:
    with reading(store_of(TWICE, "Europe/Berlin")) as reader:
        rows = active_users(reader, ask("2026-10-24", "2026-10-26", "2026-10-26"))
    assert column(rows, "active_users", "complete") == [(0, True), (1, True), (1, False)]
