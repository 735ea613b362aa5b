"""Opening a database: what can be wrong with it, its sessions, and the refresh of its rollups.

On SQLite the raw file is opened read-only, but for the moments in which marks are installed and
deleted; the rollups are a sibling file `NAME.rollup.db` (in the user's cache folder where none can
be written there), attached as the schema `rollup`. It can be deleted at any time.
"""

import glob
import hashlib
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Inspector,
    TypeDecorator,
    create_engine,
    delete,
    event,
    func,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool, QueuePool
from sqlmodel import Session

from analytics.models import (
    RAW_MODELS,
    RAW_TABLES,
    SAMPLE_APPLICATION_ID,
    Conversation,
    Message,
    Twin,
    User,
    table_of,
)
from analytics.rollups import change_log
from analytics.rollups.build import Progress, build, definition, silent
from analytics.rollups.refresh import prepare, refresh, stage
from analytics.rollups.state import Build
from analytics.settings import Settings, shown_url
from analytics.sql.stored import read_leniently
from analytics.sql.timestamps import from_instant
from analytics.storage import siblings
from analytics.storage.faults import (
    BUSY_SECONDS,
    FULL,
    DatabaseLocked,
    DatabaseMissing,
    DatabaseProblem,
    NotOurs,
    OtherZone,
    file_problem,
    is_damaged,
    is_locked,
    not_ours,
    primary_code,
    sqlite_code,
    sqlite_problem,
)

__all__ = [
    "BUSY_SECONDS",
    "OWN_APPLICATION_ID",
    "DatabaseLocked",
    "DatabaseMissing",
    "DatabaseProblem",
    "Freshness",
    "OtherZone",
    "PostgresStore",
    "SqliteStore",
    "Store",
    "advisory_lock",
    "file_lock",
    "identity",
    "index_path",
    "open_database",
    "own_or_free",
    "own_or_free_schema",
]

_MORE_READERS = 35  # than the five that stay open; each has up to six file descriptors
_WAIT_SECONDS = 0.2
_POLL_SECONDS = 0.02
_WAITING = "Waiting: another process (a dashboard or a command) is counting this database"
# A batch of a refresh: many marks may touch one session; few sessions keep a transaction short.
_SESSIONS_AT_ONCE = 250
_MARKS_AT_ONCE = 20_000
# With more marks than this, a build is quicker.
_REBUILD_MARKS = 200_000
_TURN_SECONDS = 1  # on PostgreSQL: that a complete build waits for readers, and others for it
_PAGES_AT_ONCE = 10_000  # of a build that is copied over the last one
_ADVISORY_LOCK = 0x41545741  # on PostgreSQL: whoever holds it refreshes
_OWN = "How to open your own database: set DATABASE_URL, as the README's “Your own database” shows."


@dataclass(frozen=True)
class Freshness:
    """What the rollups hold: their version, when they were built, and in which time zone."""

    version: str
    built_at: datetime
    zone: str


# Of the last two: SQLite's own words about a damaged file may be no UTF-8, and a damaged length
# asks for any number of bytes.
_SQLITE_FAILURES = (DBAPIError, sqlite3.Error, UnicodeDecodeError, MemoryError)


