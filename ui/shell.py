"""The HTML that a browser gets first: Streamlit's own, with `head.html` in its head.

That tells the client where its server is: without it the client looks below the page's own path
first, and a deep link starts with failed requests and a pause. It also repairs what Streamlit's
markup lacks for assistive technology. What every page draws is fetched at once, not when the first
of its kind comes: the page is there sooner, and moves less while it fills.
"""

import json
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from analytics.metrics.pages import FIRST, NAVIGATION
from analytics.web.content_policy import policy
from ui.address import IN
from ui.period_bar import COMPARISONS

_STATIC = Path(streamlit.__file__).parent / "static"
# Modules of Streamlit's client, without the hash in their file's name. One that is missing after an
# upgrade is not fetched early, nothing else.
_EARLY = (
    "DateInput",
    "Selectbox",
    "Multiselect",
    "Button",
    "Popover",
    "Metric",
    "LinkButton",
    "ArrowVegaLiteChart",
    "loadVegaEmbed",
    "embed",
    "PageLink",
    "Html",
)


@cache
def _html() -> str:
    html = (_STATIC / "index.html").read_text(encoding="utf-8")
    here = Path(__file__)
    head = here.with_name("head.html").read_text(encoding="utf-8")
    # Nested, so that its rules count for more than Streamlit's own, which come later.
    style = f":root {{\n{here.with_name('style.css').read_text(encoding='utf-8')}}}"
    head += f"<style>{style}</style>"
    links = "".join(
        f'<link rel="modulepreload" crossorigin href="./{name}">'
        for name in _early_modules()
        if name not in html
    )
    title = "<title>AI Twin Analytics</title>"
    return html.replace("<title>Streamlit</title>", title + head + links, 1)


def own_policy() -> str:
    """The content policy of the dashboard: it runs the scripts of its HTML, and no others in it.

    Those are Streamlit's too, which answers paths that nobody knows. Its client reckons with large
    numbers in WebAssembly.
    """
    return policy(_html(), compiles=True)


def _early_modules() -> list[str]:
    """The files of the early modules and of all that they import."""
    chunks = json.loads((_STATIC / "manifest.json").read_text(encoding="utf-8"))
    found: dict[str, None] = {}
    waiting = [key for key, chunk in chunks.items() if chunk.get("name") in _EARLY]
    while waiting:
        chunk = chunks[waiting.pop()]
        if chunk["file"] not in found:
            found[chunk["file"]] = None
            waiting += chunk.get("imports", ())
    return list(found)


_OWN = {"start_date": "dates", "end_date": "dates"}


@cache
def labels() -> dict[str, dict[str, str]]:
    """Parameters whose options have a code, which the API is asked, and a label.

    Streamlit's widgets keep the label in the address; a link may say either.
    """
    from ui.activities import TYPE_LABELS  # noqa: PLC0415 - pages load after the server
    from ui.list_pages import ORDERS, SHOWN, SORT_LABELS  # noqa: PLC0415

    return {
        "compare": COMPARISONS,
        "type": TYPE_LABELS,
        "who": SHOWN,
        "sort": SORT_LABELS,
        "order": ORDERS,
    }


async def shell(request: Request) -> Response:
    """The first HTML of any page.

    A link's own period and filters become those of every page (`ui.links` says why there are
    two): this is how they look in the address from then on. So do the codes of options.
    """
    asked = request.query_params
    pairs = asked.multi_items()
    own = [text for name, text in pairs if name in _OWN and text]
    if own or any(asked.get(name) for name in IN):
        # A link's own are all of it, but for the dates where it has none. A preset stands for its.
        dropped = {"restore", *(name.removeprefix("in_") for name in IN)}
        dropped |= set(_OWN) if asked.get("in_preset") else {"dates"} if own else set()
        pairs = [
            (_OWN.get(name) or name.removeprefix("in_"), text)
            for name, text in pairs
            if name not in dropped
        ]
    if any(name == "dates" for name, _ in pairs):
        pairs = [(name, text) for name, text in pairs if name != "preset"]
    if pairs:
        pairs = [(name, labels().get(name, {}).get(text, text)) for name, text in pairs]
    if pairs != asked.multi_items():
        return RedirectResponse(f"{request.url.path}?{urlencode(pairs)}", status_code=307)
    return HTMLResponse(_html(), headers={"Cache-Control": "no-cache"})


ROUTES = [
    Route(path, shell) for path in ("/", *(f"/{name}" for name in NAVIGATION if name != FIRST))
]
