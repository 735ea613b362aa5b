"""Damaged databases and foreign characters, on every surface: `python -m tests.damage`.

Every surface is asked: each page in-process, each download, each endpoint of the API, found from
the routes, the registry and the folder of pages, so that a new one is in it. None may end the
process, answer 500, show a traceback, load without an end, or name a false reason.

- *Damage*: bytes of a small database are flipped, blanked or cut off. It may be refused (503, a
  problem page), in words of the product.
- *Foreign*: control and foreign characters, bytes that are no UTF-8, BLOBs and numbers in text
  columns, and as every parameter. The database is well, so everything answers.
"""

import argparse
import logging
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

from fastapi.testclient import TestClient
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from analytics.models import RAW_MODELS, StoredText, table_of
from analytics.service import service
from analytics.settings import Settings, load_settings
from analytics.web import downloads
from analytics.web.api import app as api
from analytics.web.api import routes
from seed import generate
from tests.servers import ROOT

SECONDS = 120  # a surface that has not answered by then loads without an end
CHARACTERS = (
    b"\0", b"\a", b"\t", b"\r\n", b"\x0b", b"\x1b[31m", b"\x7f", "\x85".encode(), "\x9b".encode(),
    "\u200b".encode(), "\u202e".encode(), "\u2028".encode(), "\ufeff".encode(), "\ufffd".encode(),
    "\ufffe".encode(), "\uffff".encode(), "\uff1d1".encode(), "\u0e01\u0e33".encode(),
    "\U0001f469\u200d\U0001f4bb".encode(), b"\xed\xa0\x80", b"\xfc", b"\xc3",
)  # fmt: skip
COLUMNS = [
    (table_of(model).name, column.name)
    for model in RAW_MODELS
    for column in table_of(model).columns
    if isinstance(column.type, StoredText)
]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
# Names of parameters in a page's address: those that widgets are bound to, and those of links.
IN_ADDRESS = (
    "organization", "department", "dates", "preset", "compare", "compare_dates", "start_date",
    "end_date", "in_organization", "in_department", "in_compare", "in_compare_dates", "restore",
    "back", "page", "search", "email", "type", "twin", "who", "sort", "order", "id", "found",
    "find", "views_page", "person", "unknown_twin", "by_others", "hour", "topic", "document_type",
    "messages", "cohort", "week", "eligible", "returned", "power_users",
    "group", "since",
    "active_days",
)  # fmt: skip
NO_FAULT = {200, 304, 404, 422}


@dataclass
class Found:
    """How many surfaces were asked, and which failed."""

    asked: int = 0
    failed: list[str] = field(default_factory=list)

    def add(self, place: str, said: str) -> None:
        """Count a surface; `said` is what was wrong with it, or nothing."""
        self.asked += 1
        if said:
            self.failed.append(f"{place}: {said}")
            print(self.failed[-1], file=sys.stderr, flush=True)


# --- asking ------------------------------------------------------------------------------------


@contextmanager
def opened(database: Path) -> Iterator[TestClient]:
    """A process of this database, as far as a test has one: its API and downloads."""

    def forget() -> None:
        if service.cache_info().currsize:
            service().close()
        service.cache_clear()
        load_settings.cache_clear()

    before = os.environ.copy()
    forget()
    os.environ["DATABASE_URL"] = f"sqlite:///{database}"
    os.environ["REFRESH_SECONDS"] = "0"
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        app = Starlette(routes=[*routes(), *downloads.ROUTES])
        with TestClient(app, raise_server_exceptions=True) as client:
            yield client
    finally:
        forget()
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def in_time() -> Iterator[None]:
    """Raise TimeoutError where something takes too long."""

    def late(*_: Any) -> None:
        raise TimeoutError(f"no answer within {SECONDS} seconds")

    old = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)


def ask(client: TestClient, address: str, *, well: bool) -> str:
    """What is wrong with an answer; "" if nothing is. A database that is well is never 503."""
    try:
        with in_time():
            answer = client.get(address)
            text = answer.text if answer.headers.get("content-type", "")[:5] != "image" else ""
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"{type(error).__name__} {error}"[:300]
    if answer.status_code not in (NO_FAULT if well else NO_FAULT | {503}):
        return f"{answer.status_code} {text[:200]}"
    return "a traceback" if "Traceback" in text else ""