class Store:
    """An opened database. Thread-safe; one per process and address.

    `session()` reads; `refresh()` brings the rollups up to date; `check()` says whether the
    database is still there.
    """

    _failures: tuple[type[Exception], ...] = (DBAPIError, sqlite3.Error)
    _raw: Engine  # reads the raw tables alone

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.where = shown_url(settings.url)
        self.is_sample = False
        self.lacks_message_type = False
        self.search_problem = ""  # why the search index could not be written last time
        self.codec = UTF8  # of the text that the database can hold
        self._has_counted = False  # its rollups were there, in its own time zone
        self._refreshing = threading.Lock()
        self.engine: Engine

    def session(self, *, counted: bool = False) -> AbstractContextManager[Session]:
        """A session for reading; raises DatabaseProblem when the database is gone.

        One that reads what is `counted` is there while others wait for raw rows that are locked.
        """
        raise NotImplementedError

    @contextmanager
    def problems(self) -> Iterator[None]:
        """Turn a failing database into a DatabaseProblem."""
        try:
            yield
        except self._failures as error:
            raise _problem(error, self.where) from None
        except NotOurs as error:
            raise not_ours(error.name, self.where) from None
        except OSError as error:
            problem = file_problem(error, self.where)
            if problem is None:
                raise
            raise problem from None
        except PoolTimeoutError:
            raise DatabaseProblem(
                "Too many people are reading at once", self.where, "Wait a moment, then reload."
            ) from None

    def freshness(self) -> Freshness | None:
        """What the rollups hold now; None before the first build."""
        raise NotImplementedError

    def refresh(self, progress: Progress = silent) -> None:
        """Make the rollups hold everything written so far, by its marks or by a rebuild.

        One process does so at a time. If another one is at it, this returns when there are rollups
        to read, the last complete ones.
        """
        with self._refreshing, self.problems():
            while True:
                with self._alone() as alone:
                    if alone:
                        self._refuse_other_zone()
                        with self._counting():
                            if not self._holds():
                                self._build(progress)
                            self._apply(progress)
                        self._has_counted = True
                        return
                if self.readable():
                    self._has_counted = True
                    return
                self._refuse_other_zone()
                progress(0.0, _WAITING)
                time.sleep(_WAIT_SECONDS)

    def _refuse_other_zone(self) -> None:
        """Raise OtherZone if another process has counted in its own zone since this one did.

        Each would count anew what the other has counted, for ever.
        """
        if not self._has_counted:
            return
        try:
            held = self.freshness()
        except DatabaseProblem:  # an older release's tables, or damaged ones
            return
        if held and held.zone != self.settings.zone.key:
            raise OtherZone(
                f"Another dashboard counts this database in {held.zone}, this one is set to"
                f" {self.settings.zone.key}",
                self.where,
                "Give both the same REPORTING_TIMEZONE, then restart the one that you changed.",
            )

    def rebuild(self, progress: Progress = silent) -> None:
        """Build the rollups anew; readers keep the last state until it is complete."""
        with self._refreshing, self.problems():
            while True:
                with self._alone() as alone:
                    if alone:
                        with self._counting():
                            self._build(progress)
                        return
                progress(0.0, _WAITING)
                time.sleep(_WAIT_SECONDS)

    def _build(self, progress: Progress) -> None:
        with self._raw.connect() as connection:
            _refuse_doubled_ids(connection, self.where, only_keyless=True)
        self._rebuild(progress)

    @contextmanager
    def _counting(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            with self._raw.connect() as connection:
                _refuse_doubled_ids(connection, self.where)
            raise

    def remove_marks(self) -> bool:
        """Take everything of the product out of the raw tables' schema; whether there was any.

        The next refresh puts it back and rebuilds: stop the processes that serve this database
        first.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Raise DatabaseProblem if the database has gone or was replaced since it was opened."""
        raise NotImplementedError

    def _alone(self) -> AbstractContextManager[bool]:
        """Whether nobody else refreshes or builds, in any process, while this lasts."""
        raise NotImplementedError

    def _holds(self) -> bool:
        """Whether the rollups and the marks together say all."""
        raise NotImplementedError

    def readable(self) -> bool:
        """Whether there are rollups that this release can read, in the reporting time zone."""
        raise NotImplementedError

    def _rebuild(self, progress: Progress) -> None:
        raise NotImplementedError

    def _apply(self, progress: Progress) -> None:
        """Refresh what is marked by now, some sessions at a time."""
        raise NotImplementedError

    def _touched(self, connection: Connection, last: int | None) -> change_log.Touched | None:
        return change_log.read(connection, _SESSIONS_AT_ONCE, _MARKS_AT_ONCE, last)

    def _built(self, connection: Connection) -> Any:
        """What the rollups say of themselves, if this release can read them; else None."""
        row = connection.execute(select(table_of(Build))).one_or_none()
        wanted = definition(connection.dialect.name, self.settings.zone)
        return row if row is not None and row.definition == wanted else None

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def open_database(settings: Settings) -> Store:
    """Open the database that the settings name and look at it.

    Raises DatabaseProblem (DatabaseMissing for a missing file). Builds nothing: call
    `Store.refresh` before the first session.
    """
    if settings.url.get_backend_name() == "sqlite":
        return SqliteStore(settings)
    if settings.url.get_backend_name() == "postgresql":
        return PostgresStore(settings)
    raise DatabaseProblem(
        f"{settings.url.get_backend_name()} databases can't be opened",
        shown_url(settings.url),
        "Use an address that begins with sqlite:/// or postgresql+psycopg://.",
    )


class SqliteStore(Store):
    """A SQLite file and its sibling."""

    _failures = _SQLITE_FAILURES

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.path = _file_path(settings.url)
        _check_file(self.path)
        self._mode = _reading_mode(self.path)
        self._identity = identity(self.path)
        self._cleared = False  # of what killed builds have left
        self.rollup_path = _rollup_path(self.path)
        self._raw = _engine(lambda: _connect(self.path, self._mode), poolclass=NullPool)
        with self.problems():
            try:
                with self._raw.connect() as connection:
                    self.encoding = str(_pragma(connection, "encoding"))
            except DBAPIError:
                _check_tails(self.path)
                raise
        with self.problems(), self._raw.connect() as connection:
            self.lacks_message_type = _check_tables(connection, self.where)
            self.is_sample = _pragma(connection, "application_id") == SAMPLE_APPLICATION_ID
            own_or_free(self.rollup_path, _OWN_TABLES)
        siblings.narrow(self.rollup_path, self.path)
        # The pool by name: for such an address SQLAlchemy would take one that closes connections
        # of other threads while they are used, which crashes the process.
        self.engine, self._counts = (
            _engine(
                self._reading,
                poolclass=QueuePool,
                max_overflow=_MORE_READERS,
                pool_timeout=BUSY_SECONDS,
            )
            for _ in range(2)
        )
        for engine in (self.engine, self._counts):
            event.listen(engine, "checkout", self._drop_stale)
        self._locked_until = 0.0
        self._refresher = _engine(
            lambda: self._attached(self.rollup_path, "mode=rw"), poolclass=NullPool
        )
        self._markable = all(
            os.access(path, os.W_OK) for path in (self.path, self.path.absolute().parent)
        )
        self._marker = _engine(
            lambda: _connect(self.path, "mode=rw"), "BEGIN IMMEDIATE", poolclass=NullPool
        )

    def freshness(self) -> Freshness | None:
        """What the rollups hold now; None before the first build."""
        if not self.rollup_path.exists():
            return None
        with self.session(counted=True) as session:
            return _freshness(session.connection())

    def check(self) -> None:
        """Raise DatabaseProblem if the file has gone or was replaced since it was opened."""
        # Opening and closing the file would drop the locks of this process's readers (POSIX).
        if identity(self.path) != self._identity:
            _check_file(self.path)
            raise DatabaseProblem("The database file was replaced", self.where, "Open it again.")

    @contextmanager
    def session(self, *, counted: bool = False) -> Iterator[Session]:
        """A session for reading; raises DatabaseProblem when the database is gone."""
        engine = self._counts if counted else self.engine
        try:
            with (
                self.problems(),
                self._connection(engine) as connection,
                Session(connection) as session,
            ):
                yield session
        except DatabaseLocked:
            self._locked_until = time.monotonic() + BUSY_SECONDS
            raise

    @contextmanager
    def _connection(self, engine: Engine) -> Iterator[Connection]:
        """One of a pool: while the raw file is locked, those that are open do, but no new one."""
        patience = self._patience()
        end = time.monotonic() + (BUSY_SECONDS if engine is self._counts else patience)
        while True:
            try:
                connection = engine.connect()
            except OperationalError as error:
                if not is_locked(_cause(error)) or time.monotonic() >= end:
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
        return BUSY_SECONDS if time.monotonic() >= self._locked_until else _WAIT_SECONDS

    def _attached(self, rollup: Path, mode: str, timeout: float | None = None) -> "_Connection":
        connection = _connect(self.path, self._mode, timeout)
        try:
            connection.execute("ATTACH ? AS rollup", [_uri(rollup, mode)])
            connection.execute("SELECT count(*) FROM rollup.sqlite_master").fetchone()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _reading(self) -> "_Connection":
        while True:
            held = identity(self.rollup_path)
            connection = self._attached(self.rollup_path, "mode=ro", timeout=0)
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

    def _unjournaled(self, made: Path) -> "_Connection":
        # Nobody reads the new file before it is complete, so it needs no journal.
        connection = self._attached(made, "mode=rw")
        connection.execute("PRAGMA rollup.journal_mode = OFF")
        connection.execute("PRAGMA rollup.synchronous = OFF")
        connection.execute(f"PRAGMA rollup.application_id = {OWN_APPLICATION_ID}")
        return connection

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        siblings.make_lock(self.rollup_path, self.path)
        with file_lock(self.rollup_path) as alone:
            if alone and not self._cleared:
                self._clear()
            yield alone

    def _clear(self) -> None:
        """Delete what killed builds have left: whoever builds holds the lock."""
        folder, name = self.rollup_path.parent, self.rollup_path.name
        for leftover in folder.glob(f"{glob.escape(name)}.building-*"):
            with suppress(OSError):
                leftover.unlink()
        self._cleared = True

    def readable(self) -> bool:
        try:
            with self.session(counted=True) as session:
                return self._built(session.connection()) is not None
        except DatabaseProblem:
            return False

    def _holds(self) -> bool:
        if not self.rollup_path.exists() or identity(self.path) != self._identity:
            return False  # pooled connections still read a raw file that has gone
        try:
            with self._connection(self._counts) as connection:
                build = self._built(connection)
                if build is None:
                    return False
                if self._markable and self._in_step(connection):
                    return not change_log.rebuild_wanted(connection, _REBUILD_MARKS)
        except _SQLITE_FAILURES as error:
            if is_locked(_cause(error)):
                raise
            return False  # an older release's tables, or a damaged file
        # Without marks it holds an unchanged file, until there can be marks.
        unchanged = build.fingerprint and build.fingerprint == _fingerprint(self.path)
        return bool(unchanged) and not self._install_marks()

    def _in_step(self, connection: Connection) -> bool:
        """Whether these rollups lack only what is marked.

        Not if others read the file into rollups of their own, by another name of it or by way of a
        backup: those took marks away.
        """
        build = self._built(connection)
        if build is None or not change_log.installed(connection):
            return False
        known = change_log.version(connection)
        if known and known == build.previous:  # killed before the marks it took were deleted
            return change_log.newest(connection) >= int(build.newest_entry)
        return bool(known == build.version)

    def remove_marks(self) -> bool:
        """Drop the triggers and the table of marks from the raw file; whether there were any."""
        with self._refreshing, self.problems(), self._marker.begin() as connection:
            return change_log.remove(connection)

    def _install_marks(self) -> bool:
        """Make sure that every change is marked; False where the raw file can't be written.

        Nor can it while another program writes; in WAL mode it can be read meanwhile.
        """
        if not self._markable:
            return False
        with self._raw.connect() as connection:
            if change_log.installed(connection):
                return True
            readable = _pragma(connection, "journal_mode") == "wal"
        try:
            with self._marker.begin() as connection:
                change_log.install(connection)
        except OperationalError as error:
            cause = _cause(error)
            if primary_code(cause) == sqlite3.SQLITE_FULL or (is_locked(cause) and not readable):
                raise
            self._markable = is_locked(cause)  # not on a view, nor where nothing may be written
            return False
        return True

    @contextmanager
    def _new_file(self) -> Iterator[Path]:
        """An empty file beside the sibling, deleted at the end if it is still there."""
        self._clear()
        handle, text = tempfile.mkstemp(
            prefix=f"{self.rollup_path.name}.building-", dir=self.rollup_path.parent
        )
        os.close(handle)
        made = Path(text)
        try:
            yield made
        finally:
            for tail in ("", *_TAILS):
                made.with_name(made.name + tail).unlink(missing_ok=True)

    def _rebuild(self, progress: Progress) -> None:
        own_or_free(self.rollup_path, _OWN_TABLES)
        marked = self._install_marks()
        with self._new_file() as made:
            builder = _engine(lambda: self._unjournaled(made), poolclass=NullPool)
            now = datetime.now(UTC)
            with builder.connect() as new:
                if marked:
                    with new.begin():
                        last = change_log.newest(new)
                    version = build(new, self.settings.zone, now, progress)
                    self._forget_up_to(last, version)
                    self._apply_to(new, progress)
                else:
                    read = _fingerprint(self.path)
                    with new.begin():
                        build(new, self.settings.zone, now, progress, read)
            if not self._overwrite(made):
                self._put_in_place(made)

    def _overwrite(self, made: Path) -> bool:
        """Copy the new file into the sibling that others read; False if there is none to keep."""
        if not self.rollup_path.exists():
            return False
        try:
            with (
                closing(_connect(made, "mode=ro")) as new,
                closing(_connect(self.rollup_path, "mode=rw")) as sibling,
            ):
                if sibling.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                    return False
                new.backup(sibling, pages=_PAGES_AT_ONCE)
                _checkpoint(sibling, "main")
        except _SQLITE_FAILURES as error:
            if is_damaged(error) or not sqlite_code(error):
                return False
            raise
        return True

    def _put_in_place(self, made: Path) -> None:
        """Let the new file take the place of the sibling, which is missing, damaged or no WAL."""
        with closing(_connect(made, "mode=rw")) as new:
            new.execute(f"PRAGMA journal_mode = {_JOURNAL}")
        with made.open("rb") as file:
            os.fsync(file.fileno())
        # What a deleted sibling has left would be taken for the new file's.
        for tail in _TAILS:
            self.rollup_path.with_name(self.rollup_path.name + tail).unlink(missing_ok=True)
        siblings.take_rights(made, self.path)
        made.replace(self.rollup_path)

    def _apply(self, progress: Progress) -> None:
        with self._connection(self._counts) as connection:
            if not (self._markable and self._in_step(connection) and change_log.some(connection)):
                return
        with self._refresher.connect() as connection:
            self._apply_to(connection, progress)
            _checkpoint(connection.connection.driver_connection, "rollup")

    def _apply_to(self, connection: Connection, progress: Progress) -> None:
        """Refresh what is marked by now, in a file that is the sibling or will be.

        The raw file and the rollups are never locked at the same time. Killed between two of the
        transactions, the next refresh finds the marks and takes them once more.
        """
        prepared = False
        last: int | None = None
        while True:
            with connection.begin():  # reads the raw file
                if not (self._markable and self._in_step(connection)):
                    return  # the next refresh rebuilds
                touched = self._touched(connection, last)
                if touched is None:
                    return
                progress(0.0, "Reading what is new")
                # What is written from here on is the next refresh's: this one must come to an end.
                last = touched.newest if last is None else last
                if not prepared:
                    prepare(connection)
                    prepared = True
                known = change_log.version(connection)
                stage(connection, touched)
            with connection.begin():  # writes the rollups
                version = refresh(connection, touched, datetime.now(UTC), known)
            if not self._forget(touched.entries, known, version):
                return
            with connection.begin():
                # From now on, a raw file that names the version before was restored.
                connection.execute(update(table_of(Build)).values(previous=""))

    def _forget(self, applied: list[int], known: str, version: str) -> bool:
        """Delete marks; False if others have read the raw file into rollups of their own."""
        with self._marker.begin() as raw:
            if change_log.version(raw) != known:
                return False  # the next refresh rebuilds
            change_log.forget(raw, applied)
            change_log.set_version(raw, version)
            return True

    def _forget_up_to(self, last: int, version: str) -> None:
        """Forget the marks that a build has covered, some at a time: others want to write too."""
        more = True
        while more:
            with self._marker.begin() as raw:
                change_log.set_version(raw, version)
                more = change_log.forget_up_to(raw, last, _MARKS_AT_ONCE)

    def close(self) -> None:
        """Give back all connections, and take away the WAL if nobody else reads."""
        super().close()
        self._counts.dispose()
        with suppress(sqlite3.Error, OSError, DatabaseProblem):
            if self.rollup_path.exists():
                with self._alone() as alone:
                    if alone:
                        with closing(_connect(self.rollup_path, "mode=rw", 0)) as sibling:
                            sibling.execute("SELECT count(*) FROM sqlite_master").fetchone()


class PostgresStore(Store):
    """A PostgreSQL database; the rollups are its schema `rollup`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        try:
            # A page reads one state of the rollups.
            options: dict[str, Any] = {"isolation_level": "REPEATABLE READ"}
            self.engine = server_engine(settings.url, asks=True, pool_pre_ping=True, **options)
            # A connection each time: temporary tables end with it.
            self._refresher = server_engine(settings.url, poolclass=NullPool, **options)
            self._raw = self.engine
        except (ImportError, NoSuchModuleError):
            raise DatabaseProblem(
                "The driver for PostgreSQL is not installed",
                self.where,
                'Run `pip install "psycopg[binary]"` in the environment, and write the address as '
                "postgresql+psycopg://user:password@host/name.",
            ) from None
        self._sessions = sessionmaker(self.engine, class_=Session)
        event.listen(self._sessions, "after_begin", _hold_rollups)
        with self.problems(), self.engine.connect() as connection:
            _check_types(connection, self.where)
            self.lacks_message_type = _check_tables(connection, self.where)
            self.codec = codec_of(connection)

    @contextmanager
    def session(self, *, counted: bool = False) -> Iterator[Session]:
        """A session for reading; raises DatabaseProblem when the database is gone."""
        with self.problems(), self._sessions() as session:
            yield session

    def freshness(self) -> Freshness | None:
        """What the rollups hold now; None before the first build."""
        with self.problems(), self.engine.connect() as connection:
            return _freshness(connection) if _has_rollups(connection) else None

    def refresh(self, progress: Progress = silent) -> None:
        """Make the rollups hold everything written so far, by its marks or by a rebuild.

        On a connection that may only read, another process does so; this one serves what it finds.
        """
        with self.problems():
            if not self._reads_only():
                super().refresh(progress)
            elif not self.readable():
                raise DatabaseProblem(
                    "This connection may only read, and finds no rollup tables that it can use",
                    self.where,
                    "Run one dashboard of this release with a user who may write, with"
                    f" REPORTING_TIMEZONE={self.settings.reporting_timezone} too, and let this"
                    " user read the schema `rollup`, as the README shows.",
                )

    def check(self) -> None:
        """Raise DatabaseProblem if the server does not answer."""
        with self.problems(), self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def _alone(self) -> AbstractContextManager[bool]:
        return advisory_lock(self.engine, _ADVISORY_LOCK)

    def _reads_only(self) -> bool:
        """Whether nothing can be written here (a standby), or the rollups belong to others."""
        with self.engine.connect() as connection:
            return bool(
                connection.exec_driver_sql(
                    "SELECT current_setting('transaction_read_only')::bool OR EXISTS (SELECT FROM"
                    " pg_namespace WHERE nspname = 'rollup' AND NOT pg_has_role(nspowner, 'USAGE'))"
                ).scalar()
            )

    def readable(self) -> bool:
        with self.problems(), self.engine.connect() as connection:
            try:
                return _has_rollups(connection) and self._built(connection) is not None
            except ProgrammingError:  # an older release's table, or no right to read it
                return False

    def _holds(self) -> bool:
        if not self.readable():
            return False
        with self.engine.connect() as connection:
            return (
                change_log.installed(connection)
                and change_log.version(connection) == _version(connection)
                and not change_log.rebuild_wanted(connection, _REBUILD_MARKS)
            )

    def _rebuild(self, progress: Progress) -> None:
        with self._raw.connect() as connection:
            for schema in ("rollup", "rollup_building"):
                own_or_free_schema(connection, schema, _OWN_TABLES)
        with self._refresher.begin() as connection:
            if not change_log.installed(connection):
                change_log.install(connection)
        building = {"rollup": "rollup_building"}
        with self._refresher.begin() as connection:
            # One state of the database: exactly the marks of what the build sees are deleted.
            connection.execute(delete(change_log.LOG).where(change_log.LOG.c.id > 0))
            for step in ("DROP SCHEMA IF EXISTS %s CASCADE", "CREATE SCHEMA %s"):
                connection.exec_driver_sql(step % "rollup_building")
            translated = connection.execution_options(schema_translate_map=building)
            version = build(translated, self.settings.zone, datetime.now(UTC), progress)
            if _has_rollups(connection):  # what readers lock first, so that nobody deadlocks
                _lock_out_readers(connection)
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS rollup CASCADE")
            connection.exec_driver_sql("ALTER SCHEMA rollup_building RENAME TO rollup")
            change_log.set_version(connection, version)

    def _apply(self, progress: Progress) -> None:
        last: int | None = None
        with self._refresher.connect() as connection:
            while True:
                # One state of the database: the marks that are deleted are those of what is read.
                with connection.begin():
                    if not change_log.installed(connection):
                        return  # dropped meanwhile: the next refresh rebuilds
                    touched = self._touched(connection, last)
                    if touched is None:
                        return
                    progress(0.0, "Reading what is new")
                    if last is None:
                        last = touched.newest
                        prepare(connection)
                    stage(connection, touched)
                    version = refresh(connection, touched, datetime.now(UTC))
                    change_log.forget(connection, touched.entries)
                    change_log.set_version(connection, version)

    def remove_marks(self) -> bool:
        """Drop the triggers, their functions and the table of marks; whether there were any."""
        with self._refreshing, self.problems(), self._refresher.begin() as connection:
            return change_log.remove(connection)


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


UTF8 = "utf-8"
_ABSENT = "\x7f"  # in no text; one for one, so that patterns stay patterns


def server_engine(url: URL, *, asks: bool = False, **options: Any) -> Engine:
    """An engine on which nobody waits for long: for a server that has gone, or for a lock.

    On one that `asks`, what the database's encoding lacks matches nothing.
    """
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={
            "connect_timeout": BUSY_SECONDS,
            "client_encoding": "SQL_ASCII",  # none: that of the server is not known yet
            # A server that has gone without a word is found out after as long.
            "keepalives_idle": 2,
            "keepalives_interval": 1,
            "keepalives_count": 3,
            "tcp_user_timeout": 5_000,
        },
        **options,
    )

    def begin(dbapi: Any, _record: Any) -> None:
        held_in = dbapi.info.parameter_status("server_encoding")
        if held_in in _UNUSABLE:
            dbapi.close()
            raise DatabaseProblem(
                f"The database's encoding is {held_in}, in which text can't be read for certain",
                shown_url(url),
                "Make a database with ENCODING 'UTF8', load a dump of this one into it, and let"
                " DATABASE_URL name it.",
            )
        # The server converts nothing, so that whatever is stored can be read. No statement has a
        # limit of its own: those that take long have much to read.
        dbapi.execute(f"SET client_encoding = '{held_in}'")
        dbapi.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
        dbapi.commit()
        if dbapi.info.encoding != UTF8:
            _read_leniently(dbapi)

    event.listen(engine, "connect", begin, insert=True)  # SQLAlchemy's own reads text
    if asks:
        event.listen(engine, "before_cursor_execute", _match_nothing, retval=True)
    return engine


def _read_leniently(dbapi: Any) -> None:
    """Read what an encoding leaves open, which the server has let in, as unreadable characters."""
    from psycopg.adapt import Buffer, Loader  # noqa: PLC0415 - an extra

    codec = dbapi.info.encoding

    class Lenient(Loader):
        def load(self, data: Buffer) -> str:
            return bytes(data).decode(codec, "replace")

    for name in ("text", "varchar", "bpchar", "name"):
        dbapi.adapters.register_loader(name, Lenient)


# Text of any encoding at once, and those that Python can't read.
_UNUSABLE = ("SQL_ASCII", "MULE_INTERNAL", "EUC_TW")


def codec_of(connection: Connection) -> str:
    """Python's name of the encoding of a PostgreSQL database."""
    dbapi: Any = connection.connection.driver_connection
    return str(dbapi.info.encoding)


def _match_nothing(
    connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any
) -> tuple[str, Any]:
    codec = codec_of(connection)
    return statement, parameters if codec == UTF8 else _encodable(parameters, codec)


def _encodable(value: Any, codec: str) -> Any:
    if isinstance(value, dict):
        return {name: _encodable(one, codec) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_encodable(one, codec) for one in value)
    if not isinstance(value, str) or value.isascii():
        return value
    return "".join(char if can_encode(char, codec) else _ABSENT for char in value)


def can_encode(char: str, codec: str) -> bool:
    """Whether an encoding has a character."""
    try:
        char.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _lock_out_readers(connection: Connection) -> None:
    """Wait for those who read the rollups, in turns: nobody else can begin to read meanwhile."""
    # Readers lock `build` first.
    names = sorted(inspect(connection).get_table_names("rollup"), key=lambda name: name != "build")
    tables = ", ".join(f'rollup."{name}"' for name in names)
    while True:
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_TURN_SECONDS}s'")
                connection.exec_driver_sql(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
                return
        except OperationalError as error:
            if _state(error) not in (_LOCK_NOT_AVAILABLE, _DEADLOCK):
                raise
        time.sleep(_TURN_SECONDS)


def _has_rollups(connection: Connection) -> bool:
    return inspect(connection).has_table("build", schema="rollup")


def _version(connection: Connection) -> str:
    return connection.scalar(select(table_of(Build).c.version)) or ""


def _hold_rollups(session: Session, transaction: Any, connection: Connection) -> None:
    # A build replaces the tables. Without a lock on one of them, taken before the transaction's
    # state of the database is, those that it finds later could be new and seem empty.
    connection.exec_driver_sql("LOCK TABLE rollup.build IN ACCESS SHARE MODE")


@contextmanager
def advisory_lock(engine: Engine, number: int) -> Iterator[bool]:
    """Whether nobody else holds the PostgreSQL lock of this number; it ends with its connection."""
    with engine.connect() as connection:
        key = {"key": number}
        alone = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key))
        connection.commit()  # the lock stays; the state of the database is not held
        try:
            yield alone
        finally:
            if alone:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def _freshness(connection: Connection) -> Freshness | None:
    row = connection.execute(select(table_of(Build))).one_or_none()
    return Freshness(row.version, from_instant(row.built_at), row.zone) if row else None


