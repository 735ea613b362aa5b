"""SQLite and PostgreSQL give the same answers, however the server and its tables are set up."""

import os
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, event, select, text
from sqlalchemy.pool import NullPool

from analytics.lists.activities import (
    activities,
    all_activities,
    count_activities,
    latest_activities,
)
from analytics.lists.conversation import activity
from analytics.metrics.registry import RESULTS
from analytics.models import table_of
from analytics.period import Period
from analytics.query import TYPES, Query
from analytics.reading.known import department_names, organization_names, span
from analytics.reading.reader import Reader, reading
from analytics.rollups.build import definition
from analytics.rollups.state import Build
from analytics.rollups.tables import Fact
from analytics.storage.store import Store, open_database
from seed import generate
from tests.conftest import Shelf
from tests.databases import (
    COMPANIES,
    DEPARTMENTS,
    TOPICS,
    Raw,
    a_document,
    a_message,
    a_query,
    a_session,
    a_twin,
    a_user,
    activity_query,
)
from tests.postgres import a_database, administering, readable, rows_of

pytestmark = pytest.mark.slow
QUERIES = int(os.environ.get("COMPARED_QUERIES", "1000"))
ZONES = ("UTC", "America/New_York", "Australia/Lord_Howe")
END = date(2026, 11, 21)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
# In no locale's order of people, nor in that of UTF-16, are these in the order of code points.
ODD = (
    *("a", "A", "B", "b", "ä", "Ä", "z", "Z", "é", "É", "i", "I", "\u0131", "İ", "ß", "ss"),
    *(" a", "a ", "-a", "_a", "%", "=", "'", '"', "\\", "a%b", "a_b", "0", "10", "9"),
    *("\uff5e", "\U0001f600", "e\u0301", "a\tb", "a\nb", "Åsa", "Ünï"),
)


def company(folder: Path) -> Raw:
    """Sample data, and people, twins and conversations with everything odd about them."""
    path = folder / "sample.db"
    generate(path, users=14, organizations=3, days=70, seed=4, end_date=END)
    raw = rows_of(path)
    dice = random.Random(4)  # noqa: S311
    known = [row["id"] for row in raw.users]

    def moment() -> str | None:
        at = datetime(2026, 9, 20) + timedelta(minutes=dice.randrange(62 * 24 * 60))  # noqa: DTZ001
        return None if dice.random() < 0.1 else f"{at:%Y-%m-%d %H:%M:%S.%f}"

    for n, name in enumerate(ODD):
        more = {"department": dice.choice(DEPARTMENTS), "email": f"{name}{n}@Exämple.com"}
        raw.users.append(a_user(f"{name}u", dice.choice((*COMPANIES, name)), **more))
        raw.users[-1]["full_name"] = dice.choice(("Ann", name))
        owner = dice.choice((*known, f"{name}u", "nobody"))
        shared = dice.choice((None, 0, 1))
        raw.twins.append(a_twin(f"{name}t", owner, moment(), name=name, is_shared=shared))
    people = [row["id"] for row in raw.users] + ["nobody"]
    twins = [row["id"] for row in raw.twins] + ["gone"]
    ties = [moment() for _ in range(6)]  # ids decide the order
    for name in ODD:
        for start in (dice.choice(ties), dice.choice(ties), moment()):
            key = f"{name}s{len(raw.sessions)}"
            more = {
                "twin_id": dice.choice(twins),
                "topic": dice.choice((*TOPICS, name)),
                "title": dice.choice((None, "", name)),
                "is_shared_twin": dice.choice((None, 0, 1)),
            }
            raw.sessions.append(a_session(key, dice.choice(people), start, **more))
            for n in range(dice.randrange(4)):
                at = dice.choice((start, start, moment()))
                sender = dice.choice(("user", "user", "twin", "User", name))
                raw.messages.append(a_message(f"{name}m{key}{n}", key, at, sender))
            for n in range(dice.randrange(3)):
                more = {"message_id": dice.choice((None, f"{name}m{key}0"))}
                kind = dice.choice((*TOPICS, name))
                raw.documents.append(
                    a_document(f"{name}d{key}{n}", key, start, document_type=kind, **more)
                )
                raw.queries.append(a_query(f"{name}q{key}{n}", key, moment(), **more))
    for n in range(9):
        raw.messages.append(a_message(f"lost{n}", "nowhere", moment()))
    return readable(raw)


