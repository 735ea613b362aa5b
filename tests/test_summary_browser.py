"""The Summary in Chromium: each sentence leads to exactly whom or what it counts, and back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from seed import generate
from tests.browsing import served, settled
from tests.test_browser import (  # noqa: F401
    browser,
    context,
    page,
    pytestmark,
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product on a showcase."""
    folder = tmp_path_factory.mktemp("summary")
    generate(Path(folder / "show.db"), showcase=True)
    with served(folder, DATABASE_URL="sqlite:///./show.db") as made:
        yield made


def figures(page: Page) -> list[str]:  # noqa: F811
    """The figures of the sentences."""
    return page.locator("[class*='st-key-sentence-'] > :first-child").all_inner_texts()


def test_every_sentence_leads_to_exactly_what_it_counts(page: Page, address: str) -> None:  # noqa: F811
    page.goto(f"{address}/summary")
    settled(page)
    links = page.locator("[class*='st-key-links-'] a[href*='start_date']")
    called = [
        text.split("\n")[-1]
        for text in links.all_inner_texts()
        if re.search(r"\d (people|person|conversations?)$", text)
    ]
    assert len(called) >= 8
    assert {"people", "conversations"} <= {name.split()[1] for name in called}
    for name in dict.fromkeys(called):
        page.get_by_role("link", name=name, exact=True).first.click()
        page.wait_for_url(re.compile("/(people|activities)"))
        settled(page)
        listed = re.sub("conversation$", "activity", re.sub("conversations$", "activities", name))
        heading = page.get_by_test_id("stMain").get_by_role("heading", level=3).first
        expect(heading).to_contain_text(re.compile(rf"(^|\s){re.escape(listed)}$"))
        page.get_by_role("link", name="Back to Summary").click()
        page.wait_for_url(re.compile("/summary"))
        settled(page)
    assert len(figures(page)) >= 8


def test_a_sentence_leads_to_its_result_on_its_days_and_back(page: Page, address: str) -> None:  # noqa: F811
    page.goto(f"{address}/summary")
    settled(page)
    said, days = figures(page), page.get_by_test_id("stMain").locator("strong").first
    shown = days.inner_text()
    page.locator("[class*='st-key-links-active-people']").get_by_role(
        "link", name="Overview"
    ).click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    settled(page)
    assert page.locator("[data-testid=stMetricValue]").first.inner_text() == said[0]
    assert days.inner_text() != shown  # 28 days, not 30
    page.get_by_role("link", name="Back to Summary").click()
    expect(page.get_by_role("heading", name="Summary", level=1)).to_be_visible()
    settled(page)
    assert (figures(page), days.inner_text()) == (said, shown)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_sentences_fit(page: Page, address: str, width: int) -> None:  # noqa: F811
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/summary")
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    rows = page.locator("[class*='st-key-sentence-']")
    boxes = [row.bounding_box() for row in rows.all()]
    assert len(boxes) >= 8
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    sizes = rows.locator("> :first-child p").evaluate_all(
        "all => all.map(one => [one.scrollWidth <= one.clientWidth + 1,"
        " parseFloat(getComputedStyle(one).fontSize)])"
    )
    assert all(fits and size >= 24 for fits, size in sizes)
    if width > 1000:  # one screen
        last = boxes[-1]
        assert last
        assert last["y"] + last["height"] <= 900
