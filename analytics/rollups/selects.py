"""What fills each rollup table: ONE select per table, for the build and for every refresh.

Raw rows are staged first: every row of some sessions, and the own rows of their users, becomes an
*event*, its instant, local day and hour computed once. Facts are selected from the events, cells
from the facts; neither reads a raw table. The order matters: a later select may read an earlier
table. A build stages all sessions of some users at a time, a refresh those that were marked.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union,
    union_all,
)
from sqlmodel import SQLModel

from analytics.models import RAW_MODELS, table_of
from analytics.rollups.tables import (
    ALL,
    DOCUMENT,
    NONE,
    QUERY,
    SHARED_TWIN,
    Activity,
    ActivityDocument,
    ActivityHour,
    Cell,
    Cohort,
    CohortWeek,
    Daily,
    DocumentTypeDay,
    Headcount,
    Hourly,
    Installation,
    Listing,
    Loaded,
    Member,
    Pair,
    PowerPair,
    SessionRows,
    Source,
    Stray,
    TopicDay,
    UserDay,
)
from analytics.sql.instants import (
    day_of,
    flag,
    hour_of,
    instant,
    is_damaged,
    is_key,
    key,
    local,
    readable,
)

Rows = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
SLICE = ("company", "department")

_user, _twin, _session, _message, _document, _query = map(table_of, RAW_MODELS)
_member, _activity, _hour = table_of(Member), table_of(Activity), table_of(ActivityHour)
_drafted, _user_day = table_of(ActivityDocument), table_of(UserDay)
_installed, _loaded, _stray = table_of(Installation), table_of(Loaded), table_of(Stray)
_rows = table_of(SessionRows)


# The text that is looked at for what can't be read: what pages show.
_TEXTS: dict[Table, tuple[str, ...]] = {
    _user: ("email", "full_name", "company", "department"),
    _twin: ("name",),
    _session: ("platform", "title", "topic"),
    _message: ("content",),
    _document: ("document_type", "title"),
    _query: ("query_type", "query_text"),
}


def _slice(name: ColumnElement[str]) -> ColumnElement[str]:
    """The slice key of a readable name, as `tables.slice_key`."""
    return literal(NONE, String) + func.coalesce(name, "")


def _damaged(table: Table) -> ColumnElement[int]:
    return is_damaged(*(table.c[name] for name in _TEXTS[table]))


# --- what is staged: all that is read of the raw tables ----------------------------------------

STAGING = MetaData()


def _staged(name: str, *columns: Column[Any]) -> Table:
    return Table(f"rollup_{name}", STAGING, *columns, prefixes=["TEMPORARY"])


# Asked for: users of whom everything is read, and sessions of whomever.
WHOLE = _staged("whole", Column("user_id", String, primary_key=True))
MARKED = _staged("marked", Column("session_id", String, primary_key=True))
# Found: the sessions that are read, and all users who are concerned.
HELD = _staged(
    "held",
    Column("session_id", String, primary_key=True),
    Column("user_id", String, nullable=False),
    Column("kept", Integer, nullable=False),  # 1 if the user exists and ids can be named, else 0
    Column("twin_id", String),
    Column("topic", String),
    Column("shared", Integer, nullable=False),  # SHARED_TWIN or 0
    Column("own", Integer, nullable=False),  # 1 if the twin is the user's own, else 0
    Column("damaged", Integer, nullable=False),  # 1 if it holds text that can't be read, else 0
    Column("at", BigInteger),
)
TOUCHED = _staged("touched", Column("user_id", String, primary_key=True))
# The recorded sessions that are replaced by the held ones: only a refresh has any.
REPLACED = _staged(
    "replaced",
    Column("user_id", String, primary_key=True),
    Column("session_id", String, primary_key=True),
)
# The touched users whose days changed: those on which they started a conversation or wrote.
SHIFTED = _staged("shifted", Column("user_id", String, primary_key=True))
EVENT = _staged(
    "event",
    Column("table", String, nullable=False),  # the raw table
    Column("user_id", String, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("session_id", String),
    Column("twin_id", String),
    Column("detail", String),  # topic, sender type or document type
    Column("shared", Integer, nullable=False),
    Column("own", Integer, nullable=False),
    Column("damaged", Integer, nullable=False),
    Column("at", BigInteger),  # NULL if undated; day and hour likewise
    Column("day", Integer),
    Column("hour", Integer),
)


def _listed(column: ColumnElement[str], table: Table) -> ColumnElement[bool]:
    """Whether a staged table has the value in its first column: it leads, the large one is sought.

    SQLite, which knows no sizes, could go through the large table for the rows of a join.
    """
    return column.in_(select(next(iter(table.c))))


_KEPT = case((is_key(_user.c.id), 1), else_=0)


def _held(which: ColumnElement[bool]) -> Rows:
    own = exists().where(_twin.c.id == _session.c.twin_id, _twin.c.user_id == _session.c.user_id)
    return (
        select(
            _session.c.id.label("session_id"),
            _session.c.user_id,
            case((is_key(_user.c.id, _session.c.id), 1), else_=0).label("kept"),
            case((is_key(_session.c.twin_id), _session.c.twin_id), else_="").label("twin_id"),
            readable(_session.c.topic).label("topic"),
            case((flag(_session.c.is_shared_twin), SHARED_TWIN), else_=0).label("shared"),
            case((own, 1), else_=0).label("own"),
            _damaged(_session).label("damaged"),
            instant(_session.c.started_at).label("at"),
        )
        .select_from(_session.outerjoin(_user, _user.c.id == _session.c.user_id))
        .where(which, _session.c.id.is_not(None))
    )


HELD_OF_WHOLE = _held(_listed(_session.c.user_id, WHOLE))
HELD_OF_MARKED = _held(
    _listed(_session.c.id, MARKED)
    & _session.c.user_id.is_not(None)
    & _session.c.user_id.not_in(select(WHOLE.c.user_id))
)
USERS_TOUCHED = union(select(WHOLE.c.user_id), select(HELD.c.user_id))
SESSIONS_REPLACED = union(
    select(HELD.c.user_id, HELD.c.session_id),
    select(_rows.c.user_id, _rows.c.session_id).where(_listed(_rows.c.user_id, WHOLE)),
)


def _computed_once(rows: Rows) -> FromClause:
    """A subquery whose columns are computed once a row.

    `OFFSET 0` keeps the planners of both databases from merging it into the query around it, which
    would compute an instant again wherever it is used.
    """
    return rows.offset(0).subquery()


def _events(table: Table) -> Rows:
    """Every row of a raw table that belongs to a touched user or a held session."""
    nothing = literal(None, String)
    of_session = table not in (_user, _twin)
    at: ColumnElement[Any]
    detail: ColumnElement[Any]
    shared: ColumnElement[Any]
    own: ColumnElement[Any]
    damaged: ColumnElement[Any]
    if table is _session:
        source: FromClause = HELD
        at, detail, shared, own = HELD.c.at, HELD.c.topic, HELD.c.shared, HELD.c.own
        damaged = HELD.c.damaged
    else:
        at, shared, own = instant(table.c.created_at), literal(0), literal(0)
        damaged = _damaged(table)
        details = {
            _message: cast(_message.c.sender_type, String),
            _document: readable(_document.c.document_type),
        }
        detail = details.get(table, nothing)
        source = table.outerjoin(_user, _user.c.id == _twin.c.user_id) if table is _twin else table
        if of_session:
            source = table.join(HELD, HELD.c.session_id == key(table.c.session_id))
    owner = {_user: _user.c.id, _twin: _twin.c.user_id}.get(table, HELD.c.user_id)
    raw = select(
        literal(table.name).label("table"),
        owner.label("user_id"),
        (HELD.c.kept if of_session else _KEPT).label("kept"),
        (HELD.c.session_id if of_session else nothing).label("session_id"),
        (HELD.c.twin_id if of_session else nothing).label("twin_id"),
        detail.label("detail"),
        shared.label("shared"),
        own.label("own"),
        damaged.label("damaged"),
        at.label("at"),
    ).select_from(source)
    if not of_session:
        raw = raw.where(_listed(owner, TOUCHED))
    elif table is not _session:
        raw = raw.where(_listed(table.c.session_id, HELD))
    dated = _computed_once(raw)
    timed = _computed_once(select(*dated.c, local(dated.c.at).label("moment")))
    known = [c for c in timed.c if c.name != "moment"]
    return select(
        *known, day_of(timed.c.moment).label("day"), hour_of(timed.c.moment).label("hour")
    )


EVENTS: tuple[Rows, ...] = tuple(_events(table_of(model)) for model in RAW_MODELS)


# --- facts, from the events --------------------------------------------------------------------


def members() -> Rows:
    """The users with the keys of organization and department."""
    return select(
        _user.c.id.label("user_id"),
        _slice(readable(_user.c.company)).label("company"),
        _slice(readable(_user.c.department)).label("department"),
    ).where(_listed(_user.c.id, WHOLE), is_key(_user.c.id))


def _in(*tables: Table) -> ColumnElement[bool]:
    return EVENT.c.table.in_([table.name for table in tables])


def _count(*tables: Table) -> ColumnElement[int]:
    return func.sum(case((_in(*tables), 1), else_=0))


def _greatest(table: Table, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """In a group that has at most one event of the table, its value."""
    return func.max(case((_in(table), column)))


def activities() -> Rows:
    """Every dated conversation of an existing user, with the counts of all its rows."""
    sent = case((_in(_message), EVENT.c.at))
    documents, queries = _count(_document), _count(_query)
    types = case((documents > 0, DOCUMENT), else_=0) + case((queries > 0, QUERY), else_=0)
    started = _greatest(_session, EVENT.c.at)
    found = (
        select(
            EVENT.c.user_id,
            EVENT.c.session_id,
            func.max(EVENT.c.twin_id).label("twin_id"),
            _slice(_greatest(_session, EVENT.c.detail)).label("topic"),
            started.label("started_at"),
            _greatest(_session, EVENT.c.day).label("day"),
            func.coalesce(func.max(sent) - func.min(sent), 0).label("duration"),
            _count(_message).label("messages"),
            documents.label("documents"),
            queries.label("queries"),
            (types + func.max(EVENT.c.shared)).label("types"),
        )
        .where(EVENT.c.kept == 1, _in(_session, _message, _document, _query))
        .group_by(EVENT.c.user_id, EVENT.c.session_id)
        .having(started.is_not(None))
        .subquery()
    )
    return select(*found.c, _member.c.company, _member.c.department).join(
        _member, _member.c.user_id == found.c.user_id
    )


def activity_hours() -> Rows:
    """Every dated event of an existing user, counted by conversation, local day and hour."""
    keys = EVENT.c.session_id, EVENT.c.day, EVENT.c.hour
    by_user = case((_in(_message) & (EVENT.c.detail == "user"), 1), else_=0)
    return (
        select(
            EVENT.c.user_id,
            *keys,
            func.max(EVENT.c.twin_id).label("twin_id"),
            _count(_session).label("conversations"),
            func.sum(EVENT.c.own).label("own_conversations"),
            _count(_message).label("messages"),
            func.sum(by_user).label("user_messages"),
            _count(_document).label("documents"),
            _count(_query).label("queries"),
        )
        .where(
            EVENT.c.kept == 1,
            EVENT.c.at.is_not(None),
            _in(_session, _message, _document, _query),
        )
        .group_by(EVENT.c.user_id, *keys)
    )


def activity_documents() -> Rows:
    """Every dated document of an existing user, counted by conversation, local day and type."""
    kind = _slice(EVENT.c.detail)
    keys = EVENT.c.session_id, EVENT.c.day
    return (
        select(EVENT.c.user_id, *keys, kind.label("document_type"), func.count().label("documents"))
        .where(EVENT.c.kept == 1, EVENT.c.at.is_not(None), _in(_document))
        .group_by(EVENT.c.user_id, *keys, kind)
    )


def installations() -> Rows:
    """Every dated twin of an existing user, counted by local day."""
    return (
        select(EVENT.c.user_id, EVENT.c.day, func.count().label("installations"))
        .where(EVENT.c.kept == 1, EVENT.c.at.is_not(None), _in(_twin))
        .group_by(EVENT.c.user_id, EVENT.c.day)
    )


def user_days() -> Rows:
    """The users' active days: a conversation started or a message sent."""
    conversations = func.sum(_hour.c.conversations)
    user_messages = func.sum(_hour.c.user_messages)
    return (
        select(
            _hour.c.user_id,
            _hour.c.day,
            conversations.label("conversations"),
            user_messages.label("user_messages"),
        )
        .where(_listed(_hour.c.user_id, TOUCHED))
        .group_by(_hour.c.user_id, _hour.c.day)
        .having(conversations + user_messages > 0)
    )


