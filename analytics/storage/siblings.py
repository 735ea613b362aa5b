"""The rights of the files that are kept beside a database.

They hold its people's words and numbers again: who may not read the database reads none of them.
SQLite gives a file's journals the file's own rights.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

OWN = 0o600  # of the account that runs the dashboard, alone
_TAILS = (".db", ".db-wal", ".db-shm", ".db-journal", ".lock")


def make(path: Path, database: Path) -> None:
    """Make an empty file with the rights of the database it stands beside; one there is keeps its.

    But for what the database doesn't allow.
    """
    if path.exists():
        _narrow(path, database)
    else:
        path.touch(OWN)
        take_rights(path, database)


def make_lock(path: Path, database: Path) -> None:
    """Make the lock beside a file of a database, if there is none; who takes it says why not."""
    with suppress(OSError):
        make(path.with_suffix(".lock"), database)


def take_rights(path: Path, database: Path) -> None:
    """Give a new file the rights of the database it stands beside; elsewhere its owner's alone."""
    with suppress(OSError, AttributeError):  # no such thing on this system, or of another group
        if _is_beside(path, database):
            os.chown(path, -1, database.stat().st_gid)
    with suppress(OSError):
        path.chmod(_allowed(path, database))


def narrow(path: Path, database: Path) -> None:
    """Take from a file of ours and its journals what the database doesn't allow."""
    for tail in _TAILS:
        _narrow(path.with_suffix(tail), database)


def _narrow(path: Path, database: Path) -> None:
    with suppress(OSError):  # none, or somebody else's
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & ~_allowed(path, database):
            path.chmod(mode & _allowed(path, database))


def _allowed(path: Path, database: Path) -> int:
    if not _is_beside(path, database):
        return OWN
    theirs = database.stat()
    mode = theirs.st_mode & 0o666 | OWN
    if path.stat().st_gid != theirs.st_gid:  # its group gets no more than everybody does
        mode = mode & 0o606 | (mode & 0o006) << 3
    return mode


def _is_beside(path: Path, database: Path) -> bool:
    return path.absolute().parent == database.absolute().parent
