"""A SQLite file that is open for reading, with its sibling attached as the schema `rollup`.

The raw file is opened read-only. The rollups are a sibling file `NAME.rollup.db` (in the user's
cache folder where none can be written there). It can be deleted at any time.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool
from sqlmodel import Session

from analytics.models import SAMPLE_APPLICATION_ID
from analytics.settings import Settings
from analytics.storage import faults, siblings
from analytics.storage.database import Database, Freshness
from analytics.storage.engines import sqlite_engine
from analytics.storage.faults import (
    SQLITE_FAILURES,
    DatabaseLocked,
    DatabaseProblem,
    cause_of,
    is_locked,
)
from analytics.storage.ownership import ROLLUP_TABLES, own_or_free
from analytics.storage.schema import check_tables
from analytics.storage.sqlite_connection import SqliteConnection, connect, pragma, reading_mode, uri
from analytics.storage.sqlite_files import (
    check_file,
    check_tails,
    file_path,
    identity,
    rollup_path_of,
)

_MORE_READERS = 35  # than the five that stay open; each has up to six file descriptors
_LOCKED_SECONDS = 0.2  # to wait while a lock is known to be in vain
_POLL_SECONDS = 0.02


class SqliteDatabase(Database):
    """A SQLite file and its sibling."""

    _failures = (*Database._failures, *SQLITE_FAILURES)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.path = file_path(settings.url)
        check_file(self.path)
        self._mode = reading_mode(self.path)
        self._identity = identity(self.path)
        self.rollup_path = rollup_path_of(self.path)
        self.raw = sqlite_engine(lambda: connect(self.path, self._mode), poolclass=NullPool)
        with self.problems():
            try:
                with self.raw.connect() as connection:
                    self.encoding = str(pragma(connection, "encoding"))
            except DBAPIError:
                check_tails(self.path)
                raise
        with self.problems(), self.raw.connect() as connection:
            # SQLite finds names in any case; a view, which can't be watched, is read when its file
            # has changed.
            self.lacks_message_type = check_tables(connection, self.where, loosely=True)
            self.is_sample = pragma(connection, "application_id") == SAMPLE_APPLICATION_ID
            own_or_free(self.rollup_path, ROLLUP_TABLES)
        siblings.narrow(self.rollup_path, self.path)
        # The pool by name: for such an address SQLAlchemy would take one that closes connections
        # of other threads while they are used, which crashes the process.
        self.engine, self._counts = (
            sqlite_engine(
                self._reading,
                poolclass=QueuePool,
                max_overflow=_MORE_READERS,
                pool_timeout=faults.BUSY_SECONDS,
            )
            for _ in range(2)
        )
        for engine in (self.engine, self._counts):
            event.listen(engine, "checkout", self._drop_stale)
        self._locked_until = 0.0

    def freshness(self) -> Freshness | None:
        """What the rollups hold now; None before the first build."""
        if not self.rollup_path.exists():
            return None
        with self.session(counted=True) as session:
            return self._freshness(session.connection())

    def readable(self) -> bool:
        """Whether there are rollups that this release can read, in the reporting time zone."""
        try:
            with self.session(counted=True) as session:
                return self.built(session.connection()) is not None
        except DatabaseProblem:
            return False

    def check(self) -> None:
        """Raise DatabaseProblem if the file has gone or was replaced since it was opened."""
        # Opening and closing the file would drop the locks of this process's readers (POSIX).
        if self.was_replaced():
            check_file(self.path)
            raise DatabaseProblem("The database file was replaced", self.where, "Open it again.")

    def was_replaced(self) -> bool:
        """Whether there is no longer the file that was opened."""
        return identity(self.path) != self._identity

    @contextmanager
    def session(self, *, counted: bool = False) -> Iterator[Session]:
        """A session for reading; raises DatabaseProblem when the database is gone."""
        try:
            with (
                self.problems(),
                self.connection(counted=counted) as connection,
                Session(connection) as session,
            ):
                yield session
        except DatabaseLocked:
            self._locked_until = time.monotonic() + faults.BUSY_SECONDS
            raise

    @contextmanager
    def connection(self, *, counted: bool = False) -> Iterator[Connection]:
        """One of a pool: while the raw file is locked, those that are open do, but no new one."""
        engine = self._counts if counted else self.engine
        patience = self._patience()
        end = time.monotonic() + (faults.BUSY_SECONDS if counted else patience)
        while True:
            try:
                connection = engine.connect()
            except OperationalError as error:
                if not is_locked(cause_of(error)) or time.monotonic() >= end:
                    raise
                time.sleep(_POLL_SECONDS)
            else:
                break
        with connection:
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA busy_timeout = {patience * 1_000:.0f}")
            yield connection

    def _patience(self) -> float:
        """How many seconds to wait for a lock: fewer while it is known to be in vain.

        Else those who queue for a thread would wait one after the other.
        """
        is_free = time.monotonic() >= self._locked_until
        return faults.BUSY_SECONDS if is_free else _LOCKED_SECONDS

    def attached(self, rollup: Path, mode: str, timeout: float | None = None) -> SqliteConnection:
        """A connection of its own that reads the raw file, with a file as the schema `rollup`."""
        connection = connect(self.path, self._mode, timeout)
        try:
            connection.execute("ATTACH ? AS rollup", [uri(rollup, mode)])
            connection.execute("SELECT count(*) FROM rollup.sqlite_master").fetchone()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _reading(self) -> SqliteConnection:
        while True:
            held = identity(self.rollup_path)
            connection = self.attached(self.rollup_path, "mode=ro", timeout=0)
            # People and twins, looked up one by one for large tables, stay at hand. 2 MB is usual.
            connection.execute("PRAGMA main.cache_size = -16000")  # KB
            connection.rollup = held
            if identity(self.rollup_path) == held:
                return connection
            connection.close()  # replaced meanwhile: it may be the old file with the new WAL

    def _drop_stale(self, dbapi: Any, record: Any, proxy: Any) -> None:
        # The sibling was deleted and built again: this connection still reads the old file.
        if dbapi.rollup != identity(self.rollup_path):
            raise DisconnectionError

    def close(self) -> None:
        """Give back all connections."""
        super().close()
        self._counts.dispose()
