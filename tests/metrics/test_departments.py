"""Departments of organizations, by hand."""

from analytics.metrics.departments import departments
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    PEOPLE,
    ask,
    column,
)


def test_departments_stand_with_their_organization(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        rows = departments(reader, ask("2026-03-10", "2026-03-10", "2026-03-11"))
        zeta = departments(
            reader, ask("2026-03-11", "2026-03-11", "2026-03-12", organizations=("Zeta",))
        )
    assert column(rows, "organization", "department", "people", "conversations") == [
        ("Acme", "Sales", 1, 0), ("Zeta", "Sales", 1, 1), ("Zeta", "IT", 1, 0),
        ("Äther", None, 1, 1), (None, "Sales", 1, 1), (None, None, 1, 1),
    ]  # fmt: skip
    names = "department", "conversations", "previous_conversations", "conversations_change"
    assert column(zeta, *names) == [("IT", 0, 0, 0.0), ("Sales", 0, 1, -100.0)]


def test_where_nobody_is_meant_there_is_none(store_of: Shelf) -> None:
    nobody = ask(
        "2026-03-10", "2026-03-10", "2026-03-11", organizations=(None,), departments=("IT",)
    )
    with reading(store_of(PEOPLE)) as reader:
        assert departments(reader, nobody) == []
