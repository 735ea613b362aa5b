"""What fills each rollup table: ONE select per table, and the build that runs them all.

Base facts are selected from the raw rows, cells from the base facts. The order matters: a later
select may read an earlier table.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    Table,
    case,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    union_all,
)
from sqlmodel import SQLModel

from analytics.models import RAW_MODELS, table_of
from analytics.rollups.instants import (
    ZoneOffset,
    day_of,
    hour_of,
    instant,
    local,
    to_instant,
    zone_offsets,
)
from analytics.rollups.tables import (
    ALL,
    DOCUMENT,
    NONE,
    QUERY,
    SHARED_TWIN,
    Activity,
    ActivityDocument,
    ActivityHour,
    Build,
    Cohort,
    CohortWeek,
    Daily,
    DocumentTypeDay,
    Hourly,
    Listing,
    Member,
    Pair,
    Source,
    TopicDay,
    UserDay,
)

Progress = Callable[[float, str], None]

Rows = Select[*tuple[Any, ...]]

_user, _twin, _session, _message, _document, _query = map(table_of, RAW_MODELS)
_member, _activity, _hour = table_of(Member), table_of(Activity), table_of(ActivityHour)
_drafted, _user_day = table_of(ActivityDocument), table_of(UserDay)


def _key(column: ColumnElement[str]) -> ColumnElement[str]:
    """The slice key of a name column, as `tables.slice_key`."""
    return literal(NONE, String) + func.coalesce(column, "")


# --- base facts, from the raw rows -------------------------------------------------------------


def members() -> Rows:
    """Every user with the keys of organization and department."""
    return select(
        _user.c.id.label("user_id"),
        _key(_user.c.company).label("company"),
        _key(_user.c.department).label("department"),
    )


def _computed_once(rows: Rows) -> FromClause:
    """A subquery whose columns are computed once a row.

    `OFFSET 0` keeps the planners of both databases from merging it into the query around it, which
    would compute an instant again wherever it is used.
    """
    return rows.offset(0).subquery()


def _dated(table: FromClause) -> FromClause:
    """Rows of a table of a session's parts with the instant `at`, whose user exists."""
    return _computed_once(
        select(
            _session.c.user_id,
            table.c.session_id,
            _session.c.twin_id,
            instant(table.c.created_at).label("at"),
            *[c for c in table.c if c.name in ("sender_type", "document_type")],
        )
        .select_from(table)
        .join(_session, _session.c.id == table.c.session_id)
        .join(_member, _member.c.user_id == _session.c.user_id)
    )


def _started() -> FromClause:
    return _computed_once(
        select(
            _session.c.user_id,
            _session.c.id.label("session_id"),
            _session.c.twin_id,
            instant(_session.c.started_at).label("at"),
            _session.c.topic,
            _session.c.is_shared_twin,
            _member.c.company,
            _member.c.department,
        ).join(_member, _member.c.user_id == _session.c.user_id)
    )


def activities() -> Rows:
    """Every dated conversation of an existing user, with the counts of all its rows."""
    started = _started()

    def count_of(table: FromClause, *more: ColumnElement[Any]) -> FromClause:
        count = func.count().label("rows")
        return select(table.c.session_id, count, *more).group_by(table.c.session_id).subquery()

    sent = _computed_once(select(_message.c.session_id, instant(_message.c.created_at).label("at")))
    messages = count_of(sent, (func.max(sent.c.at) - func.min(sent.c.at)).label("duration"))
    documents, queries = count_of(_document), count_of(_query)
    types = (
        case((documents.c.rows > 0, DOCUMENT), else_=0)
        + case((queries.c.rows > 0, QUERY), else_=0)
        + case((started.c.is_shared_twin, SHARED_TWIN), else_=0)
    )
    return (
        select(
            started.c.user_id,
            started.c.session_id,
            started.c.twin_id,
            started.c.company,
            started.c.department,
            _key(started.c.topic).label("topic"),
            started.c.at.label("started_at"),
            day_of(local(started.c.at)).label("day"),
            func.coalesce(messages.c.duration, 0).label("duration"),
            func.coalesce(messages.c.rows, 0).label("messages"),
            func.coalesce(documents.c.rows, 0).label("documents"),
            func.coalesce(queries.c.rows, 0).label("queries"),
            types.label("types"),
        )
        .select_from(started)
        .outerjoin(messages, messages.c.session_id == started.c.session_id)
        .outerjoin(documents, documents.c.session_id == started.c.session_id)
        .outerjoin(queries, queries.c.session_id == started.c.session_id)
        .where(started.c.at.is_not(None))
    )


