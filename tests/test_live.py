"""Whatever is done to the raw tables, by whom, and in which order: refreshed equals rebuilt."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from analytics.models import RAW_TABLES
from analytics.reading.reader import reading
from analytics.rollups import sqlite_keeper
from analytics.rollups.build import TABLES
from analytics.rollups.sqlite_keeper import SqliteKeeper
from analytics.service import Service
from analytics.settings import Settings
from analytics.storage.faults import BUSY_SECONDS
from analytics.storage.sqlite_connection import SqliteConnection
from analytics.storage.store import Store, open_database
from tests.databases import SCHEMA, Raw, a_message, a_session, a_twin, a_user, write

pytestmark = pytest.mark.slow
EXAMPLES = int(os.environ.get("LIVE_EXAMPLES", "8"))
ROLLUPS = sorted({table.name for table in TABLES} - {"build", "changed"})
FORK = multiprocessing.get_context("fork")
ZONE = "America/New_York"

IDS = {
    "users": ("u0", "u1", "u2", "U2"),
    "twins": ("t0", "t1", "t2"),
    "sessions": ("s0", "s1", "s2", "s3", "S3", "s4"),
    "messages": ("m0", "m1", "m2", "m3", "m4", "m5"),
    "documents": ("d0", "d1", "d2"),
    "queries": ("q0", "q1", "q2"),
}
TIMES = (
    *("2026-03-08 06:59:59.999999", "2026-03-08 07:00:00.000000", "2026-03-08 04:59:59"),
    *("2026-03-08T05:00:00Z", "2026-03-09 05:00:00.000000", "2026-03-09 15:00:00.000001"),
    *("2026-03-15 12:00:00", "2026-04-07 12:00:00+02:00", "2026-04-08 12:00:00", "2026-04-08"),
    *(None, "not a date", "2026-02-30 10:00:00", 1773230400, "0001-01-02 12:00:00.000000"),
)
VALUES: dict[str, tuple[Any, ...]] = {
    "user_id": (*IDS["users"], "nobody"),
    "session_id": (*IDS["sessions"], "nowhere"),
    "twin_id": (*IDS["twins"], "nothing"),
    "message_id": (None, *IDS["messages"]),
    "email": ("a@x", "b@x", "c@x"),
    "company": (None, "", "Acme", "acme", "="),
    "department": (None, "", "Sales"),
    "topic": (None, "", "Billing"),
    "document_type": (None, "", "Report"),
    "sender_type": ("user", "user", "twin"),
    "message_type": (None, "general"),
    "is_shared": (None, 0, 1),
    "is_shared_twin": (None, 0, 1),
    "word_count": (1, 2),
    "results_count": (None, 3),
    "created_at": TIMES,
    "started_at": TIMES,
    "last_login_at": (None,),
}
COLUMNS = {
    "users": ("email", "full_name", "company", "department", "created_at"),
    "twins": ("user_id", "name", "is_shared", "created_at"),
    "sessions": ("user_id", "twin_id", "platform", "topic", "is_shared_twin", "started_at"),
    "messages": ("session_id", "sender_type", "content", "message_type", "created_at"),
    "documents": ("session_id", "message_id", "document_type", "word_count", "created_at"),
    "queries": ("session_id", "message_id", "query_text", "created_at"),
}


def opened(path: Path, zone: str = ZONE) -> Store:
    """The product's store of a file."""
    return open_database(Settings(database_url=f"sqlite:///{path}", reporting_timezone=zone))


def contents(store: Store) -> dict[str, list[Any]]:
    """All rows of all rollup tables, but for the version."""
    with reading(store) as reader:
        connection = reader.connection
        return {
            table: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM rollup.{table}")))
            for table in ROLLUPS
        }


