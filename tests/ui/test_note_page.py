"""Notes as their user meets them: added, compared, edited, deleted, and seen on charts."""

import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.testing.v1 import AppTest

from analytics.app.notes import Note, add_note, all_notes, delete_note
from analytics.app.store import AppStore, app_store
from analytics.metrics.pages import PAGES
from analytics.metrics.registry import BY_SLUG
from analytics.output.chart_spec import specs
from analytics.settings import load_settings
from tests.browsing import CHROMIUM, served, settled
from tests.databases import Raw, a_session, a_user, write
from tests.test_browser import browser, place_in  # noqa: F401
from tests.ui.test_views import NASTY, dashboard, database, text_of  # noqa: F401

pytestmark = pytest.mark.usefixtures("database")
# Charts over days on the Overview; one is drawn in panels.
DATED = sum(
    len(specs(slug, dark=False))
    for slug in PAGES["overview"].charts
    if BY_SLUG[slug].drawing.x == "date"
)
DATES = ["2026-11-18", "2026-11-22"]


def app_of() -> AppStore:
    return app_store(load_settings())


def keep(title: str = "Rollout", day: int = 20, last: int | None = None, **more: Any) -> Note:
    days = date(2026, 11, day), date(2026, 11, last or day)
    return add_note(app_of(), Note(title, *days, **more))


def press(app: AppTest, label: str, n: int = 0) -> AppTest:
    [*buttons] = [button for button in app.button if button.label == label]
    return buttons[n].click().run()


def field(app: AppTest, kind: str, name: str) -> Any:
    """The newest field of this name."""
    return [one for one in getattr(app, kind) if (one.key or "").startswith(f"note-{name}-")][-1]


def notes_page(**parameters: list[str]) -> AppTest:
    return dashboard("notes", dates=DATES, **parameters)


def test_a_note_is_added_edited_deleted_and_taken_back() -> None:
    app = notes_page()
    assert "No note is kept yet" in text_of(app)
    app = press(app, "Add a note")
    field(app, "text_input", "title").set_value(" Training\tfor Acme ")
    field(app, "date_input", "first").set_value(date(2026, 11, 19))
    field(app, "multiselect", "organizations").set_value(["Acme"])
    field(app, "multiselect", "departments").set_value(["No department"])
    app = press(app, "Save", -1)  # the head has one for views
    [kept] = all_notes(app_of())
    day = date(2026, 11, 19)
    assert kept == Note("Training for Acme", day, day, ("Acme",), (None,), kept.id)
    assert "Saved “Training for Acme”." in text_of(app)
    assert "19 Nov 2026 · Acme · No department" in text_of(app)
    assert "Not compared\\: the data begin on 20 Nov 2026." in text_of(app)

    app = press(app, "Edit")
    assert field(app, "multiselect", "organizations").value == ["Acme"]
    field(app, "text_input", "title").set_value("Rollout")
    field(app, "date_input", "last").set_value(date(2026, 11, 21))
    field(app, "multiselect", "organizations").set_value([])
    app = press(app, "Save", -1)  # the head has one for views
    moved = Note("Rollout", day, date(2026, 11, 21), (), (None,), kept.id)
    assert all_notes(app_of()) == (moved,)

    app = press(app, "Delete")
    assert all_notes(app_of()) == ()
    assert "Deleted “Rollout”." in text_of(app)
    app = press(app, "Undo")
    assert all_notes(app_of()) == (moved,)
    assert "Undo" not in [button.label for button in app.button]


def test_errors_stand_on_the_form_and_nothing_typed_is_lost() -> None:
    app = press(notes_page(), "Add a note")
    field(app, "date_input", "first").set_value(date(2026, 11, 19))
    field(app, "multiselect", "organizations").set_value(["Acme"])
    app = press(app, "Save", -1)  # the head has one for views
    assert [error.value for error in app.error] == ["Title\\: give the note a title\\."]
    field(app, "text_input", "title").set_value("Rollout")
    field(app, "date_input", "last").set_value(date(2026, 11, 18))
    app = press(app, "Save", -1)  # the head has one for views
    assert "ends before it begins" in app.error[0].value
    assert field(app, "text_input", "title").value == "Rollout"
    assert field(app, "date_input", "first").value == date(2026, 11, 19)
    assert field(app, "multiselect", "organizations").value == ["Acme"]
    field(app, "date_input", "first").set_value(None)
    app = press(app, "Save", -1)  # the head has one for views
    assert "choose the day on which it began" in app.error[0].value
    assert all_notes(app_of()) == ()
    app = press(app, "Cancel")
    assert not [one for one in app.text_input if one.label == "Title"]


def test_a_note_that_somebody_deleted_meanwhile() -> None:
    kept = keep()
    app = press(notes_page(), "Edit")
    delete_note(app_of(), kept.id)
    # Its form is gone with it; a press that was on its way is told.
    assert not press(app, "Save").exception
    assert all_notes(app_of()) == ()


def test_other_peoples_words_are_inert() -> None:
    keep(NASTY, organizations=(NASTY,), departments=(NASTY,))
    app = notes_page()
    assert not app.exception
    shown = text_of(app)
    assert "\\<img src" in shown
    assert "<img" not in shown.replace("\\<img", "")


