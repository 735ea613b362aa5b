"""Links and saved views recorded with release 0.3, before the navigation had groups: each opens the
same page and asks the same question as it did then.

`recorded_links.json` has each address as it stood in a browser, a mail or the table of saved views,
the address that it then led to, and what was asked there.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from analytics.app.store import AppStore
from analytics.app.views import save_view, saved_views
from analytics.metrics import pages
from analytics.query import Query
from tests.conftest import settings_for
from tests.ui.test_pages import (  # noqa: F401 - fixtures
    Open,
    _close_the_last,
    app,
    no_errors,
    reference,
)
from ui import shell
from ui.views import address

RECORDED = json.loads(Path(__file__).with_name("recorded_links.json").read_text("utf-8"))
LISTS = ("people", "activities", "documents", "queries", "installations")


def opened(link: str) -> str:
    """The address that a browser ends on."""
    client = TestClient(Starlette(routes=shell.ROUTES), base_url="http://here")
    answer = client.get(link)
    assert answer.status_code == 200, link
    return str(answer.url).removeprefix("http://here")


def asked(made: AppTest, page: str) -> dict[str, Any]:
    """What a page asks: its question, and how many a list has of it."""
    query: Query = made.session_state["_page_context"].query
    said = {one.name: getattr(query, one.name) for one in fields(Query)}
    plain = Query(query.period)
    found = {
        "days": made.session_state["preset"] == "Today"
        or f"{query.period.start} {query.period.end}",
        "against": query.against and f"{query.against.start} {query.against.end}",
        "compares": made.session_state["_page_context"].compares,
        "preset": made.session_state["preset"],
        "filters": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in said.items()
            if name not in ("period", "against") and value != getattr(plain, name)
        },
    }
    if page in LISTS:
        found["list"] = made.subheader[0].value
    return found


@pytest.mark.parametrize("one", RECORDED["links"], ids=lambda one: one["link"])
def test_a_recorded_link_asks_the_same_question(
    app: Open,  # noqa: F811
    reference: Path,  # noqa: F811
    one: dict[str, Any],
) -> None:
    assert opened(one["link"]) == one["opens"]
    parts = urlsplit(one["opens"])
    page = parts.path.strip("/") or "overview"
    made = app(reference, page, parse_qs(parts.query))
    no_errors(made)
    assert made.title[0].value == one["title"]
    assert asked(made, page) == one["asks"]


@pytest.mark.parametrize("one", RECORDED["clicked"], ids=lambda one: one["link"])
def test_a_recorded_link_that_is_clicked_asks_the_same_question(
    app: Open,  # noqa: F811
    reference: Path,  # noqa: F811
    one: dict[str, Any],
) -> None:
    """Within the dashboard: its own period and filters narrow a list, or come back to the page."""
    parts = urlsplit(one["link"])
    page = parts.path.strip("/") or "overview"
    made = app(reference, page, parse_qs(parts.query))
    no_errors(made)
    assert asked(made, page) == one["asks"]


def test_recorded_views_lead_to_the_same_addresses(tmp_path: Path) -> None:
    app_store = AppStore(settings_for(tmp_path / "data.db"))
    now = datetime.now(UTC)
    save_view(app_store, "made by this release", page="", preset=None, parameters="", now=now)
    columns = "id, name, name_key, page, preset, parameters, saved_at"
    with closing(sqlite3.connect(tmp_path / "data.app.db")) as database, database:
        database.execute("DELETE FROM saved_views")
        for n, one in enumerate(RECORDED["views"]):
            row = (f"v{n}", f"View {n}", f"view {n:02}", *one["row"], 1_790_000_000_000_000)
            database.execute(
                f"INSERT INTO saved_views ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row
            )
    assert [address(view) for view in saved_views(app_store)] == [
        one["link"] for one in RECORDED["views"]
    ]
    links = {one["link"] for one in RECORDED["links"]}
    assert {one["link"] for one in RECORDED["views"]} <= links  # what they ask is looked at there


def test_the_root_is_the_overview_wherever_it_stands_in_the_navigation(
    app: Open,  # noqa: F811
    reference: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turned = dict(reversed(pages.NAVIGATION.items()))
    monkeypatch.setattr(pages, "NAVIGATION", turned)
    assert next(iter(turned)) != pages.FIRST
    made = app(reference)
    no_errors(made)
    assert made.title[0].value == "Overview"


def test_every_page_stands_in_a_section() -> None:
    assert {one.section for one in pages.NAVIGATION.values()} == {*pages.SECTIONS}
