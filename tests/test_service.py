"""The one open database of the process: opened once, and again when it must be."""

import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

import analytics.service
from analytics.period import Period
from analytics.query import Query
from analytics.reading.figures import totals
from analytics.reading.reader import reading
from analytics.rollups.build import Progress, silent
from analytics.search.index import Search
from analytics.service import DatabaseOpening, Service, end_with_signals, service
from analytics.settings import Settings, SettingsError
from analytics.storage import faults
from analytics.storage.faults import DatabaseLocked, DatabaseMissing, DatabaseProblem, OtherZone
from analytics.storage.store import Store, open_database
from tests.conftest import settings_for
from tests.databases import Raw, a_session, a_user, write

MARCH = Query(Period(date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)))


def talks(count: int) -> Raw:
    """A person with so many conversations in March."""
    sessions = [a_session(f"s{n}", "ann", "2026-03-10 09:00:00") for n in range(count)]
    return Raw(users=[a_user("ann")], sessions=sessions)


def conversations(store: Store) -> int:
    with reading(store) as reader:
        return totals(reader, MARCH).conversations


def until(holds: Callable[[], bool]) -> None:
    """Wait for a state; a minute is too long."""
    late = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < late
        time.sleep(0.01)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


def test_the_search_is_made_before_anybody_gets_the_store(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It listens to connections: a session that began meanwhile would fail."""
    made: list[bool] = []
    opened = Service(settings_for(path))

    class Noted(Search):
        def __init__(self, store: Store) -> None:
            made.append(opened._opening is not None and not opened._opening.done.done())
            super().__init__(store)

    monkeypatch.setattr(analytics.service, "Search", Noted)
    write(talks(1), path)
    opened.store()
    opened.close()
    assert made == [True]


def test_it_opens_on_first_use_and_stays_open(path: Path) -> None:
    write(talks(2), path)
    opened = Service(settings_for(path))
    assert not opened.is_open
    store = opened.store()
    assert opened.is_open
    assert opened.store() is store
    assert conversations(store) == 2
    opened.close()
    assert not opened.is_open
    opened.close()


def test_it_recovers_when_the_missing_file_appears(path: Path) -> None:
    waiting = Service(settings_for(path))
    for _ in range(2):
        with pytest.raises(DatabaseMissing, match="There is no database file here"):
            waiting.store()
        assert not waiting.is_open
    write(talks(1), path)
    assert conversations(waiting.store()) == 1
    waiting.close()


def test_it_notices_a_file_that_is_gone_and_one_that_came_in_its_place(path: Path) -> None:
    write(talks(1), path)
    opened = Service(settings_for(path))
    first = opened.store()
    path.unlink()
    with pytest.raises(DatabaseMissing):
        opened.store()
    assert not opened.is_open
    write(talks(2), path)
    second = opened.store()
    assert second is not first
    assert conversations(second) == 2
    write(talks(3), path.with_name("new.db"))
    path.with_name("new.db").replace(path)
    assert conversations(opened.store()) == 3
    opened.close()


def held_up(monkeypatch: pytest.MonkeyPatch, go_on: threading.Event) -> None:
    """Every opening says that it is half done, and waits."""

    def opening(settings: Settings) -> Store:
        store = open_database(settings)
        refresh = store.refresh

        def slow(progress: Progress = silent) -> None:
            progress(0.5, "Counting")
            assert go_on.wait(60)
            refresh(progress)

        monkeypatch.setattr(store, "refresh", slow)
        return store

    monkeypatch.setattr(analytics.service, "open_database", opening)


def test_a_failing_build_is_tried_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(talks(1), path)
    opened = Service(settings_for(path))

    def fail(*_: object) -> None:
        raise RuntimeError("a fault")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "refresh", fail)
        with pytest.raises(RuntimeError, match="a fault"):
            opened.store()
    assert not opened.is_open
    assert conversations(opened.store()) == 1
    opened.close()


def test_whoever_waits_sees_how_far_it_is_and_may_go(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(talks(1), path)
    opened, go_on = Service(settings_for(path)), threading.Event()
    held_up(monkeypatch, go_on)
    seen: list[tuple[float, str]] = []

    def gone(share: float, label: str) -> None:
        raise RuntimeError("the reader has gone")

    def here(share: float, label: str) -> None:
        seen.append((share, label))
        go_on.set()

    with pytest.raises(RuntimeError, match="the reader has gone"):
        opened.store(gone)
    assert conversations(opened.store(here)) == 1
    assert seen[0] == (0.5, "Counting")
    opened.close()


def test_who_can_show_nothing_waits_no_longer_than_promised(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(talks(1), path)
    opened, go_on = Service(settings_for(path)), threading.Event()
    held_up(monkeypatch, go_on)
    monkeypatch.setattr(analytics.service, "WAIT_SECONDS", 0)
    with pytest.raises(DatabaseOpening, match=r"still being read for the first time \((0|50)%"):
        opened.store()
    monkeypatch.undo()
    go_on.set()
    assert conversations(opened.store()) == 1
    opened.close()


def test_nobody_waits_when_the_process_ends(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(talks(1), path)
    opened, go_on, ending = Service(settings_for(path)), threading.Event(), threading.Event()
    held_up(monkeypatch, go_on)
    monkeypatch.setattr(analytics.service, "ENDING", ending)

    def asked_to_end(share: float, label: str) -> None:
        ending.set()

    with pytest.raises(DatabaseOpening):
        opened.store(asked_to_end)
    go_on.set()
    opened.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_waiting_and_does_what_it_did(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[int] = []
    monkeypatch.setattr(analytics.service, "ENDING", threading.Event())
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        signal.signal(number, lambda received, _: got.append(received))
        end_with_signals()
        signal.raise_signal(number)
        assert analytics.service.ENDING.is_set()
        assert got == [number]
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def test_many_callers_of_a_locked_database_wait_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def locked(_: Settings) -> Store:
        tries.append(1)
        raise DatabaseLocked("It is locked", "here", "Wait.")

    monkeypatch.setattr(analytics.service, "open_database", locked)
    monkeypatch.setattr(analytics.service, "LOCKED_SECONDS", 3_600)
    opened = Service(settings_for(path))
    for _ in range(60):
        with pytest.raises(DatabaseLocked):
            opened.store()
    assert tries == [1]
    monkeypatch.setattr(analytics.service, "LOCKED_SECONDS", 0)
    with pytest.raises(DatabaseLocked):
        opened.store()
    assert tries == [1, 1]


def test_an_open_database_that_is_locked_is_served_without_a_queue(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(talks(2), path)
    opened = Service(settings_for(path))
    store = opened.store()

    def locked(_: Store) -> None:
        raise DatabaseLocked("It is locked", "here", "Wait.")

    monkeypatch.setattr(type(store), "freshness", locked)
    with opened._lock:  # nobody asks for it
        assert opened.store() is store
    opened.close()


def test_refreshes_that_fail_for_long_are_spoken_of_until_one_succeeds(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write(talks(1), path)
    opened = Service(settings_for(path).model_copy(update={"refresh_seconds": 0.01}))
    monkeypatch.setattr(analytics.service, "_FAILING_SECONDS", 0)
    failed, mended = threading.Semaphore(0), threading.Event()
    refresh = type(opened.store()).refresh

    def failing(store: Store, progress: Progress = silent) -> None:
        if mended.is_set():
            refresh(store, progress)
        else:
            failed.release()
            raise DatabaseProblem("The server is away", "here", "Start it.")

    monkeypatch.setattr(type(opened.store()), "refresh", failing)
    for _ in range(10):
        assert failed.acquire(timeout=60)
    until(lambda: opened.refresh_problem is not None)
    assert opened.refresh_problem is not None
    assert opened.refresh_problem.reason == "The server is away. Start it."
    assert len([line for line in caplog.messages if "not refreshed" in line]) == 1
    mended.set()
    until(lambda: opened.refresh_problem is None)
    opened.close()


def test_callers_at_the_same_time_open_it_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(talks(1), path)
    times: list[float] = []

    def opening(settings: Settings) -> Store:
        times.append(time.monotonic())
        time.sleep(0.05)
        return open_database(settings)

    monkeypatch.setattr(analytics.service, "open_database", opening)
    opened, together = Service(settings_for(path)), threading.Barrier(6)

    def call(_: int) -> Store:
        together.wait()
        return opened.store()

    with ThreadPoolExecutor(6) as callers:
        stores = set(callers.map(call, range(6)))
    assert len(stores) == len(times) == 1
    opened.close()


@pytest.mark.usefixtures("new_process")
def test_the_process_has_one_service_for_the_settings_in_force(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTING_TIMEZONE", "Mars")
    with pytest.raises(SettingsError):
        service()
    monkeypatch.setenv("REPORTING_TIMEZONE", "UTC")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    assert service() is service()
    with pytest.raises(DatabaseProblem, match=f"{path}"):
        service().store()
    write(talks(4), path)
    assert conversations(service().store()) == 4


def test_rollups_deleted_beside_the_open_database_are_made_again(path: Path) -> None:
    write(talks(2), path)
    opened = Service(settings_for(path))
    assert conversations(opened.store()) == 2
    path.with_name("data.rollup.db").unlink()
    assert conversations(opened.store()) == 2
    opened.close()


def test_it_serves_what_was_counted_while_another_program_writes_for_long(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "BUSY_SECONDS", 0.02)
    monkeypatch.setattr(analytics.service, "LOCKED_SECONDS", 0)
    write(talks(2), path)
    first = Service(settings_for(path))
    first.store()
    first.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("DELETE FROM sessions WHERE id = 's1'")
        writer.execute("BEGIN IMMEDIATE")  # nothing can be deleted from the change log
        again = Service(settings_for(path))
        assert conversations(again.store()) == 1
        again.close()
        path.with_name("data.rollup.db").unlink()
        with pytest.raises(DatabaseLocked):
            again.store()  # nothing was counted
    assert conversations(again.store()) == 1
    again.close()


def two_zones(settings_in: Callable[[str], Settings]) -> None:
    """Two dashboards of one database that are set to different zones, which one then changes."""

    def settled(service: Service) -> str:
        held = service.store().freshness()
        assert held
        return held.zone + held.version

    utc, berlin = (Service(settings_in(zone)) for zone in ("UTC", "Europe/Berlin"))
    assert settled(utc).startswith("UTC")
    counted = settled(berlin)  # an intended change of zone is one: it counts anew
    assert counted.startswith("Europe/Berlin")
    said = "counts this database in Europe/Berlin, this one is set to UTC.*same REPORTING_TIMEZONE"
    for _ in range(2):
        with pytest.raises(OtherZone, match=said):
            utc.store()
        assert settled(berlin) == counted
    utc.close()
    berlin.close()
    utc, berlin = (Service(settings_in(zone)) for zone in ("UTC", "Europe/Berlin"))
    assert settled(utc).startswith("UTC")
    utc.close()
    assert settled(berlin).startswith("Europe/Berlin")
    berlin.close()


def test_two_time_zones_do_not_count_against_each_other(path: Path) -> None:
    write(talks(1), path)
    two_zones(lambda zone: settings_for(path, zone))
