"""Files to save, each at an address of its own: rows as CSV, charts as pictures, whole pages.

Lists may be too long to hold in memory: their CSV is streamed. `ui.saving` has the links.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from analytics.errors import QueryError
from analytics.lists.activities import latest_activities
from analytics.lists.activity_rows import ActivityItem
from analytics.lists.registry import LIST_BY_SLUG, Listed
from analytics.metrics.pages import PAGES
from analytics.metrics.registry import BY_SLUG, RESULTS
from analytics.metrics.result import Result
from analytics.output.chart_data import compared_with
from analytics.output.export import csv_text, file_name, period_file_name
from analytics.output.html_report import page_html
from analytics.output.images import png, svg
from analytics.period import Period, open_period
from analytics.query import Query
from analytics.reading.filters import filtered, only_words
from analytics.reading.known import Called
from analytics.search.matching import check_search
from analytics.web.asker import Asker
from analytics.web.faults import FAULT_REMEDY, FAULTS, fault_of, log_fault
from analytics.web.parameters import (
    ACTIVITY_PARAMETERS,
    COMPARES,
    END_DATE,
    FILTERS,
    RESULT_PARAMETERS,
    START_DATE,
    THEME,
    Parameter,
    choices_of,
    of_a_list,
)
from analytics.web.questions import Asked, activity_query, result_query, texts_of
from analytics.web.responses import CSV, KEPT, activities_csv, list_csv, whole_file

CSV_PATH = "/download/activities.csv"
LATEST_PATH = "/download/latest-activities.csv"
PICTURES: dict[str, tuple[Callable[..., bytes | str], str]] = {
    "png": (png, "image/png"),
    "svg": (svg, "image/svg+xml"),
}
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
    known = (*_SEEN, *choices_of((result,)))
    asked, asker = Asked(request.scope["query_string"], known), Asker(request)
    with asker.reading() as reader:
        query = result_query(asked, reader, asker.today)
        rows = partial(result.rows, reader, chosen=asked.choice(result))
        found = rows(query)
        name = period_file_name(result.slug, query.period, kind)
        if kind == "csv":
            text = csv_text(result.row, found, asker.store.settings.zone)
            return whole_file(text, CSV, name, KEPT)
        beside = compared_with(result, query, rows) if _compares(asked) else None
        only, notes = only_words(query, Called(reader)), reader.notes.found
    draw, media = PICTURES[kind]
    picture = draw(
        result.slug, found, query,
        dark=_is_dark(asked), compared=beside, only=only, notes=notes,
    )  # fmt: skip
    return whole_file(picture, media, name, KEPT)


def page_file(page: str, request: Request) -> Response:
    """A whole page for the question in the address."""
    results = [BY_SLUG[slug] for slug in PAGES[page].slugs]
    known = (*_SEEN, *choices_of(results))
    asked, asker = Asked(request.scope["query_string"], known), Asker(request)
    with asker.reading() as reader:
        query = result_query(asked, reader, asker.today)
    html = page_html(
        asker.store, query, [page], asker.now,
        compares=_compares(asked), dark=_is_dark(asked), scope=asker.scope,
        choices={result.slug: asked.choice(result) for result in results},
    )  # fmt: skip
    name = period_file_name(page, query.period, "html")
    return whole_file(html, "text/html; charset=utf-8", name)


def latest_file(request: Request) -> Response:
    """The newest activities within the filters, whatever the period."""
    asked, asker = Asked(request.scope["query_string"], RESULT_PARAMETERS), Asker(request)
    today = asker.today
    query = filtered(Query(open_period(None, None, today)), texts_of(asked, FILTERS))
    with asker.reading() as reader:
        items = latest_activities(reader, query, asker.now)
    text = csv_text(ActivityItem, items, asker.store.settings.zone)
    return whole_file(text, CSV, file_name("latest-activities", today, today))


def activities_file(request: Request) -> Response:
    """Stream the activities that the page's filters leave."""
    asked, asker = Asked(request.scope["query_string"], ACTIVITY_PARAMETERS), Asker(request)
    with asker.reading() as reader:
        query = activity_query(asked, reader, asker.today)
    if query.search:
        check_search(asker.store)
    return activities_csv(asker, query)


def list_file(listed: Listed, request: Request) -> Response:
    """Stream a list that figures lead to as its page shows it."""
    own = of_a_list(listed)
    known: tuple[Parameter[Any], ...] = (START_DATE, END_DATE, *own)
    asked, asker = Asked(request.scope["query_string"], known), Asker(request)
    values = texts_of(asked, own)
    start, end = asked.one(START_DATE), asked.one(END_DATE)
    if not (start and end):
        raise QueryError("start_date", start or "", "give start_date and end_date")
    query = listed.narrowed(Query(Period(start, end, asker.today)), values)
    return list_csv(asker, listed, query, values)


def _compares(asked: Asked) -> bool:
    return asked.one(COMPARES) == "true"


def _is_dark(asked: Asked) -> bool:
    return asked.one(THEME) == "dark"


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
    _route(CSV_PATH, activities_file),
    _route(LATEST_PATH, latest_file),
    *(_route(csv_path(slug), partial(list_file, listed)) for slug, listed in LIST_BY_SLUG.items()),
    *(
        _route(result_path(result.slug, kind), partial(result_file, result, kind))
        for result in RESULTS
        for kind in _kinds(result)
    ),
    *(_route(page_path(page), partial(page_file, page)) for page in PAGES),
]
