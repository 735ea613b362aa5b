"""A database in trouble under open pages: what is said, how often it is asked, and how it ends."""

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import ui.page_context
import ui.startup
from analytics.service import RefreshProblem, Service
from analytics.storage import faults
from analytics.storage.faults import BUSY_SECONDS, DatabaseLocked, DatabaseProblem
from analytics.storage.locks import file_lock
from tests.browsing import ROOT, free_port
from tests.databases import Raw, a_session, a_user, write
from tests.ui.test_pages import Open, app  # noqa: F401 - fixtures too
from tests.web.test_api import Served, own  # noqa: F401 - a fixture too

AWAY = DatabaseProblem("The server is away", "db.example", "Start it.")
LOCKED = DatabaseLocked("The database is locked by another program", "here", "Wait.")
AT = "2026-03-02 10:00:00.000000"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "data.db"
    write(Raw(users=[a_user("u")], sessions=[a_session("s", "u", AT)]), path)
    return path


def all_text(page: AppTest) -> str:
    parts = [*page.subheader, *page.text, *page.caption, *page.warning]
    return "\n".join(str(part.value) for part in parts)


def test_a_page_that_fails_while_the_database_opens_is_not_drawn_at_once_again(
    app: Open,  # noqa: F811
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[int] = []

    def fails(*_: Any) -> None:
        tries.append(1)
        raise AWAY

    monkeypatch.setattr(ui.page_context, "_known", fails)
    page = app(database)
    assert "The server is away" in all_text(page)
    assert "looks again every 5 seconds" in all_text(page)
    assert not page.exception
    assert len(tries) == 1


class Looks:
    """What a fragment draws and asks for, run by hand: its own time never comes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.every: list[float | None] = []
        self.drawn: list[str] = []
        self.reruns = 0
        self.again: Callable[[], None]

        def fragment(run_every: float | None) -> Callable[[Callable[[], None]], Callable[[], None]]:
            def keep(function: Callable[[], None]) -> Callable[[], None]:
                self.every.append(run_every)
                self.again = function
                return function

            return keep

        def rerun() -> None:
            self.reruns += 1

        monkeypatch.setattr(st, "fragment", fragment)
        monkeypatch.setattr(st, "rerun", rerun)
        monkeypatch.setattr(st, "caption", self.drawn.append)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


def test_a_part_that_can_not_be_read_lets_the_page_say_so_but_not_at_once(looks: Looks) -> None:
    def fails() -> None:
        raise AWAY

    ui.startup.look_every(3, fails)
    assert (looks.every, looks.reruns) == ([3], 0)
    looks.again()
    assert looks.reruns == 1


def test_a_part_of_a_locked_database_keeps_what_is_shown(looks: Looks) -> None:
    def fails() -> None:
        raise LOCKED

    ui.startup.look_every(3, fails)
    looks.again()
    assert looks.reruns == 0
    assert looks.drawn[-1] == (
        "The database is locked by another program. What was counted before is shown."
    )


def test_a_fault_of_a_part_shows_no_words_of_its_own(
    looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    said = "se" + "cret"  # the log has the line of the code

    def fails() -> None:
        raise RuntimeError(said)

    ui.startup.look_every(3, fails)
    assert "RuntimeError" in looks.drawn[0]
    assert said not in looks.drawn[0] + caplog.text
    assert looks.reruns == 0


def test_a_problem_page_looks_again_when_its_time_comes(
    looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Opened:
        calls = 0

        def store(self) -> None:
            self.calls += 1
            if self.calls == 1:
                raise AWAY

    opened = Opened()
    monkeypatch.setattr(ui.startup, "service", lambda: opened)
    ui.startup._look_again()
    assert (opened.calls, looks.reruns) == (0, 0)
    looks.again()
    assert (opened.calls, looks.reruns) == (1, 0)
    looks.again()
    assert (opened.calls, looks.reruns) == (2, 1)


def test_refreshes_that_fail_are_said_beside_the_freshness(
    app: Open,  # noqa: F811
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    since = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    problem = RefreshProblem(since, "The disk is full. Free some *space*.")
    monkeypatch.setattr(Service, "refresh_problem", property(lambda _: problem))
    page = app(database)
    assert [warning.value for warning in page.warning] == [
        "Not refreshed since 3 Mar 2026, 09:30: The disk is full\\. Free some \\*space\\*\\."
    ]


def test_nothing_else_looks_by_itself() -> None:
    sources = [*ROOT.glob("ui/*.py"), *ROOT.glob("pages/*.py")]
    found = [source.name for source in sources if "st.fragment" in source.read_text("utf-8")]
    assert found == ["startup.py"]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program writes, and lets nobody read meanwhile."""
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        yield


@pytest.mark.slow
def test_a_lock_keeps_nobody_waiting_behind_others(
    own: Served,  # noqa: F811
) -> None:
    """What was counted is answered meanwhile; who asks for raw rows waits once, all together."""
    asked, patience = 40, BUSY_SECONDS
    own.json("/api/metrics")
    with locked(own.path), ThreadPoolExecutor(asked) as clients:
        began = time.monotonic()
        listed = [clients.submit(own.get, "/api/activities") for _ in range(asked)]
        counted = [clients.submit(own.get, "/api/metrics") for _ in range(asked)]
        assert {answer.result().status_code for answer in counted} == {200}
        said = {(answer.result().status_code, answer.result().text) for answer in listed}
        took = time.monotonic() - began
    ((status, text),) = said
    assert (status, "The database is locked by another program" in text) == (503, True)
    assert took < asked * patience / 2  # one after the other, they would take twice as long
    assert own.get("/api/activities").status_code == 200


def test_the_overview_stays_while_raw_rows_are_locked(
    app: Open,  # noqa: F811
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = app(database)
    figures = [metric.value for metric in page.metric]
    monkeypatch.setattr(faults, "BUSY_SECONDS", 0.05)
    with locked(database):
        page = app(database)
    assert [metric.value for metric in page.metric] == figures
    assert "locked by another program" in all_text(page)
    assert not page.exception


@pytest.mark.slow
def test_sigterm_ends_a_process_that_waits_for_a_database(tmp_path: Path, database: Path) -> None:
    """Another process counts it, for ever; a request and a page wait for that."""
    port = free_port()
    environment = {
        "PATH": "/usr/bin:/bin", "PORT": str(port), "HOST": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{database}", "HOME": str(tmp_path),
    }  # fmt: skip
    address = f"http://127.0.0.1:{port}"

    def get(path: str) -> None:
        with suppress(httpx.TransportError):
            httpx.get(f"{address}{path}", timeout=60)

    with file_lock(database.with_name("data.rollup.db")) as held:
        assert held
        with subprocess.Popen(
            [sys.executable, str(ROOT / "dashboard_app.py")],
            cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            try:
                late = time.monotonic() + 60
                while True:
                    assert time.monotonic() < late
                    with suppress(httpx.TransportError):
                        httpx.get(f"{address}/_stcore/health", timeout=5)
                        break
                    time.sleep(0.1)
                waiting = threading.Thread(target=get, args=("/api/metrics",), daemon=True)
                waiting.start()
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) is not None
                waiting.join(60)
                assert not waiting.is_alive()
            finally:
                process.kill()