def assert_exact(store: Store, path: Path) -> None:
    """The store's rollups are those that a build on a copy of the file makes."""
    copy = path.with_name("copy.db")
    shutil.copyfile(path, copy)
    copy.with_name("copy.rollup.db").unlink(missing_ok=True)
    fresh = opened(copy)
    fresh.rebuild()
    wanted, found = contents(fresh), contents(store)
    fresh.close()
    for table in ROLLUPS:
        assert found[table] == wanted[table], table


class Life(RuleBasedStateMachine):
    """Programs write to a database that a store is kept for."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.path = self.folder / "life.db"
        for file in self.folder.iterdir():
            file.unlink()
        # Two that are close to being power users, and active on consecutive days.
        sessions = [
            a_session(f"p{user}{n}", user, f"2026-03-{8 + n % 3:02} 12:00:00.000000")
            for user in ("u0", "u1")
            for n in range(10)
        ]
        users = [a_user("u0", email="a@x"), a_user("u1", None, email="b@x")]
        write(Raw(users, [a_twin("t0", "u0")], sessions), self.path)
        self.database = sqlite3.connect(self.path, isolation_level=None)
        self.database.execute("PRAGMA synchronous = OFF")
        self.store = opened(self.path)
        self.store.refresh()

    def run(self, statement: str, values: tuple[Any, ...] = ()) -> None:
        """What a constraint forbids isn't done."""
        with suppress(sqlite3.IntegrityError):
            self.database.execute(statement, values)

    @rule(keys=st.booleans(), recursive=st.booleans())
    def connect(self, keys: bool, recursive: bool) -> None:
        self.database.execute(f"PRAGMA foreign_keys = {keys:d}")
        self.database.execute(f"PRAGMA recursive_triggers = {recursive:d}")

    @rule(
        table=st.sampled_from((*RAW_TABLES, "messages", "messages")),
        how=st.sampled_from(("OR REPLACE", "OR REPLACE", "OR IGNORE", "", "ON CONFLICT")),
        data=st.data(),
    )
    def insert(self, table: str, how: str, data: st.DataObject) -> None:
        self.write(table, how, data)

    @rule(table=st.sampled_from(("sessions", "messages")), data=st.data())
    def replace_in_large_tables(self, table: str, data: st.DataObject) -> None:
        self.write(table, "OR REPLACE", data)

    def write(self, table: str, how: str, data: st.DataObject) -> None:
        columns = ("id", *COLUMNS[table])
        values = (data.draw(st.sampled_from(IDS[table])), *self.values(table, columns[1:], data))
        marks = ", ".join("?" * len(columns))
        sets = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        or_else, end = (
            ("", f" ON CONFLICT (id) DO UPDATE SET {sets}") if how == "ON CONFLICT" else (how, "")
        )
        self.run(
            f"INSERT {or_else} INTO {table} ({', '.join(columns)}) VALUES ({marks}){end}", values
        )

    def values(self, table: str, columns: tuple[str, ...], data: st.DataObject) -> tuple[Any, ...]:
        return tuple(data.draw(st.sampled_from(VALUES.get(name, ("x",)))) for name in columns)

    @rule(
        table=st.sampled_from(RAW_TABLES),
        how=st.sampled_from(("", "OR REPLACE", "OR IGNORE")),
        all_rows=st.sampled_from((False, False, False, True)),
        data=st.data(),
    )
    def update(self, table: str, how: str, all_rows: bool, data: st.DataObject) -> None:
        columns = data.draw(st.lists(st.sampled_from(("id", *COLUMNS[table])), min_size=1))
        columns = sorted(set(columns))
        values = tuple(
            data.draw(st.sampled_from(IDS[table] if name == "id" else VALUES.get(name, ("y",))))
            for name in columns
        )
        where = "" if all_rows else f" WHERE id = '{data.draw(st.sampled_from(IDS[table]))}'"
        sets = ", ".join(f"{name} = ?" for name in columns)
        self.run(f"UPDATE {how} {table} SET {sets}{where}", values)

    @rule(table=st.sampled_from(RAW_TABLES), data=st.data())
    def delete(self, table: str, data: st.DataObject) -> None:
        self.run(f"DELETE FROM {table} WHERE id = ?", (data.draw(st.sampled_from(IDS[table])),))

    @rule(table=st.sampled_from(RAW_TABLES), what=st.integers(0, 23))
    def do_worse(self, table: str, what: int) -> None:
        """Seldom: most runs should refresh, not rebuild."""
        worse = (
            lambda: self.run(f"DELETE FROM {table}"),
            lambda: self.drop_and_recreate(table, keep=True),
            lambda: self.drop_and_recreate(table, keep=False),
            lambda: self.run(f"DROP TRIGGER IF EXISTS rollup_insert_{table}"),
            lambda: self.run("CREATE UNIQUE INDEX IF NOT EXISTS n ON twins (name COLLATE NOCASE)"),
            lambda: self.database.executescript(
                f"ALTER TABLE {table} RENAME TO other; ALTER TABLE other RENAME TO {table}"
            ),
            self.restore_backup,
            self.restore_backup,
        )
        if what < len(worse):
            worse[what]()

    def drop_and_recreate(self, table: str, *, keep: bool) -> None:
        self.database.execute("PRAGMA foreign_keys = 0")
        made = next(part for part in SCHEMA.split(";") if f"TABLE {table} " in part)
        self.database.executescript(
            f"BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM {table}; DROP TABLE {table}; {made};"
            + (f"INSERT INTO {table} SELECT * FROM kept;" if keep else "")
            + "DROP TABLE kept; COMMIT;"
        )

    def restore_backup(self) -> None:
        """Take a copy of the file, or put the copy back in place."""
        backup = self.folder / "backup"
        if backup.exists():
            self.path.write_bytes(backup.read_bytes())
        else:
            backup.write_bytes(self.path.read_bytes())

    @rule()
    def refresh(self) -> None:
        self.store.refresh()

    @rule()
    def refresh_by_another_process(self) -> None:
        self.have_a_row()
        other = opened(self.path)
        other.refresh()
        other.close()

    def have_a_row(self) -> None:
        """A database without any row is refused when it is opened."""
        self.run("INSERT OR IGNORE INTO queries (id, session_id, query_text) VALUES ('q', 's', '')")

    def teardown(self) -> None:
        self.have_a_row()
        self.store.refresh()
        assert_exact(self.store, self.path)
        self.store.close()
        self.database.close()


