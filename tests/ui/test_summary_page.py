"""The page Summary: sentences with their figures, links to what they count, and notes."""

import re
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs

from streamlit.testing.v1 import AppTest

from analytics.app.notes import Note, add_note
from analytics.app.store import app_store
from analytics.service import service
from tests.ui.test_pages import (  # noqa: F401
    NASTY,
    Open,
    _close_the_last,
    answer,
    app,
    nasty,
    no_errors,
    reference,
    words,
)

ROWS = re.compile(r"\\(.)")


def said(made: AppTest) -> str:
    """What stands on the page, as people read it."""
    return ROWS.sub(r"\1", words(made)).replace("\u00a0", " ")


def leads(made: AppTest, page: str) -> list[dict[str, list[str]]]:
    """The questions of the links to a page."""
    links = [e.proto for e in made.get("page_link") if e.proto.page == page]
    return [parse_qs(link.query_string) for link in links]


def test_each_sentence_stands_there_with_its_figure_and_links(
    app: Open,  # noqa: F811
    reference: Path,  # noqa: F811
) -> None:
    made = app(reference, "summary")
    no_errors(made)
    query = made.session_state["_page_context"].query
    found = answer("summary", query)
    assert len(found) > 2
    text = said(made)
    assert "25 Oct \u2013 21 Nov 2026 (4 weeks), compared with 27 Sep \u2013 24 Oct 2026" in text
    for row in found:
        assert f"\n{row.figure}\n{row.sentence} {row.comparison}".rstrip() in text
    counted = [row for row in found if row.value and row.counts == "people"]
    people = leads(made, "people")
    assert len(people) == len(counted)
    for link, row in zip(people, counted, strict=True):
        assert link["start_date"] == [row.from_day.isoformat()]
        assert link["end_date"] == [row.to_day.isoformat()]
    # The pages of the results take the sentences' days along.
    overview = leads(made, "")
    assert {
        tuple(link["start_date"] + link["end_date"] + link["restore"]) for link in overview
    } == {("2026-10-25", "2026-11-21", "true")}


def test_without_a_comparison_none_is_said(app: Open, reference: Path) -> None:  # noqa: F811
    made = app(reference, "summary", {"compare": "none"})
    no_errors(made)
    assert "12 people used a twin.\n" in f"{said(made)}\n"
    assert not re.search("compared with|before", said(made).replace("weeks before", ""))


def test_without_days_to_compare_with_no_change_is_drawn(
    app: Open,  # noqa: F811
    reference: Path,  # noqa: F811
) -> None:
    assert len(app(reference, "summary").get("vega_lite_chart")) == 1
    made = app(reference, "summary", {"compare": "year"})
    no_errors(made)
    assert "Nothing to compare with: the data begin on" in said(made)
    assert not made.get("vega_lite_chart")


def test_a_day_that_is_not_over_has_no_sentence(app: Open, reference: Path) -> None:  # noqa: F811
    made = app(reference, "summary", {"dates": ["2999-01-01", "2999-01-01"]})
    assert not made.exception
    assert "No day of this period is over yet" in said(made)


def test_notes_of_these_days_and_those_before_are_told(
    app: Open,  # noqa: F811
    nasty: Path,  # noqa: F811
) -> None:
    app(nasty, "summary")
    store = app_store(service().settings)
    title = " ".join(NASTY.split())[:60]
    add_note(store, Note(title, date(2026, 2, 20), date(2026, 2, 20)))
    add_note(store, Note("Long ago", date(2020, 2, 20), date(2020, 2, 20)))
    made = app(nasty, "summary")
    no_errors(made)
    assert f"{title} (20 Feb 2026)" in said(made).replace("\u2060", "")
    assert "Long ago" not in said(made)
    assert "**bold**" not in words(made)
