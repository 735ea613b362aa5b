"""The change log and its triggers on SQLite: they fire before each row changes."""

import re

from sqlalchemy import Connection

from analytics.models import RAW_TABLES
from analytics.rollups.triggers import LOG_NAME, LOGGED, UNLOGGED
from analytics.storage.faults import NotOurs

_TABLE = (
    "CREATE TABLE rollup_marks (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT)"
)
_TRIGGERS = {
    f"rollup_{event}_{table}"
    for event in ("insert", "inserted", "update", "delete")
    for table in RAW_TABLES
}


def installed(connection: Connection) -> bool:
    """Whether the raw tables have exactly what `statements` make."""
    return _present(connection) == _wanted(connection)


def statements(connection: Connection) -> list[str]:
    """What makes the table and the triggers for the raw tables as they are."""
    return list(_wanted(connection).values())


def remove(connection: Connection) -> bool:
    """Drop the triggers and the table; whether there were any.

    Raises NotOurs before anything is dropped if one of their names is somebody else's.
    """
    present = _present(connection)
    for name, sql in present.items():
        if not _is_ours(name, sql):
            raise NotOurs(f"The {'table' if name == LOG_NAME else 'trigger'} {name}")
    for name in present:
        if name != LOG_NAME:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    if LOG_NAME in present:
        connection.exec_driver_sql(f"DROP TABLE {LOG_NAME}")
    return bool(present)


def _wanted(connection: Connection) -> dict[str, str]:
    """Name -> the statement that makes it, for the table and all triggers."""
    wanted = {LOG_NAME: _TABLE}
    for table in RAW_TABLES:
        columns = [row[1] for row in connection.exec_driver_sql(f"PRAGMA main.table_info({table})")]
        watched = ", ".join(
            f'"{name}"' for name in columns if name not in UNLOGGED.get(table, set())
        )
        # INSERT OR REPLACE and UPDATE OR REPLACE delete what stands in the way, by any unique
        # key, without firing delete triggers: what they will delete is logged before.
        replaced = [
            _log(kind, f"{table}.{key}", f"FROM {table} WHERE {same}")
            for same in _unique_keys(connection, table)
            for kind, key in LOGGED[table]
        ]
        new = [_log(kind, f"NEW.{key}") for kind, key in LOGGED[table]]
        old = [_log(kind, f"OLD.{key}") for kind, key in LOGGED[table]]
        moved = [
            _log(kind, f"NEW.{key}", f"WHERE NEW.{key} IS NOT OLD.{key}")
            for kind, key in LOGGED[table]
        ]
        for event, of, entries in (
            ("INSERT", "", [*replaced, *new]),
            ("UPDATE", f" OF {watched}", [*replaced, *old, *moved]),
            ("DELETE", "", old),
        ):
            name = f"rollup_{event.lower()}_{table}"
            wanted[name] = (
                f"CREATE TRIGGER {name} BEFORE {event}{of} ON {table} BEGIN {' '.join(entries)} END"
            )
        if _row_number(connection, table):  # which is given to the row only then
            name = f"rollup_inserted_{table}"
            wanted[name] = (
                f"CREATE TRIGGER {name} AFTER INSERT ON {table} BEGIN {' '.join(new)} END"
            )
    return wanted


def _log(kind: str, key: str, rest: str = "") -> str:
    return f"INSERT INTO rollup_marks (kind, key) SELECT '{kind}', {key} {rest}".rstrip() + ";"


def _unique_keys(connection: Connection, table: str) -> list[str]:
    """Conditions under which a row has to make way for NEW, one a unique key."""
    number = _row_number(connection, table)
    found = [f'{table}."{number}" = NEW."{number}"'] if number else []
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


def _row_number(connection: Connection, table: str) -> str:
    """The column that is the number of the row (INTEGER PRIMARY KEY), which has no index; or ''."""
    columns = connection.exec_driver_sql(f"PRAGMA main.table_info({table})").all()
    keys = [(name, kind) for _, name, kind, _, _, place in columns if place]
    indexes = connection.exec_driver_sql(f"PRAGMA main.index_list({table})").all()
    if len(keys) != 1 or any(origin == "pk" for _, _, _, origin, _ in indexes):
        return ""
    return str(keys[0][0])


def _present(connection: Connection) -> dict[str, str]:
    """Name -> statement of what has one of the names that `statements` need."""
    rows = connection.exec_driver_sql(
        "SELECT lower(name), sql FROM main.sqlite_master WHERE name LIKE 'rollup%'"
    )
    return {name: sql or "" for name, sql in rows if name == LOG_NAME or name in _TRIGGERS}


def _is_ours(name: str, sql: str) -> bool:
    """Whether a release made this, even if tools wrote it down or renamed a table since."""
    if name != LOG_NAME:
        return re.search(r'INSERT INTO "?rollup_marks"? \(kind, key\) SELECT', sql) is not None
    words = re.sub(r'["`\[\]]|IF NOT EXISTS', "", sql, flags=re.IGNORECASE).split()
    return words == _TABLE.split()
