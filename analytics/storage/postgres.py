"""A PostgreSQL database that is open for reading; the rollups are its schema `rollup`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.exc import NoSuchModuleError, ProgrammingError
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from analytics.settings import Settings
from analytics.storage.database import Database, Freshness
from analytics.storage.engines import codec_of, server_engine
from analytics.storage.faults import DatabaseProblem
from analytics.storage.schema import check_tables, check_types, refuse_unusable

ONE_STATE = "REPEATABLE READ"  # of the database, to the end of a transaction


class PostgresDatabase(Database):
    """A PostgreSQL database; the rollups are its schema `rollup`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        try:
            # A page reads one state of the rollups.
            self.engine = server_engine(
                settings.url, asks=True, pool_pre_ping=True, isolation_level=ONE_STATE
            )
        except (ImportError, NoSuchModuleError):
            raise DatabaseProblem(
                "The driver for PostgreSQL is not installed",
                self.where,
                'Run `pip install "psycopg[binary]"` in the environment, and write the address as '
                "postgresql+psycopg://user:password@host/name.",
            ) from None
        self.raw = self.engine
        self._sessions = sessionmaker(self.engine, class_=Session)
        event.listen(self._sessions, "after_begin", _hold_rollups)
        with self.problems(), self.engine.connect() as connection:
            check_types(connection, self.where)
            refuse_unusable(connection, self.where)
            self.lacks_message_type = check_tables(connection, self.where)
            self.codec = codec_of(connection)

    @contextmanager
    def session(self, *, counted: bool = False) -> Iterator[Session]:
        """A session for reading; raises DatabaseProblem when the database is gone."""
        with self.problems(), self._sessions() as session:
            yield session

    def freshness(self) -> Freshness | None:
        """What the rollups hold now; None before the first build."""
        with self.problems(), self.engine.connect() as connection:
            return self._freshness(connection) if has_rollups(connection) else None

    def readable(self) -> bool:
        """Whether there are rollups that this release can read, in the reporting time zone."""
        with self.problems(), self.engine.connect() as connection:
            try:
                return has_rollups(connection) and self.built(connection) is not None
            except ProgrammingError:  # an older release's table, or no right to read it
                return False

    def check(self) -> None:
        """Raise DatabaseProblem if the server does not answer."""
        with self.problems(), self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))


def has_rollups(connection: Connection) -> bool:
    """Whether there is a schema `rollup` with something in it to read."""
    return inspect(connection).has_table("build", schema="rollup")


def _hold_rollups(session: Session, transaction: Any, connection: Connection) -> None:
    # A build replaces the tables. Without a lock on one of them, taken before the transaction's
    # state of the database is, those that it finds later could be new and seem empty.
    connection.exec_driver_sql("LOCK TABLE rollup.build IN ACCESS SHARE MODE")
