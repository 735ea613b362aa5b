"""The oracle against answers worked out by hand, so that it can be trusted."""

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
from tests.metrics.rows import (
    BEGINNING,
    FUTURE,
    HABITS,
    MIDNIGHT,
    NEVER,
    PEOPLE,
    TWICE,
    VISITS,
    ask,
    column,
)
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


def test_a_thread_that_crosses_midnight_counts_on_both_days(oracle_of: Any) -> None:
    oracle = oracle_of(MIDNIGHT)
    query = ask("2026-03-10", "2026-03-12", "2026-03-13")
    # The twin's message on the 11th makes nobody active.
    assert column(oracle.active_users(query), "active_users") == [1, 0, 1]
    assert column(oracle.conversations(query), "conversations", "messages") == [
        (1, 1), (0, 1), (0, 1),
    ]  # fmt: skip
    assert column(oracle.conversations(query), "avg_conversations", "avg_messages") == [
        (0.3, 1.0), (0.3, 1.0), (0.3, 1.0),
    ]  # fmt: skip
    assert column(oracle.engagement(query), "documents_drafted") == [0, 1, 0]
    # 25 h 15 min 2.999999 s: floored; a conversation has its whole duration on a one-day period.
    one_day = ask("2026-03-10", "2026-03-10", "2026-03-13")
    assert oracle.retention(one_day)["avg_session_duration"] == "1515m 2s"
    # On the 11th alone nobody was active, yet there is a document.
    quiet = ask("2026-03-11", "2026-03-11", "2026-03-13")
    assert oracle.metrics(quiet) == {
        "total_active_users": 0,
        "active_users_change": -100.0,
        "previous_active_users": 1,
        "total_conversations": 0,
        "conversations_change": -100.0,
        "previous_conversations": 1,
        "documents_drafted": 1,
        "documents_change": None,
        "previous_documents": 0,
        "twin_installations": 0,
        "installations_change": 0.0,
        "previous_installations": 0,
    }
    assert oracle.leaderboard(quiet) == []
    assert oracle.retention(quiet)["avg_session_duration"] == "0m 0s"
    assert oracle.retention(quiet)["sessions_per_user"] == "0.0"


def test_the_hour_that_comes_twice(oracle_of: Any) -> None:
    oracle = oracle_of(TWICE, "Europe/Berlin")
    # 02:30 came twice on the 25th, which has 25 hours and is one day.
    day = ask("2026-10-25", "2026-10-25", "2026-10-26")
    values = column(oracle.hourly_activity(day), "value")
    assert {hour: value for hour, value in enumerate(values) if value} == {0: 1.0, 2: 2.0, 23: 1.0}
    # Today has no part in hours: two complete days, then none.
    both = ask("2026-10-24", "2026-10-26", "2026-10-26")
    assert column(oracle.hourly_activity(both), "value")[2] == 1.0
    none = ask("2026-10-26", "2026-10-26", "2026-10-26")
    assert column(oracle.hourly_activity(none), "value") == [None] * 24
    # The undated session is no conversation; its messages count.
    assert column(oracle.conversations(both), "conversations", "messages") == [
        (0, 0),
        (0, 4),
        (0, 1),
    ]
    assert column(oracle.active_users(both), "active_users", "complete") == [
        (0, True), (1, True), (1, False),
    ]  # fmt: skip


def test_the_hour_that_never_comes(oracle_of: Any) -> None:
    oracle = oracle_of(NEVER, "America/New_York")
    query = ask("2026-03-07", "2026-03-09", "2026-04-01")
    assert column(oracle.conversations(query), "conversations") == [1, 3, 1]
    values = column(oracle.hourly_activity(query), "value")
    assert {hour: value for hour, value in enumerate(values) if value} == {
        0: 0.3, 1: 0.3, 3: 0.3, 23: 0.7,
    }  # fmt: skip


