"""Deployments whose SQLite tables have numbers for ids, with declared types or without."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from analytics.lists.activities import activities
from analytics.lists.conversation import activity
from analytics.lists.documents import documents
from analytics.lists.people import people, person
from analytics.reading.reader import reading
from analytics.storage.store import Store, open_database
from tests.conftest import settings_for
from tests.databases import SCHEMA, TABLES, activity_query
from tests.oracle import Oracle
from tests.test_odd_values import MONTH, NOW, answers, small

# In the order of text 12 comes before 7, in the order of numbers after it.
NUMBERS = {"ann": 12, "bob": 7, "t0": 12, "t1": 7, "s0": 101, "s1": 9, "m0": 1, "m1": 20, "m2": 3,
           "d0": 12, "d1": 7, "q0": 12, "q1": 7}  # fmt: skip


def write_numbered(path: Path, kind: str) -> None:
    """The small database with numbers for ids, in columns of this type."""
    schema = re.sub(r"\b(id|\w+_id) VARCHAR", rf"\1 {kind}", SCHEMA)
    raw = small()
    with closing(sqlite3.connect(path)) as database:
        database.executescript(schema)
        for table in TABLES:
            for row in getattr(raw, table):
                numbered = {
                    name: NUMBERS[value] if name.endswith("id") and value else value
                    for name, value in row.items()
                }
                marks = ", ".join("?" * len(numbered))
                database.execute(
                    f"INSERT INTO {table} ({', '.join(numbered)}) VALUES ({marks})",
                    [*numbered.values()],
                )
        database.commit()


@pytest.fixture(params=["INTEGER", "BIGINT", ""], ids=["integer", "bigint", "no type"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Store]]:
    path = tmp_path / "data.db"
    write_numbered(path, request.param)
    store = open_database(settings_for(path))
    store.refresh()
    yield path, store
    store.close()


CHANGES = (
    "UPDATE messages SET created_at = '2026-03-12 10:00:00' WHERE id = 3",
    "INSERT INTO messages VALUES (500, 9, 'user', 'Hi', NULL, '2026-03-13 10:00:00')",
    "INSERT INTO sessions VALUES (8, 12, 7, 'slack', 'New', 'Leave', 1, '2026-03-13 11:00:00')",
    "UPDATE sessions SET user_id = 7 WHERE id = 101",
    "UPDATE users SET company = 'Gamma' WHERE id = 7",
    "INSERT OR REPLACE INTO documents VALUES (7, 8, 500, 'plan', 'Plan', 3, '2026-03-13 12:00:00')",
    "INSERT OR IGNORE INTO users (email, full_name, company) VALUES ('n@example.com', 'N', 'C')",
    "DELETE FROM sessions WHERE id = 9",
    "DELETE FROM users WHERE id = 12",
)


def test_numbers_for_ids_are_answered_whatever_changes(opened: tuple[Path, Store]) -> None:
    path, store = opened
    answers(store, Oracle(path, ZoneInfo("UTC")))
    before = store.freshness()
    for change in CHANGES:
        with closing(sqlite3.connect(path)) as database:
            database.execute(change)
            database.commit()
        store.refresh()
        answers(store, Oracle(path, ZoneInfo("UTC")))
    after = store.freshness()
    assert before and after and before.version != after.version


def test_numbers_for_ids_lead_to_what_they_name(opened: tuple[Path, Store]) -> None:
    _, store = opened
    with reading(store) as reader:
        found = activity(reader, "101", NOW)
        assert found is not None
        assert (found.id, found.user_id, found.twin_id) == ("101", "12", "12")
        assert [m.message_id for m in found.messages] == ["1", "20"]
        assert found.messages[0].document_created is not None
        assert activity(reader, "12", NOW) is None
        assert getattr(person(reader, MONTH, "7"), "name", None) == "Bob"
        assert [row.id for row in people(reader, MONTH, search="ann@").items] == ["12"]
        mine = activities(reader, activity_query(user="ann", twin="12"), NOW)
        assert [item.id for item in mine.items] == ["101"]
        theirs = documents(reader, replace(MONTH, person="7"))
        assert [(item.id, item.activity_id) for item in theirs.items] == [("7", "9")]
