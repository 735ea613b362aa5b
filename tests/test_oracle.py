"""The oracle against answers worked out by hand, so that it can be trusted.

Those of the results stand in tests/metrics; tests/reading/test_exactness.py asks the oracle too.
"""

from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.query import Query
from tests.databases import (
    Raw,
    a_document,
    a_message,
    a_session,
    a_twin,
    a_user,
    activity_query,
    write,
)
from tests.metrics.rows import FUTURE, PEOPLE, ask, column
from tests.oracle import Oracle, change, one_decimal, read_timestamp


@pytest.fixture
def oracle_of(tmp_path: Path) -> Any:
    def make(raw: Raw, zone: str = "UTC") -> Oracle:
        path = tmp_path / "data.db"
        write(raw, path)
        return Oracle(path, ZoneInfo(zone))

    return make


@pytest.mark.parametrize(
    ("stored", "utc"),
    [
        ("2026-03-11 09:08:07.654321", datetime(2026, 3, 11, 9, 8, 7, 654321, UTC)),
        ("2026-03-11 09:08:07", datetime(2026, 3, 11, 9, 8, 7, 0, UTC)),
        ("2026-03-11 09:08:07.5", datetime(2026, 3, 11, 9, 8, 7, 500000, UTC)),
        ("2026-03-11T09:08:07.000001Z", datetime(2026, 3, 11, 9, 8, 7, 1, UTC)),
        ("2026-03-11 00:30:00+02:00", datetime(2026, 3, 10, 22, 30, 0, 0, UTC)),
        ("2026-03-11T20:30:00.25-05:30", datetime(2026, 3, 12, 2, 0, 0, 250000, UTC)),
        ("2026-03-11t20:30:00,25 -0530", datetime(2026, 3, 12, 2, 0, 0, 250000, UTC)),
        ("2026-03-11 00:30:00+02", datetime(2026, 3, 10, 22, 30, 0, 0, UTC)),
        (1773230400, datetime(2026, 3, 11, 12, tzinfo=UTC)),
        (1773230400.25, datetime(2026, 3, 11, 12, 0, 0, 250000, UTC)),
        (1773230400250, datetime(2026, 3, 11, 12, 0, 0, 250000, UTC)),
        (1773230400250001, datetime(2026, 3, 11, 12, 0, 0, 250001, UTC)),
    ],
)
def test_timestamps_are_read_as_utc(stored: str, utc: datetime) -> None:
    assert read_timestamp(stored) == utc


@pytest.mark.parametrize(
    "stored",
    [
        None, "", "not a date", "2026-02-30 10:00:00", "0000-01-01 00:00:00", 177323040, 2461111.5,
        "2026-03-11 24:00:00", "2026-03-11 23:59:60", "2026-03-11 12:00:00 noon", "now",
        "0001-01-01 00:30:00+02:00",
    ],
)  # fmt: skip
def test_unreadable_timestamps(stored: object) -> None:
    assert read_timestamp(stored) is None


def test_rounding_is_half_away_from_zero() -> None:
    values = (Fraction(1, 20), Fraction(-1, 20), Fraction(49, 1000), Fraction(5, 4), Fraction(2, 3))
    assert [one_decimal(value) for value in values] == [0.1, -0.1, 0.0, 1.3, 0.7]
    assert one_decimal(Fraction(665, 100)) == 6.7  # in binary 6.65 lies below
    assert [change(0, 0), change(3, 0), change(0, 3), change(1, 3), change(2001, 2000)] == [
        0.0, None, -100.0, -66.7, 0.1,
    ]  # fmt: skip


def test_the_days_with_data_up_to_today(oracle_of: Any) -> None:
    oracle, tenth = oracle_of(FUTURE), date(2026, 3, 10)
    assert oracle.span(date(2026, 3, 11)) == (tenth, tenth, tenth)
    assert oracle.span(tenth) == (tenth, tenth, None)
    assert oracle.span(date(2026, 3, 9)) == (None, None, None)


def test_activities(oracle_of: Any) -> None:
    oracle = oracle_of(PEOPLE)
    every = oracle.activities(activity_query())
    assert column(every, "id", "types") == [
        ("s3", ["conversation"]),
        ("s2", ["conversation", "document", "query", "shared_twin"]),
        ("s1", ["conversation", "document"]),
        ("s4", ["conversation", "document"]),
    ]
    assert column(every, "message_count", "document_count", "query_count") == [
        (0, 0, 0), (0, 1, 2), (2, 1, 0), (0, 1, 0),
    ]  # fmt: skip
    assert oracle.activities(activity_query(type="conversation")) == every
    assert column(oracle.activities(activity_query(type="query")), "id") == ["s2"]
    assert column(oracle.activities(activity_query(user="ANN@")), "id") == ["s1"]
    assert (
        oracle.activities(activity_query(user="a_n"))
        == oracle.activities(activity_query(user="%"))
        == []
    )
    assert column(oracle.activities(activity_query(organizations=(None,))), "id") == ["s3", "s4"]
    assert column(oracle.activities(activity_query(twin="lost")), "id") == ["s4"]
    for no_days in (activity_query(date(2026, 3, 11)), activity_query(None, date(2026, 3, 9))):
        assert oracle.activities(no_days) == []


