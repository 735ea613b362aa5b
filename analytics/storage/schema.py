"""What the raw tables must be like to be read, and what is said of those that aren't."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Inspector, TypeDecorator, func, inspect, select, text

from analytics.models import RAW_MODELS, RAW_TABLES, Conversation, Message, Twin, User, table_of
from analytics.storage.faults import DatabaseProblem

_OWN = "How to open your own database: set DATABASE_URL, as the README's “Your own database” shows."
# Python's type of a model's column -> what PostgreSQL's is to be: to say, and to know it by.
_KINDS: dict[type[Any], tuple[str, tuple[str, ...]]] = {
    str: ("text", ("S",)),
    int: ("integer", ("N",)),
    bool: ("boolean", ("B",)),
    datetime: ("timestamp", ("timestamp", "timestamptz")),
}


def check_tables(connection: Connection, where: str, *, loosely: bool = False) -> bool:
    """Refuse what lacks a table or column, or has no rows; say whether message_type is missing.

    Looked at `loosely`, names may have any case, and a view is a table.
    """
    inspector = inspect(connection)
    fold = str.lower if loosely else str
    views = inspector.get_view_names() if loosely else []
    tables = {fold(name) for name in (*inspector.get_table_names(), *views)}
    missing = []
    lacks_message_type = False
    for model in RAW_MODELS:
        table = table_of(model)
        if table.name not in tables:
            missing.append(f"the table {table.name}")
            continue
        present = {fold(column["name"]) for column in inspector.get_columns(table.name)}
        absent = [column.name for column in table.columns if column.name not in present]
        if model is Message and "message_type" in absent:
            lacks_message_type = True
            absent.remove("message_type")
        missing += [f"the column {table.name}.{name}" for name in absent]
    if len(missing) == len(RAW_MODELS) and not tables.intersection(
        table_of(model).name for model in RAW_MODELS
    ):
        raise DatabaseProblem(
            "This database has none of the tables of AI Twin Analytics"
            if tables
            else "This database is empty: it has no tables",
            where,
            f"Check the address. {_OWN}",
        )
    if missing:
        raise DatabaseProblem(
            f"This database lacks {', '.join(missing)}",
            where,
            "It was made by another program or only half; check the address, or complete the"
            " schema as the README's “Your own database” lists it.",
        )
    if not any(
        connection.execute(select(table_of(model).c.id).limit(1)).first() for model in RAW_MODELS
    ):
        raise DatabaseProblem(
            "This database is empty: its tables hold no rows",
            where,
            "The pages appear by themselves once there are conversations. To look around"
            " meanwhile, make sample data: `python -m seed --database sample.db`.",
        )
    return lacks_message_type


def check_types(connection: Connection, where: str) -> None:
    """Refuse columns of PostgreSQL that can't be compared with what they are taken for."""
    found = text(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod), CAST(t.typcategory AS text),"
        " COALESCE(b.typname, t.typname) FROM pg_attribute AS a"
        " JOIN pg_type AS t ON t.oid = a.atttypid LEFT JOIN pg_type AS b ON b.oid = t.typbasetype"
        " WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0"
    )
    wrong = []
    for table in map(table_of, RAW_MODELS):
        for column, name, kind, base in connection.execute(found, {"table": table.name}):
            if column in table.c:
                read = table.c[column].type
                if isinstance(read, TypeDecorator):
                    read = read.impl_instance
                wanted, known = _KINDS[read.python_type]
                if kind not in known and base not in known:
                    wrong.append(f"{table.name}.{column} is {name}, not {wanted}")
    if wrong:
        raise DatabaseProblem(
            f"This database has columns of types that can't be read: {'; '.join(wrong)}",
            where,
            "Change each with ALTER TABLE … ALTER COLUMN … TYPE …, ids together with all columns"
            " that refer to them.",
        )


def refuse_unusable(connection: Connection, where: str) -> None:
    """Raise DatabaseProblem for what PostgreSQL has in place of one of the six tables."""
    tables = set(inspect(connection).get_table_names())
    others = {name.lower(): name for name in sorted(tables)}
    views = set(
        connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relkind IN ('v', 'm', 'f')"
        ).scalars()
    )
    for name in RAW_TABLES:
        if name in views:
            raise DatabaseProblem(
                f"{name} is a view or a foreign table, in which changes can't be noticed",
                where,
                "Let the address name the schema or the database with the table itself, or make a"
                " table of it.",
            )
        if name not in tables and name in others:
            raise DatabaseProblem(
                f'The table {name} is called "{others[name]}" here',
                where,
                f'Rename it: ALTER TABLE "{others[name]}" RENAME TO {name}.',
            )


def refuse_doubled_ids(connection: Connection, where: str, *, only_keyless: bool = False) -> None:
    """Raise DatabaseProblem if an id of a user, twin or session stands for several rows.

    `only_keyless` looks only where the database doesn't see to it.
    """
    inspector = inspect(connection)
    names = {name.lower(): name for name in inspector.get_table_names()}
    doubled = []
    for model in (User, Twin, Conversation):
        table = table_of(model)
        if only_keyless and table.name in names and _has_key(inspector, names[table.name]):
            continue
        id_ = table.c.id
        several = select(id_).where(id_.is_not(None)).group_by(id_).having(func.count() > 1)
        if count := connection.scalar(select(func.count()).select_from(several.subquery())):
            doubled.append(f"{count:,} in the table {table.name}")
    if doubled:
        raise DatabaseProblem(
            f"Ids that may stand in one row only stand in several: {', '.join(doubled)}",
            where,
            "Probably it was loaded twice: delete the doubled rows, of the other tables too, and"
            " give each table a primary key.",
        )


def _has_key(inspector: Inspector, table: str) -> bool:
    keys = [[str(name) for name in inspector.get_pk_constraint(table)["constrained_columns"]]]
    for index in inspector.get_indexes(table):
        if index["unique"]:
            keys.append([str(name) for name in index["column_names"]])
    return any([name.lower() for name in key] == ["id"] for key in keys)
