"""The rollups of a PostgreSQL database: the schema `rollup`, replaced in one transaction."""

import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, inspect, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from analytics.models import table_of
from analytics.rollups import change_log
from analytics.rollups.build import Progress, build, silent
from analytics.rollups.keeper import REBUILD_ENTRIES, Keeper
from analytics.rollups.refresh import prepare, refresh, stage
from analytics.rollups.state import Build
from analytics.storage.engines import server_engine
from analytics.storage.faults import (
    DEADLOCK,
    LOCK_NOT_AVAILABLE,
    DatabaseProblem,
    cause_of,
    sqlstate,
)
from analytics.storage.locks import advisory_lock
from analytics.storage.ownership import ROLLUP_TABLES, own_or_free_schema
from analytics.storage.postgres import ONE_STATE, PostgresDatabase, has_rollups

_TURN_SECONDS = 1  # that a complete build waits for readers, and others for it
_ADVISORY_LOCK = 0x41545741  # whoever holds it refreshes


class PostgresKeeper(Keeper):
    """Keeps the schema `rollup` of a PostgreSQL database."""

    _database: PostgresDatabase

    def __init__(self, database: PostgresDatabase) -> None:
        super().__init__(database)
        # A connection each time: temporary tables end with it.
        self._refresher = server_engine(
            database.settings.url, poolclass=NullPool, isolation_level=ONE_STATE
        )

    def refresh(self, progress: Progress = silent) -> None:
        """Make the rollups hold everything written so far, by its change log or by a rebuild.

        On a connection that may only read, another process does so; this one serves what it finds.
        """
        database = self._database
        with database.problems():
            if not self._reads_only():
                super().refresh(progress)
            elif not database.readable():
                raise DatabaseProblem(
                    "This connection may only read, and finds no rollup tables that it can use",
                    database.where,
                    "Run one dashboard of this release with a user who may write, with"
                    f" REPORTING_TIMEZONE={database.settings.reporting_timezone} too, and let this"
                    " user read the schema `rollup`, as the README shows.",
                )

    def _alone(self) -> AbstractContextManager[bool]:
        return advisory_lock(self._database.engine, _ADVISORY_LOCK)

    def _reads_only(self) -> bool:
        """Whether nothing can be written here (a standby), or the rollups belong to others."""
        with self._database.engine.connect() as connection:
            return bool(
                connection.exec_driver_sql(
                    "SELECT current_setting('transaction_read_only')::bool OR EXISTS (SELECT FROM"
                    " pg_namespace WHERE nspname = 'rollup' AND NOT pg_has_role(nspowner, 'USAGE'))"
                ).scalar()
            )

    def _holds(self) -> bool:
        if not self._database.readable():
            return False
        with self._database.engine.connect() as connection:
            return (
                change_log.installed(connection)
                and change_log.version(connection) == _version(connection)
                and not change_log.rebuild_wanted(connection, REBUILD_ENTRIES)
            )

    def _rebuild(self, progress: Progress) -> None:
        with self._database.raw.connect() as connection:
            for schema in ("rollup", "rollup_building"):
                own_or_free_schema(connection, schema, ROLLUP_TABLES)
        with self._refresher.begin() as connection:
            if not change_log.installed(connection):
                change_log.install(connection)
        building = {"rollup": "rollup_building"}
        with self._refresher.begin() as connection:
            # One state of the database: exactly the entries of what the build sees are deleted.
            connection.execute(delete(change_log.LOG).where(change_log.LOG.c.id > 0))
            for step in ("DROP SCHEMA IF EXISTS %s CASCADE", "CREATE SCHEMA %s"):
                connection.exec_driver_sql(step % "rollup_building")
            translated = connection.execution_options(schema_translate_map=building)
            version = build(translated, self._zone, datetime.now(UTC), progress)
            if has_rollups(connection):  # what readers lock first, so that nobody deadlocks
                _lock_out_readers(connection)
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS rollup CASCADE")
            connection.exec_driver_sql("ALTER SCHEMA rollup_building RENAME TO rollup")
            change_log.set_version(connection, version)

    def _apply(self, progress: Progress) -> None:
        last: int | None = None
        with self._refresher.connect() as connection:
            while True:
                # One state of the database: the entries that are deleted are those of what is read.
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

    def remove_log(self) -> bool:
        """Drop the triggers, their functions and the change log; whether there were any."""
        with self._refreshing, self._database.problems(), self._refresher.begin() as connection:
            return change_log.remove(connection)


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
            if sqlstate(cause_of(error)) not in (LOCK_NOT_AVAILABLE, DEADLOCK):
                raise
        time.sleep(_TURN_SECONDS)


def _version(connection: Connection) -> str:
    return connection.scalar(select(table_of(Build).c.version)) or ""
