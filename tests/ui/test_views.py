"""Saved views as their user meets them: kept from any page, listed, opened by link, deleted."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from analytics.app.store import AppStore, app_store
from analytics.app.views import SavedView, save_view, saved_views
from analytics.service import service
from analytics.settings import load_settings
from tests.browsing import CHROMIUM, served, settled
from tests.databases import Raw, a_session, a_user, write
from tests.test_browser import browser  # noqa: F401
from ui.views import ROUTES, address

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NASTY = '<img src="http://example.com/x.png" onerror="a()"> **b** [a](http://a.b) :red[x]'


def a_view(page: str = "", preset: str | None = None, parameters: str = "") -> SavedView:
    return SavedView(
        id="x", name="X", name_key="x", page=page, preset=preset, parameters=parameters, saved_at=0
    )


@pytest.mark.parametrize(
    ("view", "path"),
    [
        (a_view(preset="Last 30 days"), "/"),
        (a_view(preset="Last 7 days"), "/?preset=Last+7+days"),
        (a_view(preset="Today"), "/?preset=Today"),
        (
            a_view("retention", "Previous month", "organization=A%26B"),
            "/retention?organization=A%26B&preset=Previous+month",
        ),
        (
            a_view("activities", None, "dates=2026-03-01&dates=2026-03-31&type=With+documents"),
            "/activities?dates=2026-03-01&dates=2026-03-31&type=With+documents",
        ),
        (
            a_view("a page of an older release", "A preset of one", "x=1"),
            "/?x=1&preset=A+preset+of+one",
        ),
        (a_view("//example.com/", None, ""), "/"),
        (a_view("twins", None, "x=%0D%0ALocation%3A+y"), "/twins?x=%0D%0ALocation%3A+y"),
    ],
)
def test_a_view_leads_to_the_pages_own_address(view: SavedView, path: str) -> None:
    assert address(view) == path


# --- in-process -------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A served database with one conversation on 20 November."""

    def forget() -> None:
        if service.cache_info().currsize:
            service().close()
        for cache in (service, load_settings, app_store):
            cache.cache_clear()

    path = tmp_path / "data.db"
    write(
        Raw(
            users=[a_user("u", "Acme")],
            sessions=[a_session("s", "u", "2026-11-20 10:00:00.000000")],
        ),
        path,
    )
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("REFRESH_SECONDS", "0")
    forget()
    yield path
    forget()


def views_of(database: Path) -> list[SavedView]:
    assert load_settings().url.database == str(database)
    return list(saved_views(app_store(load_settings())))


def keep(name: str = "Board", page: str = "", preset: str | None = None, rest: str = "") -> str:
    """A saved view's id."""
    app: AppStore = app_store(load_settings())
    return save_view(app, name, page=page, preset=preset, parameters=rest, now=NOW).id


def dashboard(page: str = "overview", **parameters: list[str]) -> AppTest:
    made = AppTest.from_file(str(ROOT / "ui/main.py"), default_timeout=60)
    for name, values in parameters.items():
        made.query_params[name] = values
    return (made if page == "overview" else made.switch_page(f"../pages/{page}.py")).run()


def text_of(app: AppTest) -> str:
    return " ".join(
        str(element.value)
        for kind in ("caption", "success", "error", "warning", "info", "markdown")
        for element in getattr(app, kind)
    )


def save_as(app: AppTest, name: str) -> AppTest:
    assert app.text_input, (text_of(app), [title.value for title in app.title])
    app.text_input(key="view_name").set_value(name)
    next(button for button in app.button if button.label == "Save").click()
    return app.run()


def test_a_page_is_kept_as_it_is(database: Path) -> None:
    app = dashboard("activities", organization=["Acme"], type=["With documents"])
    app = save_as(app, " Acme's  documents ")
    (view,) = views_of(database)
    assert (view.name, view.page, view.preset) == ("Acme's documents", "activities", "Last 30 days")
    assert view.parameters == "organization=Acme&type=With+documents"
    assert "Saved as “Acme\\'s documents”" in text_of(app)
    assert f"/view/{view.id}" in app.code[0].value
    assert "Everybody who reaches this dashboard sees saved views" in text_of(app)