def test_rolling_average_starts_with_the_first_active_day_of_anybody(oracle_of: Any) -> None:
    query = ask("2026-03-01", "2026-03-12", "2026-03-11", organizations=("Beta",))
    # 3rd: 1 of 2 days; 10th: 1 of 7 (4th to 10th); the 11th is today, the 12th is tomorrow.
    assert column(oracle_of(BEGINNING).active_users(query), "active_users", "average") == [
        (0, None), (0, 0.0), (1, 0.5), (0, 0.3), (0, 0.3), (0, 0.2), (0, 0.2), (0, 0.1), (0, 0.1),
        (1, 0.1), (1, None), (0, None),
    ]  # fmt: skip


def test_future_rows_count_but_are_not_complete(oracle_of: Any) -> None:
    oracle = oracle_of(FUTURE)
    query = ask("2026-03-10", "2026-03-20", "2026-03-11")
    figures = oracle.metrics(query)
    assert (figures["total_conversations"], figures["conversations_change"]) == (2, None)
    assert (figures["twin_installations"], figures["installations_change"]) == (2, 100.0)
    assert oracle.conversations(query)[0]["avg_conversations"] == 1.0  # the 10th alone is complete
    assert oracle.span(date(2026, 3, 11)) == (
        date(2026, 3, 10), date(2026, 3, 10), date(2026, 3, 10),
    )  # fmt: skip
    assert oracle.span(date(2026, 3, 10)) == (date(2026, 3, 10), date(2026, 3, 10), None)
    assert oracle.span(date(2026, 3, 9)) == (None, None, None)
    assert column(oracle.twins(query), "id", "conversations", "last_used", "installed_on") == [
        ("t0", 2, date(2026, 3, 20), date(2026, 3, 1)),
        ("t1", 0, None, date(2026, 3, 20)),
        ("t2", 0, None, None),
    ]


def test_retention_and_cohorts(oracle_of: Any) -> None:
    oracle = oracle_of(VISITS)
    query = ask("2026-03-04", "2026-03-17", "2026-03-17")
    row = oracle.retention(query)
    # Day 1 due inside, before today: bob (4th, no), cat (5th, yes), dan (10th, no); ann's is
    # before the period, eve's is today.
    assert (row["day1"], row["day1_eligible"]) == (33.3, 3)
    # Day 7: ann (9th, yes), bob (10th, yes), cat (11th, no), dan (16th, no); eve's is not yet.
    assert (row["day7"], row["day7_eligible"]) == (50.0, 4)
    assert (row["day30"], row["day30_eligible"]) == (None, 0)
    assert column(
        oracle.cohorts(query), "first_week", "users", "week", "active_users", "share"
    ) == [
        (date(2026, 3, 2), 3, 0, 3, 100.0),
        (date(2026, 3, 2), 3, 1, 2, 66.7),  # the week from the 16th is not over
        (date(2026, 3, 9), 1, 0, 1, 100.0),
        (date(2026, 3, 16), 1, 0, None, None),
    ]
    # A week is over on the Monday after it; a single day shows its week's row alone.
    later = ask("2026-03-15", "2026-03-15", "2026-03-23")
    assert column(oracle.cohorts(later), "first_week", "week", "active_users", "share") == [
        (date(2026, 3, 9), 0, 1, 100.0), (date(2026, 3, 9), 1, 0, 0.0),
    ]  # fmt: skip


def test_power_users_and_session_length(oracle_of: Any) -> None:
    oracle = oracle_of(HABITS)
    whole = oracle.retention(ask("2026-03-01", "2026-03-10", "2026-04-01"))
    assert (whole["sessions_per_user"], whole["power_users_percent"]) == ("3.7", 33.3)
    assert whole["avg_session_duration"] == "6m 49s"  # 4,503.999999 s over 11 conversations
    first = oracle.retention(ask("2026-03-01", "2026-03-01", "2026-04-01"))
    assert first["avg_session_duration"] == "75m 3s"
    nine = oracle.retention(ask("2026-03-02", "2026-03-10", "2026-04-01"))
    assert nine["power_users_percent"] == 0.0


