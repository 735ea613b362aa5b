"""Whatever stands in a column of somebody else's SQLite file, everything answers, and exactly."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.lists.activities import activities, all_activities, people_of
from analytics.lists.activity_rows import ActivityItem
from analytics.lists.conversation import activity
from analytics.lists.documents import documents
from analytics.lists.people import people, person
from analytics.lists.registry import LISTS
from analytics.metrics.registry import RESULTS
from analytics.output.export import csv_lines, csv_text
from analytics.period import Period
from analytics.query import Query
from analytics.reading.known import organization_names
from analytics.reading.reader import Reader, reading
from analytics.search.index import Search
from analytics.search.matching import coverage
from analytics.storage.store import Store, open_database
from tests.conftest import settings_for
from tests.databases import (
    SCHEMA,
    Raw,
    a_document,
    a_message,
    a_query,
    a_session,
    a_twin,
    a_user,
    activity_query,
    write,
)
from tests.oracle import Oracle, driver_text
from tests.reading.test_exactness import compare

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
PERIOD = Period(date(2026, 3, 1), date(2026, 3, 14), NOW.date())
MONTH = Query(PERIOD)
ODD: tuple[Any, ...] = (
    None, "", b"\xff\x00M\xfcller", b"blob", 7, 2.5, -1e300, "\x01\x0b\x1b\u2028", "true",
    b"2026-03-11 12:00:00.000000",
)  # fmt: skip
LATIN = "CAST(x'4dfc6c6c6572' AS TEXT)"  # "Müller", but not in UTF-8
COLUMNS = [
    f"{table}.{column}"
    for table, body in re.findall(r"(?s)CREATE TABLE (\w+) \((.*?)\);", SCHEMA)
    for column in re.findall(r"(\w+) (?:VARCHAR|DATETIME|TEXT|BOOLEAN|INTEGER)", body)
]


def small() -> Raw:
    """Two of everything, tied together, all in March 2026."""
    at = "2026-03-1{}T0{}:00:00Z"
    return Raw(
        users=[a_user("ann", department="Sales"), a_user("bob", "Beta")],
        twins=[
            a_twin("t0", "ann", at.format(0, 1), is_shared=1),
            a_twin("t1", "bob", at.format(0, 2)),
        ],
        sessions=[
            a_session("s0", "ann", at.format(1, 1), title="One", topic="Pay", is_shared_twin=1),
            a_session("s1", "bob", at.format(1, 2), title="Two", topic="Pay", twin_id="t1"),
        ],
        messages=[
            a_message("m0", "s0", at.format(1, 1)), a_message("m1", "s0", at.format(1, 2), "twin"),
            a_message("m2", "s1", at.format(1, 2)),
        ],
        documents=[
            a_document("d0", "s0", at.format(1, 3), message_id="m0", document_type="note"),
            a_document("d1", "s1", at.format(1, 3), document_type="note"),
        ],
        queries=[
            a_query("q0", "s0", at.format(1, 4), message_id="m0", query_type="sql"),
            a_query("q1", "s1", at.format(1, 4)),
        ],
    )  # fmt: skip


def loosened(path: Path) -> None:
    """The rows in tables that promise nothing."""
    write(small(), path)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table';"
        )
        database.commit()


def answers(store: Store, oracle: Oracle) -> None:
    """Ask everything: numbers equal the oracle's, and nothing fails or leaves a row out."""
    with reading(store) as reader:
        compare(reader, oracle, MONTH)
        for report in RESULTS:
            csv_text(report.row, report.rows(reader, MONTH), ZoneInfo("UTC"))
        for listed in LISTS:
            page = listed.read(reader, MONTH)
            rows = list(listed.rows(reader, MONTH, {}))
            assert page.total == len(rows), listed.slug
            assert page.items == rows
            assert page.model_dump_json()
            "".join(csv_lines(listed.row, rows, ZoneInfo("UTC")))
        page = activities(reader, activity_query(), NOW)
        rows = list(all_activities(reader, activity_query(), NOW))
        assert page.items == rows
        assert [row.id for row in rows] == [
            row["id"] for row in oracle.activities(activity_query())
        ]
        "".join(csv_lines(ActivityItem, rows, ZoneInfo("UTC")))
        assert page.model_dump_json()
        walk(reader, len(rows))
        people_of(reader, [row.id for row in rows])
        for row in rows:
            found = activity(reader, row.id, NOW)
            assert found is not None
            assert found.model_dump_json()
            shared = row.model_dump().keys() - {"time", "duration", "has_documents", "has_queries"}
            assert found.model_dump(include=shared) == row.model_dump(include=shared)
            assert person(reader, MONTH, found.user_id)
        for name in ("s0", "s1", "7", "2.5", "", "blob", "M\ufffdller"):
            activity(reader, name, NOW)
            person(reader, MONTH, name)


