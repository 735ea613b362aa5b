"""How many messages of the person conversations have, by hand and by the oracle."""

from datetime import timedelta
from typing import Any

from analytics.metrics.depth import depth
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_message, a_session, a_user
from tests.metrics.rows import ask, column
from tests.oracle import Event, Oracle, percent


def asked_and_answered(oracle: Oracle, session_id: str) -> tuple[int, int]:
    """Messages of the person and of the twin in a conversation, dated or not."""
    senders = [
        row["sender_type"] for row in oracle.rows["messages"] if row["session_id"] == session_id
    ]
    return senders.count("user"), senders.count("twin")


def started(oracle: Oracle, query: Query) -> list[Event]:
    """The conversations that were started on the complete days of the period."""
    period, left = query.period, oracle.left(query)
    end = min(period.end, period.today - timedelta(1))
    return left.happened("sessions", left.chosen(query), period.start, end)


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    found = [asked_and_answered(oracle, event.row["id"])[0] for event in started(oracle, query)]
    counts = {n: sum(min(asked, 20) == n for asked in found) for n in range(21)}
    return [
        {"asked": n, "conversations": number, "share": percent(number, len(found))}
        for n, number in counts.items()
        if found
    ]


def talks() -> Raw:
    """A conversation a number of the person's messages, and other messages that don't count."""
    raw = Raw(users=[a_user("ann"), a_user("bob", "Beta")])
    for n, (who, day, said) in enumerate(
        [
            ("ann", 9, 0), ("ann", 9, 1), ("bob", 10, 1), ("bob", 10, 19), ("ann", 10, 20),
            ("ann", 10, 21), ("ann", 12, 2),
        ]
    ):  # fmt: skip
        raw.sessions.append(a_session(f"s{n}", who, f"2026-03-{day:02} 09:00:00"))
        # The first is undated, the second of another day, long after.
        stamps = [None, "2026-05-01 10:00:00", *["2026-03-10 09:01:00"] * 19]
        raw.messages += [a_message(f"m{n}-{m}", f"s{n}", stamps[m]) for m in range(said)]
    for n, sender in enumerate(("twin", "User", "system", "")):
        raw.messages.append(a_message(f"x{n}", "s0", "2026-03-09 09:01:00", sender))
    raw.sessions.append(a_session("undated", "ann", None))
    raw.messages.append(a_message("u", "undated", "2026-03-09 10:00:00"))
    return raw


def test_conversations_are_counted_by_messages_of_the_person(store_of: Shelf) -> None:
    with reading(store_of(talks())) as reader:
        rows = depth(reader, ask("2026-03-09", "2026-03-12", "2026-03-12"))
        of_bob = depth(reader, ask("2026-03-09", "2026-03-12", "2026-03-12", user="bob"))
        of_beta = depth(
            reader, ask("2026-03-09", "2026-03-12", "2026-03-12", organizations=("Beta",))
        )
    assert column(rows, "asked") == list(range(21))
    counts = {row.asked: (row.conversations, row.share) for row in rows if row.conversations}
    # That of the 12th was started today. 21 are among "20 or more".
    assert counts == {0: (1, 16.7), 1: (2, 33.3), 19: (1, 16.7), 20: (2, 33.3)}
    assert of_bob == of_beta
    assert {row.asked: row.conversations for row in of_bob if row.conversations} == {1: 1, 19: 1}


def test_nothing_is_said_of_no_conversation_and_of_no_complete_day(store_of: Shelf) -> None:
    with reading(store_of(talks())) as reader:
        assert depth(reader, ask("2026-03-11", "2026-03-11", "2026-03-13")) == []
        assert depth(reader, ask("2026-03-12", "2026-03-12", "2026-03-12")) == []
