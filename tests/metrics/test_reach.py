"""Whose twins people use, who uses what, and first meetings, by hand and by the oracle."""

from datetime import date
from typing import Any

import pytest

from analytics.metrics.reach import RESULT, reach
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import Scope, reading
from tests.conftest import Shelf
from tests.databases import Raw, a_document, a_message, a_query, a_session, a_twin, a_user
from tests.metrics.rows import ask
from tests.metrics.test_depth_summary import Days, days_of, named_days
from tests.oracle import Event, Oracle, change

NAMES = ("own_conversations", "others_conversations", "unknown_conversations",
         "others_twin_users", "document_users", "query_users", "first_meetings")  # fmt: skip


def whose(oracle: Oracle, event: Event) -> str:
    """Whose the twin of an event's conversation is: own, others' or unknown."""
    twin = oracle.twin_rows.get(event.session["twin_id"])
    if twin is None:
        return "unknown"
    return "own" if twin["user_id"] == event.user_id else "others"


def users(oracle: Oracle, start: date, end: date) -> tuple[set[str], set[str], set[str]]:
    """Who used another's twin, drafted a document, retrieved information."""

    def inside(events: list[Event]) -> list[Event]:
        return [event for event in events if start <= event.day <= end]

    active = inside(oracle.events["sessions"] + oracle.said)
    return (
        {event.user_id for event in active if whose(oracle, event) == "others"},
        {event.user_id for event in inside(oracle.events["documents"])},
        {event.user_id for event in inside(oracle.events["queries"])},
    )


def figures(oracle: Oracle, query: Query, days: Days) -> dict[str, Any]:
    """The figures of some days."""
    if days is None:
        return dict.fromkeys(NAMES)
    left = oracle.left(query)
    people = left.chosen(query)
    started = [whose(left, event) for event in left.happened("sessions", people, *days)]
    met = [
        event
        for event in left.met_first()
        if event.user_id in people and days[0] <= event.day <= days[1]
    ]
    numbers = (
        *map(started.count, ("own", "others", "unknown")),
        *(len(each & people) for each in users(left, *days)),
        len(met),
    )
    return dict(zip(NAMES, numbers, strict=True))


def expected(oracle: Oracle, query: Query) -> dict[str, Any]:
    """What the row must hold."""
    now, before = (figures(oracle, query, each) for each in days_of(oracle, query))
    row = {**named_days(oracle, query), **now}
    for name in NAMES:
        row[f"previous_{name}"] = before[name]
        both = now[name] is not None and before[name] is not None
        row[f"{name}_change"] = change(now[name], before[name]) if both else None
    return row


def uses() -> Raw:
    """Ann and Bob use their own twins, each other's, and one that is gone."""
    raw = Raw(
        users=[a_user("ann"), a_user("bob", "Beta"), a_user("cid", "Beta")],
        twins=[a_twin("ta", "ann"), a_twin("tb", "bob"), a_twin("tn", "nobody")],
    )
    for id_, who, twin, day in (
        ("s0", "ann", "ta", "2026-03-05"),
        ("s1", "bob", "ta", "2026-03-08"),
        ("s2", "ann", "ta", "2026-03-09"),
        ("s3", "bob", "tb", "2026-03-09"),
        ("s4", "bob", "ta", "2026-03-10"),
        ("s5", "ann", "gone", "2026-03-10"),
        ("s6", "cid", "tn", "2026-03-11"),
        ("s7", "cid", "tb", "2026-03-12"),
    ):
        raw.sessions.append(a_session(id_, who, f"{day} 09:00:00", twin_id=twin))
    # Bob's twin answers Cid, who writes only then, in a conversation that has no date.
    raw.sessions.append(a_session("undated", "cid", None, twin_id="ta"))
    raw.messages += [
        a_message("m0", "undated", "2026-03-09 10:00:00"),
        a_message("m1", "s0", "2026-03-10 10:00:00", "twin"),
    ]
    raw.documents += [
        a_document("d0", "s0", "2026-03-10 11:00:00"),
        a_document("d1", "s2", "2026-03-11 11:00:00"),
        a_document("d2", "s3", "2026-03-12 11:00:00"),
        a_document("d3", "undated", "2026-03-06 11:00:00"),
    ]
    raw.queries += [a_query("q0", "s1", "2026-03-09 11:00:00"), a_query("q1", "s2", None)]
    return raw


