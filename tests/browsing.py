"""Running the product as its user: a server on a free port, and Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PAGES = (
    "", "summary", "adoption", "retention", "organizations", "twins", "people", "activities",
    "documents", "queries", "views", "notes", "data",
)  # fmt: skip


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def served(folder: Path, **environment: str) -> Iterator[str]:
    """The address of the product, started with the README's command in `folder`, ended after."""
    with server(folder, **environment) as (address, _):
        yield address


@contextmanager
def server(folder: Path, **environment: str) -> Iterator[tuple[str, int]]:
    """As `served`, with the id of the process."""
    port = free_port()
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "HOST")}
    env |= {"PORT": str(port), "HOST": "127.0.0.1"} | environment
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "dashboard_app.py")],
        cwd=folder,
        env=env,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(f"{address}/_stcore/health", process)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _wait(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    for _ in range(int(seconds * 10)):
        if process.poll() is not None:
            raise RuntimeError("the server ended")
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def settled(page: Page) -> None:
    """Wait until the script has run and the charts are drawn."""
    page.wait_for_selector("[data-testid=stMain] h1", timeout=60_000)
    # A run is announced a moment after its cause: it is over when it stays over.
    page.wait_for_function(
        """() => {
            const app = document.querySelector("[data-testid=stApp]");
            const busy = app.dataset.testScriptState !== "notRunning"
                || document.querySelector("[data-stale=true]");
            window._quiet = busy ? 0 : (window._quiet || 0) + 1;
            return window._quiet > 9 && !(window._quiet = 0);
        }""",
        polling=100,
        timeout=60_000,
    )


# Adds up how far what is shown moves by itself: Cumulative Layout Shift, but without its grace for
# the half second after a click. To be added before the page is opened.
LAYOUT_SHIFTS = """
    window._shift = 0
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) window._shift += entry.value
    }).observe({type: "layout-shift", buffered: true})
"""


def layout_shift(page: Page) -> float:
    """The shift so far, of a page that has LAYOUT_SHIFTS."""
    return float(page.evaluate("window._shift"))
