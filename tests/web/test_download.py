# ruff: noqa: F811 - fixtures of another module are arguments
"""The files behind the pages' links: rows as CSV, charts as pictures, whole pages."""

import asyncio
import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import ResourceClosedError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from analytics.lists.activity_rows import ActivityItem
from analytics.lists.registry import LIST_BY_SLUG
from analytics.metrics.pages import PAGES
from analytics.metrics.registry import BY_SLUG, RESULTS
from analytics.output import html_report, images
from analytics.output.export import BOM, ZONE
from analytics.output.theme import theme
from analytics.service import Service
from analytics.settings import Settings
from analytics.storage.faults import DatabaseProblem
from analytics.web import downloads, responses
from analytics.web.asker import the_service
from tests.lists.test_people import DATES, client, files_over, service  # noqa: F401 - fixtures too

CHARTS = [report.slug for report in RESULTS if report.is_chart]


@pytest.fixture
def files(client: TestClient) -> TestClient:
    """The files of the API's own application: what stands in the place of its clock is theirs."""
    return files_over(client.app.dependency_overrides)  # type: ignore[attr-defined]


def saved_as(answer: Any, kept: str = "no-cache") -> str:
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == f"private, {kept}"
    return answer.headers["content-disposition"].partition("filename=")[2].strip('"')


@pytest.mark.parametrize("slug", BY_SLUG)
def test_the_csv_of_a_result_is_that_of_the_api(
    client: TestClient, files: TestClient, slug: str
) -> None:
    for asked in ("", "&organization=Acme", "&compare=year", "&department=No+department"):
        own = client.get(f"/api/{BY_SLUG[slug].path}?{DATES}{asked}&format=csv")
        page = files.get(f"/download/results/{slug}.csv?{DATES}{asked}")
        assert saved_as(page) == f"{slug}_2026-03-05_2026-03-11.csv"
        assert page.headers["content-type"] == "text/csv; charset=utf-8"
        assert page.content == own.content


@pytest.mark.parametrize("slug", CHARTS)
def test_every_chart_is_a_picture_in_the_readers_theme(files: TestClient, slug: str) -> None:
    pytest.importorskip("vl_convert", reason="the extra `images` is not installed")
    answer = files.get(f"/download/results/{slug}.svg?{DATES}&theme=dark")
    assert saved_as(answer) == f"{slug}_2026-03-05_2026-03-11.svg"
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert theme(dark=True).background in answer.text
    assert BY_SLUG[slug].title in answer.text
    light = files.get(f"/download/results/{slug}.svg?{DATES}").text
    assert theme(dark=True).background not in light
    picture = files.get(f"/download/results/{slug}.png?{DATES}")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")


def test_no_character_of_an_address_ends_the_server(files: TestClient) -> None:
    pytest.importorskip("vl_convert", reason="the extra `images` is not installed")
    for odd in ("%01", "%0B", "%1F", "%7F", "%C2%85", "%EF%BF%BE", "%EF%BF%BF"):
        asked = f"{DATES}&organization=North{odd}South&department={odd}"
        for path in ("results/topics.svg", "results/topics.png", "pages/data.html"):
            answer = files.get(f"/download/{path}?{asked}")
            assert answer.status_code == 200
            assert path.endswith("png") or "North\ufffdSouth" in answer.text


def test_a_file_compares_only_where_the_page_does(files: TestClient) -> None:
    pytest.importorskip("vl_convert", reason="the extra `images` is not installed")
    for path in ("results/conversations.svg", "pages/overview.html"):
        with_it = files.get(f"/download/{path}?{DATES}").text
        without = files.get(f"/download/{path}?{DATES}&compares=false").text
        earlier = files.get(f"/download/{path}?{DATES}&compare=year").text
        assert "26 Feb" in with_it
        assert "26 Feb" not in without
        assert "2025" in earlier


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_a_file(files: TestClient, page: str) -> None:
    pytest.importorskip("vl_convert", reason="the extra `images` is not installed")
    answer = files.get(f"/download/pages/{page}.html?{DATES}&theme=dark&organization=Acme")
    assert saved_as(answer, "no-store") == f"{page}_2026-03-05_2026-03-11.html"
    assert '<meta name="color-scheme" content="dark">' in answer.text
    assert "Acme" in answer.text


def test_the_latest_activities_are_those_of_the_filters(files: TestClient) -> None:
    answer = files.get(f"/download/latest-activities.csv?{DATES}&organization=No+organization")
    assert saved_as(answer, "no-store").startswith("latest-activities_")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix(BOM))))
    assert [row["id"] for row in rows] == ["s2"]
    names = [field.alias or name for name, field in ActivityItem.model_fields.items()]
    assert list(rows[0]) == [*names, ZONE]
    assert re.fullmatch(r"2026-03-[0-3]\d [0-2]\d:[0-5]\d:[0-5]\d", rows[0]["startedAt"])
    assert rows[0][ZONE] == "UTC (UTC+00:00)"


