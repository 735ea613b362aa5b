"""Downloads that may be too long to hold in memory: whole lists as CSV."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from analytics.activities import ActivityItem, all_activities
from analytics.database import DatabaseProblem, Store
from analytics.export import csv_lines, file_name, period_file_name
from analytics.lists import LIST_BY_SLUG, Listed
from analytics.parameters import (
    ACTIVITY_PARAMETERS,
    DEPARTMENT,
    END_DATE,
    ORGANIZATION,
    START_DATE,
    Asked,
    Parameter,
    activity_query,
    filters,
    of_list,
)
from analytics.query import Period, Query, QueryError
from analytics.results import Row
from analytics.search import check_search
from analytics.service import service
from analytics.settings import SettingsError

CSV_PATH = "/download/activities.csv"
_LINES_PER_CHUNK = 500


def activities_csv(request: Request) -> Response:
    """Stream the activities that the page's filters leave; errors say what to change."""
    try:
        asked = Asked(request.scope["query_string"], ACTIVITY_PARAMETERS)
        store = service().store()
        with store.session() as session:
            ask = activity_query(asked, session, _today(store))
        if ask.search:
            check_search(store)
    except QueryError as error:
        return PlainTextResponse(str(error), status_code=422)
    except (DatabaseProblem, SettingsError) as error:
        return PlainTextResponse(str(error), status_code=503, headers={"Retry-After": "5"})

    def rows(session: Session) -> Iterator[Row]:
        return all_activities(session, ask, datetime.now(UTC))

    name = file_name("activities", asked.one(START_DATE), asked.one(END_DATE))
    return _streamed(store, ActivityItem, rows, name)


def list_csv(listed: Listed, request: Request) -> Response:
    """Stream a list behind figures as its page shows it; errors say what to change."""
    own = of_list(listed)
    try:
        known: tuple[Parameter[Any], ...] = (START_DATE, END_DATE, ORGANIZATION, DEPARTMENT, *own)
        asked = Asked(request.scope["query_string"], known)
        values = {parameter.name: asked.all(parameter) for parameter in own}
        start, end = asked.one(START_DATE), asked.one(END_DATE)
        if not (start and end):
            raise QueryError("start_date", start or "", "give start_date and end_date")
        store = service().store()
        query = Query(Period(start, end, _today(store)), filters(asked))
        with store.session() as session:  # what can't be asked is refused before the first line
            listed.read(session, query, listed.detail(values), **listed.chosen(values), limit=1)
    except QueryError as error:
        return PlainTextResponse(str(error), status_code=422)
    except (DatabaseProblem, SettingsError) as error:
        return PlainTextResponse(str(error), status_code=503, headers={"Retry-After": "5"})

    def rows(session: Session) -> Iterator[Row]:
        return listed.rows(session, query, values)

    return _streamed(store, listed.row, rows, period_file_name(listed.slug, query.period))


def csv_path(slug: str) -> str:
    """Where the CSV of a list is."""
    return f"/download/{slug}.csv"


def _today(store: Store) -> date:
    return datetime.now(UTC).astimezone(store.settings.zone).date()


def _streamed(
    store: Store, row: type[Row], rows: Callable[[Session], Iterator[Row]], name: str
) -> Response:
    def chunks() -> Iterator[str]:
        held: list[str] = []
        with store.session() as session:
            for line in csv_lines(row, rows(session)):
                held.append(line)
                if len(held) == _LINES_PER_CHUNK:
                    yield "".join(held)
                    held.clear()
        yield "".join(held)

    return StreamingResponse(
        chunks(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


ROUTES = [
    Route(CSV_PATH, activities_csv, methods=["GET"]),
    *(
        Route(csv_path(slug), partial(list_csv, LIST_BY_SLUG[slug]), methods=["GET"])
        for slug in LIST_BY_SLUG
    ),
]
