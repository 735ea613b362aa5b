"""What fills the cells: ONE select per table over the facts, for the build and for every refresh.

Each finds the rows of its users; `contributions` names their finest slice, `in_all_slices` adds up
all four.
"""

from collections.abc import Callable

from sqlalchemy import (
    ColumnElement,
    FromClause,
    String,
    Table,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlmodel import SQLModel

from analytics.models import table_of
from analytics.rollups.account_tables import Account, Activation
from analytics.rollups.activation import steps
from analytics.rollups.depth_tables import Depth, FeaturePair
from analytics.rollups.depths import (
    depths,
    feature_pairs,
    first_meetings,
    hours_of_whose_twins,
)
from analytics.rollups.habit_tables import HabitDays, HabitTier, Volume
from analytics.rollups.habits import habit_days, habit_tiers, volumes
from analytics.rollups.name_tables import DocumentTypeDay, TopicDay
from analytics.rollups.staging import (
    CHANGED_SESSION,
    TOUCHED_USER,
    USER_OF_OTHER_DAYS,
    Rows,
    listed,
    replaced,
)
from analytics.rollups.tables import (
    ALL,
    Activity,
    ActivityDocument,
    ActivityHour,
    Cell,
    Cohort,
    CohortWeek,
    Daily,
    Headcount,
    Hourly,
    Installation,
    Listing,
    Loaded,
    Member,
    Orphan,
    Pair,
    PowerPair,
    Source,
    UserDay,
)

_member, _activity, _hour = table_of(Member), table_of(Activity), table_of(ActivityHour)
_drafted, _user_day = table_of(ActivityDocument), table_of(UserDay)
_account = table_of(Account)
_installed, _loaded, _orphan = table_of(Installation), table_of(Loaded), table_of(Orphan)

SLICE = ("company", "department")


def _of(rows: FromClause, touched: bool) -> ColumnElement[bool]:
    """The rows of everybody, or those that a refresh replaces.

    For sums of rows; what compares the days of a user needs `_of_users_of_other_days`.
    """
    return replaced(rows) if touched else true()


def _of_users_of_other_days(rows: FromClause, touched: bool) -> ColumnElement[bool]:
    """The rows of everybody, or of the users whose days changed in a refresh."""
    return listed(rows.c.user_id, USER_OF_OTHER_DAYS) if touched else true()


def _of_each_user(day: ColumnElement[int], touched: bool) -> FromClause:
    """Every user with the first or last active day ever: an aggregate of `UserDay.day`."""
    days = select(_user_day.c.user_id, day).where(_of_users_of_other_days(_user_day, touched))
    return days.group_by(_user_day.c.user_id).subquery()


def headcounts(*, touched: bool) -> FromClause:
    """People."""
    rows = select(_member.c.user_id, literal(1).label("people"))
    return rows.where(_of(_member, touched)).subquery()


def daily(*, touched: bool) -> FromClause:
    """Counts of a day: active users, events, time spent, and twins and accounts that are new."""
    first, last = func.min(_user_day.c.day), func.max(_user_day.c.day)
    events = ("conversations", "messages", "documents", "queries")
    whose = ("own_conversations", "others_conversations")
    streams: tuple[tuple[FromClause, tuple[str, ...]], ...] = (
        (_user_day, ("users",)),
        (_of_each_user(first.label("day"), touched), ("first_users",)),
        (_of_each_user(last.label("day"), touched), ("last_users",)),
        (hours_of_whose_twins(), (*events, *whose)),
        (_activity, ("duration",)),
        (_installed, ("installations",)),
        (select(_account).where(_account.c.day > 0).subquery(), ("accounts",)),
        (first_meetings(touched), ("first_meetings",)),
    )
    _, sums = keys_and_sums(Daily)
    return union_all(
        *(
            select(
                rows.c.user_id,
                rows.c.day,
                *(
                    (rows.c.get(name, literal(1)) if name in own else literal(0)).label(name)
                    for name in sums
                ),
            ).where(_of(rows, touched))
            for rows, own in streams
        )
    ).subquery()


def hourly(*, touched: bool) -> FromClause:
    """Messages of an hour of a day."""
    columns = _hour.c.user_id, _hour.c.day, _hour.c.hour, _hour.c.messages
    return select(*columns).where(_of(_hour, touched)).subquery()


def listing(*, touched: bool) -> FromClause:
    """Activities of a day by their exact set of types."""
    a = _activity.c
    rows = select(a.user_id, a.day, a.types, literal(1).label("activities"))
    return rows.where(_of(_activity, touched)).subquery()


def _apart(table: Table, users_by_steps: dict[int, int], touched: bool) -> FromClause:
    """The days of a user's rows and of those some steps before, with what each adds to `users`."""
    day = table.c.day
    rows = union_all(
        *(
            select(
                table.c.user_id,
                func.lag(day, steps)
                .over(partition_by=table.c.user_id, order_by=day)
                .label("earlier"),
                day.label("later"),
                literal(users).label("users"),
            ).where(_of_users_of_other_days(table, touched))
            for steps, users in users_by_steps.items()
        )
    ).subquery()
    return select(rows).where(rows.c.earlier.is_not(None)).subquery()


def pairs(*, touched: bool) -> FromClause:
    """Consecutive active days."""
    return _apart(_user_day, {1: 1}, touched)


def power_pairs(*, touched: bool) -> FromClause:
    """Conversations nine and ten apart (see `tables.PowerPair`)."""
    return _apart(_activity, {9: 1, 10: -1}, touched)


def cohorts(*, touched: bool) -> FromClause:
    """Users by first active day, and how many were active 1, 7 and 30 days later."""
    first = _of_each_user(func.min(_user_day.c.day).label("first_day"), touched)

    def returned(days: int) -> ColumnElement[int]:
        later = _user_day.alias()
        on_that_day = exists().where(
            later.c.user_id == first.c.user_id,
            later.c.day == first.c.first_day + days,
            _of(later, touched),  # PostgreSQL reads the whole table otherwise
        )
        return case((on_that_day, 1), else_=0).label(f"returned_{days}")

    return select(
        first.c.user_id, first.c.first_day, literal(1).label("users"), *map(returned, (1, 7, 30))
    ).subquery()


def cohort_weeks(*, touched: bool) -> FromClause:
    """Users by first week, active in each week since. Ordinal 1 is a Monday."""
    week = ((_user_day.c.day - 1) // 7).label("week")
    days = select(_user_day.c.user_id, week).where(_of_users_of_other_days(_user_day, touched))
    weeks = days.distinct().subquery()
    first = func.min(weeks.c.week).over(partition_by=weeks.c.user_id)
    return select(
        weeks.c.user_id,
        (first * 7 + 1).label("first_week"),
        (weeks.c.week - first).label("week"),
        literal(1).label("users"),
    ).subquery()


def activations(*, touched: bool) -> FromClause:
    """The steps that accounts with a creation day reach. Also a document may change them."""

    def of(rows: FromClause) -> ColumnElement[bool]:
        return listed(rows.c.user_id, TOUCHED_USER) if touched else true()

    accounts = select(_account).where(_account.c.created.is_not(None), of(_account)).subquery()
    days = select(_user_day).where(of(_user_day)).subquery()
    drafted = select(_hour.c.user_id, _hour.c.day).where(_hour.c.documents > 0, of(_hour))
    rows = steps(accounts, days, drafted.subquery())
    return select(rows, literal(1).label("people")).subquery()


def topic_days(*, touched: bool) -> FromClause:
    """Conversations of a day by topic."""
    a = _activity.c
    rows = select(a.user_id, a.day, a.topic, literal(1).label("conversations"))
    return rows.where(_of(_activity, touched)).subquery()


def document_type_days(*, touched: bool) -> FromClause:
    """Documents of a day by type."""
    return select(_drafted).where(_of(_drafted, touched)).subquery()


def sources(*, touched: bool) -> FromClause:
    """Rows of the raw tables, with a user or orphaned."""
    counts = _loaded.c.rows, _loaded.c.undated, _loaded.c.orphaned, _loaded.c.unreadable
    alone = listed(_orphan.c.session_id, CHANGED_SESSION) if touched else true()
    return union_all(
        select(_loaded.c.table, *counts).where(_of(_loaded, touched)),
        select(
            _orphan.c.table,
            _orphan.c.rows,
            literal(0).label("undated"),
            _orphan.c.rows.label("orphaned"),
            _orphan.c.unreadable,
        ).where(alone),
    ).subquery()


CELLS: tuple[tuple[type[SQLModel], Callable[..., FromClause]], ...] = (
    (Headcount, headcounts),
    (Daily, daily),
    (Hourly, hourly),
    (Listing, listing),
    (Depth, depths),
    (Pair, pairs),
    (PowerPair, power_pairs),
    (FeaturePair, feature_pairs),
    (Cohort, cohorts),
    (CohortWeek, cohort_weeks),
    (Activation, activations),
    (TopicDay, topic_days),
    (DocumentTypeDay, document_type_days),
    (HabitDays, habit_days),
    (HabitTier, habit_tiers),
    (Volume, volumes),
    (Source, sources),
)


def keys_and_sums(cell: type[SQLModel]) -> tuple[list[str], list[str]]:
    """The columns that name a cell, and those that are added up."""
    columns = table_of(cell).columns
    keys = [column.name for column in columns if column.primary_key]
    return keys, [column.name for column in columns if not column.primary_key]


def contributions(cell: type[SQLModel], rows: FromClause, *, grouped: bool = True) -> Rows:
    """What rows of a cell's select add to the finest slice, everybody's organization and
    department (`Source` has no slices); a row each if not `grouped`."""
    keys, sums = keys_and_sums(cell)
    sliced = issubclass(cell, Cell)
    named = [(_member if name in SLICE and sliced else rows).c[name] for name in keys]
    added = [(func.sum(rows.c[name]) if grouped else rows.c[name]).label(name) for name in sums]
    found = select(*named, *added)
    if sliced:
        found = found.select_from(rows).join(_member, _member.c.user_id == rows.c.user_id)
    return found.group_by(*named) if grouped else found


def in_all_slices(cell: type[SQLModel], finest: FromClause) -> Rows:
    """Rows of the finest slice, added up into all four; sums of nothing but zeros are left out.

    Everybody's sums are made of the departments', which are fewer than the rows of the finest.
    """
    _, sums = keys_and_sums(cell)
    parts: list[FromClause] = [finest]
    if issubclass(cell, Cell):
        of_department = _added_up(cell, finest, ("company",)).cte("of_department")
        of_company = _added_up(cell, finest, ("department",)).subquery()
        everybody = _added_up(cell, of_department, SLICE).subquery()
        parts = [everybody, of_department, of_company, finest]
    return union_all(
        *(select(rows).where(or_(*(rows.c[name] != 0 for name in sums))) for rows in parts)
    )


def _added_up(cell: type[SQLModel], rows: FromClause, all_of: tuple[str, ...]) -> Rows:
    """Rows of a slice, added up into one of all companies, of all departments, or of both."""
    keys, sums = keys_and_sums(cell)
    named = {name: literal(ALL, String) if name in all_of else rows.c[name] for name in keys}
    return select(
        *(key.label(name) for name, key in named.items()),
        *(func.sum(rows.c[name]).label(name) for name in sums),
    ).group_by(*(rows.c[name] for name in keys if name not in all_of))