def session_rows() -> Rows:
    """How many rows of each raw table the sessions have, undated and damaged ones, and the
    extremes."""

    def damaged(table: Table) -> ColumnElement[int]:
        return func.sum(case((_in(table), EVENT.c.damaged), else_=0))

    behind = []
    for table in (_message, _document, _query):
        at = case((_in(table), EVENT.c.at))
        count, name = _count(table), table.name
        behind += [
            count.label(name),
            (count - func.count(at)).label(f"{name}_undated"),
            damaged(table).label(f"{name}_damaged"),
            func.min(at).label(f"{name}_first"),
            func.max(at).label(f"{name}_last"),
        ]
    started = _greatest(_session, EVENT.c.at).label("started_at")
    return (
        select(
            EVENT.c.user_id,
            EVENT.c.session_id,
            func.max(EVENT.c.kept).label("kept"),
            started,
            damaged(_session).label("damaged"),
            *behind,
        )
        .where(_in(_session, _message, _document, _query))
        .group_by(EVENT.c.user_id, EVENT.c.session_id)
    )


def loaded() -> Rows:
    """How many rows of each raw table the users have, and those left out, each for one reason."""
    e, r = EVENT.c, _rows.c
    kept = e.kept == 1
    own = (
        select(
            e.user_id,
            e.table,
            func.count().label("rows"),
            func.sum(case((kept & e.at.is_(None) & ~_in(_user), 1), else_=0)).label("undated"),
            func.sum(1 - e.kept).label("orphaned"),
            func.sum(e.damaged).label("unreadable"),
            func.min(case((kept, e.at))).label("first"),
            func.max(case((kept, e.at))).label("last"),
        )
        .where(_in(_user, _twin))
        .group_by(e.user_id, e.table)
    )
    undated = case((r.started_at.is_(None), 1), else_=0)
    parts: list[tuple[Any, ...]] = [
        (_session, literal(1), undated, r.damaged, r.started_at, r.started_at)
    ]
    parts += [
        (
            table,
            *(r[f"{table.name}{what}"] for what in ("", "_undated", "_damaged", "_first", "_last")),
        )
        for table in (_message, _document, _query)
    ]
    behind = [
        select(
            r.user_id,
            literal(table.name),
            func.sum(rows),
            func.sum(undated * r.kept),
            func.sum(rows * (1 - r.kept)),
            func.sum(damaged),
            func.min(case((r.kept == 1, first))),
            func.max(case((r.kept == 1, last))),
        )
        .where(_listed(r.user_id, TOUCHED))
        .group_by(r.user_id)
        .having(func.sum(rows) > 0)
        for table, rows, undated, damaged, first, last in parts
    ]
    return select(union_all(own, *behind).subquery())


