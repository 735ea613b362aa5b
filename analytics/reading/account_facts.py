"""Reading accounts, and how new ones begin, from the facts of people.

The functions are those of `reading.account_cells`, for the filters that cells know nothing of.
"""

from collections.abc import Sequence

from sqlalchemy import exists, func, select

from analytics.query import Query
from analytics.reading.activation import activation_steps
from analytics.reading.event_conditions import EVENTS, active_days, asked
from analytics.reading.facts import by_people, first_active_days, is_meant
from analytics.reading.reader import Reader


def accounts_by(reader: Reader, query: Query, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Accounts at the end of the period, by slice columns; event filters change nothing."""
    m, a = reader.members.c, reader.accounts.c
    columns = [m[name] for name in by]
    found = reader.execute(
        select(*columns, func.count())
        .select_from(reader.members.join(reader.accounts, a.user_id == m.user_id))
        .where(is_meant(reader, query), a.day <= query.period.end.toordinal())
        .group_by(*columns)
    )
    return {tuple(key): people for *key, people in found}


def ever_active_by(reader: Reader, query: Query, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """People whose first active day lies before the end of the period or on it, by slice columns;
    the first of those that event filters leave."""
    m, days = reader.members.c, active_days(reader, query)
    columns, end = [m[name] for name in by], query.period.end.toordinal()
    if not asked(EVENTS, query):  # each person's first day is the first of the key: it is sought
        is_active = exists().where(days.c.user_id == m.user_id, days.c.day <= end)
        met = select(*columns, func.count()).where(is_meant(reader, query), is_active)
        found = reader.execute(met.select_from(reader.members).group_by(*columns))
        return {tuple(key): people for *key, people in found}
    counted = select(*columns, func.count(days.c.user_id.distinct())).select_from(days)
    if by:
        counted = counted.join(reader.members, m.user_id == days.c.user_id)
    found = reader.execute(
        counted.where(days.c.day <= end, *by_people(reader, query, days.c.user_id)).group_by(
            *columns
        )
    )
    return {tuple(key): people for *key, people in found}


def first_days(reader: Reader, query: Query) -> dict[int, int]:
    """People by their first active day, up to the end of the period."""
    day = first_active_days(reader, query).c.day
    counted = select(day, func.count()).where(day <= query.period.end.toordinal()).group_by(day)
    return dict(map(tuple, reader.execute(counted)))


def created(reader: Reader, query: Query) -> dict[int | None, int]:
    """People by the creation day of their account, whenever that is; event filters change
    nothing. None: no readable one."""
    a = reader.accounts.c
    counted = select(a.created, func.count()).where(*by_people(reader, query, a.user_id))
    return {None: 0, **dict(map(tuple, reader.execute(counted.group_by(a.created))))}


def activation(reader: Reader, query: Query, first: int, last: int) -> dict[tuple[int, int], int]:
    """People whose account was created on these days, by step and the days that it took."""
    whose = by_people(reader, query, reader.accounts.c.user_id)
    rows = activation_steps(reader, query, first, last, *whose).c
    found = reader.execute(select(rows.step, rows.lag, func.count()).group_by(rows.step, rows.lag))
    return {(step, lag): people for step, lag, people in found}
