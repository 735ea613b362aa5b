"""A SQLite file under those who read it: damaged, locked, replaced, written by others."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import text

from analytics.reading.figures import totals
from analytics.reading.reader import reading
from analytics.storage import faults, sqlite
from analytics.storage.faults import DatabaseMissing, DatabaseProblem
from analytics.storage.store import open_database
from tests.conftest import settings_for
from tests.databases import write
from tests.opening import (
    MARCH,
    conversations,
    digest,
    killed_while_writing,
    opened,
    problem_with,
    raw_state,
    run,
    talks,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "BUSY_SECONDS", 0.02)


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


# --- its readers ------------------------------------------------------------------------------


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
    monkeypatch.setattr(sqlite, "_MORE_READERS", 1)
    monkeypatch.setattr(faults, "BUSY_SECONDS", 0.1)
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
