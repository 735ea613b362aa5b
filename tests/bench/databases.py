"""The databases of the benchmark: sample data in three sizes, each with two copies to compare with.

A folder keeps them: made once, reused. The copies hold the raw tables and a calendar table (text
days on SQLite, dates in DuckDB; `ordinal` as in Python, `week` counts Mondays).
"""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

# Name -> options of `python -m seed`. The longest two span the same days.
SIZES = {
    "S": (),
    "M": ("--users", "5000", "--organizations", "100", "--days", "730"),
    "L": ("--users", "50000", "--organizations", "500", "--days", "730"),
}
TABLES = ("users", "twins", "sessions", "messages", "documents", "queries")

# What somebody who asks these questions often would add to the raw tables.
INDEXES = (
    "users (company, department)",
    "twins (created_at, user_id)",
    "sessions (started_at, id, user_id, twin_id, topic)",
    "sessions (user_id, started_at, id, twin_id, topic)",
    "messages (created_at, sender_type, session_id)",
    "messages (session_id, created_at, sender_type)",
    "documents (created_at, document_type, session_id)",
    "documents (session_id, created_at, document_type)",
    "queries (created_at, session_id)",
    "queries (session_id, created_at)",
)
# The columns that the statements read; ids as 16 bytes, which is quicker than text.
DUCKDB_COLUMNS = {
    "users": "id UUID, full_name VARCHAR, email VARCHAR, company VARCHAR, department VARCHAR,"
    " created_at TIMESTAMP",
    "twins": "id UUID, user_id UUID, name VARCHAR, is_shared BOOLEAN, created_at TIMESTAMP",
    "sessions": "id UUID, user_id UUID, twin_id UUID, title VARCHAR, topic VARCHAR,"
    " started_at TIMESTAMP",
    "messages": "id UUID, session_id UUID, sender_type VARCHAR, created_at TIMESTAMP",
    "documents": "id UUID, session_id UUID, document_type VARCHAR, created_at TIMESTAMP",
    "queries": "id UUID, session_id UUID, created_at TIMESTAMP",
}
_CHUNK = 500_000


@dataclass(frozen=True)
class Made:
    """The files of a size, and what was noted when its rollups were built."""

    size: str
    folder: Path

    @property
    def raw(self) -> Path:
        """The database that the product opens."""
        return self.folder / f"{self.size}.db"

    @property
    def rollup(self) -> Path:
        """The product's tables."""
        return self.folder / f"{self.size}.rollup.db"

    @property
    def indexed(self) -> Path:
        """The raw tables with the indexes of `INDEXES`."""
        return self.folder / f"{self.size}.indexed.db"

    @property
    def columnar(self) -> Path:
        """The raw tables as a DuckDB file."""
        return self.folder / f"{self.size}.duckdb"

    @property
    def notes(self) -> dict[str, Any]:
        """What building the rollups took: `seconds`, `memory` (bytes)."""
        path = self.folder / f"{self.size}.build.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def note(self, notes: dict[str, Any]) -> None:
        """Keep what building took."""
        (self.folder / f"{self.size}.build.json").write_text(json.dumps(notes))


def make(size: str, folder: Path) -> Made:
    """The raw database of a size and its copies; what exists is kept."""
    made = Made(size, folder)
    if not made.raw.exists():
        print(f"{size}: making sample data", flush=True)
        command = [sys.executable, "-m", "seed", *SIZES[size], "--database", str(made.raw)]
        subprocess.run(command, check=True)
    for path, copy in ((made.indexed, _indexed), (made.columnar, _columnar)):
        if not path.exists():
            print(f"{size}: making {path.name}", flush=True)
            unfinished = path.with_suffix(".tmp")
            unfinished.unlink(missing_ok=True)
            copy(made.raw, unfinished)
            unfinished.rename(path)
    return made


def _indexed(raw: Path, path: Path) -> None:
    shutil.copyfile(raw, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
            database.execute(f"PRAGMA {pragma}")
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            database.execute(f'DROP TRIGGER "{name}"')
        for number, index in enumerate(INDEXES):
            database.execute(f"CREATE INDEX bench_{number} ON {index}")
        database.execute(
            "CREATE TABLE calendar (day TEXT PRIMARY KEY, ordinal INTEGER, week INTEGER)"
            " WITHOUT ROWID"
        )
        rows = _calendar(database)
        days = [(str(day), ordinal, week) for day, ordinal, week in rows]
        database.executemany("INSERT INTO calendar VALUES (?, ?, ?)", days)
        database.execute("ANALYZE")


def _columnar(raw: Path, path: Path) -> None:
    with (
        closing(sqlite3.connect(f"{raw.as_uri()}?mode=ro", uri=True)) as source,
        duckdb.connect(str(path)) as target,
    ):
        for table, columns in DUCKDB_COLUMNS.items():
            target.execute(f"CREATE TABLE {table} ({columns})")
            names = [column.split()[0] for column in columns.split(", ")]
            cursor = source.execute(f"SELECT {', '.join(names)} FROM {table}")
            while rows := cursor.fetchmany(_CHUNK):
                _append(target, table, pd.DataFrame(rows, columns=names))
        target.execute("CREATE TABLE calendar (day DATE, ordinal INTEGER, week INTEGER)")
        _append(target, "calendar", pd.DataFrame(_calendar(source)))


def _append(target: duckdb.DuckDBPyConnection, table: str, rows: pd.DataFrame) -> None:
    target.register("chunk", rows)
    target.execute(f"INSERT INTO {table} SELECT * FROM chunk")
    target.unregister("chunk")


def _calendar(database: sqlite3.Connection) -> list[tuple[date, int, int]]:
    """The days of the data, with a year around them."""
    first, last = database.execute(
        "SELECT min(started_at), max(started_at) FROM sessions"
    ).fetchone()
    start, end = date.fromisoformat(first[:10]), date.fromisoformat(last[:10])
    days = [start + timedelta(n) for n in range(-366, (end - start).days + 366)]
    return [(day, day.toordinal(), (day.toordinal() - 1) // 7) for day in days]
