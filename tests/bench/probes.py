"""What needs a process of its own: `python -m tests.bench.probes build|serve|write SIZE FOLDER`.

`build` opens a database and brings its rollups up to date, `serve` answers every question, `write`
changes a copy. Each prints one line of JSON; memory is the process's peak, in bytes.
"""

import json
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from analytics.settings import Settings
from analytics.storage.store import open_database
from tests.bench.databases import Made
from tests.bench.questions import PERIODS, Product, questions

LATE = 1_000
BULK = 20_000
ROUNDS = 3


def probe(name: str, made: Made) -> dict[str, Any]:
    """Run one in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.probes", name, made.size, str(made.folder)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(found))


def _memory() -> int:
    # Not from getrusage: on Linux that begins with the peak of the process that started this one.
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def build(made: Made) -> dict[str, Any]:
    """Seconds and memory of a build, or of looking that there is nothing to build."""
    store = open_database(
        Settings(database_url=f"sqlite:///{made.raw.absolute()}", reporting_timezone="UTC")
    )
    before = store.freshness() if store.readable() else None  # None also for an older release's
    began = time.perf_counter()
    store.refresh()
    seconds, after = time.perf_counter() - began, store.freshness()
    store.close()
    return {"seconds": seconds, "memory": _memory(), "built": before != after}


def serve(made: Made) -> dict[str, Any]:
    """Memory of a process that has answered every question once."""
    product = Product(made)
    asked = 0
    for period in PERIODS:
        for filtered in (False, True):
            for question in questions(period, filtered=filtered):
                product.ask(question, product.page(question))
                asked += 1
    product.store.close()
    return {"questions": asked, "memory": _memory()}


def write(made: Made) -> dict[str, Any]:
    """Seconds of refreshes and of bulk inserts with and without triggers, on a copy."""
    with TemporaryDirectory(dir=made.folder) as folder:
        copy = Made(made.size, Path(folder))
        shutil.copyfile(made.raw, copy.raw)
        shutil.copyfile(made.rollup, copy.rollup)
        product = Product(copy)
        dice = random.Random(1)  # noqa: S311
        with closing(sqlite3.connect(copy.raw, isolation_level=None)) as database:
            sessions = [row[0] for row in database.execute("SELECT id FROM sessions")]
            last = database.execute("SELECT max(started_at) FROM sessions").fetchone()[0]
            end = datetime.fromisoformat(last)

            def insert(count: int) -> float:
                rows = []
                for _ in range(count):
                    at = end - timedelta(seconds=dice.randrange(300 * 86_400))
                    rows.append(
                        (str(uuid.UUID(int=dice.getrandbits(128))), dice.choice(sessions), str(at))
                    )
                began = time.perf_counter()
                database.execute("BEGIN IMMEDIATE")
                database.executemany(
                    "INSERT INTO messages (id, session_id, sender_type, content, created_at)"
                    " VALUES (?, ?, 'user', 'Hello', ?)",
                    rows,
                )
                database.execute("COMMIT")
                return time.perf_counter() - began

            def refreshed(count: int) -> float:
                insert(count)
                return _seconds(product.store.refresh)

            one = median(refreshed(1) for _ in range(ROUNDS))
            late = median(refreshed(LATE) for _ in range(ROUNDS))
            product.store.close()
            with_triggers, without = [], []
            for _ in range(ROUNDS):
                with_triggers.append(insert(BULK))
                triggers = database.execute(
                    "SELECT type, name, sql FROM sqlite_master WHERE name LIKE 'rollup%'"
                    " AND sql IS NOT NULL ORDER BY type"
                ).fetchall()
                for kind, name, _ in reversed(triggers):
                    database.execute(f'DROP {kind} "{name}"')
                without.append(insert(BULK))
                for _, _, sql in triggers:
                    database.execute(sql)
    return {"one": one, "late": late, "logged": median(with_triggers), "plain": median(without)}


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    work = {"build": build, "serve": serve, "write": write}[sys.argv[1]]
    print(json.dumps(work(Made(sys.argv[2], Path(sys.argv[3])))))
