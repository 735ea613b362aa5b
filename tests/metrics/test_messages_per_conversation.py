"""Messages per conversation, by hand and by the oracle."""

from datetime import date
from typing import Any

from analytics.metrics.messages_per_conversation import messages_per_conversation
from analytics.metrics.registry import BY_SLUG
from analytics.output.chart_data import chart_data
from analytics.output.chart_summary import summary
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_message, a_session, a_user
from tests.oracle import Oracle, days_of, quotient


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    left, rows = oracle.left(query), []
    people = left.chosen(query)
    for day in days_of(query.period):
        messages = len(left.happened("messages", people, day, day))
        conversations = len(left.happened("sessions", people, day, day))
        rows.append(
            {"date": day, "messages": messages, "conversations": conversations,
             "per_conversation": quotient(messages, conversations),
             "complete": day < query.period.today}
        )  # fmt: skip
    return rows


def test_the_period_divides_the_sums_and_no_day_divides_by_nothing(store_of: Shelf) -> None:
    raw = Raw(
        users=[a_user("ann")],
        sessions=[
            a_session("long", "ann", "2026-03-09 09:00:00"),
            *(a_session(f"s{n}", "ann", "2026-03-10 09:00:00") for n in range(3)),
        ],
        messages=[
            *(a_message(f"m{n}", "long", "2026-03-09 09:01:00") for n in range(9)),
            a_message("short", "s0", "2026-03-10 09:01:00", "twin"),
            a_message("later", "long", "2026-03-11 09:01:00"),
        ],
    )
    query = Query(Period(date(2026, 3, 9), date(2026, 3, 11), today=date(2026, 3, 12)))
    with reading(store_of(raw)) as reader:
        rows = messages_per_conversation(reader, query)
    assert [(row.messages, row.conversations, row.per_conversation) for row in rows] == [
        (9, 1, 9.0), (1, 3, 0.3), (1, 0, None),
    ]  # fmt: skip
    # 11 messages of 4 conversations: not the mean of 9.0 and 0.3.
    result = BY_SLUG["messages-per-conversation"]
    assert summary(result, chart_data(result, rows)) == "Messages per conversation: 2.8."
