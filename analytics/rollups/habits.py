"""What fills the cells of habit: the steps of each person, up and down.

The 28 days that end on a day have gained it, and lost the day 28 before. Where both happen, the
loss comes first, so that who has as many as before went down and up by the same step.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from analytics.models import table_of
from analytics.rollups.habit_tables import BLOCK, BLOCKS, MOST_DAYS, TIERS, WINDOW
from analytics.rollups.staging import USER_OF_OTHER_DAYS, listed
from analytics.rollups.tables import Activity, UserDay

_activity, _user_day = table_of(Activity), table_of(UserDay)


def _rows(table: FromClause, touched: bool) -> FromClause:
    """The rows of everybody, or of the people whose days changed in a refresh."""
    theirs = listed(table.c.user_id, USER_OF_OTHER_DAYS) if touched else true()
    return select(table).where(theirs).subquery()


def _counted(rows: Any, first: int, last: int) -> ColumnElement[int]:
    """How many rows a person has from `first` to `last`, in days from that of each row."""
    over: dict[str, Any] = {"partition_by": rows.user_id, "order_by": rows.day}
    return func.count().over(**over, range_=(first, last))


def _entering(rows: Any) -> ColumnElement[int]:
    """The rows of the 28 days that end on each row's day."""
    return _counted(rows, 1 - WINDOW, 0)


def _leaving(rows: Any) -> ColumnElement[int]:
    """The rows of the 28 days that begin on each row's day: the last that it is one of."""
    return _counted(rows, 0, WINDOW - 1)


def _steps(rows: Any, name: str, up: ColumnElement[int], down: ColumnElement[int]) -> FromClause:
    """A step up to a number on each row's day, and one down from another 28 days later."""
    steps: tuple[tuple[int, ColumnElement[int], int], ...] = ((0, up, 1), (WINDOW, down, -1))
    return union_all(
        *(
            select(
                rows.user_id,
                (rows.day + later).label("day"),
                number.label(name),
                literal(users).label("users"),
            )
            for later, number, users in steps
        )
    ).subquery()


def habit_days(*, touched: bool) -> FromClause:
    """Each active day is a step up to as many as there are in the 28 days that end on it, and, 28
    days later, one down from as many as there are in those that begin on it."""
    days = _rows(_user_day, touched).c
    return _steps(days, "active_days", _entering(days), _leaving(days))


def volumes(*, touched: bool) -> FromClause:
    """The same of conversations: those of a day take a step each."""
    a = _rows(_activity, touched).c
    of_day = func.row_number().over(partition_by=(a.user_id, a.day)).label("of_day")
    counted = (
        select(a.user_id, a.day, of_day, _entering(a).label("up"), _leaving(a).label("down"))
        .subquery()
        .c
    )
    up, down = counted.up - counted.of_day + 1, counted.down - counted.of_day + 1
    return _steps(counted, "conversations", up, down)


def habit_tiers(*, touched: bool) -> FromClause:
    """Where somebody changes tier."""
    return tier_steps(_rows(_user_day, touched))


def tier_steps(days: FromClause) -> FromClause:
    """Where somebody with these days (`user_id`, `day`) changes tier.

    A 7-day block isn't empty from an active day until 7 days after it. So, of days that lie at most
    7 apart, the first makes the blocks that end on it and 7, 14 and 21 days later not empty, and
    the last makes each empty again. Of the days from a to b alone, the sums of the steps are right
    for every 28 days between a and b.
    """
    d = days.c
    over: dict[str, Any] = {"partition_by": d.user_id, "order_by": d.day}
    told = select(
        d.user_id,
        d.day,
        func.lag(d.day).over(**over).label("before"),
        func.lead(d.day).over(**over).label("after"),
        _entering(d).label("up"),
        _leaving(d).label("down"),
    ).subquery()
    t = told.c
    begins = or_(t.before.is_(None), t.before < t.day - BLOCK)
    ends = or_(t.after.is_(None), t.after > t.day + BLOCK)
    offsets = union_all(*(select(literal(n * BLOCK).label("days")) for n in range(BLOCKS + 1)))
    later = offsets.subquery()
    passed = later.c.days
    blocks = _one(begins, passed < WINDOW) - _one(ends, passed > 0)
    many = _one(t.up == MOST_DAYS, passed == 0) - _one(t.down == MOST_DAYS, passed == WINDOW)
    moments = (
        select(
            t.user_id,
            (t.day + passed).label("day"),
            blocks.label("blocks"),
            many.label("many"),
        )
        .select_from(told.join(later, true()))
        .where(or_(begins, ends, t.up == MOST_DAYS, t.down == MOST_DAYS))
        .where(or_(blocks != 0, many != 0))
        .subquery()
        .c
    )
    # All rows of a day have its sum: the first of them has another tier than the one before it.
    over = {"partition_by": moments.user_id, "order_by": moments.day}
    filled = func.sum(moments.blocks).over(**over)
    is_many = func.sum(moments.many).over(**over)
    tier = case(
        (and_(filled == BLOCKS, is_many == 1), "most_days"),
        (filled == BLOCKS, "weekly"),
        (filled > 0, "occasional"),
        else_="",
    )
    tiers = select(moments.user_id, moments.day, tier.label("tier")).subquery().c
    was = func.lag(tiers.tier).over(partition_by=tiers.user_id, order_by=tiers.day)
    moves = (
        select(tiers.user_id, tiers.day, tiers.tier, func.coalesce(was, "").label("was"))
        .subquery()
        .c
    )
    return (
        select(
            moves.user_id,
            moves.day,
            *((_one(moves.tier == n) - _one(moves.was == n)).label(n) for n in TIERS),
        )
        .where(moves.tier != moves.was)
        .subquery()
    )


def _one(*fits: ColumnElement[bool]) -> ColumnElement[int]:
    return case((and_(*fits), 1), else_=0)