def test_an_event_filter_leaves_a_database_of_those_conversations(oracle_of: Any) -> None:
    raw = Raw(
        users=[a_user("ann"), a_user("bob", "Beta")],
        twins=[a_twin("t0", "ann", "2026-03-01 00:00:00"), a_twin("t1", "gone")],
        sessions=[
            a_session("s0", "ann", "2026-03-02 10:00:00", topic="Plans"),
            a_session("s1", "ann", "2026-03-10 10:00:00", twin_id="t1", topic="Budget"),
            a_session("s2", "ann", None, twin_id="lost", topic="Budget"),
            a_session("s3", "bob", "2026-03-11 10:00:00"),
        ],
        messages=[
            a_message("m0", "s0", "2026-03-11 10:00:00"),
            a_message("m1", "s2", "2026-03-11 10:00:00"),
        ],
        documents=[a_document("d0", "s1", "2026-03-09 10:00:00")],
    )
    oracle = oracle_of(raw)

    def ask_of(**filters: Any) -> Query:
        return ask("2026-03-09", "2026-03-12", "2026-03-13", **filters)

    def days(**filters: Any) -> list[int]:
        return column(oracle.active_users(ask_of(**filters)), "active_users")

    assert days() == [0, 1, 2, 0]
    assert days(topics=("Budget",)) == [0, 1, 1, 0]
    assert days(twin="t0") == [0, 0, 2, 0]
    assert days(by_others=True) == [0, 1, 1, 0]  # with ann's twin bob; with that of nobody ann
    assert days(unknown_twin=True) == [0, 0, 1, 0]
    assert days(user="BOB@") == days(person="bob") == [0, 0, 1, 0]
    assert days(user="b_b") == days(person="b") == [0, 0, 0, 0]
    # Of everything her first day lies before the period, of the budget it is the 10th.
    assert oracle.retention(ask_of())["day1_eligible"] == 1
    about = oracle.retention(ask_of(topics=("Budget",)))
    assert (about["day1"], about["day1_eligible"]) == (100.0, 1)
    assert oracle.group(ask_of(topics=("Budget",), returned=1)) == {"ann"}
    assert oracle.group(ask_of(returned=1)) == set()
    # What isn't done in conversations stays, and so does the day on which averages begin.
    only = ask_of(twin="t1")
    assert oracle.installations(only) == oracle.installations(ask_of())
    assert column(oracle.organizations(only), "organization", "people", "documents") == [
        ("Acme", 1, 1), ("Beta", 1, 0),
    ]  # fmt: skip
    assert column(oracle.twins(only), "id", "conversations") == [("t1", 1), ("t0", 0)]
    assert column(oracle.active_users(only), "average") == [0.0, 0.1, 0.1, 0.1]
    assert oracle.behind("documents", ask_of(twin="t0")) == []


def check_reference(path: Path) -> None:
    """The figures of the reference data, made or real, one by one."""
    oracle, query = Oracle(path, ZoneInfo("UTC")), ask("2026-10-23", "2026-11-21", "2026-11-22")
    assert oracle.metrics(query) == {
        "total_active_users": 12,
        "active_users_change": 0.0,
        "previous_active_users": 12,
        "total_conversations": 726,
        "conversations_change": -0.3,
        "previous_conversations": 728,
        "documents_drafted": 720,
        "documents_change": 0.7,
        "previous_documents": 715,
        "twin_installations": 8,
        "installations_change": 0.0,
        "previous_installations": 8,
    }
    assert column(oracle.feature_usage(query), "name", "value") == [
        ("Questions Asked", 726), ("Documents Drafted", 720), ("Information Retrieved", 620),
    ]  # fmt: skip
    assert column(oracle.leaderboard(query), "name", "active_users", "total_activities") == [
        ("Digital Dynamics", 5, 299), ("Tech Innovations", 3, 183), ("Acme Corp", 2, 122),
        ("Global Solutions", 2, 122),
    ]  # fmt: skip
    assert oracle.retention(query) == {
        "day1": None,
        "day1_eligible": 0,
        "day7": None,
        "day7_eligible": 0,
        "day30": 58.3,
        "day30_eligible": 12,
        "avg_session_duration": "3m 29s",
        "sessions_per_user": "60.5",
        "power_users_percent": 100.0,
        "previous_day1": 75.0,
        "day1_change": None,
        "previous_day7": 75.0,
        "day7_change": None,
        "previous_day30": None,
        "day30_change": None,
        "previous_avg_session_duration": "3m 25s",
        "avg_session_duration_change": 4,
        "previous_sessions_per_user": "60.7",
        "sessions_per_user_change": -0.2,
        "previous_power_users_percent": 100.0,
        "power_users_change": 0.0,
    }


def test_the_reference_data(reference_db: Path) -> None:
    check_reference(reference_db)
