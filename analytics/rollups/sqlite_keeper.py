"""The rollups of a SQLite file: its sibling, which is built beside it and copied over it.

The raw file is written only in moments: the change log is installed, and its entries are deleted.
"""

import glob
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from analytics.models import table_of
from analytics.rollups import change_log
from analytics.rollups.build import Progress, build
from analytics.rollups.keeper import ENTRIES_AT_ONCE, REBUILD_ENTRIES, Keeper
from analytics.rollups.refresh import prepare, refresh, stage
from analytics.rollups.state import Build
from analytics.storage import siblings
from analytics.storage.engines import sqlite_engine
from analytics.storage.faults import (
    SQLITE_FAILURES,
    DatabaseProblem,
    cause_of,
    is_damaged,
    is_locked,
    primary_code,
    sqlite_code,
)
from analytics.storage.locks import file_lock
from analytics.storage.ownership import OWN_APPLICATION_ID, ROLLUP_TABLES, own_or_free
from analytics.storage.sqlite import SqliteDatabase
from analytics.storage.sqlite_connection import SqliteConnection, connect, pragma
from analytics.storage.sqlite_files import TAILS, fingerprint

_PAGES_AT_ONCE = 10_000  # of a build that is copied over the last one
# The sibling is in WAL mode, so that readers and the refresh never wait for each other. SQLite
# before 3.51.3 can damage a database when two connections write or checkpoint its WAL at the same
# moment. Nobody does that here: every write and every checkpoint happens, and its connection is
# closed, while the one lock of `_alone` is held. Readers have opened the file with mode=ro: they
# can neither write nor checkpoint, and leave the WAL alone when they close.
# Where a file system can't do it, the rollback journal stays, and readers wait for commits.
_JOURNAL = "WAL"


