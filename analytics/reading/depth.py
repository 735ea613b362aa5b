"""How deep conversations go: by how many messages of the person they have."""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, and_, bindparam, case, func, select

from analytics.models import table_of
from analytics.query import MOST_ASKED, Query
from analytics.reading.facts import in_period, of_conversations
from analytics.reading.reader import Reader
from analytics.reading.slices import Slices, in_days, slices_of
from analytics.rollups.depth_tables import Depth

DEPTH = table_of(Depth)


class Depths(NamedTuple):
    """Conversations with so many messages of the person, `MOST_ASKED` or more as one; how many of
    them the twin has answered, and all these messages."""

    asked: int
    conversations: int
    answered: int
    messages: int


def of_cells(reader: Reader, query: Query) -> list[Depths]:
    """Of a set of slices, at a cost of days."""
    c, period = DEPTH.c, query.period
    sums = (func.sum(c[name]) for name in ("conversations", "answered", "messages"))
    found = reader.execute(
        select(c.asked, *sums)
        .where(
            slices_of(reader, query).which(DEPTH),
            in_days(c.day, period.start, period.end),
        )
        .group_by(c.asked)
        .order_by(c.asked)
    )
    return [Depths(*map(int, row)) for row in found]


def of_facts(reader: Reader, query: Query) -> list[Depths]:
    """Of any question, at a cost of the conversations that match."""
    a = reader.activities.c
    asked = case((a.asked < MOST_ASKED, a.asked), else_=MOST_ASKED)
    found = reader.execute(
        select(asked, func.count(), func.sum(a.answered), func.sum(a.asked))
        .where(in_period(a.day, query), *of_conversations(reader, query, a))
        .group_by(asked)
        .order_by(asked)
    )
    return [Depths(*map(int, row)) for row in found]


# --- day by day --------------------------------------------------------------------------------

ByDay = dict[int, tuple[int, int]]  # a day -> its conversations, and those unanswered


def by_day_of_cells(reader: Reader, query: Query) -> ByDay:
    """Of a set of slices, at a cost of days."""
    days = {"start": query.period.start.toordinal(), "end": query.period.end.toordinal()}
    found = reader.connection.execute(_by_day(slices_of(reader, query)), days)
    return {day: (int(conversations), int(unanswered)) for day, conversations, unanswered in found}


@lru_cache(maxsize=256)
def _by_day(slices: Slices) -> Select[*tuple[Any, ...]]:
    c = DEPTH.c
    start, end = (bindparam(name, type_=Integer) for name in ("start", "end"))
    unanswered = case((c.asked > 0, c.conversations - c.answered), else_=0)
    return (
        select(c.day, func.sum(c.conversations), func.sum(unanswered))
        .where(slices.which(DEPTH), c.day.between(start, end))
        .group_by(c.day)
    )


def by_day_of_facts(reader: Reader, query: Query) -> ByDay:
    """Of any question, at a cost of the conversations that match."""
    a = reader.activities.c
    unanswered = case((and_(a.asked > 0, a.answered == 0), 1), else_=0)
    found = reader.execute(
        select(a.day, func.count(), func.sum(unanswered))
        .where(in_period(a.day, query), *of_conversations(reader, query, a))
        .group_by(a.day)
    )
    return {day: (conversations, int(unanswered)) for day, conversations, unanswered in found}
