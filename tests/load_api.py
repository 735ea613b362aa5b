"""32 clients at once while rows are written: `python -m tests.load_api [--seconds 60]`.

On a copy of a database (sample data, if none is named) one thread inserts conversations, another
rebuilds the rollups as a second process would. Prints requests per second, the median and the 95th
percentile; ends with status 1 after an error, a failed write, or two answers to the same question
about the same data version that differ.
"""

import argparse
import shutil
import sqlite3
import statistics
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2 as httpx

from analytics.metrics.registry import RESULTS
from analytics.settings import Settings
from analytics.storage.store import open_database
from tests.servers import served

CLIENTS = 32
REFRESH_SECONDS = 5
WRITE_SECONDS = 0.05
ACTIVITIES = ("/api/activities", "/api/activities?type=document", "/api/activities?page=2&limit=50")
PATHS = tuple(f"/api/{report.path}" for report in RESULTS) + ACTIVITIES


@dataclass
class Seen:
    """What the clients saw."""

    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    bodies: dict[tuple[str, str], bytes] = field(default_factory=dict)
    writes: int = 0
    refreshes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def error(self, text: str) -> None:
        """Count an error."""
        with self.lock:
            self.errors[text] += 1

    def answer(self, path: str, response: httpx.Response, took: float) -> None:
        """Count an answer, and compare it with others of its data version."""
        key = path, response.headers.get("etag", "")
        with self.lock:
            self.seconds.append(took)
            if response.status_code != 200:
                self.errors[f"{response.status_code} {path}: {response.text[:120]}"] += 1
            elif self.bodies.setdefault(key, response.content) != response.content:
                self.errors[f"two answers for one version: {path}"] += 1


def ask(address: str, first: int, until: float, seen: Seen) -> None:
    """One client: every path in turn, as fast as it gets answers."""
    with httpx.Client(base_url=address, timeout=60) as client:
        n = first
        while time.monotonic() < until:
            path = PATHS[n % len(PATHS)]
            began = time.perf_counter()
            try:
                response = client.get(path)
            except httpx.HTTPError as error:
                seen.error(f"{type(error).__name__} {path}")
            else:
                seen.answer(path, response, time.perf_counter() - began)
            n += 1


def insert(database: Path, until: float, seen: Seen) -> None:
    """A conversation and its first message at a time, each in a short transaction."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        user, twin = connection.execute("SELECT user_id, id FROM twins LIMIT 1").fetchone()
        while time.monotonic() < until:
            key, now = str(uuid.uuid4()), f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
            try:
                with connection:
                    connection.execute(
                        "INSERT INTO sessions (id, user_id, twin_id, platform, started_at)"
                        " VALUES (?, ?, ?, 'slack', ?)",
                        (key, user, twin, now),
                    )
                    connection.execute(
                        "INSERT INTO messages (id, session_id, sender_type, content, created_at)"
                        " VALUES (?, ?, 'user', 'Hello', ?)",
                        (key, key, now),
                    )
            except sqlite3.Error as error:
                seen.error(f"writer: {error}")
            seen.writes += 1
            time.sleep(WRITE_SECONDS)


def refresh(database: Path, until: float, seen: Seen) -> None:
    """Rebuild the rollups now and then."""
    store = open_database(Settings(database_url=f"sqlite:///{database}"))
    while time.monotonic() + REFRESH_SECONDS < until:
        time.sleep(REFRESH_SECONDS)
        store.refresh()
        seen.refreshes += 1
    store.close()


def load(database: Path, seconds: float) -> Seen:
    """What 32 clients see in so many seconds."""
    seen = Seen()
    with served(database) as address:
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=ask, args=(address, n, until, seen)) for n in range(CLIENTS)
        ]
        threads += [
            threading.Thread(target=work, args=(database, until, seen))
            for work in (insert, refresh)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return seen


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path, help="a database (copied); else sample data")
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "load.db"
        if asked.database:
            shutil.copy(asked.database, path)
        else:
            from seed import generate  # noqa: PLC0415 - not for a given database

            generate(path, users=40, organizations=6, days=90)
        seen = load(path, asked.seconds)
    hundredths = statistics.quantiles(seen.seconds, n=100)
    print(
        f"{CLIENTS} clients: {len(seen.seconds) / asked.seconds:,.0f} requests/s,"
        f" p50 {hundredths[49] * 1000:.0f} ms, p95 {hundredths[94] * 1000:.0f} ms;"
        f" {seen.writes:,} writes, {seen.refreshes} refreshes, {len(seen.bodies):,} questions and"
        f" versions, {seen.errors.total()} errors"
    )
    for error, times in seen.errors.most_common(10):
        print(f"{times} x {error}")
    return 1 if seen.errors else 0


if __name__ == "__main__":
    sys.exit(main())
