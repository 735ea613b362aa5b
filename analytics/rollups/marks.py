"""Marks: which users and sessions were touched, written by triggers on the six raw tables.

`rollup_marks(id, kind, key)` stands beside the raw tables. A change of a user or of a twin marks
its user, of a session its user and the session, of a message, document or query its session; what
moves marks both sides. `refresh.py` turns marks into exact rollups.

The row with id 0 (kind 'version') names the rollups that the raw tables were last read into: raw
tables that were put back from a backup name others.
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
    create_engine,
    delete,
    exists,
    func,
    insert,
    select,
    true,
)

from analytics.models import RAW_MODELS, RAW_TABLES, StoredText, table_of

MARK = Table(
    "rollup_marks",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("kind", String, nullable=False),
    Column("key", StoredText),
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
    """Drop the triggers and the table of marks; whether there were any."""
    if connection.dialect.name == "sqlite":
        return _remove_from_sqlite(connection)
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
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM main.sqlite_master"
        " WHERE type IN ('table', 'trigger') AND name GLOB 'rollup_*'"
    )
    return {row[0]: row[1] for row in rows}


def _remove_from_sqlite(connection: Connection) -> bool:
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
    return {row[0]: (row[1], row[2]) for row in rows}


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