class SqliteKeeper(Keeper):
    """Keeps the sibling of a SQLite file."""

    _database: SqliteDatabase

    def __init__(self, database: SqliteDatabase) -> None:
        super().__init__(database)
        self._path, self._rollup_path = database.path, database.rollup_path
        self._cleared = False  # of what killed builds have left
        self._refresher = sqlite_engine(
            lambda: database.attached(self._rollup_path, "mode=rw"), poolclass=NullPool
        )
        self._markable = all(
            os.access(path, os.W_OK) for path in (self._path, self._path.absolute().parent)
        )
        self._marker = sqlite_engine(
            lambda: connect(self._path, "mode=rw"), "BEGIN IMMEDIATE", poolclass=NullPool
        )

    def _unjournaled(self, made: Path) -> SqliteConnection:
        # Nobody reads the new file before it is complete, so it needs no journal.
        connection = self._database.attached(made, "mode=rw")
        connection.execute("PRAGMA rollup.journal_mode = OFF")
        connection.execute("PRAGMA rollup.synchronous = OFF")
        connection.execute(f"PRAGMA rollup.application_id = {OWN_APPLICATION_ID}")
        return connection

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        siblings.make_lock(self._rollup_path, self._path)
        with file_lock(self._rollup_path) as alone:
            if alone and not self._cleared:
                self._clear()
            yield alone

    def _clear(self) -> None:
        """Delete what killed builds have left: whoever builds holds the lock."""
        folder, name = self._rollup_path.parent, self._rollup_path.name
        for leftover in folder.glob(f"{glob.escape(name)}.building-*"):
            with suppress(OSError):
                leftover.unlink()
        self._cleared = True

    def _holds(self) -> bool:
        if not self._rollup_path.exists() or self._database.was_replaced():
            return False  # pooled connections still read a raw file that has gone
        try:
            with self._database.connection(counted=True) as connection:
                build = self._database.built(connection)
                if build is None:
                    return False
                if self._markable and self._in_step(connection):
                    return not change_log.rebuild_wanted(connection, REBUILD_ENTRIES)
        except SQLITE_FAILURES as error:
            if is_locked(cause_of(error)):
                raise
            return False  # an older release's tables, or a damaged file
        # Without a change log it holds an unchanged file, until there can be one.
        unchanged = build.fingerprint and build.fingerprint == fingerprint(self._path)
        return bool(unchanged) and not self._install_log()

    def _in_step(self, connection: Connection) -> bool:
        """Whether these rollups lack only what is marked.

        Not if others read the file into rollups of their own, by another name of it or by way of a
        backup: those took entries away.
        """
        build = self._database.built(connection)
        if build is None or not change_log.installed(connection):
            return False
        known = change_log.version(connection)
        if known and known == build.previous:  # killed before the entries it took were deleted
            return change_log.newest(connection) >= int(build.newest_entry)
        return bool(known == build.version)

    def remove_log(self) -> bool:
        """Drop the triggers and the change log from the raw file; whether there were any."""
        with self._refreshing, self._database.problems(), self._marker.begin() as connection:
            return change_log.remove(connection)

    def _install_log(self) -> bool:
        """Make sure that every change is marked; False where the raw file can't be written.

        Nor can it while another program writes; in WAL mode it can be read meanwhile.
        """
        if not self._markable:
            return False
        with self._database.raw.connect() as connection:
            if change_log.installed(connection):
                return True
            readable = pragma(connection, "journal_mode") == "wal"
        try:
            with self._marker.begin() as connection:
                change_log.install(connection)
        except OperationalError as error:
            cause = cause_of(error)
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
            prefix=f"{self._rollup_path.name}.building-", dir=self._rollup_path.parent
        )
        os.close(handle)
        made = Path(text)
        try:
            yield made
        finally:
            for tail in ("", *TAILS):
                made.with_name(made.name + tail).unlink(missing_ok=True)

    def _rebuild(self, progress: Progress) -> None:
        own_or_free(self._rollup_path, ROLLUP_TABLES)
        marked = self._install_log()
        with self._new_file() as made:
            builder = sqlite_engine(lambda: self._unjournaled(made), poolclass=NullPool)
            now = datetime.now(UTC)
            with builder.connect() as new:
                if marked:
                    with new.begin():
                        last = change_log.newest(new)
                    version = build(new, self._zone, now, progress)
                    self._forget_up_to(last, version)
                    self._apply_to(new, progress)
                else:
                    read = fingerprint(self._path)
                    with new.begin():
                        build(new, self._zone, now, progress, read)
            if not self._overwrite(made):
                self._put_in_place(made)

    def _overwrite(self, made: Path) -> bool:
        """Copy the new file into the sibling that others read; False if there is none to keep."""
        if not self._rollup_path.exists():
            return False
        try:
            with (
                closing(connect(made, "mode=ro")) as new,
                closing(connect(self._rollup_path, "mode=rw")) as sibling,
            ):
                if sibling.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                    return False
                new.backup(sibling, pages=_PAGES_AT_ONCE)
                _checkpoint(sibling, "main")
        except SQLITE_FAILURES as error:
            if is_damaged(error) or not sqlite_code(error):
                return False
            raise
        return True

    def _put_in_place(self, made: Path) -> None:
        """Let the new file take the place of the sibling, which is missing, damaged or no WAL."""
        with closing(connect(made, "mode=rw")) as new:
            new.execute(f"PRAGMA journal_mode = {_JOURNAL}")
        with made.open("rb") as file:
            os.fsync(file.fileno())
        # What a deleted sibling has left would be taken for the new file's.
        for tail in TAILS:
            self._rollup_path.with_name(self._rollup_path.name + tail).unlink(missing_ok=True)
        siblings.take_rights(made, self._path)
        made.replace(self._rollup_path)

    def _apply(self, progress: Progress) -> None:
        with self._database.connection(counted=True) as connection:
            if not (self._markable and self._in_step(connection) and change_log.some(connection)):
                return
        with self._refresher.connect() as connection:
            self._apply_to(connection, progress)
            _checkpoint(connection.connection.driver_connection, "rollup")

    def _apply_to(self, connection: Connection, progress: Progress) -> None:
        """Refresh what is marked by now, in a file that is the sibling or will be.

        The raw file and the rollups are never locked at the same time. Killed between two of the
        transactions, the next refresh finds the entries and takes them once more.
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
        """Delete entries; False if others have read the raw file into rollups of their own."""
        with self._marker.begin() as raw:
            if change_log.version(raw) != known:
                return False  # the next refresh rebuilds
            change_log.forget(raw, applied)
            change_log.set_version(raw, version)
            return True

    def _forget_up_to(self, last: int, version: str) -> None:
        """Forget the entries that a build has covered, some at a time: others want to write too."""
        more = True
        while more:
            with self._marker.begin() as raw:
                change_log.set_version(raw, version)
                more = change_log.forget_up_to(raw, last, ENTRIES_AT_ONCE)

    def close(self) -> None:
        """Take away the WAL if nobody else reads."""
        with suppress(sqlite3.Error, OSError, DatabaseProblem):
            if self._rollup_path.exists():
                with self._alone() as alone:
                    if alone:
                        with closing(connect(self._rollup_path, "mode=rw", 0)) as sibling:
                            sibling.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _checkpoint(connection: Any, schema: str) -> None:
    """Move the WAL into the file and empty it, as far as readers let: none is waited for.

    An empty one does no harm to a sibling that somebody puts back from a backup.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    connection.execute(f"PRAGMA {schema}.wal_checkpoint(TRUNCATE)").fetchone()
