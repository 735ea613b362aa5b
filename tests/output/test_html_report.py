"""Pages as one HTML file, and the command that writes it."""

import errno
import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser

from analytics.__main__ import main
from analytics.arithmetic import change
from analytics.errors import QueryError
from analytics.fields import Meaning
from analytics.metrics.habit import CALLED
from analytics.metrics.headline import Metrics, metrics_cards
from analytics.metrics.pages import PAGES, READ, Page
from analytics.metrics.registry import BY_SLUG, RESULTS
from analytics.output import html_report, images, pdf, whole_file
from analytics.output.chart_data import chart_data, compared_with
from analytics.output.chart_spec import specs
from analytics.output.export import PictureProblem
from analytics.output.html_report import page_html
from analytics.output.images import ImagesMissing
from analytics.output.pdf import printed_pdf
from analytics.output.theme import theme
from analytics.period import Period
from analytics.query import NAMELESS, Query
from analytics.reading.reader import reading
from analytics.storage.store import Store
from analytics.untrusted import printable
from tests.browsing import CHROMIUM, chromium
from tests.conftest import Shelf
from tests.databases import Raw, a_document, a_message, a_session, a_twin, a_user, write

vl_convert = pytest.importorskip("vl_convert", reason="the extra `images` is not installed")

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 20, 12, 30, tzinfo=UTC)
NASTY = '"><script>alert(1)</script><img src="http://example.com/x.png" onerror="a()">{{ 7*7 }}'
NASTY += "\x0b\ufffe"
NAMES = ("Acme", NASTY, None)


def rows() -> Raw:
    """A conversation a day from 2 to 4 March, each by somebody of another organization."""
    raw = Raw()
    for n, name in enumerate(NAMES):
        at = f"2026-03-{2 + n:02} 10:00:00.000000"
        raw.users.append(a_user(f"u{n}", name, full_name=NASTY))
        raw.twins.append(a_twin(f"t{n}", f"u{n}", at, name=NASTY, is_shared=0))
        raw.sessions.append(a_session(f"s{n}", f"u{n}", at, twin_id=f"t{n}", topic=NASTY))
        raw.messages.append(a_message(f"m{n}", f"s{n}", at))
        raw.documents.append(a_document(f"d{n}", f"s{n}", at, document_type=NASTY))
    return raw


def asked(*organizations: str | None, against: Period | None = None) -> Query:
    period = Period(date(2026, 3, 2), date(2026, 3, 6), NOW.date())
    return Query(period, organizations=organizations, against=against)


class Read(HTMLParser):
    """What a browser would make of a document: tags, attributes and words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The hand-written rows, opened once."""
    shelf = Shelf(tmp_path_factory.mktemp("report"))
    yield shelf(rows())
    for made in shelf.stores.values():
        made.close()


@pytest.fixture(scope="module")
def everything(store: Store) -> str:
    """All pages as one file, compared with the first two of their days."""
    two_days = Period(date(2026, 3, 2), date(2026, 3, 3), NOW.date())
    return page_html(store, asked(against=two_days), list(PAGES), NOW)


@pytest.fixture(scope="module")
def dark_twins(store: Store) -> str:
    """A page in the dark theme."""
    return page_html(store, asked(), ["twins"], NOW, dark=True)


def test_every_page_stands_in_it_with_its_figures(everything: str) -> None:
    read = Read(everything)
    for page in PAGES.values():
        assert page.title in read.words
        for slug in page.slugs:
            assert BY_SLUG[slug].title in read.words
            said = unescape(everything).replace("</dd><dd>", "\n\n")
            assert BY_SLUG[slug].definition in said


def cards(html: str) -> dict[str, tuple[str, ...]]:
    """What stands under the label of each card."""
    found = re.findall(r'<div class="card"><dt>([^<]+)</dt>(.*)</div>', html)
    return {
        unescape(label): tuple(re.findall("<dd[^>]*>([^<]*)</dd>", rest)) for label, rest in found
    }


