"""Results for the pages: cached by question and data version, never by their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

import pandas as pd

from analytics.app.notes import Note
from analytics.fields import Row
from analytics.format import compared_name
from analytics.metrics.registry import BY_SLUG
from analytics.output.chart_data import chart_data, compared_with, table_data
from analytics.output.chart_notes import add_titles, notes_on
from analytics.output.chart_spec import height, specs
from analytics.output.chart_summary import summary
from analytics.period import DEFAULT_PRESET, preset_period
from analytics.query import Query
from analytics.reading.known import span
from analytics.reading.notes import Notes
from analytics.storage.store import Store
from ui.access import Data, visible
from ui.cache import shared
from ui.page_context import own_choice, page_context

RowT = TypeVar("RowT", bound=Row)


@shared(max_entries=512)
def _rows(  # noqa: PLR0913, PLR0917 - what an answer depends on
    slug: str,
    query: Query,
    limit: int | None,
    data: Data,
    chosen: int | None = None,
    notes: tuple[Note, ...] = (),
) -> list[Row]:
    with data.reading(counted=True) as reader:
        if BY_SLUG[slug].reads_notes:
            reader.notes = Notes(notes)  # another one may be kept by now
        return BY_SLUG[slug].rows(reader, query, limit, chosen)


def rows(slug: str, query: Query | None = None, limit: int | None = None) -> list[Any]:
    """The rows of a result for the page's question, or another one. Nobody changes them."""
    made, result = page_context(), BY_SLUG[slug]
    notes = made.notes.found if result.reads_notes else ()
    return _rows(slug, query or made.query, limit, made.data, own_choice(result), notes)


@dataclass(frozen=True)
class Drawn:
    """A chart's rows as they are drawn and as a table, its height in pixels, its sentence, and the
    notes on it."""

    data: pd.DataFrame
    table: pd.DataFrame
    height: int
    summary: str
    notes: tuple[Note, ...] = ()


def drawn(slug: str, query: Query, *, compared: bool) -> Drawn:
    """What the chart of a registered result shows, beside the days it is compared with."""
    made = page_context()
    shown = notes_on(BY_SLUG[slug], made.notes.found, query)
    return _drawn(slug, query, compared, made.data, shown)


@shared(max_entries=256)
def _drawn(
    slug: str, query: Query, compared: bool, data: Data, notes: tuple[Note, ...] = ()
) -> Drawn:
    report = BY_SLUG[slug]
    found = _rows(slug, query, None, data)
    beside = None
    if compared:
        beside = compared_with(report, query, lambda q: _rows(slug, q, None, data))
    shown = chart_data(report, found, beside)
    said = summary(report, shown, beside)
    if shown.empty:
        return Drawn(shown, shown, 0, said)
    if notes:
        add_titles(shown, notes, query.period.end)
    return Drawn(shown, table_data(report, shown, beside), height(report, shown), said, notes)


def prepare(store: Store, slugs: Sequence[str], now: datetime) -> None:
    """Work out the results of a visitor who chooses nothing, before one comes."""
    freshness = store.freshness()
    if freshness is None:
        return
    today = now.astimezone(store.settings.zone).date()
    data = visible(store, freshness.version)
    with data.reading(counted=True) as reader:
        period = preset_period(DEFAULT_PRESET, span(reader, today), today)
    query = Query(period)
    for slug in slugs:
        if not BY_SLUG[slug].is_chart:
            _rows(slug, query, None, data)
            continue
        compared = BY_SLUG[slug].drawing.x == "date"
        _drawn(slug, query, compared, data, notes_on(BY_SLUG[slug], data.notes().found, query))
        for dark in (False, True):
            specs(slug, dark=dark, compared=compared_name(query) if compared else "")


def row(kind: type[RowT], slug: str, query: Query | None = None) -> RowT:
    """The one row of a result that has one."""
    return cast(RowT, rows(slug, query)[0])


def table(found: Sequence[Row]) -> pd.DataFrame:
    """Rows as a data frame, a column a field."""
    return pd.DataFrame([one.model_dump() for one in found])