def test_a_view_of_a_preset_opens_with_the_preset(database: Path) -> None:
    app = save_as(dashboard(preset=["Last 7 days"], organization=["Acme"]), "Week")
    (view,) = views_of(database)
    assert (view.preset, view.parameters) == ("Last 7 days", "organization=Acme")
    asked = parse_qs(urlsplit(address(view)).query)
    assert asked == {"preset": ["Last 7 days"], "organization": ["Acme"]}
    app = dashboard(**asked)
    assert app.selectbox(key="preset").value == "Last 7 days"
    assert app.date_input(key="dates").value == (date(2026, 11, 14), date(2026, 11, 20))


def test_a_view_says_what_is_not_there_any_more(database: Path) -> None:
    """Recorded with an organization and a preset of that time."""
    view = a_view("retention", "Last 9 days", "organization=Gone")
    app = dashboard("retention", **parse_qs(urlsplit(address(view)).query))
    said = text_of(app).replace("\\", "")
    assert "No organization is called Gone any more" in said
    assert "preset = Last 9 days: is none of" in said
    assert "Shown instead: Last 30 days." in said


def test_chosen_dates_stay(database: Path) -> None:
    app = dashboard("retention", dates=["2026-03-01", "2026-03-31"])
    assert "Keeps Retention as it is now: 1 Mar \u2013 31 Mar 2026." in text_of(app)
    save_as(app, "March")
    (view,) = views_of(database)
    assert (view.preset, view.parameters) == (None, "dates=2026-03-01&dates=2026-03-31")


def test_a_name_that_is_taken_or_missing_is_said(database: Path) -> None:
    keep("Board")
    app = save_as(dashboard(), "BOARD")
    assert "another view has this name\\; choose a different one" in text_of(app)
    app = save_as(app, "  ")
    assert "give the view a name" in text_of(app)
    assert len(views_of(database)) == 1


def test_the_list_says_what_each_view_shows(database: Path) -> None:
    keep("Zebra", "activities", None, "dates=2026-03-01&dates=2026-03-31&type=With+documents")
    keep(NASTY, "", "Last 90 days", "organization=Acme&organization=%2A%2AB%2A%2A&department=Sales")
    keep("Broken", "twins", None, "dates=x&%00=%0a")
    app = dashboard("views")
    assert not app.exception
    shown = text_of(app)
    assert "Activities · 1 Mar \u2013 31 Mar 2026 · type\\: With documents" in shown
    assert "Overview · Last 90 days · Acme\\, \\*\\*B\\*\\* · Sales" in shown
    links = [html.proto.body for html in app.get("html") if "/view/" in html.proto.body]
    assert len(links) == 3
    assert "&lt;img src=&quot;http://example.com/x.png&quot; onerror=&quot;a()&quot;&gt;" in (
        "".join(links)
    )
    assert "<img" not in "".join(links)


def test_hundreds_of_views_stay_findable(database: Path) -> None:
    for n in range(120):
        keep(f"View {n:03}")
    app = dashboard("views")
    assert [heading.value for heading in app.subheader] == ["120 saved views"]
    assert sum("/view/" in html.proto.body for html in app.get("html")) == 20
    app.text_input(key="find").set_value("vIEW 07").run()
    assert [heading.value for heading in app.subheader] == ["10 saved views"]
    app.text_input(key="find").set_value("nothing").run()
    assert "No view has this in its name" in text_of(app)


def test_an_empty_list_says_how_to_begin(database: Path) -> None:
    assert "No view is kept yet" in text_of(dashboard("views"))
    assert [path.name for path in database.parent.glob("*.app.db")] == []


def test_a_damaged_file_leaves_the_dashboard_working(database: Path) -> None:
    (database.parent / "data.app.db").write_bytes(b"no database" * 200)
    app = dashboard()
    assert app.metric[1].value == "1"
    app = save_as(app, "Board")
    assert "The saved views and notes are damaged" in text_of(app)
    assert "Restore this file from a backup" in text_of(app)
    assert app.metric[1].value == "1"
    assert "The saved views and notes are damaged" in text_of(dashboard("views"))


