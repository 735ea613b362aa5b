"""What clients of the API are promised: the contract, equal numbers everywhere, HTTP as it is."""

import asyncio
import gzip
import json
import logging
import re
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse
from starlette.routing import Route

from analytics.app.notes import Note, add_note, delete_note
from analytics.app.store import app_store
from analytics.fields import example
from analytics.lists import registry
from analytics.lists.activities import activities, all_activities
from analytics.metrics.registry import RESULTS
from analytics.metrics.result import Result
from analytics.output.export import csv_text
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from analytics.service import RefreshProblem, Service, service
from analytics.settings import Settings, load_settings
from analytics.storage.faults import DatabaseProblem
from analytics.web import api, responses
from analytics.web.api import create_app, endpoints
from analytics.web.api.answers import VERSION
from analytics.web.asker import clock, the_service
from tests import fuzz_api, servers
from tests.browsing import CHROMIUM, chromium
from tests.conftest import Shelf
from tests.databases import (
    Raw,
    a_document,
    a_message,
    a_query,
    a_session,
    a_twin,
    a_user,
    activity_query,
    write,
)
from tests.postgres import rows_of

NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)
SAID = "the takeover of Initech"
DOCUMENTED = create_app().openapi()
by_slug = pytest.mark.parametrize("report", RESULTS, ids=lambda report: report.slug)


def small() -> Raw:
    """Three people of two organizations, five conversations, the last one today."""
    raw = Raw(
        users=[
            a_user("ann", "Acme", department="Sales"),
            a_user("bob", "No organization", department="R&D"),
            a_user("cid", None),
        ],
        twins=[a_twin("t0", "ann", "2026-03-01 08:00:00"), a_twin("t1", "bob", None, is_shared=1)],
    )
    starts = ("2026-03-09 09:00:00", "2026-03-10 09:00:00", "2026-03-11 09:00:00")
    for n, start in enumerate((*starts, "2026-03-11 09:00:00", "2026-03-12 11:00:00")):
        who, twin = ("ann", "bob", "cid")[n % 3], f"t{n % 2}"
        raw.sessions.append(a_session(f"s{n}", who, start, twin_id=twin, title=f"Talk {n}"))
        raw.messages.append({**a_message(f"m{n}", f"s{n}", start), "content": SAID})
    raw.documents.append(a_document("d0", "s1", "2026-03-10 09:01:00", message_id="m1"))
    raw.queries.append(a_query("q0", "s1", "2026-03-10 09:02:00", message_id="m1"))
    return raw


class Served:
    """An application over a database of its own, seen at a fixed moment."""

    def __init__(self, path: Path, now: datetime = NOW, settings: Settings | None = None) -> None:
        self.path, self.now = path, now
        self.service = Service(settings or Settings(database_url=f"sqlite:///{path}"))
        self.app = self.over(create_app())
        self.client = TestClient(self.app, headers={"accept-encoding": "identity"})

    def over(self, app: FastAPI) -> FastAPI:
        """Put this database and moment in the application's place."""
        app.dependency_overrides |= {
            the_service: lambda: self.service,
            clock: lambda: self.now,
        }
        return app

    def get(self, path: str, **more: Any) -> Any:
        """GET, whatever the status."""
        return self.client.get(path, **more)

    def json(self, path: str, **parameters: Any) -> Any:
        """The answer of a request that must succeed."""
        answer = self.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, path: str) -> dict[str, Any]:
        """The one fault of a request that must be refused."""
        answer = self.get(path)
        assert answer.status_code == 422, (answer.status_code, answer.text)
        (fault,) = answer.json()["detail"]
        assert set(fault) == {"type", "loc", "msg", "input"}
        return fault  # type: ignore[no-any-return]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """The small database, to change."""
    write(small(), tmp_path / "small.db")
    over = Served(tmp_path / "small.db")
    yield over
    over.service.close()


@pytest.fixture(scope="module")
def served(new_shelf: Callable[[], Shelf]) -> Iterator[Served]:
    """The small database, to read."""
    shelf = new_shelf()
    shelf.write(small())
    over = Served(shelf.path, settings=shelf.settings())
    yield over
    over.service.close()


@pytest.fixture(scope="module")
def reference(new_shelf: Callable[[], Shelf], reference_db: Path) -> Iterator[Served]:
    """A copy of the reference backend's sample database."""
    shelf = new_shelf()
    shelf.write(rows_of(reference_db))
    over = Served(shelf.path, datetime(2026, 11, 22, 12, tzinfo=UTC), shelf.settings())
    yield over
    over.service.close()


# --- the contract ------------------------------------------------------------------------------

