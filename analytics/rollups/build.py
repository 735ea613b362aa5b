"""The build of all rollup tables: every user's facts, some users at a time, then all cells."""

import hashlib
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Dialect, Table, delete, insert, select, union
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from analytics.models import Conversation, Twin, User, table_of
from analytics.rollups.instants import ZoneOffset, to_instant, zone_offsets
from analytics.rollups.selects import (
    CELLS,
    EVENT,
    EVENTS,
    FACTS,
    MEMBERS,
    Rows,
    contributions,
    in_all_slices,
    strays,
)
from analytics.rollups.tables import Build, Member, Stray

Progress = Callable[[float, str], None]

TABLES = [t for t in SQLModel.metadata.sorted_tables if t.schema == table_of(Member).schema]
# Enough users for sorted, quick writing; few enough to let others write to a SQLite file between.
USERS_AT_ONCE = 400
_FACTS_SHARE = 0.8


def silent(share: float, label: str) -> None:
    """Progress that nobody watches."""


def build(
    connection: Connection,
    zone: ZoneInfo,
    now: datetime,
    progress: Progress = silent,
    fingerprint: str = "",
) -> str:
    """Create and fill the rollup tables in an empty `rollup` schema; their version.

    Runs in the caller's transaction, and so on one state of the raw tables; without one it reads
    some users in each transaction of its own, and a refresh must follow with the marks made
    meanwhile. `progress` gets the share done (0-1) and what is being done.
    """
    with _step(connection):
        for table in TABLES:
            connection.execute(CreateTable(table))
        offsets = [{"since": at, "offset": by} for at, by in zone_offsets(zone)]
        connection.execute(insert(ZoneOffset), offsets)
        EVENT.create(connection)
        everybody = _everybody(connection)
    for start in range(0, len(everybody), USERS_AT_ONCE):
        progress(_FACTS_SHARE * start / len(everybody), "Reading conversations")
        with _step(connection):
            users = {"users": everybody[start : start + USERS_AT_ONCE]}
            _fill(connection, table_of(Member), MEMBERS, users)
            stage(connection, users)
            for model, rows in FACTS:
                _fill(connection, table_of(model), rows, users)
    with _step(connection):
        progress(_FACTS_SHARE, "Looking for what belongs to nobody")
        _fill(connection, table_of(Stray), strays(touched=False))
        EVENT.drop(connection)
    for done, (model, rows_of) in enumerate(CELLS):
        share = _FACTS_SHARE + (1 - _FACTS_SHARE) * done / len(CELLS)
        progress(share, f"Counting {table_of(model).name.replace('_', ' ')}")
        with _step(connection):
            finest = contributions(model, rows_of(touched=False)).cte("finest")
            _fill(connection, table_of(model), in_all_slices(model, finest))
    version = secrets.token_hex(8)
    with _step(connection):
        for table in TABLES:
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                connection.execute(CreateIndex(index))
        made = {
            "version": version,
            "previous": "",
            "built_at": to_instant(now),
            "zone": zone.key,
            "definition": definition(connection.dialect.name, zone),
            "fingerprint": fingerprint,
        }
        connection.execute(insert(Build), [made])
    progress(1.0, "Done")
    return version


def stage(connection: Connection, users: dict[str, list[str]]) -> None:
    """Make the events those of these users, whose members are up to date."""
    connection.execute(delete(EVENT))
    for rows in EVENTS:
        _fill(connection, EVENT, rows, users)


@cache
def definition(database: str, zone: ZoneInfo) -> str:
    """A digest of what fills the tables: another one means that they must be built again.

    `database` is "sqlite" or "postgresql".
    """
    dialect: Dialect = {"sqlite": sqlite, "postgresql": postgresql}[database].dialect()
    parts = [str(CreateTable(table).compile(dialect=dialect)) for table in TABLES]
    parts += sorted(
        str(CreateIndex(index).compile(dialect=dialect)) for t in TABLES for index in t.indexes
    )
    parts += [str(rows.compile(dialect=dialect)) for rows in EVENTS]
    parts += [
        str(rows.compile(dialect=dialect)) for rows in (MEMBERS, *(rows for _, rows in FACTS))
    ]
    for model, rows_of in CELLS:
        finest = contributions(model, rows_of(touched=False)).cte("finest")
        parts.append(str(in_all_slices(model, finest).compile(dialect=dialect)))
    parts += [zone.key, str(zone_offsets(zone))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _step(connection: Connection) -> AbstractContextManager[object]:
    return nullcontext() if connection.in_transaction() else connection.begin()


def _everybody(connection: Connection) -> list[str]:
    """All user ids, those that are missing but named included, in the order of the tables' keys."""
    user, twin, session = table_of(User), table_of(Twin), table_of(Conversation)
    ids = union(select(user.c.id), select(twin.c.user_id), select(session.c.user_id)).subquery()
    column = ids.c.id
    return list(connection.scalars(select(column).where(column.is_not(None)).order_by(column)))


def _fill(
    connection: Connection, table: Table, rows: Rows, values: dict[str, list[str]] | None = None
) -> None:
    names = [column.name for column in rows.selected_columns]
    connection.execute(insert(table).from_select(names, rows), values or {})
