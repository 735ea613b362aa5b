"""The pages as one HTML file that needs nothing else."""

import datetime
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from analytics.app.notes import Note
from analytics.errors import QueryError
from analytics.fields import Meaning, Row
from analytics.format import change, count, day, days, moment, number, short_day
from analytics.metrics.pages import PAGES
from analytics.metrics.registry import BY_SLUG
from analytics.metrics.result import Card, Result
from analytics.metrics.sources import apart
from analytics.metrics.summary import days_words, is_compared, told, whole_weeks
from analytics.metrics.summary_row import Sentence
from analytics.output.chart_data import Compared, chart_data, compared_with, table_columns
from analytics.output.chart_notes import add_titles, notes_on, sentence
from analytics.output.chart_summary import summary
from analytics.output.images import ImagesMissing, available, chart_svgs, recoloured
from analytics.output.text_report import told_notes
from analytics.output.theme import FONT, css_variables, variables
from analytics.query import NAMELESS, Query, filter_label
from analytics.reading.filters import only_words
from analytics.reading.known import Called, span
from analytics.reading.reader import Scope, reading
from analytics.rollups.build import Progress, silent
from analytics.storage.database import Freshness
from analytics.storage.store import Store
from analytics.untrusted import printable

PRODUCT = "AI Twin Analytics"
TABLE_ROWS = 20

CHART_ROWS = 400
CHART_WIDTH = 480
_ROOT = Path(__file__).parents[2]
_UPWARDS = ("up", "new")
_DIRECTIONS = (*_UPWARDS, "down")


@dataclass(frozen=True)
class _Table:
    title: str
    heads: tuple[tuple[str, str], ...]  # a label, and the CSS class of its column
    rows: tuple[tuple[str, ...], ...]
    more: str


@dataclass(frozen=True)
class _Part:
    result: Result
    cards: Sequence[Card] = ()
    charts: tuple[Markup, ...] = ()
    summary: str = ""
    table: _Table | None = None
    sentences: Sequence[Sentence] = ()
    notes: Sequence[tuple[str, str]] = ()  # a title, and what was before and after


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
    choices: Mapping[str, int | None] = MappingProxyType({}),
    progress: Progress = silent,
) -> str:
    """These pages (names of `PAGES`) as an HTML file without scripts that loads nothing.

    `choices` has what results are asked with of their own, by slug.
    Without `compares` nothing is said of the period that the question compares with. The same
    data, question and time give the same text. Raises ImagesMissing without the extra
    `images`, QueryError for an unknown page, DatabaseProblem while the database can't be read.
    """
    if not available():
        raise ImagesMissing
    for page in pages:
        if page not in PAGES:
            raise QueryError("page", page, f"choose one of {', '.join(PAGES)}, all")
    slugs = [(page, slug) for page in pages for slug in PAGES[page].slugs]
    parts: dict[str, list[_Part]] = {page: [] for page in pages}
    asked = {page: whole_weeks(query) if page == "summary" else query for page in pages}
    has_change = False
    with reading(store, scope) as reader:
        known = span(reader, query.period.today)
        left, only = apart(reader).left_out, only_words(query, Called(reader))
        problem = reader.notes.problem
        for n, (page, slug) in enumerate(slugs):
            result, question = BY_SLUG[slug], asked[page]
            progress(n / len(slugs), result.title)
            rows = partial(result.rows, reader, chosen=choices.get(slug))
            if page == "summary" and result.is_chart and not has_change:
                continue  # its charts are of changes alone
            if result.reads_notes and reader.notes.problem:
                part = _Part(result)
            elif result.is_chart:
                compared = compared_with(result, question, rows) if compares else None
                shown = notes_on(result, reader.notes.found, question)
                part = _chart(result, question, rows(question), compared, shown, page)
            else:
                found = rows(question)
                part = _words(result, found, compares, store.settings.zone)
                if slug == "summary":
                    has_change = compares and is_compared(cast("list[Sentence]", found))
                if part.sentences:
                    part = replace(part, summary=days_words(question, compares=compares))
                    part = replace(part, notes=told_notes(reader, question) if compares else ())
            parts[page].append(part)
    progress(1, "Done")
    sections = tuple(_Section(page, PAGES[page].title, tuple(parts[page])) for page in pages)
    if len(pages) == 1:
        query = asked[pages[0]]
    facts = _facts(store, query, only, known.last, left, now, compares=compares)
    if problem:
        facts.append(("Notes", f"left out. {problem.what}"))
    made = _template().render(
        product=PRODUCT,
        title=sections[0].title if len(sections) == 1 else PRODUCT,
        period=days(query.period),
        facts=facts,
        sample=store.is_sample,
        sections=sections,
        definitions=[BY_SLUG[slug] for slug in dict.fromkeys(s for _, s in slugs)],
        dark=dark,
        light_colours=Markup(css_variables(dark=False)),  # noqa: S704 - our own colours
        dark_colours=Markup(css_variables(dark=True)),  # noqa: S704
        font=Markup(FONT),  # noqa: S704
    )
    return printable(made)


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


