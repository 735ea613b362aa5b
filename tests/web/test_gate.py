"""Who is answered, by which name, from which page, and what every answer carries."""

import asyncio
import base64
import hashlib
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import httpx2 as httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.web.server.starlette import starlette_app
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from analytics.settings import Settings, load_settings
from analytics.web.access_log import ACCESS
from analytics.web.api import create_app
from analytics.web.content_policy import policy
from analytics.web.gate import Gate, foreign_names
from tests.browsing import CHROMIUM, PAGES, ROOT, chromium, free_port, server, settled
from tests.databases import Raw, a_message, a_session, a_twin, a_user, write
from ui import shell
from ui.charts import SHOW

Headers = list[tuple[str, str]]
HERE = ("127.0.0.1", 50_000)
SECRET = " ".join(["what", "was", "said"])


async def _page(_: Request) -> Response:
    return PlainTextResponse(SECRET)


async def _socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(SECRET)
    await websocket.close()


async def _fault(_: Request) -> Response:
    raise RuntimeError(SECRET)


def gated(**more: Any) -> Starlette:
    """Something behind a gate that answers every path, as Streamlit does."""
    return Starlette(
        routes=[
            Route("/fault", _fault),
            WebSocketRoute("/_stcore/stream", _socket),
            Route("/{path:path}", _page, methods=["GET", "POST"]),
        ],
        middleware=[Middleware(Gate, **more)],
    )


