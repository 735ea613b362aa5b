"""The summary as plain text and as a section of the HTML report, and the command that writes it."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import pytest

from analytics.__main__ import main
from analytics.app.notes import Note, add_note
from analytics.app.store import app_store
from analytics.output.html_report import page_html
from analytics.output.text_report import WIDTH, summary_text
from analytics.period import Period
from analytics.query import Query
from analytics.storage.store import Store
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user, write

NOW = datetime(2026, 3, 20, 12, 30, tzinfo=UTC)
NASTY = "Training <b>&amp;\n=1+1 \x07"


def rows() -> Raw:
    """A person more each week from 2 February on, all with a conversation on its Monday."""
    raw = Raw(users=[a_user(f"u{n}", "Acme" if n < 2 else "Beta") for n in range(6)])
    for week, monday in enumerate(("02-02", "02-09", "02-16", "02-23", "03-02", "03-09")):
        raw.sessions += [
            a_session(f"s{week}{n}", f"u{n}", f"2026-{monday} 10:00:00") for n in range(week + 1)
        ]
    return raw


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """These rows, and two notes."""
    shelf = Shelf(tmp_path_factory.mktemp("summary"))
    made = shelf(rows())
    app = app_store(made.settings)
    add_note(app, Note("Lunch", date(2026, 3, 10), date(2026, 3, 10)))
    add_note(app, Note("Training", date(2026, 3, 3), date(2026, 3, 4), organizations=("Acme",)))
    add_note(app, Note("Long ago", date(2026, 2, 1), date(2026, 2, 1)))
    yield made
    for one in shelf.stores.values():
        one.close()


def week(**more: object) -> Query:
    return Query(Period(date(2026, 3, 9), date(2026, 3, 15), NOW.date()), **more)  # type: ignore[arg-type]


SAID = """\
Summary: 9 Mar - 15 Mar 2026 (1 week), compared with 2 Mar - 8 Mar 2026

        6  6 people used a twin. About as before (5). The most of 6 weeks.
       +1  Beta accounts for +1 of the change of +1: 4 people used a twin
           there, 3 before.
        1  1 person used a twin for the first time. 1 before.
        5  5 of the 5 people of the week before stayed. 4 before. The most of
           5 weeks.
        0  None of the 5 people of the week before left. 0 before.
   6 of 6  6 of the 6 people with an account used a twin; too few people to
           say a rate. 5 of 6 before.
        3  3 of the 6 people active in the 4 weeks 16 Feb - 15 Mar 2026 were
           active in each of them; too few people to say whether it is a
           habit.
        6  6 conversations were started; too few people to say how many a
           person. About as before (5). The most of 6 weeks.
        0  0 of the 6 conversations are without an answer of the twin. About
           as before (0).

Notes
- Lunch (10 Mar 2026): Can be compared from 8 Apr 2026.
- Training (3 Mar - 4 Mar 2026): Can be compared from 2 Apr 2026.

