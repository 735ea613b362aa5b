"""Organizations, by hand."""

from analytics.metrics.organizations import organizations
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    PEOPLE,
    ask,
    column,
)


def test_everybody_is_listed_active_or_not(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        rows = organizations(reader, ask("2026-03-10", "2026-03-10", "2026-03-11"))
    assert column(rows, "organization", "people", "active_users", "conversations", "documents",
                  "queries") == [
        (None, 2, 2, 2, 1, 0), ("Zeta", 2, 1, 1, 1, 0), ("Äther", 1, 1, 1, 0, 1),
        ("Acme", 1, 0, 0, 0, 0),
    ]  # fmt: skip


def test_conversations_are_compared_with_the_days_before(store_of: Shelf) -> None:
    names = "organization", "conversations", "previous_conversations", "conversations_change"
    with reading(store_of(PEOPLE)) as reader:
        rows = organizations(reader, ask("2026-03-11", "2026-03-11", "2026-03-12"))
        new = organizations(reader, ask("2026-03-10", "2026-03-10", "2026-03-11"))
    assert column(rows, *names) == [
        ("Acme", 0, 0, 0.0), ("Zeta", 0, 1, -100.0), ("Äther", 0, 1, -100.0), (None, 0, 2, -100.0),
    ]  # fmt: skip
    assert column(new, "conversations_change") == [None, None, None, 0.0]


def test_filters_choose_people(store_of: Shelf) -> None:
    day = "2026-03-10", "2026-03-10", "2026-03-11"
    some = ask(*day, organizations=(None, "Acme"), departments=("Sales",))
    nobody = ask(*day, organizations=(None,), departments=("IT",))
    with reading(store_of(PEOPLE)) as reader:
        assert column(organizations(reader, some), "organization", "people") == [
            (None, 1), ("Acme", 1),
        ]  # fmt: skip
        assert organizations(reader, nobody) == []