NAMELESS = "\x01no id"  # stands for NULL where an id is wanted; no row has it


def strays(*, touched: bool, after: str | None = None, upto: str | None = None) -> Rows:
    """Rows of which no user is known, counted by the session they are or name: of marked sessions,
    or of ids in a range.

    `after` is outside the range, `upto` in it; all but the children belong to the first range.
    """
    marked = select(MARKED.c.session_id)

    def without_session(table: Table) -> Rows:
        id_ = table.c.session_id
        rows = select(id_, func.count().label("rows")).where(id_.is_not(None)).group_by(id_)
        known = exists().where(_session.c.user_id.is_not(None))
        if touched:
            gone = ~known.where(_session.c.id == MARKED.c.session_id)
            rows = rows.where(id_.in_(marked.where(gone)))
        if after is not None:
            rows = rows.where(id_ > after)
        if upto is not None:
            rows = rows.where(id_ <= upto)
        found = rows.subquery()
        # Looked at only where there are some: counting reads no more than an index.
        texts = table.alias()
        damaged = is_damaged(*(texts.c[name] for name in _TEXTS[table]))
        return select(
            found.c.session_id,
            literal(table.name).label("table"),
            found.c.rows,
            select(func.sum(damaged))
            .where(texts.c.session_id == found.c.session_id)
            .scalar_subquery()
            .label("unreadable"),
        ).where(~known.where(_session.c.id == found.c.session_id))

    def nameless(table: Table, id_: ColumnElement[str]) -> Rows:
        rows = select(
            literal(NAMELESS, String),
            literal(table.name),
            func.count(),
            func.sum(_damaged(table)),
        ).where(id_.is_(None))
        rows = rows.where(literal(NAMELESS, String).in_(marked)) if touched else rows
        return rows.group_by(id_)

    children = _message, _document, _query
    parts = [*map(without_session, children)]
    if after is None:
        without_user = _session.c.user_id.is_(None) & _session.c.id.is_not(None)
        parts.append(
            select(_session.c.id, literal(_session.name), literal(1), _damaged(_session)).where(
                without_user, _listed(_session.c.id, MARKED) if touched else true()
            )
        )
        ids = (_user.c.id, _twin.c.user_id, _session.c.id, *(t.c.session_id for t in children))
        parts += [nameless(id_.table, id_) for id_ in ids]
    return select(union_all(*parts).subquery())


