"""Small databases of conversations, and how tests open them."""

import hashlib
import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.models import RAW_TABLES
from analytics.period import Period
from analytics.query import Query
from analytics.reading.figures import totals
from analytics.reading.reader import reading
from analytics.settings import Settings
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import Store, open_database
from tests.conftest import settings_for
from tests.databases import Raw, a_message, a_session, a_user

FORK = multiprocessing.get_context("fork")


FILES = ["data.db", "data.rollup.db", "data.rollup.lock"]


WAL = ["data.rollup.db-shm", "data.rollup.db-wal"]  # while somebody has read the rollups


MARCH = Query(Period(date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)))


def talks(count: int, messages: int = 0) -> Raw:
    """A person with so many conversations in March, and long messages in the first."""
    raw = Raw(users=[a_user("ann")])
    raw.sessions += [a_session(f"s{n}", "ann", "2026-03-10 09:00:00") for n in range(count)]
    for n in range(messages):
        raw.messages.append(
            {**a_message(f"m{n}", "s0", "2026-03-10 09:00:00"), "content": "x" * 400}
        )
    return raw


def conversations(store: Store) -> int:
    with reading(store) as reader:
        return totals(reader, MARCH).conversations


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def raw_state(path: Path) -> dict[str, Any]:
    """All that the file holds, but for the marks: rows with their rowids, schema and pragmas."""
    with closing(sqlite3.connect(path)) as connection:

        def all_of(sql: str) -> list[Any]:
            return connection.execute(sql).fetchall()

        names = "application_id", "user_version", "journal_mode", "page_size", "auto_vacuum"
        found = {name: all_of(f"PRAGMA {name}") for name in (*names, "encoding", "integrity_check")}
        found |= {table: all_of(f"SELECT rowid, * FROM {table}") for table in RAW_TABLES}
        found["schema"] = all_of(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT IN"
            " ('rollup_marks', 'sqlite_sequence')"
            " AND NOT (type = 'trigger' AND name LIKE 'rollup%') ORDER BY 1, 2"
        )
        return found


def run(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def problem_with(path: Path | str) -> DatabaseProblem:
    """What is said about a file (or an address), on opening it or on reading it then."""
    settings = Settings(database_url=path) if isinstance(path, str) else settings_for(path)
    with pytest.raises(DatabaseProblem) as raised:
        opened(settings).close()
    problem = raised.value
    assert str(problem) == f"{problem.what} ({problem.where}). {problem.remedy}"
    assert problem.remedy.endswith(".")
    return problem


def opened(settings: Settings) -> Store:
    """The store with its rollups built."""
    store = open_database(settings)
    try:
        store.refresh()
    except BaseException:
        store.close()
        raise
    return store


def killed_while_writing(path: Path, sql: str) -> None:
    """Run statements in a process that is killed before it closes the database."""

    def work() -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA cache_size = 2")
        for statement in filter(str.strip, sql.split(";")):
            connection.execute(statement).fetchall()
        os.kill(os.getpid(), signal.SIGKILL)

    process = FORK.Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
