"""What a change is made of: parts that add up to it exactly, and stay so when they are rounded.

These are sums, never causes: a part accounts for so much of a change.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from analytics.arithmetic import Share

Parts = tuple[Fraction, Fraction]


def people_and_rate(before: Share, now: Share) -> Parts:
    """A change of what people did: by more people, and by more a person.

    `before` and `now` have what was done, and by how many. Δ = Δpeople x mean(a person) +
    Δ(a person) x mean(people). Without people before or now, all of it is people.
    """
    (done, people), (more, others) = before, now
    if not people or not others:
        return Fraction(more - done), Fraction(0)
    each, each_now = Fraction(done, people), Fraction(more, others)
    return (
        (others - people) * (each + each_now) / 2,
        (each_now - each) * Fraction(people + others, 2),
    )


def rate_and_weight(groups: Sequence[tuple[Share, Share]]) -> list[Parts]:
    """A change of a rate of all, a pair for each group: by the group's own rate, and by its weight.

    A group has its part and whole before and now; its weight is its whole of that of all. Together
    they are rate now - rate before. A group that is missing in one period is all weight. Raises
    ZeroDivisionError where all have no whole.
    """
    whole, whole_now = (sum(group[n][1] for group in groups) for n in (0, 1))
    found = []
    for (part, size), (part_now, size_now) in groups:
        if not size or not size_now:
            moved = Fraction(part_now, whole_now) - Fraction(part, whole)
            found.append((Fraction(0), moved))
            continue
        rate, rate_now = Fraction(part, size), Fraction(part_now, size_now)
        weight, weight_now = Fraction(size, whole), Fraction(size_now, whole_now)
        found.append((
            (rate_now - rate) * (weight + weight_now) / 2,
            (weight_now - weight) * (rate + rate_now) / 2,
        ))  # fmt: skip
    return found


def in_tenths(parts: Sequence[Fraction], total: float) -> list[float]:
    """The parts to one decimal, so that they add up to their sum as it is shown, `total`.

    Each is rounded down, and those with the largest remainders up; the first of equal ones.
    """
    lower = [floor(part * 10) for part in parts]
    up = round(total * 10) - sum(lower)
    by_remainder = sorted(range(len(parts)), key=lambda n: (lower[n] - parts[n] * 10, n))
    for n in by_remainder[:up]:
        lower[n] += 1
    return [tenths / 10 for tenths in lower]
