"""The law for scopes where they are asked for: pages, endpoints and files show what they show of a
database from which everybody else's rows were deleted."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from analytics.app.notes import Note, restore_note
from analytics.app.store import app_store
from analytics.metrics.pages import NAVIGATION
from analytics.output.images import available
from analytics.reading.reader import Scope, reading
from analytics.service import service
from analytics.settings import load_settings
from analytics.storage.database import Freshness
from analytics.storage.store import Store
from analytics.web import downloads
from analytics.web.api import create_app
from analytics.web.asker import Asker, clock
from tests.databases import Raw, write
from tests.deleting import Slice, in_pairs, of_people, rich
from tests.searching import wait_until_built
from tests.telling import NOW
from tests.ui.test_pages import ROOT, forget
from ui.access import Data

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
    ("notes", DAYS | {"weeks": "1"}),
]  # fmt: skip
RATE = "/api/adoption/change/adoption-rate"
NO_ANSWER = (RATE, "/download/results/change-of-adoption-rate.csv")

# What there is to see of notes: by everybody, and in each scope.
_MARCH = date(2026, 3, 16), date(2026, 3, 17)
NOTES: dict[Slice | None, tuple[Note, ...]] = {
    None: (
        Note("All", *_MARCH, id="1"), Note("Sales", *_MARCH, ("Acme",), ("Sales",), "2"),
        Note("Zebra", *_MARCH, ("Zebra",), id="3"), Note("Two", *_MARCH, ("Acme", "Zebra"), id="4"),
    ),
    SALES: (
        Note("All", *_MARCH, id="1"), Note("Sales", *_MARCH, ("Acme",), ("Sales",), "2"),
        Note("Two", *_MARCH, ("Acme",), id="4"),
    ),
    ZEBRA: (
        Note("All", *_MARCH, id="1"), Note("Zebra", *_MARCH, ("Zebra",), id="3"),
        Note("Two", *_MARCH, ("Zebra",), id="4"),
    ),
}  # fmt: skip


def name_of(address: Address) -> str:
    page, asked = address
    return f"{page} {asked}" if asked else page


# --- asking ------------------------------------------------------------------------------------


class Noon(datetime):
    """Pages are seen at one moment."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Noon":
        return cls.fromtimestamp(NOW.timestamp(), tz)


def of_noon(store: Store) -> Freshness | None:
    """What the rollups hold, counted at that moment."""
    found = store.database.freshness()
    return found and replace(found, built_at=NOW)


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
    return [f"{node.type} {node.proto}" for node in [*made.main, *made.sidebar]]


def of_pages() -> Iterator[tuple[str, Answer]]:
    for address in ADDRESSES:
        yield name_of(address), shown(page_of(address))


def used() -> Answer:
    """What pages offer for what is typed, and for what is chosen among their rows."""
    made, found = page_of(("twins", DAYS)), []
    for name, text in (("twin", "T_Z"), ("twin", "T_New_Ned"), ("topic", "tra"), ("user", "z")):
        found += shown(made.text_input(key=f"typed-{name}").set_value(text).run())
    made = page_of(("twins", DAYS))
    for row in range(len(made.selectbox(key="choose-twins").options)):
        found += shown(made.selectbox(key="choose-twins").select_index(row).run())
    made.session_state["explain-topics"] = made.session_state["save-topics"] = True
    return found + shown(made.button(key="turn-topics").click().run())


