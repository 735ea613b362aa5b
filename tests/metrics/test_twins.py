"""Twins, by hand."""

from datetime import date

from analytics.metrics.twins import twins
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    FUTURE,
    PEOPLE,
    ask,
    column,
)


def test_whose_they_are_and_who_uses_them(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        rows = twins(reader, ask("2026-03-09", "2026-03-10", "2026-03-11"))
    names = ("id", "name", "owner_name", "owner_email", "is_shared", "active_users",
             "conversations", "conversations_by_others", "documents", "queries")  # fmt: skip
    assert column(rows, *names) == [
        ("t0", "T0", "Ann", "ann@example.com", True, 3, 2, 1, 1, 1),
        ("t1", "Orphan", None, None, False, 1, 1, 1, 0, 0),
        (None, "Unknown twin", None, None, False, 1, 1, None, 1, 0),
        ("t2", "T2", "Eve", "eve@example.com", False, 0, 0, 0, 0, 0),
    ]


def test_filters_choose_owners_and_users(store_of: Shelf) -> None:
    day = "2026-03-10", "2026-03-10", "2026-03-11"
    with reading(store_of(PEOPLE)) as reader:
        zeta = twins(reader, ask(*day, organizations=("Zeta",)))
        it = twins(reader, ask(*day, departments=("IT",)))
        nobody = twins(reader, ask(*day, organizations=(None,), departments=("IT",)))
    # Filtered to Zeta, the orphan and the lost twins are nobody's; IT alone used t0 by a message.
    assert column(zeta, "id", "active_users") == [("t0", 1)]
    assert column(it, "id", "active_users", "last_used") == [("t0", 0, date(2026, 3, 9))]
    assert nobody == []


def test_last_used_whatever_the_period_and_installed_where_dated(store_of: Shelf) -> None:
    with reading(store_of(FUTURE)) as reader:
        rows = twins(reader, ask("2026-03-10", "2026-03-11", "2026-03-11"))
    assert column(rows, "id", "conversations", "last_used", "installed_on") == [
        ("t0", 1, date(2026, 3, 20), date(2026, 3, 1)),
        ("t1", 0, None, date(2026, 3, 20)),
        ("t2", 0, None, None),
    ]
