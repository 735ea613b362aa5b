"""The HTML that a browser gets first: Streamlit's own, told where its server is.

Without this Streamlit's client looks for its server below the page's own path first: a deep link
then starts with failed requests and a pause.
"""

from functools import cache
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

PAGE_NAMES = (
    "retention", "organizations", "twins", "people", "activities", "documents", "queries",
    "installations", "person", "conversation", "data",
)  # fmt: skip
_HEAD = '<script>window.__streamlit = {BACKEND_BASE_URL: location.origin + "/"}</script>'


@cache
def _html() -> str:
    index = Path(streamlit.__file__).parent / "static" / "index.html"
    html = index.read_text(encoding="utf-8")
    return html.replace("<title>Streamlit</title>", f"<title>AI Twin Analytics</title>{_HEAD}", 1)


async def shell(_: Request) -> HTMLResponse:
    """The first HTML of any page."""
    return HTMLResponse(_html(), headers={"Cache-Control": "no-cache"})


ROUTES = [Route(path, shell) for path in ("/", *(f"/{name}" for name in PAGE_NAMES))]
