"""How long new accounts take to their first use, by hand and by the oracle."""

from datetime import date, timedelta
from typing import Any

from analytics.metrics.activation_time import activation_time, activation_time_cards
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, Row, a_session, a_user
from tests.groups import due_days, spans, steps_of
from tests.metrics.rows import ask, column
from tests.metrics.test_activation import RAW
from tests.oracle import Oracle

NAMES = (
    "created_from", "created_to", "accounts", "used", "median_days", "undated", "before_data",
    "younger", "data_begin", "all_accounts", "median_days_from_data",
)  # fmt: skip


def half(days: list[int], everybody: int) -> int | None:
    """The smallest number of days by which half of everybody is there."""
    return next(
        (day for day in sorted(days) if 2 * sum(one <= day for one in days) >= everybody), None
    )


def expected(oracle: Oracle, query: Query) -> Row:
    """The one row."""
    left = oracle.left(query)
    (start, end), _ = spans(query)
    if end < start:
        return {**dict.fromkeys(NAMES), "all_older": False}
    people = left.chosen(query)
    found = [steps for user in people if (steps := steps_of(left, query, user))]
    days, begin = due_days(left, query), left.first_active_day
    used = [steps["used"] for steps in found if "used" in steps]
    created = {user: left.created[user] for user in people}
    dated = [day for day in created.values() if day]
    older = [day for day in dated if begin is None or day < begin]
    due = [day for day in older if start.toordinal() <= day.toordinal() + 28 <= end.toordinal()]
    accounts = left.accounts_of(people, end)
    all_older = bool(accounts and begin) and all(
        created[user] is None or created[user] < begin for user in accounts
    )
    firsts = [min(left.active_days[user]) for user in left.ever_active(people, end)]
    from_data = None
    if all_older and begin:
        from_data = half([(day - begin).days for day in firsts], len(accounts))
    return {
        "created_from": days and days[0],
        "created_to": days and days[1],
        "accounts": len(found),
        "used": len(used),
        "median_days": half(used, len(found)) if found else None,
        "undated": len(people) - len(dated),
        "before_data": len(due),
        "younger": sum(0 <= (end - day).days < 28 for day in dated),
        "data_begin": begin,
        "all_older": all_older,
        "all_accounts": len(accounts),
        "median_days_from_data": from_data,
    }


DAY = "2026-03-30", "2026-03-30", "2026-04-10"


def test_half_of_the_new_accounts_had_started(store_of: Shelf) -> None:
    with reading(store_of(RAW)) as reader:
        row = activation_time(reader, ask(*DAY))
        # same and early on day 0, six on day 1, last on day 27; idle and late not.
        assert (row.accounts, row.used, row.median_days) == (6, 4, 1)
        assert (row.undated, row.before_data, row.younger) == (1, 0, 1)
        assert (row.all_older, row.median_days_from_data) == (False, None)
        assert str(row.data_begin) == "2026-03-01"
        month = activation_time(reader, ask("2026-03-01", "2026-03-30", "2026-04-10"))
        assert (month.accounts, month.before_data) == (6, 1)
    assert column([month], "created_from", "created_to") == [(date(2026, 3, 1), date(2026, 3, 2))]
    [median, left] = activation_time_cards(month)
    assert (median.value, median.note) == (
        "1 day", "4 of 6 new accounts started, created 1 Mar \u2013 2 Mar 2026",
    )  # fmt: skip
    assert (left.value, left.note) == (
        "3", "1 undated, 1 created before the data begin on 1 Mar 2026, 1 younger than 28 days",
    )  # fmt: skip


def test_there_is_no_median_where_fewer_than_half_started(store_of: Shelf) -> None:
    def of(*lags: int | None) -> Any:
        created = date(2026, 3, 2)
        raw = Raw(users=[a_user("old"), *(a_user(f"u{n}", created_at=f"{created} 10:00:00")
                                          for n in range(len(lags)))])  # fmt: skip
        raw.sessions.append(a_session("o", "old", "2026-03-01 10:00:00"))
        for n, lag in enumerate(lags):
            if lag is not None:
                on = created + timedelta(lag)
                raw.sessions.append(a_session(f"s{n}", f"u{n}", f"{on} 10:00:00"))
        with reading(store_of(raw)) as reader:
            return activation_time(reader, ask(*DAY)).median_days

    assert of(0) == 0
    assert of(None) is None
    assert of(3, None) == 3
    assert of(3, None, None) is None
    assert of(3, 27, None) == 27
    assert of(3, 28, None) is None
    assert of(9, 3, 5, None) == 5


def test_where_all_accounts_are_older_days_count_from_the_data(store_of: Shelf) -> None:
    def raw(*more: Row) -> Raw:
        return Raw(
            users=[
                a_user("old", created_at="2025-01-01 10:00:00"),
                a_user("ann", created_at="2026-02-28 10:00:00"),
                a_user("idle", created_at="2026-02-28 10:00:00"),
                a_user("und"),
                a_user("later", created_at="2027-01-01 10:00:00"),
                *more,
            ],
            sessions=[
                a_session("o", "old", "2026-03-01 10:00:00"),
                a_session("a", "ann", "2026-03-09 10:00:00"),
                a_session("u", "und", "2026-03-20 10:00:00"),
            ],
        )

    with reading(store_of(raw())) as reader:
        row = activation_time(reader, ask(*DAY))
        assert (row.accounts, row.median_days, row.undated) == (0, None, 1)
        assert (row.all_older, row.all_accounts, row.median_days_from_data) == (True, 4, 8)
        early = activation_time(reader, ask("2026-03-02", "2026-03-08", "2026-04-10"))
        assert (early.all_older, early.median_days_from_data) == (True, None)
        ann = activation_time(reader, ask(*DAY, person="ann"))
        assert ann.median_days_from_data == 8
    [card, left] = activation_time_cards(row)
    assert (card.label, card.value) == ("Days from the first data to first use", "8 days")
    assert (
        card.note
        == "All 4 accounts are older than the data, which begin on 1 Mar 2026, or undated."
    )
    assert left.value == "1"
    new = a_user("new", created_at="2026-03-01 10:00:00")
    with reading(store_of(raw(new))) as reader:
        row = activation_time(reader, ask(*DAY))
        assert (row.all_older, row.median_days_from_data) == (False, None)


def test_without_a_complete_day_or_without_data_there_is_no_answer(store_of: Shelf) -> None:
    with reading(store_of(RAW)) as reader:
        row = activation_time(reader, ask(*DAY[:2], "2026-03-30"))
        assert column([row], *NAMES) == [(None,) * len(NAMES)]
    [median, left] = activation_time_cards(row)
    assert (median.value, median.note) == ("n/a", "No day of this period is over yet")
    assert (left.value, left.note) == ("n/a", "")
    raw = Raw(users=[a_user("ann", created_at="2026-03-02 10:00:00")])
    with reading(store_of(raw)) as reader:
        row = activation_time(reader, ask(*DAY))
    assert (row.accounts, row.median_days, row.data_begin, row.all_older) == (0, None, None, False)


def test_the_question_is_of_whom_and_what_the_filters_leave(store_of: Shelf) -> None:
    with reading(store_of(RAW)) as reader:
        asked: list[Query] = [ask(*DAY, topics=("Budget",)), ask(*DAY, organizations=("Beta",))]
        rows = [activation_time(reader, query) for query in asked]
    assert column(rows, "accounts", "used", "median_days", "undated", "all_older") == [
        (6, 1, None, 1, False), (0, 0, None, 0, True),
    ]  # fmt: skip
