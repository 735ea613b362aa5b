"""Reading on a second connection, of the same state of the rollups."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

from sqlalchemy import (
    select,
)
from sqlmodel import Session

from analytics.models import table_of
from analytics.rollups.state import Build

T = TypeVar("T")


_THREADS = ThreadPoolExecutor(thread_name_prefix="beside")
_BEGINS_WITHIN = 0.1  # seconds


def beside(session: Session, read: Callable[[Session], T], *, pays: bool = True) -> Callable[[], T]:
    """Begin to read of the rollups' same state meanwhile; what is returned waits for it.

    SQLite uses one core for a connection: here a second one reads. The session itself reads where
    nothing `pays` for another, on PostgreSQL, and if the second one comes upon another state of the
    rollups.
    """
    engine, version = session.get_bind().engine, select(table_of(Build).c.version)
    if not pays or engine.dialect.name != "sqlite":
        return lambda: read(session)
    here, begun = session.connection().scalar(version), Event()

    def there() -> tuple[Any, T]:
        with Session(engine) as other:
            connection = other.connection()
            seen = connection.scalar(version)
            begun.set()
            return seen, read(other)

    found = _THREADS.submit(there)
    # It may be kept waiting by a writer who waits for the session: then nobody waits for it.
    if not begun.wait(_BEGINS_WITHIN):
        return lambda: read(session)

    def wait() -> T:
        seen, answer = found.result()
        return answer if seen == here else read(session)

    return wait
