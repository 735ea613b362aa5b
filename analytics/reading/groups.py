"""The groups of people whom figures of adoption count: a select of their ids each.

A group is of the complete days of the question's period. Where it compares, it does so with the
days before them: from `Query.since` on, or as many days.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from analytics.query import Query
from analytics.reading.event_conditions import FEATURES, Columns, active_days, of_events
from analytics.reading.reader import Reader


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


# Name of a group -> the ids of its people.
GROUPS: dict[str, Callable[[Reader, Query], Select[str]]] = {
    "new": _moved(earlier=False, before=False, inside=True),
    "returning": _moved(earlier=None, before=True, inside=True),
    "back": _moved(earlier=True, before=False, inside=True),
    "gone": _moved(earlier=None, before=True, inside=False),
    **{feature: _did(feature) for feature in FEATURES},
}
