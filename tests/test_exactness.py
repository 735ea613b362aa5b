"""Every report equals the oracle, to the last digit, on databases made to break it."""

import os
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from analytics.metrics.registry import RESULTS
from analytics.query import Period, Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import TABLES, Raw, databases, queries
from tests.oracle import Oracle
from tests.postgres import rows_of

EXAMPLES = int(os.environ.get("EXACTNESS_EXAMPLES", "30"))
QUERIES_EACH = 3


def as_rows(answer: Any) -> list[Any]:
    """A report's answer as a list, whether it is one row or many."""
    return list(answer) if isinstance(answer, list | tuple) else [answer]


def compare(session: Session, oracle: Oracle, query: Query) -> None:
    """Every report against the oracle; the report's rows may have more fields, never fewer."""
    for report in RESULTS:
        expected = as_rows(oracle.answer(report.slug, query))
        answer = [row.model_dump() for row in as_rows(report.function(reader, query))]
        for row, wanted in zip(answer, expected, strict=False):
            missing = wanted.keys() - row.keys()
            assert not missing, f"{report.slug} lacks {sorted(missing)}"
        if expected:
            answer = [{key: row[key] for key in expected[0] if key in row} for row in answer]
        assert answer == expected, f"{report.slug}, {oracle.zone}, {query}"


def asked(raw: Raw) -> st.SearchStrategy[tuple[Raw, list[Query]]]:
    """A database and several questions: building it costs more than asking."""
    several = st.lists(queries(raw), min_size=QUERIES_EACH, max_size=QUERIES_EACH)
    return st.tuples(st.just(raw), several)


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(databases().flatmap(asked))
def test_every_report_equals_the_oracle(store_of: Shelf, case: tuple[Raw, list[Query]]) -> None:
    raw, questions = case
    # A database without a single row is refused when it is opened; it has no reports.
    assume(any(getattr(raw, table) for table in TABLES))
    store = store_of(raw, raw.zone)
    oracle = Oracle(store_of.path, ZoneInfo(raw.zone))
    with reading(store) as reader:
        for query in questions:
            compare(reader, oracle, query)


def compare_reference(store_of: Shelf, path: Path, zone: str) -> None:
    """Every report against the oracle on the reference data, made or real."""
    store = store_of(rows_of(path), zone)
    oracle = Oracle(store_of.path, ZoneInfo(zone))
    today = date(2026, 11, 22)
    with reading(store) as reader:
        for start, end, filters in (
            (date(2026, 10, 23), date(2026, 11, 21), dict()),
            (date(2026, 9, 20), date(2026, 11, 22), dict(organizations=("Acme Corp", None))),
            (
                date(2026, 11, 1),
                date(2026, 11, 1),
                dict(organizations=(), departments=("Sales", "Marketing")),
            ),
        ):
            compare(reader, oracle, Query(Period(start, end, today), filters))


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_every_report_equals_the_oracle_on_the_reference_data(
    store_of: Shelf, reference_db: Path, zone: str
) -> None:
    compare_reference(store_of, reference_db, zone)