Data through 9 Mar 2026."""


def test_the_text_says_days_figures_and_notes(store: Store) -> None:
    assert summary_text(store, week()).replace("\u2013", "-") == SAID
    assert max(map(len, SAID.splitlines())) <= WIDTH


def test_the_text_without_a_comparison(store: Store) -> None:
    said = summary_text(store, week(organizations=("Acme",)), compares=False)
    assert said.splitlines() == [
        "Summary: 9 Mar \u2013 15 Mar 2026 (1 week)",
        "Only Acme",
        "",
        "        2  2 people used a twin.",
        "        2  2 of the 2 people of the week before stayed.",
        "        0  None of the 2 people of the week before left.",
        "   2 of 2  2 of the 2 people with an account used a twin; too few people to",
        "           say a rate.",
        "        2  2 of the 2 people active in the 4 weeks 16 Feb \u2013 15 Mar 2026 were",
        "           active in each of them; too few people to say whether it is a",
        "           habit.",
        "        2  2 conversations were started; too few people to say how many a",
        "           person.",
        "        0  0 of the 2 conversations are without an answer of the twin.",
        "",
        "Data through 9 Mar 2026.",
    ]


def test_where_no_day_is_over_that_is_said(store: Store) -> None:
    today = Query(Period(NOW.date(), NOW.date(), NOW.date()))
    assert "No day of this period is over yet" in summary_text(store, today)


def test_the_html_has_each_sentence_with_its_figure(store: Store) -> None:
    html = page_html(store, week(), ["summary"], NOW)
    found = re.findall(
        r'<span class="figure" aria-hidden="true">(.*?)</span><span>(.*?)</span>', html
    )
    assert [one[0] for one in found] == ["6", "+1", "1", "5", "0", "6 of 6", "3", "6", "0"]
    assert found[0][1] == "6 people used a twin. About as before (5). The most of 6 weeks."
    assert (
        "<strong>9 Mar \u2013 15 Mar 2026 (1 week), compared with 2 Mar \u2013 8 Mar 2026" in html
    )
    assert "<strong>Lunch (10 Mar 2026)</strong> Can be compared from 8 Apr 2026." in html
    alone = page_html(store, week(), ["summary"], NOW, compares=False)
    assert "<span>6 people used a twin.</span>" in alone
    assert "compared with" not in alone.partition('<section id="definitions"')[0]


def test_the_html_draws_no_change_where_nothing_is_compared(store: Store) -> None:
    assert "<h3>Change of active users" in page_html(store, week(), ["summary"], NOW)
    year = Period(date(2025, 3, 10), date(2025, 3, 16), NOW.date())
    html = page_html(store, week(against=year), ["summary"], NOW)
    assert "Nothing to compare with: the data begin on" in html
    assert "Change of active users" not in html.partition('<section id="definitions"')[0]


def test_the_html_of_other_days_is_of_whole_weeks(store: Store) -> None:
    longer = Query(Period(date(2026, 3, 6), date(2026, 3, 15), NOW.date()))
    html = page_html(store, longer, ["summary"], NOW)
    assert "<title>Summary · 9 Mar \u2013 15 Mar 2026 ·" in html
    assert "<dd>2 Mar \u2013 8 Mar 2026</dd>" in html
    both = page_html(store, longer, ["summary", "overview"], NOW)
    assert "<title>AI Twin Analytics · 6 Mar \u2013 15 Mar 2026</title>" in both
    assert "<strong>9 Mar \u2013 15 Mar 2026 (1 week)" in both


def test_other_peoples_words_are_only_words(store: Store) -> None:
    app = app_store(store.settings)
    note = add_note(app, Note(NASTY.replace("\x07", ""), date(2026, 3, 12), date(2026, 3, 12)))
    said = summary_text(store, week())
    assert f"- {' '.join(note.title.split())} (12 Mar 2026): " in said
    html = page_html(store, week(), ["summary"], NOW)
    assert "<b>" not in html
    assert f"<strong>{' '.join(note.title.split())} (12 Mar" in unescape(html)


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def database(new_process: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """These rows, named by DATABASE_URL in an empty working folder."""
    write(rows(), new_process / "data.db")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///./data.db")
    return new_process


@pytest.mark.parametrize("last", ["7d", "1w", "8d", "13d"])
def test_the_command_prints_the_text(
    database: Path, capsys: pytest.CaptureFixture[str], last: str
) -> None:
    assert main(["report", "--format", "text", "--last", last]) == 0
    said = capsys.readouterr()
    assert said.err == ""  # fit for a mail
    lines = said.out.splitlines()
    assert lines[0].startswith(
        "Summary: 3 Mar \u2013 9 Mar 2026 (1 week), compared with 24 Feb \u2013"
    )
    assert lines[2] == "        6  6 people used a twin. 5 before. The most of 5 weeks."
    assert not list(database.glob("report*"))


def test_the_command_writes_the_text_to_a_file(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--page", "summary", "--last", "4w", "--format", "text", "--output", "mail.txt"]
    assert main(["report", *asked]) == 0
    assert capsys.readouterr().out == "mail.txt: 1 KB.\n"
    assert (
        (database / "mail.txt").read_text("utf-8").startswith("Summary: 10 Feb \u2013 9 Mar 2026")
    )


def test_the_command_writes_the_page(database: Path) -> None:
    assert main(["report", "--page", "summary", "--last", "28d"]) == 0
    html = (database / "report.html").read_text("utf-8")
    assert "<title>Summary · 10 Feb \u2013 9 Mar 2026 · AI Twin Analytics</title>" in html


def test_days_that_are_not_over_are_refused(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in ("text", "html"):
        for asked, message in (
            ("--start 2026-03-01 --end 2999-01-01", "start_date = 2026-03-01: the period has"),
            ("--start 2999-01-01 --end 2999-01-07", "end = 2999-01-07: 2999-01-07 is not over; ch"),
            (
                "--start 2999-01-01",
                "start = 2999-01-01: 2999-01-01 is not over; choose days up to ",
            ),
            ("--preset Today", "preset = Today: "),
        ):
            assert main(["report", "--page", "summary", "--format", kind, *asked.split()]) == 1
            said = capsys.readouterr()
            assert said.out == ""
            assert said.err.splitlines()[-1].startswith(message)
    assert not list(database.glob("report*"))


def test_what_has_no_text_is_refused(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for asked, message in (
        (
            "--format text --page overview",
            "page = overview: can't be told in words; choose summary",
        ),
        ("--format text --page all", "page = all: can't be told in words; choose summary"),
        ("--format doc", "format = doc: choose one of html, pdf, text"),
        ("--format pdf --output x.html", "output = x.html: choose one of .pdf"),
        (
            "--format text --last 4m",
            "last = 4m: write a number of days such as 30d, or of weeks su",
        ),
    ):
        assert main(["report", *asked.split()]) == 1, asked
        assert capsys.readouterr().err.splitlines()[-1].startswith(message)
    assert not list(database.glob("*.html"))