_TAILS = ("-wal", "-shm", "-journal")
# Of the files that are made beside a database, in which nothing is that can't be made again.
OWN_APPLICATION_ID = 0x41545752  # "ATWR"
_OWN_TABLES = {"build", "member", "activity", "daily"}


# --- SQLite files ------------------------------------------------------------------------------


def _engine(connect: Any, begin: str = "BEGIN", **options: Any) -> Engine:
    engine = create_engine("sqlite://", creator=connect, hide_parameters=True, **options)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _uri(path: Path, options: str) -> str:
    return f"{path.absolute().as_uri()}?{options}"


class _Connection(sqlite3.Connection):
    """A connection that can know which sibling it reads."""

    rollup: tuple[int, int] = (0, 0)


# The sibling is in WAL mode, so that readers and the refresh never wait for each other. SQLite
# before 3.51.3 can damage a database when two connections write or checkpoint its WAL at the same
# moment. Nobody does that here: every write and every checkpoint happens, and its connection is
# closed, while the one lock of `_alone` is held. Readers have opened the file with mode=ro: they
# can neither write nor checkpoint, and leave the WAL alone when they close.
# Where a file system can't do it, the rollback journal stays, and readers wait for commits.
_JOURNAL = "WAL"


def _checkpoint(connection: Any, schema: str) -> None:
    """Move the WAL into the file and empty it, as far as readers let: none is waited for.

    An empty one does no harm to a sibling that somebody puts back from a backup.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    connection.execute(f"PRAGMA {schema}.wal_checkpoint(TRUNCATE)").fetchone()


def _connect(path: Path, mode: str, timeout: float | None = None) -> _Connection:
    # Autocommit: SQLAlchemy's `begin` event above starts each transaction, DDL included.
    connection = sqlite3.connect(
        _uri(path, mode),
        uri=True,
        timeout=BUSY_SECONDS if timeout is None else timeout,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )
    read_leniently(connection)
    if mode != "mode=rw":  # triggers are made on the tables themselves
        try:
            _name_ids(connection)
        except sqlite3.Error:
            connection.close()
            raise
    return connection


def _name_ids(connection: sqlite3.Connection) -> None:
    """Read ids as text where their columns have no type.

    There SQLite compares neither numbers with text nor the other way round. A view of the table's
    name stands before it; with a limit it is read once a statement, and not once a row.
    """
    for model in RAW_MODELS:
        table = table_of(model)
        columns = connection.execute(f'PRAGMA main.table_info("{table.name}")').fetchall()
        typeless = {name for _, name, kind, *_ in columns if not kind}
        ids = {c.name for c in table.columns if c.primary_key or c.foreign_keys}
        if not ids & typeless:
            continue
        read = ", ".join(
            f'CAST("{name}" AS TEXT) AS "{name}"' if name in ids else f'"{name}"'
            for _, name, *_ in columns
        )
        connection.execute(
            f"CREATE TEMP VIEW {table.name} AS SELECT {read} FROM main.{table.name} LIMIT -1"  # noqa: S608
        )


def _pragma(connection: Connection, name: str) -> Any:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


@contextmanager
def file_lock(path: Path) -> Iterator[bool]:
    """Whether nobody else holds the lock beside a file, NAME.lock; it ends with its process.

    It is one on an empty SQLite file, which works on every system. Raises DatabaseProblem where it
    can be neither taken nor found to be held.
    """
    beside = path.with_suffix(".lock")
    try:
        if not beside.exists():
            beside.touch()
        lock = sqlite3.connect(_uri(beside, "mode=rw"), uri=True, timeout=0)
    except OSError as error:
        raise file_problem(error, str(beside)) or _unlockable(beside) from None
    except sqlite3.Error:
        raise _unlockable(beside) from None
    with closing(lock):
        try:
            # So that nothing is written, not even a journal: a full disk can be locked too.
            lock.execute("PRAGMA journal_mode = OFF")
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if is_damaged(error):
                raise not_ours(beside.name, str(beside)) from None
            if not is_locked(error):
                raise _unlockable(beside) from None
            alone = False
        else:
            alone = True
        yield alone


def _unlockable(beside: Path) -> DatabaseProblem:
    return DatabaseProblem(
        f"The lock file {beside.name} can't be opened",
        str(beside),
        "Take away what stands in its place, or give the account that runs the dashboard the right"
        " to write it and its folder.",
    )


def own_or_free(path: Path, tables: set[str]) -> None:
    """Raise DatabaseProblem if a file was made by somebody else, not by any release of this.

    `tables` tells those of releases that did not mark their files. An empty file is nobody's.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        with closing(_connect(path, "mode=ro")) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] == OWN_APPLICATION_ID:
                return
            found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    except _SQLITE_FAILURES as error:
        if sqlite_code(error) and not is_damaged(error):
            raise
        # Not before: closing the file drops the locks of this process's readers (POSIX).
        with path.open("rb") as file:
            if file.read(72)[68:] == OWN_APPLICATION_ID.to_bytes(4, "big"):
                return
        found = {"what can't be read"}
    if found and not tables <= found:
        raise not_ours(path.name, str(path))


