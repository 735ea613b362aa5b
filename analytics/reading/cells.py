"""Reading the cells of a question's slices: exact answers at a cost of days.

A question of organizations and departments, and any scope, is a set of slices. People have one
organization and one department, so a set of slices that don't overlap is summed, distinct people
too. `rollups.tables` says what the cells hold.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    func,
    select,
)

from analytics.models import table_of
from analytics.period import Period
from analytics.query import Query
from analytics.reading.beside import beside
from analytics.reading.reader import Reader, Scope
from analytics.reading.slices import Slices, in_days, slices_of
from analytics.rollups.name_tables import DocumentTypeDay, TopicDay
from analytics.rollups.tables import (
    Cohort,
    CohortWeek,
    Daily,
    Headcount,
    Hourly,
    Listing,
    Pair,
    PowerPair,
)

HEADCOUNT = table_of(Headcount)


DAILY = table_of(Daily)

PAIR = table_of(Pair)

POWER_PAIR = table_of(PowerPair)

HOURLY = table_of(Hourly)

LISTING = table_of(Listing)
COHORT = table_of(Cohort)

COHORT_WEEK = table_of(CohortWeek)
BY_NAME: dict[str, tuple[Table, str]] = {
    "topic": (table_of(TopicDay), "conversations"),
    "document_type": (table_of(DocumentTypeDay), "documents"),
}


class Totals(NamedTuple):
    """Sums of a period for one slice or one group of slices."""

    active_users: int = 0
    conversations: int = 0
    documents: int = 0
    queries: int = 0
    messages: int = 0
    duration: int = 0  # microseconds


def totals_by(
    reader: Reader, query: Query, by: Sequence[str], counts: Sequence[str]
) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Distinct active users and sums of the period, by slice columns ("company", "department")."""
    slices = slices_of(reader, query)
    users, cells, sign = _distinct(reader, query.period)
    days = beside(
        reader,
        lambda r: sums(r, query, "days", (users, *counts), by),
        pays=bool(by and cells),
    )
    pairs = _pairs(reader, slices, query.period, cells, tuple(by)) if cells else {}
    return {
        key: (users + sign * pairs.get(key, 0), *rest) for key, (users, *rest) in days().items()
    }


def _distinct(reader: Reader, period: Period) -> tuple[str, str, int]:
    """How distinct active users are counted with the fewest cells.

    Returns a column of `Daily` to sum over the period, and the pairs to add (1) or subtract (-1):
    a key of `_cells`, '' for none.

    Every user active in the period left it once: on the last active day ever, or going to an active
    day after it. If nobody was active before the period, all entered it on their first active day.
    And always, a user active on k days of it is k of its daily users, and has k - 1 pairs inside.
    """
    before, after = reader.connection.execute(_active_outside(reader.scope), _days(period)).one()
    if not after:
        return "last_users", "", 0
    if not before:
        return "first_users", "", 0
    # Few days after a long period have fewer pairs than are inside it.
    return ("last_users", "after", 1) if after <= period.days // 2 else ("users", "inside", -1)


def _pairs(
    reader: Reader, slices: Slices, period: Period, cells: str, by: tuple[str, ...]
) -> dict[tuple[str, ...], int]:
    """How many pairs of consecutive active days lie "inside" the period or lead to "after" it."""
    wanted = _pairs_by(slices, cells, by) if by else _sums(slices, cells, ("users",), ())
    found = reader.connection.execute(wanted, _days(period)).all()
    return {tuple(key): users for *key, users in found}


@lru_cache(maxsize=256)
def _pairs_by(slices: Slices, cells: str, by: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
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
        .where(slices.which(HEADCOUNT, *by))
        .group_by(*keys)
    )


def sums(  # noqa: PLR0913, PLR0917
    reader: Reader,
    query: Query,
    cells: str,
    names: Sequence[str],
    by: Sequence[str] = (),
    lead: int = 0,
) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """Sums of columns of the period's cells (a key of `_cells`), by slice columns or the day.

    The period begins `lead` days earlier.
    """
    wanted = _sums(slices_of(reader, query), cells, tuple(names), tuple(by))
    found = reader.connection.execute(wanted, _days(query.period, lead)).all()
    n = len(by)
    return {row[:n]: row[n:] for row in found}


def _days(period: Period, lead: int = 0) -> dict[str, int]:
    return {"start": period.start.toordinal() - lead, "end": period.end.toordinal()}


@lru_cache(maxsize=256)  # making and hashing a statement takes longer than most of them do
def _sums(
    slices: Slices, cells: str, names: tuple[str, ...], by: tuple[str, ...]
) -> Select[*tuple[Any, ...]]:
    table, which = _cells(cells, slices.scope)
    source, keys, theirs = slices.split(table, by)
    return (
        select(*keys, *(func.coalesce(func.sum(table.c[name]), 0) for name in names))
        .select_from(source)
        .where(theirs, which)
        .group_by(*keys)
    )


_START = bindparam("start", type_=Integer)

_END = bindparam("end", type_=Integer)
_IN = DAILY.c.day.between(_START, _END)

_AFTER = DAILY.c.day > _END


