"""Opening a database: what can be wrong with it, its sessions, and the refresh of its rollups.

On SQLite the raw file is opened read-only, but for the moments in which marks are installed and
deleted; the rollups are a sibling file `NAME.rollup.db` (in the user's cache folder where none can
be written there), attached as the schema `rollup`. It can be deleted at any time.
"""

import errno
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
    create_engine,
    delete,
    event,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool, QueuePool
from sqlmodel import Session

from analytics import siblings
from analytics.models import RAW_MODELS, SAMPLE_APPLICATION_ID, Message, table_of
from analytics.rollups import marks
from analytics.rollups.build import Progress, build, definition, silent
from analytics.rollups.instants import from_instant
from analytics.rollups.refresh import prepare, refresh, stage
from analytics.rollups.tables import Build
from analytics.settings import Settings, shown_url

BUSY_SECONDS = 5
_WAIT_SECONDS = 0.2
_WAITING = "Waiting: another process (a dashboard or a command) is counting this database"
# A batch of a refresh: many marks may touch one session; few sessions keep a transaction short.
_SESSIONS_AT_ONCE = 250
_MARKS_AT_ONCE = 20_000
# With more marks than this, a build is quicker.
_REBUILD_MARKS = 200_000
_PAGES_AT_ONCE = 10_000  # of a build that is copied over the last one
_ADVISORY_LOCK = 0x41545741  # on PostgreSQL: whoever holds it refreshes
_OWN = "How to open your own database: set DATABASE_URL, as the README's “Your own database” shows."


class DatabaseProblem(Exception):
    """The database can't be read: what is wrong, where, and what to do about it."""

    def __init__(self, what: str, where: str, remedy: str) -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(f"{what} ({where}). {remedy}")


class DatabaseMissing(DatabaseProblem):
    """There is no file at the place."""


class DatabaseLocked(DatabaseProblem):
    """Another program holds it; what was counted before can still be read."""


@dataclass(frozen=True)
class Freshness:
    """What the rollups hold: their version, when they were built, and in which time zone."""

    version: str
    built_at: datetime
    zone: str


