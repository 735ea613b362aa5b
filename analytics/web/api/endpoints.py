"""The endpoints: one a result of the registry, the activities, and whether all is well."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, TypeAdapter
from starlette.exceptions import HTTPException

from analytics.lists.activities import activities
from analytics.lists.activity_rows import ActivityPage
from analytics.lists.conversation import ActivityDetail, activity
from analytics.metrics.registry import RESULTS
from analytics.metrics.result import Result
from analytics.output.export import csv_text, period_file_name
from analytics.reading.known import data_version
from analytics.search.matching import check_search
from analytics.settings import SettingsError
from analytics.storage.faults import DatabaseProblem
from analytics.web import parameters as p
from analytics.web.api.answers import (
    JSON,
    REFUSED,
    UNAVAILABLE,
    UNCHANGED,
    UNKNOWN,
    VERSION,
    AskerDep,
    Documented,
    answer,
    documented,
    live_answer,
    live_csv,
    tag_of,
    wants_csv,
)
from analytics.web.asker import Asker
from analytics.web.faults import RETRY_SECONDS, unavailable_text
from analytics.web.questions import Asked, activity_query, result_query
from analytics.web.responses import CSV, activities_csv

NAME = "AI Twin Analytics"
HEALTH_SECONDS = 0.9  # the answer is promised within a second
router = APIRouter()


def _add_result(result: Result) -> None:
    known = (*p.RESULT_PARAMETERS, *p.choices_of((result,)), p.FORMAT)
    limit_parameter = None
    if result.limit is not None:
        limit_parameter = p.result_limit(result.limit)
        known = (*known, limit_parameter)
    model: Any = result.row if result.is_single else list[result.row]  # type: ignore[name-defined]
    as_json = TypeAdapter(model)

    def endpoint(request: Request, asker: AskerDep) -> Response:
        asked = Asked(request.scope["query_string"], known)
        is_csv = wants_csv(request, asked)
        limit = asked.one(limit_parameter) if limit_parameter else None
        chosen = asked.choice(result)
        with asker.reading(counted=True) as reader:
            query = result_query(asked, reader, asker.today)

            def body() -> bytes:
                rows = result.rows(reader, query, limit, chosen)
                if is_csv:
                    return csv_text(result.row, rows, asker.store.settings.zone).encode()
                return as_json.dump_json(rows[0] if result.is_single else rows, by_alias=True)

            notes = reader.notes.found if result.reads_notes else ()
            seen = data_version(reader), notes, result.slug, query, limit, chosen, is_csv
            tag = tag_of(asker, *seen)
            name = period_file_name(result.slug, query.period)
            return answer(request, tag, body, CSV if is_csv else JSON, name)

    router.add_api_route(
        f"/api/{result.path}",
        endpoint,
        response_model=model,
        summary=result.title,
        description=result.definition,
        tags=["Results"],
        **documented(result.slug, REFUSED | UNAVAILABLE | UNCHANGED, known, csv=True),
    )


for _result in RESULTS:
    _add_result(_result)


@router.get(
    "/api/activities",
    response_model=ActivityPage,
    summary="Activities",
    tags=["Activities"],
    **documented("activities", REFUSED | UNAVAILABLE | UNCHANGED, p.ACTIVITY_PARAMETERS, csv=True),
)
def activity_page(request: Request, asker: AskerDep) -> Response:
    """Conversations, newest first, a page at a time; totals and `has_next` are exact.

    To read all of them follow `nextCursor`, or ask for CSV, which holds every page. Absent dates
    are no bounds, unless a parameter asks what a figure counted (`person`, `topic`, `hour` …):
    then they are those of the results. With `search` every item has a `snippet`: the place where
    the words stand, as plain text in pieces; until the index of all conversations is built the
    answer is 503.
    """
    asked = Asked(request.scope["query_string"], p.ACTIVITY_PARAMETERS)
    with asker.reading() as reader:
        query = activity_query(asked, reader, asker.today)
    page, limit, cursor = (asked.one(p.PAGE), asked.one(p.LIMIT), asked.one(p.CURSOR))
    if query.search:
        check_search(asker.store)
    if wants_csv(request, asked):
        return live_csv(activities_csv(asker, query))
    with asker.reading() as reader:
        found = activities(reader, query, asker.now, page, limit, cursor=cursor)
    return live_answer(request, asker, found)


@router.get(
    "/api/activities/{activity_id}",
    response_model=ActivityDetail,
    summary="One conversation",
    tags=["Activities"],
    **documented("activity", UNKNOWN | UNAVAILABLE | UNCHANGED),
)
def whole_activity(request: Request, activity_id: str, asker: AskerDep) -> Response:
    """One conversation with all its messages in time order, and what they drafted and looked up."""
    if "\x00" not in activity_id:
        with asker.reading() as reader:
            found = activity(reader, activity_id, asker.now)
        if found:
            return live_answer(request, asker, found)
    raise HTTPException(404, "No activity has this id; /api/activities lists those there are")


# --- whether all is well -----------------------------------------------------------------------


class Status(BaseModel):
    """That the API answers."""

    status: Annotated[Literal["healthy"], Field(description="That it answers.")]
    message: Annotated[str, Field(description="What answers.")]
    version: Annotated[str, Field(description="The release.")]


class Health(BaseModel):
    """Whether the database can be read; `reason` says why not, or why nothing new is counted."""

    status: Annotated[
        Literal["healthy", "unhealthy"], Field(description="Whether the database can be read.")
    ]
    app: Annotated[str, Field(description="What answers.")]
    version: Annotated[str, Field(description="The release.")]
    database: Annotated[
        Literal["connected", "disconnected"], Field(description="The same of the database.")
    ]
    reason: Annotated[str | None, Field(description="Why not, or why nothing new is counted.")] = (
        None
    )


ILL: Documented = {503: {"model": Health, "description": "The database can't be read"}}


@router.get("/", summary="Status", tags=["Status"], **documented("status", {}))
async def status() -> Status:
    """That the API answers."""
    return Status(status="healthy", message=f"{NAME} API", version=VERSION)


_health_workers = ThreadPoolExecutor(2, "health")


@router.get(
    "/health",
    response_model=Health,
    summary="Health",
    tags=["Status"],
    **documented("health", ILL),
)
async def health(request: Request) -> Response:
    """Whether the database can be read right now, said within a second."""

    def look() -> str | None:
        """As a result looks; what is wrong with the refreshes is told, and ill makes nobody."""
        asker = Asker(request)
        with asker.reading(counted=True) as reader:
            data_version(reader)
        problem = asker.service.refresh_problem
        if problem is None:
            return None
        return (
            f"Not refreshed since {problem.since.isoformat(timespec='seconds')}: {problem.reason}"
        )

    try:
        # Its own workers: it must answer while all others wait for the database.
        reason = await asyncio.wait_for(
            asyncio.get_running_loop().run_in_executor(_health_workers, look), HEALTH_SECONDS
        )
    except TimeoutError:
        reason = "The database did not answer within a second"
    except (DatabaseProblem, SettingsError) as problem:
        reason = unavailable_text(problem)
    else:
        well = Health(
            status="healthy", app=NAME, version=VERSION, database="connected", reason=reason
        )
        return JSONResponse(well.model_dump(exclude_none=True))
    ill = Health(
        status="unhealthy", app=NAME, version=VERSION, database="disconnected", reason=reason
    )
    return JSONResponse(ill.model_dump(), 503, {"Retry-After": str(RETRY_SECONDS)})
