"""The law for scopes where they are asked for: pages, endpoints and files show what they show of a
database from which everybody else's rows were deleted."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from analytics.metrics.pages import NAVIGATION
from analytics.output.images import available
from analytics.reading import reader as of_reading
from analytics.reading.reader import Scope
from analytics.service import service
from analytics.storage.store import Store
from analytics.web import downloads
from analytics.web.api import create_app
from analytics.web.asker import clock
from tests.conftest import SETTINGS_FILES
from tests.databases import Raw, write
from tests.deleting import Slice, in_pairs, of_people, rich
from tests.searching import wait_until_built
from tests.telling import NOW
from tests.test_pages import ROOT, forget

Address = tuple[str, dict[str, str | list[str]]]  # a page and its parameters
Answer = list[str]

SCOPES: dict[str, Slice] = {"a department": ("Acme", "Sales"), "an organization": ("Zebra",)}
SALES, ZEBRA = SCOPES.values()
# The same to whoever reads, another one to what keeps its answers.
SALES_AGAIN = Scope.of(SALES, ("Nowhere",))
DAYS: dict[str, str | list[str]] = {"dates": ["2026-03-09", "2026-03-31"], "preset": "Custom dates"}
LINK: dict[str, str | list[str]] = {"start_date": "2026-03-09", "end_date": "2026-03-31"}
# Of everybody: somebody's of the one scope, of the other one, of none.
CONVERSATIONS = "s04_ann", "s40_zoe", "s66_ned"
PEOPLE = "ann", "zoe", "ned"
# No scope changes them: `views` are everybody's, and shown to nobody in particular.
PAGES = [name for name in NAVIGATION if name not in ("views", "person", "conversation")]

ADDRESSES: list[Address] = [
    *((page, {}) for page in PAGES),
    *(("conversation", {"id": id_, "found": "budget"}) for id_ in CONVERSATIONS),
    *(("person", {"id": id_} | DAYS) for id_ in PEOPLE),
    ("overview", DAYS | {"organization": "Zebra", "only_topic": ["Budget", "Nothing"]}),
    ("overview", DAYS | {"compare": "year", "only_twin": "t_zoe"}),
    ("retention", DAYS | {"only_by_others": "true", "only_user": "a"}),
    ("organizations", DAYS | {"open": "Zebra", "department": "Sales"}),
    ("twins", DAYS | {"only_twin": "t_ann"}),
    ("people", LINK | {"who": "all", "sort": "name", "search": "e"}),
    ("people", LINK | {"cohort": "2026-03-02", "week": "1"}),
    ("people", LINK | {"twin": "t_ann", "power_users": "true"}),
    ("activities", LINK | {"search": "budget", "email": "z"}),
    ("activities", DAYS | {"search": "zoe"}),
    ("activities", LINK | {"hour": "10"}),
    ("activities", LINK | {"messages": "true", "in_only_person": "zoe", "page": "2"}),
    ("documents", LINK | {"document_type": "report", "twin": "t_zoe"}),
    ("queries", LINK | {"unknown_twin": "true", "in_organization": "Acme"}),
    ("installations", LINK | {"in_only_person": "ann"}),
]  # fmt: skip


def name_of(address: Address) -> str:
    page, asked = address
    return f"{page} {asked}" if asked else page


# --- asking ------------------------------------------------------------------------------------


class Noon(datetime):
    """Pages are seen at one moment."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Noon":
        return cls.fromtimestamp(NOW.timestamp(), tz)


def page_of(address: Address) -> AppTest:
    page, asked = address
    made = AppTest.from_file(str(ROOT / "ui/main.py"), default_timeout=60)
    for name, texts in asked.items():
        made.query_params[name] = texts
    return (made if page == "overview" else made.switch_page(f"../pages/{page}.py")).run()


def shown(made: AppTest) -> Answer:
    """Every element, with all that the browser gets of it: texts, options, links, rows."""
    assert not made.exception
    assert made.title[0].value != "The dashboard can't show its numbers", made.text
    return [masked(f"{node.type} {node.proto}") for node in [*made.main, *made.sidebar]]


def masked(text: str) -> str:
    """Without when the rows were counted."""
    text = re.sub(r"As of .{,25}? \(", "As of then (", text)
    return re.sub(r"(Read|read|counted) \d.{,40}?(?= ago|,)", "Read then", text)


def of_pages(addresses: list[Address]) -> Iterator[tuple[str, Answer]]:
    for address in addresses:
        yield name_of(address), shown(page_of(address))


