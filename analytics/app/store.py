"""Where what people make is kept: a schema `app` of its own, brought up to date by itself.

On PostgreSQL that is a schema of the same database. On SQLite it is a file `NAME.app.db` beside the
database (in the user's data folder where none can be written there), attached as `app`. It is made
with the first thing that is kept. No rebuild, seed or command deletes it.
"""

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from platformdirs import user_data_path
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from analytics.app.migrations import SCHEMA, UnknownVersion, upgrade, version
from analytics.settings import Settings, shown_url
from analytics.storage import siblings
from analytics.storage.engines import server_engine, sqlite_engine
from analytics.storage.faults import BUSY_SECONDS, FULL, DatabaseProblem, look_up

_LOCKED = (
    "are locked by another program",
    f"Waited {BUSY_SECONDS} seconds. Let that program finish, then try again.",
)
_DENIED = (
    "can't be written",
    "Give the account that runs the dashboard the right to write this file and its folder.",
)
_UNREADABLE = (
    "can't be read",
    "Give the account that runs the dashboard the right to read this file and its folder; rename it"
    " if it is a folder.",
)
_DAMAGED = (
    "are damaged",
    "Restore this file from a backup, or move it away to start with an empty list.",
)
_FULL = "can't be written: the disk is full", "Free some space, then try again."
_DISK = (
    "can't be read or written: the disk reports an error",
    "Check the disk, its free space and its quota, then try again.",
)
_FOREIGN = (
    "can't be kept: this file belongs to another program",
    "Rename it; the dashboard keeps its saved views and notes under this name.",
)
_NEWER = (
    "were written by a newer release",
    "Start the release that wrote them, or a newer one.",
)
_READ_ONLY_SERVER = (
    "can't be written: this server is read-only",
    "Point DATABASE_URL at the primary server to keep them.",
)
_NO_RIGHTS = (
    "can't be kept: the database user lacks the rights",
    "Let it create the schema `app`, or create that schema and let the user own it:"
    " CREATE SCHEMA app AUTHORIZATION the_user.",
)
_UNENCODABLE = (
    "can't be kept: the database's encoding lacks a character of them",
    "Use the characters of that encoding, or let DATABASE_URL name a database with ENCODING"
    " 'UTF8'.",
)
_UNREACHABLE = (
    "can't be reached",
    "Check that the database server runs, then try again.",
)
# By what `faults.known_by` tells of an error -> (what, remedy)
_FAULTS: dict[Hashable, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _DENIED,
    sqlite3.SQLITE_PERM: _DENIED,
    sqlite3.SQLITE_CANTOPEN: _UNREADABLE,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _DISK,
    "55P03": _LOCKED,
    "42501": _NO_RIGHTS,
    "25006": _READ_ONLY_SERVER,
    "53100": _FULL,
    **{(OSError, number): _FULL for number in FULL},
    OSError: _DENIED,
    UnicodeEncodeError: _UNENCODABLE,
    UnicodeDecodeError: _DAMAGED,  # SQLite's own words about a damaged file
    sqlite3.Error: _DAMAGED,
    DBAPIError: _UNREACHABLE,
}


class AppStore:
    """The schema `app` of a database. Thread-safe; keeps no connection open."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.url
        self._is_sqlite = settings.url.get_backend_name() == "sqlite"
        if self._is_sqlite:
            self._reader = sqlite_engine(lambda: self._attached("mode=rw"), poolclass=NullPool)
            self._writer = sqlite_engine(
                lambda: self._attached("mode=rwc"), "BEGIN IMMEDIATE", poolclass=NullPool
            )
        else:
            self._reader = server_engine(settings.url, asks=True, poolclass=NullPool)
            self._writer = server_engine(settings.url, poolclass=NullPool)

    @property
    def where(self) -> str:
        """The place, safe to show."""
        return str(self._path) if self._is_sqlite else f"{shown_url(self._url)}, schema {SCHEMA}"

    @contextmanager
    def reading(self) -> Iterator[Session | None]:
        """A session for reading; None while nothing has been kept yet. Raises DatabaseProblem."""
        with self._problems():
            if self._is_sqlite and not os.path.lexists(self._path):
                yield None
                return
            with self._reader.begin() as connection, Session(connection) as session:
                held = version(connection)
                if not held.is_old:
                    yield None if held.is_empty else session
                    return
            with self._writer.begin() as connection:
                upgrade(connection)
            with self._reader.begin() as connection, Session(connection) as session:
                yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are one transaction, kept when the block ends well.

        It makes or upgrades the tables first, in the same transaction: killed at any point,
        everything is kept or nothing. Raises DatabaseProblem.
        """
        with self._problems(), self._writer.begin() as connection:
            upgrade(connection)
            with Session(connection, expire_on_commit=False) as session:
                yield session
                session.flush()

    @property
    def damaged(self) -> DatabaseProblem:
        """What is raised where something was kept that nobody can have written."""
        return self._problem(_DAMAGED)

    @property
    def _path(self) -> Path:
        """The file that there is; else where one can be made."""
        # One file for all names of a database.
        database = Path(self._url.database or "").resolve()
        # As for the rollups, no two databases of a folder may share a file.
        is_db = database.suffix == ".db"
        beside = database.with_name(
            f"{database.stem}.app.db" if is_db else f"{database.name}-app.db"
        )
        digest = hashlib.sha256(str(database).encode()).hexdigest()[:16]
        away = user_data_path("ai-twin-analytics") / f"{digest}.app.db"
        for path in (beside, away):
            if os.path.lexists(path):  # which doesn't mind a folder that may not be entered
                return path
        return beside if _can_be_made(beside) else away

    def _attached(self, mode: str) -> sqlite3.Connection:
        path = self._path
        if mode == "mode=rwc":
            path.parent.mkdir(parents=True, exist_ok=True)
            siblings.make(path, Path(self._url.database or "").resolve())
        connection = sqlite3.connect(
            ":memory:", timeout=BUSY_SECONDS, isolation_level=None, uri=True
        )
        try:
            connection.execute(f"ATTACH ? AS {SCHEMA}", [f"{path.as_uri()}?{mode}"])
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except UnknownVersion as error:
            raise self._problem(_NEWER if error.is_ours else _FOREIGN) from None
        except (OSError, UnicodeError, DBAPIError, sqlite3.Error) as error:
            fault = look_up(_FAULTS, error)
            if fault is None:
                raise
            raise self._problem(fault) from None

    def _problem(self, fault: tuple[str, str]) -> DatabaseProblem:
        what, remedy = fault
        return DatabaseProblem(f"The saved views and notes {what}", self.where, remedy)


@lru_cache(maxsize=4)
def app_store(settings: Settings) -> AppStore:
    """The store of these settings, one per process."""
    return AppStore(settings)


def _can_be_made(path: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            return True
    except OSError:
        return False
