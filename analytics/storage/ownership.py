"""Whether what has a name that the dashboard needs is its own; what isn't is left alone."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, text

from analytics.storage.faults import SQLITE_FAILURES, NotOurs, is_damaged, not_ours, sqlite_code
from analytics.storage.sqlite_connection import connect

# Of the files that are made beside a database, in which nothing is that can't be made again.
OWN_APPLICATION_ID = 0x41545752  # "ATWR"
ROLLUP_TABLES = {"build", "member", "activity", "daily"}


def own_or_free(path: Path, tables: set[str]) -> None:
    """Raise DatabaseProblem if a file was made by somebody else, not by any release of this.

    `tables` tells those of releases that did not mark their files. An empty file is nobody's.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        with closing(connect(path, "mode=ro")) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] == OWN_APPLICATION_ID:
                return
            found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    except SQLITE_FAILURES as error:
        if sqlite_code(error) and not is_damaged(error):
            raise
        # Not before: closing the file drops the locks of this process's readers (POSIX).
        with path.open("rb") as file:
            if file.read(72)[68:] == OWN_APPLICATION_ID.to_bytes(4, "big"):
                return
        found = {"what can't be read"}
    if found and not tables <= found:
        raise not_ours(path.name, str(path))


def own_or_free_schema(connection: Connection, schema: str, tables: set[str]) -> None:
    """Raise NotOurs if a schema holds something, but not the tables of any release of this."""
    found = set(
        connection.execute(
            text(
                "SELECT relname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace"
                " WHERE nspname = :name UNION SELECT proname FROM pg_proc"
                " JOIN pg_namespace AS n ON n.oid = pronamespace WHERE nspname = :name"
            ),
            {"name": schema},
        ).scalars()
    )
    if found and not tables <= found:
        raise NotOurs(f"The schema {schema}")
