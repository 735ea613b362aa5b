"""How often people are active, and how much they start, in 28 days: from cells or from facts.

Windows are named by the day that they end on, as its number.
"""

from collections import Counter
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    case,
    func,
    select,
)

from analytics.models import table_of
from analytics.period import Period
from analytics.query import Query
from analytics.reading.cells import begins_late_enough
from analytics.reading.event_conditions import active_days
from analytics.reading.facts import by_people
from analytics.reading.figures import knows_slices
from analytics.reading.reader import Reader
from analytics.reading.slices import Slices, slices_of
from analytics.rollups.habit_tables import TIERS, WINDOW, HabitDays, HabitTier, Volume
from analytics.rollups.habits import tier_steps

_HABIT_DAYS, _HABIT_TIER, _VOLUME = table_of(HabitDays), table_of(HabitTier), table_of(Volume)
_START, _END = bindparam("start", type_=Integer), bindparam("end", type_=Integer)
_DAY, _BEFORE = bindparam("day", type_=Integer), bindparam("before", type_=Integer)

Reached = dict[int, int]  # a number -> how many people have it or more
Tiers = tuple[int, ...]  # people in each of `TIERS`


def window_end(reader: Reader, period: Period) -> int | None:
    """The last complete day of the period; None if there is none, or its window begins before the
    first active day of anybody."""
    end = period.complete_end.toordinal()
    return end if period.complete_days and begins_late_enough(reader, end - WINDOW + 1) else None


def window(end: int, period: Period) -> Period:
    """The 28 days that end on a day."""
    return Period(date.fromordinal(end - WINDOW + 1), date.fromordinal(end), period.today)


# --- figures -----------------------------------------------------------------------------------


def people_by_days(reader: Reader, query: Query, end: int) -> tuple[Reached, Reached]:
    """How many people have k or more active days in the window, and in the one before it."""
    is_of_cells, query = knows_slices(reader, query)
    if is_of_cells:
        return _reached(reader, query, _HABIT_DAYS, end)
    now, before = (_numbers(reader, query, "days", last) for last in (end, end - WINDOW))
    return _or_more(now), _or_more(before)


def people_by_conversations(reader: Reader, query: Query, end: int) -> tuple[Reached, Reached]:
    """How many people started n or more conversations in the window, and in the one before it."""
    is_of_cells, query = knows_slices(reader, query)
    if is_of_cells:
        return _reached(reader, query, _VOLUME, end)
    now, before = (_numbers(reader, query, "conversations", last) for last in (end, end - WINDOW))
    return _or_more(now), _or_more(before)


def tiers(reader: Reader, query: Query, start: int, end: int) -> dict[int, Tiers]:
    """How many people are in each tier, in the window of each day from `start` to `end`."""
    is_of_cells, query = knows_slices(reader, query)
    if is_of_cells:
        at_start, after = _tier_cells(slices_of(reader, query))
        days_of = {"start": start, "end": end}
        first = reader.connection.execute(at_start, days_of).one()
        steps = [(start, *first), *reader.connection.execute(after, days_of)]
    else:
        days = active_days(reader, query).c
        of_people = by_people(reader, query, days.user_id)
        theirs = select(days.user_id, days.day).where(
            days.day.between(start - WINDOW + 1, end), *of_people
        )
        c = tier_steps(theirs.subquery()).c
        sums = (func.sum(c[name]) for name in TIERS)
        steps = reader.execute(select(c.day, *sums).where(c.day <= end).group_by(c.day))
    by_day = {day: tuple(map(int, people)) for day, *people in steps}
    found, state = {}, (0,) * len(TIERS)
    for day in sorted({*by_day, *range(start, end + 1)}):
        moves = by_day.get(day, (0,) * len(TIERS))
        state = tuple(people + moved for people, moved in zip(state, moves, strict=True))
        if day >= start:
            found[day] = state
    return found


# --- cells -------------------------------------------------------------------------------------


def _reached(reader: Reader, query: Query, table: Table, end: int) -> tuple[Reached, Reached]:
    wanted = _steps_until(slices_of(reader, query), table)
    rows = reader.connection.execute(wanted, {"day": end, "before": end - WINDOW}).all()
    now = {number: int(people) for number, people, _ in rows if people}
    return now, {number: int(people) for number, _, people in rows if people}


@lru_cache(maxsize=256)
def _steps_until(slices: Slices, table: Table) -> Select[*tuple[Any, ...]]:
    _, _, day, number, users = table.c
    before = func.sum(case((day <= _BEFORE, users), else_=0))
    return (
        select(number, func.sum(users), before)
        .where(slices.which(table), day <= _DAY)
        .group_by(number)
        .order_by(number)
    )


@lru_cache(maxsize=256)
def _tier_cells(slices: Slices) -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    """People in each tier on the first day, and how many more or fewer on each later day."""
    c, theirs = _HABIT_TIER.c, slices.which(_HABIT_TIER)
    sums = [func.coalesce(func.sum(c[name]), 0) for name in TIERS]
    later = and_(c.day > _START, c.day <= _END)
    return (
        select(*sums).where(theirs, c.day <= _START),
        select(c.day, *sums).where(theirs, later).group_by(c.day),
    )


# --- facts -------------------------------------------------------------------------------------


def _numbers(reader: Reader, query: Query, what: str, end: int) -> Counter[int]:
    """How many people have each number of "days" or "conversations" in a window."""
    days = active_days(reader, query).c
    counted: ColumnElement[int] = func.count()
    if what == "conversations":
        counted = func.sum(days.conversations)
    each = (
        select(counted.label("number"))
        .where(days.day.between(end - WINDOW + 1, end), *by_people(reader, query, days.user_id))
        .group_by(days.user_id)
        .subquery()
        .c
    )
    found = reader.execute(select(each.number, func.count()).group_by(each.number))
    return Counter({int(number): people for number, people in found if number})


def _or_more(people: Counter[int]) -> Reached:
    """From how many have exactly a number to how many have it or more, at every number to it."""
    reached, so_many = {}, 0
    for number in range(max(people, default=0), 0, -1):
        so_many += people[number]
        reached[number] = so_many
    return dict(sorted(reached.items()))
