"""Opening a database: what can be wrong with it, its sessions, and the refresh of its rollups.

On SQLite the raw file is opened read-only, always; the rollups are a sibling file `NAME.rollup.db`
(in the user's cache folder where none can be written there), attached as the schema `rollup`.
"""

import glob
import hashlib
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool, QueuePool
from sqlmodel import Session

from analytics.models import RAW_MODELS, SAMPLE_APPLICATION_ID, Message, table_of
from analytics.rollups.build import Progress, build
from analytics.rollups.instants import from_instant
from analytics.rollups.tables import Build
from analytics.settings import Settings, shown_url

BUSY_SECONDS = 5
_LEFTOVER_SECONDS = 3_600
_OWN = "How to open your own database: set DATABASE_URL, as the README's “Your own database” shows."


class DatabaseProblem(Exception):
    """The database can't be read: what is wrong, where, and what to do about it."""

    def __init__(self, what: str, where: str, remedy: str) -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(f"{what} ({where}). {remedy}")


class DatabaseMissing(DatabaseProblem):
    """There is no file at the place."""


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
        except PoolTimeoutError:
            raise DatabaseProblem(
                "Too many people are reading at once", self.where, "Wait a moment, then reload."
            ) from None

    def freshness(self) -> Freshness | None:
        """What the rollups hold now; None before the first build."""
        raise NotImplementedError

    def refresh(self, progress: Progress = lambda share, label: None) -> None:
        """Rebuild the rollups; readers keep the last state until it is complete.

        One refresh runs at a time; a second caller waits and then builds again.
        """
        with self._refreshing, self.problems():
            self._rebuild(progress)

    def check(self) -> None:
        """Raise DatabaseProblem if the database has gone or was replaced since it was opened."""
        raise NotImplementedError

    def _rebuild(self, progress: Progress) -> None:
        raise NotImplementedError

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
        self._identity = _identity(self.path)
        self.rollup_path = _rollup_path(self.path)
        raw_only = _engine(lambda: _connect(self.path, self._mode), poolclass=NullPool)
        with self.problems(), raw_only.connect() as connection:
            self.lacks_message_type = _check_tables(connection, self.where)
            self.is_sample = _pragma(connection, "application_id") == SAMPLE_APPLICATION_ID
        # The pool by name: for such an address SQLAlchemy would take one that closes connections
        # of other threads while they are used, which crashes the process.
        self.engine = _engine(
            lambda: self._attached(self.rollup_path, "mode=ro"),
            poolclass=QueuePool,
            max_overflow=-1,
        )
        self._building = self.rollup_path
        self._builder = _engine(self._unjournaled, poolclass=NullPool)
        event.listen(self.engine, "checkout", self._drop_stale)

    def freshness(self) -> Freshness | None:
        """What the rollups hold now; None before the first build."""
        if not self.rollup_path.exists():
            return None
        with self.session() as session:
            return _freshness(session.connection())

    def check(self) -> None:
        """Raise DatabaseProblem if the file has gone or was replaced since it was opened."""
        _check_file(self.path)
        if _identity(self.path) != self._identity:
            raise DatabaseProblem("The database file was replaced", self.where, "Open it again.")

    def _attached(self, rollup: Path, mode: str) -> sqlite3.Connection:
        connection = _connect(self.path, self._mode)
        try:
            connection.execute("ATTACH ? AS rollup", [_uri(rollup, mode)])
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _drop_stale(self, dbapi: Any, record: Any, proxy: Any) -> None:
        # Another build has replaced the sibling: this connection still reads the old one.
        identity = _identity(self.rollup_path)
        if record.info.setdefault("rollup", identity) != identity:
            raise DisconnectionError

    def _unjournaled(self) -> sqlite3.Connection:
        # Nobody reads the new file before it is complete, so it needs no journal.
        connection = self._attached(self._building, "mode=rw")
        connection.execute("PRAGMA rollup.journal_mode = OFF")
        connection.execute("PRAGMA rollup.synchronous = OFF")
        return connection

    def _rebuild(self, progress: Progress) -> None:
        folder, name = self.rollup_path.parent, self.rollup_path.name
        for leftover in folder.glob(f"{glob.escape(name)}.building-*"):
            with suppress(OSError):
                if time.time() - leftover.stat().st_mtime > _LEFTOVER_SECONDS:
                    leftover.unlink()
        handle, made = tempfile.mkstemp(prefix=f"{name}.building-", dir=folder)
        os.close(handle)
        try:
            self._building = Path(made)
            with self._builder.begin() as new:
                build(new, self.settings.zone, datetime.now(UTC), progress)
            Path(made).replace(self.rollup_path)
        finally:
            Path(made).unlink(missing_ok=True)