class Store:
    """An opened database. Thread-safe; one per process and address.

    `session()` reads; `refresh()` brings the rollups up to date; `check()` says whether the
    database is still there.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.where = shown_url(settings.url)
        self.is_sample = False
        self.lacks_message_type = False
        self.search_problem = ""  # why the search index could not be written last time
        self._refreshing = threading.Lock()
        self.engine: Engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session for reading; raises DatabaseProblem when the database is gone."""
        with self.problems(), Session(self.engine) as session:
            yield session

    @contextmanager
    def problems(self) -> Iterator[None]:
        """Turn a failing database into a DatabaseProblem."""
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            raise _problem(error, self.where) from None
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise _disk_full(self.where) from None
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
                        if not self._holds():
                            self._rebuild(progress)
                        self._apply(progress)
                        return
                if self.readable():
                    return
                progress(0.0, _WAITING)
                time.sleep(_WAIT_SECONDS)

    def rebuild(self, progress: Progress = silent) -> None:
        """Build the rollups anew; readers keep the last state until it is complete."""
        with self._refreshing, self.problems():
            while True:
                with self._alone() as alone:
                    if alone:
                        self._rebuild(progress)
                        return
                progress(0.0, _WAITING)
                time.sleep(_WAIT_SECONDS)

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

    def _touched(self, connection: Connection, last: int | None) -> marks.Touched | None:
        return marks.read(connection, _SESSIONS_AT_ONCE, _MARKS_AT_ONCE, last)

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

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.path = _file_path(settings.url)
        _check_file(self.path)
        self._mode = _reading_mode(self.path)
        self._identity = identity(self.path)
        self.rollup_path = _rollup_path(self.path)
        siblings.narrow(self.rollup_path, self.path)
        raw_only = _engine(lambda: _connect(self.path, self._mode), poolclass=NullPool)
        with self.problems(), raw_only.connect() as connection:
            self.lacks_message_type = _check_tables(connection, self.where)
            self.is_sample = _pragma(connection, "application_id") == SAMPLE_APPLICATION_ID
        # The pool by name: for such an address SQLAlchemy would take one that closes connections
        # of other threads while they are used, which crashes the process.
        self.engine = _engine(self._reading, poolclass=QueuePool, max_overflow=-1)
        event.listen(self.engine, "checkout", self._drop_stale)
        self._refresher = _engine(
            lambda: self._attached(self.rollup_path, "mode=rw"), poolclass=NullPool
        )
        self._raw = raw_only
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
        with self.session() as session:
            return _freshness(session.connection())

    def check(self) -> None:
        """Raise DatabaseProblem if the file has gone or was replaced since it was opened."""
        # Opening and closing the file would drop the locks of this process's readers (POSIX).
        if identity(self.path) != self._identity:
            _check_file(self.path)
            raise DatabaseProblem("The database file was replaced", self.where, "Open it again.")

    def _attached(self, rollup: Path, mode: str) -> "_Connection":
        connection = _connect(self.path, self._mode)
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
            connection = self._attached(self.rollup_path, "mode=ro")
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
        return connection

    def _alone(self) -> AbstractContextManager[bool]:
        siblings.make_lock(self.rollup_path, self.path)
        return file_lock(self.rollup_path)

    def readable(self) -> bool:
        try:
            with self.session() as session:
                return self._built(session.connection()) is not None
        except DatabaseProblem:
            return False

    def _holds(self) -> bool:
        if not self.rollup_path.exists() or identity(self.path) != self._identity:
            return False  # pooled connections still read a raw file that has gone
        try:
            with self.engine.connect() as connection:
                build = self._built(connection)
                if build is None:
                    return False
                if self._markable and self._in_step(connection):
                    return not marks.rebuild_wanted(connection, _REBUILD_MARKS)
        except (DBAPIError, sqlite3.Error) as error:
            if _is_locked(error):
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
        if build is None or not marks.installed(connection):
            return False
        known = marks.version(connection)
        if known and known == build.previous:  # killed before the marks it took were deleted
            return marks.newest(connection) >= int(build.newest_mark)
        return bool(known == build.version)

    def remove_marks(self) -> bool:
        """Drop the triggers and the table of marks from the raw file; whether there were any."""
        with self._refreshing, self.problems(), self._marker.begin() as connection:
            return marks.remove(connection)

    def _install_marks(self) -> bool:
        """Make sure that every change is marked; False where the raw file can't be written.

        Nor can it while another program writes; in WAL mode it can be read meanwhile.
        """
        if not self._markable:
            return False
        with self._raw.connect() as connection:
            if marks.installed(connection):
                return True
            readable = _pragma(connection, "journal_mode") == "wal"
        try:
            with self._marker.begin() as connection:
                marks.install(connection)
        except OperationalError as error:
            if not _is_locked(error):
                self._markable = False
            elif not readable:
                raise
            return False
        return True

    @contextmanager
    def _new_file(self) -> Iterator[Path]:
        """An empty file beside the sibling, deleted at the end if it is still there."""
        folder, name = self.rollup_path.parent, self.rollup_path.name
        for leftover in folder.glob(f"{glob.escape(name)}.building-*"):
            with suppress(OSError):
                leftover.unlink()
        handle, text = tempfile.mkstemp(prefix=f"{name}.building-", dir=folder)
        os.close(handle)
        made = Path(text)
        try:
            yield made
        finally:
            made.unlink(missing_ok=True)

    def _rebuild(self, progress: Progress) -> None:
        marked = self._install_marks()
        with self._new_file() as made:
            builder = _engine(lambda: self._unjournaled(made), poolclass=NullPool)
            now = datetime.now(UTC)
            with builder.connect() as new:
                if marked:
                    with new.begin():
                        last = marks.newest(new)
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
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            return False  # damaged
        return True

    def _put_in_place(self, made: Path) -> None:
        """Let the new file take the place of the sibling, which is missing, damaged or no WAL."""
        with closing(_connect(made, "mode=rw")) as new:
            new.execute(f"PRAGMA journal_mode = {_JOURNAL}")
        with made.open("rb") as file:
            os.fsync(file.fileno())
        # What a deleted sibling has left would be taken for the new file's.
        for tail in ("-wal", "-shm", "-journal"):
            self.rollup_path.with_name(self.rollup_path.name + tail).unlink(missing_ok=True)
        siblings.take_rights(made, self.path)
        made.replace(self.rollup_path)

    def _apply(self, progress: Progress) -> None:
        with self.engine.connect() as connection:
            if not (self._markable and self._in_step(connection) and marks.some(connection)):
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
                known = marks.version(connection)
                stage(connection, touched)
            with connection.begin():  # writes the rollups
                version = refresh(connection, touched, datetime.now(UTC), known)
            if not self._forget(touched.marks, known, version):
                return
            with connection.begin():
                # From now on, a raw file that names the version before was restored.
                connection.execute(update(table_of(Build)).values(previous=""))

    def _forget(self, applied: list[int], known: str, version: str) -> bool:
        """Delete marks; False if others have read the raw file into rollups of their own."""
        with self._marker.begin() as raw:
            if marks.version(raw) != known:
                return False  # the next refresh rebuilds
            marks.forget(raw, applied)
            marks.set_version(raw, version)
            return True

    def _forget_up_to(self, last: int, version: str) -> None:
        """Forget the marks that a build has covered, some at a time: others want to write too."""
        more = True
        while more:
            with self._marker.begin() as raw:
                marks.set_version(raw, version)
                more = marks.forget_up_to(raw, last, _MARKS_AT_ONCE)

    def close(self) -> None:
        """Give back all connections, and take away the WAL if nobody else reads."""
        super().close()
        with suppress(sqlite3.Error, OSError):
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
            options: dict[str, Any] = {
                "hide_parameters": True,
                "isolation_level": "REPEATABLE READ",  # a page reads one state of the rollups
                "connect_args": {"connect_timeout": BUSY_SECONDS},
            }
            self.engine = create_engine(settings.url, pool_pre_ping=True, **options)
            # A connection each time: temporary tables end with it.
            self._refresher = create_engine(settings.url, poolclass=NullPool, **options)
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
            self.lacks_message_type = _check_tables(connection, self.where)

    @contextmanager
    def session(self) -> Iterator[Session]:
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
        with self.engine.connect() as connection:
            try:
                return _has_rollups(connection) and self._built(connection) is not None
            except ProgrammingError:  # an older release's table, or no right to read it
                return False

    def _holds(self) -> bool:
        if not self.readable():
            return False
        with self.engine.connect() as connection:
            return (
                marks.installed(connection)
                and marks.version(connection) == _version(connection)
                and not marks.rebuild_wanted(connection, _REBUILD_MARKS)
            )

    def _rebuild(self, progress: Progress) -> None:
        with self._refresher.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
            if not marks.installed(connection):
                marks.install(connection)
        building = {"rollup": "rollup_building"}
        with self._refresher.begin() as connection:
            # One state of the database: exactly the marks of what the build sees are deleted.
            connection.execute(delete(marks.MARK).where(marks.MARK.c.id > 0))
            for step in ("DROP SCHEMA IF EXISTS %s CASCADE", "CREATE SCHEMA %s"):
                connection.exec_driver_sql(step % "rollup_building")
            translated = connection.execution_options(schema_translate_map=building)
            version = build(translated, self.settings.zone, datetime.now(UTC), progress)
            if _has_rollups(connection):  # what readers lock first, so that nobody deadlocks
                connection.exec_driver_sql("LOCK TABLE rollup.build IN ACCESS EXCLUSIVE MODE")
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS rollup CASCADE")
            connection.exec_driver_sql("ALTER SCHEMA rollup_building RENAME TO rollup")
            marks.set_version(connection, version)

    def _apply(self, progress: Progress) -> None:
        last: int | None = None
        with self._refresher.connect() as connection:
            while True:
                # One state of the database: the marks that are deleted are those of what is read.
                with connection.begin():
                    if not marks.installed(connection):
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
                    marks.forget(connection, touched.marks)
                    marks.set_version(connection, version)

    def remove_marks(self) -> bool:
        """Drop the triggers, their functions and the table of marks; whether there were any."""
        with self._refreshing, self.problems(), self._refresher.begin() as connection:
            return marks.remove(connection)


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
    return sqlite3.connect(
        _uri(path, mode),
        uri=True,
        timeout=BUSY_SECONDS if timeout is None else timeout,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )


