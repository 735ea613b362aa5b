"""The access log: a line a request, of pages, files and the API alike."""

import logging
import re
from urllib.parse import quote

from starlette.types import Scope

ACCESS = logging.getLogger("analytics.access")
_ADDRESS = re.compile(r"[^/]*%(?:25)*40[^/]*")


def log_answer(scope: Scope, path: str, status: int, size: int, milliseconds: float) -> None:
    """A line with method, path, status, milliseconds and bytes.

    It leaves out the query, which may hold searches and e-mail addresses, and what looks like one
    in the path. What Streamlit's client loads beside a page has no line unless it is refused.
    """
    is_websocket = scope["type"] == "websocket"
    is_part = is_websocket or path.startswith(("/static/", "/_stcore/", "/favicon.png"))
    if is_part and status < 400:  # noqa: PLR2004
        return
    if not ACCESS.hasHandlers():  # nobody has set up logging: not the dashboard, nor a test
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
        ACCESS.addHandler(handler)
    ACCESS.setLevel(logging.INFO)
    shown = _ADDRESS.sub("-", quote(scope["path"], safe="/", errors="replace"))
    method = "WEBSOCKET" if is_websocket else scope["method"]
    ACCESS.info("%s %s %d %.1fms %dB", method, shown, status, milliseconds, size)
