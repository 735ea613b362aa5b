"""Who asks: the moment, the database, and what of it may be seen; the API and files share it."""

import datetime
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TypeVar

from starlette.requests import Request

from analytics.format import local
from analytics.reading.reader import Reader, Scope, reading
from analytics.service import Service, service
from analytics.storage.store import Store

T = TypeVar("T")


def clock() -> datetime.datetime:
    """The moment that "today" and "2h ago" are seen from."""
    return datetime.datetime.now(datetime.UTC)


def the_service() -> Service:
    """The service that has the database."""
    return service()


def scope_of(_: Request) -> Scope | None:
    """What whoever sends the request may see; None: everything.

    Nobody is asked who they are yet: access control will say it here, and nowhere else.
    """
    return None


class Asker:
    """Whoever sends a request; each thing is looked up once, when it is first needed.

    The API's endpoints depend on it. What an application puts in the place of `clock` or
    `the_service` (FastAPI's `dependency_overrides`) counts for the files that it serves too.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self.scope = scope_of(request)

    @cached_property
    def now(self) -> datetime.datetime:
        """The moment of the request."""
        return self._given(clock)

    @cached_property
    def service(self) -> Service:
        """What has the database. Raises SettingsError when a setting can't be used."""
        return self._given(the_service)

    @cached_property
    def store(self) -> Store:
        """The open database. Raises DatabaseProblem while it can't be read."""
        return self.service.store()

    @property
    def today(self) -> datetime.date:
        """The day of the request in the reporting time zone."""
        return local(self.now, self.store.settings.zone).date()

    @property
    def seen(self) -> str:
        """What may be seen as a text that is the same in every process: a part of an ETag."""
        return "everything" if self.scope is None else str(sorted(self.scope.pairs))

    def reading(self, *, counted: bool = False) -> AbstractContextManager[Reader]:
        """The only way to the rows; `counted` as `Store.session` has it."""
        return reading(self.store, self.scope, counted=counted)

    def _given(self, dependency: Callable[[], T]) -> T:
        overrides: dict[Callable[[], T], Callable[[], T]] = getattr(
            self._request.scope.get("app"), "dependency_overrides", {}
        )
        return overrides.get(dependency, dependency)()
