"""Active days of 28, by hand and by the oracle."""

from datetime import date
from typing import Any

from analytics.metrics.power_curve import power_curve
from analytics.metrics.registry import BY_SLUG
from analytics.output.chart_data import chart_data
from analytics.output.chart_summary import summary
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.metrics.habits import MARCH, days_in, spans
from tests.metrics.rows import ask, column
from tests.oracle import Oracle, quotient

RESULT = BY_SLUG["power-curve"]


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    left = oracle.left(query)
    now, before = spans(oracle, query)
    if now is None:
        return []
    rows = []
    for k in range(1, 29):
        row: dict[str, Any] = {"active_days": k}
        for prefix, span in (("", now), ("previous_", before)):
            days = [len(days_in(left, user, span)) for user in left.chosen(query)] if span else []
            reached, active = sum(n >= k for n in days), sum(n >= 1 for n in days)
            row[f"{prefix}people"] = reached if span else None
            row[f"{prefix}share"] = quotient(reached * 100, active) if span else None
        rows.append({**row, "from_day": now[0], "to_day": now[1]})
    return rows


def test_people_with_so_many_active_days(store_of: Shelf) -> None:
    with reading(store_of(MARCH)) as reader:
        rows = power_curve(reader, ask("2026-03-25", "2026-03-28", "2026-03-29"))
        day_earlier = power_curve(reader, ask("2026-03-25", "2026-03-28", "2026-03-28"))
        too_early = power_curve(reader, ask("2026-02-01", "2026-02-27", "2026-03-29"))
    # Cat has 13, ann 12, bob 11, dan 4, eve and gil 1.
    people = [6, *[4] * 3, *[3] * 7, 2, 1, *[0] * 15]
    assert column(rows, "active_days", "people") == list(enumerate(people, 1))
    assert column(rows, "share")[:5] == [100.0, 66.7, 66.7, 66.7, 50.0]
    assert column(rows, "previous_people", "previous_share")[:2] == [(1, 100.0), (0, 0.0)]
    assert {(row.from_day, row.to_day) for row in rows} == {(date(2026, 3, 1), date(2026, 3, 28))}
    assert column(day_earlier, "people")[:3] == [5, 4, 4]
    assert column(day_earlier, "previous_people", "previous_share")[0] == (None, None)
    assert too_early == []
    assert summary(RESULT, chart_data(RESULT, rows)) == (
        "6 people were active in the 28 days to Saturday 28 March 2026, 4 on 4 or more,"
        " 2 on 12 or more; the most were 13 days."
    )
    assert summary(RESULT, chart_data(RESULT, [])) == RESULT.empty


def test_a_number_of_days_leads_to_its_people(store_of: Shelf) -> None:
    query = ask("2026-03-25", "2026-03-31", "2026-03-29")
    with reading(store_of(MARCH)) as reader:
        rows = power_curve(reader, query)
    assert RESULT.leads_to
    found = RESULT.leads_to(rows[11], query)
    assert (found.name, dict(found.counts)) == ("Active on 12 days or more", {"people": 2})
    assert found.query.active_days == 12
    assert found.query.period.end == date(2026, 3, 28)
