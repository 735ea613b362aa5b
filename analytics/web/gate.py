"""The gate: what stands before everything that a process serves, however it was started.

An ASGI layer around the dashboard and around the API alone. It decides who is answered, in this
order (`refusal`), gives every answer its security headers, and logs a line a request.

- **The connection.** Nobody is asked who they are, so only this machine is answered: both ends of
  the connection are loopback, a Unix socket, or none at all (a test's client within the process).
  A request that says it was forwarded came through a proxy, whoever it says it is from: the server
  may already have put that address in the peer's place. ALLOW_ANONYMOUS answers all.
- **The name** it was asked by (Host), so that a web page whose own name is led here reads nothing:
  one of this machine, the address that the connection came to, HOST, or one of ALLOWED_HOSTS.
  Probes of health ask by any name.
- **The page** that opens a websocket (Origin): one of this dashboard's own address, or, behind a
  proxy that asks by another name, of a host that HOST or ALLOWED_HOSTS names. Browsers always say
  it; who says none is not answered.
- **The path.** What Streamlit offers and the dashboard doesn't need is closed.
"""

import logging
import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics.settings import (
    Settings,
    SettingsError,
    as_address,
    host_name,
    is_loopback,
    load_settings,
)
from analytics.web.access_log import log_answer
from analytics.web.content_policy import CONNECT, policy

HEALTH = frozenset({"/health", "/_stcore/health"})
# In the scope of what has passed a gate: the API beside the dashboard.
_PASSED = "analytics.web.gate"
_PRIVATE = b"private, no-store"
_JSON = ("/api/", "/openapi.json", "/health")
# Streamlit's: metrics, agents, uploads, components, sign-in, files kept in memory.
_CORE = frozenset({"health", "host-config", "stream"})
_CLOSED = ("/media/", "/component/", "/app/static/", "/auth/", "/oauth2callback")
_FORWARDED = frozenset({b"forwarded", b"via", b"x-real-ip"})
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::([0-9]{0,5}))?")
_ORIGIN = re.compile(r"(https?)://(.+)")
_PORTS = {"http": 80, "https": 443}
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


# --- who is answered --------------------------------------------------------------------------


class Refusal(NamedTuple):
    """The status of an answer to whom nothing is given, and what to do about it."""

    status: int
    why: str


class _Authority(NamedTuple):
    name: str
    port: int | None


@lru_cache(maxsize=1_024)
def _authority(text: str) -> _Authority | None:
    """A host's name and port; None where it is neither a name nor an address."""
    found = _AUTHORITY.fullmatch(text)
    return found and _Authority(host_name(found[1]), int(found[2]) if found[2] else None)


def foreign_names(settings: Settings) -> str | None:
    """Why this process must not start: what it says of ALLOWED_HOSTS; None where it may."""
    foreign = [name for name in settings.names if not is_loopback(name)]
    if not foreign or settings.allow_anonymous:
        return None
    return (
        f"ALLOWED_HOSTS: {', '.join(foreign)} names another machine than this one. Nobody is asked"
        " who they are: behind a proxy of that name everybody could read the conversations. Leave"
        " it out, or set ALLOW_ANONYMOUS=true if everybody who reaches the dashboard may."
    )


def refusal(scope: Scope, settings: Settings) -> Refusal | None:
    """Why a request or a websocket is not answered; None where it is."""
    path = _path(scope)
    is_probe = path in HEALTH and scope["type"] == "http"
    return (
        (None if settings.allow_anonymous else _of_elsewhere(scope))
        or (None if is_probe else _of_names(scope, settings))
        or (Refusal(404, "There is nothing at this path.") if _is_closed(path) else None)
    )


def _of_elsewhere(scope: Scope) -> Refusal | None:
    """Why a connection of another machine is refused."""
    names = {name for name, _ in scope["headers"]}
    if names & _FORWARDED or any(name.startswith(b"x-forwarded-") for name in names):
        return Refusal(
            403,
            "This request came through a proxy, and this dashboard is open to its own machine"
            f" only. {_ANONYMOUS}",
        )
    if not _is_local(scope):
        return Refusal(403, f"This dashboard is open to its own machine only. {_ANONYMOUS}")
    return None


def _of_names(scope: Scope, settings: Settings) -> Refusal | None:
    """Why a request by another name, or a websocket of another page, is refused."""
    hosts = _values(scope, b"host")
    asked = _authority(hosts[0]) if len(hosts) == 1 else None
    if asked is None:
        return Refusal(400, "The Host header must be there once, with a name or an address.")
    if not _is_ours(asked.name, scope, settings):
        return _by_another_name(asked.name, settings)
    if scope["type"] == "websocket":
        origins = _values(scope, b"origin")
        if len(origins) != 1 or not _may_connect(origins[0], asked, settings):
            return Refusal(
                403,
                "Only this dashboard's own pages may open a websocket. Behind a proxy, name the"
                " host of its pages in ALLOWED_HOSTS.",
            )
    return None


def _values(scope: Scope, header: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == header]