def test_refreshed_equals_rebuilt_after_any_operations(tmp_path: Path) -> None:
    Life.folder = tmp_path
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),  # shrinking takes many minutes; ask for it by hand
            suppress_health_check=list(HealthCheck),
        ),
    )


def sample(path: Path, users: int = 8) -> Store:
    """A small database of many active days, opened and read."""
    people = [a_user(f"u{n}", f"Company {n % 3}") for n in range(users)]
    sessions = [
        a_session(f"s{u}-{n}", f"u{u}", f"2026-03-{1 + (n * (u + 3)) % 28:02} 12:00:00.000000")
        for u in range(users)
        for n in range(15)
    ]
    messages = [
        a_message(f"m{row['id']}{n}", row["id"], row["started_at"].replace("12:", f"1{n}:"))
        for row in sessions
        for n in range(3)
    ]
    write(Raw(people, [a_twin("t0", "u0")], sessions, messages), path)
    store = opened(path)
    store.refresh()
    return store


def version(store: Store) -> str:
    """The version that pages key their caches on."""
    freshness = store.freshness()
    assert freshness
    return freshness.version


def changes(path: Path, stop: threading.Event, pause: float = 0.0) -> int:
    """Write like a busy program until told to stop; how many transactions."""
    done = 0
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous = OFF")
        while not stop.is_set():
            user = f"u{done % 8}"
            with database:
                database.execute(
                    "INSERT OR REPLACE INTO messages (id, session_id, sender_type, content,"
                    " created_at) VALUES (?, ?, 'user', 'x', ?)",
                    (f"w{done % 40}", f"s{done % 8}-{done % 15}", f"2026-04-{1 + done % 30:02}"),
                )
                database.execute(
                    "UPDATE sessions SET user_id = ? WHERE id = ?", (user, f"s0-{done % 15}")
                )
                if done % 7 == 0:
                    database.execute("DELETE FROM messages WHERE id = ?", (f"ms1-{done % 15}0",))
            done += 1
            time.sleep(pause)
    return done


