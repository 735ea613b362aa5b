"""The change log and its triggers on PostgreSQL: they fire after each statement."""

# ruff: noqa: S608  triggers are text; its names are those of the six tables

from sqlalchemy import Connection

from analytics.models import RAW_MODELS, RAW_TABLES, table_of
from analytics.rollups.triggers import LOGGED, REBUILD, UNLOGGED
from analytics.storage.faults import NotOurs

_EVENTS = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
    "TRUNCATE": "",
}


def installed(connection: Connection) -> bool:
    """Whether the raw tables have exactly the triggers that `statements` make."""
    return _present(connection) == _wanted()


def statements() -> list[str]:
    """What makes the table and the triggers."""
    made = [
        "CREATE TABLE rollup_marks"
        " (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind TEXT NOT NULL, key TEXT)"
    ]
    for table in RAW_TABLES:
        # With its owner's rights: who writes to the raw tables needs none on the log.
        made.append(
            f"CREATE FUNCTION rollup_mark_{table}() RETURNS trigger LANGUAGE plpgsql"
            f" SECURITY DEFINER SET search_path FROM CURRENT AS $${_body(table)}$$"
        )
        made += [
            f"CREATE TRIGGER rollup_{event.lower()}_{table} AFTER {event} ON {table}"
            f" {referencing} FOR EACH STATEMENT EXECUTE FUNCTION rollup_mark_{table}()"
            for event, referencing in _EVENTS.items()
        ]
    return made


def remove(connection: Connection) -> bool:
    """Drop the triggers with their functions, and the table; whether there were any.

    Raises NotOurs before anything is dropped if one of their names is somebody else's.
    """
    _refuse_foreign(connection)
    present = bool(_present(connection))
    for table in RAW_TABLES:
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS rollup_mark_{table} CASCADE")
    connection.exec_driver_sql("DROP TABLE IF EXISTS rollup_marks")
    return present


def _wanted() -> dict[str, tuple[str, str]]:
    return {
        f"rollup_{event.lower()}_{table}": (table, _body(table))
        for table in RAW_TABLES
        for event in _EVENTS
    }


def _body(table: str) -> str:
    """What the trigger function of a raw table does after a statement."""

    def log(rows: str) -> str:
        keys = " UNION ".join(
            f"SELECT '{kind}', {key}::text FROM {rows} AS changed" for kind, key in LOGGED[table]
        )
        return f"INSERT INTO rollup_marks (kind, key) {keys};"

    model = next(model for model in RAW_MODELS if table_of(model).name == table)
    columns = ", ".join(
        f'"{column.name}"'
        for column in table_of(model).columns
        if column.name not in UNLOGGED.get(table, set())
    )
    old, new = f"SELECT {columns} FROM old_rows", f"SELECT {columns} FROM new_rows"
    changed = f"(({old} EXCEPT ALL {new}) UNION ALL ({new} EXCEPT ALL {old}))"
    return f"""
BEGIN
    IF TG_OP = 'INSERT' THEN
        {log("new_rows")}
    ELSIF TG_OP = 'UPDATE' THEN
        {log(changed)}
    ELSIF TG_OP = 'DELETE' THEN
        {log("old_rows")}
    ELSE
        INSERT INTO rollup_marks (kind) VALUES ('{REBUILD}');
    END IF;
    RETURN NULL;
END"""


def _present(connection: Connection) -> dict[str, tuple[str, str]]:
    """Name -> table and function body of the enabled triggers, if there is the table."""
    rows = connection.exec_driver_sql(
        "SELECT tgname, relname, prosrc FROM pg_trigger"
        " JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid"
        " WHERE tgname LIKE 'rollup%%' AND tgenabled IN ('O', 'A') AND NOT tgisinternal"
        " AND relnamespace = current_schema()::regnamespace"
        " AND to_regclass('rollup_marks') IS NOT NULL"
    )
    wanted = _wanted()
    return {
        name: (table, body)
        for name, table, body in rows
        if name in wanted and table == wanted[name][0]
    }


def _refuse_foreign(connection: Connection) -> None:
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
    wanted = _wanted()
    for name, table, function in triggers:
        if name in wanted and table == wanted[name][0] and function != f"rollup_mark_{table}":
            raise NotOurs(f"The trigger {name}")