# Endpoint -> field -> JSON type; "?" where it may be null. Fields may be added, none taken away.
ITEM = {
    "id": "string", "type": "string", "user": "string", "userEmail": "string", "action": "string",
    "time": "string", "duration": "string", "messageCount": "integer", "platform": "string",
    "device": "string?", "isShared": "boolean", "twinName": "string?", "twinOwner": "string?",
    "hasDocuments": "boolean", "hasQueries": "boolean", "documentCount": "integer",
    "queryCount": "integer", "types": "array", "startedAt": "string",
}  # fmt: skip
CONTRACT = {
    "/": {"status": "string", "message": "string", "version": "string"},
    "/health": {
        "status": "string", "app": "string", "version": "string", "database": "string",
    },
    "/api/metrics": {
        "totalActiveUsers": "integer", "activeUsersChange": "number?",
        "totalConversations": "integer", "conversationsChange": "number?",
        "documentsDrafted": "integer", "documentsChange": "number?",
        "twinInstallations": "integer", "installationsChange": "number?",
    },
    "/api/charts/activity": {"date": "string", "activeUsers": "integer", "average": "number?"},
    "/api/charts/conversation": {
        "date": "string", "conversations": "integer", "messages": "integer",
        "avgConversations": "number?", "avgMessages": "number?",
    },
    "/api/charts/engagement": {
        "date": "string", "questionAsked": "integer", "infoRetrieved": "integer",
        "documentsDrafted": "integer",
    },
    "/api/charts/features/usage": {"name": "string", "value": "integer"},
    "/api/charts/hourly-activity": {"hour": "integer", "value": "number?"},
    "/api/charts/organizations/leaderboard": {
        "id": "string", "name": "string", "activeUsers": "integer", "totalActivities": "integer",
        "avgActivitiesPerUser": "number",
    },
    "/api/retention": {
        "day1": "number?", "day7": "number?", "day30": "number?", "avgSessionDuration": "string",
        "sessionsPerUser": "string", "powerUsersPercent": "number", "day1Eligible": "integer",
        "day7Eligible": "integer", "day30Eligible": "integer",
    },
    "/api/activities": {
        "items": "array", "total": "integer", "page": "integer", "limit": "integer",
        "total_pages": "integer", "has_next": "boolean", "has_prev": "boolean",
        "nextCursor": "string?",
    },
    "/api/activities/{activity_id}": {
        "id": "string", "type": "string", "user": "string", "userEmail": "string",
        "action": "string", "time": "string", "timestamp": "string?", "duration": "string",
        "platform": "string", "device": "string?", "isShared": "boolean",
        "messageCount": "integer", "documentCount": "integer", "queryCount": "integer",
        "twinOwner": "string?", "interactionSummary": "string?", "messages": "array",
    },
}  # fmt: skip
PARTS = {
    "ActivityItem": ITEM,
    "MessageItem": {
        "sender": "string", "content": "string", "timestamp": "string?", "messageId": "string",
        "documentCreated": "object?", "queryExecuted": "object?",
    },
    "DocumentCreated": {"title": "string", "type": "string", "wordCount": "integer"},
    "QueryExecuted": {"query": "string", "resultsCount": "integer?"},
}  # fmt: skip
KINDS: dict[str, Any] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
    "object": dict,
}  # fmt: skip
LISTS = {path for path in CONTRACT if path.startswith("/api/charts")}
PARAMETERS = {
    "/api/charts/organizations/leaderboard": {"start_date", "end_date", "limit"},
    "/api/activities": {"page", "limit", "type", "user", "start_date", "end_date"},
}


def schema_type(schema: dict[str, Any]) -> str:
    """The JSON type, with a question mark for what may be null."""
    kinds = [one.get("type", "object") for one in schema.get("anyOf", [schema])]
    return next(k for k in kinds if k != "null") + ("?" if "null" in kinds else "")


def assert_types(documented: dict[str, Any], fields: dict[str, str]) -> None:
    """The documentation gives every field its type, and promises that it is there."""
    found = {name: schema_type(documented["properties"][name]) for name in fields}
    assert found == fields
    assert set(fields) <= set(documented["required"])


@pytest.mark.parametrize("path", CONTRACT)
def test_documentation_keeps_names_and_types_of_the_contract(path: str) -> None:
    operation = DOCUMENTED["paths"][path]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert (schema.get("type") == "array") == (path in LISTS)
    name = schema.get("items", schema)["$ref"].rsplit("/", 1)[1]
    assert_types(DOCUMENTED["components"]["schemas"][name], CONTRACT[path])
    if path.startswith("/api/") and "{" not in path:
        wanted = PARAMETERS.get(path, {"start_date", "end_date"})
        assert wanted <= {parameter["name"] for parameter in operation["parameters"]}


@pytest.mark.parametrize("name", PARTS)
def test_documentation_keeps_the_parts_of_the_contract(name: str) -> None:
    assert_types(DOCUMENTED["components"]["schemas"][name], PARTS[name])


@pytest.mark.parametrize("path", CONTRACT)
def test_answers_have_names_and_types_of_the_contract(reference: Served, path: str) -> None:
    one = reference.json("/api/activities", limit=1)["items"][0]["id"]
    answer = reference.json(path.replace("{activity_id}", one))
    rows = answer if path in LISTS else [answer]
    assert rows
    for row in rows:
        for field, kind in CONTRACT[path].items():
            value = row[field]
            if value is None:
                assert kind.endswith("?"), field
            else:
                wanted = KINDS[kind.rstrip("?")]
                assert isinstance(value, wanted), field
                assert isinstance(value, bool) == (wanted is bool), field


def test_a_known_client_sees_the_figures_it_expects(reference: Served) -> None:
    metrics = reference.json("/api/metrics")
    assert {name: metrics[name] for name in CONTRACT["/api/metrics"]} == {
        "totalActiveUsers": 12, "activeUsersChange": 0.0,
        "totalConversations": 726, "conversationsChange": -0.3,
        "documentsDrafted": 720, "documentsChange": 0.7,
        "twinInstallations": 8, "installationsChange": 0.0,
    }  # fmt: skip
    assert reference.json("/api/retention")["sessionsPerUser"] == "60.5"
    assert reference.json("/api/retention")["avgSessionDuration"] == "3m 29s"
    assert [row["name"] for row in reference.json("/api/charts/organizations/leaderboard")] == [
        "Digital Dynamics", "Tech Innovations", "Acme Corp", "Global Solutions",
    ]  # fmt: skip
    week = {"start_date": "2026-11-01", "end_date": "2026-11-07"}
    days = reference.json("/api/charts/activity", **week)
    assert [day["date"] for day in days] == [f"2026-11-0{n}" for n in range(1, 8)]
    assert [row["hour"] for row in reference.json("/api/charts/hourly-activity")] == [*range(24)]
    page = reference.json("/api/activities")
    assert (page["total"], page["total_pages"], len(page["items"])) == (1454, 73, 20)
    assert page["items"][0]["startedAt"] == "2026-11-21T18:59:06.370449Z"


