"""What stored values mean: timestamps above all, text, ids, flags."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import column, create_engine, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from analytics.models import Conversation, User, table_of
from analytics.sql.stored import flag, instant, is_key, read_leniently, readable
from analytics.sql.timestamps import (
    from_instant,
    to_instant,
)
from analytics.untrusted import as_flag, as_moment


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    read_leniently(connection)
    connection.execute("CREATE TABLE t (x DATETIME)")
    yield connection
    connection.close()


def read(database: sqlite3.Connection, stored: Any) -> datetime | None:
    """What SQLite makes of a stored value."""
    database.execute("DELETE FROM t")
    database.execute("INSERT INTO t VALUES (?)", [stored])
    sql = str(select(instant(column("x"))).compile(dialect=sqlite.dialect()))
    [(at,)] = database.execute(f"{sql} FROM t").fetchall()
    return None if at is None else from_instant(at)


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ("2026-03-11 09:08:07.654321", "2026-03-11 09:08:07.654321"),
        ("2026-03-11 09:08:07", "2026-03-11 09:08:07"),
        ("2026-03-11 09:08:07.5", "2026-03-11 09:08:07.5"),
        ("2026-03-11 09:08:07.123456789", "2026-03-11 09:08:07.123456"),
        ("2026-03-11 09:08", "2026-03-11 09:08"),
        ("2026-03-11", "2026-03-11"),
        ("2026-03-11T09:08:07.000001Z", "2026-03-11 09:08:07.000001"),
        ("2026-03-11T09:08:07Z", "2026-03-11 09:08:07"),
        ("2026-03-11 00:30:00+02:00", "2026-03-10 22:30"),
        ("2026-03-11T20:30:00.25-05:30", "2026-03-12 02:00:00.25"),
        ("2024-02-29 23:59:59.999999", "2024-02-29 23:59:59.999999"),
        ("0001-01-02 00:00:00", "0001-01-02"),
        ("9999-12-30 23:59:59.999999", "9999-12-30 23:59:59.999999"),
        ("1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"),
        ("2026-03-11T00:30:00+0200", "2026-03-10 22:30"),
        ("2026-03-11 00:30:00.5 +02", "2026-03-10 22:30:00.5"),
        ("2026-03-11 20:30:00-0530", "2026-03-12 02:00"),
        ("2026-03-11t09:08:07,654321z", "2026-03-11 09:08:07.654321"),
        ("2026-03-11 09:08 +0100", "2026-03-11 08:08"),
        (b"2026-03-11 09:08:07.654321", "2026-03-11 09:08:07.654321"),
        (1773230400, "2026-03-11 12:00"),
        ("1773230400", "2026-03-11 12:00"),
        (1773230400.123456, "2026-03-11 12:00:00.123456"),
        (1773230400123, "2026-03-11 12:00:00.123"),
        (1773230400123.456, "2026-03-11 12:00:00.123456"),
        (1773230400123456, "2026-03-11 12:00:00.123456"),
        (1_000_000_000, "2001-09-09 01:46:40"),
        (9_999_999_999, "2286-11-20 17:46:39"),
    ],
)
def test_readable_timestamps(stored: Any, meant: str, database: sqlite3.Connection) -> None:
    expected = datetime.fromisoformat(meant).replace(tzinfo=UTC)
    assert read(database, stored) == as_moment(stored) == expected


@pytest.mark.parametrize(
    "stored",
    [
        None, "", " ", "now", "soon", "12:00", "2026", "2026-03", "2026-02-30 10:00:00",
        "2026-13-01 10:00:00", "2026-03-11 24:00:00", "2026-03-11 23:59:60", "2026-02-29",
        "0000-01-01 00:00:00", "-2026-03-11 00:00:00", "2026-03-11 12:00:00 noon", "26-03-11",
        "2026/03/11 10:00:00", " 2026-03-11 10:00:00", 2461111.5,
        177323040, 17732304000, -1773230400, 999_999_999, 10_000_000_000, 17732304001234567, 1e300,
        float("inf"), b"\xff\xfe", "2026-03-11 09:08:07+15:00", "2026-03-11 09:08:07+2",
        "0001-01-01 23:59:59", "9999-12-31 00:00:00", "2026-03-11 09:08:07 +1 day",
    ],
)  # fmt: skip
def test_unreadable_timestamps_are_none(stored: Any, database: sqlite3.Connection) -> None:
    assert read(database, stored) is None
    assert as_moment(stored) is None


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_text_is_read_in_every_encoding_of_a_file(encoding: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        read_leniently(connection)
        connection.execute(f"PRAGMA encoding = '{encoding}'")
        connection.execute("CREATE TABLE t (x)")
        rows = ["2026-03-11T09:08:07Z", "Müller", b"M\xc3\xbcller", b"M\xfcller", 7, None]
        connection.executemany("INSERT INTO t VALUES (?)", [[value] for value in rows])
        x = column("x")
        asked = select(instant(x), readable(x), is_key(x))
        sql = str(asked.compile(dialect=sqlite.dialect()))
        found = connection.execute(f"{sql} FROM t").fetchall()
        assert found == [
            (to_instant(datetime(2026, 3, 11, 9, 8, 7, tzinfo=UTC)), rows[0], 1),
            (None, "Müller", 1),
            (None, "Müller", 0),
            (None, "M\ufffdller", 0),
            (None, "7", 1),
            (None, None, 0),
        ]


@given(
    st.one_of(
        st.none(), st.text(max_size=5), st.binary(max_size=5), st.integers(-2, 2),
        st.floats(-1.5, 1.5), st.sampled_from(["TRUE", "t", "Yes", "on", "0", "1", "no", b"true"]),
    )
)  # fmt: skip
def test_a_yes_is_the_same_in_python_and_in_sql(stored: Any) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        read_leniently(connection)
        sql = str(select(flag(literal_column("?"))).compile(dialect=sqlite.dialect()))
        marks = [stored] * sql.count("?")
        assert bool(connection.execute(sql, marks).fetchone()[0]) == bool(as_flag(stored))


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30, 23, 59, 59)))  # noqa: DTZ001
def test_every_moment_is_read_to_the_microsecond(moment: datetime) -> None:
    connection = sqlite3.connect(":memory:")
    read_leniently(connection)
    connection.execute("CREATE TABLE t (x DATETIME)")
    aware = moment.replace(tzinfo=UTC)
    assert read(connection, moment.isoformat(" ", "microseconds")) == aware
    assert from_instant(to_instant(aware)) == aware
    connection.close()


def test_postgresql_reads_instants_without_the_time_zone_of_the_session() -> None:
    sql = str(
        select(instant(table_of(Conversation).c.started_at)).compile(dialect=postgresql.dialect())
    )
    assert sql.startswith("SELECT CASE WHEN extract(epoch FROM sessions.started_at) >=")
    assert "CAST((extract(epoch FROM sessions.started_at) + 62135596800) * 1000000" in sql
    for word in ("now(", "current_", "at time zone", "timezone(", "::timestamptz", "to_char"):
        assert word not in sql.lower()


# --- as the models read and write them --------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "stored", "found"),
    [
        (None, None, None),
        (
            datetime(2026, 3, 11, 9, 8, 7, 654321, UTC),
            "2026-03-11 09:08:07.654321",
            datetime(2026, 3, 11, 9, 8, 7, 654321, UTC),
        ),
        (
            datetime(2026, 7, 1, 2, tzinfo=ZoneInfo("Europe/Berlin")),
            "2026-07-01 00:00:00.000000",
            datetime(2026, 7, 1, tzinfo=UTC),
        ),
        (
            datetime(2026, 7, 1),  # noqa: DTZ001 - a naive value is read as UTC
            "2026-07-01 00:00:00.000000",
            datetime(2026, 7, 1, tzinfo=UTC),
        ),
    ],
)
def test_models_store_naive_utc_and_give_aware_utc(
    given: datetime | None, stored: str | None, found: datetime | None
) -> None:
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine, tables=[table_of(User)])
    with Session(engine) as session:
        session.add(User(id="ann", email="ann@example.com", full_name="Ann", created_at=given))
        session.commit()
        assert session.connection().exec_driver_sql("SELECT created_at FROM users").all() == [
            (stored,)
        ]
        assert session.get_one(User, "ann").created_at == found
    engine.dispose()


def test_postgresql_stores_timestamps_without_a_time_zone() -> None:
    kind = table_of(User).c.created_at.type
    assert kind.compile(dialect=postgresql.dialect()) == "TIMESTAMP WITHOUT TIME ZONE"
    assert kind.compile(dialect=sqlite.dialect()) == "DATETIME"
