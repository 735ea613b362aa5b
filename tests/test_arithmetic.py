"""Rates, changes and averages are exact, and rounded once."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.arithmetic import average, change, percentage, rounded


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 7, "0.0"),
        (1, 3, "0.3"),
        (2, 3, "0.7"),
        (1, 20, "0.1"),  # 0.05
        (-1, 20, "-0.1"),
        (1, -20, "-0.1"),
        (-1, -20, "0.1"),
        (3, 20, "0.2"),  # 0.15, which binary floats hold as less
        (-1, 21, "0.0"),  # never "-0.0"
        (0, -7, "0.0"),
        (1_000_000_000_000_000_05, 100, "1000000000000000.1"),
    ],
)
def test_quotients_are_rounded_half_away_from_zero(
    numerator: int, denominator: int, expected: str
) -> None:
    assert str(rounded(numerator, denominator)) == expected


@given(st.integers(), st.integers().filter(bool))
def test_rounding_is_that_of_exact_fractions(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator) * 10
    below = exact.numerator // exact.denominator
    nearest = [below] if exact - below < Fraction(1, 2) else [below + 1]
    if exact - below == Fraction(1, 2):
        nearest = [max(below, below + 1, key=abs)]
    assert rounded(numerator, denominator) == nearest[0] / 10


@pytest.mark.parametrize(
    ("current", "previous", "expected"),
    [
        (0, 0, 0.0),
        (5, 0, None),
        (0, 5, -100.0),
        (5, 5, 0.0),
        (11, 10, 10.0),
        (726, 728, -0.3),
        (1, 3, -66.7),
        (3, 1, 200.0),
        (2_001, 2_000, 0.1),  # 0.05 %
        (1_999, 2_000, -0.1),
    ],
)
def test_change_in_percent(current: int, previous: int, expected: float | None) -> None:
    assert change(current, previous) == expected


def test_nothing_is_divided_by_nothing() -> None:
    assert average(5, 0) is None
    assert percentage(0, 0) is None
    assert average(0, 5) == 0.0
    assert percentage(7, 12) == 58.3