def test_cards_say_what_they_are_compared_with(everything: str) -> None:
    """Three people with a conversation each; two of them on the two days before."""
    grown = ("3", "↑ +1 (+50.0 %)", "from 2")
    assert cards(everything) == {
        "Active users": grown,
        "Conversations": grown,
        "Documents drafted": grown,
        "Twin installations": grown,
        **dict.fromkeys(
            ("New", "Returning", "Back", "Gone"), ("n/a", "The data begin on 2 Mar 2026.")
        ),
        "Own messages per conversation": ("1.0", "0.0", "from 1.0"),
        "One message only": ("100.0 %", "0.0 pp", "from 100.0 %", "3 conversations"),
        "Unanswered": ("100.0 %", "0.0 pp", "from 100.0 %", "3 conversations"),
        "With their own twin": (*grown, "100.0 % of conversations"),
        **dict.fromkeys(
            ("With others' twins", "With unknown twins"),
            ("0", "0 (0.0 %)", "from 0", "0.0 % of conversations"),
        ),
        **dict.fromkeys(
            ("Used another's twin", "Retrieved information"), ("0", "0 (0.0 %)", "from 0")
        ),
        **dict.fromkeys(("Drafted documents", "First meetings"), grown),
        "Adoption rate": (
            "100.0 %",
            "↑ +33.3 pp",
            "from 66.7 %",
            "3 of 3 accounts active, 2 Mar \u2013 6 Mar 2026",
        ),
        "Accounts": ("3", "0 (0.0 %)", "from 3"),
        "Ever active": ("3", "↑ +1 (+50.0 %)", "from 2", "100.0 % of accounts"),
        "Never active": ("0", "0.0 % of accounts"),
        "Days from the first data to first use": (
            "1 day",
            "All 3 accounts are older than the data, which begin on 2 Mar 2026, or undated.",
        ),
        "Accounts left out": ("3", "3 undated"),
        "Day 1 retention": ("0.0 %", "0.0 pp", "from 0.0 %", "of 3 users"),
        "Day 7 retention": ("n/a", "of 0 users"),
        "Day 30 retention": ("n/a", "of 0 users"),
        "Sessions per user": ("1.0", "0.0", "from 1.0"),
        "Power users": ("0.0 %", "0.0 pp", "from 0.0 %", "0 users"),
        "Average duration": ("0m 0s", "0 s", "from 0m 0s"),
        # These are of 28 days; there are 5 days of data.
        **dict.fromkeys(
            (
                "Active in 28 days", *CALLED.values(), "Conversations of 28 days",
                "Who start them", "Start half of them", "The busiest tenth starts",
            ),
            ("n/a",),
        ),
        "Days per active person": ("1.0", "3 active users"),
    }  # fmt: skip
    assert "<dt>Compared with</dt><dd>2 Mar \u2013 3 Mar 2026 (2 days)</dd>" in everything


def test_charts_over_days_and_their_tables_show_what_they_are_compared_with(
    everything: str,
) -> None:
    legends = re.findall(r">(2 Mar \u2013 3 Mar 2026)</text>", everything)
    charts = (BY_SLUG[slug] for page in PAGES.values() for slug in page.charts)
    assert len(legends) == sum(chart.drawing.x == "date" for chart in charts)
    [table] = re.findall(r'<table aria-label="Conversations and messages">(.*?)</table>',
                         everything, re.DOTALL)  # fmt: skip
    lines = [re.findall("<t[hd][^>]*>([^<]*)</t[hd]>", line) for line in table.split("<tr>")[1:4]]
    assert lines == [
        ["Day", "Conversations", "Messages", "2 Mar \u2013 3 Mar 2026", "Conversations then",
         "Messages then"],
        ["Mon 2 Mar 2026", "1", "1", "Mon 2 Mar 2026", "1", "1"],
        ["Tue 3 Mar 2026", "1", "1", "Tue 3 Mar 2026", "1", "1"],
    ]  # fmt: skip
    assert 'Wed 4 Mar 2026</td><td class="number">1</td><td class="number">1</td>' in table


def test_without_a_comparison_nothing_is_said_of_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        PAGES, "some", Page(READ, "Some", slugs=("metrics", "conversations", "organizations"))
    )
    html = page_html(store, asked(), ["some"], NOW, compares=False)
    shown = html.partition('<section id="definitions"')[0]
    assert cards(html)["Conversations"] == ("3",)
    assert not re.search("Compared with|Previous period| then<|>Before<|>Change<", shown)
    assert re.search(">Active users<.*>Conversations<.*>Documents<", shown)


