"""The endpoints: one a result of the registry, the activities, and whether all is well."""

import asyncio
import datetime
import hashlib
import json
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, TypeAdapter
from starlette.exceptions import HTTPException

from analytics.lists.activities import activities, all_activities
from analytics.lists.activity_rows import ActivityItem, ActivityPage
from analytics.lists.conversation import ActivityDetail, activity
from analytics.metrics.registry import RESULTS
from analytics.metrics.result import Result
from analytics.output.export import csv_text, period_file_name
from analytics.reading.known import data_version
from analytics.reading.reader import reading
from analytics.search.matching import check_search
from analytics.service import Service, service
from analytics.settings import SettingsError
from analytics.storage.faults import DatabaseProblem
from analytics.web import parameters as p
from analytics.web.parameters import Asked
from analytics.web.responses import CSV, RETRY_SECONDS, qualities, streamed_csv, unavailable_text

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"
VERSION: str = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["version"]
NAME = "AI Twin Analytics"
EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
UNSTORED = {"Cache-Control": "private, no-store"}  # lists and conversations: people's words
HEALTH_SECONDS = 0.9  # the answer is promised within a second
JSON = "application/json"


class Problem(BaseModel):
    """Why there is no answer, and what to do about it."""

    detail: str


class Fault(BaseModel):
    """A parameter that can't be used: which, its value, and the remedy."""

    type: str
    loc: list[str]
    msg: str
    input: str


class Refusal(BaseModel):
    """Why a request has no answer."""

    detail: list[Fault]


class Status(BaseModel):
    """That the API answers."""

    status: Literal["healthy"]
    message: str
    version: str


class Health(BaseModel):
    """Whether the database can be read; `reason` says why not, or why nothing new is counted."""

    status: Literal["healthy", "unhealthy"]
    app: str
    version: str
    database: Literal["connected", "disconnected"]
    reason: str | None = None


Documented = dict[int | str, dict[str, Any]]
UNCHANGED: Documented = {304: {"description": "As the client has it (`If-None-Match`)"}}
REFUSED: Documented = {422: {"model": Refusal, "description": "A parameter that can't be used"}}
UNKNOWN: Documented = {404: {"model": Problem, "description": "No such thing"}}
UNAVAILABLE: Documented = {503: {"model": Problem, "description": "The database can't be read"}}
ILL: Documented = {503: {"model": Health, "description": "The database can't be read"}}

router = APIRouter()


def the_service() -> Callable[[], Service]:
    """How to get the service that has the database; tests put their own in its place."""
    return service


def clock() -> datetime.datetime:
    """The moment that "today" and "2h ago" are seen from."""
    return datetime.datetime.now(datetime.UTC)


ServiceDep = Annotated[Callable[[], Service], Depends(the_service)]
ClockDep = Annotated[datetime.datetime, Depends(clock)]


def documented(
    slug: str, errors: Documented, parameters: Iterable[p.Parameter[Any]] = (), *, csv: bool = False
) -> dict[str, Any]:
    """What the documentation says beside the answer's model: parameters, examples and errors."""
    content: dict[str, Any] = {JSON: {"example": EXAMPLES[slug]} if slug in EXAMPLES else {}}
    if csv:
        content["text/csv"] = {"schema": {"type": "string"}}
    return {
        "operation_id": slug,
        "responses": {200: {"content": content}, **errors},
        "openapi_extra": {"parameters": [parameter.documented() for parameter in parameters]},
    }


# --- answers -----------------------------------------------------------------------------------


def wants_csv(request: Request, asked: Asked) -> bool:
    """Whether `format` or else `Accept` asks for CSV; JSON where neither prefers one."""
    if chosen := asked.one(p.FORMAT):
        return chosen == "csv"
    quality = qualities(request.headers.get("accept", ""))
    return quality.get("text/csv", 0) > quality.get(JSON, 0)


def _tag(*parts: object) -> str:
    text = "\n".join(map(str, (VERSION, *parts)))
    # Weak: the same answer is sent compressed and plain.
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _is_known(request: Request, tag: str) -> bool:
    tags = [known.strip() for known in request.headers.get("if-none-match", "").split(",")]
    return "*" in tags or tag.removeprefix("W/") in (known.removeprefix("W/") for known in tags)


