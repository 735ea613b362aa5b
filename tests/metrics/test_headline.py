"""The headline figures, by hand."""

from analytics.metrics.headline import metrics, metrics_cards
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    FUTURE,
    MIDNIGHT,
    PEOPLE,
    ask,
    column,
)


def test_what_a_thread_leaves_on_a_day_without_anybody(store_of: Shelf) -> None:
    # On the 11th only the twin wrote, and drafted a document.
    with reading(store_of(MIDNIGHT)) as reader:
        row = metrics(reader, ask("2026-03-11", "2026-03-11", "2026-03-13"))
    assert row.model_dump() == {
        "total_active_users": 0,
        "active_users_change": -100.0,
        "previous_active_users": 1,
        "total_conversations": 0,
        "conversations_change": -100.0,
        "previous_conversations": 1,
        "documents_drafted": 1,
        "documents_change": None,
        "previous_documents": 0,
        "twin_installations": 0,
        "installations_change": 0.0,
        "previous_installations": 0,
    }
    cards = metrics_cards(row)
    assert [(card.label, card.value, card.before, card.direction) for card in cards] == [
        ("Active users", "0", "1", "down"),
        ("Conversations", "0", "1", "down"),
        ("Documents drafted", "1", "0", "new"),
        ("Twin installations", "0", "0", "same"),
    ]


def test_what_is_to_come_counts(store_of: Shelf) -> None:
    with reading(store_of(FUTURE)) as reader:
        row = metrics(reader, ask("2026-03-10", "2026-03-20", "2026-03-11"))
    assert (row.total_conversations, row.conversations_change) == (2, None)
    assert (row.twin_installations, row.installations_change) == (2, 100.0)


def test_a_person_counts_once_and_an_orphan_never(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        row = metrics(reader, ask("2026-03-09", "2026-03-10", "2026-03-11"))
        zeta = metrics(
            reader, ask("2026-03-09", "2026-03-10", "2026-03-11", organizations=("Zeta",))
        )
    names = "total_active_users", "total_conversations", "documents_drafted", "twin_installations"
    # fay was active by a message of a conversation without a date.
    assert column([row, zeta], *names) == [(5, 4, 2, 2), (2, 1, 1, 1)]
