"""Notes on charts over days: where they are drawn, what tells them, what they leave alone."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from analytics.app.notes import Note, add_note, delete_note
from analytics.app.store import app_store
from analytics.metrics.active_users import ActiveUsersDay
from analytics.metrics.engagement import EngagementDay
from analytics.metrics.registry import BY_SLUG, RESULTS
from analytics.output.chart_data import chart_data, table_data
from analytics.output.chart_notes import add_titles, notes_on, sentence, with_notes
from analytics.output.chart_spec import specs
from analytics.output.html_report import page_html
from analytics.output.images import available, svg
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import Store
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user

MONDAY = date(2026, 3, 2)
TODAY = date(2026, 3, 20)
MS = 86_400_000
NASTY = "'] + datum.x //</script>{{7*7}}\x0b"
drawn = pytest.mark.skipif(not available(), reason="the extra `images` is not installed")


def day(n: int) -> date:
    return MONDAY + timedelta(n)


def ms(n: float) -> float:
    return ((MONDAY - date(1970, 1, 1)).days + n) * MS


def note(title: str, first: int, last: int | None = None, **more: Any) -> Note:
    return Note(title, day(first), day(first if last is None else last), id=title, **more)


def users(*days: int) -> list[Any]:
    return [ActiveUsersDay(date=day(n), active_users=n, average=None, complete=True) for n in days]


def uses(*days: int) -> list[Any]:
    return [
        EngagementDay(
            date=day(n), question_asked=n, info_retrieved=1, documents_drafted=1, complete=True
        )
        for n in days
    ]


def marks(slug: str, rows: list[Any], *notes: Note) -> dict[str, list[dict[str, Any]]]:
    """The values of each kind of mark of notes."""
    result = BY_SLUG[slug]
    data = chart_data(result, rows)
    kept = specs(slug, dark=False)
    before = json.dumps(kept)
    [spec] = with_notes(kept, result, data, notes, dark=False)
    assert json.dumps(kept) == before  # it is everybody's
    made = [layer for layer in spec["layer"] if "data" in layer]
    assert spec["layer"][: len(made)] == made  # behind everything else
    assert len(spec["layer"]) - len(made) == len(kept[0]["layer"])
    return {layer["mark"]["type"]: layer["data"]["values"] for layer in made}


def test_a_day_is_a_line_and_several_are_a_band() -> None:
    notes = note("Training", 3, 4), note("Rollout", 1)
    assert marks("active-users", users(*range(7)), *notes) == {
        "rule": [{"date": ms(1)}], "rect": [{"date": ms(3), "until": ms(4)}],
    }  # fmt: skip
    # A column stands on its day's stretch of the axis: the band ends with the last one's.
    assert marks("engagement", uses(*range(7)), *notes) == {
        "rule": [{"date": ms(1.5)}], "rect": [{"date": ms(3), "until": ms(5)}],
    }  # fmt: skip


def test_notes_end_with_the_charts_days() -> None:
    notes = note("After", 6, 20), note("Over", 2, 9), note("Before", -9, 0)
    assert marks("active-users", users(*range(7)), *notes) == {
        "rule": [{"date": ms(6)}, {"date": ms(0)}],
        "rect": [{"date": ms(2), "until": ms(6)}],
        "text": [{"date": ms(6), "notes": "2"}],
    }  # fmt: skip
    # Rows of weeks begin before the period, and end before it ends.
    assert marks("active-users", users(0, 7, 14), note("Late", 17), note("Early", 4))["rule"] == [
        {"date": ms(14)}, {"date": ms(4)},
    ]  # fmt: skip


def test_several_on_one_day_show_their_number() -> None:
    notes = note("a", 4), note("b", 2, 5), note("c", 4, 8), note("d", 12), note("e", 12)
    found = marks("active-users", users(*range(15)), *notes)["text"]
    assert found == [
        {"date": ms(4), "notes": "3"}, {"date": ms(5), "notes": "2"},
        {"date": ms(12), "notes": "2"},
    ]  # fmt: skip


def test_a_day_and_a_table_tell_the_titles() -> None:
    result, notes = BY_SLUG["active-users"], (note("a, b", 1), note("Early", 0, 1))
    data = chart_data(result, users(0, 1, 2))
    add_titles(data, notes, day(2))
    assert data["noted"].tolist() == [
        "Mon 2 Mar 2026 · Early", 'Tue 3 Mar 2026 · 2 notes: Early, "a, b"', "Wed 4 Mar 2026",
    ]  # fmt: skip
    assert table_data(result, data)["Notes"].tolist() == ["Early", 'Early, "a, b"', ""]
    weeks = chart_data(result, users(0, 7, 14))
    add_titles(weeks, (note("Late", 17), note("Two", 6, 7)), day(18))
    assert weeks["notes"].tolist() == ["Two", "Two", "Late"]


def test_a_row_may_say_itself_up_to_which_day_it_stands() -> None:
    result, notes = BY_SLUG["engagement"], (note("Late", 12), note("Two", 6, 7))
    weeks = chart_data(result, uses(0, 7))
    weeks["until"] = weeks["date"] + timedelta(7)
    add_titles(weeks, notes, day(9))
    assert weeks["notes"].tolist() == ["Two", "Two, Late"]
    [spec] = with_notes(specs(result.slug, dark=False), result, weeks, notes, dark=False)
    assert [layer["data"]["values"] for layer in spec["layer"][:2]] == [
        [{"date": ms(6), "until": ms(8)}], [{"date": ms(12.5)}],
    ]  # fmt: skip


def test_titles_are_never_part_of_a_spec() -> None:
    notes = (note(NASTY, 1), note(NASTY, 1, 2))
    for slug, rows in (("active-users", users(0, 1, 2)), ("engagement", uses(0, 1, 2))):
        data = chart_data(BY_SLUG[slug], rows)
        add_titles(data, notes, day(2))
        made = with_notes(specs(slug, dark=True), BY_SLUG[slug], data, notes, dark=True)
        assert "datum.x" not in json.dumps(made)
        assert not re.search("[\x00-\x08\x0b]", "".join(data["noted"]))
        tips = [
            tip["field"]
            for layer in made[0]["layer"]
            for tip in layer["encoding"].get("tooltip", [])
        ]
        assert "noted" in tips
        assert "day_told" not in tips


def test_without_notes_a_chart_is_as_it_was() -> None:
    for result in RESULTS:
        if result.is_chart:
            made = specs(result.slug, dark=False)
            assert all(
                one is kept
                for one, kept in zip(
                    with_notes(made, result, chart_data(result, []), (), dark=False), made,
                    strict=True,
                )
            )  # fmt: skip
    table = table_data(BY_SLUG["active-users"], chart_data(BY_SLUG["active-users"], users(0)))
    assert "Notes" not in table


def test_only_charts_over_days_have_the_notes_that_they_are_about() -> None:
    query = Query(Period(day(0), day(6), TODAY), organizations=("Acme",))
    kept = [
        note("mine", 6, 9, organizations=("Acme", "Beta")), note("all", -3, 0),
        note("theirs", 3, organizations=("Beta",)), note("later", 7), note("earlier", -1),
    ]  # fmt: skip
    shown = notes_on(BY_SLUG["active-users"], kept, query)
    assert [one.title for one in shown] == ["mine", "all"]
    assert notes_on(BY_SLUG["leaderboard"], kept, query) == ()
    assert notes_on(BY_SLUG["hourly-activity"], kept, query) == ()


def test_notes_in_words() -> None:
    assert sentence(()) == ""
    said = sentence((note("b", 2, 3), note("a", 1)))
    assert said == "Notes: a (3 Mar 2026), b (4 Mar \u2013 5 Mar 2026)."
    assert sentence([note("x", n) for n in range(12)]).endswith("x (4 Mar 2026), 2 more.")


# --- pictures and files -----------------------------------------------------------------------


def labels(picture: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]+)</text>", picture)


@drawn
@pytest.mark.parametrize("slug", ["active-users", "conversations", "engagement"])
@pytest.mark.parametrize("dark", [False, True])
def test_a_picture_has_the_notes_and_the_days_that_it_had(
    store_of: Shelf, slug: str, dark: bool
) -> None:
    query = Query(Period(day(0), day(9), TODAY))
    with_ = [note(NASTY, 5, 40), note("Two", 4), note("One", 4), note("Rollout", -3, 3)]
    with reading(store_of(visits())) as reader:
        rows = BY_SLUG[slug].rows(reader, query)
    plain = svg(slug, rows, query, dark=dark)
    picture = svg(slug, rows, query, dark=dark, notes=with_)
    assert svg(slug, rows, query, dark=dark, notes=[note("later", 10)]) == plain
    said = " ".join(labels(picture))
    assert "Notes: Rollout (27 Feb \u2013 5 Mar 2026), One (6 Mar 2026)" in said
    assert "</script>" not in picture
    axis = [words for words in labels(plain) if re.fullmatch("[0-9]+ Mar", words)]
    assert axis
    assert [words for words in labels(picture) if re.fullmatch("[0-9]+ Mar", words)] == axis
    assert picture.count("stroke-dasharray") > plain.count("stroke-dasharray")


def visits() -> Raw:
    return Raw(
        users=[a_user("ann")],
        sessions=[a_session(f"s{n}", "ann", f"{day(n)} 10:00:00") for n in range(10)],
    )


@pytest.fixture
def noted(store_of: Shelf) -> Iterator[Store]:
    """A store with two notes, one of them nobody's here."""
    store = store_of(visits())
    app = app_store(store.settings)
    kept = [
        add_note(app, Note("<b>Rollout</b>", day(3), day(4))),
        add_note(app, Note("Theirs", day(3), day(4), ("Beta",))),
    ]
    yield store
    for one in kept:
        delete_note(app, one.id)


