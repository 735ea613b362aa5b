# ruff: noqa: F811 - fixtures of another module are arguments
"""A PostgreSQL server that goes under an open page, in Chromium."""

from pathlib import Path

import httpx2 as httpx
import pytest

from tests.browsing import CHROMIUM, chromium, served, settled
from tests.test_postgres_trouble import Way, filled, way  # noqa: F401 - fixtures too

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here"),
]


def test_an_open_page_says_that_the_server_is_gone_and_is_back_with_it(
    way: Way, tmp_path: Path
) -> None:
    address = way.url.render_as_string(hide_password=False)
    with (
        chromium() as browser,
        served(tmp_path, DATABASE_URL=address, REFRESH_SECONDS="2") as place,
    ):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(place)
        settled(page)
        figures = page.get_by_test_id("stMetricValue")
        shown = figures.all_inner_texts()
        way.cut()
        page.get_by_text("The database server can't be reached").wait_for(timeout=60_000)
        page.get_by_text("This page looks again every 5 seconds").wait_for(timeout=60_000)
        assert page.get_by_test_id("stException").count() == 0
        for path in ("/health", "/api/metrics"):
            assert httpx.get(f"{place}{path}").status_code == 503
        way.mend()
        figures.first.wait_for(timeout=60_000)
        settled(page)
        assert figures.all_inner_texts() == shown
        assert httpx.get(f"{place}/health").status_code == 200
    assert "Traceback" not in (tmp_path / "server.log").read_text("utf-8")
