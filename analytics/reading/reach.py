"""How far use reaches: whose twins people talk to, whom they meet, and who uses which feature."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, select

from analytics.models import table_of
from analytics.query import Query
from analytics.reading import cells, facts
from analytics.reading.event_conditions import FEATURES, Columns
from analytics.reading.facts import in_period, of_conversations
from analytics.reading.reader import Reader
from analytics.reading.slices import in_days, slices_of
from analytics.rollups.depth_tables import DRAFTED, RETRIEVED, USED_OTHERS_TWIN, FeaturePair
from analytics.rollups.tables import (
    OTHERS,
    OWN,
    UNKNOWN,
)

FEATURE_PAIR = table_of(FeaturePair)


class Whose(NamedTuple):
    """Conversations with people's own twins, with others', and with unknown ones."""

    own: int
    others: int
    unknown: int


class Users(NamedTuple):
    """Distinct people who used another's twin, drafted a document, retrieved information."""

    used_others_twin: int
    drafted: int
    retrieved: int


_NUMBERS = Users(USED_OTHERS_TWIN, DRAFTED, RETRIEVED)


def _conversations_with(whose: int, h: Columns) -> ColumnElement[int]:
    return case((h.whose == whose, h.conversations), else_=0)


def own_conversations(h: Columns) -> ColumnElement[int]:
    """The conversations of a row of `hours` that were with the person's own twin."""
    return _conversations_with(OWN, h)


def conversations_of_cells(reader: Reader, query: Query) -> Whose:
    """Of a set of slices, at a cost of days.

    Cells know whose a twin is in the whole database. Under a scope, where the twin of somebody
    outside is unknown, facts must answer.
    """
    if reader.scope is not None:
        return conversations_of_facts(reader, query)
    names = ("conversations", "own_conversations", "others_conversations")
    all_, own, others = cells.sums(reader, query, "days", names)[()]
    return Whose(own, others, all_ - own - others)


def conversations_of_facts(reader: Reader, query: Query) -> Whose:
    """Of any question, at a cost of what matches."""
    h = reader.hours.c

    each = (func.sum(_conversations_with(whose, h)) for whose in (OWN, OTHERS, UNKNOWN))
    found = reader.execute(
        select(*(func.coalesce(number, 0) for number in each)).where(
            facts.events(reader, query), h.conversations > 0
        )
    ).one()
    return Whose(*map(int, found))


def first_meetings_of_cells(reader: Reader, query: Query) -> Mapping[int, int]:
    """By day number, of a set of slices, at a cost of days."""
    found = cells.sums(reader, query, "days", ["first_meetings"], ["day"])
    return {day: meetings for (day,), (meetings,) in found.items() if meetings}


def first_meetings_of_facts(reader: Reader, query: Query) -> Mapping[int, int]:
    """By day number, of any question, at a cost of all that these people ever began."""
    a = reader.activities.c
    first = (
        select(func.min(a.day).label("day"))
        .where(a.twin_id != "", *of_conversations(reader, query, a))
        .group_by(a.user_id, a.twin_id)
        .subquery()
    )
    found = reader.execute(
        select(first.c.day, func.count()).where(in_period(first.c.day, query)).group_by(first.c.day)
    )
    return dict(found.all())


def users_of_cells(reader: Reader, query: Query) -> Users:
    """Of a set of slices, at a cost of days; under a scope facts know whose a twin is."""
    c, d = FEATURE_PAIR.c, cells.DAILY.c
    start, end = query.period.start, query.period.end
    slices = slices_of(reader, query)
    # Day by day, so that of each only the pairs that begin before the period are read.
    days = select(d.day).where(slices.which(cells.DAILY), in_days(d.day, start, end))
    found = reader.execute(
        select(c.feature, func.sum(c.users))
        .where(
            slices.which(FEATURE_PAIR),
            c.feature.in_(_NUMBERS),
            c.later.in_(days),
            c.earlier < start.toordinal(),
        )
        .group_by(c.feature)
    )
    users = {feature: int(number) for feature, number in found}
    of = Users(*(users.get(number, 0) for number in _NUMBERS))
    if reader.scope is not None:
        of = of._replace(used_others_twin=users_of_facts(reader, query).used_others_twin)
    return of


def users_of_facts(reader: Reader, query: Query) -> Users:
    """Of any question, at a cost of what matches."""
    h = reader.hours.c
    people = (func.count(case((FEATURES[name](h), h.user_id)).distinct()) for name in Users._fields)
    return Users(*reader.execute(select(*people).where(facts.events(reader, query))).one())
