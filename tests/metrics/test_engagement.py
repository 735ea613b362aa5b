"""What is done per day, by hand."""

from datetime import date

from analytics.metrics.engagement import engagement
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    MIDNIGHT,
    PEOPLE,
    ask,
    column,
)


def test_what_is_undated_or_of_nobody_is_left_out(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        rows = engagement(reader, ask("2026-03-09", "2026-03-10", "2026-03-10"))
        zeta = engagement(
            reader, ask("2026-03-10", "2026-03-10", "2026-03-11", organizations=("Zeta",))
        )
    names = "date", "question_asked", "info_retrieved", "documents_drafted", "complete"
    assert column(rows, *names) == [
        (date(2026, 3, 9), 0, 0, 0, True), (date(2026, 3, 10), 4, 1, 2, False),
    ]  # fmt: skip
    assert column(zeta, *names) == [(date(2026, 3, 10), 1, 0, 1, True)]


def test_a_document_counts_on_its_own_day(store_of: Shelf) -> None:
    with reading(store_of(MIDNIGHT)) as reader:
        rows = engagement(reader, ask("2026-03-10", "2026-03-12", "2026-03-13"))
    assert column(rows, "question_asked", "documents_drafted") == [(1, 0), (0, 1), (0, 0)]