def test_nothing_counted_is_an_empty_feature_list(served: Served) -> None:
    assert served.json("/api/charts/features/usage", end_date="2020-01-01") == []


def test_a_whole_conversation(served: Served) -> None:
    talk = served.json("/api/activities/s1")
    assert (talk["user"], talk["userEmail"], talk["time"]) == ("Bob", "bob@example.com", "2d ago")
    assert talk["timestamp"] == "March 10, 2026 at 09:00 AM"
    assert talk["types"] == ["conversation", "document", "query"]
    (message,) = talk["messages"]
    assert (message["messageType"], message["timestamp"]) == ("document,query", "09:00 AM")
    assert message["documentCreated"] == {"title": "Untitled", "type": "document", "wordCount": 10}
    assert message["queryExecuted"]["query"] == "SELECT"


# --- one registry ------------------------------------------------------------------------------


def test_every_result_is_served_and_documented() -> None:
    paths = DOCUMENTED["paths"]
    assert {f"/api/{report.path}" for report in RESULTS} | {
        f"/api/{listed.slug}" for listed in registry.LISTS
    } | set(CONTRACT) == set(paths)
    for report in RESULTS:
        operation = paths[f"/api/{report.path}"]["get"]
        assert operation["summary"] == report.title
        assert operation["description"] == report.definition
        assert {"422", "503"} <= set(operation["responses"])


@by_slug
def test_page_json_and_csv_are_equal(served: Served, report: Result) -> None:
    query = Query(
        Period(date(2026, 3, 9), date(2026, 3, 12), NOW.date()),
        organizations=("Acme", "No organization", None),
    )
    with reading(served.service.store()) as reader:
        rows = report.rows(reader, query)
    parameters = {
        "start_date": "2026-03-09", "end_date": "2026-03-12",
        "organization": ["Acme", "=No organization", "No organization"],
    }  # fmt: skip
    as_json = served.json(f"/api/{report.path}", **parameters)
    expected = [row.model_dump(mode="json", by_alias=True) for row in rows]
    assert as_json == (expected[0] if report.is_single else expected)
    as_csv = served.get(f"/api/{report.path}", params={**parameters, "format": "csv"})
    assert (
        as_csv.content == csv_text(report.row, rows, served.service.store().settings.zone).encode()
    )
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    name = f"{report.slug}_2026-03-09_2026-03-12.csv"
    assert as_csv.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_the_csv_of_activities_has_all_of_them(served: Served) -> None:
    with reading(served.service.store()) as reader:
        rows = list(all_activities(reader, activity_query(), NOW))
    answer = served.get("/api/activities?format=csv&limit=1")
    assert (
        answer.content
        == csv_text(type(rows[0]), rows, served.service.store().settings.zone).encode()
    )
    assert len(rows) == 5
    name = "activities_first_last.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_examples_are_the_answers_on_sample_data() -> None:
    from tests.api_examples import TARGET, examples  # noqa: PLC0415 - it needs the generator

    made, kept = json.loads(json.dumps(examples())), json.loads(TARGET.read_text("utf-8"))
    # A result that was added since has an example of the types of its fields.
    assert kept == {slug: made[slug] for slug in kept}, "run `python -m tests.api_examples`"
    assert set(made) - set(kept) <= {result.slug for result in RESULTS}


def test_every_result_has_an_example_that_could_be_one(served: Served) -> None:
    for result in RESULTS:
        assert result.row.model_validate(example(result.row))
        answer = served.json("/openapi.json")["paths"][f"/api/{result.path}"]["get"]["responses"]
        shown = answer["200"]["content"]["application/json"]["example"]
        rows = [shown] if result.is_single else shown
        names = set(example(result.row))  # OpenAPI leaves out what is null
        assert rows and all(row and set(row) <= names for row in rows)


def test_every_field_of_the_documentation_says_what_it_means(served: Served) -> None:
    schemas = served.json("/openapi.json")["components"]["schemas"]
    assert [
        f"{name}.{field}"
        for name, schema in schemas.items()
        if name not in ("HTTPValidationError", "ValidationError")  # FastAPI's own
        for field, said in schema.get("properties", {}).items()
        if not said.get("description")
    ] == []


# --- what can be asked -------------------------------------------------------------------------


def days_of(served: Served, **parameters: str) -> tuple[str, str]:
    """The first and the last day of the answer."""
    rows = served.json("/api/charts/activity", **parameters)
    return rows[0]["date"], rows[-1]["date"]


def test_absent_and_empty_dates_mean_the_default_period(served: Served) -> None:
    assert days_of(served) == ("2026-02-10", "2026-03-11")
    assert days_of(served, start_date="", end_date="") == ("2026-02-10", "2026-03-11")


def test_one_date_is_completed(served: Served) -> None:
    assert days_of(served, start_date="2026-03-01") == ("2026-03-01", "2026-03-11")
    assert days_of(served, start_date="2026-03-12") == ("2026-03-12", "2026-03-12")
    assert days_of(served, end_date="2026-01-30") == ("2026-01-01", "2026-01-30")
    assert days_of(served, end_date="0001-01-02") == ("0001-01-01", "0001-01-02")


