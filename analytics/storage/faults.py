"""What can be wrong with a database, in words: known by its code, never by the error's own text.

That text may hold data, and says what somebody wrote where it says anything.
"""

import errno
import sqlite3
from collections.abc import Hashable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

BUSY_SECONDS = 5  # that anybody waits for a lock


class DatabaseProblem(Exception):
    """The database can't be read: what is wrong, where, and what to do about it."""

    def __init__(self, what: str, where: str, remedy: str) -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(f"{what} ({where}). {remedy}")


class DatabaseMissing(DatabaseProblem):
    """There is no file at the place."""


class DatabaseLocked(DatabaseProblem):
    """Another program holds it; what was counted before can still be read."""


class OtherZone(DatabaseProblem):
    """Another dashboard counts it in another time zone; opening it again does not help."""


class NotOurs(Exception):
    """Something of somebody else has a name that the dashboard needs: it is left alone."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__()


class Fault(NamedTuple):
    """What is wrong and what to do about it, before it is known where."""

    what: str
    remedy: str
    kind: type[DatabaseProblem] = DatabaseProblem

    def at(self, where: str) -> DatabaseProblem:
        """The problem, said of a place."""
        return self.kind(self.what, where, self.remedy.format(seconds=BUSY_SECONDS))


# What SQLite and what its driver raise. SQLite's own words about a damaged file may be no UTF-8,
# and a damaged length asks for any number of bytes.
SQLITE_FAILURES = (DBAPIError, sqlite3.Error, UnicodeDecodeError, MemoryError)

_LOCKED = Fault(
    "The database is locked by another program",
    "Waited {seconds} seconds. Let that program finish its write, then reload.",
    DatabaseLocked,
)
_FULL = Fault("The disk is full", "Free some space: the rollup tables need to be written.")
_UNREADABLE = Fault(
    "The database file can't be read",
    "Check that the file is there and that the account that runs the dashboard may read it and its"
    " folder.",
)
_UNWRITABLE = Fault(
    "A file can't be written",
    "Give the account that runs the dashboard the right to write this file and its folder.",
)
_DISK = Fault(
    "The disk reports an error",
    "Check the disk, its free space and its quota, then reload.",
)
_MEMORY = Fault(
    "The database asks for more memory than there is",
    "Check it with `sqlite3 FILE 'PRAGMA integrity_check'`, or give the process more memory.",
)
_DAMAGED = Fault(
    "This database is damaged, encrypted, or has changed its tables",
    "Check it with `sqlite3 FILE 'PRAGMA integrity_check'`, or restore a backup. If it is sound,"
    " the rollups beside it are not: `python -m analytics rebuild` makes them anew.",
)
_STOPPED = Fault(
    "The database server stopped this, because others were at the same rows or tables",
    "Reload in a moment.",
)
_UNREACHABLE = Fault(
    "The database server can't be reached, or refuses the login",
    "Check that it runs, and the host, port, name, user and password in DATABASE_URL; an @"
    " in the password is written %40.",
)

FULL = (errno.ENOSPC, errno.EDQUOT)
LOCK_NOT_AVAILABLE, DEADLOCK = "55P03", "40P01"

# By what `known_by` tells of an error.
_FAULTS: dict[Hashable, Fault] = {
    # SQLite
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CANTOPEN: _UNREADABLE,
    sqlite3.SQLITE_PERM: _UNREADABLE,
    sqlite3.SQLITE_AUTH: _UNREADABLE,
    # A journal or WAL that has to be read first, by somebody who may write.
    sqlite3.SQLITE_READONLY_CANTINIT: _UNREADABLE,
    sqlite3.SQLITE_READONLY_CANTLOCK: _UNREADABLE,
    sqlite3.SQLITE_READONLY_RECOVERY: _UNREADABLE,
    sqlite3.SQLITE_READONLY_ROLLBACK: _UNREADABLE,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,
    sqlite3.SQLITE_NOMEM: _MEMORY,
    sqlite3.SQLITE_TOOBIG: _MEMORY,
    # PostgreSQL
    "25006": Fault(
        "The database server takes no writes on this connection",
        "Connect to the primary server, as a user who may write.",
    ),
    "57014": Fault(
        "The database server ended this before it was done: it took longer than its"
        " statement_timeout allows, or an administrator cancelled it",
        "Reload in a moment. If it happens again, raise statement_timeout for the dashboard's"
        " user.",
    ),
    "53100": Fault(
        "The disk of the database server is full",
        "Free some space: the rollup tables need to be written.",
    ),
    "53300": Fault(
        "The database server takes no more connections",
        "Wait a moment, then reload. If it happens again, raise max_connections of the server.",
    ),
    LOCK_NOT_AVAILABLE: Fault(
        "A table of the database is locked by another program",
        "Waited {seconds} seconds. Let that program finish, then reload.",
        DatabaseLocked,
    ),
    "40": _STOPPED,  # a deadlock, a standby's conflict
    "55": _STOPPED,
    # The file system
    **{(OSError, number): _FULL for number in FULL},
    **{(OSError, number): _UNWRITABLE for number in (errno.EACCES, errno.EPERM, errno.EROFS)},
    # Classes: what has no code, or none of those above
    MemoryError: _MEMORY,
    UnicodeDecodeError: _DAMAGED,
    sqlite3.Error: _DAMAGED,
    PoolTimeoutError: Fault("Too many people are reading at once", "Wait a moment, then reload."),
    OperationalError: _UNREACHABLE,
    InterfaceError: _UNREACHABLE,
    DBAPIError: Fault(
        "The database server refused what the dashboard asked",
        "Give its user the rights to read the six tables, to create triggers on them and a table"
        " beside them, and to create the schema `rollup`.",
    ),
}

_Said = TypeVar("_Said")


def cause_of(error: BaseException) -> BaseException | None:
    """What the driver raised."""
    return error.orig if isinstance(error, DBAPIError) else error


def sqlite_code(error: BaseException | None) -> int:
    """The code that SQLite gave with an error; 0 for an error that is not SQLite's."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0)


