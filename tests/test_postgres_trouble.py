"""PostgreSQL in trouble: locks, encodings, types, time zones, a server that goes and comes back."""

import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, create_engine, select, text
from sqlalchemy.pool import NullPool

from analytics.app.store import AppStore
from analytics.app.views import save_view, saved_view, saved_views
from analytics.lists.activities import count_activities
from analytics.models import Message, User, table_of
from analytics.reading.reader import reading
from analytics.rollups import change_log
from analytics.rollups.refresh import prepare, refresh, stage
from analytics.search.index import Search
from analytics.service import Service
from analytics.settings import Settings
from analytics.storage import faults
from analytics.storage.faults import DatabaseLocked, DatabaseProblem
from analytics.storage.store import Store, open_database
from analytics.web.api import create_app
from tests.databases import Raw, a_message, a_session, a_twin, a_user, activity_query
from tests.postgres import a_database, administering, create_tables, write
from tests.test_service import two_zones
from tests.web.test_api import NOW, Served

pytestmark = pytest.mark.slow
WAIT = 60  # seconds after which something is taken to hang


def some() -> Raw:
    """A person with a conversation of one message."""
    return Raw(
        users=[a_user("ann", "Acme")],
        twins=[a_twin("t0", "ann")],
        sessions=[a_session("s0", "ann", "2026-03-01 09:00:00", twin_id="t0", title="Talk")],
        messages=[a_message("m0", "s0", "2026-03-01 09:00:00")],
    )


def settings_of(url: URL, **more: Any) -> Settings:
    return Settings(database_url=url.render_as_string(hide_password=False), **more)


@pytest.fixture
def filled(postgres: URL) -> URL:
    """A database with a conversation, without rollups."""
    with administering(postgres) as connection:
        for schema in ("rollup", "search", "app"):
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        connection.execute(text("DROP TABLE IF EXISTS rollup_marks"))
    with connected(postgres) as connection:
        create_tables(connection)
        write(some(), connection)
    return postgres


@contextmanager
def connected(url: URL) -> Iterator[Connection]:
    """A transaction of another program, which ends with the block."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        yield connection


@pytest.fixture
def store(filled: URL) -> Iterator[Store]:
    opened = open_database(settings_of(filled))
    opened.refresh()
    yield opened
    opened.close()


def listed(store: Store, **asked: Any) -> int:
    """How many conversations a store shows."""
    with reading(store) as reader:
        return count_activities(reader, activity_query(**asked))


# --- locks ------------------------------------------------------------------------------------


@contextmanager
def locked(url: URL, table: str) -> Iterator[None]:
    """While another program changes a table."""
    with connected(url) as connection:
        connection.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        yield


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for 5 seconds here."""
    monkeypatch.setattr(faults, "BUSY_SECONDS", 1)


@pytest.mark.usefixtures("soon")
def test_who_meets_a_lock_is_told_and_what_was_counted_is_served(filled: URL) -> None:
    first = Service(settings_of(filled, refresh_seconds=0, search=False))
    store = first.store()
    with locked(filled, "messages"):
        with pytest.raises(DatabaseLocked, match="Waited 1 seconds"), reading(store) as reader:
            reader.execute(select(table_of(Message).c.id)).all()
        assert listed(store) == 1
    with connected(filled) as writer:
        writer.execute(text("UPDATE messages SET sender_type = 'twin'"))
    with locked(filled, "messages"):
        with pytest.raises(DatabaseLocked):
            store.refresh()
        again = Service(settings_of(filled, refresh_seconds=0, search=False))
        assert listed(again.store()) == 1
    for service in (first, again):
        service.close()


def test_a_build_that_waits_for_a_long_download_keeps_nobody_out(store: Store) -> None:
    before = store.freshness()
    with ThreadPoolExecutor(2) as others:
        with store.session() as download:
            assert download.scalar(text("SELECT count(*) FROM rollup.build")) == 1
            building = others.submit(store.rebuild)
            with administering(store.database.engine.url) as watcher:
                waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
                while not watcher.scalar(waiting):
                    assert not building.done()
            assert others.submit(listed, store).result(WAIT) == 1
            assert not building.done()
        building.result(WAIT)
    assert store.freshness() != before


