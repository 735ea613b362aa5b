"""Whether two commits answer alike, to the byte: `python -m tests.compare_commits BEFORE [AFTER]`.

Each is a commit, which is checked out into a temporary worktree, or a folder, which is taken as it
is; AFTER is this checkout unless said. Two databases are made once, sample data and a nasty one.
Of copies of them the API of either commit is asked the same questions, in a process of its own and
with one clock: every result, list and conversation as JSON and as CSV, then random questions from
BEFORE's schema, with values that the database holds and some that it doesn't. Status, headers and
the body's bytes are compared; it ends with status 1 where any differ.

Not compared: the text of an ETag, which names the version that was built (whether there is one
is); Content-Length, which follows from the body; the product's version in `/` and `/health`; and
`/openapi.json`, unless `--openapi` asks for it. Nothing else of an answer tells when the database
was read.
"""

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from seed import generate
from tests.databases import (
    COMPANIES,
    DAYS,
    DEPARTMENTS,
    EMAILS,
    FAR,
    FORMATS,
    LATER,
    NAMES,
    NEAR,
    SENDERS,
    TABLES,
    TOPICS,
    UNREADABLE,
    Raw,
    a_document,
    a_message,
    a_query,
    a_session,
    a_twin,
    a_user,
    text,
    write,
)
from tests.random_questions import Question, known_values, questions
from tests.servers import ROOT

