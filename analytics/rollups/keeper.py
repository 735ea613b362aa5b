"""The keeper of the rollups: whether they hold all, their refresh, and their rebuild.

One process does so at a time. The ways of SQLite and PostgreSQL are in modules of their own.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from analytics.rollups import change_log
from analytics.rollups.build import Progress, silent
from analytics.storage.database import Database
from analytics.storage.faults import DatabaseProblem, OtherZone
from analytics.storage.schema import refuse_doubled_ids

_WAIT_SECONDS = 0.2
_WAITING = "Waiting: another process (a dashboard or a command) is counting this database"
# A batch of a refresh: many entries may touch one session; few sessions keep a transaction short.
_SESSIONS_AT_ONCE = 250
ENTRIES_AT_ONCE = 20_000
# With more entries than this, a build is quicker.
REBUILD_ENTRIES = 200_000


class Keeper:
    """Keeps the rollups of one database up to date. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._zone = database.settings.zone
        self._has_counted = False  # its rollups were there, in its own time zone
        self._refreshing = threading.Lock()

    def refresh(self, progress: Progress = silent) -> None:
        """Make the rollups hold everything written so far, by its change log or by a rebuild.

        One process does so at a time. If another one is at it, this returns when there are rollups
        to read, the last complete ones.
        """
        with self._refreshing, self._database.problems():
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
                if self._database.readable():
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
            held = self._database.freshness()
        except DatabaseProblem:  # an older release's tables, or damaged ones
            return
        if held and held.zone != self._zone.key:
            raise OtherZone(
                f"Another dashboard counts this database in {held.zone}, this one is set to"
                f" {self._zone.key}",
                self._database.where,
                "Give both the same REPORTING_TIMEZONE, then restart the one that you changed.",
            )

    def rebuild(self, progress: Progress = silent) -> None:
        """Build the rollups anew; readers keep the last state until it is complete."""
        with self._refreshing, self._database.problems():
            while True:
                with self._alone() as alone:
                    if alone:
                        with self._counting():
                            self._build(progress)
                        return
                progress(0.0, _WAITING)
                time.sleep(_WAIT_SECONDS)

    def _build(self, progress: Progress) -> None:
        with self._database.raw.connect() as connection:
            refuse_doubled_ids(connection, self._database.where, only_keyless=True)
        self._rebuild(progress)

    @contextmanager
    def _counting(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            with self._database.raw.connect() as connection:
                refuse_doubled_ids(connection, self._database.where)
            raise

    def remove_log(self) -> bool:
        """Take everything of the product out of the raw tables' schema; whether there was any.

        The next refresh puts it back and rebuilds: stop the processes that serve this database
        first.
        """
        raise NotImplementedError

    def _alone(self) -> AbstractContextManager[bool]:
        """Whether nobody else refreshes or builds, in any process, while this lasts."""
        raise NotImplementedError

    def _holds(self) -> bool:
        """Whether the rollups and the change log together say all."""
        raise NotImplementedError

    def _rebuild(self, progress: Progress) -> None:
        raise NotImplementedError

    def _apply(self, progress: Progress) -> None:
        """Refresh what is marked by now, some sessions at a time."""
        raise NotImplementedError

    def _touched(self, connection: Connection, last: int | None) -> change_log.Touched | None:
        return change_log.read(connection, _SESSIONS_AT_ONCE, ENTRIES_AT_ONCE, last)

    def close(self) -> None:
        """Tidy up after the last reader."""