class PostgresStore(Store):
    """A PostgreSQL database; the rollups are its schema `rollup`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        try:
            self.engine = create_engine(
                settings.url,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={"connect_timeout": BUSY_SECONDS},
            )
        except (ImportError, NoSuchModuleError):
            raise DatabaseProblem(
                "The driver for PostgreSQL is not installed",
                self.where,
                'Run `pip install "psycopg[binary]"` in the environment, and write the address as '
                "postgresql+psycopg://user:password@host/name.",
            ) from None
        with self.problems(), self.engine.connect() as connection:
            self.lacks_message_type = _check_tables(connection, self.where)

    def freshness(self) -> Freshness | None:
        """What the rollups hold now; None before the first build."""
        with self.problems(), self.engine.connect() as connection:
            if not inspect(connection).has_table("build", schema="rollup"):
                return None
            return _freshness(connection)

    def check(self) -> None:
        """Raise DatabaseProblem if the server does not answer."""
        with self.problems(), self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def _rebuild(self, progress: Progress) -> None:
        building = {"rollup": "rollup_building"}
        with self.engine.begin() as connection:
            for step in ("DROP SCHEMA IF EXISTS %s CASCADE", "CREATE SCHEMA %s"):
                connection.exec_driver_sql(step % "rollup_building")
            translated = connection.execution_options(schema_translate_map=building)
            build(translated, self.settings.zone, datetime.now(UTC), progress)
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS rollup CASCADE")
            connection.exec_driver_sql("ALTER SCHEMA rollup_building RENAME TO rollup")


def _freshness(connection: Connection) -> Freshness | None:
    row = connection.execute(select(table_of(Build))).one_or_none()
    return Freshness(row.version, from_instant(row.built_at), row.zone) if row else None


# --- SQLite files ------------------------------------------------------------------------------


def _engine(connect: Any, **options: Any) -> Engine:
    engine = create_engine("sqlite://", creator=connect, hide_parameters=True, **options)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _uri(path: Path, options: str) -> str:
    return f"{path.absolute().as_uri()}?{options}"


def _connect(path: Path, mode: str, timeout: float | None = None) -> sqlite3.Connection:
    # Autocommit: SQLAlchemy's `begin` event above starts each transaction, DDL included.
    return sqlite3.connect(
        _uri(path, mode),
        uri=True,
        timeout=BUSY_SECONDS if timeout is None else timeout,
        isolation_level=None,
        check_same_thread=False,
    )


def _pragma(connection: Connection, name: str) -> Any:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def _identity(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_dev, stat.st_ino)


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


def _problem(error: DBAPIError | sqlite3.Error, where: str) -> DatabaseProblem:
    """Say what a failing database means, without its own words: they may hold data."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = str(cause).lower()
    if isinstance(cause, sqlite3.Error):
        if "locked" in said or "busy" in said:
            return DatabaseProblem(
                "The database is locked by another program",
                where,
                f"Waited {BUSY_SECONDS} seconds. Let that program finish its write, then reload.",
            )
        if "full" in said:
            return DatabaseProblem(
                "The disk is full", where, "Free some space: the rollup tables need to be written."
            )
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
    if isinstance(error, OperationalError):
        return DatabaseProblem(
            "The database server can't be reached, or refuses the login",
            where,
            "Check that it runs, and the host, port, name, user and password in DATABASE_URL.",
        )
    return DatabaseProblem(
        "The database server refused what the dashboard asked",
        where,
        "Give its user the right to read the six tables and to create the schema `rollup`.",
    )
