"""Conversations and messages per day, by hand."""

from analytics.metrics.conversations import conversations
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    FUTURE,
    MIDNIGHT,
    NEVER,
    TWICE,
    ask,
    column,
)


def test_a_thread_that_crosses_midnight_starts_once(store_of: Shelf) -> None:
    with reading(store_of(MIDNIGHT)) as reader:
        rows = conversations(reader, ask("2026-03-10", "2026-03-12", "2026-03-13"))
    assert column(rows, "conversations", "messages", "avg_conversations", "avg_messages") == [
        (1, 1, 0.3, 1.0), (0, 1, 0.3, 1.0), (0, 1, 0.3, 1.0),
    ]  # fmt: skip


def test_days_begin_at_midnight_of_the_zone(store_of: Shelf) -> None:
    with reading(store_of(NEVER, "America/New_York")) as reader:
        rows = conversations(reader, ask("2026-03-07", "2026-03-09", "2026-04-01"))
    assert column(rows, "conversations") == [1, 3, 1]


def test_messages_count_without_the_date_of_their_conversation(store_of: Shelf) -> None:
    with reading(store_of(TWICE, "Europe/Berlin")) as reader:
        rows = conversations(reader, ask("2026-10-24", "2026-10-26", "2026-10-26"))
    assert column(rows, "conversations", "messages") == [(0, 0), (0, 4), (0, 1)]


def test_only_complete_days_are_averaged(store_of: Shelf) -> None:
    with reading(store_of(FUTURE)) as reader:
        rows = conversations(reader, ask("2026-03-10", "2026-03-20", "2026-03-11"))
        none = conversations(reader, ask("2026-03-20", "2026-03-20", "2026-03-11"))
    assert column(rows, "avg_conversations") == [1.0] * 11  # the 10th alone is complete
    assert column(rows, "conversations") == [1, *[0] * 9, 1]
    assert column(none, "conversations", "avg_conversations", "complete") == [(1, None, False)]
