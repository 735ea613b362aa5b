"""What a change of conversations is made of, by hand and by the oracle."""

from fractions import Fraction
from typing import Any

from analytics.metrics.change_of_conversations import change_of_conversations
from analytics.query import Query
from analytics.reading.reader import reading
from tests.changes import rows_of, shown
from tests.conftest import Shelf
from tests.databases import Raw, a_message, a_session, a_user
from tests.metrics.rows import ask, column
from tests.metrics.test_change_of_active_users import CHANGES, TENTH
from tests.oracle import Oracle, compared


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    left = oracle.left(query)
    spans = {False: (query.period.start, query.period.end), True: compared(query)}

    def count(people: set[str], then: bool) -> tuple[int, int]:
        return (
            len(left.happened("sessions", people, *spans[then])),
            len(left.active(people, *spans[then])),
        )

    rows = rows_of(left, query, count)
    for row in rows:
        parts = [Fraction(row["difference"]), Fraction(0)]
        if row["people_before"] and row["people"]:
            then = Fraction(row["before"], row["people_before"])
            now = Fraction(row["now"], row["people"])
            parts = [
                (row["people"] - row["people_before"]) * (then + now) / 2,
                (now - then) * Fraction(row["people"] + row["people_before"], 2),
            ]
        row["more_people"], row["more_per_person"] = shown(parts, row["difference"])
    return rows


FIELDS = ("name", "before", "now", "difference", "more_people", "more_per_person")


def test_more_people_and_more_a_person(store_of: Shelf) -> None:
    with reading(store_of(CHANGES)) as reader:
        rows = change_of_conversations(reader, TENTH)
    # Acme: 1 person with 1, then 3 with 6: 2 people x 1.5, and 1 more of each x 2.
    # Beta: nobody now, so all is people. Nobody of no organization before: the same.
    assert column(rows, *FIELDS) == [
        ("Acme", 1, 6, 5, 3.0, 2.0),
        ("Beta", 3, 0, -3, -3.0, 0.0),
        (None, 0, 1, 1, 1.0, 0.0),
        ("Zeta", 1, 1, 0, 0.0, 0.0),
    ]
    assert column(rows, "share") == [166.7, -100.0, 33.3, 0.0]
    assert {row.change for row in rows} == {3}


def test_parts_are_rounded_so_that_they_add_up(store_of: Shelf) -> None:
    raw = Raw(
        users=[a_user(name) for name in ("ann", "bob", "cat")],
        sessions=[
            *(a_session(f"a{n}", "ann", "2026-03-09 09:00:00") for n in range(2)),
            *(a_session(f"b{n}", "bob", "2026-03-10 09:00:00") for n in range(5)),
        ],
        messages=[a_message("m", "a0", "2026-03-10 10:00:00"),
                  a_message("n", "a1", "2026-03-10 10:00:00")],
    )  # fmt: skip
    raw.sessions.append(a_session("c", "cat", "2026-03-10 09:00:00"))
    with reading(store_of(raw)) as reader:
        [row] = change_of_conversations(reader, TENTH)
        today = change_of_conversations(reader, ask("2026-03-10", "2026-03-10", "2026-03-10"))
    # From 1 person with 2 to 3 with 6, ann by a message alone: 2 more with 2 each.
    assert column([row], "people_before", "people", *FIELDS[3:]) == [(1, 3, 4, 4.0, 0.0)]
    assert today == [row]  # changes include today so far
    raw.sessions.append(a_session("c2", "cat", "2026-03-10 09:00:00"))
    with reading(store_of(raw)) as reader:
        [row] = change_of_conversations(reader, TENTH)
    # 7 of 3: 2 x (2 + 7/3) / 2 = 4.33, and 1/3 x 2 = 0.67.
    assert (row.difference, row.more_people, row.more_per_person) == (5, 4.3, 0.7)
