"""Queries per conversation, by hand and by the oracle."""

from datetime import date
from typing import Any

from analytics.metrics.queries_per_conversation import queries_per_conversation
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_query, a_session, a_user
from tests.oracle import Oracle, days_of, quotient


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    left, rows = oracle.left(query), []
    people = left.chosen(query)
    for day in days_of(query.period):
        queries = len(left.happened("queries", people, day, day))
        conversations = len(left.happened("sessions", people, day, day))
        share = quotient(queries, conversations)
        rows.append(
            {"date": day, "queries": queries, "conversations": conversations,
             "per_conversation": share, "complete": day < query.period.today}
        )  # fmt: skip
    return rows


def test_a_day_without_conversations_has_none(store_of: Shelf) -> None:
    raw = Raw(
        users=[a_user("ann")],
        sessions=[a_session(name, "ann", "2026-03-10 09:00:00") for name in ("s", "t")],
        queries=[
            a_query("q", "s", "2026-03-10 09:01:00"),
            a_query("r", "s", "2026-03-10 09:02:00"),
            a_query("u", "t", "2026-03-10 09:03:00"),
            a_query("v", "t", "2026-03-11 09:04:00"),
        ],
    )
    days = Period(date(2026, 3, 10), date(2026, 3, 11), today=date(2026, 3, 11))
    with reading(store_of(raw)) as reader:
        rows = queries_per_conversation(reader, Query(days))
    assert [(row.queries, row.conversations, row.per_conversation) for row in rows] == [
        (3, 2, 1.5), (1, 0, None),
    ]  # fmt: skip
