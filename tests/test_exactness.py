"""Every report equals the oracle, to the last digit, on databases made to break it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from analytics.query import Filters, Period, Query
from tests.databases import TABLES, Raw, databases, queries, write
from tests.oracle import Oracle

REFERENCE = Path(__file__).parents[2] / "shared/data/reference.db"
EXAMPLES = int(os.environ.get("EXACTNESS_EXAMPLES", "60"))
QUERIES_EACH = 3


@contextmanager
def opened(path: Path, zone_name: str) -> Iterator[Session]:
    """The product on this database, its rollups up to date."""
    from analytics.database import open_database  # noqa: PLC0415
    from analytics.settings import Settings  # noqa: PLC0415

    store = open_database(Settings(database_url=f"sqlite:///{path}", reporting_timezone=zone_name))
    try:
        store.refresh()
        with store.session() as session:
            yield session
    finally:
        store.close()


def reports() -> tuple[Any, ...]:
    """Every registered report."""
    from analytics.reports import REPORTS  # noqa: PLC0415

    return tuple(REPORTS)


def as_rows(answer: Any) -> list[Any]:
    """A report's answer as a list, whether it is one row or many."""
    return list(answer) if isinstance(answer, list | tuple) else [answer]


def compare(session: Session, oracle: Oracle, query: Query) -> None:
    """Every report against the oracle; the report's rows may have more fields, never fewer."""
    for report in reports():
        method = getattr(oracle, report.slug.replace("-", "_"), None)
        assert method is not None, f"the oracle knows no report {report.slug}"
        expected = as_rows(method(query))
        answer = [row.model_dump() for row in as_rows(report.function(session, query))]
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
def test_every_report_equals_the_oracle(case: tuple[Raw, list[Query]]) -> None:
    raw, questions = case
    # A database without a single row is refused when it is opened; it has no reports.
    assume(any(getattr(raw, table) for table in TABLES))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data.db"
        write(raw, path)
        oracle = Oracle(path, ZoneInfo(raw.zone))
        with opened(path, raw.zone) as session:
            for query in questions:
                compare(session, oracle, query)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_every_report_equals_the_oracle_on_the_reference_data(zone: str, tmp_path: Path) -> None:
    if not REFERENCE.exists():
        pytest.skip(f"no reference data at {REFERENCE}")
    path = Path(shutil.copyfile(REFERENCE, tmp_path / "reference.db"))
    oracle = Oracle(path, ZoneInfo(zone))
    today = date(2026, 11, 22)
    with opened(path, zone) as session:
        for start, end, filters in (
            (date(2026, 10, 23), date(2026, 11, 21), Filters()),
            (date(2026, 9, 20), date(2026, 11, 22), Filters(("Acme Corp", None))),
            (date(2026, 11, 1), date(2026, 11, 1), Filters((), ("Sales", "Marketing"))),
        ):
            compare(session, oracle, Query(Period(start, end, today), filters))
