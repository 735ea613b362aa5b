"""How far new accounts get, by hand and by the oracle."""

from typing import Any

from analytics.metrics.activation import activation_steps
from analytics.query import Query
from analytics.reading.reader import Reader, reading
from tests.conftest import Shelf
from tests.databases import Raw, Row, a_document, a_message, a_session, a_user
from tests.groups import due_days, steps_of
from tests.metrics.rows import ask, column
from tests.oracle import Oracle, percent

STEPS = {
    "due": "Account created", "used": "First use", "drafted": "Document drafted",
    "came_again": "Active again",
}  # fmt: skip


def expected(oracle: Oracle, query: Query) -> list[Row]:
    """What every row must hold."""
    left = oracle.left(query)
    found = [steps_of(left, query, user) for user in left.chosen(query)]
    days = due_days(left, query)
    people = {step: sum(step in steps for steps in found) for step in STEPS}
    if not people["due"] or days is None:
        return []
    return [
        {
            "step": label,
            "people": people[step],
            "share": percent(people[step], people["due"]),
            "created_from": days[0],
            "created_to": days[1],
        }
        for step, label in STEPS.items()
    ]


# The data begin on 1 March with old, whose account is older. All others were created on 2 March,
# so that they are due on 30 March: their last day is the 29th.
CREATED = "2026-03-02 10:00:00"
RAW = Raw(
    users=[
        a_user("old", "Beta", created_at="2026-02-20 10:00:00"),
        a_user("undated"),
        a_user("idle", created_at=CREATED),
        a_user("same", created_at=CREATED),  # used on the day of creation, again 7 days after
        a_user("six", created_at=CREATED),  # again 6 days after
        a_user("last", created_at=CREATED),  # used on day 27
        a_user("late", created_at=CREATED),  # on day 28
        a_user("early", created_at=CREATED),  # before the creation
        a_user("young", created_at="2026-03-03 00:00:00"),
    ],
    sessions=[
        a_session("o", "old", "2026-03-01 10:00:00"),
        a_session("u", "undated", "2026-03-05 10:00:00"),
        a_session("s1", "same", "2026-03-02 09:00:00", topic="Budget"),
        a_session("s2", "same", "2026-03-09 10:00:00"),
        a_session("x1", "six", "2026-03-03 10:00:00"),
        a_session("x2", "six", "2026-03-09 10:00:00"),
        a_session("l1", "last", None),
        a_session("t1", "late", "2026-03-30 00:00:00", topic="Budget"),
        a_session("e1", "early", "2026-03-01 10:00:00"),
        a_session("e2", "early", "2026-03-29 23:59:59"),
        a_session("y1", "young", "2026-03-04 10:00:00"),
    ],
    messages=[
        a_message("m1", "l1", "2026-03-29 10:00:00"),
        a_message("m2", "x1", "2026-03-20 10:00:00", "twin"),
    ],
    documents=[
        a_document("d1", "s1", "2026-03-29 10:00:00"),
        a_document("d2", "x1", "2026-03-30 10:00:00"),
        a_document("d3", "e1", "2026-03-01 10:00:00"),
        a_document("d4", "t1", None),
    ],
)
DAY = "2026-03-30", "2026-03-30", "2026-04-10"


def people(reader: Reader, query: Query) -> list[Any]:
    """Of each step."""
    return column(activation_steps(reader, query), "people")


def test_each_step_counts_by_itself_within_28_days(store_of: Shelf) -> None:
    with reading(store_of(RAW)) as reader:
        rows = activation_steps(reader, ask(*DAY))
    assert column(rows, "step", "people", "share") == [
        ("Account created", 6, 100.0), ("First use", 4, 66.7), ("Document drafted", 2, 33.3),
        ("Active again", 2, 33.3),
    ]  # fmt: skip
    assert {str(day) for row in rows for day in (row.created_from, row.created_to)} == {
        "2026-03-02"
    }


def test_accounts_are_due_28_days_after_their_creation_on_complete_days(store_of: Shelf) -> None:
    with reading(store_of(RAW)) as reader:
        assert activation_steps(reader, ask("2026-03-01", "2026-03-29", "2026-04-10")) == []
        assert people(reader, ask("2026-03-01", "2026-03-31", "2026-04-10")) == [7, 5, 2, 2]
        assert people(reader, ask("2026-03-01", "2026-03-31", "2026-03-31")) == [6, 4, 2, 2]
        assert people(reader, ask("2026-03-31", "2026-05-31", "2026-06-10")) == [1, 1, 0, 0]
        assert activation_steps(reader, ask(*DAY[:2], "2026-03-30")) == []


def test_the_left_edge_is_the_first_day_of_anybody_whatever_is_asked(store_of: Shelf) -> None:
    whole = "2026-03-01", "2026-03-31", "2026-04-10"
    with reading(store_of(RAW)) as reader:
        [first, *_] = activation_steps(reader, ask(*whole))
        assert str(first.created_from) == "2026-03-01"
        assert activation_steps(reader, ask(*whole, organizations=("Beta",))) == []
        # A month later the data would begin with young, without old, undated and early.
        assert people(reader, ask(*whole, person="young")) == [1, 1, 0, 0]


def test_steps_are_those_of_what_event_filters_leave(store_of: Shelf) -> None:
    with reading(store_of(RAW)) as reader:
        assert people(reader, ask(*DAY, topics=("Budget",))) == [6, 1, 1, 0]
        assert people(reader, ask(*DAY, topics=("None of them",))) == [6, 0, 0, 0]
        assert people(reader, ask(*DAY, user="s")) == [3, 3, 1, 1]


def test_a_day_is_one_on_the_clocks_of_the_zone(store_of: Shelf) -> None:
    """28 days over the change to summer time are not 28 times 24 hours."""
    raw = Raw(
        users=[a_user("ann", created_at="2026-03-02 22:59:59")],
        sessions=[
            a_session("a", "ann", "2026-03-29 21:59:59"),
            a_session("b", "ann", "2026-03-01 23:00:00"),
        ],
    )
    with reading(store_of(raw, "Europe/Berlin")) as reader:
        assert people(reader, ask(*DAY)) == [1, 1, 0, 1]
        assert activation_steps(reader, ask("2026-03-31", "2026-04-30", "2026-05-10")) == []
