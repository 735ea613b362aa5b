"""The product as its user meets it: `dashboard_app.py` in Chromium."""

import csv
import io
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from analytics.metrics.pages import FIRST, NAVIGATION
from analytics.metrics.pages import PAGES as RESULT_PAGES
from analytics.metrics.registry import BY_SLUG
from analytics.output.export import BOM
from analytics.output.theme import theme
from analytics.period import PRESET_NAMES
from tests.browsing import CHROMIUM, PAGES, chromium, served, settled
from tests.databases import Raw, a_message, a_session, a_twin, a_user, write
from tests.reference import counted
from ui.charts import SHOW

NASTY = '<img src="http://example.com/x.png" onerror="a()"> **bold** [a](http://a.b)\n  two'

expect.set_options(timeout=30_000)  # a machine may be busy
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="no Chromium: install Debian's `chromium` to drive the product in a browser",
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "with CI set, Chromium must be installed"
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def address(reference_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product on the reference data."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(reference_db, folder)
    with served(folder, DATABASE_URL="sqlite:///./reference.db") as made:
        yield made


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests, as a visitor has it: what Streamlit's client loads is loaded once."""
    made = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """A fresh browser page that fails the test on a console error or a foreign request."""
    made = context.new_page()
    faults: list[str] = []
    made.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    made.on("pageerror", lambda e: faults.append(str(e)))
    made.on(
        "request",
        lambda r: None if re.match(r"(https?://127\.0\.0\.1[:/]|data:|blob:)", r.url)
        else faults.append(f"left the machine: {r.url}"),
    )  # fmt: skip
    yield made
    made.close()
    assert not faults


# Of the Overview: its conversations are drawn in two panels.
CHARTS, CARDS = len(RESULT_PAGES["overview"].charts), 4 + 3
STACKED = RESULT_PAGES["overview"].charts.index("engagement") + 1


def metrics(page: Page) -> list[str]:
    return page.locator("[data-testid=stMetricValue]").all_inner_texts()


def shows(page: Page, figures: list[str], *, other: bool = False) -> None:
    """Wait until the cards show these figures, or others."""
    cards = expect(page.locator("[data-testid=stMetricValue]"))
    look = cards.not_to_have_text if other else cards.to_have_text
    look(figures, use_inner_text=True, timeout=30_000)
    settled(page)
    cards.to_have_count(len(figures))
    assert (metrics(page) != figures) is other


def choose(page: Page, label: str, option: str) -> None:
    """Pick from a select box as a user does."""
    box = page.get_by_role("combobox", name=re.compile(label))
    box.hover()  # whoever was further down has scrolled up to it before: scrolling closes its list
    box.click()
    page.get_by_role("option", name=option, exact=True).click()
    settled(page)


def menus(page: Page, name: str, count: int) -> list[Locator]:
    """The small buttons of a name, one a card."""
    buttons = page.get_by_role("button", name=name, exact=True)
    expect(buttons).to_have_count(count)
    return buttons.all()


def saved_from(page: Page, menu: Locator) -> tuple[str, list[list[str]]]:
    """The name and rows of the CSV file that a menu has."""
    menu.click()
    made = saved(page, page.locator("[data-testid=stPopoverBody]").get_by_role("link", name="CSV"))
    page.keyboard.press("Escape")
    expect(page.locator("[data-testid=stPopoverBody]")).to_have_count(0)
    return made


def saved(page: Page, button: Locator) -> tuple[str, list[list[str]]]:
    """The name and rows of the file that a click saves."""
    with page.expect_download() as waiting:
        button.click()
    text = Path(waiting.value.path()).read_bytes().decode()
    assert text.startswith(BOM)
    return waiting.value.suggested_filename, list(csv.reader(io.StringIO(text.removeprefix(BOM))))


def test_the_overview_draws_the_reference_figures(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    assert metrics(page)[:4] == ["12", "726", "720", "8"]
    deltas = page.locator("[data-testid=stMetricDelta]").all_inner_texts()[:4]
    assert [re.search(r"[+-]?[\d.]+ %", delta)[0] for delta in deltas] == [  # type: ignore[index]
        "0.0 %", "-0.3 %", "+0.7 %", "0.0 %",
    ]  # fmt: skip
    drawn = page.locator("[data-testid=stVegaLiteChart]")
    expect(drawn).to_have_count(CHARTS + 1)
    for chart in drawn.all():
        marks = chart.locator("canvas, svg").first
        expect(marks).to_be_visible()
        assert marks.bounding_box()["width"] > 200  # type: ignore[index]
    assert page.title() == "Overview \u00b7 AI Twin Analytics"


@pytest.mark.parametrize("path", PAGES)
def test_a_deep_link_opens_its_page_first(page: Page, address: str, path: str) -> None:
    page.goto(f"{address}/{path}?dates=2026-11-01&dates=2026-11-10&organization=Acme+Corp")
    settled(page)
    title = "Saved views" if path == "views" else (path or "overview").title()
    assert page.locator("h1").inner_text() == title
    asks = NAVIGATION[path or FIRST].asks
    period = page.get_by_role("combobox", name=re.compile("Period"), include_hidden=True)
    expect(period).to_have_value("Custom dates")
    expect(period).to_be_visible(visible=asks)
    if asks:
        expect(page.get_by_text("1 Nov \u2013 10 Nov 2026", exact=True)).to_be_visible()
        expect(page.get_by_text("Only Acme Corp")).to_be_visible()


def test_every_preset_redraws_the_page(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    seen = set()
    for preset in PRESET_NAMES:
        choose(page, "Period", preset)
        seen.add(page.get_by_text("compared with").first.inner_text())
    assert len(seen) >= 7
    assert page.url == f"{address}/?preset=Previous+month"  # it moves, so no dates stand there


def test_filters_stand_in_the_address_and_stay_from_page_to_page(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    page.get_by_role("combobox", name=re.compile("Organizations")).click()
    page.get_by_role("option", name="Acme Corp").click()
    page.keyboard.press("Escape")
    settled(page)
    assert metrics(page)[:2] == ["2", "122"]
    assert "organization=Acme" in page.url
    page.get_by_role("link", name="Retention").click()
    page.wait_for_url("**/retention**")
    settled(page)
    expect(page.get_by_text("Only Acme Corp")).to_be_visible()


def test_a_filter_leaves_the_charts_in_place(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    charts = page.locator("[data-testid=stVegaLiteChart]")
    charts.evaluate_all("found => found.forEach(chart => chart.isStill = true)")
    whole = metrics(page)
    page.get_by_role("combobox", name=re.compile("Organizations")).click()
    page.get_by_role("option", name="Acme Corp").click()
    page.keyboard.press("Escape")
    shows(page, whole, other=True)
    expect(page.get_by_text("Only Acme Corp")).to_be_visible()
    still = charts.evaluate_all("found => found.map(chart => chart.isStill)")
    assert still == [True] * (CHARTS + 1)


def test_dragging_over_a_chart_zooms_the_page_to_those_days(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    whole = metrics(page)
    for number in (0, STACKED):  # a line and a stacked column chart
        chart = page.locator("[data-testid=stVegaLiteChart]").nth(number)
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        assert box
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 150, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + 220, middle, steps=5)
        page.mouse.move(box["x"] + 300, middle, steps=5)
        page.mouse.up()
        page.wait_for_url("**dates=**")
        shows(page, whole, other=True)
        assert metrics(page)[1] != whole[1]
        settled(page)  # the button is where it stays
        page.get_by_role("button", name="Zoomed in: back to 23 Oct").click()
        shows(page, whole)
    page.go_back()
    shows(page, whole, other=True)
    assert metrics(page)[1] != whole[1]


def test_every_csv_of_the_overview_holds_the_rows_drawn(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    names = {}
    latest = page.get_by_role("main").get_by_role("link", name="CSV")
    for name, rows in (
        *(saved_from(page, menu) for menu in menus(page, "Save", CHARTS)),
        saved_from(page, menus(page, "Explain", CHARTS + CARDS)[0]),
        saved_from(page, page.locator("[class*=st-key-corner-depth-summary-] button").first),
        saved(page, latest),
    ):
        names[name.partition("_")[0]] = rows
        if not name.startswith("latest"):
            assert name.endswith("_2026-10-23_2026-11-21.csv")
    assert names.keys() == {*RESULT_PAGES["overview"].slugs, "latest-activities"}
    assert names["feature-usage"][1:] == [
        ["Questions Asked", "726"], ["Documents Drafted", "720"], ["Information Retrieved", "620"],
    ]  # fmt: skip
    assert len(names["active-users"]) == 31
    assert names["leaderboard"][1] == ["1", "Digital Dynamics", "5", "299", "59.8"]


def test_the_csvs_of_the_other_pages(page: Page, address: str) -> None:
    expected = {
        name: set(one.slugs)
        for name, one in RESULT_PAGES.items()
        if name not in ("overview", "notes")  # there is no note
    }
    for path, slugs in expected.items():
        # The summary has a chart where there is something to compare with.
        start = "2026-10-23" if path == "summary" else "2026-09-23"
        page.goto(f"{address}/{path}?dates={start}&dates=2026-11-21")
        settled(page)
        cards = {slug for slug in slugs if BY_SLUG[slug].is_single}  # their CSV is in a corner
        got = {saved_from(page, menu)[0] for menu in menus(page, "Save", len(slugs - cards))}
        corners = (page.locator(f"[class*=st-key-corner-{slug}-] button").first for slug in cards)
        got |= {saved_from(page, corner)[0] for corner in corners}
        # The summary shows charts of whole weeks.
        weeks = {slug for slug in slugs if path == "summary" and BY_SLUG[slug].is_chart}
        assert got == {
            f"{slug}_{'2026-10-25' if slug in weeks else start}_2026-11-21.csv" for slug in slugs
        }


def test_the_activities_csv_holds_all_filtered_rows(page: Page, address: str) -> None:
    page.goto(f"{address}/activities?email=kristen&type=document")
    settled(page)
    total = int(re.search(r"of (\d+) activities", page.locator("h3").first.inner_text())[1])  # type: ignore[index]
    assert total > 20
    name, rows = saved(page, page.get_by_role("link", name="CSV"))
    assert name == "activities_2026-10-23_2026-11-21.csv"
    assert len(rows) == total + 1
    assert {row[4] for row in rows[1:]} == {"kristen.page@company.com"}


def test_a_row_opens_its_conversation_and_back_returns(page: Page, address: str) -> None:
    page.goto(f"{address}/activities?page=2")
    settled(page)
    title = page.locator("[data-testid=stMain] a[href*=conversation]").first
    name = title.inner_text().split("\n")[-1]
    title.click()
    page.wait_for_url("**/conversation?id=*")
    settled(page)
    assert page.locator("[data-testid=stChatMessage]").count() > 1
    expect(page.locator("h3", has_text=name).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d+ messages?"))).to_be_visible()
    page.get_by_role("link", name="All activities").click()
    page.wait_for_url("**/activities**")
    settled(page)


def test_words_of_a_conversation_are_only_words(browser: Browser, tmp_path: Path) -> None:
    at = "2026-03-02 10:00:00.000000"
    raw = Raw(
        users=[a_user("u", full_name=NASTY)],
        twins=[a_twin("t", "u", at, name=NASTY)],
        sessions=[a_session("s", "u", at, twin_id="t", title=NASTY, topic=NASTY)],
        messages=[a_message("m", "s", at) | {"content": NASTY}],
    )
    write(raw, tmp_path / "nasty.db")
    foreign = []
    with served(tmp_path, DATABASE_URL="sqlite:///nasty.db") as made:
        page = browser.new_page()
        page.on("request", lambda r: foreign.append(r.url) if "example.com" in r.url else None)
        for path in ("", "twins", "activities", "conversation?id=s"):
            page.goto(f"{made}/{path}")
            settled(page)
            main = page.locator("[data-testid=stMain]")
            assert main.locator("img[src*=example]").count() == 0
            assert main.locator("a[href*='a.b']").count() == 0
            assert main.locator("strong:text-is('bold')").count() == 0
        message = page.locator("[data-testid=stChatMessage] [data-testid=stText]").inner_text()
        assert message == NASTY
        page.close()
    assert not foreign
    assert "two" not in (tmp_path / "server.log").read_text()


def test_first_start_makes_sample_data_and_recovers_when_it_is_replaced(
    browser: Browser, tmp_path: Path
) -> None:
    with served(tmp_path) as made:
        page = browser.new_page()
        page.goto(made)
        settled(page)
        expect(page.get_by_text("Sample data")).to_be_visible(timeout=60_000)
        assert int(metrics(page)[0]) >= 6
        database = tmp_path / "ai_twin_analytics.db"
        database.rename(tmp_path / "away.db")
        database.write_bytes(b"this is no database, it is a text")
        page.reload()
        expect(page.get_by_text("This file is no SQLite database")).to_be_visible()
        assert "Traceback" not in page.content()
        (tmp_path / "away.db").replace(database)
        expect(page.locator("[data-testid=stMetricValue]").first).to_be_visible()
        page.close()


def test_a_writer_is_never_kept_out(browser: Browser, reference_db: Path, tmp_path: Path) -> None:
    database = Path(shutil.copy(reference_db, tmp_path / "own.db"))
    with served(tmp_path, DATABASE_URL="sqlite:///own.db") as made:
        page = browser.new_page()
        page.goto(made)
        settled(page)
        with sqlite3.connect(database, timeout=1) as raw:
            raw.execute("DELETE FROM sessions WHERE started_at > '2026-11-21'")
        page.get_by_role("button", name="Refresh").click()
        expect(page.get_by_text("data through 20 Nov 2026")).to_be_visible()
        page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_sees_everything_without_scrolling_sideways(
    browser: Browser, address: str, theme: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    for path in PAGES:
        page.goto(f"{address}/{path}")
        settled(page)
        wide = page.evaluate(
            "(m => m.scrollWidth - m.clientWidth)(document.querySelector('[data-testid=stMain]'))"
        )
        assert wide <= 1, path
    context.close()


# --- comparing, focusing, explaining -----------------------------------------------------------


KEY = "chart => chart.closest('[class*=st-key-chart-]')?.className.match(/st-key-chart-\\S+/)[0]"


def middle_of_chart(page: Page, number: int) -> tuple[float, float]:
    """The middle of a chart that has come to rest."""
    chart = page.locator("[data-testid=stVegaLiteChart]").nth(number)
    chart.scroll_into_view_if_needed()
    chart.hover(trial=True)
    box = chart.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_clicking_a_day_shows_that_day_and_a_double_click_leaves_it(
    page: Page, address: str, reference_db: Path
) -> None:
    page.goto(address)
    settled(page)
    whole = metrics(page)
    for number in (0, STACKED):  # a line and a stacked column chart
        page.mouse.click(*middle_of_chart(page, number))
        page.wait_for_url("**dates=**")
        settled(page)
        [day] = set(re.findall(r"dates=([\d-]+)", page.url))
        started = f"SELECT count(*) FROM sessions WHERE date(started_at) = '{day}'"
        assert metrics(page)[1] == str(counted(reference_db, started)[0])
        # A click on the only day shown does nothing: its chart keeps its key for a late second one.
        chart = page.locator("[data-testid=stVegaLiteChart]").nth(number)
        key = chart.evaluate(KEY)
        assert key
        page.mouse.click(*middle_of_chart(page, number))
        page.wait_for_timeout(1_000)
        settled(page)
        assert chart.evaluate(KEY) == key
        page.go_back()
        shows(page, whole)
        page.go_forward()
        shows(page, whole, other=True)
        settled(page)  # a chart that is drawn anew would lose one of the clicks
        page.mouse.dblclick(*middle_of_chart(page, number))
        shows(page, whole)
        expect(page.get_by_role("button", name="Zoomed in")).to_have_count(0)
    page.mouse.dblclick(*middle_of_chart(page, 0))  # nothing to leave, and no day is focused
    page.wait_for_timeout(1_000)
    settled(page)
    assert metrics(page) == whole


def test_a_link_opens_with_its_comparison(page: Page, address: str) -> None:
    dates = "dates=2026-11-02&dates=2026-11-15"
    deltas = page.locator(".st-key-headline [data-testid=stMetricDelta]")
    chosen = "compare=Chosen+dates&compare_dates=2026-10-01&compare_dates=2026-10-20"
    for compare, words in (
        ("", "compared with 19 Oct \u2013 1 Nov 2026"),
        ("&compare=52+weeks+earlier", "compared with 3 Nov \u2013 16 Nov 2025"),
        (f"&{chosen}", "compared with 1 Oct \u2013 20 Oct 2026 (20 days)"),
    ):
        page.goto(f"{address}/?{dates}{compare}")
        settled(page)
        expect(page.get_by_text(words)).to_be_visible()
        expect(deltas).to_have_count(4)
    page.goto(f"{address}/?{dates}&compare=Nothing")
    settled(page)
    expect(deltas).to_have_count(0)
    choose(page, "Compare with", "52 weeks earlier")
    assert "compare=52+weeks+earlier" in page.url
    assert set(deltas.all_inner_texts()[1:3]) == {"new"}


def heading(page: Page) -> str:
    return page.locator("h3").first.inner_text()


def test_back_and_forward_take_and_repeat_one_choice_each(page: Page, address: str) -> None:
    """From a link that names its comparison by its code."""

    def organization() -> None:
        page.get_by_role("combobox", name="Organizations").click()
        page.get_by_role("option", name="Acme Corp").click()
        page.keyboard.press("Escape")

    def seen() -> tuple[str, list[str], list[str]]:
        settled(page)
        line = page.locator("[data-testid=stMain] p", has_text="data through").inner_text()
        deltas = page.locator("[data-testid=stMetricDelta]").all_inner_texts()
        return line, metrics(page), deltas

    page.goto(f"{address}/?dates=2026-11-02&dates=2026-11-15&compare=year")
    views = [seen()]
    assert "compared with 3 Nov \u2013 16 Nov 2025" in views[0][0]
    for choice in (
        lambda: choose(page, "Compare with", "Nothing"),
        lambda: choose(page, "Compare with", "Chosen dates"),
        lambda: choose(page, "Period", "Last 7 days"),
        organization,
        lambda: page.mouse.click(*middle_of_chart(page, 0)),
    ):
        choice()
        page.wait_for_timeout(500)
        views.append(seen())
    assert len({str(view) for view in views}) == 6
    for view in views[-2::-1]:
        page.go_back()
        assert seen() == view
    for view in views[1:]:
        page.go_forward()
        assert seen() == view


@pytest.mark.parametrize(
    ("code", "label", "found"),
    [
        ("type=document", "type=With+documents", "of {documents} activities"),
        ("type=query&page=2", "type=With+queries&page=2", "of {queries} activities"),
        ("who=inactive", "who=Not+active", "0 people"),
        ("sort=name&order=desc", "sort=Name&order=Most+or+latest+first", "1\u201312 of 12 people"),
    ],
)
def test_a_link_may_name_an_option_by_its_code(  # noqa: PLR0913, PLR0917
    page: Page, address: str, reference_db: Path, code: str, label: str, found: str
) -> None:
    talks = "SELECT count(DISTINCT session_id) FROM {} WHERE created_at >= '2026-10-23'"
    with_one = {
        name: counted(reference_db, talks.format(name))[0] for name in ("documents", "queries")
    }
    path = "activities" if "type" in code else "people"
    page.goto(f"{address}/{path}?{code}")
    settled(page)
    assert found.format(**with_one) in heading(page)
    assert page.url == f"{address}/{path}?{label}"


def test_the_conversations_of_a_twin_are_linked_by_its_id(
    page: Page, address: str, reference_db: Path
) -> None:
    twin, talks = counted(
        reference_db,
        "SELECT twin_id, count(*) FROM sessions WHERE started_at >= '2026-10-23' GROUP BY twin_id",
    )
    page.goto(f"{address}/activities?twin={twin}")
    settled(page)
    assert f"of {talks} activities" in heading(page)
    page.get_by_role("button", name=re.compile("Only with")).click()
    settled(page)
    assert "of 726 activities" in heading(page)
    assert "twin=" not in page.url
    page.go_back()
    settled(page)
    assert f"of {talks} activities" in heading(page)


def test_a_card_is_explained_with_a_link_to_the_same_answer(page: Page, address: str) -> None:
    page.goto(f"{address}/?dates=2026-11-02&dates=2026-11-15&compare=year")
    settled(page)
    explain = menus(page, "Explain", CHARTS + CARDS)[1]
    explain.focus()
    page.keyboard.press("Enter")
    body = page.locator("[data-testid=stPopoverBody]")
    link = body.get_by_role("link", name="Same answer in the API")
    expect(link).to_be_visible()
    answer = page.request.get(urljoin(address, link.get_attribute("href") or "")).json()
    assert metrics(page)[1] == str(answer["totalConversations"])
    assert answer["previousConversations"] == 0


def test_a_chart_turns_into_its_rows_with_the_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    table = menus(page, "Table", CHARTS)[0]
    table.press("Enter")
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()
    expect(page.locator("[data-testid=stVegaLiteChart]")).to_have_count(CHARTS)


def test_a_preset_stays_in_the_address_and_chosen_dates_take_its_place(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/?preset=Last+7+days")
    settled(page)
    week = metrics(page)
    period = page.get_by_role("combobox", name=re.compile("Period"))
    page.get_by_role("link", name="Retention").click()
    page.wait_for_url("**/retention?preset=Last+7+days")
    page.go_back()
    shows(page, week)
    expect(period).to_have_value("Last 7 days")
    choose(page, "Period", "Custom dates")
    page.wait_for_url(f"{address}/?dates=2026-11-15&dates=2026-11-21")
    choose(page, "Period", "Last 30 days")
    page.wait_for_url(f"{address}/")
    shows(page, week, other=True)
    page.go_back()
    page.wait_for_url("**/?dates=2026-11-15&dates=2026-11-21")
    shows(page, week)
    expect(period).to_have_value("Custom dates")
    page.go_back()
    page.wait_for_url("**/?preset=Last+7+days")
    expect(period).to_have_value("Last 7 days")
    page.reload()
    shows(page, week)
    expect(period).to_have_value("Last 7 days")


def test_a_name_that_is_gone_stays_in_the_address_until_it_is_removed(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/?organization=Gone&organization=Acme+Corp&compare=yaer")
    settled(page)
    assert metrics(page)[:2] == ["2", "122"]
    expect(page.get_by_text("No organization is called Gone any more")).to_be_visible()
    expect(page.get_by_text("compare = yaer: is none of")).to_be_visible()
    assert "organization=Gone" in page.url
    page.get_by_role("button", name="Remove", exact=True).click()
    page.wait_for_url(f"{address}/?organization=Acme+Corp")
    expect(page.get_by_text("No organization is called")).to_have_count(0)
    assert metrics(page)[:2] == ["2", "122"]


def test_no_table_offers_a_csv_of_its_own(page: Page, address: str) -> None:
    """It would hold formulas as they are; the one in the card's head makes them harmless."""
    page.goto(f"{address}/organizations")
    settled(page)
    _toolbar_without_download(page)
    page.goto(address)
    settled(page)
    menus(page, "Table", CHARTS)[0].click()
    _toolbar_without_download(page)
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    chart.hover()
    page.get_by_role("button", name="Show data").first.click()
    _toolbar_without_download(page)


def _toolbar_without_download(page: Page) -> None:
    table = page.locator("[data-testid=stDataFrame]").first
    expect(table).to_be_visible()
    table.hover()
    expect(page.get_by_role("button", name="Search").first).to_be_attached()
    expect(page.get_by_role("button", name="Download as CSV")).to_have_count(0)


def test_a_table_row_leads_to_its_people_and_back_to_the_same_view(
    page: Page, address: str
) -> None:
    dates = "dates=2026-11-01&dates=2026-11-05"
    page.goto(f"{address}/organizations?{dates}&open=Acme+Corp")
    settled(page)
    page.get_by_label(SHOW).first.click()
    for key in ("ArrowDown", "ArrowDown", "Enter"):  # the keyboard reaches it
        page.keyboard.press(key)
    settled(page)
    view = page.url
    offered = page.get_by_role("link", name=re.compile(r"\d+ people"))
    people = re.search(r"\d+ people", offered.inner_text())[0]  # type: ignore[index]
    elsewhere = f"{address}/{offered.get_attribute('href')}"
    offered.click()
    page.wait_for_url("**/people?**")
    settled(page)
    expect(page.locator("h3").first).to_contain_text(f"of {people}")
    expect(page.get_by_role("button", name=re.compile("^Only"))).to_be_visible()
    page.get_by_role("link", name="Back to Organizations").click()
    page.wait_for_url("**/organizations?**")
    settled(page)
    assert page.url == view
    page.goto(elsewhere)  # as in another tab
    settled(page)
    expect(page.locator("h3").first).to_contain_text(f"of {people}")
    assert f"/people?{dates}&organization=" in page.url


def test_a_page_saves_its_charts_and_itself_in_its_theme(browser: Browser, address: str) -> None:
    context = browser.new_context(color_scheme="dark", accept_downloads=True)
    page = context.new_page()
    page.goto(f"{address}/twins?dates=2026-11-02&dates=2026-11-06&compare=Nothing")
    settled(page)

    def got(link: str) -> tuple[str, bytes]:
        with page.expect_download() as waiting:
            page.get_by_role("link", name=link).click()
        made = waiting.value
        return made.suggested_filename, Path(made.path()).read_bytes()

    twins = RESULT_PAGES["twins"]  # a table before its charts
    menus(page, "Save", 1 + len(twins.charts))[1 + twins.charts.index("topics")].click()
    settled(page)
    name, picture = got("PNG")
    assert name == "topics_2026-11-02_2026-11-06.png"
    assert picture.startswith(b"\x89PNG")
    name, picture = got("SVG")
    assert name == "topics_2026-11-02_2026-11-06.svg"
    assert theme(dark=True).background.encode() in picture
    page.keyboard.press("Escape")
    expect(page.locator("[data-testid=stPopoverBody]")).to_have_count(0)
    settled(page)
    name, document = got("Save this page")
    assert name == "twins_2026-11-02_2026-11-06.html"
    assert b'<meta name="color-scheme" content="dark">' in document
    assert b"Compared with" not in document.partition(b'id="definitions"')[0]
    page.goto(f"{address}/activities")
    settled(page)
    expect(page.get_by_role("link", name="Save this page")).to_have_count(0)


# --- from a figure to what is behind it --------------------------------------------------------


def place_in(page: Page, title: str, across: float, down: float) -> tuple[float, float]:
    """A place in a chart that has come to rest, as shares of its width and height."""
    chart = page.locator(f"[data-testid=stVegaLiteChart][aria-label^='{title}:']")
    chart.scroll_into_view_if_needed()
    chart.hover(trial=True)
    box = chart.bounding_box()
    assert box
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


def under(page: Page, slug: str) -> Locator:
    """What stands below a chart: its sentence, or the links behind what is selected."""
    return page.locator(f".st-key-under-{slug}")


def test_clicking_a_bar_offers_what_it_counts_and_leads_back_to_the_same_view(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/?dates=2026-11-02&dates=2026-11-15&compare=52+weeks+earlier")
    settled(page)
    view = parse_qs(urlsplit(page.url).query)
    line = under(page, "leaderboard")
    tall = line.bounding_box()["height"]  # type: ignore[index]
    page.mouse.click(*place_in(page, "Leading organizations", 0.5, 0.1))
    people = line.get_by_role("link", name=re.compile("people"))
    expect(people).to_be_visible(timeout=30_000)
    settled(page)
    assert line.bounding_box()["height"] <= tall + 1  # type: ignore[index]
    figure = people.inner_text().split("\n")[-1]
    people.click()
    page.wait_for_url("**/people?**")
    settled(page)
    expect(page.locator("h3").first).to_contain_text(f"of {figure}")
    page.get_by_role("link", name="Back to Overview").click()
    page.wait_for_url(re.compile(r"/\?"))
    settled(page)
    assert parse_qs(urlsplit(page.url).query) == view
    expect(people).to_be_visible()
    line.get_by_role("button", name="Close").click()
    expect(people).to_have_count(0)
    settled(page)
    page.mouse.click(*place_in(page, "Leading organizations", 0.5, 0.1))  # the same bar again
    expect(people).to_be_visible(timeout=30_000)
    choose(page, "Period", "Last 30 days")
    expect(people).to_have_count(0)


def test_a_cohort_cell_leads_to_its_people(page: Page, address: str) -> None:
    page.goto(f"{address}/retention?dates=2026-09-20&dates=2026-11-21")
    settled(page)
    page.mouse.click(*place_in(page, "Weekly cohorts", 0.5, 0.3))  # below its legend
    people = under(page, "cohorts").get_by_role("link", name="11 people")
    expect(people).to_be_visible(timeout=30_000)
    people.click()
    page.wait_for_url("**/people?**")
    settled(page)
    expect(page.locator("h3").first).to_contain_text("of 11 people")
    expect(page.get_by_role("button", name="First active in the week of")).to_be_visible()


def test_the_figure_of_a_card_is_a_link_to_what_it_counts(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    page.locator("[data-testid=stMetricValue]").nth(2).click(force=True)  # the link lies on it
    page.wait_for_url("**/documents?**")
    settled(page)
    expect(page.locator("h3").first).to_contain_text("of 720 documents")


def test_the_keyboard_reaches_what_is_behind_a_day(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    menus(page, SHOW, CHARTS)[1].focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name=SHOW)).to_be_visible()
    page.get_by_role("combobox", name=SHOW).focus()
    page.keyboard.type("Wed 4 Nov")
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name=re.compile(r"\d+ messages in \d+ conversations"))
    expect(link).to_be_visible(timeout=30_000)
    said = link.inner_text().split("\n")[-1].removeprefix("Show ")
    settled(page)
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/activities?**")
    settled(page)
    expect(page.get_by_text(said)).to_be_visible()
    listed = re.search(r"in (\d+) conversations", said)[1]  # type: ignore[index]
    expect(page.locator("h3").first).to_contain_text(f"of {listed} activities")


def test_a_tap_on_an_hour_says_its_messages_and_conversations(
    browser: Browser, address: str, reference_db: Path
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(address)
    settled(page)
    messages, talks = counted(
        reference_db,
        "SELECT count(*), count(DISTINCT session_id) FROM messages"
        " WHERE date(created_at) BETWEEN '2026-10-23' AND '2026-11-21'"
        " AND strftime('%H', created_at) = '14'",
    )
    bar = page.locator("[aria-roledescription=bar][aria-label*='Hour of day: 14;']").first
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    link = under(page, "hourly-activity").get_by_role("link")
    expect(link).to_contain_text(f"{messages} messages in {talks} conversations", timeout=30_000)
    link.tap()
    page.wait_for_url("**/activities?**")
    settled(page)
    expect(page.get_by_text(f"{messages} messages in {talks} conversations")).to_be_visible()
    expect(page.locator("h3").first).to_contain_text(f"of {talks} activities")
    context.close()
