"""Marks: which users and sessions were touched, written by triggers on the six raw tables.

`rollup_marks(id, kind, key)` stands beside the raw tables. A change of a user or of a twin marks
its user, of a session its user and the session, of a message, document or query its session; what
moves marks both sides. `refresh.py` turns marks into exact rollups.

The row with id 0 (kind 'version') names the rollups that the raw tables were last read into: raw
tables that were put back from a backup name others.
"""

import re
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
    create_engine,
    delete,
    exists,
    func,
    insert,
    select,
    true,
)

from analytics.models import RAW_MODELS, RAW_TABLES, StoredText, table_of
from analytics.storage.faults import NotOurs

MARK = Table(
    "rollup_marks",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("kind", String, nullable=False),
    Column("key", StoredText),
)
USER = "user"

SESSION = "session"

VERSION = "version"

REBUILD = "rebuild"

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
    """Marks that are handled together: their ids, and whom they are about."""

    marks: list[int]
    users: list[str]
    sessions: list[str]
    newest: int  # the id of the newest mark when these were read


def read(connection: Connection, most: int, window: int, last: int | None = None) -> Touched | None:
    """The oldest marks, as far as they are about at most `most` sessions.

    A user counts as 10 of them. None if there are no marks, or none up to the id `last`. Looks at
    the first `window` marks only.
    """
    rows = connection.execute(
        select(*MARK.c)
        .where(MARK.c.kind.in_((USER, SESSION)), true() if last is None else MARK.c.id <= last)
        .order_by(MARK.c.id)
        .limit(window)
    )
    marks: list[int] = []
    found: dict[str, set[str]] = {USER: set(), SESSION: set()}
    for mark, kind, key in rows:
        if key is not None and key not in found[kind]:
            size = 10 * len(found[USER]) + len(found[SESSION])
            if size and size + (10 if kind == USER else 1) > most:
                continue
            found[kind].add(key)
        marks.append(mark)
    if not marks:
        return None
    return Touched(marks, sorted(found[USER]), sorted(found[SESSION]), newest(connection))


def some(connection: Connection) -> bool:
    """Whether there are marks."""
    return connection.scalar(select(MARK.c.id).where(MARK.c.id > 0).limit(1)) is not None


def more_than(connection: Connection, count: int) -> bool:
    """Whether there are more marks than this."""
    found = select(MARK.c.id).limit(count + 1).subquery()
    return connection.scalar(select(func.count()).select_from(found)) > count  # type: ignore[operator]


def rebuild_wanted(connection: Connection, most: int) -> bool:
    """Whether a build must come first: after a TRUNCATE, or because of more marks than `most`."""
    wanted = connection.scalar(select(exists().where(MARK.c.kind == REBUILD)))
    return bool(wanted) or more_than(connection, most)


def installed(connection: Connection) -> bool:
    """Whether the raw tables have exactly the triggers that `install` makes."""
    if connection.dialect.name == "sqlite":
        return _sqlite_present(connection) == _sqlite_objects(connection)
    return _postgres_present(connection) == _postgres_wanted()


def install(connection: Connection) -> None:
    """Make the table of marks and the triggers anew, and ask for a build."""
    remove(connection)
    if connection.dialect.name == "sqlite":
        for statement in _sqlite_objects(connection).values():
            connection.exec_driver_sql(statement)
        set_version(connection, secrets.token_hex(8))  # one that no rollups have
    else:
        for statement in _postgres_statements():
            connection.exec_driver_sql(statement)
        connection.execute(insert(MARK).values(kind=REBUILD))


def remove(connection: Connection) -> bool:
    """Drop the triggers and the table of marks; whether there were any.

    Raises NotOurs before anything is dropped if one of their names is somebody else's.
    """
    if connection.dialect.name == "sqlite":
        return _remove_from_sqlite(connection)
    _refuse_foreign_on_postgres(connection)
    present = bool(_postgres_present(connection))
    for table in RAW_TABLES:
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS rollup_mark_{table} CASCADE")
    connection.exec_driver_sql("DROP TABLE IF EXISTS rollup_marks")
    return present


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
        if _sqlite_row_number(connection, table):  # which is given to the row only then
            name = f"rollup_inserted_{table}"
            wanted[name] = (
                f"CREATE TRIGGER {name} AFTER INSERT ON {table} BEGIN {' '.join(new)} END"
            )
    return wanted


