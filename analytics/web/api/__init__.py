"""The REST API: every result of the registry, the activities, and their documentation.

`app` serves alone (`uvicorn analytics.api:app`); `routes()` serves the same beside the dashboard.
`endpoints` and `lists` answer, `answers` has what they share, `middleware` what HTTP expects.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi_standalone_docs import StandaloneDocs  # type: ignore[import-untyped]
from starlette.datastructures import URLPath
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from analytics.settings import SettingsError, load_settings
from analytics.web import descriptors
from analytics.web.accepting import Encodings
from analytics.web.api import lists
from analytics.web.api.answers import VERSION
from analytics.web.api.endpoints import NAME, router
from analytics.web.api.middleware import HeadAndErrors, add_error_answers
from analytics.web.content_policy import policy
from analytics.web.gate import Gate

OWN_PATHS = ("/api", "/health", "/docs", "/redoc", "/openapi.json")
GZIP_LEVEL = 6  # 9 takes twice the time for the last percent
DESCRIPTION = """\
The numbers of the dashboard: the same functions answer the pages, their CSV and this API.

Days are local to the reporting time zone; a period includes both its days. A rate or change that
does not exist is `null`. Without dates a result is about the 30 days that end on the last complete
day with data. A parameter sent empty counts as absent.

Filters combine. `organization`, `department`, `user` and `person` say whose numbers are meant;
`twin`, `unknown_twin`, `by_others` and `topic` in which conversations: a result then answers as if
the others did not exist.
"""


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    descriptors.prepare()
    yield


def create_app() -> FastAPI:
    """The API as an application of its own."""
    app = FastAPI(
        title=NAME,
        version=VERSION,
        description=DESCRIPTION,
        lifespan=_lifespan,
        # The default would send the address of the schema to a service on the internet.
        swagger_ui_parameters={"validatorUrl": None},
    )
    app.include_router(router)
    app.include_router(lists.router)
    add_error_answers(app)
    StandaloneDocs(app)  # Swagger UI and ReDoc from the package, not from the internet
    _allow_scripts(app)
    app.add_middleware(GZipMiddleware, compresslevel=GZIP_LEVEL)
    app.add_middleware(Encodings)
    app.add_middleware(_Cors)
    app.add_middleware(HeadAndErrors)
    app.add_middleware(Gate)
    return app


def _allow_scripts(app: FastAPI) -> None:
    """Let the pages of the documentation run the scripts that stand in them, and no others."""
    pages = {app.docs_url, app.swagger_ui_oauth2_redirect_url, app.redoc_url}

    def with_policy(path: str, page: Callable[[Request], Awaitable[HTMLResponse]]) -> Route:
        async def answer(request: Request) -> HTMLResponse:
            html = await page(request)
            html.headers["Content-Security-Policy"] = policy(bytes(html.body).decode())
            return html

        return Route(path, answer, include_in_schema=False)

    for place, route in enumerate(app.router.routes):
        if isinstance(route, Route) and route.path in pages:
            app.router.routes[place] = with_policy(route.path, route.endpoint)


class _Cors(CORSMiddleware):
    """Lets the pages of CORS_ORIGINS read the answers, without cookies; made on first use."""

    def __init__(self, app: ASGIApp) -> None:
        try:
            origins = load_settings().origins
        except SettingsError:  # every answer will say so
            origins = []
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=["GET", "HEAD", "OPTIONS"],
            allow_headers=["*"],
            expose_headers=["ETag", "Content-Disposition", "Retry-After"],
        )


class _Beside(BaseRoute):
    """Hands the API's own paths to `app` as they came; all others are the dashboard's.

    `/` is the API's for clients that don't ask for HTML.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the request is the API's."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        own = any(path == own or path.startswith(f"{own}/") for own in OWN_PATHS)
        if path == "/":
            accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
            own = b"text/html" not in accept.lower()
        return (Match.FULL if own else Match.NONE), {}

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """No names are given to paths."""
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the API answer."""
        await app(scope, receive, send)


def routes() -> list[BaseRoute]:
    """What serves the API beside the dashboard, on the same paths."""
    return [_Beside()]


app = create_app()
