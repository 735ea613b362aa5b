"""How often each feature was used, by hand."""

from analytics.metrics.feature_usage import feature_usage
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    PEOPLE,
    ask,
    column,
)


def test_what_was_used_and_nothing(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        rows = feature_usage(reader, ask("2026-03-10", "2026-03-10", "2026-03-11"))
        other = feature_usage(
            reader, ask("2026-03-10", "2026-03-10", "2026-03-11", organizations=("Äther",))
        )
        # A message alone uses none of them.
        nothing = feature_usage(reader, ask("2026-03-09", "2026-03-09", "2026-03-11"))
    assert column(rows, "name", "value") == [
        ("Questions Asked", 4), ("Documents Drafted", 2), ("Information Retrieved", 1),
    ]  # fmt: skip
    assert column(other, "value") == [1, 0, 1]
    assert nothing == []
