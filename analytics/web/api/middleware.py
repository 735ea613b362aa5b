"""What no endpoint has to know of HTTP: HEAD, OPTIONS, and errors as JSON."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics.errors import QueryError
from analytics.web.faults import FAULTS, fault_of, log_fault

ALLOWED = "GET, HEAD, OPTIONS"


class _HeadAnswered(Exception):
    """The head of an answer is sent and its body isn't wanted."""


class HeadAndErrors:
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
            log_fault(error)
            # Else the server cuts the answer off, so that nobody takes it as whole.
            if not has_begun:
                answer = JSONResponse({"detail": "A fault of the API; its log says where"}, 500)
                await answer(inner, receive, observed)


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

    def unavailable(_: Request, error: Exception) -> Response:
        fault = fault_of(error)
        return JSONResponse({"detail": fault.text}, fault.status, fault.headers)

    for kind in FAULTS:
        app.exception_handlers.setdefault(kind, unavailable)

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
