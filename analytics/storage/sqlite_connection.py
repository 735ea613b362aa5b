"""Connections to SQLite files: how they read text and ids, and how a file can be read at all."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from analytics.models import RAW_MODELS, table_of
from analytics.sql.stored import read_leniently
from analytics.storage import faults
from analytics.storage.faults import SQLITE_FAILURES, is_locked


class SqliteConnection(sqlite3.Connection):
    """A connection that can know which sibling it reads."""

    rollup: tuple[int, int] = (0, 0)


def uri(path: Path, options: str) -> str:
    """The URI of a file."""
    return f"{path.absolute().as_uri()}?{options}"


def connect(path: Path, mode: str, timeout: float | None = None) -> SqliteConnection:
    """A connection of its own; `mode` is that of a SQLite URI."""
    # Autocommit: the `begin` of `sqlite_engine` starts each transaction, DDL included.
    connection = sqlite3.connect(
        uri(path, mode),
        uri=True,
        timeout=faults.BUSY_SECONDS if timeout is None else timeout,
        isolation_level=None,
        check_same_thread=False,
        factory=SqliteConnection,
    )
    read_leniently(connection)
    if mode != "mode=rw":  # triggers are made on the tables themselves
        try:
            _name_ids(connection)
        except sqlite3.Error:
            connection.close()
            raise
    return connection


def _name_ids(connection: sqlite3.Connection) -> None:
    """Read ids as text where their columns have no type.

    There SQLite compares neither numbers with text nor the other way round. A view of the table's
    name stands before it; with a limit it is read once a statement, and not once a row.
    """
    for model in RAW_MODELS:
        table = table_of(model)
        columns = connection.execute(f'PRAGMA main.table_info("{table.name}")').fetchall()
        typeless = {name for _, name, kind, *_ in columns if not kind}
        ids = {c.name for c in table.columns if c.primary_key or c.foreign_keys}
        if not ids & typeless:
            continue
        read = ", ".join(
            f'CAST("{name}" AS TEXT) AS "{name}"' if name in ids else f'"{name}"'
            for _, name, *_ in columns
        )
        connection.execute(
            f"CREATE TEMP VIEW {table.name} AS SELECT {read} FROM main.{table.name} LIMIT -1"  # noqa: S608
        )


def pragma(connection: Connection, name: str) -> Any:
    """What a pragma says."""
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def reading_mode(path: Path) -> str:
    """The URI of a file."""
    """How the file can be read: read-only, after recovery, or as a file that nobody can change."""
    modes = ["mode=ro"]
    if os.access(path, os.W_OK):
        modes.append("mode=rw")  # a killed writer left a journal: opening for writing recovers it
    elif not any(path.with_name(path.name + tail).exists() for tail in ("-wal", "-journal")):
        modes.append("immutable=1")  # WAL mode on a read-only medium
    for mode in modes:
        try:
            with closing(connect(path, mode, timeout=0)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except SQLITE_FAILURES as error:
            if is_locked(error):
                break  # it can be read, only not now
        else:
            return "mode=ro" if mode == "mode=rw" else mode
    return modes[0]
