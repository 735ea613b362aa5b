"""What can be asked of an open database, whichever it is."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from analytics.models import table_of
from analytics.rollups.build import definition
from analytics.rollups.state import Build
from analytics.settings import Settings, shown_url
from analytics.sql.timestamps import from_instant
from analytics.storage.engines import UTF8
from analytics.storage.faults import NotOurs, not_ours, problem_of


@dataclass(frozen=True)
class Freshness:
    """What the rollups hold: their version, when they were built, and in which time zone."""

    version: str
    built_at: datetime
    zone: str


class Database:
    """A database that is open for reading: its raw tables, and the rollups if there are some."""

    engine: Engine  # reads both
    raw: Engine  # reads the raw tables alone
    _failures: tuple[type[Exception], ...] = (DBAPIError, OSError, PoolTimeoutError)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.where = shown_url(settings.url)
        self.is_sample = False
        self.lacks_message_type = False
        self.codec = UTF8  # of the text that the database can hold

    def session(self, *, counted: bool = False) -> AbstractContextManager[Session]:
        """A session for reading; raises DatabaseProblem when the database is gone.

        One that reads what is `counted` is there while others wait for raw rows that are locked.
        """
        raise NotImplementedError

    @contextmanager
    def problems(self) -> Iterator[None]:
        """Turn a failing database into a DatabaseProblem."""
        try:
            yield
        except NotOurs as error:
            raise not_ours(error.name, self.where) from None
        except self._failures as error:
            problem = problem_of(error, self.where)
            if problem is None:
                raise
            raise problem from None

    def freshness(self) -> Freshness | None:
        """What the rollups hold now; None before the first build."""
        raise NotImplementedError

    def readable(self) -> bool:
        """Whether there are rollups that this release can read, in the reporting time zone."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise DatabaseProblem if the database has gone or was replaced since it was opened."""
        raise NotImplementedError

    def built(self, connection: Connection) -> Any:
        """What the rollups say of themselves, if this release can read them; else None."""
        row = connection.execute(select(table_of(Build))).one_or_none()
        wanted = definition(connection.dialect.name, self.settings.zone)
        return row if row is not None and row.definition == wanted else None

    def _freshness(self, connection: Connection) -> Freshness | None:
        row = connection.execute(select(table_of(Build))).one_or_none()
        return Freshness(row.version, from_instant(row.built_at), row.zone) if row else None

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()
