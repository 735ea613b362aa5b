"""Messages per active person, by hand and by the oracle."""

from datetime import date
from typing import Any

from analytics.metrics.messages_per_person import messages_per_person
from analytics.metrics.registry import BY_SLUG
from analytics.output.chart_data import chart_data
from analytics.output.chart_summary import summary
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_message, a_session, a_user
from tests.oracle import Oracle, quotient


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    left, rows = oracle.left(query), []
    days = query.period.start, query.period.end
    chosen = left.chosen(query)
    for name in {left.users[user]["company"] or None for user in chosen}:
        people = {user for user in chosen if (left.users[user]["company"] or None) == name}
        active, messages = left.active(people, *days), left.happened("messages", people, *days)
        if active:
            rows.append(
                {"name": name, "messages": len(messages), "active_users": len(active),
                 "per_person": quotient(len(messages), len(active))}
            )  # fmt: skip
    return sorted(
        rows, key=lambda row: (-row["per_person"], row["name"] is None, row["name"] or "")
    )


def test_only_who_was_active_divides(store_of: Shelf) -> None:
    raw = Raw(
        users=[
            a_user("ann", "Acme"), a_user("bob", "Acme"), a_user("idle", "Acme"),
            a_user("zoe", "Zebra"), a_user("told", "Silent"), a_user("nora", None),
        ],
        sessions=[
            a_session(f"s_{name}", name, "2026-03-10 09:00:00") for name in ("ann", "bob", "nora")
        ] + [a_session(f"s_{name}", name, "2026-03-01 09:00:00") for name in ("zoe", "told")],
        messages=[
            *(a_message(f"a{n}", "s_ann", "2026-03-10 09:01:00") for n in range(5)),
            *(a_message(f"z{n}", "s_zoe", "2026-03-10 09:01:00") for n in range(3)),
            # What a twin writes makes nobody active.
            a_message("t", "s_told", "2026-03-10 09:01:00", "twin"),
        ],
    )  # fmt: skip
    query = Query(Period(date(2026, 3, 9), date(2026, 3, 11), today=date(2026, 3, 12)))
    with reading(store_of(raw)) as reader:
        rows = messages_per_person(reader, query)
    assert [(row.name, row.messages, row.active_users, row.per_person) for row in rows] == [
        ("Zebra", 3, 1, 3.0), ("Acme", 5, 2, 2.5), (None, 0, 1, 0.0),
    ]  # fmt: skip
    result = BY_SLUG["messages-per-person"]
    said = "Zebra leads with 3.0 messages per active person."
    assert summary(result, chart_data(result, rows)) == said