# First, because events say whether their user exists.
MEMBERS = members()

FACTS: tuple[tuple[type[SQLModel], Rows], ...] = (
    (SessionRows, session_rows()),
    (Activity, activities()),
    (ActivityHour, activity_hours()),
    (ActivityDocument, activity_documents()),
    (Installation, installations()),
    (UserDay, user_days()),
    (Loaded, loaded()),
)


# --- cells, from the facts ---------------------------------------------------------------------


def users_shifted() -> Rows:
    """The users of whom everything is read, and those whose replaced sessions have other days."""
    started, wrote = literal(0), literal(1)
    sent = _in(_message) & (EVENT.c.detail == "user")
    recorded = union_all(
        *(
            select(_hour.c.user_id, _hour.c.session_id, _hour.c.day, what.label("what")).where(
                replaced(_hour), count > 0
            )
            for what, count in ((started, _hour.c.conversations), (wrote, _hour.c.user_messages))
        )
    ).subquery()
    now = union_all(
        *(
            select(EVENT.c.user_id, EVENT.c.session_id, EVENT.c.day, what.label("what")).where(
                EVENT.c.kept == 1, EVENT.c.at.is_not(None), which
            )
            for what, which in ((started, _in(_session)), (wrote, sent))
        )
    ).subquery()
    gone = select(recorded).except_(select(now)).subquery()
    come = select(now).except_(select(recorded)).subquery()
    return union(select(WHOLE.c.user_id), select(gone.c.user_id), select(come.c.user_id))