def _answer(
    request: Request, tag: str, body: Callable[[], bytes], media: str, name: str
) -> Response:
    """The body, or 304 where the client has it already; `name` is that of a CSV file."""
    headers = {"ETag": tag, "Vary": "Accept"}
    if _is_known(request, tag):
        return Response(status_code=304, headers=headers)
    if media == CSV:
        headers |= attached(name)
    return Response(body(), media_type=media, headers=headers)


def attached(name: str) -> dict[str, str]:
    """The headers of a file to save."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


# --- endpoints ---------------------------------------------------------------------------------


def _add_result(result: Result) -> None:
    known = (*p.RESULT_PARAMETERS, p.FORMAT)
    limit_parameter = None
    if result.limit is not None:
        limit_parameter = p.result_limit(result.limit)
        known = (*known, limit_parameter)
    model: Any = result.row if result.is_single else list[result.row]  # type: ignore[name-defined]
    as_json = TypeAdapter(model)

    def endpoint(request: Request, get_service: ServiceDep, now: ClockDep) -> Response:
        asked = Asked(request.scope["query_string"], known)
        is_csv = wants_csv(request, asked)
        limit = asked.one(limit_parameter) if limit_parameter else None
        store = get_service().store()
        with reading(store, counted=True) as reader:
            today = now.astimezone(store.settings.zone).date()
            query = p.result_query(asked, reader, today)

            def body() -> bytes:
                rows = result.rows(reader, query, limit)
                if is_csv:
                    return csv_text(result.row, rows, store.settings.zone).encode()
                return as_json.dump_json(rows[0] if result.is_single else rows, by_alias=True)

            tag = _tag(data_version(reader), result.slug, query, limit, is_csv)
            name = period_file_name(result.slug, query.period)
            return _answer(request, tag, body, CSV if is_csv else JSON, name)

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
def activity_page(request: Request, get_service: ServiceDep, now: ClockDep) -> Response:
    """Conversations, newest first, a page at a time; totals and `has_next` are exact.

    To read all of them follow `nextCursor`, or ask for CSV, which holds every page. Absent dates
    are no bounds, unless a parameter asks what is behind a figure (`person`, `topic`, `hour` …):
    then they are those of the results. With `search` every item has a `snippet`: the place where
    the words stand, as plain text in pieces; until the index of all conversations is built the
    answer is 503.
    """
    asked = Asked(request.scope["query_string"], p.ACTIVITY_PARAMETERS)
    store = get_service().store()
    today = now.astimezone(store.settings.zone).date()
    with reading(store) as reader:
        query = p.activity_query(asked, reader, today)
    page, limit, cursor = (asked.one(p.PAGE), asked.one(p.LIMIT), asked.one(p.CURSOR))
    if query.search:
        check_search(store)
    if wants_csv(request, asked):
        name = period_file_name("activities", query.period)
        headers = attached(name) | UNSTORED | {"Vary": "Accept"}
        return streamed_csv(
            store, ActivityItem, lambda reader: all_activities(reader, query, now), headers
        )
    with reading(store) as reader:
        found = activities(reader, query, now, page, limit, cursor=cursor)
    return live_answer(request, found)


@router.get(
    "/api/activities/{activity_id}",
    response_model=ActivityDetail,
    summary="One conversation",
    tags=["Activities"],
    **documented("activity", UNKNOWN | UNAVAILABLE | UNCHANGED),
)
def whole_activity(
    request: Request, activity_id: str, get_service: ServiceDep, now: ClockDep
) -> Response:
    """One conversation with all its messages in time order, and what they drafted and looked up."""
    if "\x00" not in activity_id:
        with reading(get_service().store()) as reader:
            found = activity(reader, activity_id, now)
        if found:
            return live_answer(request, found)
    raise HTTPException(404, "No activity has this id; /api/activities lists those there are")


def live_answer(request: Request, found: BaseModel) -> Response:
    """An answer of rows that are read as they are now."""
    # Names, titles and messages are read as they are now, and "2h ago" moves: the text is the tag.
    text = found.model_dump_json(by_alias=True)
    answer = _answer(request, _tag(text), text.encode, JSON, "")
    answer.headers.update(UNSTORED)
    return answer


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
async def health(get_service: ServiceDep) -> Response:
    """Whether the database can be read right now, said within a second."""

    def look() -> str | None:
        """As a result looks; what is wrong with the refreshes is told, and ill makes nobody."""
        asked = get_service()
        with reading(asked.store(), counted=True) as reader:
            data_version(reader)
        problem = asked.refresh_problem
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
