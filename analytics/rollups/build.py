"""The build of all rollup tables: every user's facts, some users at a time, then all cells."""

import hashlib
import inspect
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    union,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.compiler import Compiled
from sqlmodel import SQLModel

from analytics import untrusted
from analytics.models import Conversation, Document, Message, Retrieval, Twin, User, table_of
from analytics.rollups import change_log
from analytics.rollups.cells import CELLS, contributions, in_all_slices
from analytics.rollups.facts import FACTS, MEMBERS, orphans
from analytics.rollups.staging import (
    CHANGED_SESSION,
    CHANGED_SESSIONS_OF_OTHERS,
    EVENTS,
    SESSIONS_OF_WHOLE_USERS,
    STAGED_EVENT,
    STAGED_SESSION,
    STAGING,
    TOUCHED_USER,
    TOUCHED_USERS,
    WHOLE_USER,
    Rows,
)
from analytics.rollups.state import Build
from analytics.rollups.tables import Member, Orphan
from analytics.sql import collation, stored, timestamps
from analytics.sql.planner import analyze
from analytics.sql.stored import is_key, key
from analytics.sql.timestamps import ZoneOffset, to_instant, zone_offsets

Progress = Callable[[float, str], None]

TABLES = [t for t in SQLModel.metadata.sorted_tables if t.schema == table_of(Member).schema]
# While raw rows of a SQLite file are read, nobody can commit to it: some at a time, for well under
# a second.
USERS_AT_ONCE = 50
_ROWS_AT_ONCE = 50_000
_FACTS_SHARE = 0.8
_COUNTED = {
    "daily": "each day",
    "hourly": "each hour",
    "listing": "conversations by type",
    "depth": "conversations by depth",
    "pair": "distinct people",
    "power_pair": "power users",
    "feature_pair": "who uses which feature",
    "cohort": "who came back",
    "cohort_week": "who came back, by week",
    "activation": "how new accounts begin",
    "topic_day": "topics",
    "document_type_day": "documents by type",
    "habit_days": "active days of 28",
    "habit_tier": "habits",
    "volume": "conversations of 28 days",
    "source": "what was read",
}


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
    some users in each transaction of its own, and a refresh must follow with what was logged
    meanwhile. `progress` gets the share done (0-1) and what is being done.
    """
    with _step(connection):
        for table in TABLES:
            connection.execute(CreateTable(table))
        offsets = [{"since": at, "offset": by} for at, by in zone_offsets(zone)]
        connection.execute(insert(ZoneOffset), offsets)
        for table in (*STAGING.sorted_tables, _EVERYBODY):
            table.create(connection)
        fill(connection, _EVERYBODY, everybody())
        people = connection.scalar(select(func.count()).select_from(_EVERYBODY)) or 0
    for start in range(0, people, USERS_AT_ONCE):
        progress(
            _FACTS_SHARE * start / people,
            f"Reading conversations: {start:,} of {people:,} people",
        )
        some = _EVERYBODY.c.number.between(start + 1, start + USERS_AT_ONCE)
        with _step(connection):
            stage(connection, select(_EVERYBODY.c.user_id).where(some))
            fill(connection, table_of(Member), MEMBERS)
        with _step(connection):
            for model, rows in FACTS:
                fill(connection, table_of(model), rows)
    progress(_FACTS_SHARE, "Looking for rows that belong to nobody")
    after: str | None = None
    while True:
        with _step(connection):
            upto = _end_of_range(connection, after)
            fill(connection, table_of(Orphan), orphans(touched=False, after=after, upto=upto))
        if upto is None:
            break
        after = upto
    with _step(connection):
        for table in (*STAGING.sorted_tables, _EVERYBODY):
            table.drop(connection)
        analyze(connection, TABLES)
    for done, (model, rows_of) in enumerate(CELLS):
        share = _FACTS_SHARE + (1 - _FACTS_SHARE) * done / len(CELLS)
        progress(share, f"Counting {_COUNTED.get(table_of(model).name, 'the rest')}")
        with _step(connection):
            finest = contributions(model, rows_of(touched=False)).cte("finest")
            fill(connection, table_of(model), in_all_slices(model, finest))
    version = secrets.token_hex(8)
    with _step(connection):
        for table in TABLES:
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                connection.execute(CreateIndex(index))
        made = {
            "version": version,
            "previous": "",
            "newest_entry": 0,
            "built_at": to_instant(now),
            "zone": zone.key,
            "definition": definition(connection.dialect.name, zone),
            "fingerprint": fingerprint,
            "build_id": secrets.token_hex(8),
            "refresh": 0,
        }
        connection.execute(insert(Build), [made])
        analyze(connection, TABLES)
    progress(1.0, "Done")
    return version


def stage(connection: Connection, users: Rows, sessions: Rows | None = None) -> None:
    """Copy all rows of these users and of these sessions out of the raw tables.

    Selected, not named: an id that is no text would not be the same again.
    """
    for table in STAGING.sorted_tables:
        connection.execute(delete(table))
    fill(connection, WHOLE_USER, users, "user_id")
    fill(connection, STAGED_SESSION, SESSIONS_OF_WHOLE_USERS)
    if sessions is not None:
        fill(connection, CHANGED_SESSION, sessions, "session_id")
        fill(connection, STAGED_SESSION, CHANGED_SESSIONS_OF_OTHERS)
    fill(connection, TOUCHED_USER, TOUCHED_USERS)
    for rows in EVENTS:
        fill(connection, STAGED_EVENT, rows)
    analyze(connection, STAGING.sorted_tables)


def fill(connection: Connection, table: Table, rows: Rows, *names: str) -> None:
    """Insert what a select finds, by the names of its columns where no others are given."""
    names = names or tuple(column.name for column in rows.selected_columns)
    connection.execute(insert(table).from_select(names, rows))


def statements() -> list[Any]:
    """What makes and fills the tables."""
    indexes = sorted((i for t in TABLES for i in t.indexes), key=lambda i: str(i.name))
    return [
        *map(CreateTable, TABLES),
        *map(CreateIndex, indexes),
        *(everybody(), SESSIONS_OF_WHOLE_USERS, CHANGED_SESSIONS_OF_OTHERS, TOUCHED_USERS, *EVENTS),
        *(MEMBERS, *(rows for _, rows in FACTS), orphans(touched=False)),
        *(
            in_all_slices(model, contributions(model, rows_of(touched=False)).cte("finest"))
            for model, rows_of in CELLS
        ),
    ]


def written(compiled: Compiled) -> str:
    """A statement with the values that are bound in it."""
    return f"{compiled}\n{sorted((compiled.params or {}).items())}"


@cache
def definition(database: str, zone: ZoneInfo) -> str:
    """A digest of what fills the tables: another one means that they must be built again.

    `database` is "sqlite" or "postgresql".
    """
    dialect: Dialect = {"sqlite": sqlite, "postgresql": postgresql}[database].dialect()
    parts = [written(statement.compile(dialect=dialect)) for statement in statements()]
    parts += [
        *change_log.statements(database),
        *map(inspect.getsource, (untrusted, stored, timestamps, collation)),
    ]
    parts += [zone.key, str(zone_offsets(zone))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _step(connection: Connection) -> AbstractContextManager[object]:
    return nullcontext() if connection.in_transaction() else connection.begin()


_EVERYBODY = Table(
    "rollup_everybody",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("user_id", String),
    prefixes=["TEMPORARY"],
)


def everybody() -> Rows:
    """All user ids, those that are missing but named included, in the order of the tables' keys."""
    user, twin, session = table_of(User), table_of(Twin), table_of(Conversation)
    named = (select(key(id_).label("id")) for id_ in (user.c.id, twin.c.user_id, session.c.user_id))
    column = union(*named).subquery().c.id
    number = func.row_number().over(order_by=column)
    return select(number.label("number"), column.label("user_id")).where(column.is_not(None))


def _end_of_range(connection: Connection, after: str | None) -> str | None:
    """Where a range of session ids ends that holds about as many rows as are read at once.

    None for all the rest, also where it would end on an id that can't be named.
    """
    ends = []
    for model in (Message, Document, Retrieval):
        id_ = table_of(model).c.session_id
        end = select(id_, is_key(id_)).order_by(id_).offset(_ROWS_AT_ONCE).limit(1)
        found = connection.execute(end if after is None else end.where(id_ > after)).one_or_none()
        if found and not found[1]:
            return None
        ends += [found[0]] if found else []
    return min(ends, default=None)