def test_writers_readers_and_refreshers_at_once_end_exact(tmp_path: Path) -> None:
    path = tmp_path / "busy.db"
    store, stop = sample(path), threading.Event()
    other = opened(path)
    counts: list[int] = []
    slowest = 0.0

    def refresh_on(one: Store) -> None:
        while not stop.is_set():
            one.refresh()
            time.sleep(0.1)

    threads = [
        threading.Thread(target=lambda: counts.append(changes(path, stop, 0.002))),
        threading.Thread(target=refresh_on, args=(store,)),
        threading.Thread(target=refresh_on, args=(other,)),
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        begun = time.monotonic()
        contents(store)
        slowest = max(slowest, time.monotonic() - begun)
    stop.set()
    for thread in threads:
        thread.join()
    other.refresh()
    assert_exact(store, path)
    assert counts[0] > 20
    assert slowest < 2, "a reader was kept waiting"
    other.close()
    store.close()


KILLED = """
import sys
from pathlib import Path
from tests.test_live import opened
store = opened(Path(sys.argv[1]))
print("ready", flush=True)
getattr(store, sys.argv[2])()
"""


@pytest.mark.parametrize("what", ["refresh", "rebuild"])
def test_a_kill_at_any_moment_does_no_harm(what: str, tmp_path: Path) -> None:
    path = tmp_path / "killed.db"
    store = sample(path)
    for turn in range(int(os.environ.get("LIVE_KILLS", "1"))):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE messages SET created_at = ?", (f"2026-05-{turn + 1:02}",))
            database.execute("UPDATE users SET company = ?", (f"Company {turn}",))
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, path, what], stdout=subprocess.PIPE
        )
        assert process.stdout
        process.stdout.readline()
        time.sleep(0.02 + 0.05 * turn % 0.4)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        contents(store)  # readers go on
        store.refresh()
        assert_exact(store, path)
    store.close()


# Where a process is killed: what it does, which function, before or after it has run.
POINTS: dict[str, tuple[str, Any, str, str]] = {
    "while reading": ("refresh", sqlite_keeper, "stage", "after"),
    "between reading and writing": ("refresh", sqlite_keeper, "refresh", "before"),
    "while writing": ("refresh", sqlite_keeper, "refresh", "after"),
    "before the marks are deleted": ("refresh", SqliteKeeper, "_forget", "before"),
    "after the marks are deleted": ("refresh", SqliteKeeper, "_forget", "after"),
    "before a build is complete": ("rebuild", sqlite_keeper, "build", "after"),
    "before a build is copied": ("rebuild", SqliteKeeper, "_overwrite", "before"),
    "while a build is copied": ("rebuild", SqliteConnection, "backup", "in"),
    "after a build was copied": ("rebuild", sqlite_keeper, "_checkpoint", "before"),
    "before a build is renamed": ("rebuild", Path, "replace", "before"),
}


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_at(point: str, path: Path, go: Any) -> None:
    """Wait to be told to go, then run into death."""
    go.recv()
    store = opened(path)
    act, owner, name, when = POINTS[point]
    original = getattr(owner, name)

    def deadly(*arguments: Any, **options: Any) -> Any:
        if when == "after":
            original(*arguments, **options)
        elif when == "in":
            original(*arguments, pages=1, progress=die)
        die()

    setattr(owner, name, deadly)
    getattr(store, act)()


