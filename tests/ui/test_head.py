"""The head of a page in Chromium: the navigation's sections, and the bar of what is asked."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from analytics.metrics.pages import NAVIGATION, SECTIONS
from tests.browsing import CHROMIUM, served, settled
from tests.test_browser import browser, choose  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="no Chromium: install Debian's `chromium` to drive the product in a browser",
    ),
]
DESKTOP, PHONE = (1440, 900), (390, 844)
# As much as the bar ever holds: both boxes of dates, and several names.
FULL = (
    "?dates=2026-10-01&dates=2026-11-10&compare=Chosen+dates&compare_dates=2026-09-01"
    "&compare_dates=2026-09-20&organization=Acme+Corp&organization=Digital+Dynamics"
    "&organization=Global+Solutions&department=Sales"
)


@pytest.fixture(scope="module")
def address(reference_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("head")
    shutil.copy(reference_db, folder)
    with served(folder, DATABASE_URL="sqlite:///./reference.db") as made:
        yield made


@pytest.fixture(params=[DESKTOP, PHONE], ids=["1440", "390"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    found: tuple[int, int] = request.param
    return found


def opened(context: BrowserContext | Browser, where: str, size: tuple[int, int]) -> Page:
    page = context.new_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(where)
    settled(page)
    return page


def box(found: Locator) -> dict[str, float]:
    made = found.bounding_box()
    assert made
    return dict(made)


def test_the_navigation_has_sections_and_the_root_is_the_overview(
    browser: Browser,  # noqa: F811
    address: str,
) -> None:
    page = opened(browser, address, DESKTOP)
    assert page.get_by_test_id("stNavSectionHeader").locator("p").all_inner_texts() == [*SECTIONS]
    links = page.get_by_test_id("stSidebarNavLink").locator("p").all_inner_texts()
    assert links == [
        one.title
        for section in SECTIONS
        for one in NAVIGATION.values()
        if one.shown and one.section == section
    ]
    expect(page.locator("h1")).to_have_text("Overview")
    page.close()


def test_the_bar_is_one_line_above_the_first_answers(
    browser: Browser,  # noqa: F811
    address: str,
) -> None:
    heights = set()
    for asked in ("", FULL):
        page = opened(browser, f"{address}/{asked}", DESKTOP)
        controls = page.locator(".st-key-asked > *:visible")
        assert controls.count() == (7 if asked else 5)
        assert len({box(control)["y"] for control in controls.all()}) == 1
        last = box(controls.last)
        assert last["x"] + last["width"] <= DESKTOP[0]
        card = box(page.locator("[class*=st-key-card-metrics-]").first)
        assert card["y"] + card["height"] < DESKTOP[1]
        heights.add((box(page.locator(".st-key-first"))["height"], last["height"]))
        page.close()
    assert len(heights) == 1  # however much is asked


def test_a_refresh_and_notices_leave_the_bar_as_high_as_it_is(
    browser: Browser,  # noqa: F811
    address: str,
) -> None:
    page = opened(browser, address, DESKTOP)
    page.evaluate("""() => {
        window._heights = new Set()
        const look = () => {
            const tall = name => document.querySelector(name).getBoundingClientRect().height
            window._heights.add(`${tall(".st-key-first")} ${tall(".st-key-asked")}`)
            requestAnimationFrame(look)
        }
        look()
    }""")
    page.get_by_role("button", name="Refresh").click()
    settled(page)
    choose(page, "Period", "Custom dates")
    expect(page.locator(".st-key-dates")).to_be_visible()
    assert len(page.evaluate("[...window._heights]")) == 1
    page.close()


def test_a_phone_folds_the_bar_into_one_line_that_unfolds_by_keyboard(
    browser: Browser,  # noqa: F811
    address: str,
) -> None:
    page = opened(browser, f"{address}/?organization=Acme+Corp&only_user=page", PHONE)
    period = page.get_by_role("combobox", name="Period")
    fold = page.locator("summary")
    words = page.locator(".st-key-said p")
    expect(period).to_be_hidden()
    expect(words).to_contain_text("23 Oct \u2013 21 Nov 2026")
    assert box(words)["height"] < 24
    assert box(page.locator(".st-key-said"))["height"] < 24
    card = box(page.locator("[class*=st-key-card-metrics-]").first)
    assert card["y"] + card["height"] < PHONE[1]
    fold.focus()
    page.keyboard.press("Enter")
    expect(period).to_be_visible()
    assert box(words)["height"] > 24  # all of them
    expect(page.get_by_text("As of")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Period"
    choose(page, "Period", "Last 7 days")
    expect(words).to_contain_text("(7 days)")
    expect(period).to_be_visible()  # more can be changed
    assert "preset=Last+7+days" in page.url
    assert "organization=Acme+Corp" in page.url
    fold.focus()
    page.keyboard.press("Enter")
    expect(period).to_be_hidden()
    page.close()


def test_a_page_that_asks_nothing_has_no_bar_and_keeps_the_address(
    browser: Browser,  # noqa: F811
    address: str,
    size: tuple[int, int],
) -> None:
    page = opened(browser, f"{address}/data?preset=Last+7+days&organization=Acme+Corp", size)
    expect(page.get_by_role("combobox", name="Period")).to_have_count(0)
    expect(page.locator(".st-key-fold")).to_have_count(0)
    expect(page.get_by_role("button", name="Refresh")).to_be_visible()
    if size == PHONE:
        page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name="Retention").click()
    page.wait_for_url("**/retention?**")
    settled(page)
    assert "preset=Last+7+days" in page.url
    assert "organization=Acme+Corp" in page.url
    expect(page.locator(".st-key-said p")).to_contain_text("(7 days) \u00b7 only Acme Corp")
    page.close()


def test_the_notice_of_sample_data_takes_one_line_and_stays_away(
    browser: Browser,  # noqa: F811
    tmp_path: Path,
) -> None:
    with served(tmp_path) as address:
        for size in (DESKTOP, PHONE):
            context = browser.new_context()
            page = opened(context, address, size)
            notice = page.locator(".st-key-sample")
            expect(notice).to_contain_text("Sample data")
            assert box(notice)["height"] <= 40
            away = page.get_by_role("button", name="Put the notice of sample data away")
            away.focus()
            page.keyboard.press("Enter")
            expect(notice).to_be_hidden()
            page.reload()
            settled(page)
            expect(notice).to_be_attached()
            expect(notice).to_be_hidden()
            page.goto(f"{address}/data")
            settled(page)
            expect(notice).to_be_hidden()
            context.close()
