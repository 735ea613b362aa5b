"""The process's one open database, shared by every page and request."""

import logging
import signal
import threading
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from time import monotonic
from types import FrameType

from analytics.rollups.build import Progress
from analytics.search.index import Search
from analytics.settings import Settings, load_settings
from analytics.storage.faults import DatabaseLocked, DatabaseProblem, OtherZone
from analytics.storage.store import Store, open_database

logger = logging.getLogger(__name__)

# Closing waits this long for a refresh to end; a longer one ends by itself.
_END_SECONDS = 1.0
# The part of REFRESH_SECONDS after which an open page looks for a refresh; the rest is between two.
LOOK = 0.25
# Who can show no progress is not kept longer than this while a database is counted.
WAIT_SECONDS = 20.0
_PROGRESS_SECONDS = 0.2
# Who comes so soon after others waited in vain for a locked database is told so at once.
LOCKED_SECONDS = 1.0
# After so many intervals, and not before so many seconds, a refresh that fails is spoken of.
_FAILING_INTERVALS, _FAILING_SECONDS = 3, 30

# The process is to end: nobody waits any longer.
ENDING = threading.Event()


class DatabaseOpening(DatabaseProblem):
    """The database is being opened and counted; it answers in a while."""


@dataclass(frozen=True)
class RefreshProblem:
    """Why the rollups hold no news: since when, and what is wrong."""

    since: datetime
    reason: str


class _Opening:
    """One try to open the database, in a thread of its own: whoever comes meanwhile waits for it.

    Nobody who stops waiting, by closing a page, stops it.
    """

    def __init__(self) -> None:
        self.done: Future[Store] = Future()
        self.progress: tuple[float, str] = (0.0, "")

    def show(self, share: float, label: str) -> None:
        """Where it is, for those who wait."""
        self.progress = (share, label)


class Service:
    """Opens the database on first use, and again whenever it was gone or replaced.

    While it is open, its rollups are refreshed every `REFRESH_SECONDS` (0: only at the start), and
    its search index in between.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._store: Store | None = None
        self._lock = threading.Lock()
        self._opening: _Opening | None = None
        self._locked: tuple[float, DatabaseLocked] | None = None
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._refreshed = (monotonic(), datetime.now(UTC))
        self._failing: type[Exception] | None = None
        self._reason = ""

    def store(self, progress: Progress | None = None) -> Store:
        """The open store with its rollups built.

        Callers that come while it is opened wait: to the end where they can show the `progress`,
        else for WAIT_SECONDS at most. Raises DatabaseProblem while the database can't be read; the
        next call tries again. While another program writes for long, what was counted before is
        served.
        """
        opened = self._store
        if opened is not None and self._is_well(opened):
            return opened
        with self._lock:
            self._raise_if_locked()
            if self._opening is None:
                self._opening = opening = _Opening()
                threading.Thread(
                    target=self._open, args=(opening,), name="opening", daemon=True
                ).start()
            opening = self._opening
        return _waited(opening, progress)

    def _is_well(self, store: Store) -> bool:
        """Whether the open store can go on as it is; a locked one can."""
        try:
            store.check()
            held = store.freshness()
        except DatabaseLocked:
            return True
        except DatabaseProblem:
            return False
        # Somebody deleted the rollups, or another process built them for its own zone.
        return held is not None and held.zone == self.settings.zone.key

    def _raise_if_locked(self) -> None:
        if self._locked and monotonic() - self._locked[0] < LOCKED_SECONDS:
            raise self._locked[1].with_traceback(None)

    def _open(self, opening: _Opening) -> None:
        try:
            store = self._opened(opening.show)
        except BaseException as error:
            with self._lock:
                self._opening = None
                if isinstance(error, DatabaseLocked):
                    self._locked = (monotonic(), error)
            opening.done.set_exception(error)
        else:
            with self._lock:
                self._opening, self._locked = None, None
            opening.done.set_result(store)

    def _opened(self, progress: Progress) -> Store:
        if self._store is not None:
            try:
                self._store.check()
                held = self._store.freshness()
                if held is None or held.zone != self.settings.zone.key:
                    self._store.refresh(progress)
            except OtherZone:
                raise
            except DatabaseLocked:
                pass
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
            self._keep(store)
            return store
        return self._store

    def _keep(self, store: Store) -> None:
        self._succeeded()
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

    def _keep_fresh(self, store: Store, search: Search | None, closed: threading.Event) -> None:
        seconds = self.settings.refresh_seconds * (1 - LOOK)
        keep_up = search.keep_up if search else threading.Event.wait
        while not keep_up(closed, seconds) and seconds:
            try:
                store.refresh()
            except Exception as error:
                reason = (
                    f"{error.what}. {error.remedy}"
                    if isinstance(error, DatabaseProblem)
                    else "An unexpected fault; the server's log names it."
                )
                if type(error) is not self._failing:  # said once, not at every interval
                    # Its type only: the text may hold what somebody wrote.
                    logger.warning("The rollups were not refreshed: %s", type(error).__name__)
                self._failing, self._reason = type(error), reason
            else:
                self._succeeded()

    def _succeeded(self) -> None:
        self._refreshed = (monotonic(), datetime.now(UTC))
        self._failing, self._reason = None, ""

    @property
    def refresh_problem(self) -> RefreshProblem | None:
        """Why nothing was refreshed for several intervals; None where all is well."""
        at, since = self._refreshed
        patience = max(_FAILING_SECONDS, _FAILING_INTERVALS * self.settings.refresh_seconds)
        if self._failing is None or monotonic() - at < patience:
            return None
        return RefreshProblem(since, self._reason)

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


def _waited(opening: _Opening, progress: Progress | None) -> Store:
    """The store once it is open, with progress shown meanwhile."""
    until = monotonic() + WAIT_SECONDS
    while not wait([opening.done], _PROGRESS_SECONDS).done:
        share, label = opening.progress
        if ENDING.is_set() or (progress is None and monotonic() > until):
            raise _still_opening(share, label)
        if progress is not None and label:
            progress(share, label)
    if error := opening.done.exception():
        raise error.with_traceback(None)  # one object for all who wait: it must not grow
    return opening.done.result()


def _still_opening(share: float, label: str) -> DatabaseOpening:
    at = f": {label}" if label else ""
    return DatabaseOpening(
        f"The database is still being read for the first time ({share:.0%}{at})",
        "the database of DATABASE_URL",
        "Ask again in a moment; a large one takes minutes once, and the dashboard shows how far"
        " it is.",
    )


def end_with_signals() -> None:
    """Let SIGTERM and SIGINT end whoever waits for a database, then do what they did before.

    A server that is asked to end first waits for its requests and pages. Only the main thread can
    do so; elsewhere, as in tests, nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        return

    def wrap(number: signal.Signals) -> None:
        before = signal.getsignal(number)

        def ending(got: int, where: FrameType | None) -> None:
            ENDING.set()
            if callable(before):
                before(got, where)
            elif before == signal.SIG_DFL:
                signal.signal(got, signal.SIG_DFL)
                signal.raise_signal(got)

        signal.signal(number, ending)

    for number in (signal.SIGTERM, signal.SIGINT):
        wrap(number)


@lru_cache(maxsize=1)
def service() -> Service:
    """The service of this process. Raises SettingsError when a setting can't be used."""
    return Service(load_settings())