PATHS = (
    "results/metrics.csv", "results/topics.png", "pages/overview.html", "latest-activities.csv",
    "activities.csv", "people.csv",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_what_has_no_answer_says_what_to_change(files: TestClient, path: str) -> None:
    answer = files.get(f"/download/{path}?organization=%FF")
    assert answer.status_code == 422
    assert "organization = %FF: is no percent-encoded UTF-8 text" in answer.text
    assert "content-disposition" not in answer.headers


@pytest.mark.parametrize("slug", ["activities", *LIST_BY_SLUG])
def test_lists_are_stored_by_no_cache(files: TestClient, slug: str) -> None:
    saved_as(files.get(f"/download/{slug}.csv?{DATES}"), "no-store")


def test_a_wrong_date_or_theme_is_named(files: TestClient) -> None:
    for asked, said in (
        ("start_date=soon", "start_date = soon"),
        ("start_date=2026-03-02&end_date=2026-03-01", "swap them"),
        ("theme=pink", "theme = pink: choose one of light, dark"),
        ("compares=maybe", "compares = maybe: choose one of true, false"),
    ):
        answer = files.get(f"/download/results/topics.svg?{asked}")
        assert (answer.status_code, said in answer.text) == (422, True)


@pytest.mark.parametrize("path", PATHS)
def test_a_database_that_is_gone_is_said(path: str, tmp_path: Path) -> None:
    gone = Service(Settings(database_url=f"sqlite:///{tmp_path / 'gone.db'}"))
    answer = files_over({the_service: lambda: gone}).get(f"/download/{path}?{DATES}")
    assert answer.status_code == 503
    assert "There is no database file here. Check the path in DATABASE_URL" in answer.text
    assert "gone.db" not in answer.text
    assert answer.headers["retry-after"]


def test_without_the_extra_a_picture_says_what_to_install(
    files: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "available", lambda: False)
    monkeypatch.setattr(html_report, "available", lambda: False)
    for path in ("results/topics.png", "results/topics.svg", "pages/twins.html"):
        answer = files.get(f"/download/{path}?{DATES}")
        assert (answer.status_code, "the extra images" in answer.text) == (503, True)


def test_an_unexpected_error_is_said_and_logged_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    words = " ".join(["secret", "words"])

    def broken() -> Service:
        raise ValueError(words)

    answer = files_over({the_service: broken}).get("/download/results/topics.csv")
    assert answer.status_code == 500
    assert "the server's log says where" in answer.text
    assert words not in answer.text + caplog.text
    assert "ValueError" in caplog.text


def test_other_files_are_not_there(files: TestClient) -> None:
    for path in ("results/metrics.png", "results/nothing.csv", "pages/people.html", "nothing.csv"):
        assert files.get(f"/download/{path}").status_code == 404


def test_a_database_problem_while_reading_is_said(
    files: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise DatabaseProblem("The disk is gone", "data.db", "Put it back.")

    monkeypatch.setattr(downloads, "result_query", gone)
    answer = files.get(f"/download/results/metrics.csv?{DATES}")
    assert (answer.status_code, "Put it back." in answer.text) == (503, True)


# --- lists that are streamed -------------------------------------------------------------------

STREAMED = ("activities", "people", "documents", "queries", "installed-twins")


class _Number(BaseModel):
    value: int


def _unreadable() -> ValidationError:
    with pytest.raises(ValidationError) as raised:
        _Number.model_validate({"value": WORDS})
    return raised.value


def _locked() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error


WORDS = "the takeover of Initech"
FAULTS = {
    "a lock": (_locked(), "locked by another program"),
    "a timeout": (PoolTimeoutError(WORDS), "Too many people are reading"),
    "a value": (_unreadable(), "a value of the wrong type (_Number: value)"),
    "another one": (ResourceClosedError(WORDS), "no answer that can be used"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_list_that_cannot_be_read_is_said_as_the_api_says_it(
    name: str,
    client: TestClient,
    files: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    error, said = FAULTS[name]

    def failing(*_: object) -> Iterator[str]:
        yield "\ufeffid\r\n"
        raise error

    monkeypatch.setattr(responses, "csv_lines", failing)
    for slug in STREAMED:
        page = files.get(f"/download/{slug}.csv?{DATES}")
        own = client.get(f"/api/{slug}?{DATES}&format=csv")
        assert (page.status_code, own.status_code) == (503, 503)
        assert page.text == own.json()["detail"]
        assert said in page.text
        assert page.headers["retry-after"] == own.headers["retry-after"]
        assert "content-disposition" not in page.headers
        assert not any(words in page.text + caplog.text for words in (WORDS, "Traceback"))


@pytest.mark.parametrize("slug", STREAMED)
def test_a_list_that_fails_later_is_cut_off(
    slug: str,
    files: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A server closes the connection of an answer without an end: nobody takes it as whole."""

    def failing(*_: object) -> Iterator[str]:
        yield from ["x"] * responses.LINES
        raise sqlite3.OperationalError(WORDS)

    monkeypatch.setattr(responses, "csv_lines", failing)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(message)

    for version in ("2.3", "2.4"):
        sent.clear()
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": version}, "method": "GET",
            "path": f"/download/{slug}.csv", "root_path": "", "query_string": DATES.encode(),
            "headers": [], "http_version": "1.1", "scheme": "http", "server": ("test", 80),
            "client": ("test", 1),
        }  # fmt: skip
        asyncio.run(files.app(scope, receive, send))
        assert sent[0]["status"] == 200
        assert sent[1]["body"] == b"x" * responses.LINES
        assert all(message["more_body"] for message in sent[1:])
    assert "DatabaseProblem in" in caplog.text
    assert not any(words in caplog.text for words in (WORDS, "Traceback"))
