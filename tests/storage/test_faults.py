"""What is wrong is known by its code, said truly, and nobody waits for what will never come."""

import errno
import multiprocessing
import os
import resource
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)

from analytics.app.store import AppStore
from analytics.app.views import saved_views
from analytics.migrations import MigrationError, migrate
from analytics.reading.reader import reading
from analytics.search.index import Search
from analytics.storage.faults import DatabaseLocked, DatabaseProblem, problem_of
from analytics.storage.locks import file_lock
from analytics.storage.store import open_database
from tests.conftest import settings_for
from tests.databases import SCHEMA, a_session, a_user, write
from tests.opening import FILES, conversations, opened, problem_with, run, talks

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database of three conversations; caches are in the folder too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    write(talks(3, messages=2), tmp_path / "data.db")
    return tmp_path / "data.db"


def in_a_process(work: Callable[[], Any]) -> Any:
    """What it returns, or says, in a process of its own, which may not take long."""
    ours, theirs = FORK.Pipe()

    def run_it() -> None:
        try:
            theirs.send(work())
        except Exception as error:
            theirs.send(getattr(error, "what", repr(error)))

    process = FORK.Process(target=run_it)
    process.start()
    try:
        assert ours.poll(30), "it waits for ever"
        return ours.recv()
    finally:
        process.kill()
        process.join()


# --- codes ------------------------------------------------------------------------------------


def error_of(code: int, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> sqlite3.Error:
    error = kind("the disk is full of locked and busy readers: no such table")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (sqlite3.SQLITE_BUSY, "The database is locked by another program"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "The database is locked by another program"),
        (sqlite3.SQLITE_LOCKED_SHAREDCACHE, "The database is locked by another program"),
        (sqlite3.SQLITE_FULL, "The disk is full"),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, "The database file can't be read"),
        (sqlite3.SQLITE_READONLY_ROLLBACK, "The database file can't be read"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "A file can't be written"),
        (sqlite3.SQLITE_IOERR_WRITE, "The disk reports an error"),
        (sqlite3.SQLITE_NOMEM, "The database asks for more memory than there is"),
        (sqlite3.SQLITE_CORRUPT_VTAB, "This database is damaged, encrypted, or has changed its"),
        (sqlite3.SQLITE_ERROR, "This database is damaged, encrypted, or has changed its tables"),
        (0, "This database is damaged, encrypted, or has changed its tables"),
    ],
)
def test_a_fault_is_known_by_its_code(code: int, what: str) -> None:
    problem = problem_of(error_of(code), "here")
    assert problem.what.startswith(what)
    assert isinstance(problem, DatabaseLocked) == ("locked" in what)


class Said(Exception):
    """What a server's driver raises: it carries a code."""

    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate
        super().__init__("the disk is full of locked and busy readers")


REFUSED = "The database server refused what the dashboard asked"
STOPPED = "The database server stopped this, because others were at the same rows or tables"


@pytest.mark.parametrize(
    ("state", "kind", "what"),
    [
        ("25006", InternalError, "The database server takes no writes on this connection"),
        ("53100", OperationalError, "The disk of the database server is full"),
        ("53300", OperationalError, "The database server takes no more connections"),
        ("55P03", OperationalError, "A table of the database is locked by another program"),
        ("55006", OperationalError, STOPPED),
        ("40P01", OperationalError, STOPPED),
        ("57P01", OperationalError, "The database server can't be reached, or refuses the login"),
        (None, OperationalError, "The database server can't be reached, or refuses the login"),
        (None, InterfaceError, "The database server can't be reached, or refuses the login"),
        ("42501", ProgrammingError, REFUSED),
        (None, DataError, REFUSED),
    ],
)
def test_a_fault_of_a_server_is_known_by_its_state_or_its_class(
    state: str | None, kind: type[DBAPIError], what: str
) -> None:
    problem = problem_of(kind("SELECT", {}, Said(state)), "here")
    assert problem
    assert (problem.what, problem.where) == (what, "here")
    assert isinstance(problem, DatabaseLocked) == ("locked" in what)


def test_a_fault_of_sqlite_is_one_however_it_is_wrapped() -> None:
    problem = problem_of(OperationalError("SELECT", {}, error_of(sqlite3.SQLITE_ERROR)), "here")
    assert problem
    assert problem.what.startswith("This database is damaged")


@pytest.mark.parametrize(
    ("number", "what", "where"),
    [
        (errno.ENOSPC, "The disk is full", "here"),
        (errno.EDQUOT, "The disk is full", "here"),
        (errno.EROFS, "A file can't be written", "that file"),
    ],
)
def test_a_fault_of_the_file_system_names_the_file(number: int, what: str, where: str) -> None:
    problem = problem_of(OSError(number, "locked", "that file"), "here")
    assert problem
    assert (problem.what, problem.where) == (what, where)


