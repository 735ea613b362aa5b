"""Who came, stayed, came back and left, from one interval of days to the next.

Somebody active on k days of an interval has k - 1 pairs of consecutive active days inside it. The
first of these days is the first ever, or has its predecessor in the interval before, or earlier:
so active = new + returning + back.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, Table, column, func, select, values

from analytics.query import Query
from analytics.reading import facts
from analytics.reading.cells import DAILY, PAIR
from analytics.reading.reader import Reader
from analytics.reading.slices import slices_of


class Moved(NamedTuple):
    """People of an interval: first active in it (`new`), active in the one before too
    (`returning`), active earlier but not in the one before (`back`), and only in that (`gone`)."""

    new: int
    returning: int
    back: int
    gone: int

    @property
    def active(self) -> int:
        """People active in the interval."""
        return self.new + self.returning + self.back


def of_cells(reader: Reader, query: Query, edges: Sequence[int]) -> list[Moved]:
    """How people moved between intervals (see `figures.moved`), from the cells of slices."""
    slices, befores = slices_of(reader, query), (edges[0], *edges)
    rows = [(before, *days) for before, days in zip(befores, pairwise(edges), strict=False)]
    names = (column(name, Integer) for name in ("before", "first", "after"))
    intervals = values(*names, literal_binds=True).data(rows).cte("intervals")
    i = intervals.c

    def summed(table: Table, name: str, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
        found = select(func.coalesce(func.sum(table.c[name]), 0)).correlate(intervals)
        return found.where(slices.which(table), *conditions).scalar_subquery()

    on_day = DAILY.c.day.between(i.first, i.after - 1)
    later, earlier = PAIR.c.later.between(i.first, i.after - 1), PAIR.c.earlier
    if slices.scope is None:
        # Day by day, so that pairs with other earlier days are not read. Of a scope, which is no
        # range of the key, the days would be looked up for every pair.
        days = select(DAILY.c.day).where(slices.which(DAILY), DAILY.c.users > 0, on_day)
        later = PAIR.c.later.in_(days.correlate(intervals))
    found = reader.execute(
        select(
            summed(DAILY, "users", on_day),
            summed(PAIR, "users", later, earlier >= i.first),
            summed(DAILY, "first_users", on_day),
            summed(PAIR, "users", later, earlier.between(i.before, i.first - 1)),
        )
        .select_from(intervals)
        .order_by(i.first)
    )
    return _moved([tuple(map(int, row)) for row in found])


def of_facts(reader: Reader, query: Query, edges: Sequence[int]) -> list[Moved]:
    """How people moved between intervals (see `figures.moved`), from the active days of people."""
    pairs = facts.consecutive_days(reader, query).c
    found = reader.execute(
        select(pairs.later, pairs.earlier, func.count())
        .where(pairs.later.between(edges[0], edges[-1] - 1))
        .group_by(pairs.later, pairs.earlier)
    )
    rows = [[0] * 4 for _ in edges[1:]]
    for later, earlier_day, users in found:
        n = bisect_right(edges, later) - 1
        row = rows[n]
        row[0] += users
        if earlier_day is None:
            row[2] += users
        elif earlier_day >= edges[n]:
            row[1] += users
        elif n and earlier_day >= edges[n - 1]:
            row[3] += users
    return _moved([tuple(row) for row in rows])


def _moved(counted: Sequence[tuple[int, ...]]) -> list[Moved]:
    """Of each interval but the first: `counted` has daily users, pairs inside, new, returning."""
    active = [users - inside for users, inside, _, _ in counted]
    return [
        Moved(new, returning, now - new - returning, before - returning)
        for (before, now), (_, _, new, returning) in zip(pairwise(active), counted[1:], strict=True)
    ]