def identity(path: Path) -> tuple[int, int]:
    """What tells a file from another one of the same name; two zeros where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_dev, stat.st_ino)


def _fingerprint(path: Path) -> str:
    """Something that differs after every change of a SQLite file."""
    parts: list[object] = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        with suppress(OSError):
            stat = file.stat()
            with file.open("rb") as opened:
                head = opened.read(32)  # a counter of changes; of a WAL, its salt
            parts += [file.name, stat.st_size, stat.st_mtime_ns, head.hex()]
    return " ".join(map(str, parts))


def _file_path(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise DatabaseProblem(
            "A database in memory holds nothing to show",
            shown_url(url),
            "Set DATABASE_URL to a file, for example sqlite:///./ai_twin_analytics.db.",
        )
    return Path(url.database)


def _check_file(path: Path) -> None:
    where = str(path.absolute())
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise DatabaseMissing(
            "There is no database file here",
            where,
            "Check the path in DATABASE_URL, or make sample data with `python -m seed"
            " --database PATH`.",
        ) from None
    except IsADirectoryError:
        raise DatabaseProblem(
            "This is a folder, not a database file",
            where,
            "Name the file inside it in DATABASE_URL.",
        ) from None
    except OSError as error:
        raise DatabaseProblem(
            "The database file can't be read",
            where,
            f"{error.strerror}: give the account that runs the dashboard the right to read it.",
        ) from None
    if head and not head.startswith(b"SQLite format 3"):
        raise DatabaseProblem(
            "This file is no SQLite database", where, "Name another file in DATABASE_URL."
        )


def _reading_mode(path: Path) -> str:
    """How the file can be read: read-only, after recovery, or as a file that nobody can change."""
    modes = ["mode=ro"]
    if os.access(path, os.W_OK):
        modes.append("mode=rw")  # a killed writer left a journal: opening for writing recovers it
    elif not any(path.with_name(path.name + tail).exists() for tail in ("-wal", "-journal")):
        modes.append("immutable=1")  # WAL mode on a read-only medium
    for mode in modes:
        try:
            with closing(_connect(path, mode, timeout=0)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except _SQLITE_FAILURES as error:
            if is_locked(error):
                break  # it can be read, only not now
        else:
            return "mode=ro" if mode == "mode=rw" else mode
    return modes[0]


def _check_tails(path: Path) -> None:
    """Raise DatabaseProblem if something stands where SQLite keeps what is not yet in the file."""
    for tail in _TAILS:
        beside = path.absolute().with_name(path.name + tail)
        if os.path.lexists(beside) and not (beside.is_file() and os.access(beside, os.R_OK)):
            raise DatabaseProblem(
                f"The database can't be read, because {beside.name} can't",
                str(beside),
                "SQLite keeps the newest changes there: give the account that runs the dashboard"
                " the right to read it, or take it away if it is no file.",
            )


def _rollup_path(path: Path) -> Path:
    """The sibling file, or one in the cache folder where no sibling can be written."""
    # No two databases of a folder may share a sibling: not `a.db` and `a`, nor `a.sqlite`.
    name = f"{path.stem}.rollup.db" if path.suffix == ".db" else f"{path.name}-rollup.db"
    sibling = path.absolute().with_name(name)
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    cached = user_cache_path("ai-twin-analytics") / f"{digest}.rollup.db"
    for place in (sibling, cached):
        if _usable(place):
            return place
    raise DatabaseProblem(
        "The rollup tables can be written neither beside the database nor in the cache folder",
        f"{sibling}; {cached}",
        "Give the account that runs the dashboard the right to write to one of these folders, and"
        " to the files of these names that are there already.",
    )


def index_path(rollups: Path) -> Path:
    """The file of the search index, beside the rollups."""
    return rollups.with_name(f"{rollups.name.removesuffix('rollup.db')}search.db")


def _usable(rollups: Path) -> bool:
    """Whether the account may write the rollups, the search index and what belongs to them."""
    if not rollups.is_absolute():  # of an account without a home
        return False
    try:
        rollups.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=rollups.parent):
            pass
    except OSError as error:
        if error.errno not in FULL:  # what is there can still be read
            return False
    return all(
        (file.is_file() and os.access(file, os.R_OK | os.W_OK)) or not os.path.lexists(file)
        for main in (rollups, index_path(rollups))
        for name in (main, main.with_suffix(".lock"))
        for file in (name.with_name(name.name + tail) for tail in ("", *_TAILS))
    )


# --- what can be wrong -------------------------------------------------------------------------


def _check_tables(connection: Connection, where: str) -> bool:
    """Refuse what lacks a table or column, or has no rows; say whether message_type is missing."""
    inspector = inspect(connection)
    tables = set(inspector.get_table_names())
    # SQLite finds names in any case, and what can't be watched is read when its file has changed.
    any_case = connection.dialect.name == "sqlite"
    fold = str.lower if any_case else str
    if any_case:
        tables = {name.lower() for name in (*tables, *inspector.get_view_names())}
    else:
        _refuse_unusable(connection, where, tables)
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


# Python's type of a model's column -> what PostgreSQL's is to be: to say, and to know it by.
_KINDS: dict[type[Any], tuple[str, tuple[str, ...]]] = {
    str: ("text", ("S",)),
    int: ("integer", ("N",)),
    bool: ("boolean", ("B",)),
    datetime: ("timestamp", ("timestamp", "timestamptz")),
}


def _check_types(connection: Connection, where: str) -> None:
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


def _refuse_unusable(connection: Connection, where: str, tables: set[str]) -> None:
    """Raise DatabaseProblem for what PostgreSQL has in place of one of the six tables."""
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


def _refuse_doubled_ids(connection: Connection, where: str, *, only_keyless: bool = False) -> None:
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


def _cause(error: BaseException) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def _problem(error: BaseException, where: str) -> DatabaseProblem:
    """Say what a failing database means, without its own words: they may hold data."""
    cause = _cause(error)
    if isinstance(cause, sqlite3.Error) or not isinstance(error, DBAPIError):
        return sqlite_problem(cause, where)
    return _server_problem(error, where)


_LOCK_NOT_AVAILABLE = "55P03"

_DEADLOCK = "40P01"
_SERVER_FAULTS = {
    "25006": (
        "The database server takes no writes on this connection",
        "Connect to the primary server, as a user who may write.",
    ),
    "57014": (
        "The database server ended this before it was done: it took longer than its"
        " statement_timeout allows, or an administrator cancelled it",
        "Reload in a moment. If it happens again, raise statement_timeout for the dashboard's"
        " user.",
    ),
    "53100": (
        "The disk of the database server is full",
        "Free some space: the rollup tables need to be written.",
    ),
    "53300": (
        "The database server takes no more connections",
        "Wait a moment, then reload. If it happens again, raise max_connections of the server.",
    ),
}


def _state(error: BaseException) -> str:
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""


def _server_problem(error: DBAPIError | sqlite3.Error, where: str) -> DatabaseProblem:
    state = _state(error)
    if state in _SERVER_FAULTS:
        what, remedy = _SERVER_FAULTS[state]
        return DatabaseProblem(what, where, remedy)
    if state == _LOCK_NOT_AVAILABLE:
        return DatabaseLocked(
            "A table of the database is locked by another program",
            where,
            f"Waited {BUSY_SECONDS} seconds. Let that program finish, then reload.",
        )
    if state[:2] in ("40", "55"):  # a deadlock, a standby's conflict
        return DatabaseProblem(
            "The database server stopped this, because others were at the same rows or tables",
            where,
            "Reload in a moment.",
        )
    if isinstance(error, OperationalError | InterfaceError):
        return DatabaseProblem(
            "The database server can't be reached, or refuses the login",
            where,
            "Check that it runs, and the host, port, name, user and password in DATABASE_URL; an @"
            " in the password is written %40.",
        )
    return DatabaseProblem(
        "The database server refused what the dashboard asked",
        where,
        "Give its user the rights to read the six tables, to create triggers on them and a table"
        " beside them, and to create the schema `rollup`.",
    )
