"""Opening databases: everything that can be wrong with one, and the refresh of its rollups."""

import hashlib
import multiprocessing
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from analytics.models import RAW_MODELS, RAW_TABLES, SAMPLE_APPLICATION_ID, table_of
from analytics.query import Period, Query
from analytics.reading.figures import totals
from analytics.reading.reader import reading
from analytics.settings import Settings
from analytics.storage import store as database
from analytics.storage.faults import DatabaseMissing, DatabaseProblem
from analytics.storage.store import Store, open_database
from tests.conftest import Shelf, settings_for
from tests.databases import SCHEMA, Raw, a_message, a_session, a_user, write

FORK = multiprocessing.get_context("fork")
NOBODY = 65534
FILES = ["data.db", "data.rollup.db", "data.rollup.lock"]
WAL = ["data.rollup.db-shm", "data.rollup.db-wal"]  # while somebody has read the rollups
MARCH = Query(Period(date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)))


def talks(count: int, messages: int = 0) -> Raw:
    """A person with so many conversations in March, and long messages in the first."""
    raw = Raw(users=[a_user("ann")])
    raw.sessions += [a_session(f"s{n}", "ann", "2026-03-10 09:00:00") for n in range(count)]
    for n in range(messages):
        raw.messages.append(
            {**a_message(f"m{n}", "s0", "2026-03-10 09:00:00"), "content": "x" * 400}
        )
    return raw


def conversations(store: Store) -> int:
    with reading(store) as reader:
        return totals(reader, MARCH).conversations


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def raw_state(path: Path) -> dict[str, Any]:
    """All that the file holds, but for the marks: rows with their rowids, schema and pragmas."""
    with closing(sqlite3.connect(path)) as connection:

        def all_of(sql: str) -> list[Any]:
            return connection.execute(sql).fetchall()

        names = "application_id", "user_version", "journal_mode", "page_size", "auto_vacuum"
        found = {name: all_of(f"PRAGMA {name}") for name in (*names, "encoding", "integrity_check")}
        found |= {table: all_of(f"SELECT rowid, * FROM {table}") for table in RAW_TABLES}
        found["schema"] = all_of(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT IN"
            " ('rollup_marks', 'sqlite_sequence')"
            " AND NOT (type = 'trigger' AND name LIKE 'rollup%') ORDER BY 1, 2"
        )
        return found


def run(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def problem_with(path: Path | str) -> DatabaseProblem:
    """What is said about a file (or an address), on opening it or on reading it then."""
    settings = Settings(database_url=path) if isinstance(path, str) else settings_for(path)
    with pytest.raises(DatabaseProblem) as raised:
        opened(settings).close()
    problem = raised.value
    assert str(problem) == f"{problem.what} ({problem.where}). {problem.remedy}"
    assert problem.remedy.endswith(".")
    return problem


def opened(settings: Settings) -> Store:
    """The store with its rollups built."""
    store = open_database(settings)
    try:
        store.refresh()
    except BaseException:
        store.close()
        raise
    return store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.02)


# --- what can be wrong ------------------------------------------------------------------------


def test_a_missing_file(path: Path) -> None:
    problem = problem_with(path)
    assert isinstance(problem, DatabaseMissing)
    assert problem.what == "There is no database file here"
    assert problem.where == str(path)
    assert "make sample data with `python -m seed" in problem.remedy
    assert list(path.parent.iterdir()) == []


def test_a_relative_address_is_shown_with_its_folder(new_process: Path) -> None:
    assert problem_with("sqlite:///./data.db").where == str(new_process / "data.db")


def test_a_missing_folder(path: Path) -> None:
    assert isinstance(problem_with(path / "no" / "such.db"), DatabaseMissing)


def test_a_folder(path: Path) -> None:
    path.mkdir()
    problem = problem_with(path)
    assert problem.what == "This is a folder, not a database file"
    assert problem.remedy == "Name the file inside it in DATABASE_URL."


def test_a_file_in_place_of_the_folder(path: Path) -> None:
    path.write_text("")
    assert problem_with(path / "data.db").what == "The database file can't be read"


