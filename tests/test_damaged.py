"""Databases damaged at random: whatever is asked of them, the answer is 200 or a 503 in words.

Many of them, with what was said: `python -m tests.test_damaged 0 500`.
"""

import logging
import random
import shutil
import sys
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from analytics.lists.activities import all_activities
from analytics.lists.registry import LISTS
from analytics.metrics.registry import RESULTS
from analytics.reading.reader import reading
from analytics.search.index import Search
from analytics.service import Service
from analytics.storage.faults import DatabaseProblem
from analytics.web.api import create_app
from analytics.web.asker import the_service
from seed import generate
from tests.conftest import settings_for
from tests.databases import activity_query

PAGE = 4096
FILES = ("data.db", "data.rollup.db", "data.search.db")
PATHS = (
    "/health",
    *(f"/api/{report.path}" for report in RESULTS),
    *(f"/api/{path}" for path in ("activities", *(listed.slug for listed in LISTS))),
    "/api/activities?format=csv",
)


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The file after some of the accidents that happen to files."""
    torn = bytearray(content)
    pages = [page * PAGE for page in range(len(torn) // PAGE)]
    for _ in range(rng.choice((1, 1, 5, 50))):
        start = rng.choice((pages[0], rng.choice(pages)))  # half of it in the schema
        at = start + rng.choice((rng.randrange(100), rng.randrange(PAGE)))
        whole = rng.choice(pages[1:])
        match rng.choice(("bit", "bit", "bytes", "zeros", "swapped", "cut")):
            case "bit":
                torn[at] ^= 1 << rng.randrange(8)
            case "bytes":
                torn[at : at + 16] = rng.randbytes(16)
            case "zeros":
                torn[whole : whole + PAGE] = bytes(PAGE)
            case "swapped":
                torn[whole : whole + PAGE] = torn[start : start + PAGE]
            case "cut":
                return bytes(torn[: rng.randrange(len(torn))])
    return bytes(torn)


def make(folder: Path) -> None:
    """A database and all that is made beside it."""
    generate(folder / "data.db", users=8, organizations=3, days=30, seed=1)
    store = opened(folder).store()
    Search(store).update()
    store.close()


def opened(folder: Path) -> Service:
    settings = settings_for(folder / "data.db")
    return Service(settings.model_copy(update={"search": False, "refresh_seconds": 0}))


def said_of(sound: Path, folder: Path, seed: int) -> Counter[str]:
    """What is answered when a file of the folder is damaged; raises what no user may see."""
    rng = random.Random(seed)  # noqa: S311
    harmed = rng.choice((*FILES, *FILES[:1] * 3))
    alone = rng.random() < 0.3  # nothing is beside the database yet
    for file in {harmed, FILES[0]} if alone else FILES:
        shutil.copyfile(sound / file, folder / file)
    (folder / harmed).write_bytes(damaged((sound / harmed).read_bytes(), rng))
    service, app, said = opened(folder), create_app(), Counter[str]()
    app.dependency_overrides |= {the_service: lambda: service}
    client = TestClient(app)
    try:
        for path in PATHS:
            answer = client.get(path)
            assert answer.status_code in (200, 503), (path, answer.text)
            if answer.status_code == 503:
                problem = answer.json()["detail" if path != "/health" else "reason"]
                assert problem.endswith("."), (path, problem)
                said[f"{harmed}: {problem}"] += 1
        with suppress(DatabaseProblem):
            store = service.store()
            Search(store).keep_up(threading.Event(), 0)
            said[f"{harmed}: search: {store.search_problem}"] += 1
            with reading(store) as reader:
                all_activities(reader, activity_query(search="the"), datetime.now(UTC))
    finally:
        service.close()
    return said


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    make(folder)
    return folder


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_file_is_read_or_explained(sound: Path, tmp_path: Path, seed: int) -> None:
    said_of(sound, tmp_path, seed)


def main(first: int, last: int) -> None:
    logging.disable()
    said = Counter[str]()
    with tempfile.TemporaryDirectory() as text:
        make(Path(text))
        for seed in range(first, last):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    said += said_of(Path(text), Path(folder), seed)
                except Exception as error:
                    said[f"FAULT of {seed}: {type(error).__name__} {error}"] += 1
    for text, count in sorted(said.items()):
        sys.stdout.write(f"{count:6} {text}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