def build_id(store: Store) -> str:
    with reading(store) as reader:
        return str(reader.connection.exec_driver_sql("SELECT build_id FROM rollup.build").scalar())


def test_a_kill_at_each_step_costs_nothing_but_the_step(tmp_path: Path) -> None:
    path = tmp_path / "killed.db"
    waiting = []
    for point in POINTS:  # before this process has the files open: a fork would inherit its locks
        ours, theirs = FORK.Pipe()
        process = FORK.Process(target=killed_at, args=(point, path, theirs))
        process.start()
        waiting.append((point, process, ours))
    store = sample(path)
    for turn, (point, process, go) in enumerate(waiting):
        with closing(sqlite3.connect(path)) as raw, raw:
            raw.execute(
                "UPDATE messages SET created_at = ? WHERE id < 'ms4'", (f"2026-05-{turn + 1:02}",)
            )
            raw.execute("UPDATE users SET company = ? WHERE id = 'u1'", (f"Company {turn}",))
        if "renamed" in point:
            store.database.rollup_path.unlink()
            go.send("go")
            process.join()
        else:
            before, born = contents(store), build_id(store)
            with reading(store) as reader:
                reader.connection.exec_driver_sql("SELECT version FROM rollup.build").all()
                go.send("go")
                process.join()
                found = reader.connection.exec_driver_sql("SELECT * FROM rollup.listing")
                assert sorted(map(tuple, found)) == before["listing"], point
            contents(store)
        assert process.exitcode == -signal.SIGKILL, point
        store.refresh()
        if POINTS[point][0] == "refresh":
            assert build_id(store) == born, f"built again after a kill {point}"
        assert_exact(store, path)
    store.close()


def test_writing_the_rollups_leaves_the_raw_file_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.db"
    store, write_rollups = sample(path), sqlite_keeper.refresh

    def while_others_write(*arguments: Any) -> str:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as raw:
            raw.execute("BEGIN EXCLUSIVE")
            raw.execute("UPDATE sessions SET user_id = 'u3' WHERE id IN ('s1-1', 's2-2')")
            version = write_rollups(*arguments)
            raw.execute("COMMIT")
            return version

    monkeypatch.setattr(sqlite_keeper, "refresh", while_others_write)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE messages SET created_at = '2026-07-01' WHERE session_id = 's1-1'")
        raw.execute("DELETE FROM users WHERE id = 'u2'")
    store.refresh()
    monkeypatch.undo()
    store.refresh()
    assert_exact(store, path)
    store.close()


def read_elsewhere(path: Path, pipe: Any) -> None:
    """Another process: read in one reader, and in a new one, as often as told."""
    pipe.recv()
    store = opened(path)
    with reading(store) as reader:
        connection = reader.connection
        while True:
            found = connection.exec_driver_sql(
                "SELECT * FROM rollup.activity_hour ORDER BY 1, 2, 3, 4"
            )
            pipe.send((list(map(tuple, found)), contents(store)["activity_hour"]))
            if pipe.recv() == "end":
                break
    store.close()


