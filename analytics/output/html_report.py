"""The pages as one HTML file that needs nothing else, and as PDF where Chromium is at hand."""

import datetime
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from analytics.fields import Row
from analytics.format import change, count, day, days, label, moment, number, short_day
from analytics.metrics.pages import PAGES
from analytics.metrics.registry import BY_SLUG
from analytics.metrics.result import Card
from analytics.metrics.result import Result as Report
from analytics.metrics.sources import apart
from analytics.output.drawing import Compared, chart_data, compared_with, summary, table_data
from analytics.output.export import PictureProblem
from analytics.output.images import ImagesMissing, available, chart_svgs, recoloured
from analytics.output.theme import FONT, css_variables, variables
from analytics.query import NAMELESS, Query, QueryError, filter_label
from analytics.reading.filters import chosen_names
from analytics.reading.known import span
from analytics.reading.reader import Scope, reading
from analytics.rollups.build import Progress, silent
from analytics.storage.store import Freshness, Store
from analytics.untrusted import printable

PRODUCT = "AI Twin Analytics"
TABLE_ROWS = 20

CHART_ROWS = 400
CHART_WIDTH = 480
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PDF_SECONDS = 120
_ROOT = Path(__file__).parents[2]
_COMPARING = re.compile("^previous_|_change$")


class PdfProblem(PictureProblem):
    """The PDF can't be made: says what to do instead."""


@dataclass(frozen=True)
class _Table:
    title: str
    heads: tuple[tuple[str, str], ...]  # a label, and the CSS class of its column
    rows: tuple[tuple[str, ...], ...]
    more: str


@dataclass(frozen=True)
class _Part:
    report: Report
    cards: Sequence[Card] = ()
    charts: tuple[Markup, ...] = ()
    summary: str = ""
    table: _Table | None = None


@dataclass(frozen=True)
class _Section:
    slug: str
    title: str
    parts: tuple[_Part, ...]


def page_html(  # noqa: PLR0913 - a question, where it is asked, and how it is shown
    store: Store,
    query: Query,
    pages: Sequence[str],
    now: datetime.datetime,
    *,
    compares: bool = True,
    dark: bool = False,
    scope: Scope | None = None,
    progress: Progress = silent,
) -> str:
    """These pages (names of `PAGES`) as an HTML file without scripts that loads nothing.

    Without `compares` nothing is said of the period that the question compares with. The same
    data, question and time give the same text. Raises ImagesMissing without the extra
    `images`, QueryError for an unknown page, DatabaseProblem while the database can't be read.
    """
    if not available():
        raise ImagesMissing
    for page in pages:
        if page not in PAGES:
            raise QueryError("page", page, f"choose one of {', '.join(PAGES)}, all")
    slugs = [slug for page in pages for slug in PAGES[page].slugs]
    parts = {}
    with reading(store, scope) as reader:
        known = span(reader, query.period.today)
        left = apart(reader).left_out
        for n, slug in enumerate(slugs):
            report = BY_SLUG[slug]
            progress(n / len(slugs), report.title)
            rows = partial(report.rows, reader)
            if report.is_chart:
                compared = compared_with(report, query, rows) if compares else None
                parts[slug] = _chart(report, rows(query), compared)
            else:
                parts[slug] = _words(report, rows(query), compares, store.settings.zone)
    progress(1, "Done")
    sections = tuple(
        _Section(page, PAGES[page].title, tuple(parts[slug] for slug in PAGES[page].slugs))
        for page in pages
    )
    made = _template().render(
        product=PRODUCT,
        title=sections[0].title if len(sections) == 1 else PRODUCT,
        period=days(query.period),
        facts=_facts(store, query, known.last, left, now, compares=compares),
        sample=store.is_sample,
        sections=sections,
        definitions=[BY_SLUG[slug] for slug in dict.fromkeys(slugs)],
        dark=dark,
        light_colours=Markup(css_variables(dark=False)),  # noqa: S704 - our own colours
        dark_colours=Markup(css_variables(dark=True)),  # noqa: S704
        font=Markup(FONT),  # noqa: S704
    )
    return printable(made)


def printed_pdf(html: str, name: str) -> bytes:
    """An HTML file printed by Chromium as the PDF of this name, A4.

    Raises PdfProblem, which names the remedy, where there is no Chromium or it fails.
    """
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        raise PdfProblem(
            f"{name}: a PDF is printed by Chromium, which is not found here. Install it (on"
            " Debian: apt install chromium), or write an .html file and print that."
        )
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _printed(found, html, Path(folder))
    except subprocess.SubprocessError as error:
        why = f"{found} could not print it ({type(error).__name__})"
    except FileNotFoundError:
        why = f"{found} made no file"
    except OSError as error:
        why = f"there is no room to print it in {tempfile.gettempdir()} ({error.strerror})"
    raise PdfProblem(f"{name}: {why}. Write an .html file and print that from a browser.")


