"""Opening a database, and what can be done with an open one."""

from contextlib import AbstractContextManager

from sqlmodel import Session

from analytics.rollups.build import Progress, silent
from analytics.rollups.keeper import Keeper
from analytics.rollups.postgres_keeper import PostgresKeeper
from analytics.rollups.sqlite_keeper import SqliteKeeper
from analytics.settings import Settings, shown_url
from analytics.storage.database import Database, Freshness
from analytics.storage.faults import DatabaseProblem
from analytics.storage.postgres import PostgresDatabase
from analytics.storage.sqlite import SqliteDatabase

__all__ = ["Freshness", "Store", "open_database"]


class Store:
    """An open database and the keeper of its rollups. Thread-safe; one per process and address.

    `session()` reads; `refresh()` brings the rollups up to date; `check()` says whether the
    database is still there.
    """

    def __init__(self, database: Database, keeper: Keeper) -> None:
        self.database, self.keeper = database, keeper
        self.settings, self.where = database.settings, database.where
        self.is_sample = database.is_sample
        self.lacks_message_type = database.lacks_message_type
        self.search_problem = ""  # why the search index could not be written last time

    def session(self, *, counted: bool = False) -> AbstractContextManager[Session]:
        """A session for reading; raises DatabaseProblem when the database is gone.

        One that reads what is `counted` is there while others wait for raw rows that are locked.
        """
        return self.database.session(counted=counted)

    def freshness(self) -> Freshness | None:
        """What the rollups hold now; None before the first build."""
        return self.database.freshness()

    def readable(self) -> bool:
        """Whether there are rollups that this release can read, in the reporting time zone."""
        return self.database.readable()

    def check(self) -> None:
        """Raise DatabaseProblem if the database has gone or was replaced since it was opened."""
        self.database.check()

    def refresh(self, progress: Progress = silent) -> None:
        """Make the rollups hold everything written so far, by its change log or by a rebuild."""
        self.keeper.refresh(progress)

    def rebuild(self, progress: Progress = silent) -> None:
        """Build the rollups anew; readers keep the last state until it is complete."""
        self.keeper.rebuild(progress)

    def remove_log(self) -> bool:
        """Take everything of the product out of the raw tables' schema; whether there was any."""
        return self.keeper.remove_log()

    def close(self) -> None:
        """Give back all connections."""
        self.database.close()
        self.keeper.close()


def open_database(settings: Settings) -> Store:
    """Open the database that the settings name and look at it.

    Raises DatabaseProblem (DatabaseMissing for a missing file). Builds nothing: call
    `Store.refresh` before the first session.
    """
    if settings.url.get_backend_name() == "sqlite":
        file = SqliteDatabase(settings)
        return Store(file, SqliteKeeper(file))
    if settings.url.get_backend_name() == "postgresql":
        server = PostgresDatabase(settings)
        return Store(server, PostgresKeeper(server))
    raise DatabaseProblem(
        f"{settings.url.get_backend_name()} databases can't be opened",
        shown_url(settings.url),
        "Use an address that begins with sqlite:/// or postgresql+psycopg://.",
    )