def test_links_lead_to_pages(database: Path) -> None:
    march = keep("March", "retention", None, "dates=2026-03-01&dates=2026-03-31")
    client = TestClient(Starlette(routes=ROUTES), follow_redirects=False)
    answer = client.get(f"/view/{march}")
    assert (answer.status_code, answer.headers["location"]) == (
        307, "/retention?dates=2026-03-01&dates=2026-03-31",
    )  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"
    now = keep("Now", "", "Today")
    assert client.get(f"/view/{now}").headers["location"] == "/?preset=Today"
    assert client.get("/view/gone").headers["location"] == "/views?gone=gone"
    assert client.get("/view/%00").headers["location"] == "/views?gone=%00"
    assert "no longer there" in text_of(dashboard("views", gone=["gone"]))
    (database.parent / "data.app.db").write_bytes(b"no database" * 200)
    assert client.get(f"/view/{march}").headers["location"] == "/views"


# --- in Chromium ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(reference_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("views")
    shutil.copy(reference_db, made)
    return made


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium")
def test_save_open_share_rename_delete_and_undo(browser: Browser, folder: Path) -> None:  # noqa: F811
    with served(folder, DATABASE_URL="sqlite:///./reference.db") as address_:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        url, total = _saved_by_keyboard(page, address_)
        page.reload()
        settled(page)

        # A colleague with a phone opens the link, then finds the view in the list.
        phone = browser.new_context(viewport={"width": 390, "height": 844})
        colleague = phone.new_page()
        requests: list[str] = []
        colleague.on("request", lambda request: requests.append(request.url))
        colleague.goto(url)
        settled(colleague)
        assert colleague.locator("h3").first.inner_text() == total
        assert "type=With+documents" in colleague.url
        colleague.goto(f"{address_}/views")
        settled(colleague)
        colleague.get_by_role("link", name=NASTY).click()
        colleague.wait_for_url("**/activities?**")
        settled(colleague)
        assert colleague.locator("h3").first.inner_text() == total
        assert not [one for one in requests if "example.com" in one]
        assert _width(colleague) <= 390

        # Renamed, its link stays; deleted, the link says so; taken back, it works again.
        colleague.goto(f"{address_}/views")
        settled(colleague)
        colleague.get_by_role("button", name="Share, edit").click()
        colleague.get_by_label("Name", exact=True).fill("Acme's documents")
        colleague.get_by_role("button", name="Rename").click()
        expect(colleague.get_by_role("link", name="Acme's documents")).to_be_visible()
        settled(colleague)
        assert _width(colleague) <= 390
        colleague.get_by_role("button", name="Delete").click()
        expect(colleague.get_by_text("Deleted “Acme's documents”.")).to_be_visible()
        page.goto(url)
        settled(page)
        expect(page.get_by_text("The view of this link is no longer there.")).to_be_visible()
        colleague.get_by_role("button", name="Undo").click()
        expect(colleague.get_by_role("link", name="Acme's documents")).to_be_visible()
        page.goto(url)
        settled(page)
        assert page.locator("h3").first.inner_text() == total
        phone.close()
        page.close()


def _saved_by_keyboard(page: Page, address_: str) -> tuple[str, str]:
    """The link of a view of filtered activities, and how many it shows."""
    page.goto(f"{address_}/activities?type=With+documents&organization=Acme+Corp")
    settled(page)
    page.get_by_role("combobox", name=re.compile("Period")).click()
    page.get_by_role("option", name="Last 90 days", exact=True).click()
    settled(page)
    page.get_by_role("button", name="Save this view").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name of the view").fill(NASTY)
    page.keyboard.press("Enter")
    link = page.get_by_test_id("stCode").filter(has_text="/view/")
    expect(link).to_be_visible()
    url = link.inner_text().strip()
    assert url.startswith(f"{address_}/view/")
    return url, page.locator("h3").first.inner_text()


def _width(page: Page) -> int:
    return int(json.loads(page.evaluate("String(document.documentElement.scrollWidth)")))