_ANONYMOUS = (
    "Nobody is asked who they are: set ALLOW_ANONYMOUS=true if everybody who reaches it may read"
    " the conversations, and start it again."
)


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _is_local(scope: Scope) -> bool:
    server, client = scope.get("server"), scope.get("client")
    if client is None:  # as of a Unix socket, which has no port; of any other it must be known
        return server is None or server[1] is None
    addresses = (as_address(end[0]) for end in (server, client) if end)
    return all(address is None or address.is_loopback for address in addresses)


def _is_ours(name: str, scope: Scope, settings: Settings) -> bool:
    if is_loopback(name) or name in settings.hosts:
        return True
    server = scope.get("server")
    return server is not None and name == host_name(server[0])


def _by_another_name(name: str, settings: Settings) -> Refusal:
    if why := foreign_names(settings):
        return Refusal(403, why)
    also = "" if settings.allow_anonymous else " and ALLOW_ANONYMOUS=true"
    return Refusal(
        403,
        f"This dashboard isn't called {name}. Open it as localhost; or, if it shall have this name"
        f" too, set ALLOWED_HOSTS={name}{also}, and start it again.",
    )


def _may_connect(origin: str, asked: _Authority, settings: Settings) -> bool:
    found = _ORIGIN.fullmatch(origin)
    page = _authority(found[2]) if found else None
    if found is None or page is None:
        return False
    if page.name == asked.name:  # another port is another program's page
        usual = _PORTS[found[1]]
        return (page.port or usual) == (asked.port or usual)
    return page.name in settings.hosts


def _is_closed(path: str) -> bool:
    # The last one, as it may stand below a base path.
    _, core, rest = path.rpartition("/_stcore/")
    return rest not in _CORE if core else path.startswith(_CLOSED)


# --- the layer --------------------------------------------------------------------------------


class Gate:
    """The layer around an application; `own` says the content policy of its answers."""

    def __init__(self, app: ASGIApp, own: Callable[[], str] = policy) -> None:
        self.app = app
        self._own = own
        self._policy: tuple[str, str] | None = None
        # Its line would show the query, which may hold e-mail addresses; the gate's doesn't.
        logging.getLogger("uvicorn.access").disabled = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or refuse."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif _PASSED in scope:
            await self.app(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            why = foreign_names(load_settings())
        except SettingsError:  # every answer will say so
            why = None
        if why:
            await receive()
            await send({"type": "lifespan.startup.failed", "message": why})
        else:
            await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status, size = time.perf_counter(), 0, 0

        async def observed(message: Message) -> None:
            nonlocal status, size
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                message = {**message, "headers": self._with_headers(scope, message)}
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            refused = refusal(scope, _settings())
            if refused is None:
                await self.app({**scope, **_handed_on(scope), _PASSED: True}, receive, observed)
            else:
                status = refused.status
                await _refuse(refused, scope, receive, observed)
        except Exception:
            if not status and scope["type"] == "http":
                fault = Refusal(500, "Something went wrong here; the server's log says where.")
                await _refuse(fault, scope, receive, observed)
            raise
        finally:
            log_answer(scope, _path(scope), status, size, (time.perf_counter() - began) * 1_000)

    def _with_headers(self, scope: Scope, start: Message) -> list[tuple[bytes, bytes]]:
        """The headers of an answer, with those that it lacks; its own stay."""
        headers = list(start.get("headers", ()))
        given = {name.lower() for name, _ in headers}
        headers += [header for header in _HEADERS if header[0] not in given]
        if b"content-security-policy" not in given:
            headers.append((b"content-security-policy", self._policy_for(scope)))
        if b"cache-control" not in given and start["status"] != 304:  # noqa: PLR2004
            headers.append((b"cache-control", _PRIVATE))
        return headers

    def _policy_for(self, scope: Scope) -> bytes:
        if self._policy is None:
            before, connect, after = self._own().partition(CONNECT)
            self._policy = before + connect, after
        # Not every browser takes a websocket of the page's own host for its own. A policy can't
        # name an address in brackets.
        host = next(iter(_values(scope, b"host")), "")
        is_known = _authority(host) and not host.startswith("[")
        sockets = f" ws://{host} wss://{host}" if is_known else ""
        return sockets.join(self._policy).encode()


def _handed_on(scope: Scope) -> Scope:
    """What changes of a request that is let in.

    A websocket goes on by the name of its page, which a proxy may have changed: Streamlit compares
    the two again, and would ask the internet for its own address where they differ.
    """
    if scope["type"] == "http":
        return {}
    (origin,) = _values(scope, b"origin")
    host = origin.partition("://")[2].encode("latin-1")
    others = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {"headers": [(b"host", host), *others]}


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsError:  # every answer will say so, on this machine
        return _CLOSEST


_CLOSEST = Settings.model_construct(host="localhost", allowed_hosts="", allow_anonymous=False)


async def _refuse(refused: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    can_say_why = "websocket.http.response" in scope.get("extensions", ())
    if scope["type"] == "websocket" and not can_say_why:
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    answer = (
        JSONResponse({"detail": refused.why}, refused.status)
        if f"{_path(scope)}/".startswith(_JSON)
        else PlainTextResponse(refused.why, refused.status)
    )
    await answer(scope, receive, send)