@pytest.fixture
def settings_are(monkeypatch: pytest.MonkeyPatch, new_process: Path) -> Callable[..., None]:
    """Sets the environment of a process."""

    def are(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()

    are()
    return are


def asked(  # noqa: PLR0913 - what a server hands on
    path: str = "/",
    headers: Headers | None = None,
    *,
    client: Any = HERE,
    server: Any = ("127.0.0.1", 8501),
    kind: str = "http",
    app: Any = None,
) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of the answer to a request as a server would hand it on."""
    given = [("host", "localhost:8501")] if headers is None else headers
    sent: list[Any] = []
    scope = {
        "type": kind, "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
        "scheme": "http" if kind == "http" else "ws", "subprotocols": [],
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in given],
        "client": client, "server": server, "extensions": {"websocket.http.response": {}},
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request" if kind == "http" else "websocket.connect", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run((app or gated())(scope, receive, send))
    start = sent[0]
    if start["type"] == "websocket.accept":
        return 101, sent[1]["text"], {}
    if start["type"] == "websocket.close":
        return 403, "", {}
    body = b"".join(message.get("body", b"") for message in sent[1:]).decode()
    return start["status"], body, {n.decode(): v.decode() for n, v in start["headers"]}


def status(*arguments: Any, **more: Any) -> int:
    return asked(*arguments, **more)[0]


def host(*names: str) -> Headers:
    return [("host", name) for name in names]


# --- by which name ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "localhost", "localhost:8501", "LocalHost:1", "localhost.:8501", "app.localhost:8501",
        "127.0.0.1", "127.0.0.1:8501", "127.8.9.1:80", "[::1]", "[::1]:8501",
        "[0:0:0:0:0:0:0:1]:8501", "[::ffff:127.0.0.1]:8501", "localhost:",
    ],
)  # fmt: skip
def test_this_machines_names_and_addresses_are_answered_on_any_port(
    name: str, settings_are: Callable[..., None]
) -> None:
    assert status(headers=host(name)) == 200


@pytest.mark.parametrize(
    "name",
    [
        "evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.evil.example",
        "evillocalhost", "192.0.2.7", "[2001:db8::1]:8501", "0.0.0.0:8501", "2130706433", "127.1",
    ],
)  # fmt: skip
def test_a_page_whose_name_is_led_here_reads_nothing(
    name: str, settings_are: Callable[..., None]
) -> None:
    for path in ("/", "/people", "/api/people", "/download/activities.csv", "/static/js/a.js"):
        code, text, headers = asked(path, host(name))
        assert (code, SECRET in text) == (403, False)
        assert "ALLOWED_HOSTS=" in text
        assert "ALLOW_ANONYMOUS=true" in text
        assert headers["x-content-type-options"] == "nosniff"
        is_json = headers["content-type"] == "application/json"
        assert is_json is path.startswith("/api")
        assert not is_json or list(json.loads(text)) == ["detail"]
    origin = ("origin", f"http://{name}")
    assert status("/_stcore/stream", [*host(name), origin], kind="websocket") == 403


@pytest.mark.parametrize(
    "headers",
    [
        [], host(""), host("localhost", "localhost"), host("localhost", "evil.example"),
        host("a@localhost"), host("localhost/"), host("localhost:80:80"), host("localhost evil"),
        host("localhost:x"), host("[::1"), host("::1"), host("localhost,evil.example"),
        host("loc\xe4lhost"), host("localhost\t"),
    ],
)  # fmt: skip
def test_a_host_header_that_is_none_is_refused(
    headers: Headers, settings_are: Callable[..., None]
) -> None:
    code, text, _ = asked(headers=headers)
    assert (code, "The Host header" in text) == (400, True)


def test_probes_of_health_ask_by_any_name(settings_are: Callable[..., None]) -> None:
    for path in ("/health", "/_stcore/health"):
        for name in ("10.0.0.7:8501", "evil.example"):
            assert status(path, host(name)) == 200
        assert status(path, []) == 200
        assert status(path, host("evil.example"), kind="websocket") == 403
        assert status(f"{path}/x", host("evil.example")) == 403
    # But nobody else's machine is told how it is.
    assert status("/health", client=("192.0.2.7", 1)) == 403


def test_the_settings_name_more(settings_are: Callable[..., None]) -> None:
    settings_are(HOST="box.example")
    assert status(headers=host("box.example:8501")) == 200
    settings_are(ALLOWED_HOSTS="Reports.example, 192.0.2.9", ALLOW_ANONYMOUS="true")
    for name in ("reports.example", "REPORTS.example.:443", "192.0.2.9:80", "box.example"):
        assert status(headers=host(name)) == 200
    code, text, _ = asked(headers=host("other.example"))
    assert code == 403
    assert "ALLOWED_HOSTS=other.example, and" in text


def test_the_address_that_a_connection_came_to_is_a_name_of_it(
    settings_are: Callable[..., None],
) -> None:
    settings_are(HOST="0.0.0.0", ALLOW_ANONYMOUS="true")  # noqa: S104
    network = {"server": ("192.0.2.7", 8501), "client": ("192.0.2.8", 1)}
    assert status(headers=host("192.0.2.7:8501"), **network) == 200
    assert status(headers=host("192.0.2.9:8501"), **network) == 403
    network["server"] = ("::ffff:192.0.2.7", 8501)
    assert status(headers=host("192.0.2.7:8501"), **network) == 200


# --- from which page --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "origin", "is_own"),
    [
        ("localhost:8501", "http://localhost:8501", True),
        ("127.0.0.1:8501", "http://127.0.0.1:8501", True),
        ("[::1]:8501", "http://[::1]:8501", True),
        ("app.localhost:8501", "http://app.localhost:8501", True),
        ("localhost", "http://localhost", True),
        ("localhost:80", "http://localhost", True),
        ("localhost", "https://localhost", True),
        ("localhost:8501", "https://localhost:8501", True),
        ("localhost:8501", "http://localhost:3000", False),
        ("localhost:8501", "http://127.0.0.1:8501", False),
        ("localhost:8501", "http://localhost", False),
        ("localhost:8501", "http://app.localhost:8501", False),
        ("localhost:8501", "http://evil.example", False),
        ("localhost:8501", "http://evil.example:8501", False),
        ("localhost:8501", "null", False),
        ("localhost:8501", "", False),
        ("localhost:8501", "ftp://localhost:8501", False),
        ("localhost:8501", "file://", False),
        ("localhost:8501", "localhost:8501", False),
        ("localhost:8501", "http://localhost:8501/", False),
        ("localhost:8501", "http://localhost:8501@evil.example", False),
        ("localhost:8501", "chrome-extension://localhost:8501", False),
    ],
)  # fmt: skip
def test_only_the_dashboards_own_pages_open_a_websocket(
    name: str, origin: str, is_own: bool, settings_are: Callable[..., None]
) -> None:
    headers = [*host(name), ("origin", origin)]
    code, text, _ = asked("/_stcore/stream", headers, kind="websocket")
    assert (code, SECRET in text) == ((101, True) if is_own else (403, False))


def test_a_websocket_says_its_page_once(settings_are: Callable[..., None]) -> None:
    own = [*host("localhost"), ("origin", "http://localhost")]
    assert status("/_stcore/stream", host("localhost"), kind="websocket") == 403
    twice = [*own, ("origin", "http://evil.example")]
    assert status("/_stcore/stream", twice, kind="websocket") == 403
    assert status("/elsewhere", own, kind="websocket") == 403
    client = TestClient(gated())
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
        pass


def test_behind_a_proxy_the_page_is_of_an_allowed_host(settings_are: Callable[..., None]) -> None:
    settings_are(ALLOWED_HOSTS="reports.example", ALLOW_ANONYMOUS="true")
    for name, origin, code in (
        ("reports.example", "https://reports.example", 101),
        ("reports.example:8443", "https://reports.example:8443", 101),
        ("127.0.0.1:8501", "https://reports.example", 101),  # the proxy asks by another name
        ("reports.example", "https://reports.example:3000", 403),
        ("reports.example", "https://other.example", 403),
        ("127.0.0.1:8501", "http://localhost:3000", 403),
    ):
        headers = [*host(name), ("origin", origin)]
        assert (name, origin, status("/_stcore/stream", headers, kind="websocket")) == (
            name, origin, code
        )  # fmt: skip


# --- from which machine -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "server", "is_here"),
    [
        (HERE, ("127.0.0.1", 8501), True),
        (("127.4.5.6", 1), ("127.0.0.1", 8501), True),
        (("::1", 1, 0, 0), ("::1", 8501), True),
        (("::ffff:127.0.0.1", 1), ("::ffff:127.0.0.1", 8501), True),
        (None, ("/run/dashboard.sock", None), True),
        (None, None, True),
        (("testclient", 50_000), ("testserver", 80), True),
        (("192.0.2.7", 1), ("127.0.0.1", 8501), False),
        (HERE, ("192.0.2.7", 8501), False),
        (("192.0.2.7", 1), ("192.0.2.7", 8501), False),
        (("::ffff:192.0.2.7", 1), ("::ffff:127.0.0.1", 8501), False),
        (("fe80::1%eth0", 1), ("::1", 8501), False),
        (("0.0.0.0", 1), ("127.0.0.1", 8501), False),  # noqa: S104
        (("192.0.2.7", 1), None, False),
        (None, ("127.0.0.1", 8501), False),
    ],
)
def test_only_this_machine_is_answered_until_everybody_is(
    client: Any, server: Any, is_here: bool, settings_are: Callable[..., None]
) -> None:
    at = {"client": client, "server": server}
    own = [*host("localhost"), ("origin", "http://localhost")]
    for path in ("/", "/api/people", "/static/a.js"):
        code, text, _ = asked(path, **at)
        assert (code, SECRET in text) == ((200, True) if is_here else (403, False))
        assert is_here or "set ALLOW_ANONYMOUS=true" in text
    assert status("/_stcore/stream", own, kind="websocket", **at) == (101 if is_here else 403)
    settings_are(ALLOW_ANONYMOUS="true")
    assert status(**at) == 200


@pytest.mark.parametrize(
    "name",
    ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via", "x-real-ip"],
)
def test_what_a_proxy_forwards_is_not_of_this_machine(
    name: str, settings_are: Callable[..., None]
) -> None:
    for value in ("192.0.2.7", "127.0.0.1", ""):
        code, text, _ = asked(headers=[*host("localhost"), (name, value)])
        assert (code, "through a proxy" in text) == (403, True)
    settings_are(ALLOW_ANONYMOUS="true")
    assert status(headers=[*host("localhost"), (name, "192.0.2.7")]) == 200


def test_a_setting_that_is_wrong_opens_nothing(settings_are: Callable[..., None]) -> None:
    settings_are(ALLOW_ANONYMOUS="true", ALLOWED_HOSTS="a.example", PORT="high")
    assert status(headers=host("a.example")) == 403
    assert status(client=("192.0.2.7", 1)) == 403
    assert status() == 200  # where it is said what is wrong


def test_the_name_of_a_proxy_does_not_start_until_everybody_is_answered(
    settings_are: Callable[..., None],
) -> None:
    def start() -> list[Any]:
        sent: list[Any] = []
        messages = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> Any:
            return {"type": next(messages)}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(gated()({"type": "lifespan", "asgi": {}, "state": {}}, receive, send))
        return sent

    assert start()[0]["type"] == "lifespan.startup.complete"
    settings_are(ALLOWED_HOSTS="localhost,reports.example")
    failed = start()[0]
    assert failed["type"] == "lifespan.startup.failed"
    assert "ALLOWED_HOSTS: reports.example names another machine" in failed["message"]
    # A server that starts it nevertheless answers nobody by that name, and says why.
    code, text, _ = asked(headers=host("reports.example"))
    assert (code, text) == (403, failed["message"])
    settings_are(ALLOW_ANONYMOUS="true")
    assert start()[0]["type"] == "lifespan.startup.complete"
    assert foreign_names(Settings(allowed_hosts="127.0.0.1,[::1],a.localhost")) is None


# --- which paths ------------------------------------------------------------------------------

OPEN = {"/_stcore/health", "/_stcore/host-config", "/_stcore/stream", ""}  # "" serves the client


def test_of_streamlits_routes_those_are_open_that_the_dashboard_needs(
    settings_are: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    switched_on = {
        "server.enableStaticServing": True,
        "server.scriptHealthCheckEnabled": True,
        "server.enableAgentApi": True,
    }
    option = starlette_app.config.get_option
    monkeypatch.setattr(
        starlette_app.config, "get_option", lambda name: switched_on.get(name, option(name))
    )
    made = starlette_app.create_streamlit_routes(MagicMock())
    paths = {re.sub(r"\{\w+(:path)?\}", "x", route.path) for route in made}
    assert paths >= OPEN
    assert len(paths) > 12
    for path in paths - OPEN:
        assert asked(path)[:2] == (404, "There is nothing at this path."), path
        assert status(f"{path}/") == 404
    for path in OPEN - {"/_stcore/stream"}:
        assert status(path or "/") == 200


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/agent/mcp", "/people/_stcore/metrics", "/base/_stcore/agent/interact",
        "/_stcore/health/", "/_stcore/", "/_stcore/upload_file/a/b", "/_stcore/new", "//_stcore/a",
    ],
)  # fmt: skip
def test_below_streamlits_own_paths_only_what_is_known_is_open(
    path: str, settings_are: Callable[..., None]
) -> None:
    assert status(path) == 404
    assert status("/_stcore_of_mine") == 200


# --- what every answer carries ----------------------------------------------------------------


def test_every_answer_has_the_security_headers(settings_are: Callable[..., None]) -> None:
    elsewhere = {"headers": host("evil.example")}
    for path, more in (("/", {}), ("/_stcore/metrics", {}), ("/", elsewhere), ("/health", {})):
        headers = asked(path, **more)[2]  # type: ignore[arg-type]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "private, no-store"
        rules = headers["content-security-policy"].split("; ")
        for rule in ("object-src 'none'", "base-uri 'self'", "frame-ancestors 'none'"):
            assert rule in rules
        assert "script-src 'self'" in rules
    policies = [asked(headers=host(name))[2]["content-security-policy"] for name in
                ("localhost:8501", "[::1]:8501")]  # fmt: skip
    assert "connect-src 'self' ws://localhost:8501 wss://localhost:8501;" in policies[0]
    assert "connect-src 'self';" in policies[1]


def test_a_fault_has_them_too(settings_are: Callable[..., None]) -> None:
    client = TestClient(gated(), raise_server_exceptions=False)
    answer = client.get("/fault")
    assert (answer.status_code, SECRET in answer.text) == (500, False)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_answers_own_headers_stay(tmp_path: Path, settings_are: Callable[..., None]) -> None:
    (tmp_path / "a.js").write_text("1")

    async def own(_: Request) -> Response:
        return Response(headers={"Cache-Control": "no-cache", "Content-Security-Policy": "x"})

    app = Starlette(
        routes=[Route("/own", own), Mount("/", StaticFiles(directory=tmp_path))],
        middleware=[Middleware(Gate)],
    )
    client = TestClient(app)
    answer = client.get("/own")
    assert answer.headers.get_list("cache-control") == ["no-cache"]
    assert answer.headers.get_list("content-security-policy") == ["x"]
    # What a cache has keeps its own rule when it is asked for again.
    tag = client.get("/a.js").headers["etag"]
    again = client.get("/a.js", headers={"if-none-match": tag})
    assert (again.status_code, "cache-control" in again.headers) == (304, False)


def inline_scripts(html: str) -> list[str]:
    found = re.findall(r"<script\b([^>]*)>(.*?)</script>", html, re.DOTALL)
    return [text for attributes, text in found if "src=" not in attributes]


def hashed(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def test_the_policy_names_the_inline_scripts_of_the_pages_that_are_served(
    settings_are: Callable[..., None],
) -> None:
    pages = Starlette(routes=shell.ROUTES, middleware=[Middleware(Gate, own=shell.own_policy)])
    for app, path, least in ((pages, "/people", 3), (create_app(), "/docs", 1),
                             (create_app(), "/docs/oauth2-redirect", 1)):  # fmt: skip
        answer = TestClient(app).get(path)
        named = answer.headers["content-security-policy"]
        scripts = inline_scripts(answer.text)
        assert len(scripts) >= least
        assert set(re.findall(r"'sha256-[^']+'", named)) == set(map(hashed, scripts))
        assert "'unsafe-inline'" not in named.partition("script-src")[2].partition(";")[0]
        assert "'unsafe-eval'" not in named
    # Below another path the documentation's script is another one.
    moved = TestClient(create_app(), root_path="/below").get("/docs")
    assert all(map(moved.headers["content-security-policy"].__contains__,
                   map(hashed, inline_scripts(moved.text))))  # fmt: skip
    assert "/below/openapi.json" in moved.text
    assert policy("<script src='a'></script><script>1</script>").count("sha256") == 1


# --- the log ----------------------------------------------------------------------------------


def test_one_line_a_request_for_all_that_is_served(
    settings_are: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, ACCESS.name)
    own = [*host("localhost"), ("origin", "http://localhost")]
    api = create_app()

    async def hand_on(scope: Any, receive: Any, send: Any) -> None:
        await api(scope, receive, send)

    beside = Starlette(routes=[Mount("/", hand_on)], middleware=[Middleware(Gate)])
    client = TestClient(gated())
    for path in ("/people?person=ann@example.com", "/download/activities.csv?search=secret",
                 "/ann@example.com/x", "/a%2540b", "/a%0Ab", "/static/a.js", "/favicon.png",
                 "/_stcore/health", "/_stcore/metrics"):  # fmt: skip
        client.get(path)
    TestClient(beside).get("/openapi.json?user=ann@example.com")
    asked("/people", host("evil.example"))
    asked("/_stcore/stream", own, kind="websocket")
    asked("/_stcore/stream", host("localhost"), kind="websocket")
    with suppress(RuntimeError):
        client.get("/fault")
    lines = [record.getMessage() for record in caplog.records if record.name == ACCESS.name]
    assert [" ".join(line.split(" ")[:3]) for line in lines] == [
        "GET /people 200",
        "GET /download/activities.csv 200",
        "GET /-/x 200",
        "GET /- 200",
        "GET /a%0Ab 404",
        "GET /_stcore/metrics 404",
        "GET /openapi.json 200",
        "GET /people 403",
        "WEBSOCKET /_stcore/stream 403",
        "GET /fault 500",
    ]
    assert all(re.fullmatch(r"\S+ \S+ \d+ \d+\.\dms \d+B", line) for line in lines)
    assert logging.getLogger("uvicorn.access").disabled


# --- with real sockets ------------------------------------------------------------------------


@contextmanager
def listening(app: Any, **options: Any) -> Iterator[uvicorn.Server]:
    """A server in a thread; of its defaults only those that a test names are others."""
    config = uvicorn.Config(app, log_config=None, ws="websockets-sansio", **options)
    made = uvicorn.Server(config)
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        while not made.started:
            assert thread.is_alive()
        yield made
    finally:
        made.should_exit = True
        thread.join()


def port_of(made: uvicorn.Server) -> int:
    return int(made.servers[0].sockets[0].getsockname()[1])


def own_address() -> str:
    """An address of this machine that is none of loopback; nothing is sent."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        with suppress(OSError):
            probe.connect(("192.0.2.1", 9))
        found = str(probe.getsockname()[0])
    if found.startswith(("127.", "0.")):
        pytest.skip("this machine has no other address")
    return found


def test_a_server_on_all_addresses_answers_its_own_machine(
    settings_are: Callable[..., None],
) -> None:
    other = own_address()
    everywhere = {"host": "0.0.0.0", "port": 0}  # noqa: S104
    with listening(gated(), forwarded_allow_ips="*", **everywhere) as made:
        port = port_of(made)
        assert httpx.get(f"http://127.0.0.1:{port}/").text == SECRET
        for headers in ({}, {"host": "localhost"}, {"x-forwarded-for": "127.0.0.1"}):
            answer = httpx.get(f"http://{other}:{port}/", headers=headers)
            assert (answer.status_code, "ALLOW_ANONYMOUS" in answer.text) == (403, True)
        with (
            pytest.raises(InvalidStatus),
            connect(f"ws://{other}:{port}/_stcore/stream", origin=Origin(f"http://{other}:{port}")),
        ):
            pass
        settings_are(ALLOW_ANONYMOUS="true")
        assert httpx.get(f"http://{other}:{port}/").text == SECRET
        answer = httpx.get(f"http://{other}:{port}/", headers={"host": "evil.example"})
        assert (answer.status_code, "ALLOWED_HOSTS=evil.example" in answer.text) == (403, True)
        with connect(
            f"ws://{other}:{port}/_stcore/stream", origin=Origin(f"http://{other}:{port}")
        ) as opened:
            assert opened.recv() == SECRET


@pytest.mark.parametrize("trusted", [None, "*", "192.0.2.1"])
def test_a_proxy_on_this_machine_is_known_by_what_it_forwards(
    trusted: str | None, settings_are: Callable[..., None]
) -> None:
    """uvicorn puts the forwarded address in the peer's place, unless it doesn't trust the proxy."""
    with listening(gated(), port=0, forwarded_allow_ips=trusted) as made:
        port = port_of(made)
        for value in ("192.0.2.7", "127.0.0.1", "testclient", ""):
            headers = {"x-forwarded-for": value}
            answer = httpx.get(f"http://127.0.0.1:{port}/", headers=headers)
            assert (answer.status_code, "through a proxy" in answer.text) == (403, True)
            with (
                pytest.raises(InvalidStatus),
                connect(
                    f"ws://127.0.0.1:{port}/_stcore/stream",
                    origin=Origin(f"http://127.0.0.1:{port}"),
                    additional_headers=headers,
                ),
            ):
                pass


def test_a_unix_socket_is_of_this_machine(
    tmp_path: Path, settings_are: Callable[..., None]
) -> None:
    path = str(tmp_path / "s")
    with listening(gated(), uds=path):
        client = httpx.Client(transport=httpx.HTTPTransport(uds=path))
        assert client.get("http://localhost/").text == SECRET
        assert client.get("http://evil.example/").status_code == 403


def test_a_websocket_of_another_page_is_told_why(settings_are: Callable[..., None]) -> None:
    with listening(gated(), port=0) as made:
        address = f"127.0.0.1:{port_of(made)}"
        with connect(f"ws://{address}/_stcore/stream", origin=Origin(f"http://{address}")) as own:
            assert own.recv() == SECRET
        for origin in (None, Origin("null"), Origin("http://localhost:3000")):
            with (
                pytest.raises(InvalidStatus) as refused,
                connect(f"ws://{address}/_stcore/stream", origin=origin),
            ):
                pass
            assert refused.value.response.status_code == 403
            assert b"ALLOWED_HOSTS" in (refused.value.response.body or b"")
            assert refused.value.response.headers["x-content-type-options"] == "nosniff"


STARTS = {
    "python": [sys.executable, "dashboard_app.py"],
    "streamlit": [sys.executable, "-m", "streamlit", "run", "dashboard_app.py", "--server.port"],
    "uvicorn": [sys.executable, "-m", "uvicorn", "dashboard_app:app", "--port"],
    "the API": [sys.executable, "-m", "uvicorn", "analytics.api:app", "--port"],
}


@contextmanager
def started(way: str, database: Path, **environment: str) -> Iterator[tuple[str, Path]]:
    """The address of the product, started in one of the ways that the README has, and its log."""
    port = free_port()
    command = STARTS[way] + ([] if way == "python" else [str(port)])
    log = database.with_suffix(".log")
    known = {"DATABASE_URL": f"sqlite:///{database}", "PORT": str(port)}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment() | known | environment, stdout=out, stderr=out
        )
        try:
            yield f"http://127.0.0.1:{port}", log
        finally:
            process.terminate()
            process.wait(timeout=20)