class Web:
    """The API and the files of the open database."""

    def __init__(self) -> None:
        self.api = create_app()
        self.api.dependency_overrides[clock] = lambda: NOW
        files = Starlette(routes=downloads.ROUTES)
        files.dependency_overrides = self.api.dependency_overrides  # type: ignore[attr-defined]
        self._clients = TestClient(self.api), TestClient(files)

    def get(self, path: str, **headers: str) -> Any:
        is_file = path.startswith("/download/")
        return self._clients[is_file].get(path, headers=headers)

    def paths(self) -> Iterator[str]:
        """Whatever answers a GET with what the database holds."""
        asked = ("", "start_date=2026-03-09&end_date=2026-03-31&compare=year&organization=Zebra"
                 "&twin=t_zoe")  # fmt: skip
        for path in self.api.openapi()["paths"]:
            if path.startswith("/api/") and "{" not in path:
                yield from (f"{path}?{each}" for each in asked)
                yield f"{path}?format=csv"
        for route in downloads.ROUTES:
            kind = route.path.rpartition(".")[2]
            if kind == "csv" or (kind == "html" and available()):
                yield f"{route.path}?start_date=2026-03-09&end_date=2026-03-31"
        for id_ in CONVERSATIONS:
            yield f"/api/activities/{id_}"
        yield "/api/activities?limit=3&page=2&messages=true&start_date=2026-03-09"
        yield "/api/people?activity=all&search=z&sort=name"
        for path in ("/api/activities", "/download/activities.csv"):
            yield f"{path}?search=zoe"
            yield f"{path}?search=budget&user=e"

    def answer(self, path: str) -> Answer:
        found = self.get(path)
        assert found.status_code in (200, 404), found.text
        kept = {name: found.headers.get(name) for name in ("content-type", "content-disposition")}
        return [f"{found.status_code} {kept}", *masked(found.text).splitlines(keepends=True)]

    def answers(self) -> Iterator[tuple[str, Answer]]:
        for path in self.paths():
            yield path, self.answer(path)


@contextmanager
def seeing(scope: Scope | None) -> Iterator[None]:
    """Whoever asks may see this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ui.access.scope", lambda: scope)
        patch.setattr("analytics.web.asker.scope_of", lambda _: scope)
        yield


# --- what is asked -----------------------------------------------------------------------------

Told = dict[str, Answer]
Open = Callable[[Raw], Store]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Opens a database of these rows, at the same place whatever they are, as this process's."""
    folder = tmp_path_factory.mktemp("law") / "here"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("DATABASE_URL", f"sqlite:///{folder / 'data.db'}")
        patch.setenv("REPORTING_TIMEZONE", rich().zone)
        patch.setenv("REFRESH_SECONDS", "0")
        patch.setattr("ui.page_context.datetime", Noon)

        def open_(raw: Raw) -> Store:
            forget()
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            write(raw, folder / "data.db")
            wait_until_built(service())
            return service().store()

        yield open_
        forget()


@pytest.fixture(scope="module")
def deleted(opened: Open) -> Mapping[Slice, tuple[Told, Told]]:
    """What pages show and what the web answers where everybody outside a scope was deleted."""
    told = {}
    for pair in SCOPES.values():
        opened(of_people(rich(), in_pairs(pair)))
        told[pair] = dict(of_pages(ADDRESSES)), dict(Web().answers())
    return told


@pytest.fixture(scope="module")
def full(deleted: Mapping[Slice, tuple[Told, Told]], opened: Open) -> Store:
    """The rich database, opened when the others were asked."""
    return opened(rich())


def difference(found: Answer, expected: Answer) -> str:
    """The first element or line that is another one than it should be."""
    for n in range(max(len(found), len(expected))):
        one, other = (" ".join(each[n : n + 1]) for each in (found, expected))
        if one != other:
            return f"{one}\nbut should be\n{other}"
    return ""


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("address", ADDRESSES, ids=name_of)
def test_a_page_shows_a_scope_as_if_all_others_were_deleted(
    deleted: Mapping[Slice, tuple[Told, Told]], address: Address
) -> None:
    everything = shown(page_of(address))
    for pair in SCOPES.values():
        with seeing(Scope.of(pair)):
            found = shown(page_of(address))
        assert difference(found, deleted[pair][0][name_of(address)]) == ""
        assert found != everything


@pytest.mark.usefixtures("full")
def test_the_web_answers_a_scope_as_if_all_others_were_deleted(
    deleted: Mapping[Slice, tuple[Told, Told]],
) -> None:
    web = Web()
    for path in web.paths():
        everything = web.get(path)
        for pair in SCOPES.values():
            with seeing(Scope.of(pair)):
                assert difference(web.answer(path), deleted[pair][1][path]) == "", path
                if tag := everything.headers.get("etag"):
                    again = web.get(path, **{"if-none-match": tag})
                    assert again.status_code != 304, path
        assert web.get(path).content == everything.content
