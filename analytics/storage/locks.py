"""Locks of which one process at a time holds one, and which end with it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from analytics.storage.faults import DatabaseProblem, is_damaged, is_locked, not_ours, problem_of
from analytics.storage.sqlite_connection import uri


@contextmanager
def file_lock(path: Path) -> Iterator[bool]:
    """Whether nobody else holds the lock beside a file, NAME.lock; it ends with its process.

    It is one on an empty SQLite file, which works on every system. Raises DatabaseProblem where it
    can be neither taken nor found to be held.
    """
    beside = path.with_suffix(".lock")
    try:
        if not beside.exists():
            beside.touch()
        lock = sqlite3.connect(uri(beside, "mode=rw"), uri=True, timeout=0)
    except OSError as error:
        raise problem_of(error, str(beside)) or _unlockable(beside) from None
    except sqlite3.Error:
        raise _unlockable(beside) from None
    with closing(lock):
        try:
            # So that nothing is written, not even a journal: a full disk can be locked too.
            lock.execute("PRAGMA journal_mode = OFF")
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if is_damaged(error):
                raise not_ours(beside.name, str(beside)) from None
            if not is_locked(error):
                raise _unlockable(beside) from None
            alone = False
        else:
            alone = True
        yield alone


def _unlockable(beside: Path) -> DatabaseProblem:
    return DatabaseProblem(
        f"The lock file {beside.name} can't be opened",
        str(beside),
        "Take away what stands in its place, or give the account that runs the dashboard the right"
        " to write it and its folder.",
    )


@contextmanager
def advisory_lock(engine: Engine, number: int) -> Iterator[bool]:
    """Whether nobody else holds the PostgreSQL lock of this number; it ends with its connection."""
    with engine.connect() as connection:
        key = {"key": number}
        alone = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key))
        connection.commit()  # the lock stays; the state of the database is not held
        try:
            yield alone
        finally:
            if alone:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
