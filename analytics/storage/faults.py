"""What can be wrong with a database, in words: known by its code, never by the error's own text.

That text may hold data, and says what somebody wrote where it says anything.
"""

import errno
import sqlite3

BUSY_SECONDS = 5


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


_LOCKED = (
    "The database is locked by another program",
    f"Waited {BUSY_SECONDS} seconds. Let that program finish its write, then reload.",
)
_FULL = "The disk is full", "Free some space: the rollup tables need to be written."
_UNREADABLE = (
    "The database file can't be read",
    "Check that the file is there and that the account that runs the dashboard may read it and its"
    " folder.",
)
_UNWRITABLE = (
    "A file can't be written",
    "Give the account that runs the dashboard the right to write this file and its folder.",
)
_DISK = (
    "The disk reports an error",
    "Check the disk, its free space and its quota, then reload.",
)
_MEMORY = (
    "The database asks for more memory than there is",
    "Check it with `sqlite3 FILE 'PRAGMA integrity_check'`, or give the process more memory.",
)
_DAMAGED = (
    "This database is damaged, encrypted, or has changed its tables",
    "Check it with `sqlite3 FILE 'PRAGMA integrity_check'`, or restore a backup. If it is sound,"
    " the rollups beside it are not: `python -m analytics rebuild` makes them anew.",
)

# Codes of SQLite; where an extended one isn't named, its low byte, the primary code, counts.
_FAULTS: dict[int, tuple[str, str]] = {
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
}
FULL = (errno.ENOSPC, errno.EDQUOT)
_ERRNO_FAULTS: dict[int | None, tuple[str, str]] = {
    **dict.fromkeys(FULL, _FULL),
    errno.EACCES: _UNWRITABLE,
    errno.EPERM: _UNWRITABLE,
    errno.EROFS: _UNWRITABLE,
}


def sqlite_code(error: BaseException | None) -> int:
    """The code that SQLite gave with an error; 0 for an error that is not SQLite's."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0)


def primary_code(error: BaseException | None) -> int:
    """The same without the detail, which stands in the higher bytes."""
    return sqlite_code(error) & 0xFF


def is_locked(error: BaseException | None) -> bool:
    """Whether another program holds the file, so that it may work later."""
    return primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_damaged(error: BaseException | None) -> bool:
    """Whether the file is none that SQLite can read."""
    return primary_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def sqlite_problem(error: BaseException | None, where: str) -> DatabaseProblem:
    """What an error of SQLite, or one that reading a damaged file raised, means."""
    if is_locked(error):
        return DatabaseLocked(_LOCKED[0], where, _LOCKED[1])
    if isinstance(error, MemoryError):
        return _said(_MEMORY, where)
    code = sqlite_code(error)
    return _said(_FAULTS.get(code) or _FAULTS.get(code & 0xFF) or _DAMAGED, where)


def file_problem(error: OSError, where: str) -> DatabaseProblem | None:
    """What an error of the file system means; None for one that says nothing about a database."""
    fault = _ERRNO_FAULTS.get(error.errno)
    named = error.filename if isinstance(error.filename, str) else where
    return _said(fault, where if fault is _FULL else named) if fault else None


def not_ours(name: str, where: str) -> DatabaseProblem:
    """Refuse to touch what can't be seen to be made by the dashboard."""
    return DatabaseProblem(
        f"{name} isn't recognised as the dashboard's own, which needs this name",
        where,
        "It was left as it is: rename it, or delete it if nothing else uses it.",
    )


def _said(fault: tuple[str, str], where: str) -> DatabaseProblem:
    what, remedy = fault
    return DatabaseProblem(what, where, remedy)
