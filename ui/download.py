"""The one download that may be too long to hold in memory: all filtered activities as CSV."""

from collections.abc import Iterator
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from analytics.activities import ActivityItem, ActivityQuery, all_activities
from analytics.database import DatabaseProblem
from analytics.export import csv_lines, file_name
from analytics.query import NO_DEPARTMENT, Filters, QueryError, filter_values, parse_date
from analytics.service import service
from analytics.settings import SettingsError

CSV_PATH = "/download/activities.csv"
_LINES_PER_CHUNK = 500


def activities_csv(request: Request) -> Response:
    """Stream the activities that the page's filters leave; errors say what to change."""
    asked = request.query_params
    try:
        start, end = (
            parse_date(name, asked[name]) if asked.get(name) else None
            for name in ("start_date", "end_date")
        )
        ask = ActivityQuery(
            start,
            end,
            Filters(
                filter_values(asked.getlist("organization")),
                filter_values(asked.getlist("department"), NO_DEPARTMENT),
            ),
            asked.get("type") or "all",
            asked.get("user", ""),
            asked.get("twin") or None,
        )
        store = service().store()
    except QueryError as error:
        return PlainTextResponse(str(error), status_code=422)
    except (DatabaseProblem, SettingsError) as error:
        return PlainTextResponse(str(error), status_code=503, headers={"Retry-After": "5"})

    def chunks() -> Iterator[str]:
        held: list[str] = []
        with store.session() as session:
            for line in csv_lines(ActivityItem, all_activities(session, ask, datetime.now(UTC))):
                held.append(line)
                if len(held) == _LINES_PER_CHUNK:
                    yield "".join(held)
                    held.clear()
        yield "".join(held)

    name = file_name("activities", start, end)
    return StreamingResponse(
        chunks(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


ROUTES = [Route(CSV_PATH, activities_csv, methods=["GET"])]