def test_organizations_departments_and_leaderboard(oracle_of: Any) -> None:
    oracle, query = oracle_of(PEOPLE), ask("2026-03-10", "2026-03-10", "2026-03-11")
    assert oracle.leaderboard(query) == [
        {"id": "1", "name": "Zeta", "active_users": 1, "total_activities": 1,
         "avg_activities_per_user": 1.0},
        {"id": "2", "name": "Äther", "active_users": 1, "total_activities": 1,
         "avg_activities_per_user": 1.0},
    ]  # fmt: skip
    assert column(oracle.organizations(query), "organization", "people", "active_users",
                  "conversations", "documents", "queries") == [
        (None, 2, 2, 2, 1, 0), ("Zeta", 2, 1, 1, 1, 0), ("Äther", 1, 1, 1, 0, 1),
        ("Acme", 1, 0, 0, 0, 0),
    ]  # fmt: skip
    assert column(oracle.departments(query), "organization", "department", "conversations") == [
        ("Acme", "Sales", 0), ("Zeta", "Sales", 1), ("Zeta", "IT", 0), ("Äther", None, 1),
        (None, "Sales", 1), (None, None, 1),
    ]  # fmt: skip
    nobody = ask("2026-03-10", "2026-03-10", "2026-03-11", organizations=(None,),
                 departments=("IT",))  # fmt: skip
    assert oracle.organizations(nobody) == oracle.departments(nobody) == oracle.twins(nobody) == []
    some = ask("2026-03-10", "2026-03-10", "2026-03-11", organizations=(None, "Acme"),
               departments=("Sales",))  # fmt: skip
    assert column(oracle.organizations(some), "organization", "people") == [(None, 1), ("Acme", 1)]
    # fay was active by a message on the 9th: an organization with no conversation is listed.
    before = ask("2026-03-09", "2026-03-09", "2026-03-11")
    assert column(oracle.leaderboard(before), "name", "total_activities") == [("Zeta", 0)]


def test_twins_topics_types_and_what_is_left_out(oracle_of: Any) -> None:
    oracle, query = oracle_of(PEOPLE), ask("2026-03-09", "2026-03-10", "2026-03-11")
    names = ("id", "name", "owner_name", "is_shared", "active_users", "conversations",
             "conversations_by_others", "documents", "queries")  # fmt: skip
    assert column(oracle.twins(query), *names) == [
        ("t0", "T0", "Ann", True, 3, 2, 1, 1, 1),
        ("t1", "Orphan", None, False, 1, 1, 1, 0, 0),
        (None, "Unknown twin", None, False, 1, 1, None, 1, 0),
        ("t2", "T2", "Eve", False, 0, 0, 0, 0, 0),
    ]
    # Filtered to Zeta, the orphan and the lost twins are nobody's; IT alone used t0 by a message.
    zeta = ask("2026-03-10", "2026-03-10", "2026-03-11", organizations=("Zeta",))
    assert column(oracle.twins(zeta), "id", "active_users") == [("t0", 1)]
    it = ask("2026-03-10", "2026-03-10", "2026-03-11", departments=("IT",))
    assert column(oracle.twins(it), "id", "active_users", "last_used") == [
        ("t0", 0, date(2026, 3, 9)),
    ]  # fmt: skip
    assert oracle.metrics(query)["twin_installations"] == 2
    assert column(oracle.topics(query), "topic", "conversations") == [(None, 2), ("B", 1), ("b", 1)]
    assert column(oracle.document_types(query), "document_type", "documents") == [
        ("report", 1), (None, 1),
    ]  # fmt: skip
    assert oracle.left_out() == {
        "users": {"rows": 6, "undated": 0, "orphaned": 0, "unreadable": 0},
        "twins": {"rows": 3, "undated": 0, "orphaned": 1, "unreadable": 0},
        "sessions": {"rows": 6, "undated": 1, "orphaned": 1, "unreadable": 0},
        "messages": {"rows": 5, "undated": 1, "orphaned": 2, "unreadable": 0},
        "documents": {"rows": 4, "undated": 1, "orphaned": 1, "unreadable": 0},
        "queries": {"rows": 2, "undated": 1, "orphaned": 0, "unreadable": 0},
    }


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
