"""The process: where it listens, and what it says about it."""

import errno
import ipaddress
import logging
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.web.server.starlette.starlette_app import create_streamlit_middleware

import dashboard_app
from analytics.settings import load_settings
from analytics.web import descriptors
from ui import shell

CONFIG = Path(__file__).parent.parent / ".streamlit" / "config.toml"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, new_process: None) -> list[dict[str, Any]]:
    """The configurations that the app was run with."""
    runs: list[dict[str, Any]] = []

    def run(config: dict[str, Any]) -> None:
        runs.append(config)

    monkeypatch.setattr(dashboard_app.app, "run", run)
    return runs


def test_it_listens_on_this_machine_only(
    served: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    dashboard_app.main()
    assert served == [{"server.address": "localhost", "server.port": 8501}]
    assert "Nobody is asked" not in capsys.readouterr().err


@pytest.mark.parametrize("anonymous", ["", "true"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "reports.example"])  # noqa: S104
def test_another_host_says_that_nobody_is_asked_who_they_are(
    host: str,
    anonymous: str,
    served: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("PORT", "8600")
    monkeypatch.setenv("ALLOW_ANONYMOUS", anonymous)
    load_settings.cache_clear()
    dashboard_app.main()
    assert served == [{"server.address": host, "server.port": 8600}]
    said = capsys.readouterr().err
    assert f"HOST = {host}" in said
    assert "Nobody is asked who they are" in said
    assert ("refused (403)" in said) is not bool(anonymous)


def test_a_proxy_of_another_name_needs_everybodys_leave(
    served: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "reports.example,localhost")
    load_settings.cache_clear()
    with pytest.raises(SystemExit, match=r"ALLOWED_HOSTS: reports\.example names another machine"):
        dashboard_app.main()
    assert not served
    monkeypatch.setenv("ALLOW_ANONYMOUS", "true")
    load_settings.cache_clear()
    dashboard_app.main()
    assert served
    assert "whoever reaches the dashboard can open it" in capsys.readouterr().err


def test_a_bad_setting_ends_with_a_sentence(
    served: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "http")
    load_settings.cache_clear()
    with pytest.raises(SystemExit, match="PORT: 'http' is no port"):
        dashboard_app.main()
    assert not served


def test_streamlit_run_is_as_private() -> None:
    config = tomllib.loads(CONFIG.read_text())
    assert config["server"]["address"] == "localhost"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["logger"]["hideWelcomeMessage"] is True  # it would ask for addresses outside
    assert config["client"]["showErrorDetails"] == "none"
    assert config["client"]["disableDataExport"] is True  # formulas would be left as they are


def test_the_dashboard_compresses_for_who_wants_it() -> None:
    text = Route("/text", lambda _: PlainTextResponse("long " * 500))
    layers = [*dashboard_app.app._user_middleware, *create_streamlit_middleware()]
    client = TestClient(Starlette(routes=[text], middleware=layers))
    for accepted, encoding in (
        ("gzip", "gzip"), ("gzip;q=0.1", "gzip"), ("gzip;q=0", None), ("identity", None),
    ):  # fmt: skip
        answer = client.get("/text", headers={"accept-encoding": accepted})
        assert answer.headers.get("content-encoding") == encoding
        assert answer.text == "long " * 500


RECORDER = """
import os, sys

def heard(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        target = arguments[0] if event.startswith("socket.get") else arguments[1]
        with open(os.environ["ASKED"], "a") as file:
            print(event, target[0] if isinstance(target, tuple) else target, file=file)

sys.addaudithook(heard)
heard("socket.getaddrinfo", ["localhost"])
"""
STARTS = {
    "python": ["dashboard_app.py"],
    "streamlit": ["-m", "streamlit", "run", "dashboard_app.py"],
    "uvicorn": ["-m", "uvicorn", "dashboard_app:app"],
}


@contextmanager
def started(start: str, folder: Path, limit: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """A dashboard on every address: its port, and what it has said when the block is over."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    everywhere = "0.0.0.0"  # noqa: S104
    more = {
        "python": [],
        "streamlit": ["--server.address", everywhere, "--server.port", str(port)],
        "uvicorn": ["--host", everywhere, "--port", str(port)],
    }
    environment = os.environ | {
        "PYTHONPATH": str(folder), "ASKED": str(folder / "asked"), "PYTHONUNBUFFERED": "1",
        "HOST": everywhere, "PORT": str(port), "DATABASE_URL": f"sqlite:///{folder / 'none.db'}",
    }  # fmt: skip
    command = [sys.executable, *STARTS[start], *more[start]]
    if limit:
        command = ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh", *command]
    said: list[str] = []
    with subprocess.Popen(
        command, cwd=CONFIG.parents[1], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        try:
            for line in process.stdout:
                said.append(line)
                if re.search("(AI Twin Analytics|Uvicorn running) on http://0", line):
                    break
            yield port, said
        finally:
            process.terminate()
            said += process.stdout


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS)
def test_nothing_ever_asks_outside(start: str, tmp_path: Path) -> None:
    """Neither the start on every address nor a websocket of a foreign page."""
    (tmp_path / "sitecustomize.py").write_text(RECORDER)
    with started(start, tmp_path) as (port, said):
        opened, status = _websocket(port, "https://elsewhere.example")
        opened.close()
    assert status == 403
    assert "Traceback" not in "".join(said)
    asked = (tmp_path / "asked").read_text().splitlines()
    targets = [line.split(maxsplit=1)[1] for line in asked]
    assert "localhost" in targets  # the recorder is at work
    for target in targets:
        assert _is_here(target), target


def _websocket(port: int, origin: str) -> tuple[socket.socket, int]:
    """A page's websocket, and the status of the answer to it."""
    request = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Sec-WebSocket-Version: 13\r\nOrigin: {origin}\r\n\r\n"
    )
    while True:
        try:
            opened = socket.create_connection(("127.0.0.1", port), timeout=60)
        except ConnectionRefusedError:
            continue
        opened.sendall(request.encode())
        return opened, int(opened.recv(100).split()[1])


@pytest.mark.slow
def test_more_visitors_than_descriptors_are_told_so(tmp_path: Path) -> None:
    with started("python", tmp_path, limit=100) as (port, said), ExitStack() as open_pages:
        answers = []
        for _ in range(60):
            opened, status = _websocket(port, f"http://127.0.0.1:{port}")
            open_pages.enter_context(closing(opened))
            answers.append(status)
        assert set(answers) == {101, 503}
        assert answers == sorted(answers)
    assert "Traceback" not in "".join(said)


def test_a_page_is_refused_before_descriptors_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    text = Route("/text", lambda _: PlainTextResponse("here"))
    client = TestClient(Starlette(routes=[text], middleware=dashboard_app.app._user_middleware))
    page = {"accept": "text/html,*/*"}
    assert client.get("/text", headers=page).text == "here"
    monkeypatch.setattr(descriptors.resource, "getrlimit", lambda _: (4, 4))
    refused = client.get("/text", headers=page)
    assert (refused.status_code, "Close some" in refused.text) == (503, True)
    assert refused.headers["retry-after"]
    assert client.get("/text").text == "here"  # what open pages and programs ask for


def test_as_many_descriptors_as_there_are_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Any] = []
    monkeypatch.setattr(descriptors.resource, "getrlimit", lambda _: (256, 4_096))
    monkeypatch.setattr(descriptors.resource, "setrlimit", lambda _, limits: taken.append(limits))
    descriptors.prepare()
    assert taken == [(4_096, 4_096)]


@pytest.mark.parametrize("name", ["asyncio", "uvicorn.error"])
def test_a_lack_of_descriptors_is_logged_once_a_while(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    descriptors.prepare()
    logger = logging.getLogger(name)
    logger.filters[-1]._next = 0.0  # type: ignore[union-attr]
    for error in [OSError(errno.EMFILE, "Too many open files")] * 100 + [OSError(errno.EIO, "io")]:
        logger.error("socket.accept() out of system resource", exc_info=error)
    lack, other = caplog.records
    assert "ulimit -n" in lack.getMessage()
    assert lack.exc_info is None
    assert other.exc_info


def _is_here(host: str) -> bool:
    if host in ("None", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.startswith("/")  # a Unix socket
    return address.is_loopback or address.is_unspecified


def test_the_first_html_fetches_what_every_page_draws_with() -> None:
    html = shell._html()
    for module in ("ArrowVegaLiteChart", "embed", "Metric", "Multiselect"):
        assert re.search(rf'rel="modulepreload" crossorigin href="\./static/js/{module}\.', html)
    for path in re.findall(r'href="\./(static/js/[^"]+)"', html):
        assert (Path(streamlit.__file__).parent / "static" / path).is_file()
    assert "<title>AI Twin Analytics</title>" in html


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("", ""),
        ("preset=Today", ""),
        ("dates=2026-03-01&dates=2026-03-02&preset=Today", "dates=2026-03-01&dates=2026-03-02"),
        (
            "start_date=2026-03-01&end_date=2026-03-02&in_organization=A&organization=B&dates=x"
            "&preset=Today&compare=year&restore=true&hour=3",
            "dates=2026-03-01&dates=2026-03-02&organization=A&hour=3",
        ),
        (
            "start_date=2026-03-01&end_date=2026-03-02&in_preset=Today&in_compare=year",
            "preset=Today&compare=52+weeks+earlier",
        ),
        ("in_organization=A&dates=2026-03-01", "organization=A&dates=2026-03-01"),
        ("start_date=2026-02-30&end_date=x", "dates=2026-02-30&dates=x"),
        ("sort=name&order=desc", "sort=Name&order=Most+or+latest+first"),
        ("sort=foo", ""),
    ],
)
def test_a_link_of_its_own_question_becomes_the_frames(asked: str, shown: str) -> None:
    client = TestClient(Starlette(routes=shell.ROUTES), follow_redirects=False)
    answer = client.get(f"/people?{asked}")
    assert answer.status_code == (307 if shown else 200)
    assert answer.headers.get("location", "") == (f"/people?{shown}" if shown else "")