def test_a_fault_that_is_no_databases_is_none() -> None:
    for error in (OSError(errno.ECONNRESET, "the disk is full"), RuntimeError("locked")):
        assert problem_of(error, "here") is None


def test_words_of_a_database_are_no_fault(path: Path) -> None:
    """A column called full_name is no full disk."""
    store = opened(settings_for(path))
    with pytest.raises(DatabaseProblem) as caught, reading(store) as reader:
        reader.execute(text("SELECT full_name_locked FROM users"))
    assert caught.value.what.startswith("This database is damaged, encrypted, or has changed")
    store.close()


def test_a_damaged_byte_of_the_schema_is_no_500(path: Path) -> None:
    """SQLite's error names the object, whose name is no UTF-8 any more."""
    content = path.read_bytes()
    assert content.count(b"ix_users_email") > 1
    path.write_bytes(content.replace(b"ix_users_email", b"ix_users_\xff\xfe\xfdil", 1))
    assert problem_with(path).what.startswith("This database is damaged")
    with pytest.raises(MigrationError, match="is damaged"):
        migrate(settings_for(path).url)
    path.rename(path.with_name("data.app.db"))
    with pytest.raises(DatabaseProblem, match="The saved views and notes are damaged"):
        saved_views(AppStore(settings_for(path)))


# --- a lock that can't be made ----------------------------------------------------------------


@pytest.mark.parametrize("act", ["refresh", "rebuild"])
def test_where_nothing_can_be_written_nobody_waits_for_a_rival(act: str, path: Path) -> None:
    def work() -> None:
        store = open_database(settings_for(path))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # as a quota that is used up
        getattr(store, act)()

    assert in_a_process(work) == "The disk reports an error"
    store = opened(settings_for(path))
    assert conversations(store) == 3
    store.close()


def test_on_a_full_disk_what_was_counted_is_read(path: Path) -> None:
    store = opened(settings_for(path))
    assert conversations(store) == 3

    def work() -> int:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        store = opened(settings_for(path))
        return conversations(store)

    assert in_a_process(work) == 3
    store.close()


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "A file can't be written"),
        (OSError(errno.ENAMETOOLONG, "File name too long"), "The lock file data.rollup.lock can't"),
    ],
)
def test_a_lock_file_that_can_not_be_made(
    fault: OSError, what: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_database(settings_for(path))

    def touch(self: Path, *_: Any, **__: Any) -> None:
        raise fault

    monkeypatch.setattr(Path, "touch", touch)
    with pytest.raises(DatabaseProblem) as caught:
        store.refresh()
    assert caught.value.what.startswith(what)
    assert caught.value.where == str(path.with_name("data.rollup.lock"))
    store.close()


def test_a_folder_that_takes_the_name_of_the_lock_while_it_is_open(path: Path) -> None:
    store = opened(settings_for(path))
    path.with_name("data.rollup.lock").unlink()
    path.with_name("data.rollup.lock").mkdir()
    with pytest.raises(DatabaseProblem, match=r"The lock file data\.rollup\.lock can't be"):
        store.rebuild()
    assert conversations(store) == 3
    store.close()


def test_a_lock_that_another_process_holds_is_a_rival(path: Path) -> None:
    with file_lock(path) as alone:
        assert alone

        def work() -> bool:
            with file_lock(path) as other:
                return other

        assert in_a_process(work) is False
    assert in_a_process(work) is True
    assert path.with_name("data.lock").stat().st_size == 0


# --- killed builds ----------------------------------------------------------------------------


def test_the_next_start_clears_what_a_killed_build_left(path: Path) -> None:
    opened(settings_for(path)).close()

    def die(share: float, _label: str) -> None:
        if share > 0.5:
            os.kill(os.getpid(), signal.SIGKILL)

    process = FORK.Process(target=lambda: open_database(settings_for(path)).rebuild(die))
    process.start()
    process.join()
    [leftover] = path.parent.glob("data.rollup.db.building-*")
    for tail in ("-wal", "-journal"):
        leftover.with_name(leftover.name + tail).touch()
    first = open_database(settings_for(path))
    with file_lock(first.database.rollup_path):
        first.refresh()
        assert leftover.exists()  # somebody builds
    before = first.freshness()
    first.refresh()
    assert first.freshness() == before  # nothing was to be built
    first.close()
    assert sorted(each.name for each in path.parent.iterdir()) == FILES


# --- ids that several rows have ---------------------------------------------------------------


def without_keys(path: Path) -> None:
    """The same tables as a tool copies them: without keys and indexes."""
    tables = ("users", "twins", "sessions", "messages", "documents", "queries")
    for table in tables:
        run(path, f"CREATE TABLE copy AS SELECT * FROM {table}; DROP TABLE {table};"
            f" ALTER TABLE copy RENAME TO {table}")  # fmt: skip


def test_tables_without_keys_are_read(path: Path) -> None:
    without_keys(path)
    store = opened(settings_for(path))
    assert conversations(store) == 3
    store.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("INSERT INTO users SELECT * FROM users", "1 in the table users"),
        ("INSERT INTO sessions SELECT * FROM sessions WHERE id > 's0'", "2 in the table sessions"),
        ("INSERT INTO twins SELECT * FROM twins", "1 in the table twins"),
        ("INSERT INTO sessions SELECT id, 'else', twin_id, platform, title, topic, is_shared_twin,"
         " started_at FROM sessions WHERE id = 's1'", "1 in the table sessions"),
        ("INSERT INTO users SELECT * FROM users; INSERT INTO sessions SELECT * FROM sessions",
         "1 in the table users, 3 in the table sessions"),
    ],
)  # fmt: skip
def test_doubled_rows_are_counted_in_words(statement: str, said: str, path: Path) -> None:
    run(path, "INSERT INTO twins (id, user_id, name) VALUES ('t', 'ann', 'T')")
    without_keys(path)
    store = opened(settings_for(path))
    assert conversations(store) == 3
    run(path, statement)
    with pytest.raises(DatabaseProblem) as caught:
        store.rebuild()
    assert caught.value.what == f"Ids that may stand in one row only stand in several: {said}"
    assert "loaded twice" in caught.value.remedy
    assert conversations(store) == 3
    store.close()


