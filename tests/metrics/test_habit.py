"""Who has which habit, and days per active person, by hand and by the oracle."""

import random
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.metrics.habit import habit, habit_cards, habit_leads_to
from analytics.metrics.registry import BY_SLUG
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user
from tests.metrics.habits import MARCH, TIERS, last_complete, people_in_tiers, spans
from tests.metrics.rows import ask
from tests.metrics.test_concentration import expected as expected_concentration
from tests.metrics.test_habit_tiers import expected as expected_tiers
from tests.metrics.test_power_curve import expected as expected_curve
from tests.oracle import Oracle, one_decimal, quotient


def expected(oracle: Oracle, query: Query) -> dict[str, Any]:
    """What the row must hold."""
    left = oracle.left(query)
    now, before = spans(oracle, query)
    row: dict[str, Any] = {
        "from_day": now[0] if now else None,
        "to_day": now[1] if now else None,
    }
    for prefix, span in (("", now), ("previous_", before)):
        people = people_in_tiers(left, query, span) if span else None
        active = sum(people.values()) if people else None
        row[f"{prefix}active_users"] = active
        for name in TIERS:
            row[f"{prefix}{name}"] = people[name] if people else None
            share = quotient(people[name] * 100, active or 0) if people else None
            row[f"{prefix}{name}_share"] = share
    last, start = last_complete(query), query.period.start
    names = ("user_days", "period_users")
    parts: list[tuple[int, int] | None] = [None, None]
    if last:
        parts[0] = days_and_people(left, query, start, last)
        first = oracle.first_active_day
        long = (last - start).days + 1
        if first is not None and (start - first).days >= long:
            day = timedelta(1)
            parts[1] = days_and_people(left, query, start - long * day, start - day)
    for n, name in enumerate(names):
        row[name] = parts[0][n] if parts[0] else None
    row["days_per_user"] = quotient(*parts[0]) if parts[0] else None
    row["previous_days_per_user"] = quotient(*parts[1]) if parts[1] else None
    row["days_per_user_change"] = None
    if parts[0] and parts[1] and parts[0][1] and parts[1][1]:
        row["days_per_user_change"] = one_decimal(Fraction(*parts[0]) - Fraction(*parts[1]))
    return row


def days_and_people(oracle: Oracle, query: Query, start: date, end: date) -> tuple[int, int]:
    """The active days of each chosen person, added up, and the people active."""
    days = [
        sum(start <= day <= end for day in oracle.active_days[user])
        for user in oracle.chosen(query)
    ]
    return sum(days), sum(map(bool, days))


def test_tiers_of_the_28_days_and_of_those_before(store_of: Shelf) -> None:
    with reading(store_of(MARCH)) as reader:
        row = habit(reader, ask("2026-03-25", "2026-03-28", "2026-03-29"))
        beta = habit(reader, ask("2026-03-25", "2026-03-28", "2026-03-29", organizations=("Beta",)))
    assert (row.from_day, row.to_day) == (date(2026, 3, 1), date(2026, 3, 28))
    # ann; bob and dan; cat, eve and gil.
    assert (row.most_days, row.weekly, row.occasional, row.active_users) == (1, 2, 3, 6)
    assert (row.most_days_share, row.weekly_share, row.occasional_share) == (16.7, 33.3, 50.0)
    before = row.previous_most_days, row.previous_weekly, row.previous_occasional
    assert (before, row.previous_active_users) == ((0, 0, 1), 1)
    assert (row.previous_most_days_share, row.previous_occasional_share) == (0.0, 100.0)
    # Bob and gil on the 28th; of four days before dan, ann, bob and dan, ann, ann.
    assert (row.user_days, row.period_users, row.days_per_user) == (2, 2, 1.0)
    assert (row.previous_days_per_user, row.days_per_user_change) == (2.0, -1.0)
    # An organization whose one person left: nobody is no share.
    assert (beta.active_users, beta.occasional, beta.occasional_share) == (0, 0, None)
    assert (beta.previous_active_users, beta.previous_occasional_share) == (1, 100.0)
    assert (beta.user_days, beta.period_users, beta.days_per_user) == (0, 0, None)


def test_today_is_not_counted(store_of: Shelf) -> None:
    with reading(store_of(MARCH)) as reader:
        row = habit(reader, ask("2026-03-24", "2026-03-31", "2026-03-28"))
    assert (row.from_day, row.to_day) == (date(2026, 2, 28), date(2026, 3, 27))
    # Ann; bob; cat, dan (whose first two days are in one block now) and eve.
    assert (row.most_days, row.weekly, row.occasional) == (1, 1, 3)
    assert (row.user_days, row.period_users) == (1, 1)  # ann on the 24th
    # The 28 days before would begin on 31 January, a day before anybody was active.
    assert (row.previous_active_users, row.previous_weekly_share) == (None, None)
    # Dan on the 21st, ann, bob and dan on the 22nd, ann on the 23rd.
    assert row.previous_days_per_user == 1.7