def _environment() -> dict[str, str]:
    ours = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in os.environ.items() if name.upper() not in ours}


def answered(address: str, log: Path) -> None:
    for _ in range(600):
        with suppress(httpx.TransportError):
            if httpx.get(f"{address}/health", timeout=10).status_code == 200:
                return
        threading.Event().wait(0.1)
    raise TimeoutError(log.read_text())


@pytest.mark.slow
@pytest.mark.parametrize("way", STARTS)
def test_however_it_is_started_the_gate_stands_before_it(way: str, tmp_path: Path) -> None:
    write(Raw(users=[a_user("ann", "Acme")]), tmp_path / "small.db")
    with started(way, tmp_path / "small.db") as (address, log):
        answered(address, log)
        good = httpx.get(f"{address}/api/metrics")
        assert good.status_code == 200
        assert "frame-ancestors 'none'" in good.headers["content-security-policy"]
        bad = httpx.get(f"{address}/api/metrics?user=ann@x", headers={"host": "evil.example"})
        assert (bad.status_code, "ALLOWED_HOSTS" in bad.json()["detail"]) == (403, True)
        assert httpx.get(f"{address}/_stcore/metrics").status_code == 404
        forwarded = httpx.get(f"{address}/api/metrics", headers={"x-forwarded-for": "127.0.0.1"})
        assert forwarded.status_code == 403
        if way != "the API":
            assert httpx.get(f"{address}/people").status_code == 200
            stream = f"ws{address.removeprefix('http')}/_stcore/stream"
            with (
                pytest.raises(InvalidStatus),
                connect(stream, origin=Origin("http://localhost:3000")),
            ):
                pass
            with connect(stream, origin=Origin(address)):
                pass
        lines = re.findall(r"(?:GET|WEBSOCKET) \S+ \d{3}", log.read_text())
        assert lines.count("GET /api/metrics 200") == 1
        assert lines.count("GET /api/metrics 403") == 2
        assert lines.count("GET /_stcore/metrics 404") == 1
        assert lines.count("GET /people 200") == (way != "the API")
        assert "ann@" not in log.read_text()


