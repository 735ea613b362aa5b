"""The groups of people whom figures of adoption count: a select of their ids each.

A group is of the complete days of the question's period. Where it compares, it does so with the
days before them: from `Query.since` on, or as many days. Those of habit and concentration are of
the 28 days that end on the last complete one.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, select

from analytics.query import Query
from analytics.reading.activation import activation_steps, due_days
from analytics.reading.event_conditions import FEATURES, Columns, active_days, of_events
from analytics.reading.reader import Reader
from analytics.rollups.activation import CAME_AGAIN, CREATED, DRAFTED, USED
from analytics.rollups.habit_tables import BLOCK, BLOCKS, MOST_DAYS, WINDOW
from analytics.sql.collation import by_code_point


def is_in_group(reader: Reader, query: Query, m: Columns) -> ColumnElement[bool]:
    """The people (rows of `members`) of the group that a question names."""
    found: ColumnElement[bool] = m.user_id.in_(GROUPS[query.group](reader, query))
    return found


def _moved(*, earlier: bool | None, before: bool | None, inside: bool) -> Any:
    """The people active on complete days of the period or not, in the days before it or not,
    and before those or not; None: whether or not."""

    def ids(reader: Reader, query: Query) -> Select[str]:
        period, days = query.period, active_days(reader, query).c
        start, end = period.start.toordinal(), period.complete_end.toordinal()
        since = query.since.toordinal() if query.since else start - period.complete_days
        spans = {
            days.day < since: earlier,
            days.day.between(since, start - 1): before,
            days.day.between(start, end): inside,
        }
        wanted = (
            func.max(case((span, 1), else_=0)) == int(fits)
            for span, fits in spans.items()
            if fits is not None
        )
        return select(days.user_id).group_by(days.user_id).having(and_(*wanted))

    return ids


def _accounts(reader: Reader, query: Query) -> Select[str]:
    """Everybody with an account at the end of the complete days, whatever event filters leave."""
    a = reader.accounts.c
    return select(a.user_id).where(a.day <= query.period.complete_end.toordinal())


def _ever_active(reader: Reader, query: Query) -> Select[str]:
    """Everybody who was active by then."""
    days = active_days(reader, query).c
    return select(days.user_id).where(days.day <= query.period.complete_end.toordinal()).distinct()


def _never_active(reader: Reader, query: Query) -> Select[str]:
    """Everybody with an account who wasn't."""
    ever = _ever_active(reader, query)
    return _accounts(reader, query).where(reader.accounts.c.user_id.not_in(ever))


def _reached(step: int) -> Any:
    """The people whose accounts are due in the period and reached a step of activation."""

    def ids(reader: Reader, query: Query) -> Select[str]:
        rows = activation_steps(reader, query, *due_days(reader, query.period)).c
        return select(rows.user_id).where(rows.step == step)

    return ids


def _did(feature: str) -> Any:
    """The people who used a feature on a complete day of the period."""

    def ids(reader: Reader, query: Query) -> Select[str]:
        h, period = reader.hours.alias().c, query.period
        start, end = period.start.toordinal(), period.complete_end.toordinal()
        conditions = of_events(reader, query, h)
        return (
            select(h.user_id)
            .distinct()
            .where(h.day.between(start, end), FEATURES[feature](h), *conditions)
        )

    return ids


def has_active_days(reader: Reader, query: Query, m: Columns) -> ColumnElement[bool]:
    """The people with so many active days or more in the 28 days of a question."""
    ids = _of_28_days(query, active_days(reader, query).c)
    found: ColumnElement[bool] = m.user_id.in_(ids.having(func.count() >= query.active_days))
    return found


def _of_28_days(query: Query, days: Columns) -> Select[str]:
    """People by their days in the 28 that end on the last complete day of the period."""
    end = query.period.complete_end.toordinal()
    inside = days.day.between(end - WINDOW + 1, end) if query.period.complete_days else false()
    return select(days.user_id).where(inside).group_by(days.user_id)


def _in_tier(*, in_each_block: bool, on_most_days: bool | None = None) -> Any:
    """The people active in each 7-day block of the 28 days or not, and on 12 of them or not."""

    def ids(reader: Reader, query: Query) -> Select[str]:
        days, end = active_days(reader, query).c, query.period.complete_end.toordinal()
        blocks = func.count(((end - days.day) // BLOCK).distinct())
        found = _of_28_days(query, days)
        found = found.having(blocks == BLOCKS if in_each_block else blocks < BLOCKS)
        if on_most_days is None:
            return found
        number = func.count()
        return found.having(number >= MOST_DAYS if on_most_days else number < MOST_DAYS)

    return ids


def _starters(reader: Reader, query: Query) -> Select[str]:
    """Those who started a conversation in the 28 days."""
    days = active_days(reader, query).c
    return _of_28_days(query, days).having(func.sum(days.conversations) > 0)


def busiest(reader: Reader, query: Query, which: Sequence[ColumnElement[bool]]) -> Select[str]:
    """The fewest of these rows of `members` who started half of the conversations of the 28 days;
    of equals those whose id comes first."""
    days, m = active_days(reader, query).c, reader.members.c
    people = select(m.user_id).where(*which).correlate(None)
    started = func.sum(days.conversations)
    each = _of_28_days(query, days).where(days.user_id.in_(people)).having(started > 0)
    busy = each.add_columns(started.label("started")).subquery().c
    order = busy.started.desc(), by_code_point(busy.user_id)
    ranked = (
        select(
            busy.user_id,
            (func.sum(busy.started).over(order_by=order) - busy.started).label("busier"),
            func.sum(busy.started).over().label("total"),
        )
        .subquery()
        .c
    )
    return select(ranked.user_id).where(ranked.busier * 2 < ranked.total)


# Name of a group -> the ids of its people; those of `busiest` depend on who else is asked about.
GROUPS: dict[str, Callable[[Reader, Query], Select[str]]] = {
    "new": _moved(earlier=False, before=False, inside=True),
    "returning": _moved(earlier=None, before=True, inside=True),
    "back": _moved(earlier=True, before=False, inside=True),
    "gone": _moved(earlier=None, before=True, inside=False),
    "most_days": _in_tier(in_each_block=True, on_most_days=True),
    "weekly": _in_tier(in_each_block=True, on_most_days=False),
    "every_week": _in_tier(in_each_block=True),
    "occasional": _in_tier(in_each_block=False),
    "starters": _starters,
    "accounts": _accounts,
    "ever_active": _ever_active,
    "never_active": _never_active,
    "activation_due": _reached(CREATED),
    "activation_used": _reached(USED),
    "activation_drafted": _reached(DRAFTED),
    "activation_came_again": _reached(CAME_AGAIN),
    **{feature: _did(feature) for feature in FEATURES},
}