def test_the_question_and_where_it_was_asked_stand_in_it(store: Store) -> None:
    html = page_html(store, asked("Acme", None), ["retention"], NOW)
    facts = dict(re.findall(r"<div><dt>([^<]+)</dt><dd>([^<]+)</dd></div>", html))
    built = facts.pop("As of")
    assert built.endswith("(UTC)")
    assert facts == {
        "Period": "2 Mar \u2013 6 Mar 2026 (5 days)",
        "Compared with": "25 Feb \u2013 1 Mar 2026",
        "Filters": "Only Acme, No organization",
        "Data through": "4 Mar 2026",
        "Database": store.where,
        "Left out": "0 rows without a readable date or owner",
        "Made": "20 Mar 2026, 12:30 by AI Twin Analytics 0.4.0",
    }
    assert '<html lang="en">' in html
    assert "<title>Retention · 2 Mar \u2013 6 Mar 2026 · AI Twin Analytics</title>" in html


def test_other_peoples_words_are_only_words(everything: str) -> None:
    read = Read(everything)
    assert not {"script", "img", "iframe", "object", "link", "image", "use"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert any(printable(NASTY) in word for word in read.words)
    assert printable(everything) == everything
    assert "49" not in read.words


def test_nothing_leads_out_of_the_file(everything: str) -> None:
    read = Read(everything)
    leads = [v for name, v in read.attributes if name in ("href", "src", "xlink:href", "data")]
    assert leads
    assert [lead for lead in leads if not lead.startswith("#")] == []
    assert "@import" not in everything
    assert set(re.findall(r"url\(([^)]*)\)", everything)) <= {
        f"#{v}" for name, v in read.attributes if name == "id"
    }
    assert "default-src 'none'" in everything


# Nobody's account is 28 days old, nor are the data.
NOTHING_THERE = ("activation", "power-curve")


def test_every_chart_has_its_words_and_its_table(everything: str) -> None:
    drawn = [s for page in PAGES.values() for s in page.charts if s not in NOTHING_THERE]
    labels = re.findall(r'<div role="img" aria-label="([^"]+)">', everything)
    assert [label.partition(":")[0] for label in labels] == [BY_SLUG[s].title for s in drawn]
    assert everything.count("<details>") == len(drawn)


def test_ids_are_unique(everything: str) -> None:
    ids = [value for name, value in Read(everything).attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_the_same_data_question_and_time_give_the_same_file(store: Store, dark_twins: str) -> None:
    assert page_html(store, asked(), ["twins"], NOW, dark=True) == dark_twins


def test_colours_are_named_so_that_dark_pages_print_light(dark_twins: str, everything: str) -> None:
    style, _, _ = dark_twins.partition("</style>")
    screen, _, paper = style.partition("@media print")
    assert f"--background: {theme(dark=True).background};" in screen
    assert f"--background: {theme(dark=False).background};" in paper
    _, _, body = everything.partition("</style>")
    assert 'fill="var(--series-1)"' in body
    assert 'stroke="var(--compared)"' in body  # what is compared with
    assert re.findall(r'(?:fill|stroke)="#[0-9a-f]{6}"', body) == []


def test_a_long_table_says_how_many_rows_it_leaves_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html_report, "TABLE_ROWS", 2)
    tables = Page(READ, "Tables", slugs=("organizations", "departments"))
    monkeypatch.setitem(PAGES, "tables", tables)
    html = page_html(store, asked(), ["tables"], NOW)
    assert html.count("… and 1 more") == 2
    assert html.count("<tr>") == 2 * (1 + 2)


def test_no_rows_are_said_in_words(store: Store) -> None:
    html = page_html(store, asked("Nobody"), ["twins"], NOW)
    assert html.count("Nothing happened in this period.") >= len(PAGES["twins"].slugs)


def test_an_unknown_page_is_refused(store: Store) -> None:
    with pytest.raises(QueryError, match="page = nope: choose one of summary, overview, "):
        page_html(store, asked(), ["nope"], NOW)


def test_without_the_extra_the_error_names_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html_report, "available", lambda: False)
    with pytest.raises(ImagesMissing, match="the extra images"):
        page_html(store, asked(), ["overview"], NOW)


