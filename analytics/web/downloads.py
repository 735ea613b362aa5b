"""Files to save, each at an address of its own: rows as CSV, charts as pictures, whole pages.

Lists may be too long to hold in memory: their CSV is streamed. `ui.saving` has the links.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from analytics.errors import QueryError
from analytics.lists.activities import all_activities, latest_activities
from analytics.lists.activity_rows import ActivityItem
from analytics.lists.registry import LIST_BY_SLUG, Listed
from analytics.metrics.pages import PAGES
from analytics.metrics.registry import RESULTS
from analytics.metrics.result import Result
from analytics.output.chart_data import compared_with
from analytics.output.export import csv_text, file_name, period_file_name
from analytics.output.html_report import page_html
from analytics.output.images import png, svg
from analytics.period import Period, open_period
from analytics.query import Query
from analytics.reading.filters import filtered, only_words
from analytics.reading.known import Called
from analytics.reading.reader import reading
from analytics.search.matching import check_search
from analytics.service import service
from analytics.storage.store import Store
from analytics.web.parameters import (
    ACTIVITY_PARAMETERS,
    COMPARES,
    END_DATE,
    FILTERS,
    RESULT_PARAMETERS,
    START_DATE,
    THEME,
    Asked,
    Parameter,
    activity_query,
    of_a_list,
    result_query,
    texts_of,
)
from analytics.web.responses import CSV, FAULTS, fault_of, log_fault, streamed_csv
from ui.faults import FAULT_REMEDY

CSV_PATH = "/download/activities.csv"
LATEST_PATH = "/download/latest-activities.csv"
PICTURES: dict[str, tuple[Callable[..., bytes | str], str]] = {
    "png": (png, "image/png"),
    "svg": (svg, "image/svg+xml"),
}
_RESULT = "no-cache"  # a cache may keep it, as it may of the API, and must ask again
_SEEN: tuple[Parameter[Any], ...] = (*RESULT_PARAMETERS, COMPARES, THEME)


def result_path(slug: str, kind: str) -> str:
    """Where a result is as a file: `csv`, or a kind of `PICTURES`."""
    return f"/download/results/{slug}.{kind}"


def page_path(page: str) -> str:
    """Where a page of `PAGES` is as one HTML file."""
    return f"/download/pages/{page}.html"


def csv_path(slug: str) -> str:
    """Where the CSV of a list is."""
    return f"/download/{slug}.csv"


def result_file(result: Result, kind: str, request: Request) -> Response:
    """The rows of a result, or its chart, for the question in the address."""
    asked = Asked(request.scope["query_string"], _SEEN)
    store = service().store()
    with reading(store) as reader:
        query = result_query(asked, reader, _today(store))
        rows = partial(result.rows, reader)
        found = rows(query)
        name = period_file_name(result.slug, query.period, kind)
        if kind == "csv":
            return _file(csv_text(result.row, found, store.settings.zone), CSV, name, _RESULT)
        beside = compared_with(result, query, rows) if _compares(asked) else None
        only = only_words(query, Called(reader))
    draw, media = PICTURES[kind]
    picture = draw(result.slug, found, query, dark=_is_dark(asked), compared=beside, only=only)
    return _file(picture, media, name, _RESULT)


def page_file(page: str, request: Request) -> Response:
    """A whole page for the question in the address."""
    asked = Asked(request.scope["query_string"], _SEEN)
    store = service().store()
    with reading(store) as reader:
        query = result_query(asked, reader, _today(store))
    compares, dark = _compares(asked), _is_dark(asked)
    html = page_html(store, query, [page], datetime.now(UTC), compares=compares, dark=dark)
    return _file(html, "text/html; charset=utf-8", period_file_name(page, query.period, "html"))


def latest_csv(request: Request) -> Response:
    """The newest activities within the filters, whatever the period."""
    asked = Asked(request.scope["query_string"], RESULT_PARAMETERS)
    store = service().store()
    today = _today(store)
    query = filtered(Query(open_period(None, None, today)), texts_of(asked, FILTERS))
    with reading(store) as reader:
        items = latest_activities(reader, query, datetime.now(UTC))
    text = csv_text(ActivityItem, items, store.settings.zone)
    return _file(text, CSV, file_name("latest-activities", today, today))


def activities_csv(request: Request) -> Response:
    """Stream the activities that the page's filters leave."""
    asked = Asked(request.scope["query_string"], ACTIVITY_PARAMETERS)
    store = service().store()
    with reading(store) as reader:
        query = activity_query(asked, reader, _today(store))
    if query.search:
        check_search(store)
    name = file_name("activities", asked.one(START_DATE), asked.one(END_DATE))
    now = datetime.now(UTC)
    return streamed_csv(
        store, ActivityItem, lambda reader: all_activities(reader, query, now), _headers(name)
    )


def list_csv(listed: Listed, request: Request) -> Response:
    """Stream a list that figures lead to as its page shows it."""
    own = of_a_list(listed)
    known: tuple[Parameter[Any], ...] = (START_DATE, END_DATE, *own)
    asked = Asked(request.scope["query_string"], known)
    values = texts_of(asked, own)
    start, end = asked.one(START_DATE), asked.one(END_DATE)
    if not (start and end):
        raise QueryError("start_date", start or "", "give start_date and end_date")
    store = service().store()
    query = listed.narrowed(Query(Period(start, end, _today(store))), values)
    with reading(store) as reader:  # what can't be asked is refused before the first line
        listed.read(reader, query, **listed.chosen(values), limit=1)
    return streamed_csv(
        store,
        listed.row,
        lambda reader: listed.rows(reader, query, values),
        _headers(period_file_name(listed.slug, query.period)),
    )


def _today(store: Store) -> date:
    return datetime.now(UTC).astimezone(store.settings.zone).date()


def _compares(asked: Asked) -> bool:
    return asked.one(COMPARES) == "true"


def _is_dark(asked: Asked) -> bool:
    return asked.one(THEME) == "dark"


def _headers(name: str, kept: str = "no-store") -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": f"private, {kept}",
    }


def _file(content: bytes | str, media: str, name: str, kept: str = "no-store") -> Response:
    return Response(content, media_type=media, headers=_headers(name, kept))


def _route(path: str, answer: Callable[[Request], Response]) -> Route:
    """A file at an address; errors say what to change."""

    def endpoint(request: Request) -> Response:
        try:
            return answer(request)
        except FAULTS as error:
            fault = fault_of(error)
            return PlainTextResponse(fault.text, fault.status, fault.headers)
        except Exception as error:
            log_fault(error)
            return PlainTextResponse(f"This file can't be made. {FAULT_REMEDY}", 500)

    return Route(path, endpoint, methods=["GET"])


def _kinds(result: Result) -> Sequence[str]:
    return ["csv", *(PICTURES if result.is_chart else ())]


ROUTES = [
    _route(CSV_PATH, activities_csv),
    _route(LATEST_PATH, latest_csv),
    *(_route(csv_path(slug), partial(list_csv, listed)) for slug, listed in LIST_BY_SLUG.items()),
    *(
        _route(result_path(result.slug, kind), partial(result_file, result, kind))
        for result in RESULTS
        for kind in _kinds(result)
    ),
    *(_route(page_path(page), partial(page_file, page)) for page in PAGES),
]