def plain(answer: Any) -> Any:
    """An answer as what it holds."""
    if hasattr(answer, "model_dump"):
        return answer.model_dump()
    return [plain(row) for row in answer] if isinstance(answer, list | tuple) else answer


class Questions:
    """Random questions about the rows."""

    def __init__(self, raw: Raw, seed: int) -> None:
        self.raw, self.dice = raw, random.Random(seed)  # noqa: S311

    def names(self, column: str) -> tuple[str | None, ...]:
        if self.dice.random() < 0.5:
            return ()
        known = [row[column] or None for row in self.raw.users]
        return tuple(self.dice.sample([*known, None, "Nobody"], self.dice.randint(1, 4)))

    def filters(self) -> dict[str, tuple[str | None, ...]]:
        return {"organizations": self.names("company"), "departments": self.names("department")}

    def day(self) -> date:
        return END + timedelta(self.dice.randint(-80, 10))

    def result(self) -> Callable[[Reader], Any]:
        start = self.day()
        end = start + timedelta(self.dice.choice((0, 0, 6, 6, 29, 29, 60, 89, 400)))
        query = Query(Period(start, end, self.day()), **self.filters())
        report = self.dice.choice(RESULTS)
        return lambda reader: (report.slug, query, plain(report.function(reader, query)))

    def listed(self) -> Callable[[Reader], Any]:
        pick, dice = self.dice.choice, self.dice
        days = sorted((self.day(), self.day()))
        emails = [row["email"] for row in self.raw.users]
        part = pick(emails)[: dice.randint(1, 4)]
        ask = activity_query(
            *(pick((None, None, day)) for day in days),
            **self.filters(),
            type=pick(TYPES),
            user=pick(("", "", part, part.swapcase(), "@EXÄMPLE", "@exämple", "%", "_")),
            twin=pick(("", "", "", *(row["id"] for row in self.raw.twins[-5:]))),
        )
        page, limit = dice.randint(1, 6), dice.randint(1, 30)

        def answer(reader: Reader) -> Any:
            first = activities(reader, ask, NOW, page, limit)
            after = first.next_cursor and activities(
                reader, ask, NOW, page + 1, limit, cursor=first.next_cursor
            )
            following = activities(reader, ask, NOW, page + 1, limit)
            assert not after or after.items == following.items, ask
            found = [first, count_activities(reader, ask)]
            return ask, page, limit, plain(found)

        return answer

    def opened(self) -> Callable[[Reader], Any]:
        key = self.dice.choice(self.raw.sessions)["id"]
        return lambda reader: (key, plain(activity(reader, key, NOW)))

    def whole(self) -> Callable[[Reader], Any]:
        filters, today = self.filters(), self.day()
        ask = activity_query(**filters)
        return lambda reader: (
            filters,
            plain(latest_activities(reader, ask, NOW, 20)),
            plain(list(all_activities(reader, ask, NOW))),
            span(reader, today),
            organization_names(reader),
            department_names(reader),
        )

    def __iter__(self) -> Iterator[Callable[[Reader], Any]]:
        while True:
            kind = self.dice.random()
            yield (
                self.result()
                if kind < 0.65
                else self.listed()
                if kind < 0.9
                else self.opened()
                if kind < 0.98
                else self.whole()
            )