def replaced(rows: FromClause) -> ColumnElement[bool]:
    """The rows that a refresh replaces: those of some sessions, or of users."""
    if "session_id" not in rows.c:
        return _listed(rows.c.user_id, TOUCHED)
    sessions = select(REPLACED.c.user_id, REPLACED.c.session_id)
    return tuple_(rows.c.user_id, rows.c.session_id).in_(sessions)


def _of(rows: FromClause, touched: bool) -> ColumnElement[bool]:
    """The rows of everybody, or those that a refresh replaces.

    For sums of rows; what compares the days of a user needs `_of_shifted`.
    """
    return replaced(rows) if touched else true()


def _of_shifted(rows: FromClause, touched: bool) -> ColumnElement[bool]:
    """The rows of everybody, or of the users whose days changed in a refresh."""
    return _listed(rows.c.user_id, SHIFTED) if touched else true()


def _of_each_user(day: ColumnElement[int], touched: bool) -> FromClause:
    """Every user with the first or last active day ever: an aggregate of `UserDay.day`."""
    days = select(_user_day.c.user_id, day).where(_of_shifted(_user_day, touched))
    return days.group_by(_user_day.c.user_id).subquery()


def headcounts(*, touched: bool) -> FromClause:
    """People."""
    rows = select(_member.c.user_id, literal(1).label("people"))
    return rows.where(_of(_member, touched)).subquery()