QUESTIONS = 700  # random ones of a database, beside those that are always asked
NOW = datetime(2026, 4, 2, 10, 33, tzinfo=UTC)
LAST_DAY = date(2026, 3, 31)  # of the sample data
SHOWN = 10  # differences
AROUND = 60  # characters of a body on either side of the first that differs
ODD: tuple[Any, ...] = (
    "", b"\xff\x00M\xfcller", 7, 2.5, "\x01\x0b\x1b\u2028", "\ufffe\u202e", "<b>&amp;", None,
)  # fmt: skip
WORDS = (
    "Hello", "budget plan", "ÉLAN vital", "\u65e5\u672c\u8a9e", '"quoted"', "<i>x</i>", "l'été",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a commit answered; bytes that are no UTF-8 are surrogates in `body`."""

    asked: str
    status: int
    headers: dict[str, str]
    body: str


# --- the databases -----------------------------------------------------------------------------


def sample(path: Path) -> None:
    """Sample data of four months."""
    generate(path, users=20, organizations=4, days=120, end_date=LAST_DAY, seed=1)


def nasty(path: Path, seed: int = 1) -> None:
    """Rows around a change of the clocks in Berlin, with everything wrong that can be wrong."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    one, raw = chance.choice, Raw(zone="Europe/Berlin", middle=datetime(2026, 3, 29, 1, tzinfo=UTC))

    def near() -> datetime:
        return raw.middle - timedelta(abs(one(DAYS)), chance.randrange(-40_000, 40_000)) + one(NEAR)

    def stored(moment: datetime) -> Any:
        odd = chance.random()
        if odd > 0.2:
            return text(moment, one(FORMATS))
        return None if odd < 0.05 else one((*UNREADABLE, *FAR))

    for n in range(14):
        user = a_user(f"u{n}", one(COMPANIES), department=one(DEPARTMENTS))
        raw.users.append({**user, "email": f"{one(EMAILS)}{n}@example.com"})
    users = [*(row["id"] for row in raw.users), "nobody"]
    for n in range(8):
        more = {"name": one(NAMES), "is_shared": one((0, 1, None))}
        raw.twins.append(a_twin(f"t{n}", one(users), stored(near()), **more))
    twins = [*(row["id"] for row in raw.twins), "nothing"]
    begun = {"nowhere": raw.middle}
    for n in range(500):
        key = f"{'sS'[n % 2]}{n}"
        begun[key] = near()
        more = {"twin_id": one(twins), "topic": one(TOPICS), "is_shared_twin": one((0, 1, None))}
        # Squared: some people are power users.
        user = users[int(len(users) * chance.random() ** 2)]
        title = one((None, "", *WORDS))
        raw.sessions.append(a_session(key, user, stored(begun[key]), title=title, **more))

    def child() -> tuple[str, Any]:
        key = one([*begun])
        return key, stored(begun[key] + one(LATER))

    for n in range(1_500):
        message = a_message(f"m{n}", *child(), one(SENDERS))
        raw.messages.append({**message, "content": f"{one(WORDS)} {one(WORDS)} {n % 9}"})
    for n in range(60):
        more = {"document_type": one(TOPICS), "message_id": one((None, f"m{n}"))}
        raw.documents.append({**a_document(f"d{n}", *child(), title=one(WORDS)), **more})
        raw.queries.append(a_query(f"q{n}", *child(), message_id=f"m{n}", results_count=n % 3))
    write(raw, path)
    with closing(sqlite3.connect(path)) as database, database:
        for table in TABLES:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            for column, value in ((column, value) for column in columns for value in ODD):
                row = 1 + chance.randrange(len(getattr(raw, table)))
                database.execute(
                    f"UPDATE OR IGNORE {table} SET {column} = ? WHERE rowid = ?", (value, row)
                )


DATABASES = {sample: "UTC", nasty: "Europe/Berlin"}


# --- the answers -------------------------------------------------------------------------------


@contextmanager
def checkout(name: str, folder: Path) -> Iterator[Path]:
    """Where the code of a commit stands, for as long as the block runs; a folder as it is."""
    if Path(name, "analytics").is_dir():
        yield Path(name).resolve()
        return
    git = ["git", "-C", str(ROOT), "worktree"]
    if subprocess.run([*git, "add", "--detach", folder, name], check=False).returncode:
        sys.exit(f"{name!r} can't be checked out; name a commit, a branch, or a folder with code.")
    try:
        yield folder.resolve()
    finally:
        subprocess.run([*git, "remove", "--force", folder], check=True)


def run(code: Path, what: str, asked: Sequence[Question] = (), **settings: str) -> list[str]:
    """The lines that a process prints which has this code and these settings alone."""
    environment = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    environment |= {"PYTHONPATH": str(code), "PYTHONHASHSEED": "0", **settings}
    with TemporaryDirectory() as empty:  # without anybody's settings files
        done = subprocess.run(
            # -P: what is imported is not looked for beside the script.
            [sys.executable, "-P", Path(__file__).with_name("recording.py"), code, what],
            cwd=empty, env=environment, input=json.dumps([vars(one) for one in asked]),
            stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        sys.exit(f"The code of {code} gives no answers; above is why.")
    return done.stdout.splitlines()


def answers(
    code: Path, source: Path, zone: str, asked: Sequence[Question], folder: Path
) -> list[Answer]:
    """What this code answers about a copy of a database."""
    folder.mkdir(parents=True)
    address = f"sqlite:///{shutil.copy(source, folder)}"
    lines = run(
        code, NOW.isoformat(), asked,
        DATABASE_URL=address, REPORTING_TIMEZONE=zone, REFRESH_SECONDS="0",
    )  # fmt: skip
    return [Answer(**json.loads(line)) for line in lines]


def differences(before: Sequence[Answer], after: Sequence[Answer]) -> list[str]:
    """How the answers to each question differ, in words; none where they are equal."""
    found = []
    for one, other in zip_longest(before, after):
        if one is None or other is None:
            found.append(f"{(one or other).asked}\n  answered once only")
        elif one != other:
            parts = [
                f"  {name}: {was!r} -> {now!r}"
                for name, was, now in (
                    ("asked", one.asked, other.asked),
                    ("status", one.status, other.status),
                    *(
                        (name, one.headers.get(name), other.headers.get(name))
                        for name in sorted({*one.headers, *other.headers})
                    ),
                    *bodies(one.body, other.body),
                )
                if was != now
            ]
            found.append("\n".join([one.asked, *parts]))
    return found


def bodies(one: str, other: str) -> list[tuple[str, str, str]]:
    """Where two bodies part, and what stands around there."""
    if one == other:
        return []
    parts = enumerate(zip_longest(one, other))
    at = next(at for at, (was, now) in parts if was != now)
    around = slice(max(0, at - AROUND), at + AROUND)
    return [(f"body, from character {at:,}", one[around], other[around])]


# --- the command -------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0 where all answers are equal."""
    parser = argparse.ArgumentParser(prog="python -m tests.compare_commits", description=__doc__)
    parser.add_argument("before", help="a commit, or a folder with the code")
    parser.add_argument("after", nargs="?", default=str(ROOT), help="another (this checkout)")
    parser.add_argument("--questions", type=int, default=QUESTIONS, help="random ones of each")
    parser.add_argument("--seed", type=int, default=1, help="of the random questions")
    parser.add_argument("--openapi", action="store_true", help="compare /openapi.json as well")
    asked = parser.parse_args(arguments)
    with TemporaryDirectory() as temporary, ExitStack() as kept:
        folder = Path(temporary)
        before = kept.enter_context(checkout(asked.before, folder / "code-before"))
        after = kept.enter_context(checkout(asked.after, folder / "code-after"))
        schema = json.loads(run(before, "schema")[0])
        found = []
        for make, zone in DATABASES.items():
            path = folder / f"{make.__name__}.db"
            make(path)
            these = questions(schema, known_values(path), asked.questions, asked.seed)
            if asked.openapi:
                these.append(Question("GET", "/openapi.json", {}))
            one = answers(before, path, zone, these, folder / f"{path.stem}-before")
            other = answers(after, path, zone, these, folder / f"{path.stem}-after")
            differ = differences(one, other)
            found += [f"{path.stem}: {difference}" for difference in differ]
            statuses = sorted(Counter(answer.status for answer in one).items())
            print(
                f"{path.stem}: {len(these)} questions, {len(differ)} answered differently;"
                f" before: {', '.join(f'{times} x {status}' for status, times in statuses)}"
            )
    for difference in found[:SHOWN]:
        print(f"\n{difference}")
    if len(found) > SHOWN:
        print(f"\nand {len(found) - SHOWN} more")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