def _pragma(connection: Connection, name: str) -> Any:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


@contextmanager
def file_lock(path: Path) -> Iterator[bool]:
    """Whether nobody else holds the lock beside a file, NAME.lock; it ends with its process.

    It is one on an empty SQLite file, which works on every system.
    """
    beside = path.with_suffix(".lock")
    with closing(sqlite3.connect(beside, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            alone = False
        else:
            alone = True
        yield alone


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
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                break  # it can be read, only not now
        else:
            return "mode=ro" if mode == "mode=rw" else mode
    return modes[0]


def _rollup_path(path: Path) -> Path:
    """The sibling file, or one in the cache folder where no sibling can be written."""
    # No two databases of a folder may share a sibling: not `a.db` and `a`, nor `a.sqlite`.
    name = f"{path.stem}.rollup.db" if path.suffix == ".db" else f"{path.name}-rollup.db"
    sibling = path.absolute().with_name(name)
    if _writable(sibling):
        return sibling
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    cached = user_cache_path("ai-twin-analytics", ensure_exists=True) / f"{digest}.rollup.db"
    if _writable(cached):
        return cached
    raise DatabaseProblem(
        "The rollup tables can be written neither beside the database nor in the cache folder",
        f"{sibling}; {cached}",
        "Give the account that runs the dashboard the right to write to one of these folders.",
    )


def _writable(path: Path) -> bool:
    if path.is_dir():
        return False
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            return True
    except OSError:
        return False


# --- what can be wrong -------------------------------------------------------------------------


def _check_tables(connection: Connection, where: str) -> bool:
    """Refuse what lacks a table or column, or has no rows; say whether message_type is missing."""
    inspector = inspect(connection)
    tables = set(inspector.get_table_names())
    missing = []
    lacks_message_type = False
    for model in RAW_MODELS:
        table = table_of(model)
        if table.name not in tables:
            missing.append(f"the table {table.name}")
            continue
        present = {column["name"] for column in inspector.get_columns(table.name)}
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


def _is_locked(error: DBAPIError | sqlite3.Error) -> bool:
    said = str(error.orig if isinstance(error, DBAPIError) else error).lower()
    return "locked" in said or "busy" in said


def _disk_full(where: str) -> DatabaseProblem:
    return DatabaseProblem(
        "The disk is full", where, "Free some space: the rollup tables need to be written."
    )


def _problem(error: DBAPIError | sqlite3.Error, where: str) -> DatabaseProblem:
    """Say what a failing database means, without its own words: they may hold data."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = str(cause).lower()
    if isinstance(cause, sqlite3.Error):
        if _is_locked(cause):
            return DatabaseLocked(
                "The database is locked by another program",
                where,
                f"Waited {BUSY_SECONDS} seconds. Let that program finish its write, then reload.",
            )
        if "full" in said:
            return _disk_full(where)
        if isinstance(cause, sqlite3.OperationalError) and "no such" not in said:
            return DatabaseProblem(
                "The database file can't be read",
                where,
                "Check that the file is there and that the account that runs the dashboard may"
                " read it and its folder.",
            )
        return DatabaseProblem(
            "This database is damaged, encrypted, or has changed its tables",
            where,
            "Check it with `sqlite3 FILE 'PRAGMA integrity_check'`, or restore a backup.",
        )
    return _server_problem(error, where)


def _server_problem(error: DBAPIError | sqlite3.Error, where: str) -> DatabaseProblem:
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    if state == "25006":
        return DatabaseProblem(
            "The database server takes no writes on this connection",
            where,
            "Connect to the primary server, as a user who may write.",
        )
    if state[:2] in ("40", "55") or state == "57014":  # a deadlock, a lock, a standby's conflict
        return DatabaseProblem(
            "The database server stopped this, because others were at the same rows or tables",
            where,
            "Reload in a moment.",
        )
    if isinstance(error, OperationalError):
        return DatabaseProblem(
            "The database server can't be reached, or refuses the login",
            where,
            "Check that it runs, and the host, port, name, user and password in DATABASE_URL.",
        )
    return DatabaseProblem(
        "The database server refused what the dashboard asked",
        where,
        "Give its user the rights to read the six tables, to create triggers on them and a table"
        " beside them, and to create the schema `rollup`.",
    )
