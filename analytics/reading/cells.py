"""Reading the cells of a question's slices: sums of days, and exact distinct users."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    func,
    select,
    true,
    tuple_,
)
from sqlmodel import Session

from analytics.models import table_of
from analytics.query import Filters, Period, Query
from analytics.reading.beside import beside
from analytics.rollups.tables import (
    ALL,
    Daily,
    Headcount,
    Member,
    Pair,
    PowerPair,
    slice_key,
)

DAILY = table_of(Daily)

PAIR = table_of(Pair)

POWER_PAIR = table_of(PowerPair)
HEADCOUNT = table_of(Headcount)

MEMBER = table_of(Member)


def _slice_keys(column: str) -> Select[str]:
    """The keys of all organizations ("company") or departments that have people."""
    keys = HEADCOUNT.c[column]
    other = HEADCOUNT.c["department" if column == "company" else "company"]
    return select(keys).where(keys != ALL, other == ALL)


def _of_slices(
    column: Column[str], names: Sequence[str | None], *, split: bool
) -> ColumnElement[bool]:
    if names:
        return column.in_([slice_key(name) for name in names])
    if not split:
        return column == ALL
    if column.table is HEADCOUNT:
        return column != ALL
    # Named one by one, so that each is looked up; else every slice of the table would be read.
    return column.in_(_slice_keys(column.key))


def in_slices(table: Table, filters: Filters, *split: str) -> ColumnElement[bool]:
    """The cells of a cell table that sum to the filters; `split` columns are kept apart by name."""
    if len(split) > 1 and table is not HEADCOUNT:
        # Else every department would be looked up in every organization.
        pairs = select(HEADCOUNT.c.company, HEADCOUNT.c.department)
        return tuple_(table.c.company, table.c.department).in_(
            pairs.where(in_slices(HEADCOUNT, filters, *split))
        )
    return and_(
        _of_slices(table.c.company, filters.organizations, split="company" in split),
        _of_slices(table.c.department, filters.departments, split="department" in split),
    )


def of_members(filters: Filters, table: Table = MEMBER) -> ColumnElement[bool]:
    """The rows of the filters' users in a table with slice keys per user."""
    chosen = {"company": filters.organizations, "department": filters.departments}
    keys = {name: [slice_key(each) for each in names] for name, names in chosen.items() if names}
    return and_(true(), *(table.c[name].in_(values) for name, values in keys.items()))


def in_days(column: ColumnElement[int], start: date, end: date) -> ColumnElement[bool]:
    """Day numbers from start to end, both included."""
    return column.between(start.toordinal(), end.toordinal())


class Totals(NamedTuple):
    """Sums of a period for one slice or one group of slices."""

    active_users: int = 0
    conversations: int = 0
    documents: int = 0
    queries: int = 0
    messages: int = 0
    duration: int = 0  # microseconds


def totals_by(
    session: Session, query: Query, *by: str, until: str = "duration"
) -> dict[tuple[str, ...], Totals]:
    """Totals of the period by the slice columns `by` ("company", "department"), as slice keys.

    Only the fields up to `until` are read; the others are 0.
    """
    counts = Totals._fields[1 : Totals._fields.index(until) + 1]
    users, cells, sign = _distinct(session, query.period)
    days = beside(
        session,
        lambda s: sums(s, query, "days", (users, *counts), by),
        pays=bool(by and cells),
    )
    pairs = _pairs(session, query, cells, by) if cells else {}
    return {
        key: Totals(users + sign * pairs.get(key, 0), *rest)
        for key, (users, *rest) in days().items()
    }


def _distinct(session: Session, period: Period) -> tuple[str, str, int]:
    """How distinct active users are counted with the fewest cells.

    Returns a column of `Daily` to sum over the period, and the pairs to add (1) or subtract (-1):
    a key of `_CELLS`, '' for none.

    Every user active in the period left it once: on the last active day ever, or going to an active
    day after it. If nobody was active before the period, all entered it on their first active day.
    And always, a user active on k days of it is k of its daily users, and has k - 1 pairs inside.
    """
    before, after = session.connection().execute(_ACTIVE_OUTSIDE, _days(period)).one()
    if not after:
        return "last_users", "", 0
    if not before:
        return "first_users", "", 0
    # Few days after a long period have fewer pairs than are inside it.
    return ("last_users", "after", 1) if after <= period.days // 2 else ("users", "inside", -1)


