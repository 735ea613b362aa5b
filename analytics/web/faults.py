"""What is said and logged of an error, by a page, a file or the API alike."""

import logging
import sqlite3
import traceback
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from analytics.errors import QueryError
from analytics.output.export import PictureProblem
from analytics.settings import SettingsError
from analytics.storage.faults import DatabaseProblem

RETRY_SECONDS = 10
FAULTS = (
    QueryError, DatabaseProblem, SettingsError, PictureProblem, ValidationError, SQLAlchemyError,
    sqlite3.Error,
)  # fmt: skip
FAULT_REMEDY = (
    "Reload the page. If it stays, the server's log says where it happened; please report it."
)
logger = logging.getLogger(__name__)


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
    """Log an error's type and the way to it, innermost first.

    Its own words may quote conversations, and so may the lines of code.
    """
    way = reversed(traceback.extract_tb(error.__traceback__))
    places = (f"{at.name}, line {at.lineno} of {at.filename}" for at in way)
    logger.error("%s in %s", type(error).__name__, "\n  from ".join(places))