def test_before_and_after_with_the_weeks_that_are_chosen(database: Path) -> None:  # noqa: F811
    visits = (10, 12, 16, 19, 20)
    write(
        Raw(
            users=[a_user("u", "Acme"), a_user("v", None)],
            sessions=[
                a_session(f"{user}{day}", user, f"2026-11-{day:02} 10:00:00.000000")
                for user, days in (("u", visits), ("v", (5, 11)))
                for day in days
            ],
        ),
        database,
    )
    keep("Rollout", 14, organizations=("Acme",))
    app = notes_page(weeks=["1"], organization=[])
    assert "Outside this period." in text_of(app)
    app = press(app, "Show its weeks")
    shown = text_of(app)
    assert "|Active users|1 → 1|1 → 0|" in shown
    assert "|Conversations|2 → 3|1 → 0|" in shown
    assert "|Per person|2.0 → 3.0|1.0 → n/a|" in shown
    assert "1 week before: 7 Nov \u2013 13 Nov 2026; after: 15 Nov \u2013 21 Nov 2026." in shown
    app = app.selectbox(key="weeks").set_value("2").run()
    assert "Not compared" in text_of(app)
    assert "weeks=2" in " ".join(link.url for link in app.get("link_button"))


def test_filters_leave_out_notes_that_name_others() -> None:
    keep("Theirs", organizations=("Beta",))
    keep("Everybody's")
    app = notes_page(organization=["Acme"])
    shown = text_of(app)
    assert shown.count("It names nobody of these filters") == 1
    assert shown.count("Not compared") == 1


def spec_and_rows(app: AppTest) -> tuple[dict[str, Any], list[str]]:
    """The first chart: its spec, and the names of its columns."""
    chart = app.get("vega_lite_chart")[0].proto
    with pa.ipc.open_stream(chart.data.data) as stream:
        return json.loads(chart.spec), stream.read_all().column_names


def test_charts_have_the_notes_of_now() -> None:
    app = dashboard(dates=DATES)
    plain, columns = spec_and_rows(app)
    assert "noted" not in columns
    keep(NASTY, 19, 20)
    app = app.run()
    spec, columns = spec_and_rows(app)
    assert "noted" in columns
    assert len(spec["layer"]) == len(plain["layer"]) + 1
    assert "onerror" not in json.dumps(spec)
    assert "onerror" in app.get("vega_lite_chart")[0].proto.alt
    [note] = all_notes(app_of())
    app = press(app, "Table")
    assert [*app.dataframe[0].value.columns][-1] == "Notes"
    delete_note(app_of(), note.id)
    app = press(app.run(), "Chart")
    assert spec_and_rows(app) == (plain, columns[: columns.index("notes")])


def test_what_cant_be_read_is_said_where_notes_are_shown(database: Path) -> None:  # noqa: F811
    database.with_name("data.app.db").write_bytes(b"not a database, but long enough" * 20)
    app = dashboard("notes")
    assert "The saved views and notes are damaged" in text_of(app)
    app = dashboard()
    assert not app.exception
    assert len(app.get("vega_lite_chart")) > 4


# --- in Chromium ------------------------------------------------------------------------------


def _typed(page: Page, text: str) -> None:
    for key in text:
        page.keyboard.press(key)


@pytest.mark.browser
@pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium to drive the product in"
)
def test_a_note_is_made_by_keyboard_seen_on_a_chart_compared_and_deleted(
    browser: Browser,  # noqa: F811
    reference_db: Path,
    tmp_path: Path,
) -> None:
    shutil.copy(reference_db, tmp_path)
    faults: list[str] = []
    with served(tmp_path, DATABASE_URL="sqlite:///./reference.db") as address:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.goto(f"{address}/notes?weeks=1")
        settled(page)
        page.get_by_role("button", name="Add a note").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Title", exact=True)).to_be_visible()
        settled(page)
        page.keyboard.press("Tab")
        page.keyboard.type("Training <b>week</b>")
        page.locator("[aria-label='year, From']").focus()
        _typed(page, "20261102")
        page.locator("[aria-label='year, To']").focus()
        _typed(page, "20261103")
        save = page.get_by_role("button", name="Save", exact=True)
        save.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Saved “Training <b>week</b>”.")).to_be_visible()
        settled(page)
        expect(page.get_by_role("table")).to_contain_text("Active users")
        expect(page.get_by_text("1 week before: 26 Oct \u2013 1 Nov 2026")).to_be_visible()

        page.get_by_role("link", name="Overview").click()
        settled(page)
        noted = page.locator("[data-testid=stVegaLiteChart][aria-label*='Notes: Training <b>week']")
        expect(noted).to_have_count(DATED)
        x, y = place_in(page, "Daily active users", 0.35, 0.5)
        tip = page.locator("#vg-tooltip-element.visible")
        for step in range(20):  # where a day's middle is depends on the fonts
            page.mouse.move(x + 8 * (step - 10), y)
            expect(tip).to_contain_text("2026")
            if "Training <b>week</b>" in tip.inner_text():
                break
        expect(tip).to_contain_text("Mon 2 Nov 2026 · Training <b>week</b>")
        page.mouse.click(x + 8 * (step - 10), y)  # the day is chosen as ever
        expect(page.get_by_text("2 Nov 2026 (1 day)").first).to_be_visible()
        settled(page)

        page.get_by_role("link", name="Notes", exact=True).click()
        settled(page)
        page.get_by_role("button", name="Delete", exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Deleted “Training <b>week</b>”.")).to_be_visible()
        expect(page.get_by_text("No note is kept yet")).to_be_visible()
        page.close()
    assert not faults
