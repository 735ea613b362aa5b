"""Every report equals the oracle, to the last digit, on databases made to break it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, create_engine, text
from sqlmodel import Session

from analytics.database import Store, open_database
from analytics.query import Filters, Period, Query
from analytics.reports import REPORTS
from analytics.settings import Settings
from tests import postgres as on_postgres
from tests.databases import TABLES, Raw, databases, queries, write
from tests.oracle import Oracle
from tests.postgres import postgres, postgres_server  # noqa: F401 - fixtures

REFERENCE = Path(__file__).parents[2] / "shared/data/reference.db"
EXAMPLES = int(os.environ.get("EXACTNESS_EXAMPLES", "30"))
QUERIES_EACH = 3


class Product:
    """The product on one file whose content changes; its stores are kept, as in a process."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "data.db"
        self.stores: dict[str, Store] = {}

    @contextmanager
    def reading(self, zone: str) -> Iterator[Session]:
        """A session on what the file holds now."""
        if zone not in self.stores:
            url = f"sqlite:///{self.path}"
            self.stores[zone] = open_database(Settings(database_url=url, reporting_timezone=zone))
        self.stores[zone].refresh()
        with self.stores[zone].session() as session:
            yield session

    def close(self) -> None:
        for store in self.stores.values():
            store.close()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    made = Product(tmp_path_factory.mktemp("exactness"))
    yield made
    made.close()


def as_rows(answer: Any) -> list[Any]:
    """A report's answer as a list, whether it is one row or many."""
    return list(answer) if isinstance(answer, list | tuple) else [answer]


def compare(session: Session, oracle: Oracle, query: Query) -> None:
    """Every report against the oracle; the report's rows may have more fields, never fewer."""
    for report in REPORTS:
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
def test_every_report_equals_the_oracle(product: Product, case: tuple[Raw, list[Query]]) -> None:
    raw, questions = case
    # A database without a single row is refused when it is opened; it has no reports.
    assume(any(getattr(raw, table) for table in TABLES))
    write(raw, product.path)
    oracle = Oracle(product.path, ZoneInfo(raw.zone))
    with product.reading(raw.zone) as session:
        for query in questions:
            compare(session, oracle, query)


@pytest.mark.slow
@settings(
    max_examples=EXAMPLES // 3,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(databases().flatmap(asked))
def test_every_report_equals_the_oracle_on_postgres(
    product: Product,
    postgres: URL,  # noqa: F811 - the fixture
    case: tuple[Raw, list[Query]],
) -> None:
    raw, questions = case
    assume(any(getattr(raw, table) for table in TABLES))
    raw = on_postgres.readable(raw)
    write(raw, product.path)  # for the oracle
    engine = create_engine(postgres)
    with engine.begin() as connection:
        on_postgres.create_tables(connection)
        on_postgres.write(raw, connection)
        # The answers don't depend on the time zone that connections are given.
        zone = ("UTC", "Asia/Kolkata")[len(raw.messages) % 2]
        connection.execute(text(f"ALTER DATABASE {postgres.database} SET timezone = '{zone}'"))
    engine.dispose()
    oracle = Oracle(product.path, ZoneInfo(raw.zone))
    url = postgres.render_as_string(hide_password=False)
    store = open_database(Settings(database_url=url, reporting_timezone=raw.zone))
    store.refresh()
    with store.session() as session:
        for query in questions:
            compare(session, oracle, query)
    store.close()


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_every_report_equals_the_oracle_on_the_reference_data(zone: str, tmp_path: Path) -> None:
    if not REFERENCE.exists():
        pytest.skip(f"no reference data at {REFERENCE}")
    product = Product(tmp_path)
    shutil.copyfile(REFERENCE, product.path)
    oracle = Oracle(product.path, ZoneInfo(zone))
    today = date(2026, 11, 22)
    with product.reading(zone) as session:
        for start, end, filters in (
            (date(2026, 10, 23), date(2026, 11, 21), Filters()),
            (date(2026, 9, 20), date(2026, 11, 22), Filters(("Acme Corp", None))),
            (date(2026, 11, 1), date(2026, 11, 1), Filters((), ("Sales", "Marketing"))),
        ):
            compare(session, oracle, Query(Period(start, end, today), filters))
    product.close()
