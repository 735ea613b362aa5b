"""What is staged of the raw tables: nothing after it reads them.

Every row of some sessions, and the own rows of their users, becomes an *event*, its instant, local
day and hour computed once. A build stages all sessions of some users at a time, a refresh those
that the change log names. Facts are selected from the events, cells from the facts.
"""

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
    select,
    tuple_,
    union,
    union_all,
)

from analytics.models import RAW_MODELS, table_of
from analytics.rollups.tables import (
    NONE,
    OTHERS,
    OWN,
    SHARED_TWIN,
    UNKNOWN,
    ActivityHour,
    SessionRows,
)
from analytics.sql.planner import computed_once
from analytics.sql.stored import flag, instant, is_damaged, is_key, key, readable
from analytics.sql.timestamps import day_of, hour_of, local

_user, _twin, _session, _message, _document, _query = map(table_of, RAW_MODELS)
_hour, _rows = table_of(ActivityHour), table_of(SessionRows)

Rows = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]

# The text that is looked at for what can't be read: what pages show.
TEXTS: dict[Table, tuple[str, ...]] = {
    _user: ("email", "full_name", "company", "department"),
    _twin: ("name",),
    _session: ("platform", "title", "topic"),
    _message: ("content",),
    _document: ("document_type", "title"),
    _query: ("query_type", "query_text"),
}
NAMELESS = "\x01no id"  # stands for NULL where an id is wanted; no row has it


# --- the tables --------------------------------------------------------------------------------

STAGING = MetaData()


def _staged(name: str, *columns: Column[Any]) -> Table:
    return Table(f"rollup_{name}", STAGING, *columns, prefixes=["TEMPORARY"])


# Users of whom everything is read: all of a build's step, and those that the change log names.
WHOLE_USER = _staged("whole_user", Column("user_id", String, primary_key=True))
# Sessions that the change log names, whether they are still there or not; only a refresh has any.
CHANGED_SESSION = _staged("changed_session", Column("session_id", String, primary_key=True))
# Sessions that are read: all of the whole users, and the changed ones of others.
STAGED_SESSION = _staged(
    "staged_session",
    Column("session_id", String, primary_key=True),
    Column("user_id", String, nullable=False),
    Column("kept", Integer, nullable=False),  # 1 if the user exists and ids can be named, else 0
    Column("twin_id", String),
    Column("topic", String, nullable=False),  # a key, as slices have
    Column("shared", Integer, nullable=False),  # SHARED_TWIN or 0
    Column("whose", Integer, nullable=False),  # OWN, OTHERS or UNKNOWN
    Column("damaged", Integer, nullable=False),  # 1 if it holds text that can't be read, else 0
    Column("at", BigInteger),
)
# All users who are concerned: the whole ones, and those of the staged sessions.
TOUCHED_USER = _staged("touched_user", Column("user_id", String, primary_key=True))
# Recorded sessions whose facts the staged ones replace; only a refresh has any.
REPLACED_SESSION = _staged(
    "replaced_session",
    Column("user_id", String, primary_key=True),
    Column("session_id", String, primary_key=True),
)
# The whole users, and those who now started a conversation, wrote, drafted, retrieved or used
# others' twins on other days than recorded; only a refresh has any.
USER_OF_OTHER_DAYS = _staged("user_of_other_days", Column("user_id", String, primary_key=True))
# Every row of a staged session, and the own rows of the touched users: themselves and their twins.
STAGED_EVENT = _staged(
    "staged_event",
    Column("table", String, nullable=False),  # the raw table
    Column("user_id", String, nullable=False),
    Column("kept", Integer, nullable=False),  # as the session's
    Column("session_id", String),  # NULL without a session; twin and topic likewise
    Column("twin_id", String),
    Column("topic", String),
    Column("detail", String),  # sender type or document type
    Column("shared", Integer, nullable=False),
    Column("whose", Integer, nullable=False),
    Column("damaged", Integer, nullable=False),
    Column("at", BigInteger),  # NULL if undated; day and hour likewise
    Column("day", Integer),
    Column("hour", Integer),
)
_event = STAGED_EVENT.c


# --- what is said of them ----------------------------------------------------------------------


def listed(column: ColumnElement[str], table: Table) -> ColumnElement[bool]:
    """Whether a staged table has the value in its first column: it leads, the large one is sought.

    SQLite, which knows no sizes, could go through the large table for the rows of a join.
    """
    return column.in_(select(next(iter(table.c))))


def of_table(*tables: Table) -> ColumnElement[bool]:
    """Whether an event is a row of one of these raw tables."""
    return _event.table.in_([table.name for table in tables])


def replaced(rows: FromClause) -> ColumnElement[bool]:
    """The rows that a refresh replaces: those of some sessions, or of users."""
    if "session_id" not in rows.c:
        return listed(rows.c.user_id, TOUCHED_USER)
    sessions = select(REPLACED_SESSION.c.user_id, REPLACED_SESSION.c.session_id)
    return tuple_(rows.c.user_id, rows.c.session_id).in_(sessions)


def key_of(name: ColumnElement[str]) -> ColumnElement[str]:
    """The slice key of a readable name, as `tables.slice_key`."""
    return literal(NONE, String) + func.coalesce(name, "")


def text_damaged(table: Table) -> ColumnElement[int]:
    """1 where a row of a raw table holds text that can't be read, else 0."""
    return is_damaged(*(table.c[name] for name in TEXTS[table]))


# --- what fills them: each named in the plural as its table in the singular -------------------


