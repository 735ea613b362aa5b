"""What the API and the dashboard share: answers to faults, streamed CSV, what a client accepts."""

import logging
import sqlite3
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from itertools import islice
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from analytics.errors import QueryError
from analytics.fields import Row
from analytics.output.export import PictureProblem, csv_lines
from analytics.reading.reader import Reader, reading
from analytics.settings import SettingsError
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import Store

CSV = "text/csv; charset=utf-8"
RETRY_SECONDS = 10
FAULTS = (
    QueryError, DatabaseProblem, SettingsError, PictureProblem, ValidationError, SQLAlchemyError,
    sqlite3.Error,
)  # fmt: skip
LINES = 500  # of a streamed CSV, sent at a time
logger = logging.getLogger("analytics.api")


# --- faults ------------------------------------------------------------------------------------


class Fault(NamedTuple):
    """How an error is answered: what is wrong and what to do about it."""

    status: int
    text: str

    @property
    def headers(self) -> dict[str, str]:
        """When to ask again, where that may help."""
        return {"Retry-After": str(RETRY_SECONDS)} if self.status == 503 else {}  # noqa: PLR2004


def fault_of(error: Exception) -> Fault:
    """The answer to an error of the kinds in FAULTS.

    Its text has no words of the database, which may quote conversations.
    """
    if isinstance(error, QueryError):
        return Fault(422, str(error))
    if isinstance(error, DatabaseProblem | SettingsError):
        return Fault(503, unavailable_text(error))
    if isinstance(error, PictureProblem):
        return Fault(503, str(error))
    if isinstance(error, PoolTimeoutError):
        return Fault(503, "Too many requests wait for the database. Ask again in a moment.")
    if isinstance(error, ValidationError):
        # A row with a value of another type than its column: SQLite lets them in.
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        return Fault(
            503,
            f"The database holds a value of the wrong type ({error.title}: {', '.join(fields)})."
            " Correct it there.",
        )
    log_fault(error)
    return Fault(
        503,
        "The database gave no answer that can be used. Ask again in a moment; if it stays, the"
        " server's log says where it happened.",
    )


def unavailable_text(problem: DatabaseProblem | SettingsError) -> str:
    """What is wrong and what to do, without the place: clients needn't know paths and hosts."""
    if isinstance(problem, DatabaseProblem):
        return f"{problem.what}. {problem.remedy}"
    return str(problem)


def log_fault(error: Exception) -> None:
    """Log an error's type and where it happened: its own words may quote conversations."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("%s in %s, line %s", type(error).__name__, place.name, place.lineno)


# --- CSV ---------------------------------------------------------------------------------------


class _CutOff(Exception):
    """What is left of an answer can't be read."""


class _Stream(StreamingResponse):
    """Ends without an end of the body where lines can't be read: the server hangs up.

    Nobody takes what came for the whole.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(_CutOff):
            await super().__call__(scope, receive, send)


def streamed_csv(
    store: Store,
    row: type[Row],
    rows: Callable[[Reader], Iterable[Row]],
    headers: dict[str, str],
) -> StreamingResponse:
    """The CSV of rows that may be too many to hold in memory.

    The first lines are read here, where one can still say that the database can't be read.
    """

    def lines() -> Generator[str, None, None]:
        with reading(store) as reader:
            yield from csv_lines(row, rows(reader), store.settings.zone)

    found = lines()
    first = "".join(islice(found, LINES))

    def texts() -> Iterator[str]:
        text = first
        with closing(found):
            while text:
                yield text
                try:
                    text = "".join(islice(found, LINES))
                except Exception as error:
                    log_fault(error)
                    raise _CutOff from None

    return _Stream(texts(), media_type=CSV, headers=headers)


# --- what a client accepts ---------------------------------------------------------------------


def qualities(header: str) -> dict[str, float]:
    """What a header such as `Accept` names, with the weights that it has; 0 is refused."""
    found: dict[str, float] = {}
    for part in header.split(","):
        name, *options = (piece.strip().lower() for piece in part.split(";"))
        weights = [option[2:] for option in options if option.startswith("q=")]
        try:
            found[name] = float(weights[0]) if weights else 1.0
        except ValueError:
            found[name] = 0.0
    return found


class Encodings:
    """Hides the encodings that a client refuses (`gzip;q=0`) from the layers that compress.

    These look for the word alone.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the layers below answer."""
        if scope["type"] == "http":
            scope = {**scope, "headers": list(map(_without_refused, scope["headers"]))}
        await self.app(scope, receive, send)


def _without_refused(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    name, value = header
    if name == b"accept-encoding" and b";" in value:
        accepted = (coding for coding, q in qualities(value.decode("latin-1")).items() if q > 0)
        value = ",".join(accepted).encode("latin-1")
    return name, value
