"""What is asked, and how it is answered: by the product, by DuckDB, and by SQL on SQLite."""

import gc
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import duckdb
from sqlalchemy import func, select

from analytics.lists.activities import activities, count_activities
from analytics.lists.activity_rows import ActivityPage
from analytics.metrics.registry import BY_SLUG
from analytics.models import User, table_of
from analytics.period import Period
from analytics.query import Query
from analytics.reading.known import span
from analytics.reading.reader import reading
from analytics.settings import Settings
from analytics.storage.store import open_database
from tests.bench.databases import Made
from tests.bench.statements import ANSWERS, PAGE, statement

PRODUCT, DUCKDB, SQL = "product", "DuckDB", "SQL"
AS_IS = "SQL as it is"  # on the product's own raw database, which has no indexes for questions
OVERVIEW = (
    "metrics", "active-users", "conversations", "engagement", "hourly-activity", "feature-usage",
    "leaderboard",
)  # fmt: skip
PERIODS = ("7", "30", "90", "365", "all")
DEEP = ", deep page"
DEPTH = 0.75  # a deep page lies this far down the list
LISTS = tuple(name for name in ANSWERS if name.startswith("activities"))
# Every result is timed, and compared when it has a statement.
RESULTS = (
    *BY_SLUG,
    *(f"{name}{page}" for name in LISTS for page in ("", DEEP)),
)


@dataclass(frozen=True)
class Question:
    """A result, a period in days (or "all"), and whether one organization is filtered."""

    result: str
    period: str
    filtered: bool = False

    @property
    def answer(self) -> str:
        """The key in `statements.ANSWERS`."""
        return self.result.removesuffix(DEEP)


def questions(period: str, *, filtered: bool) -> list[Question]:
    """Every result for a period; what is loaded has neither period nor filter."""
    once = period == "all" and not filtered
    return [Question(name, period, filtered) for name in RESULTS if name != "sources" or once]


class Product:
    """The database of a size in the product, its days in UTC."""

    def __init__(self, made: Made) -> None:
        url = f"sqlite:///{made.raw.absolute()}"
        self.store = open_database(Settings(database_url=url, reporting_timezone="UTC"))
        self.store.refresh()
        company = table_of(User).c.company
        sizes = select(company).group_by(company).order_by(func.count(), company)
        with reading(self.store) as reader:
            self.days = span(reader, date.max)
            names = reader.scalars(sizes).all()
        self.organization = names[len(names) // 2]  # of middle size
        # As the server does once it is warm (`dashboard_app.py`).
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000)

    def query(self, question: Question) -> Query:
        """The question with its dates: it ends on the last day with data, which is over."""
        last, first = self.days.last or date.max, self.days.first or date.min
        if question.period != "all":
            first = last - timedelta(int(question.period) - 1)
        organizations = (self.organization,) if question.filtered else ()
        return Query(Period(first, last, last + timedelta(1)), organizations)

    def page(self, question: Question) -> int:
        """The page of the activity list that is asked for."""
        if not question.result.endswith(DEEP):
            return 1
        with reading(self.store) as reader:
            count = count_activities(reader, self._wanted(question))
        return int(count * DEPTH) // PAGE + 1

    def ask(self, question: Question, page: int) -> Any:
        """The product's answer, in a session of its own."""
        query = self.query(question)
        with reading(self.store) as reader:
            if question.result in BY_SLUG:
                return BY_SLUG[question.result].function(reader, query)
            now = datetime.combine(query.period.today, time(), UTC)
            return activities(reader, self._wanted(question), now, page, PAGE)

    def _wanted(self, question: Question) -> Query:
        query = self.query(question)
        kind = "document" if "document" in question.result else "all"
        return replace(query, type=kind)


