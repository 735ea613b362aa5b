"""What the planners of the databases need to be told."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import CompoundSelect, Connection, FromClause, Select, Table


def computed_once(rows: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> FromClause:
    """A subquery whose columns are computed once a row.

    `OFFSET 0` keeps the planners of both databases from merging it into the query around it, which
    would compute an instant again wherever it is used.
    """
    return rows.offset(0).subquery()


def analyze(connection: Connection, tables: Iterable[Table]) -> None:
    """Let PostgreSQL's planner know what tables hold.

    It learns that of new ones a minute later, and never of temporary ones.
    """
    if connection.dialect.name == "postgresql":
        schemas = connection.get_execution_options().get("schema_translate_map", {})
        names = (
            f"{schemas.get(table.schema, table.schema)}.{table.name}"
            if table.schema
            else table.name
            for table in tables
        )
        connection.exec_driver_sql(f"ANALYZE {', '.join(names)}")
