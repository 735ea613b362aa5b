"""Whatever is done to the raw tables, by whom, and in which order: refreshed equals rebuilt."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from analytics.database import SqliteStore, Store, open_database
from analytics.models import RAW_TABLES
from analytics.rollups.build import TABLES
from analytics.settings import Settings
from tests.databases import SCHEMA, Raw, a_message, a_session, a_twin, a_user, write

EXAMPLES = int(os.environ.get("LIVE_EXAMPLES", "15"))
ROLLUPS = sorted(table.name for table in TABLES if table.name != "build")
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
    with store.session() as session:
        connection = session.connection()
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
        try:
            self.database.execute(statement, values)
        except sqlite3.IntegrityError:
            pass

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