def _active_days(scope: Scope | None) -> Select[int]:
    """The days on which anybody in the scope was active."""
    return select(DAILY.c.day).where(Slices(scope).which(DAILY), DAILY.c.users > 0)


def first_active(reader: Reader) -> int | None:
    """The first active day of anybody, filters ignored, as its number."""

    def find() -> int | None:
        first: int | None = reader.connection.scalar(_first_active_day(reader.scope))
        return first

    return reader.staged("first active", find)


def begins_late_enough(reader: Reader, start: int) -> bool:
    """Whether days from `start` on don't begin before the first active day of anybody."""
    first = first_active(reader)
    return first is not None and start >= first


@lru_cache(maxsize=64)
def _first_active_day(scope: Scope | None) -> Select[int | None]:
    return _active_days(scope).with_only_columns(func.min(DAILY.c.day))


@lru_cache(maxsize=64)
def _active_outside(scope: Scope | None) -> Select[*tuple[Any, ...]]:
    """Whether there are active days before the period, and how many after it."""
    days = _active_days(scope)
    # Of a scope of several slices, a day has several cells.
    after = days.where(_AFTER).with_only_columns(func.count(DAILY.c.day.distinct()))
    if scope is None:
        after = days.where(_AFTER).with_only_columns(func.count())
    return select(days.where(DAILY.c.day < _START).exists(), after.scalar_subquery())


def _cells(name: str, scope: Scope | None) -> tuple[Table, ColumnElement[bool]]:
    """What is summed of which cells; `start` and `end` are the period's days."""

    def pairs(table: Table, later: ColumnElement[bool]) -> tuple[Table, ColumnElement[bool]]:
        # Day by day, so that pairs with an earlier day before the period are not read.
        days = _active_days(scope).where(later)
        return table, and_(table.c.later.in_(days), table.c.earlier.between(_START, _END))

    match name:
        case "days":
            return DAILY, _IN
        case "until":
            return DAILY, DAILY.c.day <= _END
        case "later":
            return DAILY, _AFTER
        case "inside":
            return pairs(PAIR, _IN)
        case "after":
            return pairs(PAIR, _AFTER)
        case _:
            return pairs(POWER_PAIR, _IN)


# --- what else the cells say -------------------------------------------------------------------


def power_users(reader: Reader, query: Query) -> int:
    """People who started 10 or more conversations in the period.

    Somebody with n has max(0, n - 9) pairs of conversations nine apart inside the period and
    max(0, n - 10) ten apart; the difference is 1 exactly when n >= 10.
    """
    return sums(reader, query, "power", ["users"])[()][0]


def headcounts(
    reader: Reader, query: Query, by: Sequence[str]
) -> list[tuple[tuple[str, ...], int]]:
    """People, active or not, by slice columns."""
    columns = [HEADCOUNT.c[name] for name in by]
    found = reader.execute(
        select(*columns, func.coalesce(func.sum(HEADCOUNT.c.people), 0))
        .where(slices_of(reader, query).which(HEADCOUNT, *by))
        .group_by(*columns)
    )
    return [(tuple(key), people) for *key, people in found]


def returned(reader: Reader, query: Query, days: int) -> tuple[int, int]:
    """Who came back `days` after the first day, and who could have (see `figures.returned`)."""
    c = COHORT.c
    period = query.period
    eligible, came = reader.execute(
        select(
            func.coalesce(func.sum(c.users), 0), func.coalesce(func.sum(c[f"returned_{days}"]), 0)
        ).where(
            slices_of(reader, query).which(COHORT),
            (c.first_day + days).between(period.start.toordinal(), period.complete_end.toordinal()),
        )
    ).one()
    return came, eligible


def cohort_weeks(reader: Reader, query: Query, first: int, last: int) -> list[tuple[int, int, int]]:
    """Monday of the first week (from `first` to `last`), weeks since, people active then."""
    c = COHORT_WEEK.c
    found = reader.execute(
        select(c.first_week, c.week, func.sum(c.users))
        .where(slices_of(reader, query).which(COHORT_WEEK), c.first_week.between(first, last))
        .group_by(c.first_week, c.week)
        .order_by(c.first_week, c.week)
    )
    return [tuple(row) for row in found]


def hourly(reader: Reader, query: Query) -> dict[int, int]:
    """Messages of the complete days, by hour of the day."""
    c, period = HOURLY.c, query.period
    found = reader.execute(
        select(c.hour, func.sum(c.messages))
        .where(
            slices_of(reader, query).which(HOURLY),
            c.day.between(period.start.toordinal(), period.complete_end.toordinal()),
        )
        .group_by(c.hour)
    )
    return {hour: int(messages) for hour, messages in found}


def by_name(reader: Reader, query: Query, key: str) -> list[tuple[str, int]]:
    """Conversations by "topic", or documents by "document_type", as slice keys."""
    table, count = BY_NAME[key]
    c, period = table.c, query.period
    found = reader.execute(
        select(c[key], func.sum(c[count]))
        .where(slices_of(reader, query).which(table), in_days(c.day, period.start, period.end))
        .group_by(c[key])
    )
    return [(name, int(total)) for name, total in found]