@pytest.mark.parametrize(
    ("end", "today", "known"),
    [
        ("2026-02-28", "2026-03-01", True),
        ("2026-02-28", "2026-02-28", False),  # begins on 31 January
        ("2026-02-27", "2026-04-01", False),
        ("2026-02-10", "2026-02-10", False),  # no day is over
    ],
)
def test_28_days_may_not_begin_before_the_data(
    store_of: Shelf, end: str, today: str, known: bool
) -> None:
    start = "2026-02-10"
    with reading(store_of(MARCH)) as reader:
        row = habit(reader, ask(start, end, today))
    assert (row.to_day is not None) == (row.active_users is not None) == known
    assert (row.user_days is None) == (today == start)
    assert row.previous_active_users is None
    # As many days before begin before the data, however few these are.
    assert row.previous_days_per_user is None
    cards, found = habit_cards(row), habit_leads_to(row, ask(start, end, today))
    assert len(cards) == len(found) == 5
    assert (cards[1].value == "n/a", bool(found[1])) == (not known, known)
    assert all(not card.direction for card in cards)


def test_cards_say_what_they_are_of(store_of: Shelf) -> None:
    query = ask("2026-03-25", "2026-03-28", "2026-03-29")
    with reading(store_of(MARCH)) as reader:
        row = habit(reader, query)
    said = [
        (one.label, one.value, one.difference, one.before, one.note) for one in habit_cards(row)
    ]
    assert said == [
        ("Active in 28 days", "6", "+5 (+500.0 %)", "1", "1 Mar \u2013 28 Mar 2026"),
        ("Active on most days", "1", "new", "0", "16.7 % of them"),
        ("Active weekly", "2", "new", "0", "33.3 % of them"),
        ("Active occasionally", "3", "+2 (+200.0 %)", "1", "50.0 % of them"),
        ("Days per active person", "1.0", "\u22121.0", "2.0", "2 active users"),
    ]  # fmt: skip
    led = [(one.counts, one.query.period.start.isoformat(), one.is_before)
           for one in habit_leads_to(row, query)[3]]  # fmt: skip
    assert led == [({"people": 3}, "2026-03-01", False), ({"people": 1}, "2026-02-01", True)]


# --- any people, on any day ---------------------------------------------------------------------

ORGANIZATIONS = ("Acme", "Beta", None)
ANSWERS = {
    "habit": lambda *asked: [expected(*asked)],
    "habit-tiers": expected_tiers,
    "power-curve": expected_curve,
    "concentration": lambda *asked: [expected_concentration(*asked)],
}


def some_people(chance: random.Random) -> Raw:
    """People of every rhythm, over some months."""
    first = date(2025, 11, 20)
    raw = Raw()
    for n in range(7):
        user = a_user(f"u{n}", ORGANIZATIONS[n % 3], department=chance.choice((None, "Sales")))
        raw.users.append(user)
        often, long = chance.choice((0.05, 0.2, 0.45, 0.8, 1.0)), chance.choice((30, 60, 130))
        for day in range(chance.randrange(20), long):
            happens = day % 7 == n if chance.random() < 0.1 else chance.random() < often
            for _ in range(chance.choice((1, 1, 2, 9)) if happens else 0):
                moment = f"{first + timedelta(day)} 12:00:00"
                more = {"topic": chance.choice(("Budget", "Plans"))}
                raw.sessions.append(a_session(f"s{len(raw.sessions)}", f"u{n}", moment, **more))
    return raw


@pytest.mark.parametrize("seed", range(3))
def test_every_window_of_any_people_equals_plain_loops(store_of: Shelf, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same each time
    raw = some_people(chance)
    store = store_of(raw)
    oracle = Oracle(store_of.path, ZoneInfo("UTC"))
    for _ in range(12):
        end = date(2025, 12, 10) + timedelta(chance.randrange(150))
        days = Period(
            end - timedelta(chance.randrange(40)), end, end + timedelta(chance.randrange(3))
        )
        narrowed: dict[str, Any] = chance.choice((
            {}, {"organizations": ("Acme", None)}, {"departments": ("Sales",)}, {"person": "u1"},
            {"topics": ("Budget",)}, {"user": "u"}, {"messages": True},
            {"organizations": ("Beta",), "topics": ("Plans",)},
        ))  # fmt: skip
        query = Query(days, **narrowed)
        with reading(store) as reader:
            for slug, wanted in ANSWERS.items():
                answer = [row.model_dump() for row in BY_SLUG[slug].rows(reader, query)]
                assert answer == wanted(oracle, query), (slug, query)
