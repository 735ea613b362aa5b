"""Habits over time, by hand and by the oracle."""

from typing import Any

from analytics.metrics.habit_tiers import habit_tiers
from analytics.metrics.registry import BY_SLUG
from analytics.output.chart_data import chart_data
from analytics.output.chart_summary import summary
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.habits import MARCH, TIERS, days_to, people_in_tiers
from tests.metrics.rows import ask, column
from tests.oracle import Oracle, days_of

RESULT = BY_SLUG["habit-tiers"]


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    rows = []
    for day in days_of(query.period):
        complete = day < query.period.today
        span = days_to(oracle, day) if complete else None
        people = people_in_tiers(oracle.left(query), query, span) if span else None
        rows.append(
            {
                "date": day,
                "complete": complete,
                **{name: people[name] if people else None for name in TIERS},
            }
        )
    return rows


def test_each_day_has_its_28_days(store_of: Shelf) -> None:
    with reading(store_of(MARCH)) as reader:
        rows = habit_tiers(reader, ask("2026-03-26", "2026-03-29", "2026-03-29"))
        first = habit_tiers(reader, ask("2026-02-27", "2026-03-01", "2026-04-01"))
    assert column(rows, *TIERS) == [(1, 1, 3), (1, 1, 3), (1, 2, 3), (None, None, None)]
    # Fay alone on the first day with 28 days of data; on the next ann, bob and cat.
    assert column(first, *TIERS) == [(None, None, None), (0, 0, 1), (0, 0, 3)]
    said = summary(RESULT, chart_data(RESULT, rows))
    assert said == (
        "On Saturday 28 March 2026: 1 active on most days, 2 active weekly and 3 active"
        " occasionally."
    )


def test_a_day_leads_to_everybody_active_in_its_28_days(store_of: Shelf) -> None:
    query = ask("2026-02-27", "2026-03-29", "2026-03-29")
    with reading(store_of(MARCH)) as reader:
        rows = habit_tiers(reader, query)
    assert RESULT.leads_to
    led = [RESULT.leads_to(row, query) for row in rows]
    assert [dict(one.counts) for one in (*led[:2], *led[-2:])] == [
        {}, {"people": 1}, {"people": 6}, {},
    ]  # fmt: skip
    assert (led[1].query.period.start.isoformat(), led[1].query.active_days) == ("2026-02-01", 1)
    assert [(one.query.group, one.counts["people"]) for one in led[-2].more] == [
        ("most_days", 1), ("weekly", 2), ("occasional", 3),
    ]  # fmt: skip


def test_days_without_28_days_of_data_have_nothing_to_say(store_of: Shelf) -> None:
    with reading(store_of(MARCH)) as reader:
        rows = habit_tiers(reader, ask("2026-02-20", "2026-02-27", "2026-04-01"))
        one = habit_tiers(reader, ask("2026-02-27", "2026-02-27", "2026-04-01"))
        today = habit_tiers(reader, ask("2026-03-28", "2026-03-28", "2026-03-28"))
        later = habit_tiers(reader, ask("2026-03-28", "2026-03-30", "2026-03-28"))
    assert summary(RESULT, chart_data(RESULT, rows)) == RESULT.empty
    assert summary(RESULT, chart_data(RESULT, one)) == RESULT.empty
    for none_is_over in (today, later):
        said = summary(RESULT, chart_data(RESULT, none_is_over))
        assert said == "No day of this period is over yet."