def _facts(  # noqa: PLR0913, PLR0917 - they stand in one list
    store: Store,
    query: Query,
    only: str,
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
        ("Filters", f"Only {only}" if only else "None"),
        ("Data through", day(last) if last else "no data yet"),
        ("As of", f"{moment(held.built_at, zone)} ({held.zone})"),
        ("Database", store.where),
        ("Left out", count(left, "row") + " without a readable date or owner"),
        ("Made", f"{moment(now, zone)} by {PRODUCT} {_version()}"),
    ]


def _tone(card: Card) -> str:
    """The CSS class of a card's difference."""
    if card.direction not in _DIRECTIONS or not card.better:
        return "muted"
    return "positive" if (card.direction in _UPWARDS) == (card.better == "up") else "negative"


def _words(result: Result, rows: Sequence[Row], compares: bool, zone: ZoneInfo) -> _Part:
    """Cards, sentences or a table."""
    if result.is_single:
        cards = result.cards(rows[0]) if result.cards else []
        if not compares:
            cards = [replace(card, difference="", direction="", before="") for card in cards]
        return _Part(result, cards=cards)
    if not rows:
        return _Part(result)
    if result.drawing.mark == "sentences":
        said = told(cast("list[Sentence]", rows), compares=compares)
        return _Part(result, sentences=said)
    if result.told:
        lines = [line for row in rows for line in result.told(row)]
        heads = [(head, "") for head in lines[0]]
        return _Part(
            result, table=_table(result, heads, [[*line.values()] for line in lines], TABLE_ROWS)
        )
    shown = {
        name: meaning
        for name, meaning in result.fields.items()
        if not meaning.is_hidden and (compares or not meaning.is_compared)
    }
    return _Part(
        result,
        table=_table(
            result,
            [(meaning.label, _kind(meaning, rows, name)) for name, meaning in shown.items()],
            [
                [_cell(meaning, name, getattr(row, name), zone) for name, meaning in shown.items()]
                for row in rows
            ],
            TABLE_ROWS,
        ),
    )


def _chart(  # noqa: PLR0913, PLR0917 - a chart, and where it stands
    result: Result,
    query: Query,
    rows: Sequence[Row],
    compared: Compared | None,
    notes: Sequence[Note],
    page: str,
) -> _Part:
    data = chart_data(result, rows, compared)
    if data.empty:
        return _Part(result)
    if notes:
        add_titles(data, notes, query.period.end)
    name = compared.name if compared else ""
    svgs = chart_svgs(
        result, data, dark=False, compared=name, width=CHART_WIDTH, notes=notes, place=f"{page}-"
    )
    shown = table_columns(result, compared, noted=bool(notes))
    fields = result.row.model_fields
    whole = {name for name, field in fields.items() if field.annotation in (int, int | None)}
    columns = [_figures(data[one.name], is_whole=one.field in whole) for one in shown]
    return _Part(
        result,
        # Vega escapes the words in its SVG
        charts=tuple(Markup(_coloured(one.text)) for one in svgs),  # noqa: S704
        summary=" ".join(filter(None, (summary(result, data, compared), sentence(notes)))),
        table=_table(
            result,
            [(one.head, _kind_of(data[one.name])) for one in shown],
            list(zip(*columns, strict=True)),
            CHART_ROWS,
        ),
    )


def _coloured(svg: str) -> str:
    """The light picture with its colours by name, so that the dark page and print change them."""
    return recoloured(svg, {c: f"var(--{name})" for name, c in variables(dark=False).items()})


def _table(
    result: Result,
    heads: Iterable[tuple[str, str]],
    rows: Sequence[Iterable[str]],
    limit: int,
) -> _Table:
    more = len(rows) - limit
    return _Table(
        result.title,
        tuple(heads),
        tuple(tuple(row) for row in rows[:limit]),
        f"… and {number(more)} more" if more > 0 else "",
    )


def _kind(meaning: Meaning, rows: Sequence[Row], name: str) -> str:
    match next((v for v in (getattr(row, name) for row in rows) if v is not None), None):
        case bool():
            return ""
        case int() | float():
            return "number"
        case datetime.date():
            return "date"
        case _:
            return "number" if meaning.format == "change" else ""


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


def _cell(  # noqa: PLR0911 - a line a type
    meaning: Meaning, name: str, value: Any, zone: ZoneInfo
) -> str:
    if meaning.format == "change":
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