def test_what_changes_are_measured_against_can_be_chosen(served: Served) -> None:
    def before(**asked: str) -> tuple[int, float | None]:
        days = {"start_date": "2026-03-10", "end_date": "2026-03-11"}
        found = served.json("/api/metrics", **days, **asked)
        return found["previousConversations"], found["conversationsChange"]

    previous = before()
    assert before(compare="previous") == before(compare="", compare_start_date="") == previous
    assert before(compare="year") == (0, None)
    chosen = {"compare_start_date": "2026-03-01", "compare_end_date": "2026-03-12"}
    own_total = served.json("/api/metrics", start_date="2026-03-01", end_date="2026-03-12")
    assert before(**chosen)[0] == own_total["totalConversations"] > previous[0]
    organizations = served.json(
        "/api/organizations", start_date="2026-03-10", end_date="2026-03-11", **chosen
    )
    assert sum(row["previousConversations"] for row in organizations) == before(**chosen)[0]


@pytest.mark.parametrize(
    ("asked", "parameter", "words"),
    [
        ("compare=week", "compare", "choose one of previous, year"),
        ("compare_start_date=2026-03-01", "compare_start_date", "send compare_end_date too"),
        ("compare_end_date=2026-03-01", "compare_end_date", "send compare_start_date too"),
        (
            "compare_start_date=2026-03-02&compare_end_date=2026-03-01",
            "compare_end_date",
            "swap them",
        ),
        ("compare=year&compare_start_date=2026-03-01", "compare", "leave it out"),
        ("start_date=0001-02-01&end_date=0001-02-01&compare=year", "start_date", "start later"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_refused(
    served: Served, asked: str, parameter: str, words: str
) -> None:
    fault = served.fault(f"/api/metrics?{asked}")
    assert fault["loc"] == ["query", parameter]
    assert words in fault["msg"]


def test_today_is_local_to_the_reporting_zone(own: Served) -> None:
    zoned = Settings(database_url=f"sqlite:///{own.path}", reporting_timezone="Pacific/Kiritimati")
    own.service = Service(zoned)  # 14 hours ahead: it is the 13th there already
    assert days_of(own) == ("2026-02-11", "2026-03-12")


def test_filters_repeat_and_tell_a_name_from_none(served: Served) -> None:
    def conversations(*organizations: str, **more: Any) -> int:
        asked = {"organization": organizations, "start_date": "2026-03-01", **more}
        return served.json("/api/metrics", **asked)["totalConversations"]  # type: ignore[no-any-return]

    assert conversations() == 4
    assert conversations("") == 4
    assert conversations("Acme") == 2
    assert conversations("=No organization") == 1
    assert conversations("No organization") == 1
    assert conversations("Acme", "No organization") == 3
    assert conversations("Nobody") == 0
    assert conversations(department=["Sales", "R&D"]) == 3
    assert conversations(department="No department") == 1


def test_limit_of_the_leaderboard(reference: Served) -> None:
    path = "/api/charts/organizations/leaderboard"
    assert [row["id"] for row in reference.json(path, limit=2)] == ["1", "2"]
    assert len(reference.json(path, limit=1000)) == 4


def test_activities_are_filtered_and_paged(served: Served) -> None:
    def ids(**asked: Any) -> list[str]:
        return [item["id"] for item in served.json("/api/activities", **asked)["items"]]

    assert ids() == ["s4", "s3", "s2", "s1", "s0"]
    assert ids(page=2, limit=2) == ["s2", "s1"]
    assert ids(type="document") == ids(type="query") == ["s1"]
    assert ids(user="ANN@") == ["s3", "s0"]
    assert ids(user="%") == []
    assert ids(twin="t1") == ["s3", "s1"]
    assert ids(organization="Acme") == ["s3", "s0"]
    assert ids(start_date="2026-03-11") == ["s4", "s3", "s2"]
    assert ids(end_date="2026-03-09") == ["s0"]
    last = served.json("/api/activities", page=3, limit=2)
    assert (last["total"], last["total_pages"]) == (5, 3)
    assert (last["has_next"], last["has_prev"], last["nextCursor"]) == (False, True, None)
    past = served.json("/api/activities", page=2**31 - 1)
    assert (past["items"], past["total"], past["has_next"]) == ([], 5, False)


def test_a_cursor_reads_everything_once_while_more_arrives(own: Served) -> None:
    seen, cursor = [], ""
    for n in range(10):
        page = own.json("/api/activities", limit=2, cursor=cursor)
        seen += [item["id"] for item in page["items"]]
        assert page["has_next"] == (page["nextCursor"] is not None)
        assert page["has_prev"] == bool(cursor)
        assert page["total"] == 5 + n
        if not page["has_next"]:
            break
        cursor = page["nextCursor"]
        with closing(sqlite3.connect(own.path)) as database:
            new = (f"new{n}", "ann", "t0", "slack", "2026-03-12 11:30:00")
            database.execute(
                "INSERT INTO sessions (id, user_id, twin_id, platform, started_at)"
                " VALUES (?, ?, ?, ?, ?)",
                new,
            )
            database.commit()
        own.service.store().refresh()
    assert seen == ["s4", "s3", "s2", "s1", "s0"]


def test_a_cursor_passes_over_rows_deleted_since_the_last_refresh(own: Served) -> None:
    first = own.json("/api/activities", limit=1)
    with closing(sqlite3.connect(own.path)) as database:
        database.execute("DELETE FROM sessions WHERE id IN ('s3', 's2')")
        database.commit()
    seen, page = [], first
    while page["nextCursor"]:
        page = own.json("/api/activities", limit=1, cursor=page["nextCursor"])
        seen += [item["id"] for item in page["items"]]
    assert seen == ["s1", "s0"]


BAD = [
    ("metrics?start_date=2026-02-30", "start_date", "2026-02-30"),
    ("metrics?start_date=0000-01-01", "start_date", "0000-01-01"),
    ("metrics?start_date=20260301", "start_date", "20260301"),
    ("metrics?start_date=2026-3-1", "start_date", "2026-3-1"),
    ("metrics?end_date=yesterday", "end_date", "yesterday"),
    ("metrics?end_date=%EF%BC%92026-01-01", "end_date", "\uff12026-01-01"),
    ("metrics?start_date=2026-03-02&end_date=2026-03-01", "end_date", "2026-03-01"),
    ("metrics?start_date=2010-01-01&end_date=2026-03-01", "start_date", "2010-01-01"),
    ("metrics?start_date=0001-01-01&end_date=0001-01-02", "start_date", "0001-01-01"),
    ("metrics?start_date=2026-03-01&start_date=2026-03-02", "start_date", "2026-03-02"),
    ("metrics?start_date=2026-03-01%00", "start_date", "2026-03-01\x00"),
    ("metrics?organization=%00", "organization", "\x00"),
    ("metrics?organization=%ED%A0%80", "organization", "%ED%A0%80"),
    ("metrics?organization=%ff", "organization", "%ff"),
    ("metrics?%ff=1", "query", "%ff"),
    ("metrics?format=xml", "format", "xml"),
    ("charts/organizations/leaderboard?limit=0", "limit", "0"),
    ("charts/organizations/leaderboard?limit=1001", "limit", "1001"),
    ("charts/organizations/leaderboard?limit=1.0", "limit", "1.0"),
    ("activities?start_date=2026-03-02&end_date=2026-03-01", "end_date", "2026-03-01"),
    ("activities?page=0", "page", "0"),
    ("activities?page=-1", "page", "-1"),
    ("activities?page=1e3", "page", "1e3"),
    ("activities?page=%D9%A1", "page", "\u0661"),
    ("activities?page=" + "9" * 5_000, "page", "9" * 80 + "…"),
    ("activities?page=1&page=2", "page", "2"),
    ("activities?limit=101", "limit", "101"),
    ("activities?limit=ten", "limit", "ten"),
    ("activities?type=email", "type", "email"),
    ("activities?type=all&type=", "type", ""),
    ("activities?user=" + "a" * 321, "user", "a" * 80 + "…"),
    ("activities?user=a%00b", "user", "a\x00b"),
    ("activities?cursor=page2", "cursor", "page2"),
    ("activities?cursor=1&cursor=2", "cursor", "2"),
]


@pytest.mark.parametrize(("path", "name", "value"), BAD, ids=[path[:60] for path, _, _ in BAD])
def test_bad_input_names_parameter_value_and_remedy(
    served: Served, path: str, name: str, value: str
) -> None:
    fault = served.fault(f"/api/{path}")
    assert (fault["loc"], fault["input"]) == (["query", name], value)
    assert fault["msg"].startswith(f"{name} = {value}: ")
    assert len(fault["msg"]) > len(f"{name} = {value}: ") + 10


@by_slug
@pytest.mark.parametrize(
    "dates",
    ["0001-01-01&end_date=0001-01-01", "0001-01-01&end_date=0011-01-07", "&end_date=0001-01-01",
     "9999-12-31", "9989-12-25&end_date=9999-12-31", "&end_date=9999-12-31"],
)  # fmt: skip
def test_the_first_and_last_days_of_the_calendar(
    served: Served, report: Result, dates: str
) -> None:
    answer = served.get(f"/api/{report.path}?start_date={dates}")
    assert answer.status_code in {200, 422}
    if answer.status_code == 422:
        assert "there is no period before it" in answer.text


def test_unknown_parameters_are_ignored(served: Served) -> None:
    assert served.get("/api/metrics?utm=1&utm=2&_=%00").status_code == 200


def test_thousands_of_filter_values_are_answered(served: Served) -> None:
    many = "&".join(f"organization={n}" for n in range(3_000))
    assert served.get(f"/api/metrics?{many}").json()["totalConversations"] == 0


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/metric", "/api/activities/none", "/api/activities/a/b", "/api/x?a=%ff",
     "/api/activities/%00", "/api/activities/%ff", "/nothing", "/docs/nothing.js"],
)  # fmt: skip
def test_unknown_things_are_404_in_json(served: Served, path: str) -> None:
    answer = served.get(path)
    assert (answer.status_code, list(answer.json())) == (404, ["detail"])


# --- when something is wrong -------------------------------------------------------------------


def test_a_database_that_goes_and_comes_back(own: Served) -> None:
    away = own.path.with_suffix(".away")
    assert own.get("/api/metrics").status_code == 200
    own.path.rename(away)
    for path in ("metrics", "activities", "activities?format=csv", "activities/s1", "retention"):
        answer = own.get(f"/api/{path}")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["detail"].startswith("There is no database file here. Check the path")
        assert str(own.path) not in answer.text
    ill = own.get("/health")
    assert (ill.status_code, ill.json()["status"]) == (503, "unhealthy")
    assert ill.json()["database"] == "disconnected"
    assert ill.json()["reason"].startswith("There is no database file here.")
    assert own.get("/").status_code == 200
    away.rename(own.path)
    assert own.get("/api/metrics").status_code == 200
    assert own.json("/health") == {
        "status": "healthy", "app": "AI Twin Analytics", "version": VERSION,
        "database": "connected",
    }  # fmt: skip


def test_a_damaged_database_is_503(own: Served) -> None:
    own.path.write_bytes(b"SQLite format 3\x00" + b"x" * 5_000)
    assert own.get("/api/metrics").status_code == 503
    assert own.get("/health").status_code == 503


def test_a_value_of_the_wrong_type_is_answered_as_text(own: Served) -> None:
    with closing(sqlite3.connect(own.path)) as database:
        database.execute("UPDATE sessions SET platform = x'ff'")
        database.commit()
    answer = own.get("/api/activities/s1")
    assert answer.status_code == 200
    assert answer.json()["platform"] == "\ufffd"


def test_a_setting_that_cannot_be_used_is_503(own: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    del own.app.dependency_overrides[the_service]
    monkeypatch.setenv("REPORTING_TIMEZONE", "Mars/Olympus")
    load_settings.cache_clear()
    service.cache_clear()
    try:
        for path, said in (("/api/metrics", "detail"), ("/health", "reason")):
            answer = own.get(path)
            assert answer.status_code == 503
            assert "REPORTING_TIMEZONE" in answer.json()[said]
        assert create_app() is not None
    finally:
        load_settings.cache_clear()


def test_a_password_is_neither_told_nor_logged(
    own: Served, caplog: pytest.LogCaptureFixture
) -> None:
    url = "postgresql+psycopg://joe:sesame@127.0.0.1:1/none"
    own.service = Service(Settings(database_url=url))
    for path in ("/api/metrics", "/health"):
        answer = own.get(path)
        assert answer.status_code == 503
        assert "sesame" not in answer.text
    assert "sesame" not in caplog.text


def test_health_says_what_the_results_say(own: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise DatabaseProblem("The disk is full", "/somewhere", "Free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(Service, "store", away)
        assert own.get("/api/metrics").status_code == 503
        answer = own.get("/health")
        assert answer.status_code == 503
        assert answer.json()["reason"] == "The disk is full. Free some space."
    problem = RefreshProblem(NOW, "The disk is full. Free some space.")
    with monkeypatch.context() as patch:
        patch.setattr(Service, "refresh_problem", property(lambda _: problem))
        assert own.json("/health")["reason"] == (
            f"Not refreshed since {NOW.isoformat(timespec='seconds')}: {problem.reason}"
        )
    assert "reason" not in own.json("/health")


def test_health_answers_within_a_second(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(Service, "store", lambda *_: go_on.wait(10))
    began = time.monotonic()
    answer = served.get("/health")
    took = time.monotonic() - began
    go_on.set()
    assert answer.status_code == 503
    assert answer.json()["reason"] == "The database did not answer within a second"
    assert took < 1.5


def test_a_fault_of_the_api_tells_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(SAID)

    monkeypatch.setattr(endpoints, "activity", broken)
    answer = served.get("/api/activities/s1")
    assert (answer.status_code, list(answer.json())) == (500, ["detail"])
    assert SAID not in answer.text + caplog.text
    assert "RuntimeError in broken" in caplog.text


def test_a_database_that_goes_during_a_long_answer_cuts_it_off(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A server closes the connection of an answer without an end: nobody takes it as whole."""

    def failing(*_: object) -> Iterator[str]:
        yield from "x" * responses.LINES
        raise RuntimeError(SAID)

    monkeypatch.setattr(responses, "csv_lines", failing)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(10)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "method": "GET",
        "path": "/api/activities", "root_path": "", "query_string": b"format=csv",
        "headers": [(b"host", b"test")],
        "http_version": "1.1", "scheme": "http", "server": ("test", 80), "client": ("test", 1),
    }  # fmt: skip
    asyncio.run(served.app(scope, receive, send))
    assert sent[0]["status"] == 200
    assert all(message["more_body"] for message in sent[1:])
    assert "RuntimeError in failing" in caplog.text
    assert SAID not in caplog.text
    assert "Traceback" not in caplog.text


# --- middleware --------------------------------------------------------------------------------


def test_etag_and_304(served: Served) -> None:
    for path in ("/api/metrics", "/api/metrics?format=csv", "/api/activities"):
        answer = served.get(path)
        kept = "no-store" if path == "/api/activities" else "no-cache"
        assert answer.headers["cache-control"] == f"private, {kept}"
        assert "Accept" in answer.headers["vary"]
        tag = answer.headers["etag"]
        for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
            again = served.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        assert served.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_etag_changes_with_data_question_format_and_day(own: Served) -> None:
    path = "/api/charts/organizations/leaderboard"
    asks = ("", "?limit=1", "?format=csv", "?end_date=2026-03-01", "?organization=Acme")
    tags = [own.get(path + ask).headers["etag"] for ask in asks]
    assert own.get(f"{path}?limit=5").headers["etag"] == tags[0]
    own.now = datetime(2026, 3, 13, tzinfo=UTC)
    tags.append(own.get(path).headers["etag"])
    own.service.store().refresh()
    assert own.get(path).headers["etag"] == tags[-1]
    with closing(sqlite3.connect(own.path)) as database, database:
        database.execute("UPDATE users SET full_name = full_name || '!'")
    own.service.store().refresh()
    tags.append(own.get(path).headers["etag"])
    own.service.store().rebuild()
    tags.append(own.get(path).headers["etag"])
    assert len(set(tags)) == len(tags)


def test_etag_of_notes_changes_with_a_note(own: Served) -> None:
    app = app_store(own.service.settings)
    of_notes, others = "/api/notes?start_date=2026-03-01", "/api/metrics"
    before = own.get(others).headers["etag"]
    tags = [own.get(f"{of_notes}{more}").headers["etag"] for more in ("", "&weeks=1")]
    assert own.json("/api/notes") == []
    kept = add_note(app, Note("<b>Rollout</b>", date(2026, 3, 10), date(2026, 3, 10)))
    tags.append(own.get(of_notes).headers["etag"])
    assert [row["title"] for row in own.json("/api/notes")] == ["<b>Rollout</b>"]
    delete_note(app, kept.id)
    assert own.get(of_notes).headers["etag"] == tags[0]
    assert len(set(tags)) == len(tags)
    assert own.get(others).headers["etag"] == before


def test_weeks_are_those_of_notes_alone(own: Served) -> None:
    add_note(app_store(own.service.settings), Note("x", date(2026, 3, 10), date(2026, 3, 10)))
    path = "/api/notes?start_date=2026-03-01"
    assert [own.json("/api/notes", **more)[0]["weeks"] for more in ({}, {"weeks": 26})] == [4, 26]
    assert "weeks = 27: choose a whole number from 1 to 26" in own.fault(f"{path}&weeks=27")["msg"]
    assert own.get("/api/metrics?weeks=27").status_code == 200
    assert own.get(f"{path}&format=csv").text.splitlines()[0].startswith("\ufeffid,title,firstDay,")


def test_notes_that_cant_be_read_take_nothing_else_down(own: Served) -> None:
    own.path.with_name("small.app.db").write_bytes(
        b"not a database, but long enough to look at" * 9
    )
    answer = own.get("/api/notes")
    assert answer.status_code == 503
    assert "The saved views and notes are damaged" in answer.json()["detail"]
    assert all(own.get(f"/api/{r.path}").status_code == 200 for r in RESULTS if r.slug != "notes")


def test_a_changed_conversation_has_another_etag_at_once(own: Served) -> None:
    tag = own.get("/api/activities/s1").headers["etag"]
    with closing(sqlite3.connect(own.path)) as database:
        database.execute("UPDATE messages SET content = 'Bye' WHERE id = 'm1'")
        database.commit()
    answer = own.get("/api/activities/s1", headers={"If-None-Match": tag})
    assert answer.json()["messages"][0]["content"] == "Bye"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv"),
        ("text/csv;q=0.9, */*;q=0.1", "text/csv"),
        ("application/json, text/csv;q=0.5", "application/json"),
        ("application/json, text/csv", "application/json"),
        ("text/html, */*", "application/json"),
        ("text/csv;q=0", "application/json"),
        ("text/csv;q=x, ,;", "application/json"),
    ],
)
def test_accept_chooses_the_format(served: Served, accept: str, kind: str) -> None:
    for path in ("/api/metrics", "/api/activities"):
        answer = served.get(path, headers={"accept": accept})
        assert answer.headers["content-type"].split(";")[0] == kind
    answer = served.get("/api/metrics?format=json", headers={"accept": accept})
    assert answer.headers["content-type"] == "application/json"


def test_head_and_options_everywhere(served: Served) -> None:
    paths = [path.replace("{activity_id}", "s1") for path in served.app.openapi()["paths"]]
    paths += ["/docs", "/redoc", "/openapi.json", "/api/activities?format=csv"]
    for path in paths:
        get, head = served.get(path), served.client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-type", "content-length", "etag"):
            assert head.headers.get(name) == get.headers.get(name), (path, name)
        for method, status in (("OPTIONS", 204), ("POST", 405), ("DELETE", 405), ("TRACE", 405)):
            answer = served.client.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (status, "GET, HEAD, OPTIONS")
    assert served.client.head("/api/activities/none").status_code == 404
    assert served.client.options("/api/none").status_code == 404


def test_cors_for_the_configured_pages_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(small(), tmp_path / "small.db")
    monkeypatch.setenv("CORS_ORIGINS", " https://a.example/, https://b.example")
    load_settings.cache_clear()
    served = Served(tmp_path / "small.db")
    for origin, allowed in (("https://b.example", True), ("https://a.example", True),
                            ("https://evil.example", False)):  # fmt: skip
        answer = served.get("/api/metrics", headers={"origin": origin})
        assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
        assert "access-control-allow-credentials" not in answer.headers
        preflight = served.client.options(
            "/api/metrics", headers={"origin": origin, "access-control-request-method": "GET"}
        )
        assert (preflight.status_code == 200) == allowed
    refused = served.get(
        "/api/metrics?limit=x&start_date=x", headers={"origin": "https://b.example"}
    )
    assert refused.headers["access-control-allow-origin"] == "https://b.example"
    load_settings.cache_clear()


def test_cors_defaults_to_the_known_clients() -> None:
    assert Settings().cors_origins == "http://localhost:5173,http://localhost:3000"


def test_what_people_said_is_stored_by_no_cache(served: Served) -> None:
    paths = [f"/api/{listed.slug}" for listed in registry.LISTS]
    for path in ("/api/activities", "/api/activities/s1", "/api/activities/none", *paths):
        for asked in ("", "?format=csv", "?start_date=ann@example.com"):
            answer = served.get(path + asked)
            assert answer.headers["cache-control"] == "private, no-store", (path, asked)
    tag = served.get("/api/people").headers["etag"]
    again = served.get("/api/people", headers={"If-None-Match": tag})
    assert (again.status_code, again.headers["cache-control"]) == (304, "private, no-store")
    for report in RESULTS:
        answer = served.get(f"/api/{report.path}?format=csv")
        assert answer.headers["cache-control"] == "private, no-cache"


def test_gzip(served: Served) -> None:
    for path in ("/api/charts/activity", "/api/activities?format=csv", "/openapi.json"):
        plain = served.get(path)
        packed = served.get(path, headers={"accept-encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.content == plain.content
        assert "Accept-Encoding" in packed.headers["vary"]
        assert packed.headers.get("etag") == plain.headers.get("etag")
        for refusing in ("identity", "gzip;q=0", "br, GZIP ; q=0.0, *", "gzip;q=no"):
            answer = served.get(path, headers={"accept-encoding": refusing})
            assert "content-encoding" not in answer.headers
            assert answer.content == plain.content
        packed = served.get(path, headers={"accept-encoding": "br;q=0, gzip;q=0.1"})
        assert packed.headers["content-encoding"] == "gzip"


def test_one_log_line_a_request_without_what_was_asked(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.get("/api/activities?user=ann@example.com")
    served.get("/api/activities/s1")
    served.get("/api/a%0Ab?x=1")
    lines = [record.getMessage() for record in caplog.records if record.name == "analytics.access"]
    shown = [line.split(" ")[:3] for line in lines]
    assert shown == [
        ["GET", "/api/activities", "200"],
        ["GET", "/api/activities/s1", "200"],
        ["GET", "/api/a%0Ab", "404"],
    ]
    assert all(line.split(" ")[3].endswith("ms") and line.endswith("B") for line in lines)
    assert not any("ann@" in line for line in lines)
    assert SAID not in caplog.text
    assert logging.getLogger("uvicorn.access").disabled


# --- the documentation, and beside the dashboard -----------------------------------------------


def test_documentation_needs_no_internet(served: Served) -> None:
    for page in ("/docs", "/redoc"):
        html = served.get(page).text
        assert "http://" not in html
        assert "https://" not in html
        for asset in html.split('"')[1::2]:
            if asset.endswith((".js", ".css", ".png")):
                assert served.get(asset).status_code == 200, asset
    assert served.json("/openapi.json")["openapi"].startswith("3.")


def test_beside_the_dashboard(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dashboard(_: object) -> HTMLResponse:
        return HTMLResponse("<h1>Dashboard</h1>" * 100)

    monkeypatch.setattr(api, "app", served.app)
    both = Starlette(
        routes=[*api.routes(), Route("/{path:path}", dashboard)],
        middleware=[Middleware(GZipMiddleware)],
    )
    client = TestClient(both)
    html = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert client.get("/").json()["version"] == VERSION
    assert "Dashboard" in client.get("/", headers=html).text
    for path in ("/overview", "/apiary", "/healthy"):
        assert "Dashboard" in client.get(path).text
    answer = client.get("/api/charts/activity", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == served.json("/api/charts/activity")
    with client.stream("GET", "/api/charts/activity") as raw:
        assert json.loads(gzip.decompress(b"".join(raw.iter_raw()))) == answer.json()
    assert client.get("/api/none").status_code == 404
    assert client.head("/api/metrics").status_code == 200
    for path in ("/health", "/docs", "/redoc", "/openapi.json", "/docs/swagger-ui.css"):
        assert client.get(path, headers=html).status_code == 200
    origin = {"origin": "http://localhost:5173"}
    assert client.get("/api/metrics", headers=origin).headers["access-control-allow-origin"]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_documentation_in_a_browser_asks_nobody_else(tmp_path: Path) -> None:
    write(small(), tmp_path / "small.db")
    with servers.served(tmp_path / "small.db") as address, chromium() as browser:
        for path in ("/docs", "/redoc"):
            page = browser.new_page()
            asked: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(address + path)
            page.get_by_text("/api/metrics").first.wait_for(state="attached")
            page.wait_for_timeout(500)
            page.close()
            foreign = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
            assert foreign == []
            assert f"{address}/openapi.json" in asked


# --- many at once ------------------------------------------------------------------------------


def test_many_clients_at_once_see_equal_answers(served: Served) -> None:
    paths = [f"/api/{report.path}" for report in RESULTS] * 5
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(served.get, paths))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) <= len(RESULTS)


def test_a_slow_reader_of_a_long_answer_keeps_no_writer_out(own: Served) -> None:
    with reading(own.service.store()) as reader:
        rows = all_activities(reader, activity_query(), NOW)
        assert next(rows).id == "s4"
        # The list's own lock would outlast any wait; the index's, made beside it, is short.
        with closing(sqlite3.connect(own.path, timeout=2)) as database:
            database.execute("UPDATE sessions SET title = 'New'")
            database.commit()
        assert len(list(rows)) == 4


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="no curl here")
def test_the_examples_of_the_readme_run(tmp_path: Path) -> None:
    readme = servers.ROOT / "README.md"
    lines = readme.read_text("utf-8").splitlines() if readme.exists() else []
    commands = [line for line in lines if line.startswith("curl ")]
    if not commands:
        pytest.skip("the README has no API examples")
    write(small(), tmp_path / "small.db")
    with servers.served(tmp_path / "small.db") as address:
        for command in commands:
            line = command.replace("curl ", "curl -fsS ", 1)
            line = re.sub(r"(http://)?localhost:\d+", address, line)
            done = subprocess.run(
                ["bash", "-c", line], cwd=tmp_path, capture_output=True, check=False
            )
            assert done.returncode == 0, (command, done.stderr)


# --- schemathesis ------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_documented(served: Served, mode: GenerationMode) -> None:
    """A few cases each; `python -m tests.fuzz_api` runs many."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", served.app)
    schema.hook(fuzz_api.filter_failure)
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode.is_negative and not operation.query:  # nothing that could be wrong
            continue

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
        def answer(case: Any) -> None:
            case.call_and_validate()

        answer()


def test_activities_on_the_page_and_in_the_api_are_equal(served: Served) -> None:
    with reading(served.service.store()) as reader:
        page = activities(reader, activity_query(), NOW, 2, 2)
    assert served.json("/api/activities", page=2, limit=2) == page.model_dump(
        mode="json", by_alias=True
    )