_EVENTS = ("conversations", "messages", "user_messages", "documents", "queries")


def activity_hours() -> Rows:
    """Every dated event of an existing user, counted by conversation, local day and hour."""
    messages = _dated(_message)
    by_user = case((messages.c.sender_type == "user", 1), else_=0)
    streams = (
        (_started(), {"conversations": literal(1)}),
        (messages, {"messages": literal(1), "user_messages": by_user}),
        (_dated(_document), {"documents": literal(1)}),
        (_dated(_query), {"queries": literal(1)}),
    )
    events = union_all(
        *(
            _computed_once(
                select(
                    rows.c.user_id,
                    rows.c.session_id,
                    rows.c.twin_id,
                    local(rows.c.at).label("at"),
                    *(counts.get(name, literal(0)).label(name) for name in _EVENTS),
                ).where(rows.c.at.is_not(None))
            ).select()
            for rows, counts in streams
        )
    ).subquery()
    keys = events.c.user_id, events.c.session_id, day_of(events.c.at), hour_of(events.c.at)
    return select(
        events.c.user_id,
        events.c.session_id,
        keys[2].label("day"),
        keys[3].label("hour"),
        func.min(events.c.twin_id).label("twin_id"),
        *(func.sum(events.c[name]).label(name) for name in _EVENTS),
    ).group_by(*keys)


def activity_documents() -> Rows:
    """Every dated document of an existing user, counted by conversation, local day and type."""
    rows = _dated(_document)
    day, kind = day_of(local(rows.c.at)), _key(rows.c.document_type)
    return (
        select(
            rows.c.user_id,
            rows.c.session_id,
            day.label("day"),
            kind.label("document_type"),
            func.count().label("documents"),
        )
        .where(rows.c.at.is_not(None))
        .group_by(rows.c.user_id, rows.c.session_id, day, kind)
    )


def user_days() -> Rows:
    """Every user's active days: a conversation started or a message sent."""
    conversations = func.sum(_hour.c.conversations)
    user_messages = func.sum(_hour.c.user_messages)
    return (
        select(
            _hour.c.user_id,
            _hour.c.day,
            conversations.label("conversations"),
            user_messages.label("user_messages"),
        )
        .group_by(_hour.c.user_id, _hour.c.day)
        .having(conversations + user_messages > 0)
    )


# --- cells, from the base facts ----------------------------------------------------------------


def _cells(rows: FromClause, keys: tuple[str, ...], sums: tuple[str, ...]) -> Rows:
    """Sum rows of (user_id, *keys, *sums) into the four slices of every user."""
    finest = (
        select(
            _member.c.company,
            _member.c.department,
            *(rows.c[key] for key in keys),
            *(func.sum(rows.c[name]).label(name) for name in sums),
        )
        .select_from(rows)
        .join(_member, _member.c.user_id == rows.c.user_id)
        .group_by(_member.c.company, _member.c.department, *(rows.c[key] for key in keys))
        .cte("finest")
    )
    every = literal(ALL, String)
    slices = union_all(
        *(
            select(
                company.label("company"),
                department.label("department"),
                *(finest.c[name] for name in (*keys, *sums)),
            )
            for company in (finest.c.company, every)
            for department in (finest.c.department, every)
        )
    ).subquery()
    group = [slices.c.company, slices.c.department, *(slices.c[key] for key in keys)]
    totals = [func.sum(slices.c[name]) for name in sums]
    some = totals[0] != 0
    for total in totals[1:]:
        some |= total != 0
    return (
        select(*group, *(t.label(name) for t, name in zip(totals, sums, strict=True)))
        .group_by(*group)
        .having(some)
    )


