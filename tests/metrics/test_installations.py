"""Twins installed up to each day, by hand."""

from datetime import date

from analytics.metrics.installations import installations
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    FUTURE,
    PEOPLE,
    ask,
    column,
)


def test_twins_add_up_from_before_the_period(store_of: Shelf) -> None:
    with reading(store_of(FUTURE)) as reader:
        first = installations(reader, ask("2026-02-28", "2026-03-02", "2026-03-02"))
        later = installations(reader, ask("2026-03-18", "2026-03-21", "2026-03-11"))
    assert column(first, "date", "installations", "complete") == [
        (date(2026, 2, 28), 0, True), (date(2026, 3, 1), 1, True), (date(2026, 3, 2), 1, False),
    ]  # fmt: skip
    # The one without a date is never installed.
    assert column(later, "installations") == [1, 1, 2, 2]


def test_a_twin_belongs_to_its_owners_organization(store_of: Shelf) -> None:
    day = "2026-03-10", "2026-03-10", "2026-03-11"
    with reading(store_of(PEOPLE)) as reader:
        found = [
            *installations(reader, ask(*day)),
            *installations(reader, ask(*day, organizations=("Zeta",))),
            *installations(reader, ask(*day, organizations=(None,))),
        ]
    assert column(found, "installations") == [2, 1, 0]
