"""First meetings of people and twins, by hand and by the oracle."""

from typing import Any

from analytics.metrics.first_meetings import first_meetings
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_twin, a_user
from tests.metrics.rows import ask, column
from tests.oracle import Oracle, days_of


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    left = oracle.left(query)
    people = left.chosen(query)
    met = [event.day for event in left.met_first() if event.user_id in people]
    return [
        {"date": day, "first_meetings": met.count(day), "complete": day < query.period.today}
        for day in days_of(query.period)
    ]


def meetings() -> Raw:
    """Ann meets two twins, Bob one, twice on the first day."""
    raw = Raw(users=[a_user("ann"), a_user("bob", "Beta")], twins=[a_twin("t0", "ann")])
    for n, (who, twin, day, topic) in enumerate(
        [
            ("ann", "t0", 9, "Budget"), ("ann", "t0", 10, None), ("ann", "gone", 10, None),
            ("bob", "t0", 11, None), ("bob", "t0", 11, "Budget"), ("bob", "t0", 12, "Budget"),
        ]
    ):  # fmt: skip
        raw.sessions.append(
            a_session(f"s{n}", who, f"2026-03-{day:02} 09:00:00", twin_id=twin, topic=topic)
        )
    raw.sessions.append(a_session("undated", "bob", None, twin_id="gone"))
    return raw


def test_a_person_and_a_twin_meet_once(store_of: Shelf) -> None:
    def met(**more: Any) -> list[int]:
        rows = first_meetings(reader, ask("2026-03-09", "2026-03-12", "2026-03-12", **more))
        return column(rows, "first_meetings")

    with reading(store_of(meetings())) as reader:
        assert met() == met(user="@") == [1, 1, 1, 0]
        assert met(organizations=("Beta",)) == met(person="bob") == [0, 0, 1, 0]
        # As if there were no other conversations.
        assert met(topics=(None,)) == [0, 2, 1, 0]
        assert met(twin="gone") == met(unknown_twin=True) == [0, 1, 0, 0]
        assert met(own_twin=True) == [1, 0, 0, 0]
        later = first_meetings(reader, ask("2026-03-10", "2026-03-12", "2026-03-12"))
    assert column(later, "first_meetings", "complete") == [(1, True), (1, True), (0, False)]
