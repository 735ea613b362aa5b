"""Whether a few start most conversations, by hand and by the oracle."""

from fractions import Fraction
from typing import Any

import pytest

from analytics.metrics.concentration import RESULT, concentration
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user
from tests.metrics.habits import MARCH, spans, started
from tests.metrics.rows import ask
from tests.oracle import Oracle, one_decimal


def expected(oracle: Oracle, query: Query) -> dict[str, Any]:
    """What the row must hold."""
    now, before = spans(oracle, query)
    row: dict[str, Any] = {
        "from_day": now[0] if now else None,
        "to_day": now[1] if now else None,
    }
    shares: list[Fraction | None] = []
    for prefix, span in (("", now), ("previous_", before)):
        numbers = started(oracle.left(query), query, span) if span else []
        half = 0
        while sum(numbers[:half]) * 2 < sum(numbers):
            half += 1
        share = busiest_tenth(numbers)
        row[f"{prefix}conversations"] = sum(numbers) if span else None
        row[f"{prefix}people"] = len(numbers) if span else None
        row[f"{prefix}half_people"] = half if span else None
        row[f"{prefix}top_tenth_share"] = None if share is None else one_decimal(share * 100)
        shares.append(share)
    is_known = shares[0] is not None and shares[1] is not None
    moved = (shares[0] or 0) - (shares[1] or 0)
    row["top_tenth_change"] = one_decimal(Fraction(moved * 100)) if is_known else None
    return row


def busiest_tenth(numbers: list[int]) -> Fraction | None:
    """The share of the busiest tenth, with a part of a person; none below 10 people."""
    if len(numbers) < 10:
        return None
    whole, part = divmod(len(numbers), 10)
    theirs = sum(numbers[:whole]) + Fraction(part, 10) * numbers[whole]
    return theirs / sum(numbers)


def test_who_starts_half(store_of: Shelf) -> None:
    query = ask("2026-03-25", "2026-03-28", "2026-03-29")
    with reading(store_of(MARCH)) as reader:
        row = concentration(reader, query)
        day_earlier = concentration(reader, ask("2026-03-25", "2026-03-28", "2026-03-28"))
        too_early = concentration(reader, ask("2026-02-01", "2026-02-27", "2026-03-29"))
    # Cat 13, ann 12, bob 11, dan 4, eve 1; gil started none.
    assert (row.conversations, row.people, row.half_people) == (41, 5, 2)
    assert (row.top_tenth_share, row.top_tenth_change) == (None, None)  # too few
    assert (row.previous_conversations, row.previous_people, row.previous_half_people) == (1, 1, 1)
    assert (day_earlier.conversations, day_earlier.people) == (40, 5)
    assert (day_earlier.previous_conversations, day_earlier.previous_half_people) == (None, None)
    assert (too_early.conversations, too_early.half_people, too_early.to_day) == (None, None, None)
    assert RESULT.cards and RESULT.cards_lead_to
    cards = RESULT.cards(row)
    assert [(card.value, card.before, card.note) for card in cards] == [
        ("41", "1", "1 Mar \u2013 28 Mar 2026"), ("5", "1", ""), ("2", "1", "of 5 people"),
        ("n/a", "", "of 5 people: too few to say"),
    ]  # fmt: skip
    found = RESULT.cards_lead_to(row, query)
    assert [[dict(one.counts) for one in each] for each in found] == [
        [{"conversations": 41}, {"conversations": 1}], [{"people": 5}, {"people": 1}],
        [{"people": 2}, {"people": 1}], [],
    ]  # fmt: skip
    assert not any(RESULT.cards_lead_to(too_early, query))
    assert [card.value for card in RESULT.cards(too_early)] == ["n/a"] * 4


@pytest.mark.parametrize(
    ("people", "share", "half"),
    [
        (9, None, 1),  # 11 of 19
        (10, 55.0, 1),  # 11 of 20
        (11, 52.9, 1),  # 11 and a tenth of 1, of 21
        (14, 47.5, 2),  # 11 and four tenths of 1, of 24
        (20, 40.0, 5),  # 11 and 1, of 30
    ],
)
def test_a_tenth_that_is_not_whole_has_a_part_of_a_person(
    store_of: Shelf, people: int, share: float | None, half: int
) -> None:
    """One starts 11 conversations, the others one each."""
    users = [a_user(f"u{n}") for n in range(people)]
    sessions = [a_session(f"s{n}", f"u{n}", "2026-03-10 09:00:00") for n in range(people)]
    sessions += [a_session(f"m{n}", "u0", f"2026-03-{11 + n} 09:00:00") for n in range(10)]
    with reading(store_of(Raw(users=users, sessions=sessions))) as reader:
        row = concentration(reader, ask("2026-04-01", "2026-04-06", "2026-04-08"))
    assert (row.conversations, row.people) == (people + 10, people)
    assert (row.top_tenth_share, row.half_people) == (share, half)
