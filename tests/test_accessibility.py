"""For people who see badly or use no mouse: axe-core's rules, the keyboard, nothing that jumps."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from analytics.app.notes import Note, add_note
from analytics.app.store import AppStore
from analytics.app.views import save_view
from tests.browsing import CHROMIUM, LAYOUT_SHIFTS, PAGES, layout_shift, served, settled
from tests.conftest import settings_for
from tests.test_browser import browser  # noqa: F401

SERIOUS = ("serious", "critical")
# What Streamlit's markup causes and neither theme nor `ui/head.html` can repair:
# rule -> (a part of the selector or of the HTML that axe reports, why).
EXCLUDED: dict[str, tuple[str, str]] = {}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="no Chromium: install Debian's `chromium` to drive the product in a browser",
    ),
]


@pytest.fixture(scope="module")
def place(reference_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reference data, a saved view, and notes of days and of a day."""
    folder = tmp_path_factory.mktemp("accessible")
    shutil.copy(reference_db, folder)
    app = AppStore(settings_for(folder / "reference.db"))
    now = datetime.now(UTC)
    save_view(app, "Board", page="", preset="Last 30 days", parameters="", now=now)
    add_note(app, Note("Training", date(2026, 11, 2), date(2026, 11, 6), ("Acme Corp",)))
    add_note(app, Note("Rollout", date(2026, 11, 4), date(2026, 11, 4)))
    return folder


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    database = "sqlite:///./reference.db"
    with served(place, DATABASE_URL=database, REFRESH_SECONDS="0") as made:
        yield made


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now, one line an element."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    lines = []
    for rule in found["violations"]:
        if rule["impact"] not in SERIOUS:
            continue
        part, _ = EXCLUDED.get(rule["id"], (None, ""))
        for node in rule["nodes"]:
            where = f"{node['target']} {node['html']}"
            if part is None or part not in where:
                said = (node["any"] + node["all"] + node["none"])[0]["message"]
                lines.append(f"{page.url} {rule['id']}: {said} {where[:300]}")
    return lines


THEMES = ("light", "dark")
OPENED = {"": "Explain", "views": "Share, edit", "notes": "Edit"}
OTHER_PAGES = (
    "notes?weeks=1",
    "conversation?id=none",
    "activities?email=nobody",
    "views?gone=x",
    "?organization=Acme+Corp",
    "retention?dates=2026-09-23&dates=2026-11-21",
)