def test_doubled_rows_that_come_later_are_named_too(path: Path) -> None:
    without_keys(path)
    store = opened(settings_for(path))
    run(path, "INSERT INTO sessions SELECT * FROM sessions WHERE id = 's1'")
    with pytest.raises(DatabaseProblem, match="1 in the table sessions"):
        store.refresh()
    run(path, "DELETE FROM sessions WHERE rowid = (SELECT max(rowid) FROM sessions)")
    store.refresh()
    assert conversations(store) == 3
    store.close()


# --- other shapes of a database ---------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_any_text_encoding_is_read(encoding: str, path: Path, tmp_path: Path) -> None:
    raw = talks(3, messages=2)
    raw.users.append(a_user("Łuk", company="Żółć 東京 \U0001f600"))
    raw.sessions.append(a_session("Ø", "Łuk", "2026-03-11 09:00:00", title="Ünï 東京"))
    seen = []
    for name, pragma in (("utf8.db", "UTF-8"), ("utf16.db", encoding)):
        run(tmp_path / name, f"PRAGMA encoding = '{pragma}'; {SCHEMA}")
        write(raw, tmp_path / name)
        for _ in range(2):
            store = opened(settings_for(tmp_path / name))
            search = Search(store)
            search.update()
            with reading(store) as reader:
                facts = reader.execute(text("SELECT * FROM rollup.activity")).all()
                cells = reader.execute(text("SELECT * FROM rollup.daily")).all()
                words = reader.execute(
                    text("SELECT session_id FROM search.document JOIN search.words AS w"
                         " ON w.rowid = id WHERE w.words MATCH '\"東\" OR \"uni\"'")
                ).all()  # fmt: skip
            assert len(words) == 1
            seen.append((sorted(map(tuple, facts)), sorted(map(tuple, cells)), words))
            run(tmp_path / name, "UPDATE users SET department = 'Ω'")
            store.refresh()
            store.close()
    assert seen[:2] == seen[2:]


def test_names_in_upper_case_are_read(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        dump = list(connection.iterdump())
    copy = path.with_name("upper.db")
    upper = SCHEMA
    for table in ("users", "twins", "sessions", "messages", "documents", "queries"):
        upper = upper.replace(f"CREATE TABLE {table} ", f"CREATE TABLE {table.upper()} ")
    for column in ("user_id", "started_at", "session_id", "company"):
        upper = upper.replace(f" {column} ", f" {column.upper()} ")
    run(copy, upper)
    run(copy, "\n".join(line for line in dump if line.startswith("INSERT")))
    store = opened(settings_for(copy))
    assert conversations(store) == 3
    run(copy, "DELETE FROM Sessions WHERE ID = 's1'")
    store.refresh()
    assert conversations(store) == 2
    store.close()


def test_views_are_read_anew_when_the_file_has_changed(path: Path) -> None:
    for table in ("users", "sessions", "messages"):
        run(path, f"ALTER TABLE {table} RENAME TO the_{table};"
            f" CREATE VIEW {table} AS SELECT * FROM the_{table}")  # fmt: skip
    before = path.read_bytes()
    store = opened(settings_for(path))
    assert conversations(store) == 3
    first = store.freshness()
    store.refresh()
    assert store.freshness() == first
    assert path.read_bytes() == before
    run(path, "DELETE FROM the_sessions WHERE id = 's1'")
    store.refresh()
    assert conversations(store) == 2
    store.close()