def test_a_statement_that_the_server_ended_is_said(store: Store) -> None:
    with (
        pytest.raises(DatabaseProblem, match="longer than its statement_timeout allows") as caught,
        reading(store) as reader,
    ):
        reader.execute(text("SET LOCAL statement_timeout = 1"))
        reader.execute(text("SELECT pg_sleep(60)"))
    assert not isinstance(caught.value, DatabaseLocked)


def test_the_planner_knows_what_is_staged(store: Store) -> None:
    with connected(store.database.engine.url) as connection:
        connection.execute(text("UPDATE users SET full_name = 'Anna' WHERE id = 'ann'"))
        connection.execute(text("UPDATE sessions SET title = 'Other' WHERE id = 's0'"))
        touched = change_log.read(connection, 250, 1_000)
        assert touched is not None
        prepare(connection)
        stage(connection, touched)
        refresh(connection, touched, NOW)
        known = connection.execute(
            text(
                "SELECT relname, reltuples FROM pg_class"
                " WHERE relpersistence = 't' AND relkind = 'r' AND reltuples > 0"
            )
        )
        assert {"rollup_whole_user", "rollup_staged_event", "rollup_replaced_session"} <= {
            name for name, _ in known
        }


# --- encodings --------------------------------------------------------------------------------


@contextmanager
def encoded(server: URL, encoding: str) -> Iterator[URL]:
    """A database in another encoding than UTF-8."""
    with a_database(server) as url:
        with administering(server) as connection:
            connection.execute(text(f"DROP DATABASE {url.database}"))
            connection.execute(
                text(
                    f"CREATE DATABASE {url.database} ENCODING '{encoding}' TEMPLATE template0"
                    " LC_COLLATE 'C' LC_CTYPE 'C'"
                )
            )
        yield url


# What each can hold beyond ASCII: a name of somebody, and what they write.
HELD = {
    "LATIN1": ("Zoë Strauß", "5 µm"),
    "LATIN2": ("Łukasz Ŕ", "5 °m"),
    "WIN1252": ("Œuvre", "5 µm ™"),
    "EUC_JP": ("東京", "会議 5 °m"),
}


@pytest.fixture(scope="module", params=HELD)
def foreign(request: pytest.FixtureRequest, postgres_server: URL) -> Iterator[Served]:
    """An application over a database in another encoding, its search complete."""
    raw, (name, content) = some(), HELD[request.param]
    raw.users[0] |= {"full_name": name}
    raw.messages[0] |= {"content": content}
    with encoded(postgres_server, request.param) as url:
        with connected(url) as connection:
            create_tables(connection)
            write(raw, connection)
        served = Served(Path(), settings=settings_of(url))
        store = served.service.store()
        Search(store).update()
        yield served
        served.service.close()


def test_what_an_encoding_lacks_matches_nothing(foreign: Served) -> None:
    asked, lists = "x\u0e01\U0001f600", set[str]()
    for path, methods in create_app().openapi()["paths"].items():
        for one in methods["get"].get("parameters", []):
            kind = one["schema"].get("items", one["schema"]).get("type")
            if one["in"] == "path":
                answer = foreign.get(path.replace("{" + one["name"] + "}", asked))
                assert answer.status_code == 404, answer.text
            elif kind == "string" and one["name"] != "format":
                answers = [
                    foreign.get(path, params={one["name"]: asked, "format": form})
                    for form in ("json", "csv")
                ]
                said = [(path, one["name"], answer.text) for answer in answers]
                assert {answer.status_code for answer in answers} <= {200, 422}, said
                if answers[0].status_code == 200 and "total" in answers[0].json():
                    lists.add(one["name"])
                    assert answers[0].json()["total"] == 0, said
                    assert answers[1].text.count("\r\n") == 1, said
    assert lists >= {"organization", "department", "person", "twin", "topic", "search", "user"}