def numbers(row: Any, prefix: str = "") -> list[int | None]:
    """The figures of a row, in their order."""
    return [getattr(row, f"{prefix}{name}") for name in NAMES]


def test_conversations_people_and_meetings_of_the_complete_days(store_of: Shelf) -> None:
    with reading(store_of(uses())) as reader:
        row = reach(reader, ask("2026-03-09", "2026-03-12", "2026-03-12"))
        of_bob = reach(reader, ask("2026-03-09", "2026-03-11", "2026-03-12", person="bob"))
        others = reach(reader, ask("2026-03-09", "2026-03-11", "2026-03-12", by_others=True))
        with_ta = reach(reader, ask("2026-03-08", "2026-03-11", "2026-03-12", twin="ta"))
    # Bob and Cid used others' twins, Ann's twin drafted twice, Bob retrieved. Bob met his own,
    # Ann the one that is gone, Cid that of nobody who is there.
    assert numbers(row) == [2, 2, 1, 2, 1, 1, 3]
    assert numbers(row, "previous_") == [0, 1, 0, 1, 1, 0, 1]
    assert (row.own_conversations_change, row.others_conversations_change) == (None, 100.0)
    assert (row.document_users_change, row.first_meetings_change) == (0.0, 200.0)
    assert numbers(of_bob) == [1, 1, 0, 1, 0, 1, 1]
    assert numbers(others) == [0, 2, 0, 2, 0, 1, 1]
    assert numbers(with_ta) == [1, 2, 0, 2, 1, 1, 1]


@pytest.mark.parametrize("user", ["", "@"])
def test_within_a_scope_a_twin_of_somebody_outside_is_unknown(store_of: Shelf, user: str) -> None:
    """Cells have it where nothing else is asked, facts else."""
    days = ask("2026-03-09", "2026-03-12", "2026-03-13", user=user)
    with reading(store_of(uses()), Scope.of(("Beta",))) as reader:
        assert numbers(reach(reader, days)) == [1, 1, 2, 1, 1, 1, 3]
    with reading(store_of(uses()), Scope.of(("Acme",))) as reader:
        assert numbers(reach(reader, days)) == [1, 0, 1, 0, 1, 0, 1]


def test_without_a_complete_day_there_is_no_answer(store_of: Shelf) -> None:
    with reading(store_of(uses())) as reader:
        row = reach(reader, ask("2026-03-12", "2026-03-12", "2026-03-12"))
    assert set(row.model_dump(exclude={"complete"}).values()) == {None}
    assert RESULT.cards
    assert {card.value for card in RESULT.cards(row)} == {"n/a"}


def test_what_is_compared_begins_with_the_data(store_of: Shelf) -> None:
    with reading(store_of(uses())) as reader:
        first = reach(reader, ask("2026-03-08", "2026-03-10", "2026-03-12"))
        too_early = reach(reader, ask("2026-03-08", "2026-03-11", "2026-03-12"))
        against = Period(date(2026, 3, 5), date(2026, 3, 5), date(2026, 3, 12))
        chosen = reach(reader, ask("2026-03-08", "2026-03-11", "2026-03-12", against=against))
    assert numbers(first, "previous_") == [1, 0, 0, 0, 1, 0, 1]
    assert set(numbers(too_early, "previous_")) == {None}
    assert numbers(chosen, "previous_") == [1, 0, 0, 0, 0, 0, 1]
    assert (chosen.previous_from_day, chosen.previous_to_day) == (against.start, against.end)


def test_the_cards_say_what_part_of_the_conversations_it_is(store_of: Shelf) -> None:
    assert RESULT.cards
    with reading(store_of(uses())) as reader:
        cards = RESULT.cards(reach(reader, ask("2026-03-09", "2026-03-11", "2026-03-12")))
    assert [(card.label, card.value, card.note) for card in cards] == [
        ("With their own twin", "2", "40.0 % of conversations"),
        ("With others' twins", "2", "40.0 % of conversations"),
        ("With unknown twins", "1", "20.0 % of conversations"),
        ("Used another's twin", "2", ""),
        ("Drafted documents", "1", ""),
        ("Retrieved information", "1", ""),
        ("First meetings", "3", ""),
    ]
