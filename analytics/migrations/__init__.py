"""The schema migrations of existing deployments: Alembic, configured here, without an ini file.

A migration is one transaction: all revisions are applied or none. On SQLite nothing reaches the
database file before the commit, so a process killed before it leaves the file byte for byte as it
was (an unused `NAME-journal` may stay beside it). A process killed while committing leaves a
journal from which SQLite restores the file when a program that may write opens it next; `migrate`
itself is such a program. The price is memory: the changed pages, up to the size of the `messages`
table, are held until the commit.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, OperationalError

from analytics.settings import shown_url
from analytics.storage.engines import sqlite_engine
from analytics.storage.faults import cause_of, primary_code, sqlstate

Progress = Callable[[float, str], None]
"""Called with the share done, 0 to 1 and never falling, and what is being done."""

BUSY_SECONDS = 5.0
"""How long to wait for another program's lock."""

# SQLite's primary result codes and PostgreSQL's SQLSTATEs -> (what, remedy)
_LOCKED = "is locked by another program", "Close the other program and run the command again."
_DENIED = "can't be written", "Run the command as a user who may write the file and its folder."
_NO_DATABASE = "is not a SQLite database", "Check DATABASE_URL."
_FAULTS: dict[int | str, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _DENIED,
    sqlite3.SQLITE_CANTOPEN: _DENIED,
    sqlite3.SQLITE_PERM: _DENIED,
    sqlite3.SQLITE_NOTADB: _NO_DATABASE,
    sqlite3.SQLITE_CORRUPT: ("is damaged", "Restore it from a backup."),
    sqlite3.SQLITE_FULL: ("has no room to grow", "Free disk space and run the command again."),
    "55P03": _LOCKED,
    "42501": ("may not be altered", "Use a database user who owns the tables."),
}


class MigrationError(RuntimeError):
    """The database can't be migrated and is unchanged; the message says why, and the remedy."""


def _quiet(share: float, doing: str) -> None:
    """Report nothing."""


def migrate(url: URL, progress: Progress = _quiet) -> list[str]:
    """Bring the schema up to date; the revision ids applied, oldest first (none: it was).

    `progress` runs inside the transaction: what it raises rolls everything back and is passed on.
    Not for two threads of a process at once (Alembic keeps its context in module globals).

    Raises MigrationError for a file that is missing, no database, read-only or locked, for a
    server that can't be reached, for missing tables, and for an unknown schema version.
    """
    applied: list[str] = []
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes.update(progress=progress, applied=applied)
    try:
        engine = _engine(url)
        try:
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                progress(0.99, "Writing the changes")
        finally:
            engine.dispose()
    except DBAPIError as error:
        raise _explained(error, url) from error
    except UnicodeDecodeError as error:  # SQLite's own words about a damaged file
        raise _fault(_FAULTS[sqlite3.SQLITE_CORRUPT], url, "no UTF-8") from error
    except CommandError as error:
        raise MigrationError(
            f"{shown_url(url)} has a schema version this release does not know ({error})."
            " Use the release that made it, or a newer one."
        ) from error
    progress(1.0, "Up to date")
    return applied


def pending(connection: Connection) -> bool:
    """Whether `messages.message_type` is missing; reads the schema only.

    Raises sqlalchemy.exc.NoSuchTableError where there is no table `messages`.
    """
    columns = inspect(connection).get_columns("messages")
    return all(column["name"] != "message_type" for column in columns)


def _engine(url: URL) -> Engine:
    match url.get_backend_name():
        case "sqlite":
            return _sqlite_engine(url)
        case "postgresql":
            try:
                engine = create_engine(url, poolclass=NullPool)
            except (ModuleNotFoundError, NoSuchModuleError) as error:
                raise MigrationError(
                    f"The driver of {shown_url(url)} is not installed ({error})."
                    " Install the extra `postgres` and write postgresql+psycopg://…"
                ) from error
            begin = f"SET LOCAL lock_timeout = '{BUSY_SECONDS:g}s'"
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
            return engine
        case other:
            raise MigrationError(f"{other} databases are not supported. Use SQLite or PostgreSQL.")


def _sqlite_engine(url: URL) -> Engine:
    path = Path((url.database or ":memory:").removeprefix("file:")).absolute()
    try:
        found = path.is_file()
    except OSError as error:
        raise _fault(_DENIED, url, error.strerror) from error
    if not found:
        raise MigrationError(
            f"There is no database file {path}, so there is nothing to migrate. Check DATABASE_URL."
        )

    def connect() -> sqlite3.Connection:
        # mode=rw never creates a file. isolation_level=None stops the driver from opening and
        # ending transactions by itself, which would leave DDL behind after a rollback.
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        connection.execute("PRAGMA cache_spill = OFF")  # nothing in the file before the commit
        return connection

    # Takes the write lock first: nothing changes between the checks and the changes.
    return sqlite_engine(connect, "BEGIN IMMEDIATE", poolclass=NullPool)


def _explained(error: DBAPIError, url: URL) -> MigrationError:
    cause = cause_of(error)
    code = primary_code(cause) or sqlstate(cause)
    fault = "can't be migrated", "Nothing was changed."
    # The first line only: PostgreSQL's further lines may quote a row.
    reason: str | None = str(cause).partition("\n")[0]
    if not code:  # a server that never answered, or an address that the driver refuses to read
        fault = "can't be reached", "Check DATABASE_URL and that the server runs."
        reason = reason if isinstance(error, OperationalError) else None
    return _fault(_FAULTS.get(code, fault), url, reason)


def _fault(fault: tuple[str, str], url: URL, reason: str | None) -> MigrationError:
    what, remedy = fault
    where = shown_url(url)
    # It may name the host, and that may be a part of the password.
    because = f" ({reason})" if reason and not where.endswith("…") else ""
    return MigrationError(f"{where} {what}{because}. {remedy}")
