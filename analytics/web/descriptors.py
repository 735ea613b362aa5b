"""File descriptors: a process has so many, and every open page takes four.

Where they run out, nothing can be accepted, read or logged any more. So as many as the system gives
are taken, a page that would come near the end of them is refused in words, and a fault for their
lack is logged once a while.
"""

import errno
import logging
import os
import time
from contextlib import suppress

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from analytics.web.faults import RETRY_SECONDS

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

_LOGGED_SECONDS = 60
_FULL = "Too many pages are open here. Close some, or start the server with a higher `ulimit -n`."


def prepare() -> None:
    """Take as many descriptors as the system gives, and log their lack once a while."""
    if resource is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != hard:
            with suppress(OSError, ValueError):  # macOS says that there is no limit, and has one
                resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for name in ("asyncio", "uvicorn.error"):
        logger = logging.getLogger(name)
        if not any(isinstance(held, _OnceAWhile) for held in logger.filters):
            logger.addFilter(_OnceAWhile())


class _OnceAWhile(logging.Filter):
    """Lets a line a minute about a lack of descriptors through, without its traceback."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if not isinstance(error, OSError) or error.errno not in (errno.EMFILE, errno.ENFILE):
            return True
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + _LOGGED_SECONDS
        record.msg, record.args, record.exc_info = _FULL, (), None
        return True


class Room:
    """Refuses websockets and pages while more than three quarters of the descriptors are open."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or refuse."""
        if not _opens_page(scope) or _has_room():
            await self.app(scope, receive, send)
        elif scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", ()):
            refusal = PlainTextResponse(_FULL, 503, {"Retry-After": str(RETRY_SECONDS)})
            await refusal(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1013, "reason": ""})


def _opens_page(scope: Scope) -> bool:
    if scope["type"] == "websocket":
        return True
    return scope["type"] == "http" and any(
        name == b"accept" and b"text/html" in value for name, value in scope["headers"]
    )


def _has_room() -> bool:
    if resource is None:
        return True
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return True
    try:
        with os.scandir("/dev/fd") as opened:
            return sum(1 for _ in opened) <= limit * 3 // 4
    except OSError as error:
        return error.errno not in (errno.EMFILE, errno.ENFILE)  # a system may lack the folder
