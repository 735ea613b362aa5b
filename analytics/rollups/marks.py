"""Marks: which users and sessions were touched, written by triggers on the six raw tables.

`rollup_marks(id, kind, key)` stands beside the raw tables. A change of a user or of a twin marks
its user, of a session its user and the session, of a message, document or query its session; what
moves marks both sides. `refresh.py` turns marks into exact rollups.

On SQLite the row with id 0 (kind 'version') names the rollups that the raw file was last read
into: a raw file that was put back from a backup names others.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    String,
    Table,
    delete,
    exists,
    func,
    select,
)

from analytics.models import RAW_TABLES, Conversation, table_of
from analytics.rollups.tables import Stray

MARK = Table(
    "rollup_marks",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("kind", String, nullable=False),
    Column("key", String),
)
USER, SESSION, VERSION, REBUILD = "user", "session", "version", "rebuild"

# What a row of each raw table marks: kind, and the column with the key.
MARKED: dict[str, tuple[tuple[str, str], ...]] = {
    "users": ((USER, "id"),),
    "twins": ((USER, "user_id"),),
    "sessions": ((USER, "user_id"), (SESSION, "id")),
    "messages": ((SESSION, "session_id"),),
    "documents": ((SESSION, "session_id"),),
    "queries": ((SESSION, "session_id"),),
}
# Columns in no number and in no list, which a migration fills in every row.
UNMARKED = {"messages": {"message_type"}}


@dataclass(frozen=True)
class Touched:
    """Marks that are handled together: their ids, the users, and sessions without a user."""

    marks: list[int]
    users: list[str]
    sessions: list[str]


def read(connection: Connection, most: int, window: int) -> Touched | None:
    """The oldest marks, as far as they touch at most `most` users and stray sessions.

    None if there are no marks. Looks at the first `window` marks only.
    """
    session, stray = table_of(Conversation), table_of(Stray)
    was_stray = exists().where((MARK.c.kind == SESSION) & (stray.c.session_id == MARK.c.key))
    rows = connection.execute(
        select(MARK.c.id, MARK.c.kind, MARK.c.key, session.c.user_id, was_stray)
        .outerjoin(session, (MARK.c.kind == SESSION) & (session.c.id == MARK.c.key))
        .where(MARK.c.kind.in_((USER, SESSION)))
        .order_by(MARK.c.id)
        .limit(window)
    )
    marks: list[int] = []
    users: dict[str, None] = {}
    sessions: dict[str, None] = {}
    for mark, kind, key, owner, recorded in rows:
        user = key if kind == USER else owner
        alone = key if kind == SESSION and (owner is None or recorded) else None
        new = (user not in users and user is not None) + (
            alone not in sessions and alone is not None
        )
        if new and len(users) + len(sessions) + new > most:
            continue
        marks.append(mark)
        if user is not None:
            users[user] = None
        if alone is not None:
            sessions[alone] = None
    return Touched(marks, sorted(users), sorted(sessions)) if marks else None


def some(connection: Connection) -> bool:
    """Whether there are marks."""
    return connection.scalar(select(MARK.c.id).where(MARK.c.id > 0).limit(1)) is not None


def more_than(connection: Connection, count: int) -> bool:
    """Whether there are more marks than this."""
    found = select(MARK.c.id).limit(count + 1).subquery()
    return connection.scalar(select(func.count()).select_from(found)) > count  # type: ignore[operator]


def forget_up_to(connection: Connection, last: int, most: int) -> bool:
    """Delete at most `most` marks with ids up to `last`; whether there may be more."""
    oldest = select(func.min(MARK.c.id)).where(MARK.c.id > 0).scalar_subquery()
    gone = connection.execute(
        delete(MARK).where(MARK.c.id > 0, MARK.c.id <= last, MARK.c.id < oldest + most)
    )
    return gone.rowcount > 0


def newest(connection: Connection) -> int:
    """The id of the newest mark."""
    return connection.scalar(select(func.coalesce(func.max(MARK.c.id), 0))) or 0


def forget(connection: Connection, ids: Sequence[int]) -> None:
    """Delete these marks."""
    for start in range(0, len(ids), 500):
        connection.execute(delete(MARK).where(MARK.c.id.in_(ids[start : start + 500])))


# --- SQLite ------------------------------------------------------------------------------------

_SQLITE_TABLE = (
    "CREATE TABLE rollup_marks (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT)"
)


def _sqlite_objects(connection: Connection) -> dict[str, str]:
    """Name -> the statement that makes it, for the table and all triggers."""
    wanted = {"rollup_marks": _SQLITE_TABLE}
    for table in RAW_TABLES:
        columns = [row[1] for row in connection.exec_driver_sql(f"PRAGMA main.table_info({table})")]
        watched = ", ".join(
            f'"{name}"' for name in columns if name not in UNMARKED.get(table, set())
        )
        # INSERT OR REPLACE and UPDATE OR REPLACE delete what stands in the way, by any unique
        # key, without firing delete triggers: what they will delete is marked before.
        replaced = [
            _sqlite_mark(kind, f"{table}.{key}", f"FROM {table} WHERE {same}")
            for same in _sqlite_unique_keys(connection, table)
            for kind, key in MARKED[table]
        ]
        new = [_sqlite_mark(kind, f"NEW.{key}") for kind, key in MARKED[table]]
        old = [_sqlite_mark(kind, f"OLD.{key}") for kind, key in MARKED[table]]
        moved = [
            _sqlite_mark(kind, f"NEW.{key}", f"WHERE NEW.{key} IS NOT OLD.{key}")
            for kind, key in MARKED[table]
        ]
        for event, of, marks in (
            ("INSERT", "", [*replaced, *new]),
            ("UPDATE", f" OF {watched}", [*replaced, *old, *moved]),
            ("DELETE", "", old),
        ):
            name = f"rollup_{event.lower()}_{table}"
            wanted[name] = (
                f"CREATE TRIGGER {name} BEFORE {event}{of} ON {table} BEGIN {' '.join(marks)} END"
            )
    return wanted


def _sqlite_mark(kind: str, key: str, rest: str = "") -> str:
    return f"INSERT INTO rollup_marks (kind, key) SELECT '{kind}', {key} {rest}".rstrip() + ";"


def _sqlite_unique_keys(connection: Connection, table: str) -> list[str]:
    """Conditions under which a row has to make way for NEW, one a unique index."""
    found = []
    for _, index, unique, *_ in connection.exec_driver_sql(f"PRAGMA main.index_list({table})"):
        columns = connection.exec_driver_sql(f'PRAGMA main.index_xinfo("{index}")').all()
        names = [(name, collation) for _, _, name, _, collation, key in columns if key]
        if unique and all(name for name, _ in names):  # an index on expressions has no names
            found.append(
                " AND ".join(
                    f'{table}."{name}" = NEW."{name}" COLLATE {collation}'
                    for name, collation in names
                )
            )
    return sorted(found)


def _sqlite_present(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM main.sqlite_master"
        " WHERE type IN ('table', 'trigger') AND name GLOB 'rollup_*'"
    )
    return {row[0]: row[1] for row in rows}


def installed_on_sqlite(connection: Connection) -> bool:
    """Whether the raw file has exactly the table and triggers that `install_on_sqlite` makes."""
    return _sqlite_present(connection) == _sqlite_objects(connection)


def install_on_sqlite(connection: Connection) -> None:
    """Make the table and triggers anew, and a version that no rollups have: rebuild them after."""
    remove_from_sqlite(connection)
    for statement in _sqlite_objects(connection).values():
        connection.exec_driver_sql(statement)
    set_version(connection, secrets.token_hex(8))


def remove_from_sqlite(connection: Connection) -> bool:
    """Drop the table and the triggers; whether there were any."""
    present = _sqlite_present(connection)
    for name in present:
        if name != "rollup_marks":
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    if "rollup_marks" in present:
        connection.exec_driver_sql("DROP TABLE rollup_marks")
    return bool(present)


def version(connection: Connection) -> str:
    """The version of the rollups that the raw file was last read into."""
    return connection.scalar(select(MARK.c.key).where(MARK.c.id == 0)) or ""


def set_version(connection: Connection, name: str) -> None:
    """Say which rollups hold what is not marked."""
    connection.exec_driver_sql(
        "INSERT OR REPLACE INTO rollup_marks (id, kind, key) VALUES (0, 'version', ?)", (name,)
    )
