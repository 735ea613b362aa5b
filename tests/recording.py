"""What the code of one commit answers: the process that `tests.compare_commits` starts with it.

It prints the API's schema; or, given questions, a line for each: what was asked, status, headers,
and the body's bytes. It knows no more of the code than the name of the application and that some
function called `clock` says what time it is: the rest may have moved between two commits.
"""

import json
import logging
import re
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

from starlette.testclient import TestClient

PLACES = ("analytics.web.api", "analytics.api")
SECONDS = 120  # a small database that is not read by then never will be
READY = ("/api/metrics", "/api/activities?search=a")  # 503 until rollups and index are built
CURSOR, TAG = "{cursor}", "{etag}"  # in a question: the last ones that were answered
MASKED = "(masked)"


def application() -> Any:
    """The API of the checkout."""
    for place in PLACES:
        try:
            module = import_module(place)
        except ModuleNotFoundError as error:
            if not place.startswith(str(error.name)):
                raise
        else:
            if app := getattr(module, "app", None):
                return app
    sys.exit(f"There is no application in {' or '.join(PLACES)}.")


def clocks() -> list[Any]:
    """The functions that say what time it is, wherever they are."""
    modules = [module for name, module in sys.modules.items() if name.startswith("analytics.")]
    return [clock for module in modules if callable(clock := getattr(module, "clock", None))]


def wait(client: TestClient, path: str) -> None:
    """Return when the path is answered."""
    until = monotonic() + SECONDS
    while (answer := client.get(path)).status_code == 503:
        if monotonic() > until:
            sys.exit(f"{path} is not answered: {answer.text}")
        sleep(0.05)


def body_of(path: str, content: bytes) -> str:
    """The bytes as text from which they can be told; the product's version is masked."""
    text = content.decode("utf-8", "surrogateescape")
    if path in ("/", "/health"):
        text = re.sub(r'("version": ?)"[^"]*"', rf'\1"{MASKED}"', text)
    return text


def record(moment: datetime, questions: list[dict[str, Any]]) -> None:
    """Print what is answered, seen from a moment."""
    app, times = application(), 0

    def now() -> datetime:
        nonlocal times
        times += 1
        return moment

    app.dependency_overrides |= dict.fromkeys(clocks(), now)
    cursor = tag = ""
    with TestClient(app, raise_server_exceptions=False) as client:
        for path in READY:
            wait(client, path)
        for question in questions:
            method, asked = question["method"], question["headers"]
            url = question["url"].replace(CURSOR, quote(cursor, safe=""))
            sent = {name: tag if text == TAG else text for name, text in asked.items()}
            answer = client.request(method, url, headers=sent)
            headers = dict(sorted(answer.headers.items()))
            headers.pop("content-length", None)
            if tag := headers.get("etag", ""):
                headers["etag"] = MASKED
            if found := re.search(rb'"nextCursor":("[^"]+"|null)', answer.content):
                cursor = json.loads(found[1]) or ""
            line = {
                "asked": " ".join((method, url, *map(": ".join, asked.items()))),
                "status": answer.status_code,
                "headers": headers,
                "body": body_of(url, answer.content),
            }
            print(json.dumps(line))
    if not times:
        sys.exit("Nobody asked for the time: there is no function called clock, or it isn't used.")


def main() -> None:
    """The command: `CHECKOUT schema`, or `CHECKOUT MOMENT` with questions as its input."""
    checkout, what = sys.argv[1:]
    origin = Path(import_module("analytics").__file__ or "")
    if not origin.is_relative_to(checkout):
        sys.exit(f"The code is not that of {checkout}, but {origin}.")
    if what == "schema":
        print(json.dumps(application().openapi()))
    else:
        logging.disable(logging.INFO)  # no line a request
        record(datetime.fromisoformat(what), json.load(sys.stdin))


if __name__ == "__main__":
    main()