class Comparison:
    """A database in the product, and its copies in DuckDB and SQLite.

    A statement on SQLite is stopped after `patience` seconds; its answer is None then.
    """

    def __init__(self, made: Made, patience: float) -> None:
        self.product = Product(made)
        self._patience = patience
        self._sqlite = _read_only(made.indexed)
        self._raw = _read_only(made.raw)
        self._raw.execute("ATTACH ? AS copy", [f"{made.indexed.absolute().as_uri()}?mode=ro"])
        self._raw.execute("CREATE TEMP TABLE calendar AS SELECT * FROM copy.calendar")
        self._raw.execute("DETACH copy")
        self._duckdb = duckdb.connect(str(made.columnar), read_only=True)

    def close(self) -> None:
        """Close all three."""
        self.product.store.close()
        self._sqlite.close()
        self._raw.close()
        self._duckdb.close()

    def ways(self, question: Question) -> dict[str, Callable[[], Any]]:
        """Name -> what answers the question, from its values to the report's rows in memory.

        The database as it is answers the Overview only, without filter. Of a result without a
        statement the product's answer is timed only.
        """
        query, page = self.product.query(question), self.product.page(question)
        values: dict[str, Any] = {
            "start": query.period.start,
            "after": query.period.end + timedelta(1),
            "before": query.previous.period.start,
            "lead": query.period.start - timedelta(6),
            "window": query.period.end - timedelta(27),
            "earlier": query.period.end - timedelta(55),
            "company": self.product.organization,
            "offset": (page - 1) * PAGE,
        }
        answer = ANSWERS.get(question.answer)
        if answer is None:
            return {PRODUCT: partial(self.product.ask, question, page)}
        for_sqlite, for_duckdb = (
            statement(answer, dialect, filtered=question.filtered)
            for dialect in ("sqlite", "duckdb")
        )
        as_text = {name: str(v) if isinstance(v, date) else v for name, v in values.items()}
        used = {name: value for name, value in values.items() if f"${name}" in for_duckdb}
        shape = partial(answer.rows, query=query)
        ways: dict[str, Callable[[], Any]] = {
            PRODUCT: partial(self.product.ask, question, page),
            DUCKDB: lambda: shape(self._duckdb.execute(for_duckdb, used).fetchall()),
            SQL: partial(self._patiently, self._sqlite, for_sqlite, as_text, shape),
        }
        if question.result in OVERVIEW and not question.filtered:
            ways[AS_IS] = partial(self._patiently, self._raw, for_sqlite, as_text, shape)
        return ways

    def _patiently(
        self,
        database: sqlite3.Connection,
        sql: str,
        values: dict[str, Any],
        shape: Callable[[Any], Any],
    ) -> Any:
        until = monotonic() + self._patience
        database.set_progress_handler(lambda: monotonic() > until, 100_000)
        try:
            return shape(database.execute(sql, values).fetchall())
        except sqlite3.OperationalError as error:
            if "interrupted" not in str(error):
                raise
            return None

    def difference(self, question: Question, answers: dict[str, Any]) -> str:
        """Where the three answers differ; '' if nowhere, and where nothing is compared."""
        expected = {
            way: rows for way, rows in answers.items() if way != PRODUCT and rows is not None
        }
        if not expected:
            return ""
        answer = _rows(answers[PRODUCT], expected[DUCKDB])
        for way, rows in expected.items():
            if rows != answer:
                pairs = zip(answer, rows, strict=False)
                return (
                    f"{question}: the product has {len(answer)} rows, {way} {len(rows)}; the first"
                    f" that differ: {next(((a, b) for a, b in pairs if a != b), 'none')}"
                )
        return ""


def _read_only(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    database.execute("PRAGMA cache_size = -262144")
    return database


def _rows(answer: Any, like: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The product's rows with the fields that a statement's rows have; moments as text."""
    if isinstance(answer, ActivityPage):
        rows = [{**item.model_dump(), "total": answer.total} for item in answer.items]
    else:
        rows = [row.model_dump() for row in (answer if isinstance(answer, list) else [answer])]
    fields = like[0] if like else {}
    return [{name: _plain(row[name]) for name in fields} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value