def answers(store: Store, raw: Raw, seed: int, count: int) -> list[Any]:
    """What the store says to random questions, always the same ones."""
    store.refresh()
    with reading(store) as reader:
        return [ask(reader) for ask, _ in zip(Questions(raw, seed), range(count), strict=False)]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Raw:
    """The rows of both databases."""
    return company(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def on_sqlite(raw: Raw, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """The rows in a SQLite file."""
    shelf = Shelf(tmp_path_factory.mktemp("sqlite"))
    shelf.write(raw)
    yield shelf
    shelf.close()


@pytest.fixture(scope="module")
def on_postgres(
    raw: Raw, postgres_server: URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shelf]:
    """The rows in a PostgreSQL database."""
    with a_database(postgres_server) as url:
        shelf = Shelf(tmp_path_factory.mktemp("postgres"), url)
        shelf.write(raw)
        yield shelf
        shelf.close()


def opened(shelf: Shelf, zone: str) -> Store:
    """The store of a shelf, as it stands."""
    if zone not in shelf.stores:
        shelf.stores[zone] = open_database(shelf.settings(zone))
    return shelf.stores[zone]


@pytest.mark.parametrize("zone", ZONES)
def test_random_questions_have_equal_answers(
    raw: Raw, on_sqlite: Shelf, on_postgres: Shelf, zone: str
) -> None:
    count = -(-QUERIES // len(ZONES))
    seed = ZONES.index(zone)
    wanted = answers(opened(on_sqlite, zone), raw, seed, count)
    found = answers(opened(on_postgres, zone), raw, seed, count)
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours == theirs


# --- however the server is set up --------------------------------------------------------------

CHANGES = (
    "UPDATE users SET company = 'Moved' WHERE id IN ('au', 'Zu', '=u')",
    "UPDATE sessions SET user_id = 'zu', started_at = '2026-11-01 05:30:00'"
    " WHERE substr(id, 1, 1) = 'B'",
    "DELETE FROM messages WHERE id LIKE '%1'",
    "DELETE FROM users WHERE id = 'Ünïu'",
    "INSERT INTO twins (id, user_id, name, created_at)"
    " VALUES ('new', 'zu', 'New', '2026-11-02 23:30:00')",
)
PER_USER = {table_of(model).name: table_of(model) for model in Fact.__subclasses__()}


def built_and_refreshed(shelf: Shelf, raw: Raw) -> list[Any]:
    """Answers after a build, and after a refresh of what a program then changed."""
    shelf.write(raw)
    store = opened(shelf, "America/New_York")
    before = answers(store, raw, 5, 100)
    engine = create_engine(shelf.address, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in CHANGES:
            connection.execute(text(statement))
    after = answers(store, raw, 6, 100)
    with reading(store) as reader:
        assert reader.scalar(select(table_of(Build).c.refresh)), "it was built, not refreshed"
    return before + after


@pytest.fixture(scope="module")
def wanted(raw: Raw, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What SQLite says, built and refreshed."""
    shelf = Shelf(tmp_path_factory.mktemp("wanted"))
    found = built_and_refreshed(shelf, raw)
    shelf.close()
    return found


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_the_time_zone_of_a_connection_changes_nothing(
    raw: Raw, wanted: list[Any], postgres: URL, tmp_path: Path, zone: str
) -> None:
    with administering(postgres) as connection:
        connection.execute(text(f"ALTER DATABASE {postgres.database} SET timezone = '{zone}'"))
    shelf = Shelf(tmp_path, postgres)
    assert built_and_refreshed(shelf, raw) == wanted
    with reading(opened(shelf, "America/New_York")) as reader:
        assert reader.scalar(text("SHOW timezone")) == zone
    shelf.close()


@pytest.fixture
def partitioned() -> Iterator[None]:
    """The product's tables per user are made in three partitions, by user."""

    def add_partitions(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if found := re.search(r"CREATE TABLE (\S+) .*PARTITION BY HASH", statement, re.DOTALL):
            for n in range(3):
                cursor.execute(
                    f"CREATE TABLE {found[1]}_{n} PARTITION OF {found[1]}"
                    f" FOR VALUES WITH (MODULUS 3, REMAINDER {n})"
                )

    definition.cache_clear()
    event.listen(Engine, "after_cursor_execute", add_partitions)
    for table in PER_USER.values():
        table.dialect_options["postgresql"]["partition_by"] = "HASH (user_id)"
    yield
    for table in PER_USER.values():
        table.dialect_options["postgresql"]["partition_by"] = None
    event.remove(Engine, "after_cursor_execute", add_partitions)
    definition.cache_clear()


@pytest.mark.usefixtures("partitioned")
def test_the_tables_per_user_can_be_partitioned_by_user(
    raw: Raw, wanted: list[Any], postgres: URL, tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path, postgres)
    assert built_and_refreshed(shelf, raw) == wanted
    with reading(opened(shelf, "America/New_York")) as reader:
        found = reader.scalars(
            text(
                "SELECT relname FROM pg_partitioned_table JOIN pg_class ON pg_class.oid = partrelid"
            )
        )
        assert set(found) == set(PER_USER)
    shelf.close()