@pytest.mark.slow
def test_streamlit_takes_the_page_of_an_allowed_host_whatever_name_its_proxy_asks_by(
    tmp_path: Path,
) -> None:
    write(Raw(users=[a_user("ann", "Acme")]), tmp_path / "small.db")
    allowed = {"ALLOWED_HOSTS": "reports.example", "ALLOW_ANONYMOUS": "true"}
    with started("uvicorn", tmp_path / "small.db", **allowed) as (address, log):
        answered(address, log)
        stream = f"ws{address.removeprefix('http')}/_stcore/stream"
        forwarded = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
        page = Origin("https://reports.example")
        with connect(stream, origin=page, additional_headers=forwarded):
            pass
        for foreign in ("https://evil.example", "http://localhost:3000"):
            with (
                pytest.raises(InvalidStatus),
                connect(stream, origin=Origin(foreign), additional_headers=forwarded),
            ):
                pass


@pytest.mark.slow
@pytest.mark.parametrize("way", STARTS)
def test_however_it_is_started_a_proxys_name_alone_ends_it(way: str, tmp_path: Path) -> None:
    write(Raw(users=[a_user("ann", "Acme")]), tmp_path / "small.db")
    command = STARTS[way] + ([] if way == "python" else [str(free_port())])
    known = {"DATABASE_URL": f"sqlite:///{tmp_path / 'small.db'}", "PORT": str(free_port())}
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=_environment() | known | {"ALLOWED_HOSTS": "reports.example"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    said = ended.stdout + ended.stderr
    assert "ALLOWED_HOSTS: reports.example names another machine" in said
    assert "Traceback" not in said


# --- in a browser -----------------------------------------------------------------------------


def talked() -> Raw:
    """Three days of conversations, enough for charts and lists."""
    raw = Raw(users=[a_user("ann", "Acme")], twins=[a_twin("t", "ann", "2026-03-01 08:00:00")])
    for day in range(10, 13):
        start = f"2026-03-{day} 09:00:00"
        raw.sessions.append(a_session(f"s{day}", "ann", start, twin_id="t"))
        raw.messages.append(a_message(f"m{day}", f"s{day}", start))
    return raw


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Page, list[str]]]:
    """The product's address, a page, and what the page's console says of any policy."""
    folder = tmp_path_factory.mktemp("gate")
    write(talked(), folder / "small.db")
    said: list[str] = []
    with (
        server(folder, DATABASE_URL="sqlite:///./small.db") as (address, _),
        chromium() as browser,
    ):
        page = browser.new_context(accept_downloads=True).new_page()
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation',"
            " e => console.log('Policy: ' + e.effectiveDirective + ' ' + e.blockedURI))"
        )
        page.on("console", lambda m: said.append(m.text) if "olicy" in m.text else None)
        yield address, page, said


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_pages_menus_and_pictures_need_no_more_than_the_policy_allows(
    seen: tuple[str, Page, list[str]],
) -> None:
    address, page, said = seen
    page.goto(f"{address}/no-page-of-it")
    settled(page)
    for path in (*PAGES, "person?id=ann", "conversation?id=s10"):
        page.goto(f"{address}/{path}")
        settled(page)
        for name in ("Explain", "Save", SHOW) if path in ("", "twins") else ():
            button = page.get_by_role("button", name=name, exact=True).first
            if button.count():
                opened = page.locator("[data-testid=stPopoverBody]")
                button.click()
                expect(opened).to_be_visible()
                settled(page)  # what it holds is drawn by a run, which would open it again
                page.keyboard.press("Escape")
                expect(opened).to_have_count(0)
    page.goto(f"{address}/twins")
    settled(page)
    page.locator("[data-testid=stMainMenu] button").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save", exact=True).nth(1).click()
    for link in ("PNG", "Save this page"):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=link).click()
        assert Path(waiting.value.path()).stat().st_size > 1_000
        page.keyboard.press("Escape")
    assert said == []
    # That a violation would be seen.
    page.evaluate("document.head.append(Object.assign(document.createElement('script'),"
                  " {text: 'window._ran = true'}))")  # fmt: skip
    assert any("script-src" in line for line in said)
    assert page.evaluate("window._ran") is None
    said.clear()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_the_documentation_needs_no_more_either(seen: tuple[str, Page, list[str]]) -> None:
    address, page, said = seen
    page.goto(f"{address}/docs")
    page.get_by_text("/api/metrics").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute", exact=True).click()
    expect(page.get_by_text("totalConversations").first).to_be_attached()
    page.goto(f"{address}/redoc")
    page.get_by_text("/api/metrics").first.wait_for(state="attached")
    page.get_by_role("textbox").first.fill("conversations")
    expect(page.locator("[data-role='search:results'] li").first).to_be_visible()
    assert said == []


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_another_programs_page_on_this_machine_reads_nothing(
    seen: tuple[str, Page, list[str]],
) -> None:
    address, own, _ = seen
    assert own.context.browser
    with own.context.browser.new_context() as context:
        page = context.new_page()
        page.route(
            "http://localhost:9/**",
            lambda route: route.fulfill(body="<h1>Mine</h1>", content_type="text/html"),
        )
        page.goto("http://localhost:9/")
        opens = """address => new Promise(done => {
            const socket = new WebSocket(address.replace("http", "ws") + "/_stcore/stream")
            socket.onopen = () => done("opened")
            socket.onerror = () => done("refused")
        })"""
        assert page.evaluate(opens, address) == "refused"
        read = "address => fetch(address).then(a => a.text()).catch(() => 'refused')"
        for path in ("/people", "/api/people", "/download/activities.csv"):
            assert page.evaluate(read, address + path) == "refused"
        page.set_content(f"<iframe src='{address}/people'></iframe>")
        frame = page.frames[1]
        frame.wait_for_load_state()
        assert "AI Twin" not in frame.content()
        # The same from the dashboard's own page.
        page.goto(address)
        assert page.evaluate(opens, address) == "opened"