@pytest.mark.parametrize("content", [b"name,email\n", b"x", b"PK\x03\x04" + bytes(10_000)])
def test_a_file_that_is_no_database(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    assert problem_with(path).what == "This file is no SQLite database"
    assert path.read_bytes() == content


def test_a_zero_byte_file(path: Path) -> None:
    path.touch()
    assert problem_with(path).what == "This database is empty: it has no tables"
    assert path.stat().st_size == 0


def test_another_programs_database(path: Path) -> None:
    run(path, "CREATE TABLE bookmarks (id)")
    problem = problem_with(path)
    assert problem.what == "This database has none of the tables of AI Twin Analytics"
    assert "DATABASE_URL" in problem.remedy


def test_missing_tables_and_columns_are_named(path: Path) -> None:
    write(talks(1), path)
    run(path, "DROP TABLE documents; ALTER TABLE messages DROP COLUMN content;"
        "ALTER TABLE users DROP COLUMN department;")  # fmt: skip
    problem = problem_with(path)
    assert problem.what == (
        "This database lacks the column users.department, the column messages.content,"
        " the table documents"
    )
    assert "README" in problem.remedy


def test_one_table_of_six(path: Path) -> None:
    run(path, "CREATE TABLE users (id, email, full_name, company, department, created_at)")
    assert problem_with(path).what.startswith(
        "This database lacks the column users.last_login_at, the table twins, the table sessions"
    )


def test_tables_without_rows_and_recovery_with_the_first(path: Path) -> None:
    run(path, SCHEMA)
    problem = problem_with(path)
    assert problem.what == "This database is empty: its tables hold no rows"
    assert "python -m seed" in problem.remedy
    write(Raw(users=[a_user("ann")]), path)
    store = opened(settings_for(path))
    assert conversations(store) == 0
    store.close()


@pytest.mark.parametrize("keep", [50, 100, 5_000, 60_000])
def test_a_file_that_was_cut_off(keep: int, path: Path) -> None:
    write(talks(1, messages=300), path)
    path.write_bytes(path.read_bytes()[:keep])
    problem = problem_with(path)
    assert problem.what == "This database is damaged, encrypted, or has changed its tables"
    assert "integrity_check" in problem.remedy


def test_garbage_in_the_middle(path: Path) -> None:
    write(talks(1, messages=300), path)
    content = path.read_bytes()
    path.write_bytes(content[:20_000] + b"\xa5" * (len(content) - 30_000) + content[-10_000:])
    problem = problem_with(path)
    assert problem.what == "This database is damaged, encrypted, or has changed its tables"


def test_tables_that_go_while_it_is_open(path: Path) -> None:
    write(talks(1), path)
    store = opened(settings_for(path))
    run(path, "DROP TABLE messages")
    with pytest.raises(DatabaseProblem, match="has changed its tables"):
        store.refresh()
    store.close()


@pytest.mark.usefixtures("impatient")
def test_a_database_locked_by_a_writer_and_recovery(path: Path) -> None:
    write(talks(1), path)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        problem = problem_with(path)
        assert problem.what == "The database is locked by another program"
        assert "Let that program finish its write, then reload." in problem.remedy
    store = opened(settings_for(path))
    assert conversations(store) == 1
    store.close()


@pytest.mark.usefixtures("impatient")
def test_a_database_locked_while_it_is_open(path: Path) -> None:
    write(talks(1), path)
    store = opened(settings_for(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseProblem, match="locked"), reading(store) as reader:
            reader.execute(text("SELECT * FROM users"))
        with pytest.raises(DatabaseProblem, match="locked"):
            store.refresh()
    assert conversations(store) == 1
    store.close()


@pytest.mark.slow
def test_a_disk_too_full_for_a_refresh(path: Path) -> None:
    write(talks(1), path)
    store = opened(settings_for(path))

    def no_more_pages(dbapi: sqlite3.Connection, _record: object) -> None:
        dbapi.execute("PRAGMA rollup.max_page_count = 1")  # raised to what there is

    event.listen(store._refresher, "connect", no_more_pages)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO sessions (id, user_id, twin_id, platform, started_at)"
            " VALUES (?, 'ann', 't', 'web', ?)",
            [(f"n{n}", f"2026-03-{n % 30 + 1:02} 10:00:00") for n in range(2_000)],
        )
    with pytest.raises(DatabaseProblem, match="The disk is full"):
        store.refresh()
    assert conversations(store) == 1
    event.remove(store._refresher, "connect", no_more_pages)
    store.refresh()
    assert conversations(store) == 2_001
    store.close()


def test_a_full_disk(path: Path) -> None:
    write(talks(1), path)
    store = opened(settings_for(path))

    def fill(_share: float, _label: str) -> None:
        error = sqlite3.OperationalError()
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    run(path, "DELETE FROM sessions")
    for act in (store.rebuild, store.refresh):
        with pytest.raises(DatabaseProblem) as raised:
            act(fill)
        assert raised.value.what == "The disk is full"
        assert conversations(store) == 1
    store.refresh()
    assert conversations(store) == 0
    store.close()


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory(address: str) -> None:
    problem = problem_with(address)
    assert problem.what == "A database in memory holds nothing to show"
    assert problem.where.startswith("sqlite://")
    assert "sqlite:///./ai_twin_analytics.db" in problem.remedy


def test_an_unsupported_scheme_and_no_password() -> None:
    problem = problem_with("mysql://me:secret@host/name?password=secret")
    assert problem.what == "mysql databases can't be opened"
    assert problem.where == "mysql://me:***@host/name"
    assert problem.remedy == (
        "Use an address that begins with sqlite:/// or postgresql+psycopg://."
    )


# --- a server that is not there ---------------------------------------------------------------

SERVER = "postgresql+psycopg://me:secret@127.0.0.1:1/name?password=secret"


class Refusing:
    """An engine whose server says no."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def connect(self) -> Any:
        raise self.error


def test_a_server_that_can_not_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    error = OperationalError("SELECT", {}, OSError("no route for me:secret"))
    monkeypatch.setattr(database, "server_engine", lambda *_, **__: Refusing(error))
    problem = problem_with(SERVER)
    assert problem.what == "The database server can't be reached, or refuses the login"
    assert problem.where == "postgresql+psycopg://me:***@127.0.0.1:1/name"
    assert "secret" not in str(problem)


def test_a_server_that_gives_no_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ProgrammingError("SELECT", {}, RuntimeError("permission denied for secret"))
    monkeypatch.setattr(database, "server_engine", lambda *_, **__: Refusing(error))
    problem = problem_with(SERVER)
    assert problem.what == "The database server refused what the dashboard asked"
    assert "create the schema `rollup`" in problem.remedy
    assert "secret" not in str(problem)


@pytest.mark.parametrize("address", [SERVER, "postgresql+nonsense://me:secret@host/name"])
def test_a_server_without_its_driver(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    problem = problem_with(address)
    assert problem.what == "The driver for PostgreSQL is not installed"
    assert 'pip install "psycopg[binary]"' in problem.remedy
    assert "secret" not in str(problem)


# --- who may read and write -------------------------------------------------------------------


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a readable database, and an empty cache folder beside it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    for name in ("data", "cache"):
        (folder / name).mkdir()
    (folder / "cache").chmod(0o777)
    write(talks(2), folder / "data/data.db")
    (folder / "data/data.db").chmod(0o644)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    yield folder
    (folder / "data").chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def answer(place: Path, tmp_path: Path) -> Callable[[], Any]:
    """Opens the place's database without root's rights: what is read and where the rollups are."""
    shelf = Shelf(tmp_path)
    shelf(talks(1))  # imports what is needed while everything can be read
    shelf.close()

    def ask() -> Any:
        if os.geteuid() != 0:
            return _answer(place)
        ours, theirs = FORK.Pipe()
        child = FORK.Process(target=_answer_as_nobody, args=(place, theirs))
        child.start()
        child.join(20)
        return ours.recv()

    return ask


def _answer_as_nobody(place: Path, pipe: Any) -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    pipe.send(_answer(place))


def _answer(place: Path) -> tuple[Any, str]:
    try:
        store = opened(settings_for(place / "data/data.db"))
    except Exception as error:
        return getattr(error, "what", repr(error)), getattr(error, "remedy", "")
    return conversations(store), str(store.rollup_path.parent.relative_to(place))


CACHED = "cache/ai-twin-analytics"


def test_a_file_without_permission(place: Path, answer: Callable[[], Any]) -> None:
    (place / "data/data.db").chmod(0)
    assert answer() == (
        "The database file can't be read",
        "Permission denied: give the account that runs the dashboard the right to read it.",
    )
    (place / "data/data.db").chmod(0o644)
    assert answer() == (2, CACHED if os.geteuid() == 0 else "data")


def test_a_folder_without_permission(place: Path, answer: Callable[[], Any]) -> None:
    (place / "data").chmod(0)
    assert answer()[0] == "The database file can't be read"


def test_a_read_only_file_in_a_read_only_folder(place: Path, answer: Callable[[], Any]) -> None:
    before = digest(place / "data/data.db")
    (place / "data/data.db").chmod(0o444)
    (place / "data").chmod(0o555)
    assert answer() == (2, CACHED)
    assert digest(place / "data/data.db") == before
    assert [path.name for path in (place / "data").iterdir()] == ["data.db"]


def test_a_read_only_file_in_a_folder_that_can_be_written(
    place: Path, answer: Callable[[], Any]
) -> None:
    (place / "data/data.db").chmod(0o444)
    (place / "data").chmod(0o777)
    assert answer() == (2, "data")


def test_a_wal_database_in_a_read_only_folder(place: Path, answer: Callable[[], Any]) -> None:
    run(place / "data/data.db", "PRAGMA journal_mode = WAL")
    (place / "data/data.db").chmod(0o444)
    (place / "data").chmod(0o555)
    assert answer() == (2, CACHED)


def test_a_wal_with_changes_in_a_read_only_folder_is_not_ignored(
    place: Path, answer: Callable[[], Any]
) -> None:
    path = place / "data/data.db"
    killed_while_writing(path, "PRAGMA journal_mode = WAL; DELETE FROM sessions;")
    path.with_name("data.db-shm").unlink()
    (place / "data").chmod(0o555)
    assert path.with_name("data.db-wal").stat().st_size > 0
    assert answer()[0] == "The database file can't be read"


def test_nowhere_to_write_the_rollups(place: Path, answer: Callable[[], Any]) -> None:
    (place / "data").chmod(0o555)
    (place / "cache/ai-twin-analytics").mkdir(mode=0o555)
    what, remedy = answer()
    assert what == (
        "The rollup tables can be written neither beside the database nor in the cache folder"
    )
    assert "the right to write to one of these folders" in remedy


def test_no_folder_at_all_that_can_be_written(
    place: Path, answer: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "data/none"))
    (place / "data").chmod(0o555)
    what, remedy = answer()
    assert what.startswith("The rollup tables can be written neither beside the database nor")
    assert "the right to write to one of these folders" in remedy


def test_an_account_without_a_home(
    place: Path, answer: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "~/.cache")  # as where nobody says which it is
    (place / "data").chmod(0o555)
    assert answer()[0].startswith("The rollup tables can be written neither beside")
    assert not Path("~").exists()


@pytest.mark.parametrize(
    "name", ["data.rollup.db", "data.rollup.lock", "data.rollup.db-shm", "data.search.db"]
)
def test_siblings_of_another_account_are_left_to_it(
    name: str, place: Path, answer: Callable[[], Any]
) -> None:
    (place / "data").chmod(0o777)
    (place / "data" / name).write_bytes(b"")
    (place / "data" / name).chmod(0)
    assert answer() == (2, CACHED)
    assert [path.name for path in (place / "data").iterdir() if path.name != name] == ["data.db"]


def test_rollups_go_to_the_cache_where_no_sibling_can_be(place: Path) -> None:
    path = place / "data/data.db"
    (place / "data/data.rollup.db").mkdir()
    for _ in range(2):
        store = opened(settings_for(path))
        assert conversations(store) == 2
        [cached] = (place / CACHED).glob("*.db")
        assert store.rollup_path == cached
        store.close()
        assert set((place / CACHED).iterdir()) == {cached, cached.with_suffix(".lock")}
    write(talks(3), place / "data/other.db")
    (place / "data/other.rollup.db").mkdir()
    other = opened(settings_for(place / "data/other.db"))
    assert len(list((place / CACHED).glob("*.db"))) == 2
    assert conversations(other) == 3
    other.close()


def test_neither_a_sibling_nor_the_cache_can_be(place: Path) -> None:
    (place / "data/data.rollup.db").mkdir()
    (place / "cache/ai-twin-analytics").mkdir(mode=0o755)
    digest_of_path = hashlib.sha256(str(place / "data/data.db").encode()).hexdigest()[:16]
    (place / CACHED / f"{digest_of_path}.rollup.db").mkdir()
    problem = problem_with(place / "data/data.db")
    assert problem.where == (
        f"{place}/data/data.rollup.db; {place}/{CACHED}/{digest_of_path}.rollup.db"
    )


# --- what opening leaves alone ----------------------------------------------------------------


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_opening_and_refreshing_changes_none_of_the_six_tables(mode: str, path: Path) -> None:
    write(talks(2, messages=3), path)
    run(path, f"PRAGMA journal_mode = {mode}; UPDATE users SET company = 'Initech'")
    before = raw_state(path)
    store = opened(settings_for(path))
    store.refresh()
    store.rebuild()
    assert conversations(store) == 2
    with pytest.raises(DatabaseProblem), reading(store) as reader:
        reader.execute(text("DELETE FROM users"))
    store.check()
    store.close()
    assert raw_state(path) == before


def test_looking_again_without_news_changes_no_byte(path: Path) -> None:
    write(talks(2), path)
    store = opened(settings_for(path))
    before, modified = digest(path), path.stat().st_mtime_ns
    store.refresh()
    opened(settings_for(path)).close()
    assert (digest(path), path.stat().st_mtime_ns) == (before, modified)
    store.close()


@pytest.mark.usefixtures("impatient")
def test_a_wal_database_is_read_while_it_is_written(path: Path) -> None:
    write(talks(1), path)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO sessions SELECT 'new', user_id, twin_id, platform, title,"
                       " topic, is_shared_twin, started_at FROM sessions")  # fmt: skip
        writer.commit()
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM sessions")
        store = opened(settings_for(path))  # before there can be marks
        assert conversations(store) == 2
        first = store.freshness()
        store.refresh()
        assert store.freshness() == first
        writer.commit()
        store.refresh()
        assert conversations(store) == 0
        writer.execute("INSERT INTO sessions SELECT 's', id, 't', 'web', '', '', 0,"
                       " '2026-03-10 09:00:00' FROM users")  # fmt: skip
        writer.commit()
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseProblem, match="locked"):
            store.refresh()  # the marks can't be taken away just now
        assert conversations(store) == 1
        writer.commit()
        store.refresh()
        assert conversations(store) == 1
        store.close()
        assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def killed_while_writing(path: Path, sql: str) -> None:
    """Run statements in a process that is killed before it closes the database."""

    def work() -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA cache_size = 2")
        for statement in filter(str.strip, sql.split(";")):
            connection.execute(statement).fetchall()
        os.kill(os.getpid(), signal.SIGKILL)

    process = FORK.Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_what_a_killed_writer_left_is_rolled_back(path: Path) -> None:
    write(talks(3, messages=300), path)
    committed, held = digest(path), raw_state(path)
    killed_while_writing(path, "BEGIN; DELETE FROM sessions; UPDATE messages SET content = 'y'")
    assert path.with_name("data.db-journal").stat().st_size > 1_000
    assert digest(path) != committed
    store = opened(settings_for(path))
    assert conversations(store) == 3
    assert raw_state(path) == held
    store.close()


def test_the_wal_of_a_killed_writer_is_read(path: Path) -> None:
    write(talks(3), path)
    killed_while_writing(path, "PRAGMA journal_mode = WAL; DELETE FROM sessions WHERE id = 's1'")
    store = opened(settings_for(path))
    assert conversations(store) == 2
    store.close()


# --- names and places -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a b'c;.db", "100%.db", "what?#1&x=%41.db", "Ünï \U0001f600.db"])
def test_odd_file_names(name: str, path: Path) -> None:
    odd = path.with_name(name)
    write(talks(1), odd)
    store = opened(settings_for(odd))
    assert conversations(store) == 1
    store.close()
    assert sorted(each.name for each in path.parent.iterdir()) == sorted(
        [name, name.replace(".db", ".rollup.db"), name.replace(".db", ".rollup.lock")]
    )


def test_a_folder_with_a_question_mark(new_process: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = new_process / "what? #1 100%"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write(talks(1), Path("data.db"))
    store = opened(Settings(database_url="sqlite:///data.db"))
    assert conversations(store) == 1
    store.close()


def test_a_symbolic_link(path: Path) -> None:
    write(talks(1), path)
    (path.parent / "links").mkdir()
    link = path.parent / "links/link.db"
    link.symlink_to(path)
    store = opened(settings_for(link))
    assert conversations(store) == 1
    assert store.rollup_path == path.parent / "links/link.rollup.db"
    store.close()


@pytest.mark.parametrize(
    "names",
    [
        ("a.db", "a.sqlite"),
        ("a.db", "a.db.db"),
        ("a.db", "a"),
    ],
)
def test_two_databases_never_share_their_rollups(names: tuple[str, str], path: Path) -> None:
    stores = []
    for count, name in enumerate(names, 1):
        write(talks(count), path.with_name(name))
        stores.append(opened(settings_for(path.with_name(name))))
    assert [conversations(store) for store in stores] == [1, 2]
    for store in stores:
        store.close()


# --- what a store knows -----------------------------------------------------------------------


def test_sample_data_is_known_by_its_mark(path: Path) -> None:
    write(talks(1), path)
    assert not open_database(settings_for(path)).is_sample
    run(path, f"PRAGMA application_id = {SAMPLE_APPLICATION_ID}")
    assert open_database(settings_for(path)).is_sample


def test_a_database_from_before_message_type_is_read_and_noted(path: Path) -> None:
    write(talks(1), path)
    assert not open_database(settings_for(path)).lacks_message_type
    run(path, "DROP INDEX ix_messages_message_type; ALTER TABLE messages DROP COLUMN message_type")
    store = opened(settings_for(path))
    assert store.lacks_message_type
    assert conversations(store) == 1
    store.close()


def test_freshness_says_what_the_rollups_hold(path: Path) -> None:
    write(talks(1), path)
    store = open_database(settings_for(path, "Europe/Berlin"))
    assert store.freshness() is None
    before = datetime.now(UTC)
    store.refresh()
    first = store.freshness()
    store.refresh()
    assert store.freshness() == first  # nothing was written
    store.rebuild()
    second = store.freshness()
    assert first and second
    assert before <= first.built_at <= second.built_at <= datetime.now(UTC)
    assert first.zone == "Europe/Berlin"
    assert first.version != second.version
    store.close()


def test_a_file_that_has_gone_or_was_replaced(path: Path) -> None:
    write(talks(1), path)
    store = opened(settings_for(path))
    store.check()
    write(talks(2), path.with_name("new.db"))
    path.with_name("new.db").replace(path)
    with pytest.raises(DatabaseProblem, match="The database file was replaced"):
        store.check()
    path.unlink()
    with pytest.raises(DatabaseMissing):
        store.check()
    with pytest.raises(DatabaseProblem, match="The database file can't be read"):
        store.refresh()
    store.close()
    assert {each.name for each in path.parent.iterdir()} == {"data.rollup.db", "data.rollup.lock"}


def test_deleted_rollups_are_built_again(path: Path) -> None:
    write(talks(1), path)
    opened(settings_for(path)).close()
    sibling = path.with_name("data.rollup.db")
    sibling.write_bytes(sibling.read_bytes()[:100] + b"not a database")
    store = open_database(settings_for(path))
    store.refresh()
    assert conversations(store) == 1
    path.with_name("data.rollup.db").unlink()
    assert store.freshness() is None
    store.refresh()
    assert conversations(store) == 1
    store.close()


# --- the refresh ------------------------------------------------------------------------------


def test_readers_keep_the_old_state_until_the_build_is_complete(path: Path) -> None:
    write(talks(1), path)
    store, other = opened(settings_for(path)), open_database(settings_for(path))
    seen: list[tuple[int, int]] = []
    assert (conversations(store), conversations(other)) == (1, 1)
    write(talks(2), path)
    store.refresh(lambda *_: seen.append((conversations(store), conversations(other))))
    assert len(seen) > 5
    assert set(seen) == {(1, 1)}
    assert (conversations(store), conversations(other)) == (2, 2)
    store.close()
    other.close()


def test_a_session_sees_one_state_to_its_end(path: Path) -> None:
    write(talks(1), path)
    store, other = opened(settings_for(path)), open_database(settings_for(path))
    with reading(store) as reader:
        assert totals(reader, MARCH).conversations == 1
        other.refresh()
        assert totals(reader, MARCH).conversations == 1
        other.rebuild()
        assert totals(reader, MARCH).conversations == 1
    run(path, "DELETE FROM sessions")
    with reading(store) as reader:
        assert totals(reader, MARCH).conversations == 1
        other.refresh()
        assert totals(reader, MARCH).conversations == 1
        assert conversations(store) == 0
    store.close()
    other.close()


def test_progress_rises_to_one(path: Path) -> None:
    write(talks(1), path)
    store, seen = open_database(settings_for(path)), []
    store.refresh(lambda share, label: seen.append((share, label)))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert all(label for _, label in seen)
    store.close()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_build_that_stops_leaves_the_old_rollups(error: type[BaseException], path: Path) -> None:
    write(talks(1), path)
    store = opened(settings_for(path))
    write(talks(2), path)

    def stop(share: float, _label: str) -> None:
        if share > 0.5:
            raise error

    with pytest.raises(error):
        store.refresh(stop)
    assert conversations(store) == 1
    assert sorted(each.name for each in path.parent.iterdir()) == sorted([*FILES, *WAL])
    store.refresh()
    assert conversations(store) == 2
    store.close()


def test_a_killed_build_leaves_the_old_rollups(path: Path) -> None:
    write(talks(1), path)
    store = opened(settings_for(path))
    write(talks(2), path)

    def die(share: float, _label: str) -> None:
        if share > 0.5:
            os.kill(os.getpid(), signal.SIGKILL)

    process = FORK.Process(target=lambda: open_database(settings_for(path)).refresh(die))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert conversations(store) == 1
    [leftover] = path.parent.glob("data.rollup.db.building-*")
    store.refresh()
    assert not leftover.exists()  # the lock says that nobody is building it
    assert conversations(store) == 2
    store.close()


@pytest.mark.parametrize(
    "name",
    [
        "data",
        "data [1]",
    ],
)
def test_leftovers_are_those_of_this_database(name: str, path: Path) -> None:
    write(talks(1), path.with_name(f"{name}.db"))
    files = [f"{name}.rollup.db.building-1", f"{name}.rollup.db.building-2"]
    files += ["other.rollup.db.building-1", "data 1.rollup.db.building-1"]
    for file in files:
        path.with_name(file).touch()
    opened(settings_for(path.with_name(f"{name}.db"))).close()
    assert [path.with_name(file).exists() for file in files] == [False, False, True, True]


def test_what_another_process_builds_is_no_leftover(path: Path) -> None:
    write(talks(1), path)
    store, other = open_database(settings_for(path)), opened(settings_for(path))
    run(path, "DELETE FROM sessions")
    seen = []

    def watch(_share: float, _label: str) -> None:
        [building] = path.parent.glob("data.rollup.db.building-*")
        other.refresh()  # returns: there are rollups to read, and it is not its turn
        seen.append(building.exists())

    store.rebuild(watch)
    assert len(seen) > 3
    assert all(seen)
    assert conversations(other) == 0
    store.close()
    other.close()


def test_refreshes_at_the_same_time_run_one_after_another(path: Path) -> None:
    write(talks(1), path)
    store, running, most = open_database(settings_for(path)), set[int](), [0]

    def watch(share: float, _label: str) -> None:
        running.add(threading.get_ident())
        most[0] = max(most[0], len(running))
        if share == 1.0:
            running.discard(threading.get_ident())

    with ThreadPoolExecutor(3) as callers:
        list(callers.map(lambda _: store.refresh(watch), range(3)))
    assert most == [1]
    assert conversations(store) == 1
    store.close()


def test_many_readers_at_the_same_time(path: Path) -> None:
    write(talks(1), path)
    store, together = opened(settings_for(path)), threading.Barrier(12)

    def read(_: int) -> int:
        with reading(store) as reader:
            totals(reader, MARCH)
            together.wait(20)
            return totals(reader, MARCH).conversations

    with ThreadPoolExecutor(12) as readers:
        assert list(readers.map(read, range(12))) == [1] * 12
    store.close()


def test_two_sessions_of_one_thread(path: Path) -> None:
    write(talks(1), path)
    store = opened(settings_for(path))
    with reading(store) as one, reading(store) as other:
        assert totals(one, MARCH).conversations == totals(other, MARCH).conversations == 1
    store.close()


def test_readers_beyond_the_pool_are_told_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes file descriptors, of which a process has so many."""
    monkeypatch.setattr(database, "_MORE_READERS", 1)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    write(talks(1), path)
    with closing(open_database(settings_for(path))) as store, ExitStack() as reading:
        store.refresh()
        for _ in range(6):
            reading.enter_context(store.session()).connection()
        with (
            pytest.raises(DatabaseProblem, match="Too many people are reading"),
            store.session() as s,
        ):
            s.connection()
        reading.close()
        assert conversations(store) == 1


def test_the_readme_lists_the_columns_that_are_needed() -> None:
    """The page for a database that lacks some leads there."""
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    for model in RAW_MODELS:
        table = table_of(model)
        [row] = [line for line in readme.splitlines() if line.startswith(f"| `{table.name}` |")]
        for column in table.columns:
            assert f"`{column.name}`" in row
