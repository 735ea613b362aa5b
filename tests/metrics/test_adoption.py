"""Accounts, and how many of them are in use, by hand and by the oracle."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from analytics.metrics.adoption import adoption, adoption_cards
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import Reader, reading
from tests.conftest import Shelf
from tests.databases import Raw, Row, a_session, a_user
from tests.metrics.rows import ask
from tests.oracle import Oracle, change, compared, one_decimal, quotient

NAMES = (
    "from_day", "to_day", "accounts", "active_users", "adoption_rate", "ever_active",
    "ever_active_rate", "never_active",
)  # fmt: skip


def reached(oracle: Oracle, query: Query, start: date, end: date) -> Row:
    """What there is of some days, the complete ones of them."""
    left, end = oracle.left(query), min(end, query.period.today - timedelta(1))
    if end < start:
        return dict.fromkeys(NAMES)
    people = left.chosen(query)
    accounts, ever = len(left.accounts_of(people, end)), len(left.ever_active(people, end))
    active = len(left.active(people, start, end))
    values = (start, end, accounts, active, quotient(active * 100, accounts), ever,
              quotient(ever * 100, accounts), accounts - ever)  # fmt: skip
    return dict(zip(NAMES, values, strict=True))


def expected(oracle: Oracle, query: Query) -> Row:
    """The one row."""
    now = reached(oracle, query, query.period.start, query.period.end)
    was = reached(oracle, query, *compared(query))
    begin = oracle.first_active_day
    if was["from_day"] is None or begin is None or was["from_day"] < begin:
        was["adoption_rate"] = None
    both = now["from_day"] is not None and was["from_day"] is not None
    row = {**now, **{f"previous_{name}": was[name] for name in NAMES}}
    del row["previous_ever_active_rate"]
    points = None
    if now["adoption_rate"] is not None and was["adoption_rate"] is not None:
        rates = [Fraction(of["active_users"] * 100, of["accounts"]) for of in (now, was)]
        points = one_decimal(rates[0] - rates[1])
    row["adoption_rate_change"] = points
    for name in ("accounts", "ever_active"):
        row[f"{name}_change"] = change(now[name], was[name]) if both else None
    return {**row, "data_begin": begin}


# The data begin on 2 March. Accounts: ann and old from before, und without a date, bob from 12
# March, imp used it before there was an account, far is created in the far future.
RAW = Raw(
    users=[
        a_user("old", created_at="2025-06-01 10:00:00"),
        a_user("ann", created_at="2026-03-01 10:00:00"),
        a_user("und", "Beta", created_at=None),
        a_user("bob", "Beta", created_at="2026-03-12 10:00:00"),
        a_user("imp", "Beta", created_at="2026-03-30 10:00:00"),
        a_user("far", created_at="2999-01-01 10:00:00"),
    ],
    sessions=[
        a_session("a1", "ann", "2026-03-02 10:00:00", topic="Budget"),
        a_session("a2", "ann", "2026-03-15 10:00:00"),
        a_session("i1", "imp", "2026-03-10 10:00:00"),
        a_session("i2", "imp", "2026-03-16 10:00:00", topic="Budget"),
        a_session("b1", "bob", "2026-03-17 10:00:00"),
    ],
)


def figures(reader: Reader, query: Query) -> tuple[Any, ...]:
    """Accounts, active users, rate and ever active."""
    row = adoption(reader, query)
    return row.accounts, row.active_users, row.adoption_rate, row.ever_active


def test_accounts_and_their_rate_against_the_days_before(store_of: Shelf) -> None:
    with reading(store_of(RAW)) as reader:
        row = adoption(reader, ask("2026-03-10", "2026-03-16", "2026-03-20"))
    assert (row.from_day, row.to_day) == (date(2026, 3, 10), date(2026, 3, 16))
    assert (row.accounts, row.active_users, row.adoption_rate) == (5, 2, 40.0)
    assert (row.ever_active, row.ever_active_rate, row.never_active) == (2, 40.0, 3)
    assert (row.previous_from_day, row.previous_to_day) == (date(2026, 3, 3), date(2026, 3, 9))
    assert (row.previous_accounts, row.previous_active_users) == (3, 0)
    assert (row.previous_adoption_rate, row.adoption_rate_change) == (0.0, 40.0)
    assert (row.accounts_change, row.ever_active_change) == (66.7, 100.0)


def test_days_before_the_data_have_no_rate_to_compare_with(store_of: Shelf) -> None:
    with reading(store_of(RAW)) as reader:
        on, off = (
            adoption(reader, ask(start, "2026-03-15", "2026-03-20"))
            for start in ("2026-03-09", "2026-03-08")
        )
        chosen = ask("2026-03-09", "2026-03-15", "2026-03-20")
        earlier = Period(date(2026, 2, 1), date(2026, 3, 2), date(2026, 3, 20))
        other = adoption(reader, Query(chosen.period, against=earlier))
    assert on.previous_from_day == date(2026, 3, 2)
    assert (on.previous_adoption_rate, on.adoption_rate_change) == (33.3, 6.7)
    for row in (off, other):
        assert (row.previous_adoption_rate, row.adoption_rate_change) == (None, None)
        assert (row.previous_accounts, row.previous_active_users) == (3, 1)
    cards = adoption_cards(off)
    assert (cards[0].difference, cards[0].direction, cards[0].before) == ("", "", "")
    assert cards[0].note.endswith("; the data begin on 2 Mar 2026")
    assert (cards[1].difference, cards[1].direction) == ("+2 (+66.7 %)", "up")


def test_the_days_are_the_complete_ones_and_with_none_there_is_no_answer(store_of: Shelf) -> None:
    with reading(store_of(RAW)) as reader:
        running = ask("2026-03-10", "2026-03-20", "2026-03-16")
        assert figures(reader, running) == (5, 2, 40.0, 2)
        assert adoption(reader, running).to_day == date(2026, 3, 15)
        today = adoption(reader, ask("2026-03-16", "2026-03-20", "2026-03-16"))
    assert (today.accounts, today.adoption_rate, today.ever_active) == (None, None, None)
    assert (today.accounts_change, today.adoption_rate_change) == (None, None)
    assert today.previous_accounts == 5
    assert [(card.value, card.note) for card in adoption_cards(today)] == [
        ("n/a", "No day of this period is over yet.")
    ] * 4


def test_what_happened_narrows_users_but_never_accounts(store_of: Shelf) -> None:
    week = "2026-03-10", "2026-03-16", "2026-03-20"
    with reading(store_of(RAW)) as reader:
        assert figures(reader, ask(*week, topics=("Budget",))) == (5, 1, 20.0, 2)
        assert figures(reader, ask(*week, organizations=("Beta",))) == (3, 1, 33.3, 1)
        assert figures(reader, ask(*week, user="imp@")) == (1, 1, 100.0, 1)
        assert figures(reader, ask(*week, person="far")) == (0, 0, None, 0)
        assert figures(reader, ask(*week, organizations=("Nobody",))) == (0, 0, None, 0)


def test_cards_say_what_the_rate_is_of(store_of: Shelf) -> None:
    with reading(store_of(RAW)) as reader:
        cards = adoption_cards(adoption(reader, ask("2026-03-10", "2026-03-16", "2026-03-20")))
    assert [(card.label, card.value, card.difference, card.note) for card in cards] == [
        ("Adoption rate", "40.0 %", "+40.0 pp",
         "2 of 5 accounts active, 10 Mar \u2013 16 Mar 2026"),
        ("Accounts", "5", "+2 (+66.7 %)", ""),
        ("Ever active", "2", "+1 (+100.0 %)", "40.0 % of accounts"),
        ("Never active", "3", "", "60.0 % of accounts"),
    ]  # fmt: skip