class Web:
    """The API and the files of the open database."""

    def __init__(self) -> None:
        self.api = create_app()
        self.api.dependency_overrides[clock] = lambda: NOW
        files = Starlette(routes=downloads.ROUTES)
        files.dependency_overrides = self.api.dependency_overrides  # type: ignore[attr-defined]
        self._clients = TestClient(self.api), TestClient(files)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Any:
        is_file = path.startswith("/download/")
        return self._clients[is_file].get(path, headers=headers)

    def paths(self) -> Iterator[str]:
        """Whatever answers a GET with what the database holds."""
        days = "start_date=2026-02-25&end_date=2026-03-31"  # the first days of all are among them
        asked = "", f"{days}&compare=year&organization=Zebra&twin=t_zoe"
        for path in self.api.openapi()["paths"]:
            if path.startswith("/api/") and "{" not in path:
                yield from (f"{path}?{each}" for each in asked)
                yield f"{path}?format=csv"
        for route in downloads.ROUTES:
            kind = route.path.rpartition(".")[2]
            if kind == "csv" or (kind == "html" and available()):
                yield f"{route.path}?{days}"
        yield f"{RATE}?start_date=2026-03-20"
        for id_ in CONVERSATIONS:
            yield f"/api/activities/{id_}"
        yield f"/api/notes?{days}&weeks=1"
        yield "/api/activities?limit=3&page=2&messages=true&start_date=2026-03-09"
        yield "/api/people?activity=all&search=z&sort=name"
        for path in ("/api/activities", "/download/activities.csv"):
            yield f"{path}?search=zoe"
            yield f"{path}?search=budget&user=e"

    def answer(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        found = self.get(path, headers)
        assert found.status_code in (200, 404), (path, found.status_code, found.text)
        kept = {name: found.headers.get(name) for name in ("content-type", "content-disposition")}
        return [f"{found.status_code} {kept}", *found.text.splitlines(keepends=True)]

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
Deleted = Mapping[Slice, tuple[Told, Told]]
Open = Callable[[Raw, Slice | None], Store]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Opens a database of these rows, and what a scope sees of the notes, at the same place
    whatever they are, as this process's."""
    folder = tmp_path_factory.mktemp("law") / "here"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("DATABASE_URL", f"sqlite:///{folder / 'data.db'}")
        patch.setenv("REPORTING_TIMEZONE", rich().zone)
        patch.setenv("REFRESH_SECONDS", "0")
        patch.setattr("ui.page_context.datetime", Noon)
        patch.setattr(Store, "freshness", of_noon)

        def open_(raw: Raw, pair: Slice | None) -> Store:
            forget()
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            write(raw, folder / "data.db")
            for note in NOTES[pair]:
                restore_note(app_store(load_settings()), note)
            wait_until_built(service())
            return service().store()

        yield open_
        forget()


@pytest.fixture(scope="module")
def deleted(opened: Open) -> Deleted:
    """What pages show and what the web answers where everybody outside a scope was deleted."""
    told = {}
    for pair in SCOPES.values():
        opened(of_people(rich(), in_pairs(pair)), pair)
        told[pair] = {**dict(of_pages()), "used": used()}, dict(Web().answers())
    return told


@pytest.fixture(scope="module")
def full(deleted: Deleted, opened: Open) -> Store:
    """The rich database, opened when the others were asked."""
    return opened(rich(), None)


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
    deleted: Deleted, address: Address
) -> None:
    everything = shown(page_of(address))
    for pair in SCOPES.values():
        with seeing(Scope.of(pair)):
            found = shown(page_of(address))
        assert difference(found, deleted[pair][0][name_of(address)]) == ""
        assert found != everything


@pytest.mark.usefixtures("full")
def test_what_is_typed_and_chosen_means_what_a_scope_holds(deleted: Deleted) -> None:
    everything = used()
    for pair in SCOPES.values():
        with seeing(Scope.of(pair)):
            found = used()
        assert difference(found, deleted[pair][0]["used"]) == ""
        assert found != everything


@pytest.mark.usefixtures("full")
def test_the_web_answers_a_scope_as_if_all_others_were_deleted(deleted: Deleted) -> None:
    web = Web()
    for path in web.paths():
        everything = web.get(path)
        for pair in SCOPES.values():
            # What somebody has who may see more is no reason to answer that nothing changed.
            held = {"if-none-match": everything.headers.get("etag", "")}
            with seeing(Scope.of(pair)):
                assert difference(web.answer(path, held), deleted[pair][1][path]) == "", path


# --- without the scope the law is broken -------------------------------------------------------


@contextmanager
def ignoring(*modules: str) -> Iterator[None]:
    """Readers of these modules see everything, whatever their asker may see."""
    with pytest.MonkeyPatch.context() as patch:
        for module in modules:
            patch.setattr(
                f"{module}.reading",
                lambda store, _=None, *, counted=False: reading(store, counted=counted),
            )
        yield


@pytest.mark.usefixtures("full")
def test_a_page_that_ignores_the_scope_is_noticed(deleted: Deleted) -> None:
    with seeing(SALES_AGAIN), ignoring("ui.access"):
        unnoticed = [
            name for name, found in of_pages() if difference(found, deleted[SALES][0][name]) == ""
        ]
    assert unnoticed == []


@pytest.mark.usefixtures("full")
def test_answers_that_are_kept_for_everybody_are_noticed(
    deleted: Deleted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Data, "__hash__", lambda data: hash(data.version))
    monkeypatch.setattr(Data, "__eq__", lambda one, other: one.version == other.version)
    address = ADDRESSES[0]
    page_of(address)
    with seeing(Scope.of(SALES)):
        found = shown(page_of(address))
    assert difference(found, deleted[SALES][0][name_of(address)]) != ""


@pytest.mark.usefixtures("full")
def test_an_answer_that_ignores_the_scope_is_noticed(deleted: Deleted) -> None:
    with (
        seeing(Scope.of(SALES)),
        ignoring("analytics.web.asker", "analytics.output.html_report"),
    ):
        unnoticed = [path for path, found in Web().answers() if found == deleted[SALES][1][path]]
    # Where the days compared with begin before the data, nobody has an answer.
    assert [path for path in unnoticed if not path.startswith(NO_ANSWER)] == []
    assert f"{RATE}?start_date=2026-03-20" not in unnoticed


@pytest.mark.usefixtures("full")
def test_a_tag_that_is_the_same_for_everybody_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Asker, "seen", "everything")
    web = Web()
    held = {"if-none-match": web.get("/api/metrics").headers["etag"]}
    with seeing(Scope.of(SALES)), pytest.raises(AssertionError, match="304"):
        web.answer("/api/metrics", held)