def _printed(chromium: str, html: str, folder: Path) -> bytes:
    page, made = folder / "page.html", folder / "page.pdf"
    page.write_text(html, "utf-8")
    command = [
        chromium, "--headless", "--disable-gpu", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--no-first-run",
        f"--user-data-dir={folder}/profile", "--no-pdf-header-footer",
        f"--print-to-pdf={made}", page.as_uri(),
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # root has none; the page has no script
    subprocess.run(command, check=True, capture_output=True, timeout=_PDF_SECONDS)  # noqa: S603
    return made.read_bytes()


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["tone"] = _tone
    environment.filters["paragraphs"] = lambda text: text.split("\n\n")
    return environment.get_template("html_report.html.jinja")


def _version() -> str:
    told = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))
    return str(told["project"]["version"])


def _facts(  # noqa: PLR0913 - they stand in one list
    store: Store,
    query: Query,
    last: datetime.date | None,
    left: int,
    now: datetime.datetime,
    *,
    compares: bool,
) -> list[tuple[str, str]]:
    zone, held = store.settings.zone, store.freshness()
    assert isinstance(held, Freshness)  # noqa: S101 - the results above were read from it
    period = f"{days(query.period)} ({count(query.period.days, 'day')})"
    if query.period.includes_today:
        period += ", includes today so far"
    before = query.previous.period
    against = days(before)
    if before.days != query.period.days:
        against += f" ({count(before.days, 'day')})"
    return [
        ("Period", period),
        *([("Compared with", against)] if compares else []),
        ("Filters", f"Only {', '.join(chosen)}" if (chosen := chosen_names(query)) else "None"),
        ("Data through", day(last) if last else "no data yet"),
        ("As of", f"{moment(held.built_at, zone)} ({held.zone})"),
        ("Database", store.where),
        ("Left out", count(left, "row") + " without a readable date or owner"),
        ("Made", f"{moment(now, zone)} by {PRODUCT} {_version()}"),
    ]


def _words(report: Report, rows: Sequence[Row], compares: bool, zone: ZoneInfo) -> _Part:
    """Cards or a table."""
    if report.is_single:
        cards = report.cards(rows[0]) if report.cards else []
        if not compares:
            cards = [replace(card, difference="", before="") for card in cards]
        return _Part(report, cards=cards)
    if not rows:
        return _Part(report)
    names = [
        name
        for name in report.row.model_fields
        if name != "id" and (compares or not _COMPARING.search(name))
    ]
    return _Part(
        report,
        table=_table(
            report,
            [(label(name), _kind(rows, name)) for name in names],
            [[_cell(name, getattr(row, name), zone) for name in names] for row in rows],
            TABLE_ROWS,
        ),
    )


def _chart(report: Report, rows: Sequence[Row], compared: Compared | None) -> _Part:
    data = chart_data(report, rows, compared)
    if data.empty:
        return _Part(report)
    svgs = chart_svgs(
        report, data, dark=False, compared=compared.name if compared else "", width=CHART_WIDTH
    )
    shown = table_data(report, data, compared)
    whole = {
        label
        for name, label in report.drawing.fields.items()
        if report.row.model_fields[name].annotation in (int, int | None)
    }
    columns = [_figures(shown[n], is_whole=str(n).removesuffix(" then") in whole) for n in shown]
    return _Part(
        report,
        # Vega escapes the words in its SVG
        charts=tuple(Markup(_coloured(one.text)) for one in svgs),  # noqa: S704
        summary=summary(report, data, compared),
        table=_table(
            report,
            [(str(name), _kind_of(shown[name])) for name in shown],
            list(zip(*columns, strict=True)),
            CHART_ROWS,
        ),
    )


def _coloured(svg: str) -> str:
    """The light picture with its colours by name, so that the dark page and print change them."""
    return recoloured(svg, {c: f"var(--{name})" for name, c in variables(dark=False).items()})


def _tone(card: Card) -> str:
    """The CSS class of a difference."""
    first = card.difference[:1]
    return "negative" if first == "\u2212" else "positive" if first in ("+", "n") else "muted"


def _table(
    report: Report,
    heads: Iterable[tuple[str, str]],
    rows: Sequence[Iterable[str]],
    limit: int,
) -> _Table:
    more = len(rows) - limit
    return _Table(
        report.title,
        tuple(heads),
        tuple(tuple(row) for row in rows[:limit]),
        f"… and {number(more)} more" if more > 0 else "",
    )


def _kind(rows: Sequence[Row], name: str) -> str:
    match next((v for v in (getattr(row, name) for row in rows) if v is not None), None):
        case bool():
            return ""
        case int() | float():
            return "number"
        case datetime.date():
            return "date"
        case _:
            return "number" if name.endswith("_change") else ""


def _kind_of(column: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(column):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(column) else ""


def _figures(column: pd.Series, *, is_whole: bool) -> list[str]:
    """A column of a chart's table. Its frame has whole numbers as fractions where some miss."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return ["" if pd.isna(value) else short_day(value) for value in column]
    if not pd.api.types.is_numeric_dtype(column):
        return ["" if pd.isna(value) else str(value) for value in column]
    kind = int if is_whole or pd.api.types.is_integer_dtype(column) else float
    return ["" if pd.isna(value) else number(kind(value)) for value in column]


def _cell(name: str, value: Any, zone: ZoneInfo) -> str:  # noqa: PLR0911 - a line a type
    if name.endswith("_change"):
        return change(value)
    if name in NAMELESS:
        return filter_label(value, NAMELESS[name])
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return number(value)
        case datetime.datetime():
            return moment(value, zone)
        case datetime.date():
            return day(value)
        case _:
            return str(value)
