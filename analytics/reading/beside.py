"""Reading on a second connection, of the same state of the rollups."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

from sqlalchemy import select
from sqlmodel import Session

from analytics.models import table_of
from analytics.reading.reader import Reader
from analytics.rollups.state import Build

T = TypeVar("T")
_THREADS = ThreadPoolExecutor(thread_name_prefix="beside")
_BEGINS_WITHIN = 0.1  # seconds


def beside(reader: Reader, read: Callable[[Reader], T], *, pays: bool = True) -> Callable[[], T]:
    """Begin to read of the rollups' same state meanwhile; what is returned waits for it.

    SQLite uses one core for a connection: here a second one reads. The reader itself reads where
    nothing `pays` for another, on PostgreSQL, and if the second one comes upon another state of the
    rollups.
    """
    engine, version = reader.connection.engine, select(table_of(Build).c.version)
    if not pays or engine.dialect.name != "sqlite":
        return lambda: read(reader)
    here, begun = reader.connection.scalar(version), Event()

    def there() -> tuple[Any, T]:
        with Session(engine) as session:
            other = reader.beside(session)
            seen = other.connection.scalar(version)
            begun.set()
            return seen, read(other)

    found = _THREADS.submit(there)
    # It may be kept waiting by a writer who waits for the session: then nobody waits for it.
    if not begun.wait(_BEGINS_WITHIN):
        return lambda: read(reader)

    def wait() -> T:
        seen, answer = found.result()
        return answer if seen == here else read(reader)

    return wait
