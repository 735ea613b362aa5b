"""The refresh and the build of the rollups beside a SQLite file: who waits, and what is left."""

import os
import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from analytics.reading.figures import totals
from analytics.reading.reader import reading
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import open_database
from tests.conftest import settings_for
from tests.databases import write
from tests.opening import FILES, FORK, MARCH, WAL, conversations, opened, run, talks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


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


# --- builds that end too soon -----------------------------------------------------------------


@pytest.mark.slow
def test_a_disk_too_full_for_a_refresh(path: Path) -> None:
    write(talks(1), path)
    store = opened(settings_for(path))

    def no_more_pages(dbapi: sqlite3.Connection, _record: object) -> None:
        dbapi.execute("PRAGMA rollup.max_page_count = 1")  # raised to what there is

    event.listen(store.keeper._refresher, "connect", no_more_pages)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO sessions (id, user_id, twin_id, platform, started_at)"
            " VALUES (?, 'ann', 't', 'web', ?)",
            [(f"n{n}", f"2026-03-{n % 30 + 1:02} 10:00:00") for n in range(2_000)],
        )
    with pytest.raises(DatabaseProblem, match="The disk is full"):
        store.refresh()
    assert conversations(store) == 1
    event.remove(store.keeper._refresher, "connect", no_more_pages)
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
