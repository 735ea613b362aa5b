"""Rolling users, by hand and by the oracle."""

from datetime import date, timedelta
from typing import Any

import pytest

from analytics.metrics.registry import BY_SLUG
from analytics.metrics.rolling_users import rolling_users
from analytics.output.chart_data import chart_data
from analytics.output.chart_summary import summary
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user
from tests.metrics.rows import TWICE, ask, column
from tests.oracle import Oracle, days_of

FIELDS = ("users_28_days", "users_7_days", "users_1_day")
# Day of March -> who came; ann comes again within a week, bob after eight days, cat after 28.
CAME = {1: "abc", 3: "a", 9: "ab", 29: "c", 30: "d", 31: "d"}
NAMES = {"a": "ann", "b": "bob", "c": "cat", "d": "dan"}
ROLLING = Raw(
    users=[a_user(name, "Beta" if name == "dan" else "Acme") for name in NAMES.values()],
    sessions=[
        a_session(f"{letter}{day}", NAMES[letter], f"2026-03-{day:02} 09:00:00")
        for day, letters in CAME.items()
        for letter in letters
    ],
)


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    left, first, rows = oracle.left(query), oracle.first_active_day, []
    people = left.chosen(query)
    for day in days_of(query.period):
        row: dict[str, Any] = {"date": day, "complete": day < query.period.today}
        for field, length in zip(FIELDS, (28, 7, 1), strict=True):
            row[field] = None
            begins = day.toordinal() - length + 1
            if row["complete"] and first is not None and first.toordinal() <= begins:
                row[field] = len(left.active(people, date.fromordinal(begins), day))
        rows.append(row)
    return rows


def test_people_stay_as_long_as_a_window_is(store_of: Shelf) -> None:
    with reading(store_of(ROLLING)) as reader:
        rows = rolling_users(reader, ask("2026-03-01", "2026-04-02", "2026-04-02"))
        beta = rolling_users(
            reader, ask("2026-03-30", "2026-03-31", "2026-04-02", organizations=("Beta",))
        )
    by_day = {row.date.day: row for row in rows if row.date.month == 3}
    within = {day: column([row], *FIELDS)[0] for day, row in by_day.items()}
    # The data begin on the 1st: 7 days reach back to it on the 7th, 28 days on the 28th.
    assert within[1] == (None, None, 3)
    assert within[6] == (None, None, 0)
    assert within[7] == (None, 3, 0)
    assert within[8] == (None, 1, 0)  # only ann came on the 3rd
    assert within[9] == (None, 2, 2)
    assert within[10] == (None, 2, 0)
    assert within[27] == (None, 0, 0)
    assert within[28] == (3, 0, 0)
    assert within[29] == (3, 1, 1)  # cat of the 1st left, and came again
    assert within[30] == (4, 2, 1)
    assert within[31] == (4, 2, 1)
    # The 2nd of April is today.
    assert column(rows[-1:], "complete", *FIELDS) == [(False, None, None, None)]
    assert column(beta, *FIELDS) == [(1, 1, 1), (1, 1, 1)]


def test_an_hour_that_comes_twice_is_of_one_day(store_of: Shelf) -> None:
    with reading(store_of(TWICE, "Europe/Berlin")) as reader:
        rows = rolling_users(reader, ask("2026-10-25", "2026-11-01", "2026-11-02"))
    assert column(rows, "users_1_day") == [1, 1, 0, 0, 0, 0, 0, 0]
    assert column(rows, "users_7_days") == [None] * 6 + [1, 1]


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-03-28", "2026-03-31",
         "On Tuesday 31 March 2026: 4 within 28 days, 2 within 7 days and 1 within 1 day."),
        ("2026-03-30", "2026-04-02",
         "On Wednesday 1 April 2026: 4 within 28 days, 2 within 7 days and 0 within 1 day."),
        ("2026-03-01", "2026-03-07",
         "On Saturday 7 March 2026: 3 within 7 days and 0 within 1 day."),
        ("2026-02-01", "2026-02-07",
         "Nobody was active within these days, as far as the data reach back."),
        ("2026-04-02", "2026-04-02", "No day of this period is over yet."),
    ],
)  # fmt: skip
def test_the_sentence_is_of_the_last_day_that_is_over(
    store_of: Shelf, start: str, end: str, said: str
) -> None:
    result = BY_SLUG["rolling-users"]
    with reading(store_of(ROLLING)) as reader:
        rows = rolling_users(reader, ask(start, end, "2026-04-02"))
    assert summary(result, chart_data(result, rows)) == said


def test_a_window_leads_to_its_people(store_of: Shelf) -> None:
    query = ask("2026-03-28", "2026-03-31", "2026-04-02")
    leads_to = BY_SLUG["rolling-users"].leads_to
    assert leads_to
    with reading(store_of(ROLLING)) as reader:
        found = leads_to(rolling_users(reader, query)[0], query)
    assert [(one.name, one.counts, one.query.period.start) for one in found.more] == [
        ("Within 28 days", {"people": 3}, date(2026, 3, 1)),
        ("Within 7 days", {"people": 0}, date(2026, 3, 22)),
        ("Within 1 day", {"people": 0}, date(2026, 3, 28)),
    ]


def test_every_day_of_ten_years(store_of: Shelf) -> None:
    last = date(2026, 3, 1) + timedelta(3_659)
    with reading(store_of(ROLLING)) as reader:
        rows = rolling_users(reader, ask("2026-03-01", last.isoformat(), "2040-01-01"))
    assert len(rows) == 3_660
    assert column(rows[-1:], *FIELDS) == [(0, 0, 0)]
