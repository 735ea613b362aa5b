"""Parts of a change add up to it, exactly and rounded."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from analytics.arithmetic import rounded
from analytics.explain import in_tenths, people_and_rate, rate_and_weight

counts = st.integers(0, 50)


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    """A part and its whole."""
    whole = draw(counts)
    return draw(st.integers(0, whole)), whole


def test_more_people_and_more_a_person_by_midpoints() -> None:
    # 10 people with 2 each, then 15 with 4 each: 5 x 3 and 2 x 12.5.
    assert people_and_rate((20, 10), (60, 15)) == (15, 25)
    assert people_and_rate((60, 15), (20, 10)) == (-15, -25)
    assert people_and_rate((0, 0), (7, 2)) == (7, 0)
    assert people_and_rate((7, 2), (0, 0)) == (-7, 0)
    assert people_and_rate((0, 4), (6, 4)) == (0, 6)
    assert people_and_rate((0, 0), (0, 0)) == (0, 0)


@given(counts, st.integers(1, 50), counts, st.integers(1, 50))
def test_both_add_up(done: int, people: int, more: int, others: int) -> None:
    assert sum(people_and_rate((done, people), (more, others))) == more - done


def test_own_rates_and_weights_by_midpoints() -> None:
    # Half of two equal groups; then the first of 30 at 60 %, the second of 10 at 50 %.
    [first, second] = rate_and_weight([((5, 10), (18, 30)), ((5, 10), (5, 10))])
    assert first == (Fraction(1, 10) * Fraction(5, 8), Fraction(1, 4) * Fraction(11, 20))
    assert second == (0, -Fraction(1, 4) * Fraction(1, 2))
    assert sum(first) + sum(second) == Fraction(23, 40) - Fraction(1, 2)


def test_a_group_that_is_missing_in_one_period_is_all_weight() -> None:
    [left, stayed, came] = rate_and_weight([((2, 4), (0, 0)), ((1, 4), (2, 4)), ((0, 0), (3, 4))])
    assert left == (0, -Fraction(2, 8))
    assert came == (0, Fraction(3, 8))
    assert stayed == (Fraction(1, 8), 0)


@given(st.lists(st.tuples(shares(), shares()), min_size=1, max_size=8))
def test_rates_and_weights_add_up(groups: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    (part, whole), (part_now, whole_now) = (
        (sum(group[n][0] for group in groups), sum(group[n][1] for group in groups)) for n in (0, 1)
    )
    if whole and whole_now:
        moved = Fraction(part_now, whole_now) - Fraction(part, whole)
        assert sum(map(sum, rate_and_weight(groups))) == moved


def test_thirds_are_rounded_so_that_they_add_up() -> None:
    third = Fraction(100, 3)
    assert in_tenths([third, third, third], 100.0) == [33.4, 33.3, 33.3]
    assert in_tenths([-third, -third, -third], -100.0) == [-33.3, -33.3, -33.4]
    # The larger remainder goes first, wherever it stands; nothing stays nothing.
    assert in_tenths([Fraction(1, 4), Fraction(0), Fraction(3, 10) + Fraction(9, 100)], 0.6) == [
        0.2, 0.0, 0.4,
    ]  # fmt: skip
    assert in_tenths([], 0.0) == []


@given(st.lists(st.fractions(-50, 50, max_denominator=97), max_size=12))
def test_rounded_parts_add_up_and_are_next_to_the_exact_ones(parts: list[Fraction]) -> None:
    exact = sum(parts, Fraction(0))
    found = in_tenths(parts, rounded(exact.numerator, exact.denominator))
    assert round(sum(found) * 10) == round(rounded(exact.numerator, exact.denominator) * 10)
    for part, one in zip(parts, found, strict=True):
        assert abs(Fraction(round(one * 10), 10) - part) < Fraction(1, 10)
