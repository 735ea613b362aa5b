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
from analytics.sql.planner import computed_once

_activity, _user_day = table_of(Activity), table_of(UserDay)


def _rows(table: FromClause, touched: bool) -> FromClause:
    """The rows of everybody, or of the people whose days changed in a refresh."""
    theirs = listed(table.c.user_id, USER_OF_OTHER_DAYS) if touched else true()
    return select(table).where(theirs).subquery()


def _steps(rows: FromClause, name: str) -> FromClause:
    """Each row is a step up on its day, and one down 28 days later.

    A step up is to as many as its person has then, one down from as many: rows of a day take a
    step each.
    """
    later, users = literal(0).label("later"), literal(1).label("users")
    moves = union_all(select(later, users), select(literal(WINDOW), literal(-1))).subquery().c
    moved = select(rows.c.user_id, (rows.c.day + moves.later).label("day"), moves.users)
    m = moved.select_from(rows.join(moves.later.table, true())).subquery().c
    has = func.sum(m.users).over(partition_by=m.user_id, order_by=(m.day, m.users), rows=(None, 0))
    number = case((m.users > 0, has), else_=has + 1)
    return select(m.user_id, m.day, number.label(name), m.users).subquery()


def habit_days(*, touched: bool) -> FromClause:
    """How many active days people have in the 28 days that end on a day."""
    return _steps(_rows(_user_day, touched), "active_days")


def volumes(*, touched: bool) -> FromClause:
    """How many conversations people have started in the 28 days that end on a day."""
    return _steps(_rows(_activity, touched), "conversations")


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
    # How many days ago the n-th active day before was, and how many from now the n-th after is.
    ns = 1, MOST_DAYS - 1, MOST_DAYS
    told = select(
        d.user_id,
        d.day,
        *(_gap(d.day - func.lag(d.day, n).over(**over)).label(f"before_{n}") for n in ns),
        *(_gap(func.lead(d.day, n).over(**over) - d.day).label(f"after_{n}") for n in ns),
    ).subquery()
    (last, fits, too_many), (following, still_fits, still_too_many) = (
        [told.c[f"{where}_{n}"] for n in ns] for where in ("before", "after")
    )
    turns = {
        "begins": _one(last > BLOCK),
        "ends": _one(following > BLOCK),
        "up": _one(fits < WINDOW, too_many >= WINDOW),
        "down": _one(still_fits < WINDOW, still_too_many >= WINDOW),
    }
    named = (turn.label(name) for name, turn in turns.items())
    turning = computed_once(
        select(told.c.user_id, told.c.day, *named).where(
            or_(*(turn == 1 for turn in turns.values()))
        )
    )
    t = turning.c
    offsets = union_all(*(select(literal(n * BLOCK).label("days")) for n in range(BLOCKS + 1)))
    later = offsets.subquery()
    passed = later.c.days
    blocks = case((passed < WINDOW, t.begins), else_=0) - case((passed > 0, t.ends), else_=0)
    many = case((passed == 0, t.up), (passed == WINDOW, -t.down), else_=0)
    moments = (
        select(
            t.user_id,
            (t.day + passed).label("day"),
            blocks.label("blocks"),
            many.label("many"),
        )
        .select_from(turning.join(later, true()))
        .where(or_(blocks != 0, many != 0))
        .subquery()
        .c
    )
    over = {"partition_by": moments.user_id, "order_by": moments.day, "rows": (None, 0)}
    by_day = {"blocks": func.sum(moments.blocks), "many": func.sum(moments.many)}
    sums = (
        select(
            moments.user_id,
            moments.day,
            *(step.label(name) for name, step in by_day.items()),
            *(func.sum(step).over(**over).label(f"{name}_now") for name, step in by_day.items()),
        )
        .group_by(moments.user_id, moments.day)
        .subquery()
        .c
    )
    now = _tier(sums.blocks_now, sums.many_now)
    before = _tier(sums.blocks_now - sums.blocks, sums.many_now - sums.many)
    moves = select(sums.user_id, sums.day, now.label("now"), before.label("before")).subquery()
    m = moves.c
    tiers = ((_one(m.now == name) - _one(m.before == name)).label(name) for name in TIERS)
    return select(m.user_id, m.day, *tiers).where(m.now != m.before).subquery()


def _tier(filled: ColumnElement[int], many: ColumnElement[int]) -> ColumnElement[str]:
    """The tier of who has so many blocks that aren't empty, and MOST_DAYS or more if `many`."""
    return case(
        (and_(filled == BLOCKS, many == 1), "most_days"),
        (filled == BLOCKS, "weekly"),
        (filled > 0, "occasional"),
        else_="",
    )


def _gap(days: ColumnElement[int]) -> ColumnElement[int]:
    """Days between two active days: a whole window if there is no other."""
    return func.coalesce(days, WINDOW)


def _one(*fits: ColumnElement[bool]) -> ColumnElement[int]:
    return case((and_(*fits), 1), else_=0)