def violations_in_both_themes(page: Page) -> list[str]:
    """What axe finds in the light and in the dark page, which follows the system's theme."""
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.wait_for_function(
            "dark => (getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme"
            " === 'dark') === dark",
            arg=theme == "dark",
        )
        settled(page)
        found += [f"{theme}: {line}" for line in violations(page)]
    return found


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_serious(
    browser: Browser,  # noqa: F811
    address: str,
    place: Path,
    width: int,
) -> None:
    with closing(sqlite3.connect(place / "reference.db")) as database:
        (session,) = database.execute("SELECT session_id FROM documents LIMIT 1").fetchone()
    page = browser.new_page(viewport={"width": width, "height": 900})
    found = []
    for path in (*PAGES, f"conversation?id={session}", *OTHER_PAGES):
        page.goto(f"{address}/{path}")
        settled(page)
        found += violations_in_both_themes(page)
        if path in OPENED:  # what opens on a click
            name = OPENED[path]
            page.get_by_role("button", name=name).first.click()
            settled(page)
            found += violations_in_both_themes(page)
            page.keyboard.press("Escape")
    page.goto(address)
    settled(page)
    if width < 768:
        page.get_by_test_id("stExpandSidebarButton").click()
        found += violations_in_both_themes(page)
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
        page.locator("summary").click()  # unfolds the bar
    page.get_by_role("button", name="Save this view").click()
    expect(page.get_by_label("Name of the view")).to_be_visible()
    found += violations_in_both_themes(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More filters").click()
    expect(page.get_by_label("E-mail contains")).to_be_visible()
    found += violations_in_both_themes(page)
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Period").click()
    found += violations_in_both_themes(page)
    page.close()
    assert not found, "\n".join(found)


FOCUSED = """() => {
    const e = document.activeElement
    const shows = element => {
        const style = getComputedStyle(element)
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
            || style.boxShadow !== "none"
    }
    // A field shows it on its frame.
    const frame = e.closest("[data-testid=stSelectbox], [data-testid=stMultiSelect]")
    const rest = window._frames.get(frame)
    return {
        tag: e.tagName, kind: e.closest("[data-testid]")?.dataset.testid, text: e.innerText,
        name: e.getAttribute("aria-label") || e.innerText || "",
        visible: shows(e) || !!frame && [...frame.querySelectorAll("*")].some(
            part => getComputedStyle(part).borderTopColor !== rest.get(part)),
    }
}"""
REMEMBER_FRAMES = """() => {
    window._frames = new Map()
    for (const f of document.querySelectorAll(
        "[data-testid=stSelectbox], [data-testid=stMultiSelect]"))
        window._frames.set(f, new Map([...f.querySelectorAll("*")].map(
            part => [part, getComputedStyle(part).borderTopColor])))
}"""


def test_the_keyboard_reaches_every_control_of_the_overview(
    browser: Browser,  # noqa: F811
    address: str,
) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address)
    settled(page)
    page.evaluate(REMEMBER_FRAMES)
    stops: list[dict[str, Any]] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop["tag"] == "BODY":
            break
        stops.append(stop)
    names = ["" if stop["tag"] == "MAIN" else stop["name"] for stop in stops]
    assert names[0] == "Skip to main content"
    ordered = ["Overview", "Retention", "Saved views", "Refresh", "Save this view",
               "Save this page", "Period", "Compare with", "Departments",
               "More filters", "Explain"]  # fmt: skip
    places = [next(n for n, name in enumerate(names) if label in name) for label in ordered]
    assert places == sorted(places)
    assert stops[-1]["kind"] == "stPageLink-NavLink"
    # Everything that can be clicked, once: buttons, links and fields that are shown.
    for label, tag in (("Explain", "button"), ("CSV", "a")):
        shown = page.locator(f"main {tag}:visible", has_text=label).count()
        assert shown
        reached = [stop for stop in stops if stop["tag"] == tag.upper() and label in stop["text"]]
        assert len(reached) == shown
    links = page.locator("[data-testid=stMain] [data-testid=stPageLink-NavLink]").count()
    assert [stop["kind"] for stop in stops].count("stPageLink-NavLink") == links
    assert not [stop for stop in stops if not stop["visible"]]

    # And works there: a popover with Enter, a preset with the arrows, a link with Enter.
    explain = page.get_by_role("button", name="Explain").nth(4)  # below the cards
    explain.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("/api/charts/activity")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("/api/charts/activity")).to_be_hidden()
    explain.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("/api/charts/activity")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Period").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="Last 7 days", exact=True).wait_for()
    page.keyboard.type("90")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    settled(page)
    expect(page.get_by_text("(90 days)")).to_be_visible()
    page.get_by_role("link", name="Retention").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/retention**")
    page.close()


def test_the_skip_link_leads_to_the_content(browser: Browser, address: str) -> None:  # noqa: F811
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address)
    settled(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')")
    page.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_little_moves_while_the_overview_loads(
    browser: Browser,  # noqa: F811
    address: str,
    width: int,
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.add_init_script(LAYOUT_SHIFTS)
    page.goto(address)
    settled(page)
    loading = layout_shift(page)
    assert loading < 0.1  # what web.dev calls good
    if width > 768:
        page.get_by_role("combobox", name="Period").click()
        page.get_by_role("option", name="Last 90 days", exact=True).click()
        settled(page)
        assert layout_shift(page) - loading < 0.1
    page.close()