def daily() -> Rows:
    """Counts of a day: active users, events, time spent, and twins installed by their owners."""
    events = ("conversations", "messages", "documents", "queries")
    installed = _computed_once(
        select(_twin.c.user_id, instant(_twin.c.created_at).label("at")).join(
            _member, _member.c.user_id == _twin.c.user_id
        )
    )
    streams: list[tuple[FromClause, ColumnElement[Any], dict[str, ColumnElement[Any]]]] = [
        (_user_day, _user_day.c.day, {"users": literal(1)}),
        (_hour, _hour.c.day, {name: _hour.c[name] for name in events}),
        (_activity, _activity.c.day, {"duration": _activity.c.duration}),
        (installed, day_of(local(installed.c.at)), {"installations": literal(1)}),
    ]
    sums = ("users", *events, "duration", "installations")
    rows = union_all(
        *(
            select(
                table.c.user_id,
                day.label("day"),
                *(values.get(name, literal(0)).label(name) for name in sums),
            ).where(day.is_not(None))
            for table, day, values in streams
        )
    ).subquery()
    return _cells(rows, ("day",), sums)


def hourly() -> Rows:
    """Messages of an hour of a day."""
    rows = select(_hour.c.user_id, _hour.c.day, _hour.c.hour, _hour.c.messages).subquery()
    return _cells(rows, ("day", "hour"), ("messages",))


def listing() -> Rows:
    """Activities of a day by their exact set of types."""
    a = _activity.c
    rows = select(a.user_id, a.day, a.types, literal(1).label("activities")).subquery()
    return _cells(rows, ("day", "types"), ("activities",))


def pairs() -> Rows:
    """Consecutive active days, and conversations ten apart (see `tables.Pair`)."""

    def before(day: ColumnElement[int], steps: int) -> ColumnElement[int]:
        return func.lag(day, steps).over(partition_by=day.table.c.user_id, order_by=day)

    d, a = _user_day.c, _activity.c
    rows = union_all(
        *(
            select(
                day.table.c.user_id,
                before(day, steps).label("earlier"),
                day.label("later"),
                literal(users).label("users"),
                literal(power).label("power"),
            )
            for day, steps, users, power in ((d.day, 1, 1, 0), (a.day, 9, 0, 1), (a.day, 10, 0, -1))
        )
    ).subquery()
    known = select(rows).where(rows.c.earlier.is_not(None)).subquery()
    return _cells(known, ("earlier", "later"), ("users", "power"))


def cohorts() -> Rows:
    """Users by first active day, and how many were active 1, 7 and 30 days later."""
    first = (
        select(_user_day.c.user_id, func.min(_user_day.c.day).label("first_day"))
        .group_by(_user_day.c.user_id)
        .subquery()
    )

    def returned(days: int) -> ColumnElement[int]:
        later = _user_day.alias()
        on_that_day = exists().where(
            later.c.user_id == first.c.user_id, later.c.day == first.c.first_day + days
        )
        return case((on_that_day, 1), else_=0).label(f"returned_{days}")

    rows = select(
        first.c.user_id, first.c.first_day, literal(1).label("users"), *map(returned, (1, 7, 30))
    ).subquery()
    return _cells(rows, ("first_day",), ("users", "returned_1", "returned_7", "returned_30"))


def cohort_weeks() -> Rows:
    """Users by first week, active in each week since. Ordinal 1 is a Monday."""
    week = (_user_day.c.day - 1) // 7
    weeks = select(_user_day.c.user_id, week.label("week")).distinct().subquery()
    first = (
        select(weeks.c.user_id, func.min(weeks.c.week).label("week"))
        .group_by(weeks.c.user_id)
        .subquery()
    )
    rows = (
        select(
            weeks.c.user_id,
            (first.c.week * 7 + 1).label("first_week"),
            (weeks.c.week - first.c.week).label("week"),
            literal(1).label("users"),
        )
        .join(first, first.c.user_id == weeks.c.user_id)
        .subquery()
    )
    return _cells(rows, ("first_week", "week"), ("users",))


