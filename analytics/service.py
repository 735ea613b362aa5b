"""The process's one open database, shared by every page and request."""

import logging
import threading
from functools import lru_cache

from analytics.database import DatabaseLocked, DatabaseProblem, OtherZone, Store, open_database
from analytics.rollups.build import Progress, silent
from analytics.search import Search
from analytics.settings import Settings, load_settings

logger = logging.getLogger(__name__)

# Closing waits this long for a refresh to end; a longer one ends by itself.
_END_SECONDS = 1.0
# The part of REFRESH_SECONDS after which an open page looks for a refresh; the rest is between two.
LOOK = 0.25


class Service:
    """Opens the database on first use, and again whenever it was gone or replaced.

    While it is open, its rollups are refreshed every `REFRESH_SECONDS` (0: only at the start), and
    its search index in between.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._store: Store | None = None
        self._opening = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def store(self, progress: Progress = silent) -> Store:
        """The open store with its rollups built; callers that come meanwhile wait.

        Raises DatabaseProblem while the database can't be read; the next call tries again. While
        another program writes for long, what was counted before is served.
        """
        with self._opening:
            if self._store is not None:
                try:
                    self._store.check()
                    held = self._store.freshness()
                    # Somebody deleted the rollups, or another process built them for its own zone.
                    if held is None or held.zone != self.settings.zone.key:
                        self._store.refresh(progress)
                except OtherZone:
                    raise
                except DatabaseProblem:
                    self.close()
            if self._store is None:
                store = open_database(self.settings)
                try:
                    try:
                        store.refresh(progress)
                    except DatabaseLocked:
                        if not store.readable():
                            raise
                except BaseException:
                    store.close()
                    raise
                self._store = store
                self._closed = threading.Event()
                if self.settings.refresh_seconds or self.settings.search:
                    self._thread = threading.Thread(
                        target=self._keep_fresh,
                        # Made here: a session that begins while it is made would fail.
                        args=(store, Search(store) if self.settings.search else None, self._closed),
                        name="refresh",
                        daemon=True,
                    )
                    self._thread.start()
            return self._store

    def _keep_fresh(self, store: Store, search: Search | None, closed: threading.Event) -> None:
        seconds = self.settings.refresh_seconds * (1 - LOOK)
        keep_up = search.keep_up if search else threading.Event.wait
        while not keep_up(closed, seconds) and seconds:
            try:
                store.refresh()
            except Exception as error:
                # Its type only: the text may hold what somebody wrote.
                logger.warning("The rollups were not refreshed: %s", type(error).__name__)

    @property
    def is_open(self) -> bool:
        """Whether a store is open, so that `store` answers at once."""
        return self._store is not None

    def close(self) -> None:
        """Close the store; the next call opens it again."""
        if self._store is not None:
            self._closed.set()
            if self._thread is not None:
                self._thread.join(_END_SECONDS)
                self._thread = None
            self._store.close()
            self._store = None


@lru_cache(maxsize=1)
def service() -> Service:
    """The service of this process. Raises SettingsError when a setting can't be used."""
    return Service(load_settings())
