"""Who comes back, and how much the active ones do, by hand."""

from analytics.metrics.retention import retention
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.rows import (
    HABITS,
    MIDNIGHT,
    VISITS,
    ask,
)


def test_who_could_come_back_and_did(store_of: Shelf) -> None:
    with reading(store_of(VISITS)) as reader:
        row = retention(reader, ask("2026-03-04", "2026-03-17", "2026-03-17"))
    # Day 1 due inside, before today: bob (4th, no), cat (5th, yes), dan (10th, no); ann's is
    # before the period, eve's is today.
    assert (row.day1, row.day1_eligible) == (33.3, 3)
    # Day 7: ann (9th, yes), bob (10th, yes), cat (11th, no), dan (16th, no); eve's is not yet.
    assert (row.day7, row.day7_eligible) == (50.0, 4)
    assert (row.day30, row.day30_eligible) == (None, 0)
    # Before, day 1 was due for ann alone, who came.
    assert (row.previous_day1, row.day1_change) == (100.0, -66.7)
    assert (row.previous_day7, row.day7_change) == (None, None)
    # 7 conversations of 5 people after 3 of 2.
    assert (row.sessions_per_user, row.previous_sessions_per_user) == ("1.4", "1.5")
    assert row.sessions_per_user_change == -0.1


def test_power_users_and_durations(store_of: Shelf) -> None:
    with reading(store_of(HABITS)) as reader:
        whole = retention(reader, ask("2026-03-01", "2026-03-10", "2026-04-01"))
        first = retention(reader, ask("2026-03-01", "2026-03-01", "2026-04-01"))
        nine = retention(reader, ask("2026-03-02", "2026-03-10", "2026-04-01"))
    assert (whole.sessions_per_user, whole.power_users_percent, whole.power_users) == (
        "3.7",
        33.3,
        1,
    )
    assert whole.avg_session_duration == "6m 49s"  # 4,503.999999 s over 11 conversations
    assert whole.power_users_change is None  # nobody was active before
    assert first.avg_session_duration == "75m 3s"
    assert (nine.power_users_percent, nine.power_users) == (0.0, 0)


def test_a_conversation_has_its_whole_duration_on_the_day_it_starts(store_of: Shelf) -> None:
    with reading(store_of(MIDNIGHT)) as reader:
        one_day = retention(reader, ask("2026-03-10", "2026-03-10", "2026-03-13"))
        quiet = retention(reader, ask("2026-03-11", "2026-03-11", "2026-03-13"))
    assert one_day.avg_session_duration == "1515m 2s"  # 25 h 15 min 2.999999 s
    assert (quiet.avg_session_duration, quiet.sessions_per_user) == ("0m 0s", "0.0")
    assert quiet.avg_session_duration_change == -(1515 * 60 + 2)