def daily(*, touched: bool) -> FromClause:
    """Counts of a day: active users, events, time spent, and twins installed by their owners."""
    first, last = func.min(_user_day.c.day), func.max(_user_day.c.day)
    events = ("conversations", "messages", "documents", "queries")
    streams: tuple[tuple[FromClause, tuple[str, ...]], ...] = (
        (_user_day, ("users",)),
        (_of_each_user(first.label("day"), touched), ("first_users",)),
        (_of_each_user(last.label("day"), touched), ("last_users",)),
        (_hour, events),
        (_activity, ("duration",)),
        (_installed, ("installations",)),
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
            ).where(_of_shifted(table, touched))
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
    days = select(_user_day.c.user_id, week).where(_of_shifted(_user_day, touched))
    weeks = days.distinct().subquery()
    first = func.min(weeks.c.week).over(partition_by=weeks.c.user_id)
    return select(
        weeks.c.user_id,
        (first * 7 + 1).label("first_week"),
        (weeks.c.week - first).label("week"),
        literal(1).label("users"),
    ).subquery()


def topic_days(*, touched: bool) -> FromClause:
    """Conversations of a day by topic."""
    a = _activity.c
    rows = select(a.user_id, a.day, a.topic, literal(1).label("conversations"))
    return rows.where(_of(_activity, touched)).subquery()


def document_type_days(*, touched: bool) -> FromClause:
    """Documents of a day by type."""
    return select(_drafted).where(_of(_drafted, touched)).subquery()


def sources(*, touched: bool) -> FromClause:
    """Rows of the raw tables, with a user or stray."""
    counts = _loaded.c.rows, _loaded.c.undated, _loaded.c.orphaned, _loaded.c.unreadable
    alone = _listed(_stray.c.session_id, MARKED) if touched else true()
    return union_all(
        select(_loaded.c.table, *counts).where(_of(_loaded, touched)),
        select(
            _stray.c.table,
            _stray.c.rows,
            literal(0).label("undated"),
            _stray.c.rows.label("orphaned"),
            _stray.c.unreadable,
        ).where(alone),
    ).subquery()


CELLS: tuple[tuple[type[SQLModel], Callable[..., FromClause]], ...] = (
    (Headcount, headcounts),
    (Daily, daily),
    (Hourly, hourly),
    (Listing, listing),
    (Pair, pairs),
    (PowerPair, power_pairs),
    (Cohort, cohorts),
    (CohortWeek, cohort_weeks),
    (TopicDay, topic_days),
    (DocumentTypeDay, document_type_days),
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
    """Rows of the finest slice, added up into all four; sums of nothing but zeros are left out."""
    keys, sums = keys_and_sums(cell)
    rows = finest
    if issubclass(cell, Cell):
        every = literal(ALL, String)
        rest = [finest.c[name] for name in (*keys, *sums) if name not in SLICE]
        rows = union_all(
            *(
                select(company.label("company"), department.label("department"), *rest)
                for company in (finest.c.company, every)
                for department in (finest.c.department, every)
            )
        ).subquery()
    named = [rows.c[name] for name in keys]
    totals = {name: func.sum(rows.c[name]) for name in sums}
    return (
        select(*named, *(total.label(name) for name, total in totals.items()))
        .group_by(*named)
        .having(or_(*(total != 0 for total in totals.values())))
    )
