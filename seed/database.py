"""Writing the sample to a SQLite file that appears whole or not at all."""

import contextlib
import glob
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from analytics.models import RAW_MODELS, SAMPLE_APPLICATION_ID
from seed.columns import Columns
from seed.options import DatabaseExistsError, SeedError

"""SQLite's `PRAGMA application_id` of a sample database; real ones have another."""

SQLITE_HEADER = b"SQLite format 3\0"
LOCK_WAIT = 2.0  # seconds that other programs get to finish with the old database
LEFTOVERS = ("-journal", "-wal", "-shm")
TABLES = [SQLModel.metadata.tables[str(model.__tablename__)] for model in RAW_MODELS]


def check_target(path: Path, *, force: bool) -> None:
    """Refuse a target that must not be written.

    Raises DatabaseExistsError without `force`, SeedError for what is no database at all.
    """
    if not path.parent.is_dir():
        raise SeedError(f"the folder {path.parent} does not exist; create it or choose another")
    if not path.exists():
        return
    if not force:
        raise _exists(path)
    if not path.is_file():
        raise SeedError(f"{path} is no file; choose another --database")
    with path.open("rb") as file:
        header = file.read(len(SQLITE_HEADER))
    if header not in (b"", SQLITE_HEADER):
        raise SeedError(f"{path} is no SQLite database and is not replaced; choose another name")


def _exists(path: Path) -> DatabaseExistsError:
    return DatabaseExistsError(
        f"{path} exists already; use --force to replace it, or choose another --database"
    )


class SampleFile:
    """A database under a temporary name, without indexes until `finish`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Create the tables; from now on the file is locked, so nobody takes it for a leftover."""
        self.connection = connection
        for pragma in (
            "locking_mode = EXCLUSIVE",
            "journal_mode = OFF",  # a run that fails leaves nothing to roll back: the file goes
            "synchronous = OFF",
            "cache_size = -200000",
            f"application_id = {SAMPLE_APPLICATION_ID}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN EXCLUSIVE")
        for table in TABLES:
            connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))

    def add(self, table: str, columns: Columns) -> int:
        """Append rows; returns how many."""
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        rows = zip(*columns.values(), strict=True)
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  our own names
        return self.connection.executemany(statement, rows).rowcount

    def finish(self) -> Iterator[tuple[float, str]]:
        """Commit and build the indexes, one a step; yields the done share and the next table."""
        self.connection.execute("COMMIT")
        indexes = [
            index for table in TABLES for index in sorted(table.indexes, key=lambda i: str(i.name))
        ]
        for done, index in enumerate(indexes):
            yield done / len(indexes), str(index.table)
            self.connection.execute(str(CreateIndex(index).compile(dialect=sqlite.dialect())))


@contextlib.contextmanager
def sample_file(path: Path, *, force: bool) -> Iterator[SampleFile]:
    """A new database that takes the place of `path` when the block ends well.

    Otherwise, and when the process is killed, `path` stays what it was. The temporary file lies in
    the same folder; one that a killed run left there is removed.
    """
    _remove_abandoned(path)
    temporary = path.with_name(f".{path.name}.seed-{secrets.token_hex(4)}.tmp")
    try:
        with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
            yield SampleFile(connection)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        _publish(temporary, path, force=force)
    finally:
        temporary.unlink(missing_ok=True)


def _publish(temporary: Path, path: Path, *, force: bool) -> None:
    """Give the finished file its name."""
    if force and path.exists():
        _settle(path)
        shutil.copymode(path, temporary)
    for suffix in LEFTOVERS:  # of an older database: SQLite would play them into the new one
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    if force:
        temporary.replace(path)
    else:
        _name_if_free(temporary, path)
    with contextlib.suppress(OSError):  # not every system can sync a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _name_if_free(temporary: Path, path: Path) -> None:
    """Rename, unless somebody was faster: a hard link never replaces a file."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without links
        check_target(path, force=False)
        temporary.replace(path)


def _settle(path: Path) -> None:
    """Make sure that nobody is writing to the old database, and end its journals."""
    try:
        uri = f"{path.absolute().as_uri()}?mode=rw"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=LOCK_WAIT)) as old:
            old.execute("PRAGMA journal_mode = DELETE")
            old.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise SeedError(
                f"{path} is in use; stop the programs that use it, then try again"
            ) from error
        raise
    except sqlite3.DatabaseError:
        pass  # damaged: about to be replaced anyway


def _remove_abandoned(path: Path) -> None:
    """Remove temporary files of killed runs; a running one holds a lock on its file."""
    for leftover in path.parent.glob(glob.escape(f".{path.name}.seed-") + "*.tmp"):
        try:
            with contextlib.closing(sqlite3.connect(leftover, timeout=0)) as connection:
                connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            continue
        except sqlite3.DatabaseError:
            pass  # killed before its first page was whole
        leftover.unlink(missing_ok=True)
