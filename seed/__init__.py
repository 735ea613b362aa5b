"""Realistic sample data: a company's people and their talks with their AI twins.

`generate` makes a database file; `python -m seed` is its command. Rows are made by
`seed.company`, `seed.topics` and `seed.conversations`, written by `seed.database`.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from faker import Faker

from seed.company import Company, build_company
from seed.conversations import batches, last_conversation, plan_conversations
from seed.database import check_target, sample_file
from seed.options import (
    DEFAULT_DAYS,
    DEFAULT_ORGANIZATIONS,
    DEFAULT_SEED,
    DEFAULT_USERS,
    SHOWCASE_DAYS,
    SHOWCASE_USERS,
    DatabaseExistsError,
    OptionError,
    Options,
    SeedError,
    yesterday,
)
from seed.topics import load_library

__all__ = [
    "DatabaseExistsError",
    "OptionError",
    "SeedError",
    "Summary",
    "generate",
]

Progress = Callable[[float, str], None]
PREPARED, WRITTEN, INDEXED = 0.02, 0.8, 0.99  # shares of the work done after each step


@dataclass(frozen=True)
class Summary:
    """What was made: rows per table, the period (both days included), the file, the seconds."""

    path: Path
    start_date: date
    end_date: date
    organizations: int
    users: int
    twins: int
    conversations: int
    messages: int
    documents: int
    queries: int
    seconds: float
    notes: int
    """Those of a showcase that were added."""


def generate(  # noqa: PLR0913  the command's options, all by name
    path: Path,
    *,
    users: int | None = None,
    organizations: int | None = None,
    days: int | None = None,
    end_date: date | None = None,
    seed: int = DEFAULT_SEED,
    showcase: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Make a SQLite database of sample data at `path`; the same arguments make the same rows.

    By default 12 people, 4 organizations (or fewer, as people) and 60 days; with `showcase` 30
    people and 180 days, who have habits as in real companies (see `seed.showcase`), and notes of
    what changed them beside the database, where nobody keeps any yet.
    `end_date` is the last day with data, by default yesterday (UTC). `progress` is called with the
    done share (0 to 1, never falling) and a text, many times. The file appears when it is complete:
    whatever ends the run earlier, an exception in `progress` included, leaves `path` as it was.

    Raises OptionError for impossible sizes, DatabaseExistsError if `path` exists and `force` is
    false, SeedError for everything else; each message says what is wrong and what to do.
    """
    begun = time.monotonic()
    if users is None:
        users = SHOWCASE_USERS if showcase else DEFAULT_USERS
    if days is None:
        days = SHOWCASE_DAYS if showcase else DEFAULT_DAYS
    if organizations is None:
        organizations = max(1, min(DEFAULT_ORGANIZATIONS, users))
    options = Options(users, organizations, days, end_date or yesterday(), seed, showcase)
    path = path.resolve()  # a link stays a link: its target is replaced
    check_target(path, force=force)
    try:
        company, counts = _write(path, options, force=force, progress=progress or _silent)
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, SeedError):
            raise
        raise SeedError(
            f"{path} could not be written ({error}); check the folder's rights and the free space"
        ) from error
    return Summary(
        path=path,
        start_date=options.start_date,
        end_date=options.end_date,
        organizations=organizations,
        seconds=time.monotonic() - begun,
        notes=_keep_notes(path, options, company) if showcase else 0,
        **counts,
    )


def _write(
    path: Path, options: Options, *, force: bool, progress: Progress
) -> tuple[Company, dict[str, int]]:
    """Make the rows, write them, and count them per table."""
    progress(0.0, "Inventing people and organizations")
    rng = np.random.default_rng(options.seed)
    faker = Faker("en_US", use_weighting=False)  # weighting is ten times slower
    faker.seed_instance(options.seed)
    company = build_company(options, rng, faker)
    library = load_library(rng, faker)
    plan = plan_conversations(options, company, library, rng)
    company.users["last_login_at"] = last_conversation(plan, options.users)

    counts = {"conversations": len(plan), "messages": 0, "documents": 0, "queries": 0}
    with sample_file(path, force=force) as file:
        counts["users"] = file.add("users", company.users)
        counts["twins"] = file.add("twins", company.twins)
        written = 0
        for batch in batches(options, company, library, plan, rng):
            progress(
                PREPARED + (WRITTEN - PREPARED) * written / len(plan),
                f"Writing conversations ({written:,} of {len(plan):,})",
            )
            written += file.add("sessions", batch.conversations)
            counts["messages"] += file.add("messages", batch.messages)
            counts["documents"] += file.add("documents", batch.documents)
            counts["queries"] += file.add("queries", batch.queries)
        for done, table in file.finish():
            progress(WRITTEN + (INDEXED - WRITTEN) * done, f"Indexing {table}")
        progress(INDEXED, "Saving the file")
    progress(1.0, "Done")
    return company, counts


def _keep_notes(path: Path, options: Options, company: Company) -> int:
    from seed.notes import build_notes, keep_notes  # noqa: PLC0415 - only a showcase needs them

    return keep_notes(path, build_notes(options, company))


def _silent(_fraction: float, _text: str) -> None:
    """Nobody is watching."""