def primary_code(error: BaseException | None) -> int:
    """The same without the detail, which stands in the higher bytes."""
    return sqlite_code(error) & 0xFF


def sqlstate(error: BaseException | None) -> str:
    """The code that PostgreSQL gave with an error; empty for an error that is not its."""
    return getattr(error, "sqlstate", None) or ""


def is_locked(error: BaseException | None) -> bool:
    """Whether another program holds the file, so that it may work later."""
    return primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_damaged(error: BaseException | None) -> bool:
    """Whether the file is none that SQLite can read."""
    return primary_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def known_by(error: BaseException) -> Iterator[Hashable]:
    """What tells an error from others, from the most exact to the least.

    SQLite's code and its primary one, PostgreSQL's SQLSTATE and its class (two characters), the
    file system's `(OSError, number)`; then the driver's types and SQLAlchemy's.
    """
    cause = cause_of(error)
    if code := sqlite_code(cause):
        yield from (code, code & 0xFF)
    if state := sqlstate(cause):
        yield from (state, state[:2])
    if isinstance(error, OSError):
        yield OSError, error.errno
    for one in (cause, error):
        yield from type(one).__mro__


def look_up(faults: Mapping[Hashable, _Said], error: BaseException) -> _Said | None:
    """What a table says about an error; None where it says nothing."""
    return next((faults[key] for key in known_by(error) if key in faults), None)


def problem_of(error: BaseException, where: str) -> DatabaseProblem | None:
    """What an error means; None for one that says nothing about a database."""
    fault = look_up(_FAULTS, error)
    if fault is None:
        return None
    # The file system names the file, of which there are several; of a full disk each will do.
    if isinstance(error, OSError) and isinstance(error.filename, str) and fault is not _FULL:
        where = error.filename
    return fault.at(where)


def not_ours(name: str, where: str) -> DatabaseProblem:
    """Refuse to touch what can't be seen to be made by the dashboard."""
    return DatabaseProblem(
        f"{name} isn't recognised as the dashboard's own, which needs this name",
        where,
        "It was left as it is: rename it, or delete it if nothing else uses it.",
    )