def walk(reader: Reader, total: int) -> None:
    """Follow the cursors one by one: they end."""
    cursor: str | None = ""
    seen = []
    while cursor is not None:
        page = activities(reader, activity_query(), NOW, limit=1, cursor=cursor)
        seen += [item.id for item in page.items]
        cursor = page.next_cursor
        assert len(seen) <= total
    assert len(seen) == total


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Store]]:
    path = tmp_path_factory.mktemp("odd") / "data.db"
    loosened(path)
    store = open_database(settings_for(path))
    store.refresh()
    yield path, store
    store.close()


def put(path: Path, value: Any, *places: str) -> dict[str, Any]:
    """Put a value into columns of the first row of their tables; what stood there."""
    before = {}
    expression, values = (value, []) if value is LATIN else ("?", [value])
    with closing(sqlite3.connect(path)) as database:
        database.text_factory = driver_text
        for place in places:
            table, column = place.split(".")
            first = f"(SELECT min(rowid) FROM {table})"
            [before[place]] = database.execute(
                f"SELECT {column} FROM {table} WHERE rowid = {first}"
            ).fetchone()
            database.execute(
                f"UPDATE {table} SET {column} = {expression} WHERE rowid = {first}", values
            )
        database.commit()
    return before


def check(opened: tuple[Path, Store], value: Any, *places: str) -> None:
    path, store = opened
    before = put(path, value, *places)
    try:
        store.refresh()
        oracle = Oracle(path, ZoneInfo("UTC"))
        answers(store, oracle)
        for table, counted in oracle.left_out().items():
            assert counted["rows"] == len(oracle.rows[table])
    finally:
        for place, old in before.items():
            put(path, old, place)


TIMES = [place for place in COLUMNS if place.endswith("_at")]
KEYS = [place for place in COLUMNS if place.endswith("id")]
REST = [place for place in COLUMNS if place not in (*TIMES, *KEYS)]


@pytest.mark.parametrize("value", [*ODD, LATIN], ids=ascii)
def test_odd_values_are_answered(value: Any, opened: tuple[Path, Store]) -> None:
    check(opened, value, *REST)
    check(opened, value, *TIMES)


@pytest.mark.parametrize("place", KEYS)
@pytest.mark.parametrize("value", [None, b"\xff\x00", 7, LATIN], ids=ascii)
def test_odd_ids_are_answered(place: str, value: Any, opened: tuple[Path, Store]) -> None:
    check(opened, value, place)


def test_what_is_shown_is_what_filters_and_searches_find(opened: tuple[Path, Store]) -> None:
    path, store = opened
    before = put(path, LATIN, "users.company", "users.full_name", "users.email", "sessions.topic")
    before |= put(path, LATIN, "documents.document_type")
    try:
        store.refresh()
        shown = "M\ufffdller"
        with reading(store) as reader:
            assert shown in organization_names(reader)
            of_them = Query(PERIOD, organizations=(shown,))
            assert [row.id for row in people(reader, of_them).items] == ["ann"]
            assert [row.name for row in people(reader, MONTH, search="m\ufffdL").items] == [shown]
            found = activities(reader, activity_query(user=shown), NOW)
            assert [item.user_email for item in found.items] == [shown]
            drafted = documents(reader, replace(MONTH, document_types=(shown,)))
            assert [(item.id, item.type) for item in drafted.items] == [("d0", shown)]
            on_it = documents(reader, replace(MONTH, topics=(shown,)))
            assert [item.id for item in on_it.items] == ["d0"]
    finally:
        for place, old in before.items():
            put(path, old, place)


@pytest.mark.parametrize("value", [b"\xff", LATIN], ids=ascii)
def test_a_session_without_a_name_does_not_stop_the_search(
    value: Any, opened: tuple[Path, Store]
) -> None:
    path, store = opened
    before = put(path, value, "sessions.id", "messages.content")
    try:
        store.refresh()
        search = Search(store)
        search.update()
        with reading(store) as reader:
            assert coverage(reader).is_complete
            found = activities(reader, activity_query(search="two"), NOW)
            assert [item.id for item in found.items] == ["s1"]
    finally:
        for place, old in before.items():
            put(path, old, place)


@pytest.mark.slow
@pytest.mark.parametrize("place", COLUMNS)
def test_an_odd_value_in_any_one_column_is_answered(place: str, opened: tuple[Path, Store]) -> None:
    for value in (*ODD, LATIN):
        check(opened, value, place)
