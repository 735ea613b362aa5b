"""HTTP manners that no endpoint has to know: HEAD, OPTIONS, and errors as JSON."""

import logging
import traceback
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics.database import DatabaseProblem
from analytics.query import QueryError
from analytics.settings import SettingsError

RETRY_SECONDS = 10
ALLOWED = "GET, HEAD, OPTIONS"
ERRORS = logging.getLogger("analytics.api")


class _HeadAnswered(Exception):
    """The head of an answer is sent and its body isn't wanted."""


class Manners:
    """The layer below the gate: answers HEAD, and lets no error escape.

    Errors are logged without their texts, which may hold conversations.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False
        is_head = scope["method"] == "HEAD"

        async def observed(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                # A result may be kept, and is asked for again; a refusal may repeat what was asked.
                kept = "no-store" if message["status"] >= HTTPStatus.BAD_REQUEST else "no-cache"
                MutableHeaders(scope=message).setdefault("Cache-Control", f"private, {kept}")
            elif is_head:
                await send({"type": "http.response.body"})
                raise _HeadAnswered
            await send(message)

        try:
            # Every resource that has GET has HEAD.
            inner = {**scope, "method": "GET"} if is_head else scope
            await self.app(inner, receive, observed)
        except _HeadAnswered:
            pass
        except Exception as error:
            _log_fault(error)
            # Else the server cuts the answer off, so that nobody takes it as whole.
            if not has_begun:
                answer = JSONResponse({"detail": "A fault of the API; its log says where"}, 500)
                await answer(inner, receive, observed)


def _log_fault(error: Exception) -> None:
    place = traceback.extract_tb(error.__traceback__)[-1]
    ERRORS.error("%s in %s, line %s", type(error).__name__, place.name, place.lineno)


def _unavailable(detail: str) -> Response:
    return JSONResponse({"detail": detail}, 503, {"Retry-After": str(RETRY_SECONDS)})


def unavailable_text(problem: DatabaseProblem | SettingsError) -> str:
    """What is wrong and what to do, without the place: clients needn't know paths and hosts."""
    if isinstance(problem, DatabaseProblem):
        return f"{problem.what}. {problem.remedy}"
    return str(problem)


def add_error_answers(app: FastAPI) -> None:
    """Answer every error as `{"detail": …}`."""

    @app.exception_handler(QueryError)
    def refused(_: Request, error: QueryError) -> Response:
        fault = {
            "type": "value_error",
            "loc": ["query", error.parameter],
            "msg": str(error),
            "input": str(error.value),
        }
        return JSONResponse({"detail": [fault]}, 422)

    @app.exception_handler(DatabaseProblem)
    @app.exception_handler(SettingsError)
    def unavailable(_: Request, problem: DatabaseProblem | SettingsError) -> Response:
        return _unavailable(unavailable_text(problem))

    @app.exception_handler(PoolTimeoutError)
    def busy(_: Request, error: PoolTimeoutError) -> Response:
        return _unavailable("Too many requests wait for the database. Ask again in a moment.")

    @app.exception_handler(ValidationError)
    def unshowable(_: Request, error: ValidationError) -> Response:
        # A row with a value of another type than its column: SQLite lets them in.
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        return _unavailable(
            f"The database holds a value of the wrong type ({error.title}: {', '.join(fields)})."
            " Correct it there."
        )

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={"Allow": ALLOWED})
            headers = {"Allow": ALLOWED}
            return JSONResponse(
                {"detail": f"Nothing can be changed here: use {ALLOWED}"}, 405, headers
            )
        if error.status_code == HTTPStatus.NOT_FOUND and error.detail == "Not Found":
            return JSONResponse({"detail": "There is nothing at this path; /docs lists all"}, 404)
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