@drawn
def test_a_page_as_a_file_has_its_notes(noted: Store) -> None:
    query = Query(Period(day(0), day(9), TODAY), organizations=("Acme",))
    html = page_html(noted, query, ["overview", "notes"], datetime(2026, 3, 20, tzinfo=UTC))
    assert "Notes: &lt;b&gt;Rollout&lt;/b&gt; (5 Mar \u2013 6 Mar 2026)." in html
    assert '<th scope="col">Notes</th>' in html
    assert (
        html.count("<td>&lt;b&gt;Rollout&lt;/b&gt;</td>") >= 4 * 2
    )  # charts of days, two days each
    assert "Before and after" in html
    assert "not compared: the data begin on 2 Mar 2026" in html
    assert "Theirs" not in html
    plain = Query(Period(day(6), day(9), TODAY))
    html = page_html(noted, plain, ["overview"], datetime(2026, 3, 20, tzinfo=UTC))
    assert "Notes" not in html


@drawn
def test_a_file_says_that_notes_cant_be_read(
    store_of: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> tuple[Note, ...]:
        raise DatabaseProblem("The saved views and notes are damaged", "there", "Restore it.")

    monkeypatch.setattr("analytics.reading.reader.all_notes", broken)
    query = Query(Period(day(0), day(9), TODAY))
    html = page_html(
        store_of(visits()), query, ["overview", "notes"], datetime(2026, 3, 20, tzinfo=UTC)
    )
    assert "<dt>Notes</dt><dd>left out. The saved views and notes are damaged</dd>" in html
    assert "Daily active users" in html