def _sessions(which: ColumnElement[bool]) -> Rows:
    named = is_key(_session.c.twin_id)
    known = exists().where(_twin.c.id == _session.c.twin_id)
    own = known.where(_twin.c.user_id == _session.c.user_id)
    whose = case((named & own, OWN), (named & known, OTHERS), else_=UNKNOWN)
    return (
        select(
            _session.c.id.label("session_id"),
            _session.c.user_id,
            case((is_key(_user.c.id, _session.c.id), 1), else_=0).label("kept"),
            case((named, _session.c.twin_id), else_="").label("twin_id"),
            key_of(readable(_session.c.topic)).label("topic"),
            case((flag(_session.c.is_shared_twin), SHARED_TWIN), else_=0).label("shared"),
            whose.label("whose"),
            text_damaged(_session).label("damaged"),
            instant(_session.c.started_at).label("at"),
        )
        .select_from(_session.outerjoin(_user, _user.c.id == _session.c.user_id))
        .where(which, _session.c.id.is_not(None))
    )


SESSIONS_OF_WHOLE_USERS = _sessions(listed(_session.c.user_id, WHOLE_USER))
CHANGED_SESSIONS_OF_OTHERS = _sessions(
    listed(_session.c.id, CHANGED_SESSION)
    & _session.c.user_id.is_not(None)
    & _session.c.user_id.not_in(select(WHOLE_USER.c.user_id))
)
TOUCHED_USERS = union(select(WHOLE_USER.c.user_id), select(STAGED_SESSION.c.user_id))
REPLACED_SESSIONS = union(
    select(STAGED_SESSION.c.user_id, STAGED_SESSION.c.session_id),
    select(_rows.c.user_id, _rows.c.session_id).where(listed(_rows.c.user_id, WHOLE_USER)),
)


def _users_of_other_days() -> Rows:
    h = _hour.c
    sent = of_table(_message) & (_event.detail == "user")
    with_others = _event.whose == OTHERS
    # What was done in a conversation on a day: as recorded, and as staged.
    done: tuple[tuple[ColumnElement[bool], ColumnElement[bool]], ...] = (
        (h.conversations > 0, of_table(_session)),
        (h.user_messages > 0, sent),
        (h.documents > 0, of_table(_document)),
        (h.queries > 0, of_table(_query)),
        (
            (h.whose == OTHERS) & (h.conversations + h.user_messages > 0),
            with_others & (of_table(_session) | sent),
        ),
    )
    recorded = union_all(
        *(
            select(h.user_id, h.session_id, h.day, literal(what).label("what")).where(
                replaced(_hour), was_done
            )
            for what, (was_done, _) in enumerate(done)
        )
    ).subquery()
    now = union_all(
        *(
            select(
                _event.user_id, _event.session_id, _event.day, literal(what).label("what")
            ).where(_event.kept == 1, _event.at.is_not(None), is_done)
            for what, (_, is_done) in enumerate(done)
        )
    ).subquery()
    gone = select(recorded).except_(select(now)).subquery()
    come = select(now).except_(select(recorded)).subquery()
    return union(select(WHOLE_USER.c.user_id), select(gone.c.user_id), select(come.c.user_id))


USERS_OF_OTHER_DAYS = _users_of_other_days()


def _events(table: Table) -> Rows:
    """Every row of a raw table that belongs to a touched user or a staged session."""
    session = STAGED_SESSION.c
    nothing = literal(None, String)
    of_session = table not in (_user, _twin)
    at: ColumnElement[Any]
    detail: ColumnElement[Any]
    shared: ColumnElement[Any]
    damaged: ColumnElement[Any]
    if table is _session:
        source: FromClause = STAGED_SESSION
        at, detail, shared = session.at, nothing, session.shared
        damaged = session.damaged
    else:
        at, shared = instant(table.c.created_at), literal(0)
        damaged = text_damaged(table)
        details = {
            _message: cast(_message.c.sender_type, String),
            _document: readable(_document.c.document_type),
        }
        detail = details.get(table, nothing)
        source = table.outerjoin(_user, _user.c.id == _twin.c.user_id) if table is _twin else table
        if of_session:
            source = table.join(STAGED_SESSION, session.session_id == key(table.c.session_id))
    owner = {_user: _user.c.id, _twin: _twin.c.user_id}.get(table, session.user_id)
    kept = case((is_key(_user.c.id), 1), else_=0)
    raw = select(
        literal(table.name).label("table"),
        owner.label("user_id"),
        (session.kept if of_session else kept).label("kept"),
        (session.session_id if of_session else nothing).label("session_id"),
        (session.twin_id if of_session else nothing).label("twin_id"),
        (session.topic if of_session else nothing).label("topic"),
        detail.label("detail"),
        shared.label("shared"),
        (session.whose if of_session else literal(UNKNOWN)).label("whose"),
        damaged.label("damaged"),
        at.label("at"),
    ).select_from(source)
    if not of_session:
        raw = raw.where(listed(owner, TOUCHED_USER))
    elif table is not _session:
        raw = raw.where(listed(table.c.session_id, STAGED_SESSION))
    dated = computed_once(raw)
    timed = computed_once(select(*dated.c, local(dated.c.at).label("moment")))
    known = [c for c in timed.c if c.name != "moment"]
    return select(
        *known, day_of(timed.c.moment).label("day"), hour_of(timed.c.moment).label("hour")
    )


EVENTS: tuple[Rows, ...] = tuple(_events(table_of(model)) for model in RAW_MODELS)
