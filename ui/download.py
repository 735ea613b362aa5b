"""The one download that may be too long to hold in memory: all filtered activities as CSV."""

from collections.abc import Iterator
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from analytics.activities import ActivityItem, all_activities
from analytics.database import DatabaseProblem
from analytics.export import csv_lines, file_name
from analytics.parameters import ACTIVITY_PARAMETERS, Asked, activity_query
from analytics.query import QueryError
from analytics.search import check_search
from analytics.service import service
from analytics.settings import SettingsError

CSV_PATH = "/download/activities.csv"
_LINES_PER_CHUNK = 500


def activities_csv(request: Request) -> Response:
    """Stream the activities that the page's filters leave; errors say what to change."""
    try:
        ask = activity_query(Asked(request.scope["query_string"], ACTIVITY_PARAMETERS))
        store = service().store()
        if ask.search:
            check_search(store)
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

    name = file_name("activities", ask.start, ask.end)
    return StreamingResponse(
        chunks(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


ROUTES = [Route(CSV_PATH, activities_csv, methods=["GET"])]