def _sqlite_mark(kind: str, key: str, rest: str = "") -> str:
    return f"INSERT INTO rollup_marks (kind, key) SELECT '{kind}', {key} {rest}".rstrip() + ";"


def _sqlite_unique_keys(connection: Connection, table: str) -> list[str]:
    """Conditions under which a row has to make way for NEW, one a unique key."""
    number = _sqlite_row_number(connection, table)
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


def _sqlite_row_number(connection: Connection, table: str) -> str:
    """The column that is the number of the row (INTEGER PRIMARY KEY), which has no index; or ''."""
    columns = connection.exec_driver_sql(f"PRAGMA main.table_info({table})").all()
    keys = [(name, kind) for _, name, kind, _, _, place in columns if place]
    indexes = connection.exec_driver_sql(f"PRAGMA main.index_list({table})").all()
    if len(keys) != 1 or any(origin == "pk" for _, _, _, origin, _ in indexes):
        return ""
    return str(keys[0][0])


def _sqlite_present(connection: Connection) -> dict[str, str]:
    """Name -> statement of what has one of the names that `install` needs."""
    rows = connection.exec_driver_sql(
        "SELECT lower(name), sql FROM main.sqlite_master WHERE name LIKE 'rollup%'"
    )
    return {name: sql or "" for name, sql in rows if name == MARK.name or name in _TRIGGERS}


def _remove_from_sqlite(connection: Connection) -> bool:
    present = _sqlite_present(connection)
    for name, sql in present.items():
        if not _is_ours(name, sql):
            raise NotOurs(_shown(name))
    for name in present:
        if name != MARK.name:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    if MARK.name in present:
        connection.exec_driver_sql(f"DROP TABLE {MARK.name}")
    return bool(present)


def _is_ours(name: str, sql: str) -> bool:
    """Whether a release made this, even if tools wrote it down or renamed a table since."""
    if name != MARK.name:
        return re.search(r'INSERT INTO "?rollup_marks"? \(kind, key\) SELECT', sql) is not None
    words = re.sub(r'["`\[\]]|IF NOT EXISTS', "", sql, flags=re.IGNORECASE).split()
    return words == _SQLITE_TABLE.split()


def _shown(name: str) -> str:
    return f"The {'table' if name == MARK.name else 'trigger'} {name}"


def version(connection: Connection) -> str:
    """The version of the rollups that the raw file was last read into."""
    return connection.scalar(select(MARK.c.key).where(MARK.c.id == 0)) or ""


def set_version(connection: Connection, name: str) -> None:
    """Say which rollups hold what is not marked."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT OR REPLACE INTO rollup_marks (id, kind, key) VALUES (0, 'version', ?)", (name,)
        )
    else:
        connection.exec_driver_sql(
            "INSERT INTO rollup_marks (id, kind, key) OVERRIDING SYSTEM VALUE"
            " VALUES (0, 'version', %s) ON CONFLICT (id) DO UPDATE SET key = excluded.key",
            (name,),
        )


_TRIGGERS = {
    f"rollup_{event}_{table}"
    for event in ("insert", "inserted", "update", "delete")
    for table in RAW_TABLES
}


# --- PostgreSQL --------------------------------------------------------------------------------

_EVENTS = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
    "TRUNCATE": "",
}


def _postgres_body(table: str) -> str:
    """What the trigger function of a raw table does after a statement."""

    def mark(rows: str) -> str:
        keys = " UNION ".join(
            f"SELECT '{kind}', {key}::text FROM {rows} AS changed" for kind, key in MARKED[table]
        )
        return f"INSERT INTO rollup_marks (kind, key) {keys};"

    model = next(model for model in RAW_MODELS if table_of(model).name == table)
    columns = ", ".join(
        f'"{column.name}"'
        for column in table_of(model).columns
        if column.name not in UNMARKED.get(table, set())
    )
    old, new = f"SELECT {columns} FROM old_rows", f"SELECT {columns} FROM new_rows"
    changed = f"(({old} EXCEPT ALL {new}) UNION ALL ({new} EXCEPT ALL {old}))"
    return f"""
