"""Who asks is known in one place: moment, database and scope of the API and of files alike."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from analytics.lists.registry import LISTS
from analytics.metrics.registry import RESULTS
from analytics.reading.reader import Scope
from analytics.service import Service
from analytics.settings import Settings
from analytics.web import asker, downloads
from analytics.web.api import create_app
from analytics.web.asker import Asker, clock, the_service
from tests.databases import Raw, write
from tests.web.test_api import NOW, small

DATES = "start_date=2026-03-05&end_date=2026-03-12"
API = [
    *(f"/api/{result.path}?{DATES}" for result in RESULTS),
    *(f"/api/{one}?{DATES}" for one in ("activities", *(listed.slug for listed in LISTS))),
]
CONVERSATIONS = [f"/api/activities/s{n}" for n in range(5)]
FILES = [
    "/download/activities.csv", "/download/latest-activities.csv",
    *(f"/download/{listed.slug}.csv" for listed in LISTS),
    *(f"/download/results/{result.slug}.csv" for result in RESULTS),
]  # fmt: skip
ASKED = [
    *API, *(f"{path}&format=csv" for path in API), *CONVERSATIONS,
    *(f"{path}?{DATES}" for path in FILES),
]  # fmt: skip


def acme() -> Raw:
    """What is left of the small database without everybody outside Acme: Ann, s0 and s3."""
    raw = small()
    raw.users = [row for row in raw.users if row["id"] == "ann"]
    raw.twins = [row for row in raw.twins if row["user_id"] == "ann"]
    raw.sessions = [row for row in raw.sessions if row["user_id"] == "ann"]
    held = {row["id"] for row in raw.sessions}
    for name in ("messages", "documents", "queries"):
        setattr(raw, name, [row for row in getattr(raw, name) if row["session_id"] in held])
    return raw


def application(path: Path) -> FastAPI:
    """The API and the files of a database, seen from one moment."""
    made = create_app()
    made.router.routes += downloads.ROUTES
    service = Service(Settings(database_url=f"sqlite:///{path}", refresh_seconds=0, search=False))
    made.dependency_overrides |= {the_service: lambda: service, clock: lambda: NOW}
    return made


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    path = tmp_path_factory.mktemp("full") / "data.db"
    write(small(), path)
    made = application(path)
    yield TestClient(made)
    made.dependency_overrides[the_service]().close()


@pytest.fixture(scope="module")
def without_others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    path = tmp_path_factory.mktemp("acme") / "data.db"
    write(acme(), path)
    made = application(path)
    yield TestClient(made)
    made.dependency_overrides[the_service]().close()


def test_a_scope_holds_for_every_endpoint_and_file(
    full: TestClient, without_others: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = {asked: full.get(asked) for asked in ASKED}
    monkeypatch.setattr(asker, "scope_of", lambda _: Scope.of(("Acme",)))
    seen = {asked: full.get(asked) for asked in ASKED}
    monkeypatch.undo()
    for asked in ASKED:
        others = without_others.get(asked)
        assert (seen[asked].status_code, seen[asked].text) == (others.status_code, others.text)
        assert seen[asked].headers.get("content-disposition") == others.headers.get(
            "content-disposition"
        )
    hidden = [f"/api/activities/{key}" for key in ("s1", "s2", "s4")]
    assert [asked for asked in ASKED if seen[asked].status_code != 200] == hidden
    differ = [asked for asked in ASKED if seen[asked].text != everything[asked].text]
    assert len(differ) > len(ASKED) // 2
    for asked in ASKED:  # equal answers of another scope are other answers to a cache
        if tag := everything[asked].headers.get("etag"):
            assert seen[asked].headers.get("etag") != tag


def test_a_page_as_a_file_is_of_the_scope(
    full: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("vl_convert", reason="the extra `images` is not installed")
    page = f"/download/pages/organizations.html?{DATES}"
    assert "Acme" in full.get(page).text
    monkeypatch.setattr(asker, "scope_of", lambda _: Scope.of(("Nowhere",)))
    answer = full.get(page)
    assert (answer.status_code, "Acme" in answer.text) == (200, False)


def test_what_is_seen_is_written_alike_in_every_process() -> None:
    def seen(scope: Scope | None) -> str:
        made = Asker.__new__(Asker)
        made.scope = scope
        return made.seen

    assert seen(None) == "everything"
    assert seen(Scope.of(("B", "x"), ("A",))) == seen(Scope.of(("A",), ("B", "x")))
    assert len({seen(None), seen(Scope.of()), seen(Scope.of(("A",))), seen(Scope.of(("B",)))}) == 4


def test_the_clock_of_an_application_is_that_of_its_files(full: TestClient) -> None:
    saved = full.get("/download/latest-activities.csv").headers["content-disposition"]
    assert f"latest-activities_{NOW.date()}_{NOW.date()}.csv" in saved
    alone = TestClient(FastAPI(routes=downloads.ROUTES))
    alone.app.dependency_overrides = full.app.dependency_overrides | {  # type: ignore[attr-defined]
        clock: lambda: NOW.replace(year=2027)
    }
    saved = alone.get("/download/latest-activities.csv").headers["content-disposition"]
    assert "latest-activities_2027-03-12_2027-03-12.csv" in saved
