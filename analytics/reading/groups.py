"""The groups of people whom figures of adoption count: a select of their ids each.

A group is of the complete days of the question's period. Where it compares, it does so with the
days before them: from `Query.since` on, or as many days.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from analytics.query import Query
from analytics.reading.activation import activation_steps, due_days
from analytics.reading.event_conditions import Columns, active_days
from analytics.reading.reader import Reader
from analytics.rollups.activation import CAME_AGAIN, CREATED, DRAFTED, USED


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


# Name of a group -> the ids of its people.
GROUPS: dict[str, Callable[[Reader, Query], Select[str]]] = {
    "new": _moved(earlier=False, before=False, inside=True),
    "returning": _moved(earlier=None, before=True, inside=True),
    "back": _moved(earlier=True, before=False, inside=True),
    "gone": _moved(earlier=None, before=True, inside=False),
    "accounts": _accounts,
    "ever_active": _ever_active,
    "never_active": _never_active,
    "activation_due": _reached(CREATED),
    "activation_used": _reached(USED),
    "activation_drafted": _reached(DRAFTED),
    "activation_came_again": _reached(CAME_AGAIN),
}