BEGIN
    IF TG_OP = 'INSERT' THEN
        {mark("new_rows")}
    ELSIF TG_OP = 'UPDATE' THEN
        {mark(changed)}
    ELSIF TG_OP = 'DELETE' THEN
        {mark("old_rows")}
    ELSE
        INSERT INTO rollup_marks (kind) VALUES ('{REBUILD}');
    END IF;
    RETURN NULL;
END"""


def _postgres_statements() -> list[str]:
    statements = [
        "CREATE TABLE rollup_marks"
        " (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind TEXT NOT NULL, key TEXT)"
    ]
    for table in RAW_TABLES:
        # With its owner's rights: who writes to the raw tables needs none on the marks.
        statements.append(
            f"CREATE FUNCTION rollup_mark_{table}() RETURNS trigger LANGUAGE plpgsql"
            f" SECURITY DEFINER SET search_path FROM CURRENT AS $${_postgres_body(table)}$$"
        )
        statements += [
            f"CREATE TRIGGER rollup_{event.lower()}_{table} AFTER {event} ON {table}"
            f" {referencing} FOR EACH STATEMENT EXECUTE FUNCTION rollup_mark_{table}()"
            for event, referencing in _EVENTS.items()
        ]
    return statements


def _postgres_wanted() -> dict[str, tuple[str, str]]:
    return {
        f"rollup_{event.lower()}_{table}": (table, _postgres_body(table))
        for table in RAW_TABLES
        for event in _EVENTS
    }


def _postgres_present(connection: Connection) -> dict[str, tuple[str, str]]:
    """Name -> table and function body of the enabled triggers, if the marks have their table."""
    rows = connection.exec_driver_sql(
        "SELECT tgname, relname, prosrc FROM pg_trigger"
        " JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid"
        " WHERE tgname LIKE 'rollup%%' AND tgenabled IN ('O', 'A') AND NOT tgisinternal"
        " AND relnamespace = current_schema()::regnamespace"
        " AND to_regclass('rollup_marks') IS NOT NULL"
    )
    wanted = _postgres_wanted()
    return {
        name: (table, body)
        for name, table, body in rows
        if name in wanted and table == wanted[name][0]
    }


def statements(database: str) -> list[str]:
    """What is made beside the raw tables that the models describe.

    `database` is "sqlite" or "postgresql".
    """
    if database == "postgresql":
        return _postgres_statements()
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        for model in RAW_MODELS:
            table_of(model).create(connection)
        return list(_sqlite_objects(connection).values())


def _refuse_foreign_on_postgres(connection: Connection) -> None:
    """Raise NotOurs if the table, a function or a trigger of these names is somebody else's."""
    here = "= current_schema()::regnamespace"
    columns = connection.exec_driver_sql(
        "SELECT attname, format_type(atttypid, atttypmod), relkind, attidentity FROM pg_class"
        " LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped"
        f" WHERE relname = 'rollup_marks' AND relnamespace {here} ORDER BY attnum"
    ).all()
    ours = [("id", "bigint", "r", "a"), ("kind", "text", "r", ""), ("key", "text", "r", "")]
    if columns and [tuple(column) for column in columns] != ours:
        raise NotOurs("The table rollup_marks")
    functions = connection.exec_driver_sql(
        "SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'rollup%%' AND pronargs = 0"
        f" AND pronamespace {here}"
    )
    names = {f"rollup_mark_{table}" for table in RAW_TABLES}
    for name, body in functions:
        if name in names and "INSERT INTO rollup_marks (kind, key) SELECT" not in body:
            raise NotOurs(f"The function {name}")
    triggers = connection.exec_driver_sql(
        "SELECT tgname, relname, proname FROM pg_trigger"
        " JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid"
        f" WHERE tgname LIKE 'rollup%%' AND NOT tgisinternal AND relnamespace {here}"
    )
    wanted = _postgres_wanted()
    for name, table, function in triggers:
        if name in wanted and table == wanted[name][0] and function != f"rollup_mark_{table}":
            raise NotOurs(f"The trigger {name}")