def test_what_an_encoding_holds_is_found_in_any_case(foreign: Served) -> None:
    with reading(foreign.service.store()) as reader:
        name, content = (
            reader.execute(select(table_of(User).c.full_name)).scalar_one(),
            reader.execute(select(table_of(Message).c.content)).scalar_one(),
        )
    assert (name, content) in HELD.values()
    for word in name.split():
        for form in (word, word.upper(), word.lower()):
            assert foreign.json("/api/people", search=form)["total"] == 1, form
    for word in (*content.split(), content):
        assert foreign.json("/api/activities", search=word)["total"] == 1, word
    # Those of the other encodings, which are near in bytes or in alphabet.
    everything = " ".join((name, content)).lower()
    for word in "àŕ£ъ東łëœμ":
        assert foreign.json("/api/people", search=word)["total"] == (word in name.lower()), word
        if word not in everything:
            assert foreign.json("/api/activities", search=f"{word}x")["total"] == 0, word


def test_a_view_is_not_kept_changed(foreign: Served) -> None:
    app = AppStore(foreign.service.settings)
    with pytest.raises(DatabaseProblem, match="the database's encoding lacks a character"):
        save_view(app, "\U0001f600", page="", preset=None, parameters="", now=NOW)
    assert saved_views(app) == []
    save_view(app, "plain", page="", preset=None, parameters="", now=NOW)
    assert saved_view(app, "\U0001f600") is None


def test_bytes_that_an_encoding_leaves_open_are_read(postgres_server: URL) -> None:
    with encoded(postgres_server, "WIN1252") as url:
        with connected(url) as connection:
            create_tables(connection)
            write(some(), connection)
            odd = r"convert_from('\x81'::bytea, 'WIN1252')"
            connection.execute(text(f"UPDATE messages SET content = 'odd ' || {odd}"))
        served = Served(Path(), settings=settings_of(url, refresh_seconds=0, search=False))
        found = served.json("/api/activities/s0")
        assert found["messages"][0]["content"] == "odd \ufffd"
        Search(served.service.store()).update()
        served.service.close()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "MULE_INTERNAL", "EUC_TW"])
def test_what_can_not_be_read_for_certain_is_refused_by_name(
    postgres_server: URL, encoding: str
) -> None:
    with encoded(postgres_server, encoding) as url:
        with pytest.raises(DatabaseProblem, match=f"encoding is {encoding}.*ENCODING 'UTF8'"):
            open_database(settings_of(url))
        with pytest.raises(DatabaseProblem, match=f"encoding is {encoding}"):
            saved_views(AppStore(settings_of(url)))


# --- types ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "kind", "using", "wanted"),
    [
        ("twins.id", "integer", "1", "text"),
        ("sessions.user_id", "uuid", "gen_random_uuid()", "text"),
        ("messages.sender_type", "who", "'user'::who", "text"),
        ("sessions.started_at", "text", "started_at::text", "timestamp"),
        ("messages.created_at", "bigint", "1", "timestamp"),
        ("twins.created_at", "date", "created_at::date", "timestamp"),
        ("sessions.is_shared_twin", "text", "'t'", "boolean"),
        ("documents.word_count", "text", "'1'", "integer"),
    ],
)
def test_columns_of_types_that_can_not_be_read_are_named(
    filled: URL, column: str, kind: str, using: str, wanted: str
) -> None:
    table, name = column.split(".")
    with administering(filled) as connection:
        connection.execute(text("DROP TYPE IF EXISTS who CASCADE"))
        connection.execute(text("CREATE TYPE who AS ENUM ('user', 'twin')"))
        connection.execute(text(f"ALTER TABLE {table} ALTER {name} TYPE {kind} USING {using}"))
    with pytest.raises(DatabaseProblem, match=f": {column} is {kind}, not {wanted} .*ALTER TABLE"):
        open_database(settings_of(filled))


