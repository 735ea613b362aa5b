"""Distinct people of windows that move along the days.

Somebody active on k days of a window has k - 1 pairs of consecutive active days inside it. So
daily users enter on their day and leave `length` days later; of a pair that lies less than that
apart, one is taken off from its later day until its earlier day leaves.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, select

from analytics.query import Query
from analytics.reading import facts
from analytics.reading.cells import DAILY, PAIR
from analytics.reading.reader import Reader
from analytics.reading.slices import Slices, slices_of

Pairs = Iterable[tuple[int, int, int]]  # earlier and later day, and how many people have them


def of_cells(reader: Reader, query: Query, first: int, last: int, apart: int) -> Pairs:
    """Pairs from `first` to `last` that lie less than `apart` days apart, from slices' cells."""
    asked = {"first": first, "last": last, "apart": apart}
    found = reader.connection.execute(_near(slices_of(reader, query)), asked)
    return [(earlier, later, int(users)) for earlier, later, users in found]


@lru_cache(maxsize=64)
def _near(slices: Slices) -> Select[*tuple[Any, ...]]:
    first, last, apart = (bindparam(name, type_=Integer) for name in ("first", "last", "apart"))
    # Day by day, so that pairs that lie further apart are not read.
    days = (
        select(DAILY.c.day)
        .where(Slices(slices.scope).which(DAILY), DAILY.c.users > 0)
        .where(DAILY.c.day.between(first, last))
        .distinct()
        .subquery()
        .c
    )
    p = PAIR.c
    return (
        select(p.earlier, p.later, func.sum(p.users))
        .where(slices.which(PAIR), p.later == days.day)
        .where(p.earlier > days.day - apart, p.earlier >= first)
        .group_by(p.later, p.earlier)
    )


def of_facts(reader: Reader, query: Query, first: int, last: int, apart: int) -> Pairs:
    """The same pairs, from the active days of people."""
    pairs = facts.consecutive_days(reader, query, (first, last)).c
    found = reader.execute(
        select(pairs.earlier, pairs.later, func.count())
        .where(pairs.later - pairs.earlier < apart)
        .group_by(pairs.earlier, pairs.later)
    )
    return [tuple(row) for row in found]


def windows(
    daily: Mapping[int, int], pairs: Pairs, first: int, last: int, length: int
) -> dict[int, int]:
    """The people of the `length` days that end on each day, of days from `first` to `last`.

    Exact from `first` + `length` - 1 on. `daily` has the users of days, `pairs` at least those
    that lie less than `length` days apart.
    """
    change = [0] * (last - first + 1 + length)
    for day, users in daily.items():
        change[day - first] += users
        change[day - first + length] -= users
    for earlier, later, users in pairs:
        if later - earlier < length:
            change[later - first] -= users
            change[earlier - first + length] += users
    found, people = {}, 0
    for day in range(first, last + 1):
        people += change[day - first]
        found[day] = people
    return found
