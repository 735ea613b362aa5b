"""Rounding, and what all results share."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from analytics.arithmetic import average, change, percentage, rounded
from analytics.format import duration_text
from analytics.models import User, table_of
from analytics.period import Period, Span
from analytics.query import Query
from analytics.reading.beside import beside
from analytics.reading.cells import Totals, sums
from analytics.reading.figures import totals, totals_by
from analytics.reading.known import department_names, organization_names, span, zone_name
from analytics.reading.reader import Reader, reading
from analytics.rollups.state import Build
from analytics.rollups.tables import Member
from analytics.storage.store import open_database
from tests.conftest import Shelf, settings_for
from tests.databases import Raw, a_document, a_message, a_query, a_session, a_twin, a_user, write

TODAY = date(2026, 3, 12)
BUILD, MEMBER, USER = table_of(Build), table_of(Member), table_of(User)


def day(text: str) -> date:
    return date.fromisoformat(text)


# --- rounding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 7, "0.0"),
        (1, 3, "0.3"),
        (2, 3, "0.7"),
        (1, 20, "0.1"),  # 0.05
        (-1, 20, "-0.1"),
        (1, -20, "-0.1"),
        (-1, -20, "0.1"),
        (3, 20, "0.2"),  # 0.15, which binary floats hold as less
        (-1, 21, "0.0"),  # never "-0.0"
        (0, -7, "0.0"),
        (1_000_000_000_000_000_05, 100, "1000000000000000.1"),
    ],
)
def test_quotients_are_rounded_half_away_from_zero(
    numerator: int, denominator: int, expected: str
) -> None:
    assert str(rounded(numerator, denominator)) == expected


@given(st.integers(), st.integers().filter(bool))
def test_rounding_is_that_of_exact_fractions(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator) * 10
    below = exact.numerator // exact.denominator
    nearest = [below] if exact - below < Fraction(1, 2) else [below + 1]
    if exact - below == Fraction(1, 2):
        nearest = [max(below, below + 1, key=abs)]
    assert rounded(numerator, denominator) == nearest[0] / 10


@pytest.mark.parametrize(
    ("current", "previous", "expected"),
    [
        (0, 0, 0.0),
        (5, 0, None),
        (0, 5, -100.0),
        (5, 5, 0.0),
        (11, 10, 10.0),
        (726, 728, -0.3),
        (1, 3, -66.7),
        (3, 1, 200.0),
        (2_001, 2_000, 0.1),  # 0.05 %
        (1_999, 2_000, -0.1),
    ],
)
def test_change_in_percent(current: int, previous: int, expected: float | None) -> None:
    assert change(current, previous) == expected


def test_what_is_read_beside_a_reader_is_of_the_readers_state(tmp_path: Path) -> None:
    write(Raw(users=[a_user("ann")]), tmp_path / "data.db")
    store = open_database(settings_for(tmp_path / "data.db"))
    store.refresh()

    def state(reader: Reader) -> str:
        return str(reader.execute(select(BUILD.c.version)).scalar_one())

    with reading(store) as reader:
        before = state(reader)
        assert beside(reader, state)() == before
        write(Raw(users=[a_user("ann"), a_user("bob")]), tmp_path / "data.db")
        store.refresh()
        with reading(store) as another:
            assert state(another) != before
        assert beside(reader, state)() == before
        asked: list[Reader] = []
        beside(reader, asked.append, pays=False)()
        assert asked == [reader]
    store.close()


def test_nobody_waits_in_a_circle_where_a_writer_comes_between(tmp_path: Path) -> None:
    """The writer waits for the reader, and lets no new connection look at the raw tables."""
    write(Raw(users=[a_user("ann")]), tmp_path / "data.db")
    store = open_database(settings_for(tmp_path / "data.db"))
    store.refresh()
    read_by = []

    def names(reader: Reader) -> list[str]:
        read_by.append(reader)
        return list(reader.scalars(select(MEMBER.c.user_id)))

    with (
        closing(sqlite3.connect(tmp_path / "data.db", timeout=0)) as writer,
        reading(store) as reader,
    ):
        assert reader.scalars(select(USER.c.id)).all() == ["ann"]
        writer.execute("UPDATE users SET full_name = 'Ann B.'")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            writer.commit()
        assert beside(reader, names)() == ["ann"]
        assert read_by == [reader]
        reader.rest()
        writer.commit()
        assert beside(reader, names)() == ["ann"]
        assert read_by[1:] != [reader]
    store.close()


def test_nothing_is_divided_by_nothing() -> None:
    assert average(5, 0) is None
    assert percentage(0, 0) is None
    assert average(0, 5) == 0.0
    assert percentage(7, 12) == 58.3


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0m 0s"),
        (999_999, "0m 0s"),
        (59_999_999, "0m 59s"),
        (60_000_000, "1m 0s"),
        (330_000_000, "5m 30s"),
        (3_600_000_000, "60m 0s"),
        (90_061_000_000, "1501m 1s"),
    ],
)
def test_durations_are_floored_to_seconds(microseconds: int, text: str) -> None:
    assert duration_text(microseconds) == text


# --- which days have data ---------------------------------------------------------------------


def talk(*starts: str | None) -> list[dict[str, Any]]:
    return [a_session(f"s{n}", "ann", start) for n, start in enumerate(starts)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (Raw(), (None, None, None)),
        (Raw(sessions=talk("2026-03-13 00:00:00", "2099-01-01 00:00:00")), (None, None, None)),
        (Raw(sessions=talk("2026-03-12 23:59:59")), ("2026-03-12", "2026-03-12", None)),
        (
            Raw(sessions=talk("2026-03-12 08:00:00", "2026-01-05 08:00:00", "2026-03-13 08:00:00")),
            ("2026-01-05", "2026-03-12", "2026-01-05"),
        ),
        (
            Raw(sessions=talk("2019-07-04 08:00:00", "2020-02-29 23:59:59.999999")),
            ("2019-07-04", "2020-02-29", "2020-02-29"),
        ),
        (Raw(sessions=talk(None, "soon")), (None, None, None)),
        (Raw(twins=[a_twin("t0", "ann", "2026-03-01 08:00:00")]), (None, None, None)),
        (
            Raw(sessions=[a_session("s0", "nobody", "2026-03-01 08:00:00")]),
            (None, None, None),
        ),
        (
            Raw(
                sessions=talk(None),
                messages=[a_message("m", "s0", "2026-03-02 08:00:00", "twin")],
                documents=[a_document("d", "s0", "2026-03-01 08:00:00")],
                queries=[a_query("q", "s0", "2026-03-03 08:00:00")],
            ),
            ("2026-03-01", "2026-03-03", "2026-03-03"),
        ),
    ],
    ids=["none", "future", "today", "around today", "long ago", "undated", "twin", "orphan", "all"],
)
def test_the_days_with_data_up_to_today(
    raw: Raw, expected: tuple[str | None, ...], store_of: Shelf
) -> None:
    with reading(store_of(replace(raw, users=[a_user("ann")]))) as reader:
        found = span(reader, TODAY)
    assert found == Span(*(text and day(text) for text in expected))


def test_days_are_those_of_the_reporting_zone(store_of: Shelf) -> None:
    # 2026-03-29 has 23 hours in Berlin: it begins at 23:00 and ends at 22:00 UTC.
    starts = "2026-03-28 22:59:59.999999", "2026-03-28 23:00:00", "2026-03-29 21:59:59.999999"
    raw = Raw(users=[a_user("ann")], sessions=talk(*starts, "2026-03-29 22:00:00"))
    with reading(store_of(raw, zone="Europe/Berlin")) as reader:
        assert zone_name(reader) == "Europe/Berlin"
        change_day = day("2026-03-29")
        assert span(reader, change_day) == Span(day("2026-03-28"), change_day, day("2026-03-28"))
        only = Query(Period(change_day, change_day, TODAY))
        assert totals(reader, only).conversations == 2


# --- totals and names -------------------------------------------------------------------------


def test_a_filter_that_excludes_everything_gives_zeros(store_of: Shelf) -> None:
    raw = Raw(users=[a_user("ann")], sessions=talk("2026-03-10 08:00:00"))
    week = Period(day("2026-03-05"), day("2026-03-11"), TODAY)
    with reading(store_of(raw)) as reader:
        assert totals(reader, Query(week)) == Totals(active_users=1, conversations=1)
        for nobody in (
            Query(week, organizations=("Nobody",)),
            Query(week, departments=("Sales",)),
            Query(week, organizations=(None,)),
        ):
            assert totals(reader, nobody) == Totals()
        before = Period(day("2026-03-01"), day("2026-03-09"), TODAY)
        assert totals(reader, Query(before)) == Totals()


def test_everybody_counts_once_wherever_the_period_lies_in_the_data(store_of: Shelf) -> None:
    days = {
        "before": ("2026-01-01",),
        "around": ("2026-01-01", "2026-04-02"),
        "stays": ("2026-01-02", "2026-01-20", "2026-02-01"),
        "new": ("2026-02-01", "2026-02-02"),
    }
    company = {name: "Beta" if name == "new" else "Acme" for name in days}
    sessions = [
        a_session(f"{name}{on}", name, f"{on} 08:00:00")
        for name, active in days.items()
        for on in active
    ]
    users = [a_user(*user) for user in company.items()]
    first, last = "2026-01-01", "2026-04-02"
    starts = ("2025-12-01", first, "2026-01-02", "2026-01-11", "2026-02-01", "2026-02-02", last)
    ends = (first, "2026-01-20", "2026-01-31", "2026-02-01", "2026-04-01", last, "2026-05-01")
    with reading(store_of(Raw(users=users, sessions=sessions))) as reader:
        for start, end in product(starts, ends):
            if start > end:
                continue
            query = Query(Period(day(start), day(end), TODAY))
            active = [n for n, on in days.items() if any(start <= each <= end for each in on)]
            assert totals(reader, query).active_users == len(active)
            found = totals_by(reader, query, "company")
            assert {key: each.active_users for (key,), each in found.items()} == {
                f"={name}": count for name, count in Counter(map(company.get, active)).items()
            }
            only = totals_by(reader, query, "company", until="documents")
            assert only == {
                key: Totals(each.active_users, each.conversations, each.documents)
                for key, each in found.items()
            }


def test_names_are_in_code_point_order_and_none_comes_last(store_of: Shelf) -> None:
    companies = ("acme", "Zebra", None, "Ünï", "", "=", "Acme", "Acme", "\uff5e", "\U0001f600")
    users = [
        a_user(f"u{n}", company, department=("Sales", None)[n % 2])
        for n, company in enumerate(companies)
    ]
    with reading(store_of(Raw(users=users))) as reader:
        assert organization_names(reader) == [
            "=", "Acme", "Zebra", "acme", "Ünï", "\uff5e", "\U0001f600", None,
        ]  # fmt: skip
        assert department_names(reader) == ["Sales", None]


def test_departments_are_looked_up_in_their_own_organization_only(tmp_path: Path) -> None:
    """Twice as many take twice the steps of the database, not four times."""
    steps: list[int] = []
    query = Query(Period(day("2026-03-05"), day("2026-03-11"), TODAY))
    for n in (100, 200):
        raw = Raw(
            users=[a_user(f"u{i}", f"Org {i}", department=f"Dep {i}") for i in range(n)],
            sessions=[a_session(f"s{i}", f"u{i}", "2026-03-10 09:00:00") for i in range(n)],
        )
        path = tmp_path / f"{n}.db"
        write(raw, path)
        with closing(open_database(settings_for(path))) as store:
            store.refresh()
            with reading(store) as reader:
                raw_connection: Any = reader.connection.connection.driver_connection
                taken = 0

                def count() -> None:
                    nonlocal taken
                    taken += 1

                raw_connection.set_progress_handler(count, 10)
                found = sums(reader, query, "days", ["conversations"], ("company", "department"))
                raw_connection.set_progress_handler(None, 0)
        assert found == {(f"=Org {i}", f"=Dep {i}"): (1,) for i in range(n)}
        steps.append(taken)
    assert 0 < steps[1] < 3 * steps[0]