def test_readers_go_on_while_the_rollups_are_rebuilt_or_deleted(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    ours, theirs = FORK.Pipe()
    elsewhere = FORK.Process(target=read_elsewhere, args=(path, theirs))
    elsewhere.start()
    store = sample(path)
    other = opened(path)
    ours.send("go")
    with reading(store) as reader:
        connection = reader.connection
        old = list(map(tuple, connection.exec_driver_sql("SELECT * FROM rollup.activity_hour")))
        assert ours.recv() == (old, old)
        for turn in range(3):
            with closing(sqlite3.connect(path)) as raw, raw:
                raw.execute("DELETE FROM sessions WHERE id < ?", (f"s{turn + 2}",))
            if turn == 2:
                other.database.rollup_path.unlink()
            other.rebuild() if turn == 0 else other.refresh()
            again = connection.exec_driver_sql("SELECT * FROM rollup.activity_hour")
            assert list(map(tuple, again)) == old
            new = contents(store)["activity_hour"]
            assert len(new) < len(old)
            ours.send("again")
            assert ours.recv() == (old, new)
            assert_exact(store, path)
    ours.send("end")
    elsewhere.join()
    with closing(sqlite3.connect(store.database.rollup_path)) as sibling:
        assert sibling.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    other.close()
    store.close()
    assert not list(tmp_path.glob("data.rollup.db-*"))  # the last to close tidies up


@pytest.mark.parametrize("killed", [False, True])
def test_a_restored_backup_of_the_raw_file_is_noticed(
    killed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.db"
    store = sample(path)
    backup = path.read_bytes()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE messages SET created_at = '2026-07-01' WHERE session_id = 's1-1'")
    if killed:
        monkeypatch.setattr(store.keeper, "_forget", lambda *_: False)
    store.refresh()
    monkeypatch.undo()
    path.write_bytes(backup)
    store.refresh()
    assert_exact(store, path)
    store.close()


def test_a_restored_backup_of_the_rollups_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    store = sample(path)
    store.close()
    backup = store.database.rollup_path.read_bytes()
    store = opened(path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE messages SET created_at = '2026-07-01' WHERE session_id = 's1-1'")
    store.refresh()
    contents(store)
    store.database.rollup_path.unlink()
    store.database.rollup_path.write_bytes(backup)  # beside the WAL of the one that is gone
    store.refresh()
    assert_exact(store, path)
    store.close()


def test_where_there_can_be_no_wal_the_rollback_journal_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_keeper, "_JOURNAL", "DELETE")
    path = tmp_path / "data.db"
    store = sample(path)
    for act in (store.refresh, store.rebuild):
        with closing(sqlite3.connect(path)) as raw, raw:
            raw.execute("UPDATE messages SET created_at = ? WHERE id < 'ms4'", (act.__name__,))
        act()
        assert_exact(store, path)
    assert not list(tmp_path.glob("data.rollup.db-*"))
    store.close()


def test_the_version_changes_exactly_when_something_was_written(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    store = sample(path)
    first = version(store)
    store.refresh()
    assert version(store) == first
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE users SET full_name = 'Ann' WHERE id = 'u0'")
    store.refresh()
    second = version(store)
    assert second != first
    again = opened(path)  # a restart keeps the rollups
    again.refresh()
    assert version(again) == second
    again.close()
    store.close()


def test_an_index_can_ask_which_sessions_changed_since(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    store = sample(path)

    def state() -> tuple[str, int]:
        with reading(store) as reader:
            row = reader.connection.exec_driver_sql("SELECT build_id, refresh FROM rollup.build")
            return tuple(row.one())

    def changed_since(refresh: int) -> list[str]:
        with reading(store) as reader:
            sql = "SELECT session_id FROM rollup.changed WHERE refresh > ? ORDER BY 1"
            return list(reader.connection.exec_driver_sql(sql, (refresh,)).scalars())

    def change(*statements: str) -> None:
        with closing(sqlite3.connect(path)) as database, database:
            for statement in statements:
                database.execute(statement)
        store.refresh()

    build_id, built = state()
    assert (built, changed_since(built)) == (0, [])
    change(
        "UPDATE messages SET content = 'New' WHERE id = 'ms1-30'",
        "UPDATE sessions SET user_id = 'nobody' WHERE id = 's2-1'",
        "INSERT INTO queries (id, session_id, query_text) VALUES ('q', 'missing', '')",
    )
    first = state()
    assert first == (build_id, 1)
    assert changed_since(built) == ["missing", "s1-3", "s2-1"]
    change(
        "DELETE FROM messages WHERE session_id IN ('s1-3', 's4-4')",
        "DELETE FROM sessions WHERE id = 's4-4'",
        "UPDATE users SET company = 'New' WHERE id = 'u5'",
    )
    assert state() == (build_id, 2)
    assert changed_since(first[1]) == ["s1-3", "s4-4"]
    assert changed_since(built) == ["missing", "s1-3", "s2-1", "s4-4"]
    store.refresh()
    assert state() == (build_id, 2)
    store.rebuild()
    again, refresh = state()
    assert again != build_id
    assert (refresh, changed_since(refresh)) == (0, [])
    store.close()


def test_a_database_that_cannot_be_written_gets_no_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.db"
    sample(path).close()
    with closing(sqlite3.connect(path)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            database.execute(f"DROP TRIGGER {name}")
        database.execute("DROP TABLE rollup_marks")
    before = path.read_bytes()
    monkeypatch.setattr(os, "access", lambda *_: False)
    store = opened(path)
    store.refresh()
    first = version(store)
    store.refresh()
    assert version(store) == first
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE users SET company = 'New' WHERE id = 'u0'")
    store.refresh()
    assert version(store) != first
    monkeypatch.undo()
    assert_exact(store, path)
    store.close()


def test_marks_can_be_removed_and_come_back(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    store = sample(path)
    store.remove_log()
    with closing(sqlite3.connect(path)) as database:
        left = database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'rollup%'")
        assert left.fetchall() == []
        with database:
            database.execute("DELETE FROM messages WHERE id < 'ms3'")
    store.refresh()
    assert_exact(store, path)
    store.close()


def test_the_service_refreshes_by_itself_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    sample(path).close()
    others = set(threading.enumerate())
    service = Service(Settings(database_url=f"sqlite:///{path}", refresh_seconds=0.05))
    store = service.store()
    [thread] = set(threading.enumerate()) - others
    assert thread.daemon
    first = version(store)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM messages WHERE id < 'ms3'")
    end = time.monotonic() + 5
    while version(store) == first and time.monotonic() < end:
        time.sleep(0.02)
    assert version(store) != first
    service.close()
    thread.join(BUSY_SECONDS)  # closing waits a moment only for a refresh to end
    assert not thread.is_alive()


def test_rollups_by_another_name_of_the_file_take_no_mark_away_unseen(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    store = sample(path)
    (tmp_path / "links").mkdir()
    link = tmp_path / "links/link.db"
    link.symlink_to(path)
    other = opened(link)
    with closing(sqlite3.connect(path)) as database:
        for turn, (first, second) in enumerate([(store, other), (other, store), (store, other)]):
            for one in (first, second):
                with database:
                    database.execute("UPDATE sessions SET topic = ? WHERE id = 's1-1'", (turn,))
                one.refresh()
    for one in (other, store):
        one.refresh()
        assert_exact(one, path)
    other.close()
    store.close()


def test_deleted_marks_mean_a_rebuild(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    store = sample(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM messages WHERE id < 'ms3'")
        database.execute("DELETE FROM rollup_marks")
    store.refresh()
    assert_exact(store, path)
    store.close()


def test_a_marked_file_that_can_no_longer_be_written_is_read_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.db"
    sample(path).close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM messages WHERE id < 'ms3'")
    before = path.read_bytes()
    monkeypatch.setattr(os, "access", lambda *_: False)
    store = opened(path)
    store.refresh()
    first = version(store)
    store.refresh()
    assert version(store) == first
    assert path.read_bytes() == before
    monkeypatch.undo()
    assert_exact(store, path)
    store.close()


def test_a_refresh_ends_while_others_go_on_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.db"
    store = sample(path)
    written = 0
    forget = store.keeper._forget

    def one_more(applied: list[int], known: str, name: str) -> bool:
        nonlocal written
        written += 1
        assert written < 5, "it runs after the writer for ever"
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE users SET company = company || '+' WHERE id = 'u1'")
        return forget(applied, known, name)

    monkeypatch.setattr(store.keeper, "_forget", one_more)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE users SET company = 'New' WHERE id = 'u0'")
    store.refresh()
    assert written == 1
    monkeypatch.undo()
    store.refresh()
    assert_exact(store, path)
