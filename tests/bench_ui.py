"""How quick the dashboard is: `python -m tests.bench_ui [--database reference.db] [--seconds 60]`.

On the reference data (tests/reference.py) or a copy of the database given, on a warm server:

- a preset's click to the last change of a chart's drawing, both taken inside Chromium;
- a fresh browser's navigation to the last change of a chart's drawing;
- the server's CPU for a rerun of the Overview: its process's CPU over many preset changes by one
  session, divided by their number;
- 20 sessions that each choose another preset every 5 seconds, spread evenly: from the message that
  says so to the run's last message.

The last two speak Streamlit's websocket protocol, so that no browser is measured, and check that
each run shows the days that were asked for. Prints medians, 95th percentiles and the machine's
load; ends with status 1 when a bar is missed.
"""

import argparse
import asyncio
import os
import re
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from tests import reference
from tests.browsing import CHROMIUM, chromium, server, settled

SESSIONS = 20
EVERY_SECONDS = 5
PRESETS = ("Last 7 days", "Last 28 days", "Last 90 days", "Last 30 days")
DAYS = {"Last 7 days": 7, "Last 28 days": 28, "Last 90 days": 90, "Last 30 days": 30}
# When a chart's drawing last changed, and when an option was last clicked, in the page's clock.
WATCH = """
    window._drawn = 0
    window._clicked = 0
    addEventListener("click", e => {
        if (e.target.closest("[role=option]")) window._clicked = performance.now()
    }, true)
    new MutationObserver(changes => {
        if (changes.some(c => (c.target.closest || (() => null)).call(c.target,
                "[data-testid=stVegaLiteChart]")))
            window._drawn = performance.now()
    }).observe(document, {childList: true, subtree: true, attributes: true})
"""


@dataclass
class Measure:
    """A figure with its bar; its values are seconds."""

    name: str
    bar: float
    percentile: float
    values: list[float] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        """Take a value and the machine's load beside it."""
        self.values.append(seconds)
        self.loads.append(os.getloadavg()[0])

    @property
    def passed(self) -> bool:
        """Whether the percentile that counts is below the bar."""
        return self._at(self.percentile) < self.bar

    def _at(self, share: float) -> float:
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]

    def line(self) -> str:
        """One line of the table."""
        counts = "median" if self.percentile == 0.5 else "p95"
        load = f"{min(self.loads):.1f}\u2013{max(self.loads):.1f}"
        return (
            f"{self.name:<52}{len(self.values):>5}{self._at(0.5) * 1000:>9,.0f}"
            f"{self._at(0.95) * 1000:>9,.0f}   {counts} < {self.bar * 1000:>5,.0f}"
            f"  {'pass' if self.passed else 'FAIL'}  {load}"
        )


# --- in Chromium ------------------------------------------------------------------------------


def _drawn_by(page: Page) -> float:
    """The moment of the last change of a chart, once there has been none for a second."""
    page.wait_for_function(
        "() => window._drawn > window._clicked && performance.now() - window._drawn > 1000"
        " && document.querySelector('[data-testid=stApp]').dataset.testScriptState==='notRunning'",
        timeout=60_000,
    )
    return float(page.evaluate("window._drawn")) / 1000


def first_pages(browser: Browser, address: str, runs: int) -> Iterator[float]:
    """Seconds from a fresh browser's navigation to the last chart."""
    for _ in range(runs):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(address)
        yield _drawn_by(page)
        context.close()


def preset_clicks(browser: Browser, address: str, runs: int) -> Iterator[float]:
    """Seconds from a preset's click to the last chart redrawn."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    settled(page)
    for preset in islice(cycle(PRESETS), runs):
        page.get_by_role("combobox", name=re.compile("Period")).click()
        page.get_by_role("option", name=preset, exact=True).click()
        yield _drawn_by(page) - float(page.evaluate("window._clicked")) / 1000
    context.close()


# --- with Streamlit's protocol ----------------------------------------------------------------


class Session:
    """A visitor of the Overview without a browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._preset_id = ""
        self._shown = ""
        self._page = ""

    async def open(self) -> None:
        """Load the page."""
        await self._send(BackMsg())

    async def choose(self, preset: str) -> float:
        """Choose a period; the seconds until the run has ended."""
        message = BackMsg()
        state = message.rerun_script.widget_states.widgets.add()
        state.id, state.string_value = self._preset_id, preset
        took = await self._send(message)
        if f"({DAYS[preset]} days)" not in self._shown:
            raise RuntimeError(f"{preset} shows {self._shown}")
        return took

    async def _send(self, message: BackMsg) -> float:
        message.rerun_script.query_string = ""
        message.rerun_script.page_script_hash = self._page
        started = time.perf_counter()
        await self._connection.send(message.SerializeToString())
        while True:
            data = await self._connection.recv()
            answer = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
            kind = answer.WhichOneof("type")
            if kind == "new_session":
                self._page = answer.new_session.page_script_hash
            elif kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                self._note(answer)
            elif kind == "script_finished" and answer.script_finished == (
                ForwardMsg.FINISHED_SUCCESSFULLY
            ):
                return time.perf_counter() - started

    def _note(self, answer: ForwardMsg) -> None:
        element = answer.delta.new_element
        if element.WhichOneof("type") == "selectbox" and element.selectbox.label == "Period":
            self._preset_id = element.selectbox.id
        elif element.WhichOneof("type") == "markdown" and "data through" in element.markdown.body:
            self._shown = element.markdown.body