def test_other_types_of_the_same_kinds_are_read(filled: URL) -> None:
    with connected(filled) as connection:
        connection.execute(text("DROP DOMAIN IF EXISTS key"))
        for change in (
            "CREATE DOMAIN key AS varchar(40)",
            "ALTER TABLE sessions ALTER id TYPE key, ALTER started_at TYPE timestamptz(3)",
            "ALTER TABLE twins ALTER id TYPE key",
            "ALTER TABLE documents ALTER word_count TYPE numeric",
            "INSERT INTO documents (id, session_id, word_count, created_at)"
            " VALUES ('d0', 's0', 5, '2026-03-01 09:00:00')",
        ):
            connection.execute(text(change))
    served = Served(Path(), settings=settings_of(filled, refresh_seconds=0, search=False))
    assert served.json("/api/activities")["total"] == 1
    assert served.json("/api/documents", start_date="2026-01-01")["items"][0]["wordCount"] == 5
    served.service.close()


# --- time zones -------------------------------------------------------------------------------


def test_two_time_zones_do_not_count_against_each_other(filled: URL) -> None:
    two_zones(lambda zone: settings_of(filled, reporting_timezone=zone, search=False))


# --- a server that goes and comes back --------------------------------------------------------


class Way:
    """A way to a server over TCP that can be cut, or swallow everything."""

    def __init__(self, server: URL) -> None:
        with administering(server) as connection:
            dbapi: Any = connection.connection.driver_connection
            self._target = (dbapi.info.host, dbapi.info.port)
        self.is_silent = False
        self._ends: list[socket.socket] = []
        self._open()
        self.url = server.set(host="127.0.0.1", port=self._port).set(query={})

    _port = 0

    def _open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._ends.append(client)
                if not self.is_silent:
                    self._join(client)

    def _join(self, client: socket.socket) -> None:
        host, port = self._target
        if host.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{host}/.s.PGSQL.{port}")
        else:
            server = socket.create_connection((host, port))
        self._ends.append(server)
        for one, other in ((client, server), (server, client)):
            threading.Thread(target=_forward, args=(one, other), daemon=True).start()

    def cut(self) -> None:
        """Nobody answers any more."""
        for one in (self._listener, *self._ends):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._ends.clear()

    def mend(self) -> None:
        """Everything is as it was."""
        self._open()


def _forward(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def way(filled: URL) -> Iterator[Way]:
    made = Way(filled)
    yield made
    made.cut()


def test_every_use_of_a_server_that_has_gone_is_a_problem_and_works_again(way: Way) -> None:
    store = open_database(settings_of(way.url))
    store.refresh()
    search = Search(store)
    uses = {
        "session": lambda: listed(store),
        "freshness": store.freshness,
        "refresh": store.refresh,
        "rebuild": store.rebuild,
        "readable": store.readable,
        "check": store.check,
        "remove_log": store.remove_log,
        "search": search.update,
        "opening": lambda: open_database(settings_of(way.url)).close(),
        "views": lambda: saved_views(AppStore(settings_of(way.url))),
    }
    for name, use in uses.items():
        use()
        way.cut()
        with pytest.raises(DatabaseProblem, match="can't be reached"):
            use()
        if name == "session":  # cut while it is in use
            way.mend()
            with pytest.raises(DatabaseProblem), reading(store) as reader:
                reader.execute(text("SELECT 1"))
                way.cut()
                reader.execute(text("SELECT 1"))
        way.mend()
        use()
    store.close()


def test_the_service_is_back_without_a_restart(way: Way) -> None:
    service = Service(settings_of(way.url, refresh_seconds=0.05))
    assert listed(service.store()) == 1
    for _ in range(2):
        way.cut()
        with pytest.raises(DatabaseProblem, match="can't be reached"):
            service.store()
        way.mend()
        assert listed(service.store()) == 1
    service.close()


def test_a_server_that_says_nothing_is_given_up(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_database(settings_of(way.url))
    dbapi: Any
    with store.database.engine.connect() as connection:
        dbapi = connection.connection.driver_connection
        with socket.socket(fileno=os.dup(dbapi.fileno())) as one:
            assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 5_000
            assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 2
            assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 1
            assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3
    store.close()
    monkeypatch.setattr(faults, "BUSY_SECONDS", 2)  # the least that the driver knows
    way.is_silent = True
    with ThreadPoolExecutor(1) as other:
        opening = other.submit(open_database, settings_of(way.url))
        with pytest.raises(DatabaseProblem, match="can't be reached"):
            opening.result(WAIT)