def _pairs(
    session: Session, query: Query, cells: str, by: tuple[str, ...]
) -> dict[tuple[str, ...], int]:
    """How many pairs of consecutive active days lie "inside" the period or lead to "after" it."""
    wanted = (
        _pairs_by(query.filters, cells, by) if by else _sums(cells, ("users",), query.filters, ())
    )
    found = session.connection().execute(wanted, _days(query.period)).all()
    return {tuple(key): users for *key, users in found}


@lru_cache(maxsize=256)
def _pairs_by(filters: Filters, cells: str, by: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """Pairs of each slice, one after the other: quicker than grouping all that are read."""
    h, p = HEADCOUNT.c, PAIR.c
    later = p.later > _END if cells == "after" else p.later.between(_START, _END)
    found = (
        select(func.sum(p.users))
        .where(p.company == h.company, p.department == h.department)
        .where(later, p.earlier.between(_START, _END))
        .correlate(HEADCOUNT)
        .scalar_subquery()
    )
    keys = [h[name] for name in by]
    return (
        select(*keys, func.coalesce(func.sum(found), 0))
        .where(in_slices(HEADCOUNT, filters, *by))
        .group_by(*keys)
    )


def sums(  # noqa: PLR0913, PLR0917
    session: Session,
    query: Query,
    cells: str,
    names: Sequence[str],
    by: Sequence[str] = (),
    lead: int = 0,
) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """Sums of columns of the period's cells (a key of `_CELLS`), by slice columns or the day.

    The period begins `lead` days earlier.
    """
    wanted = _sums(cells, tuple(names), query.filters, tuple(by))
    found = session.connection().execute(wanted, _days(query.period, lead)).all()
    n = len(by)
    return {row[:n]: row[n:] for row in found}


def _days(period: Period, lead: int = 0) -> dict[str, int]:
    return {"start": period.start.toordinal() - lead, "end": period.end.toordinal()}


@lru_cache(maxsize=256)  # making and hashing a statement takes longer than most of them do
def _sums(
    cells: str, names: tuple[str, ...], filters: Filters, by: tuple[str, ...]
) -> Select[*tuple[Any, ...]]:
    table, which = _CELLS[cells]
    keys = [table.c[name] for name in by]
    return (
        select(*keys, *(func.coalesce(func.sum(table.c[name]), 0) for name in names))
        .where(in_slices(table, filters, *by), which)
        .group_by(*keys)
    )


def totals(session: Session, query: Query) -> Totals:
    """Totals of the period for the filters; active users are distinct over the whole period."""
    return totals_by(session, query)[()]


_START = bindparam("start", type_=Integer)

_END = bindparam("end", type_=Integer)
_ACTIVE_DAYS = select(DAILY.c.day).where(in_slices(DAILY, Filters()), DAILY.c.users > 0)
FIRST_ACTIVE = _ACTIVE_DAYS.with_only_columns(func.min(DAILY.c.day))
_IN = DAILY.c.day.between(_START, _END)

_AFTER = DAILY.c.day > _END
# Whether there are active days before the period, and how many after it.
_ACTIVE_OUTSIDE = select(
    _ACTIVE_DAYS.where(DAILY.c.day < _START).exists(),
    _ACTIVE_DAYS.where(_AFTER).with_only_columns(func.count()).scalar_subquery(),
)


def _pairs_of(pairs: Table, later: ColumnElement[bool]) -> ColumnElement[bool]:
    # Day by day, so that pairs with an earlier day before the period are not read.
    return and_(pairs.c.later.in_(_ACTIVE_DAYS.where(later)), pairs.c.earlier.between(_START, _END))


# What is summed of which cells; `start` and `end` are the period's days.
_CELLS: dict[str, tuple[Table, ColumnElement[bool]]] = {
    "days": (DAILY, _IN),
    "until": (DAILY, DAILY.c.day <= _END),
    "inside": (PAIR, _pairs_of(PAIR, _IN)),
    "after": (PAIR, _pairs_of(PAIR, _AFTER)),
    "power": (POWER_PAIR, _pairs_of(POWER_PAIR, _IN)),
}