def _stream(address: str) -> connect:
    path = f"ws{address.removeprefix('http')}/_stcore/stream"
    return connect(path, origin=Origin(address), max_size=None)


def cpu_seconds(process: int) -> float:
    """The CPU that a process has used so far (Linux)."""
    after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


async def rerun_cpu(address: str, process: int, rounds: int) -> list[float]:
    """CPU seconds of the server for a preset change, a mean of each round of all presets."""
    means = []
    async with _stream(address) as connection:
        session = Session(connection)
        await session.open()
        for preset in PRESETS:
            await session.choose(preset)
        for _ in range(rounds):
            before = cpu_seconds(process)
            for preset in PRESETS:
                await session.choose(preset)
            means.append((cpu_seconds(process) - before) / len(PRESETS))
    return means


async def many_sessions(address: str, seconds: float, took: Measure) -> None:
    """Open all sessions, then let each choose a preset every few seconds."""

    async def change(session: Session, number: int, begun: float) -> None:
        for turn, preset in enumerate(islice(cycle(PRESETS), int(seconds // EVERY_SECONDS))):
            due = begun + (turn + number / SESSIONS) * EVERY_SECONDS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            took.add(await session.choose(preset))

    async with AsyncExitStack() as open_:
        sessions = []
        for _ in range(SESSIONS):
            session = Session(await open_.enter_async_context(_stream(address)))
            await session.open()
            sessions.append(session)
        begun = time.perf_counter()
        changes = [change(session, number, begun) for number, session in enumerate(sessions)]
        await asyncio.gather(*changes)


# --- all of it --------------------------------------------------------------------------------


def main() -> int:
    """Measure, print, and say whether every bar is kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--database", type=Path)
    parser.add_argument("--seconds", type=float, default=60, help="how long 20 sessions last")
    parser.add_argument("--runs", type=int, default=12, help="preset clicks; a third first pages")
    options = parser.parse_args()
    clicks = Measure("preset click to the last chart redrawn (Chromium)", 0.7, 0.5)
    first = Measure("first page in a fresh browser, to the last chart", 3.5, 0.5)
    cpu = Measure("server CPU of a rerun of the Overview", 0.15, 0.5)
    crowd = Measure(
        f"{SESSIONS} sessions, a change every {EVERY_SECONDS} s, to run's end", 1.0, 0.95
    )
    with TemporaryDirectory() as place:
        folder = Path(place)
        if options.database:
            shutil.copy(options.database, folder / "bench.db")
        else:
            reference.make(folder / "bench.db")
        with server(folder, DATABASE_URL="sqlite:///./bench.db") as (address, process):
            if CHROMIUM:
                with chromium() as browser:
                    list(first_pages(browser, address, 1))  # warm
                    for seconds in first_pages(browser, address, max(3, options.runs // 3)):
                        first.add(seconds)
                    for seconds in preset_clicks(browser, address, options.runs):
                        clicks.add(seconds)
            for seconds in asyncio.run(rerun_cpu(address, process, 10)):
                cpu.add(seconds)
            asyncio.run(many_sessions(address, options.seconds, crowd))
    measures = [measure for measure in (clicks, first, cpu, crowd) if measure.values]
    print(f"{'milliseconds':<52}{'n':>5}{'median':>9}{'p95':>9}   bar{'':<18}load")
    for measure in measures:
        print(measure.line())
    print(f"{os.cpu_count()} CPUs; mean load {statistics.mean(crowd.loads):.1f} with 20 sessions")
    return 0 if all(measure.passed for measure in measures) else 1


if __name__ == "__main__":
    sys.exit(main())