def look(page: str, address: dict[str, list[str]], *, well: bool) -> str:
    """What is wrong with a page; "" if nothing is. Of a well database it shows no problem."""
    made = AppTest.from_file(str(ROOT / "ui/main.py"), default_timeout=SECONDS)
    try:
        for name, texts in address.items():
            made.query_params[name] = texts
        if page != "overview":
            made.switch_page(f"../pages/{page}.py")
        made.run()
    except Exception as error:
        return f"{type(error).__name__} {error}"[:300]
    if made.exception:
        return f"an exception: {made.exception[0].message}"[:300]
    title = made.title[0].value if made.title else "no title"
    if title == "The dashboard can't show its numbers":
        said = made.subheader[0].value
        if well or said.startswith("Something went wrong"):
            return f"{said}: {[text.value for text in made.text]}"
    return "" if made.title else title


# --- all surfaces ------------------------------------------------------------------------------


def addresses(ids: list[str], *, pictures: bool) -> list[str]:
    """Every address that answers a GET, from the API's documentation and the downloads."""
    found = [path for path in api.openapi()["paths"] if "{" not in path]
    found += [f"{path}?format=csv" for path in found if path.startswith("/api/")]
    found += [f"/api/activities/{quote(id_, safe='')}" for id_ in ids]
    found += ["/api/activities?search=the", "/api/people?search=a", "/api/activities?user=a"]
    for route in downloads.ROUTES:
        picture = route.path.endswith((".png", ".svg", ".html"))
        if pictures or not picture:
            found.append(f"{route.path}?start_date=2026-01-01&end_date=2026-03-31")
    return found


def some_ids(database: Path, table: str, most: int) -> list[str]:
    """Some ids as text, whatever they are; none where the table can't be read."""
    try:
        with closing(sqlite3.connect(database)) as raw:
            raw.text_factory = lambda held: held.decode("utf-8", "replace")
            return [str(row[0]) for row in raw.execute(f"SELECT id FROM {table} LIMIT {most}")]
    except Exception:  # damaged in any way
        return []


def ask_all(database: Path, found: Found, name: str, *, well: bool, drawn: bool = True) -> None:
    """Ask every surface of a database; unless `drawn`, neither pages nor pictures."""
    people, talks = some_ids(database, "users", 2), some_ids(database, "sessions", 3)
    with opened(database) as client:
        for address in addresses(talks, pictures=drawn):
            found.add(f"{name} {address}", ask(client, address, well=well))
        if not drawn:
            return
        ids = {"person": people, "conversation": talks}
        for page in PAGES:
            asked = {"id": ids[page][:1]} if ids.get(page) else {}
            found.add(f"{name} page {page}", look(page, asked, well=well))


# --- damage ------------------------------------------------------------------------------------


