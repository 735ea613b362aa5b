"""The files of a SQLite database: its own, and where those that are kept beside it stand."""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path
from sqlalchemy import URL

from analytics.settings import shown_url
from analytics.storage.faults import FULL, DatabaseMissing, DatabaseProblem

TAILS = ("-wal", "-shm", "-journal")


def identity(path: Path) -> tuple[int, int]:
    """What tells a file from another one of the same name; two zeros where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_dev, stat.st_ino)


def fingerprint(path: Path) -> str:
    """Something that differs after every change of a SQLite file."""
    parts: list[object] = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        with suppress(OSError):
            stat = file.stat()
            with file.open("rb") as opened:
                head = opened.read(32)  # a counter of changes; of a WAL, its salt
            parts += [file.name, stat.st_size, stat.st_mtime_ns, head.hex()]
    return " ".join(map(str, parts))


def file_path(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise DatabaseProblem(
            "A database in memory holds nothing to show",
            shown_url(url),
            "Set DATABASE_URL to a file, for example sqlite:///./ai_twin_analytics.db.",
        )
    return Path(url.database)


def check_file(path: Path) -> None:
    where = str(path.absolute())
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise DatabaseMissing(
            "There is no database file here",
            where,
            "Check the path in DATABASE_URL, or make sample data with `python -m seed"
            " --database PATH`.",
        ) from None
    except IsADirectoryError:
        raise DatabaseProblem(
            "This is a folder, not a database file",
            where,
            "Name the file inside it in DATABASE_URL.",
        ) from None
    except OSError as error:
        raise DatabaseProblem(
            "The database file can't be read",
            where,
            f"{error.strerror}: give the account that runs the dashboard the right to read it.",
        ) from None
    if head and not head.startswith(b"SQLite format 3"):
        raise DatabaseProblem(
            "This file is no SQLite database", where, "Name another file in DATABASE_URL."
        )


def check_tails(path: Path) -> None:
    """Raise DatabaseProblem if something stands where SQLite keeps what is not yet in the file."""
    for tail in TAILS:
        beside = path.absolute().with_name(path.name + tail)
        if os.path.lexists(beside) and not (beside.is_file() and os.access(beside, os.R_OK)):
            raise DatabaseProblem(
                f"The database can't be read, because {beside.name} can't",
                str(beside),
                "SQLite keeps the newest changes there: give the account that runs the dashboard"
                " the right to read it, or take it away if it is no file.",
            )


def rollup_path_of(path: Path) -> Path:
    """The sibling file, or one in the cache folder where no sibling can be written."""
    # No two databases of a folder may share a sibling: not `a.db` and `a`, nor `a.sqlite`.
    name = f"{path.stem}.rollup.db" if path.suffix == ".db" else f"{path.name}-rollup.db"
    sibling = path.absolute().with_name(name)
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    cached = user_cache_path("ai-twin-analytics") / f"{digest}.rollup.db"
    for place in (sibling, cached):
        if _usable(place):
            return place
    raise DatabaseProblem(
        "The rollup tables can be written neither beside the database nor in the cache folder",
        f"{sibling}; {cached}",
        "Give the account that runs the dashboard the right to write to one of these folders, and"
        " to the files of these names that are there already.",
    )


def index_path(rollups: Path) -> Path:
    """The file of the search index, beside the rollups."""
    return rollups.with_name(f"{rollups.name.removesuffix('rollup.db')}search.db")


def _usable(rollups: Path) -> bool:
    """Whether the account may write the rollups, the search index and what belongs to them."""
    if not rollups.is_absolute():  # of an account without a home
        return False
    try:
        rollups.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=rollups.parent):
            pass
    except OSError as error:
        if error.errno not in FULL:  # what is there can still be read
            return False
    return all(
        (file.is_file() and os.access(file, os.R_OK | os.W_OK)) or not os.path.lexists(file)
        for main in (rollups, index_path(rollups))
        for name in (main, main.with_suffix(".lock"))
        for file in (name.with_name(name.name + tail) for tail in ("", *TAILS))
    )
