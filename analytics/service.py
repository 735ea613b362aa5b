"""The process's one open database, shared by every page and request."""

import threading
from functools import lru_cache

from analytics.database import DatabaseProblem, Store, open_database
from analytics.rollups.build import Progress
from analytics.settings import Settings, load_settings


def _silent(share: float, label: str) -> None:
    """Progress that nobody watches."""


class Service:
    """Opens the database on first use, and again whenever it was gone or replaced."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._store: Store | None = None
        self._opening = threading.Lock()

    def store(self, progress: Progress = _silent) -> Store:
        """The open store with its rollups built; callers that come meanwhile wait.

        Raises DatabaseProblem while the database can't be read; the next call tries again.
        """
        with self._opening:
            if self._store is not None:
                try:
                    self._store.check()
                    held = self._store.freshness()
                    # Somebody deleted the rollups, or another process built them for its own zone.
                    if held is None or held.zone != self.settings.zone.key:
                        self._store.refresh(progress)
                except DatabaseProblem:
                    self.close()
            if self._store is None:
                store = open_database(self.settings)
                try:
                    store.refresh(progress)
                except BaseException:
                    store.close()
                    raise
                self._store = store
            return self._store

    @property
    def is_open(self) -> bool:
        """Whether a store is open, so that `store` answers at once."""
        return self._store is not None

    def close(self) -> None:
        """Close the store; the next call opens it again."""
        if self._store is not None:
            self._store.close()
            self._store = None


@lru_cache(maxsize=1)
def service() -> Service:
    """The service of this process. Raises SettingsError when a setting can't be used."""
    return Service(load_settings())
