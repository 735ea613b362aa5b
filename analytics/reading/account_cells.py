"""Reading accounts, and how new ones begin, from the cells of a question's slices."""

from collections.abc import Sequence

from sqlalchemy import func, select

from analytics.models import table_of
from analytics.query import Query
from analytics.reading.cells import COHORT, headcounts, sums
from analytics.reading.reader import Reader
from analytics.reading.slices import slices_of
from analytics.rollups.account_tables import Activation
from analytics.rollups.activation import CREATED

ACTIVATION = table_of(Activation)


def accounts_by(reader: Reader, query: Query, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Accounts at the end of the period, by slice columns: all people but those who come later."""
    later = sums(reader, query, "later", ["accounts"], by)
    none = (0,)
    return {key: people - later.get(key, none)[0] for key, people in headcounts(reader, query, by)}


def ever_active_by(reader: Reader, query: Query, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """People whose first active day lies before the end of the period or on it, by slice columns.

    Of those days alone, which are fewer than the days with something.
    """
    source, columns, theirs = slices_of(reader, query).split(COHORT, by)
    found = reader.execute(
        select(*columns, func.coalesce(func.sum(COHORT.c.users), 0))
        .select_from(source)
        .where(theirs, COHORT.c.first_day <= query.period.end.toordinal())
        .group_by(*columns)
    )
    return {tuple(key): int(people) for *key, people in found}


def first_days(reader: Reader, query: Query) -> dict[int, int]:
    """People by their first active day, up to the end of the period."""
    c = COHORT.c
    found = reader.execute(
        select(c.first_day, func.sum(c.users))
        .where(slices_of(reader, query).which(COHORT))
        .where(c.first_day <= query.period.end.toordinal())
        .group_by(c.first_day)
    )
    return {day: int(people) for day, people in found}


def created(reader: Reader, query: Query) -> dict[int | None, int]:
    """People by the creation day of their account, whenever that is; None: no readable one."""
    c = ACTIVATION.c
    found = reader.execute(
        select(c.created, func.sum(c.people))
        .where(slices_of(reader, query).which(ACTIVATION), c.step == CREATED)
        .group_by(c.created)
    )
    dated = {day: int(people) for day, people in found}
    [(_, everybody)] = headcounts(reader, query, ())
    return {None: everybody - sum(dated.values()), **dated}


def activation(reader: Reader, query: Query, first: int, last: int) -> dict[tuple[int, int], int]:
    """People whose account was created on these days, by step and the days that it took."""
    c = ACTIVATION.c
    found = reader.execute(
        select(c.step, c.lag, func.sum(c.people))
        .where(slices_of(reader, query).which(ACTIVATION), c.created.between(first, last))
        .group_by(c.step, c.lag)
    )
    return {(step, lag): int(people) for step, lag, people in found}