def test_without_chromium_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf, "CHROMIUM", ("no-such-browser",))
    with pytest.raises(PictureProblem, match=r"page.pdf: .*Install it .*or write an .html file"):
        printed_pdf("<p>", "page.pdf")


@pytest.mark.parametrize(
    ("now", "before", "written", "direction"),
    [
        (12, 10, "+2 (+20.0 %)", "up"),
        (8, 10, "\u22122 (\u221220.0 %)", "down"),
        (100_001, 100_000, "+1 (0.0 %)", "up"),
        (100_000, 100_001, "\u22121 (0.0 %)", "down"),
        (3, 3, "0 (0.0 %)", "same"),
        (0, 0, "0 (0.0 %)", "same"),
        (3, 0, "new", "new"),
    ],
)
def test_a_card_knows_where_its_figure_moved(
    now: int, before: int, written: str, direction: str
) -> None:
    fields = dict.fromkeys(Metrics.model_fields, 0)
    fields |= {"total_conversations": now, "previous_conversations": before}
    card = metrics_cards(Metrics(**{**fields, "conversations_change": change(now, before)}))[1]
    assert (card.difference, card.direction) == (written, direction)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_dashboard_shows_what_its_file_holds(page: str) -> None:
    """`page_results` draws all of a page; else charts are read from PAGES, the rest is named."""
    script = (ROOT / f"pages/{page}.py").read_text()
    if f'page_results("{page}"' in script:
        return
    named = set(re.findall(r'report_table\("([a-z-]+)"', script))
    named |= {"summary"} if "sentence_list()" in script else set()
    named |= {"notes"} if "note_list()" in script else set()
    assert named == set(PAGES[page].slugs) - set(PAGES[page].charts)
    assert f'PAGES["{page}"].charts' in script or not PAGES[page].charts


# What is missing


def test_a_name_that_reads_as_none_is_kept_apart() -> None:
    for name, none in NAMELESS.items():
        meaning = Meaning(name, "", format="name")
        values = (none, "=", None)
        cells = [html_report._cell(meaning, name, value, ZoneInfo("UTC")) for value in values]
        assert cells == [f"={none}", "==", none]


def told(slug: str, store: Store, query: Query) -> set[str]:
    """All that tooltips of a chart of the page say: Vega writes their fields as it writes texts."""
    report = BY_SLUG[slug]
    with reading(store) as reader:
        compared = compared_with(report, query, partial(report.rows, reader))
        data = chart_data(report, report.rows(reader, query), compared)
    said: set[str] = set()
    for spec in specs(slug, dark=False, compared=compared.name if compared else ""):
        layers = [
            {
                "transform": layer.get("transform", []),
                "mark": "text",
                "encoding": {"text": {k: v for k, v in tip.items() if k != "title"}},
            }
            for layer in spec["layer"]
            for tip in layer["encoding"].get("tooltip", [])
        ]
        assert layers
        schema = "https://vega.github.io/schema/vega-lite/v6.json"
        asked = {"$schema": schema, "data": {"values": images._values(data)}, "layer": layers}
        said |= set(
            re.findall(r'"text": "([^"]*)"', json.dumps(vl_convert.vegalite_to_scenegraph(asked)))
        )
    return said


@pytest.mark.parametrize("slug", [report.slug for report in RESULTS if report.is_chart])
def test_what_a_row_lacks_is_never_called_null(slug: str, store: Store) -> None:
    lacks = {"hourly-activity": 1, "cohorts": 5, "lifecycle-by-week": 3}
    if BY_SLUG[slug].drawing.x == "date":  # the other period has fewer
        lacks[slug] = 20
    days = lacks.get(slug, 3)
    today = date(2026, 3, 4)
    query = Query(
        Period(today - timedelta(days - 1), today, today),
        against=Period(today - timedelta(1), today, today),  # fewer days, one of them not over
    )
    said = told(slug, store, query)
    assert not {"null", "undefined", "NaN", "Invalid Date"} & said
    assert ("n/a" in said) == (slug in lacks)


