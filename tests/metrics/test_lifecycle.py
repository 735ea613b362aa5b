"""The lifecycle of a period, by hand and by the oracle."""

from datetime import date, timedelta
from typing import Any

from analytics.metrics.lifecycle import lifecycle, lifecycle_cards, lifecycle_leads_to
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_message, a_session, a_user
from tests.lifecycle import FIELDS, adds_up, became, complete
from tests.metrics.rows import ask
from tests.oracle import Oracle, compared

# A twin's message makes nobody active; dan only wrote, in a conversation without a date.
PEOPLE = Raw(
    users=[a_user(name) for name in ("ann", "bob", "cat")] + [a_user("dan", "Beta")],
    sessions=[
        a_session("a0", "ann", "2026-03-02 09:00:00"),
        a_session("a1", "ann", "2026-03-03 09:00:00"),
        a_session("b0", "bob", "2026-03-03 10:00:00"),
        a_session("a2", "ann", "2026-03-05 09:00:00"),
        a_session("b1", "bob", "2026-03-05 10:00:00"),
        a_session("d", "dan", None),
        a_session("a3", "ann", "2026-03-12 09:00:00"),
    ],
    messages=[
        a_message("m0", "a1", "2026-03-04 09:00:00", "twin"),
        a_message("m1", "d", "2026-03-09 09:00:00"),
    ],
)


def expected(oracle: Oracle, query: Query) -> dict[str, Any]:
    """What the row must hold."""
    began = oracle.first_active_day
    return {
        **of_period(oracle, query),
        "data_from": began,
        **{
            f"previous_{name}": value
            for name, value in of_period(oracle, before(query)).items()
            if name != "before_from"
        },
    }


def before(query: Query) -> Query:
    """The same question of the period that it compares with."""
    start, end = compared(query)
    return Query(Period(start, end, query.period.today), **filters(query))


def filters(query: Query) -> dict[str, Any]:
    """The filters of a question."""
    names = ("organizations", "departments", "user", "person", "twin", "unknown_twin", "by_others",
             "topics")  # fmt: skip
    return {name: getattr(query, name) for name in names}


def of_period(oracle: Oracle, query: Query) -> dict[str, Any]:
    """Dates and people of the complete days of a period."""
    days = complete(query)
    if not days:
        return dict.fromkeys(("from_day", "to_day", "before_from", *FIELDS))
    start = days[0].toordinal() - len(days)
    return {
        "from_day": days[0],
        "to_day": days[-1],
        "before_from": date.fromordinal(start) if start >= 1 else None,
        **became(oracle, query, start, (days[0], days[-1])),
    }


def test_a_period_against_the_days_directly_before(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        row = lifecycle(reader, ask("2026-03-05", "2026-03-06", "2026-03-20"))
        late = lifecycle(reader, ask("2026-03-09", "2026-03-12", "2026-03-20"))
    # The 5th and 6th after the 3rd and 4th: ann and bob. Before them, on the 1st and 2nd, nobody
    # is known: the data begin on the 2nd.
    assert (row.new, row.returning, row.back, row.gone) == (0, 2, 0, 0)
    assert (row.active_users, row.active_before) == (2, 2)
    assert (row.from_day, row.to_day, row.before_from, row.data_from) == (
        date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 3), date(2026, 3, 2),
    )  # fmt: skip
    assert (row.previous_active_users, row.previous_new, row.previous_gone) == (2, None, None)
    assert (row.previous_from_day, row.previous_to_day) == (date(2026, 3, 3), date(2026, 3, 4))
    # Dan is new, ann returns to the second half, and bob is gone.
    assert (late.new, late.returning, late.back, late.gone) == (1, 1, 0, 1)
    assert adds_up([row, late])


def test_the_comparison_has_a_lifecycle_of_its_own(store_of: Shelf) -> None:
    days = Period(date(2026, 3, 3), date(2026, 3, 3), date(2026, 3, 20))
    with reading(store_of(PEOPLE)) as reader:
        row = lifecycle(reader, ask("2026-03-12", "2026-03-12", "2026-03-20", against=days))
    # On the 12th ann is back; on the 3rd, after the 2nd, she returned, and bob was new.
    assert (row.new, row.returning, row.back, row.gone) == (0, 0, 1, 0)
    assert (row.previous_new, row.previous_returning) == (1, 1)
    assert (row.previous_back, row.previous_gone, row.previous_active_before) == (0, 0, 1)


def test_today_is_left_out_and_today_alone_has_no_answer(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        running = lifecycle(reader, ask("2026-03-11", "2026-03-12", "2026-03-12"))
        alone = lifecycle(reader, ask("2026-03-12", "2026-03-12", "2026-03-12"))
    assert (running.from_day, running.to_day, running.active_users) == (
        date(2026, 3, 11), date(2026, 3, 11), 0,
    )  # fmt: skip
    assert (alone.from_day, alone.active_users, alone.new, alone.gone) == (None,) * 4
    assert [card.note for card in lifecycle_cards(alone)] == [
        "No day of the period is over yet."
    ] * 4
    for then in lifecycle_leads_to(alone, ask("2026-03-12", "2026-03-12", "2026-03-12")):
        assert all(one.is_before for one in then)


def test_the_left_edge_is_that_of_all_data_whatever_is_filtered(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        known = lifecycle(reader, ask("2026-03-04", "2026-03-05", "2026-03-20"))
        beta = lifecycle(
            reader, ask("2026-03-09", "2026-03-11", "2026-03-20", organizations=("Beta",))
        )
    assert (known.new, known.active_users, known.active_before) == (0, 2, 2)
    # One person, new although everybody there is: others were active long before.
    assert (beta.new, beta.returning, beta.back, beta.gone) == (1, 0, 0, 0)


def test_cards_say_of_how_many_and_what_was_then(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        row = lifecycle(reader, ask("2026-03-09", "2026-03-12", "2026-03-20"))
        nothing = lifecycle(reader, ask("2026-03-03", "2026-03-05", "2026-03-20"))
    new, returning, _, gone = lifecycle_cards(row)
    assert (new.value, new.note, new.difference) == ("1", "of 2 active people", "")
    assert (returning.value, returning.note) == ("1", "of 2 before")
    assert (gone.value, gone.note, gone.better, new.better) == (
        "1", "of 2 before", "down", "up",
    )  # fmt: skip
    assert [card.note for card in lifecycle_cards(nothing)] == ["The data begin on 2 Mar 2026."] * 4


def test_everybody_is_in_one_group_on_any_day(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        for first in range(12):
            start = date(2026, 3, 1) + timedelta(first)
            for days in range(1, 8):
                end = start + timedelta(days - 1)
                row = lifecycle(reader, ask(start.isoformat(), end.isoformat(), "2026-03-20"))
                assert adds_up([row])