def flipped(content: bytearray, chance: random.Random, first: int, last: int) -> None:
    """Some bits are others."""
    for _ in range(chance.choice((1, 1, 3, 20))):
        content[chance.randrange(first, max(first + 1, last))] ^= 1 << chance.randrange(8)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """A database file with something wrong, in its header, schema, or anywhere."""
    made, page = bytearray(content), 4_096
    kind = chance.randrange(7)
    at = chance.randrange(len(made) // page) * page
    if kind == 0:
        flipped(made, chance, 16, 100)
    elif kind == 1:
        flipped(made, chance, 100, page)
    elif kind in (2, 3):
        flipped(made, chance, page, len(made))
    elif kind == 4:
        made[at : at + page] = bytes(page)
    elif kind == 5:
        del made[chance.randrange(1, len(made)) :]
    else:
        made[at : at + page] = chance.randbytes(page)
    return bytes(made)


def damage(source: Path, folder: Path, count: int, seed: int, *, drawn: bool = True) -> Found:
    """Ask everything of so many damaged copies."""
    found, content = Found(), source.read_bytes()
    for n in range(seed, seed + count):
        path = folder / f"damaged-{n}" / "data.db"
        path.parent.mkdir()
        path.write_bytes(damaged(content, random.Random(n)))  # noqa: S311 - the same each time
        ask_all(path, found, f"damaged {n}", well=False, drawn=drawn)
        shutil.rmtree(path.parent)
    return found


# --- foreign characters ------------------------------------------------------------------------


def altered(source: Path, path: Path, columns: list[tuple[str, str]], change: str) -> None:
    """A copy in which this SQL was done to each of these columns."""
    shutil.copy(source, path)
    with closing(sqlite3.connect(path)) as raw:
        for table, column in columns:
            raw.execute(change.format(table=table, column=column))
        raw.commit()


def with_characters(source: Path, path: Path, end: bytes, columns: list[tuple[str, str]]) -> None:
    """A copy in which every text of these columns ends with these bytes, ids and who names them."""
    longer = f"CAST(CAST({{column}} AS BLOB) || x'{end.hex()}' AS TEXT)"
    change = f"UPDATE {{table}} SET {{column}} = {longer} WHERE {{column}} IS NOT NULL"
    altered(source, path, columns, change)


def with_value(source: Path, path: Path, value: str, columns: list[tuple[str, str]]) -> None:
    """A copy in which one row of each of these columns holds this SQL value."""
    last = "rowid = (SELECT max(rowid) FROM {table})"
    altered(
        source, path, columns,
        f"UPDATE OR IGNORE {{table}} SET {{column}} = {value} WHERE {last}",
    )  # fmt: skip


def everywhere(
    source: Path, folder: Path, ends: Sequence[bytes] = CHARACTERS, *, drawn: bool = True
) -> Found:
    """Ask everything of databases in which all texts of all columns end with such characters."""
    found = Found()
    marks = [column for column in COLUMNS if column[1] != "sender_type"]
    for end in ends:
        path = folder / f"all-{end.hex()}" / "data.db"
        path.parent.mkdir()
        with_characters(source, path, end, marks)
        ask_all(path, found, f"all columns end with {end!r}", well=True, drawn=drawn)
        shutil.rmtree(path.parent)
    return found


def one_by_one(source: Path, folder: Path) -> Found:
    """Ask all but pages and pictures of databases in which one row's one value is odd."""
    found = Found()
    values = [f"CAST(x'61{end.hex()}62' AS TEXT)" for end in CHARACTERS]
    for value in (*values, "x'00ff61'", "17", "1.5", "''"):
        for column in COLUMNS:
            path = folder / f"one-{len(found.failed)}-{found.asked}" / "data.db"
            path.parent.mkdir()
            with_value(source, path, value, [column])
            name = f"{'.'.join(column)} = {value}"
            ask_all(path, found, name, well=True, drawn=False)
            shutil.rmtree(path.parent)
    return found


def parameters(
    source: Path, folder: Path, ends: Sequence[bytes] = CHARACTERS, *, drawn: bool = True
) -> Found:
    """Send foreign characters as every parameter of every endpoint, download and page.

    Unless `drawn`, to neither pages nor pictures.
    """
    found = Found()
    path = folder / "parameters" / "data.db"
    path.parent.mkdir()
    shutil.copy(source, path)
    named: dict[str, set[str]] = {
        address: {one["name"] for one in about["get"].get("parameters", ())}
        for address, about in api.openapi()["paths"].items()
    }
    every = set().union(*named.values())
    for route in downloads.ROUTES:  # a picture takes long, and writes what it is filtered by
        if drawn or route.path.endswith(".csv"):
            is_picture = not route.path.endswith(".csv")
            named[route.path] = {"organization", "theme"} if is_picture else every
    with opened(path) as client:
        for end in ends:
            for text in (quote(end), quote(b"a" + end + b"b")):
                for address, names in named.items():
                    if "{" in address:
                        address = re.sub(r"\{.*?\}", text, address)  # noqa: PLW2901
                    for name in sorted(names) or [""]:
                        asked = f"{address}?{name}={text}" if name else address
                        found.add(asked, ask(client, asked, well=True))
            shown = (b"a" + end + b"b").decode("utf-8", "replace")
            for page in PAGES if drawn else ():
                address_of = {name: [shown] for name in IN_ADDRESS}
                # Only what can't be asked at all may be a problem page.
                said = look(page, address_of, well=True)
                if said.startswith("This question can't be answered"):
                    said = ""
                found.add(f"page {page} with {end!r}", said)
    shutil.rmtree(path.parent)
    return found


# --- the command -------------------------------------------------------------------------------


def small(path: Path) -> Path:
    """A small sample of three months."""
    generate(path, users=5, organizations=2, days=90, end_date=date(2026, 3, 31), force=True)
    return path


def main() -> int:
    """The command: 0 where every surface answered."""
    parser = argparse.ArgumentParser(prog="python -m tests.damage", description=__doc__)
    parser.add_argument("--databases", type=int, default=100, help="how many damaged ones")
    parser.add_argument("--seed", type=int, default=1, help="the first one's")
    parser.add_argument("--only", choices=("damage", "everywhere", "one-by-one", "parameters"))
    asked = parser.parse_args()
    for name in Settings.model_fields:
        os.environ.pop(name.upper(), None)
    for name in ("analytics.access", "streamlit.runtime.scriptrunner_utils.script_run_context"):
        logging.getLogger(name).disabled = True
    began = monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = small(folder / "source.db")
        parts: dict[str, Callable[[], Found]] = {
            "damage": lambda: damage(source, folder, asked.databases, asked.seed),
            "everywhere": lambda: everywhere(source, folder),
            "one-by-one": lambda: one_by_one(source, folder),
            "parameters": lambda: parameters(source, folder),
        }
        failed = 0
        for part, run in parts.items():
            if asked.only in (None, part):
                found = run()
                failed += len(found.failed)
                print(f"{part}: {found.asked:,} surfaces asked, {len(found.failed):,} failed")
    print(f"{monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