# The command


@pytest.fixture
def database(new_process: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hand-written rows, named by DATABASE_URL in an empty working folder."""
    write(rows(), new_process / "data.db")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///./data.db")
    return new_process


def test_the_command_writes_the_file(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--page", "twins", "--organization", "Acme", "--last", "3d", "--theme", "dark"]
    assert main(["report", *asked, "--output", "out.html"]) == 0
    said = capsys.readouterr()
    assert re.fullmatch(r"out\.html: \d+ KB\.\n", said.out)
    assert "100 %" in said.err
    html = (database / "out.html").read_text("utf-8")
    assert "<title>Twins · 2 Mar \u2013 4 Mar 2026 · AI Twin Analytics</title>" in html
    assert "Only Acme" in html
    assert '<meta name="color-scheme" content="dark">' in html


def test_the_period_is_asked_for_like_on_the_page(database: Path) -> None:
    for dates, period in (
        ("--start 2026-03-01 --end 2026-03-03", "1 Mar \u2013 3 Mar 2026"),
        ("--start 2026-03-01", "1 Mar \u2013 4 Mar 2026"),
        ("--last 1d", "4 Mar 2026"),
        ("", "3 Feb \u2013 4 Mar 2026"),
    ):
        assert main(["report", "--page", "data", *dates.split()]) == 0
        title = re.search("<title>(.*)</title>", (database / "report.html").read_text("utf-8"))
        assert title
        assert title[1] == f"Data · {period} · AI Twin Analytics"
    for compare, fact in (
        ("--compare year", "<dd>4 Mar \u2013 5 Mar 2025</dd>"),
        ("--compare-start 2026-02-01 --compare-end 2026-02-03",
         "<dd>1 Feb \u2013 3 Feb 2026 (3 days)</dd>"),
        ("--compare previous", "<dd>1 Mar \u2013 2 Mar 2026</dd>"),
        ("--compare none", ""),
    ):  # fmt: skip
        assert main(["report", "--page", "data", "--last", "2d", *compare.split()]) == 0
        html = (database / "report.html").read_text("utf-8")
        said = re.search("<dt>Compared with</dt>(.*?)</div>", html)
        assert (said[1] if said else "") == fact
    assert main(["report", "--page", "data", "--preset", "Last 7 days"]) == 0
    assert "26 Feb \u2013 4 Mar 2026" in (database / "report.html").read_text("utf-8")


def test_what_cannot_be_answered_is_one_message(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, message in (
        ("--last 30", "last = 30: write a number of days such as 30d"),
        ("--last 0d", "last = 0d: write a number of days such as 30d"),
        ("--last 9000d", "start_date = 2001-07-14: the period has 9,000 days; choose at most"),
        ("--preset Ever", "preset = Ever: choose one of Today, "),
        ("--last 7d --preset All", "last = 7d: can't stand beside --preset; choose one"),
        ("--end 2026-03-03", "end = 2026-03-03: has no first day; add --start"),
        ("--start 2026-02-30", "start = 2026-02-30: is no calendar date; write it as YYYY-MM-DD"),
        ("--start 2026-03-03 --end 2026-03-01", "end_date = 2026-03-01: the period ends before"),
        ("--compare week", "compare = week: choose one of previous, year, none"),
        ("--compare year --compare-end 2026-01-01", "compare = year: can't stand beside --comp"),
        ("--compare-start 2026-01-01", "compare-start = 2026-01-01: has no last day; add --comp"),
        ("--compare-end 2026-01-01", "compare-end = 2026-01-01: has no first day; add --compare-"),
        ("--compare-start 2026-01-02 --compare-end 2026-01-01", "compare_end_date = 2026-01-01: "),
        ("--organization Nope", "organization = Nope: nobody belongs to it; choose one of "),
        ("--department Nope", "department = Nope: nobody belongs to it; choose one of No dep"),
        ("--page nope", "page = nope: choose one of summary, overview, "),
        ("--theme blue", "theme = blue: choose one of light, dark"),
        ("--output x.doc", "output = x.doc: choose one of .html, .htm, .pdf"),
        ("--output no/x.html", "output = no/x.html: is in no folder that exists"),
    ):
        assert main(["report", *arguments.split()]) == 1, arguments
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.splitlines()[-1].startswith(message)
    assert not list(database.glob("*.html"))


def test_a_full_disk_is_one_message_and_leaves_the_earlier_file(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (database / "report.html").write_text("earlier")

    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("analytics.__main__.printed_pdf", lambda *_: b"%PDF-")
    with monkeypatch.context() as patch:
        full = SimpleNamespace(path=os.path, getpid=os.getpid, fsync=no_room)
        patch.setattr(whole_file, "os", full)  # only where files are written
        for name in ("report.html", "report.pdf"):
            assert main(["report", "--page", "data", "--output", name]) == 1
            said = capsys.readouterr()
            assert (said.out, said.err.splitlines()[-1]) == (
                "",
                f"output = {name}: can't be written: the disk is full; make room or choose another"
                " place",
            )
    assert (database / "report.html").read_text() == "earlier"
    assert not [path for path in database.iterdir() if path.suffix in (".part", ".pdf")]


def test_a_file_is_as_open_as_the_umask_leaves_it(database: Path) -> None:
    (database / "elsewhere.html").write_text("earlier")
    (database / "link.html").symlink_to("elsewhere.html")
    before = os.umask(0o027)
    try:
        assert main(["report", "--page", "data", "--output", "link.html"]) == 0
    finally:
        os.umask(before)
    assert (database / "link.html").is_symlink()
    assert (database / "elsewhere.html").stat().st_mode & 0o777 == 0o640
    assert "</html>" in (database / "elsewhere.html").read_text("utf-8")


def test_no_room_for_a_pdf_on_the_way_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pdf, "_printed", no_room)
    monkeypatch.setattr(pdf, "CHROMIUM", ("sh",))
    with pytest.raises(
        PictureProblem, match=r"page.pdf: there is no room to print it in .*\(No sp"
    ):
        printed_pdf("<p>", "page.pdf")


# In Chromium


def in_chromium(test: Callable[..., None]) -> Callable[..., None]:
    """Needs Chromium, and says so where there is none."""
    missing = CHROMIUM is None and not os.environ.get("CI")
    reason = "no Chromium: install Debian's `chromium` to open the file in a browser"
    return pytest.mark.browser(pytest.mark.skipif(missing, reason=reason)(test))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "with CI set, Chromium must be installed"
    with chromium() as made:
        yield made


@in_chromium
@pytest.mark.parametrize("width", [1440, 390])
def test_it_opens_without_a_network_at_any_width(
    browser: Browser, everything: str, tmp_path: Path, width: int
) -> None:
    path = tmp_path / "page.html"
    path.write_text(everything, "utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    faults: list[str] = []
    asked_for: list[str] = []
    page.on("request", lambda r: asked_for.append(r.url))
    page.on("requestfailed", lambda r: faults.append(r.url))
    page.on("console", lambda m: faults.append(m.text))
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.goto(path.as_uri())
    assert page.locator("figure svg").count() >= 8
    labels = page.locator("figure svg text").first.bounding_box()
    assert labels
    assert labels["height"] >= 11
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("summary").first.click()
    assert page.locator("details[open] td").first.is_visible()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    context.close()
    assert (faults, asked_for) == ([], [path.as_uri()])


@in_chromium
def test_a_dark_page_is_dark_on_screen_and_light_on_paper(
    browser: Browser, dark_twins: str, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(dark_twins, "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    seen = """() => [
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector("figure svg [fill='var(--series-1)']")).fill,
    ]"""
    assert page.evaluate(seen) == ["rgb(16, 21, 28)", "rgb(98, 168, 234)"]
    page.emulate_media(media="print")
    assert page.evaluate(seen) == ["rgb(255, 255, 255)", "rgb(31, 111, 181)"]
    page.close()


@in_chromium
def test_the_command_prints_a_pdf(database: Path) -> None:
    assert main(["report", "--page", "retention", "--output", "page.pdf"]) == 0
    made = (database / "page.pdf").read_bytes()
    assert made.startswith(b"%PDF-")
    assert made.count(b"/Type /Page\n") >= 2