def topic_days() -> Rows:
    """Conversations of a day by topic."""
    a = _activity.c
    rows = select(a.user_id, a.day, a.topic, literal(1).label("conversations")).subquery()
    return _cells(rows, ("day", "topic"), ("conversations",))


def document_type_days() -> Rows:
    """Documents of a day by type."""
    return _cells(_drafted, ("day", "document_type"), ("documents",))


# --- what was read and left out ----------------------------------------------------------------


def source(table: Table) -> Rows:
    """A raw table's rows, its first and last dated one, and the rows left out, each for one reason.

    Orphaned rows have no user behind them; undated ones do, and no readable timestamp. A user's own
    timestamp is in no number, so no user is left out.
    """
    dated = table.c.started_at if table is _session else table.c.created_at
    if table is _user:
        parent: ColumnElement[Any] = true()
    elif table in (_twin, _session):
        parent = exists().where(_member.c.user_id == table.c.user_id)
    else:
        parent = exists().where(
            _session.c.id == table.c.session_id, _member.c.user_id == _session.c.user_id
        )
    rows = _computed_once(
        select(instant(dated).label("at"), case((parent, 1), else_=0).label("kept"))
    )
    kept, dateless = rows.c.kept == 1, rows.c.at.is_(None)

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    return select(
        literal(table.name).label("table"),
        func.count().label("rows"),
        func.min(case((kept, rows.c.at))).label("first"),
        func.max(case((kept, rows.c.at))).label("last"),
        (literal(0) if table is _user else count(kept & dateless)).label("undated"),
        count(~kept).label("orphaned"),
    )


# --- the build ---------------------------------------------------------------------------------

# What the dashboard says while each table is filled -> the table and its select.
STEPS: tuple[tuple[str, type[SQLModel], Callable[[], Rows]], ...] = (
    ("Reading people", Member, members),
    ("Reading conversations", Activity, activities),
    ("Reading messages", ActivityHour, activity_hours),
    ("Reading documents", ActivityDocument, activity_documents),
    ("Finding active days", UserDay, user_days),
    ("Counting days", Daily, daily),
    ("Counting hours", Hourly, hourly),
    ("Counting activities", Listing, listing),
    ("Counting distinct users", Pair, pairs),
    ("Following new users", Cohort, cohorts),
    ("Following weekly cohorts", CohortWeek, cohort_weeks),
    ("Counting topics", TopicDay, topic_days),
    ("Counting document types", DocumentTypeDay, document_type_days),
)
TABLES = [t for t in SQLModel.metadata.sorted_tables if t.schema == _member.schema]


def build(connection: Connection, zone: ZoneInfo, now: datetime, progress: Progress) -> None:
    """Create and fill the rollup tables in an empty `rollup` schema, in the caller's transaction.

    `progress` gets the share done (0-1) and what is being done.
    """
    SQLModel.metadata.create_all(connection, tables=TABLES)
    connection.execute(
        insert(ZoneOffset), [{"since": at, "offset": by} for at, by in zone_offsets(zone)]
    )
    for done, (label, model, rows) in enumerate(STEPS):
        progress(done / len(STEPS), label)
        _fill(connection, model, rows())
    for table in map(table_of, RAW_MODELS):
        _fill(connection, Source, source(table))
    connection.execute(
        insert(Build),
        [{"version": secrets.token_hex(8), "built_at": to_instant(now), "zone": zone.key}],
    )
    progress(1.0, "Done")


def _fill(connection: Connection, model: type[SQLModel], rows: Rows) -> None:
    names = [column.name for column in rows.selected_columns]
    connection.execute(insert(model).from_select(names, rows))
