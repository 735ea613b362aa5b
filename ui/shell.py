"""The HTML that a browser gets first: Streamlit's own, told where its server is.

Without this Streamlit's client looks for its server below the page's own path first: a deep link
then starts with failed requests and a pause.
"""

from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
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


_IN = ("in_organization", "in_department")
_OWN = {"start_date": "dates", "end_date": "dates"}


async def shell(request: Request) -> Response:
    """The first HTML of any page.

    A link's own period and filters become those of the frame (`ui.drill` says why there are two):
    this is how they look in the address from then on.
    """
    asked = request.query_params
    if all(asked.get(name) for name in _OWN):
        kept = [
            (_OWN.get(name) or name.removeprefix("in_"), text)
            for name, text in asked.multi_items()
            if name not in {"restore", "dates"} and f"in_{name}" not in _IN
        ]
        return RedirectResponse(f"{request.url.path}?{urlencode(kept)}", status_code=307)
    return HTMLResponse(_html(), headers={"Cache-Control": "no-cache"})


ROUTES = [Route(path, shell) for path in ("/", *(f"/{name}" for name in PAGE_NAMES))]
