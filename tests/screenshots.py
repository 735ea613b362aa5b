"""Pictures of every page, both themes and widths: `python -m tests.screenshots FOLDER [URL]`.

Without the address of a database they show sample data, and the README's picture is taken too.
"""

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.browsing import PAGES, chromium, served, settled

README_PICTURE = Path(__file__).parent.parent / "docs" / "overview.png"
SIZES = {"1440": (1440, 900), "390": (390, 844)}


def readme_picture(browser: Browser, address: str) -> None:
    """The picture on top of the README."""
    page = browser.new_page(viewport={"width": 1440, "height": 1180}, color_scheme="light")
    page.goto(address)
    settled(page)
    README_PICTURE.parent.mkdir(exist_ok=True)
    page.screenshot(path=README_PICTURE)
    page.close()


def with_an_id(browser: Browser, address: str) -> list[str]:
    """The addresses of a person and a conversation, which have no page without one."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/activities")
    settled(page)
    links = [page.locator(f"a[href*='{name}?']").first for name in ("conversation", "person")]
    found = [(link.get_attribute("href") or "").rpartition("/")[2] for link in links]
    page.close()
    return found


def main(folder: Path, database: str) -> None:
    """Save PAGE-THEME-WIDTH.png for every page."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        environment = {"DATABASE_URL": database} if database else {}
        with served(Path(place), **environment) as address:
            if not database:
                readme_picture(browser, address)
            paths = [*PAGES, "installations", *with_an_id(browser, address)]
            for theme in ("light", "dark"):
                for width, (w, h) in SIZES.items():
                    context = browser.new_context(
                        viewport={"width": w, "height": h}, color_scheme=theme
                    )
                    page = context.new_page()
                    for path in paths:
                        page.goto(f"{address}/{path}")
                        settled(page)
                        height = page.evaluate(
                            "document.querySelector('[data-testid=stMain]').scrollHeight"
                        )
                        page.set_viewport_size({"width": w, "height": min(max(h, height), 4000)})
                        settled(page)
                        name = path.partition("?")[0] or "overview"
                        page.screenshot(path=folder / f"{name}-{theme}-{width}.png")
                        page.set_viewport_size({"width": w, "height": h})
                    context.close()


if __name__ == "__main__":
    main(
        Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else os.environ.get("DATABASE_URL", "")
    )
