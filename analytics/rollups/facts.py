"""What fills the facts: ONE select per table, for the build and for every refresh.

They are selected from the staged events. The order matters: a later select may read an earlier
table. Orphans, which have no user to be staged with, are counted in the raw tables themselves.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    case,
    exists,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlmodel import SQLModel

from analytics.models import RAW_MODELS, table_of
from analytics.rollups.account_tables import Account
from analytics.rollups.staging import (
    CHANGED_SESSION,
    NAMELESS,
    STAGED_EVENT,
    TEXTS,
    TOUCHED_USER,
    WHOLE_USER,
    Rows,
    key_of,
    listed,
    of_table,
    text_damaged,
)
from analytics.rollups.tables import (
    DOCUMENT,
    QUERY,
    Activity,
    ActivityDocument,
    ActivityHour,
    Installation,
    Loaded,
    Member,
    SessionRows,
    UserDay,
)
from analytics.sql.stored import is_damaged, is_key, readable

_user, _twin, _session, _message, _document, _query = map(table_of, RAW_MODELS)
_member, _hour, _rows = table_of(Member), table_of(ActivityHour), table_of(SessionRows)
_user_day = table_of(UserDay)
_event = STAGED_EVENT.c


def members() -> Rows:
    """The users with the keys of organization and department."""
    return select(
        _user.c.id.label("user_id"),
        key_of(readable(_user.c.company)).label("company"),
        key_of(readable(_user.c.department)).label("department"),
    ).where(listed(_user.c.id, WHOLE_USER), is_key(_user.c.id))


def _count(*tables: Table) -> ColumnElement[int]:
    return func.sum(case((of_table(*tables), 1), else_=0))


def _sent_by(sender: str) -> ColumnElement[int]:
    """1 for a message of the person ("user") or of the twin, else 0."""
    return case((of_table(_message) & (_event.detail == sender), 1), else_=0)


def _greatest(table: Table, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """In a group that has at most one event of the table, its value."""
    return func.max(case((of_table(table), column)))


def activities() -> Rows:
    """Every dated conversation of an existing user, with the counts of all its rows."""
    sent = case((of_table(_message), _event.at))
    by_user, by_twin = _sent_by("user"), _sent_by("twin")
    documents, queries = _count(_document), _count(_query)
    types = case((documents > 0, DOCUMENT), else_=0) + case((queries > 0, QUERY), else_=0)
    started = _greatest(_session, _event.at)
    found = (
        select(
            _event.user_id,
            _event.session_id,
            func.max(_event.twin_id).label("twin_id"),
            func.max(_event.topic).label("topic"),
            started.label("started_at"),
            _greatest(_session, _event.day).label("day"),
            func.coalesce(func.max(sent) - func.min(sent), 0).label("duration"),
            _count(_message).label("messages"),
            func.sum(by_user).label("asked"),
            func.max(by_twin).label("answered"),
            documents.label("documents"),
            queries.label("queries"),
            (types + func.max(_event.shared)).label("types"),
        )
        .where(_event.kept == 1, of_table(_session, _message, _document, _query))
        .group_by(_event.user_id, _event.session_id)
        .having(started.is_not(None))
        .subquery()
    )
    return select(*found.c, _member.c.company, _member.c.department).join(
        _member, _member.c.user_id == found.c.user_id
    )


def activity_hours() -> Rows:
    """Every dated event of an existing user, counted by conversation, local day and hour."""
    keys = _event.session_id, _event.day, _event.hour
    return (
        select(
            _event.user_id,
            *keys,
            func.max(_event.twin_id).label("twin_id"),
            func.max(_event.topic).label("topic"),
            func.max(_event.whose).label("whose"),
            _count(_session).label("conversations"),
            _count(_message).label("messages"),
            func.sum(_sent_by("user")).label("user_messages"),
            _count(_document).label("documents"),
            _count(_query).label("queries"),
        )
        .where(
            _event.kept == 1,
            _event.at.is_not(None),
            of_table(_session, _message, _document, _query),
        )
        .group_by(_event.user_id, *keys)
    )


def activity_documents() -> Rows:
    """Every dated document of an existing user, counted by conversation, local day and type."""
    kind = key_of(_event.detail)
    keys = _event.session_id, _event.day
    return (
        select(_event.user_id, *keys, kind.label("document_type"), func.count().label("documents"))
        .where(_event.kept == 1, _event.at.is_not(None), of_table(_document))
        .group_by(_event.user_id, *keys, kind)
    )


def installations() -> Rows:
    """Every dated twin of an existing user, counted by local day."""
    return (
        select(_event.user_id, _event.day, func.count().label("installations"))
        .where(_event.kept == 1, _event.at.is_not(None), of_table(_twin))
        .group_by(_event.user_id, _event.day)
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
        .where(listed(_hour.c.user_id, TOUCHED_USER))
        .group_by(_hour.c.user_id, _hour.c.day)
        .having(conversations + user_messages > 0)
    )


def accounts() -> Rows:
    """The accounts of existing users, with the days of their creation and from which they count."""
    first = (
        select(func.min(_user_day.c.day))
        .where(_user_day.c.user_id == _event.user_id)
        .scalar_subquery()
    )
    earlier = case((first < _event.day, first), else_=_event.day)
    return select(
        _event.user_id, _event.day.label("created"), func.coalesce(earlier, 0).label("day")
    ).where(_event.kept == 1, of_table(_user))


def session_rows() -> Rows:
    """How many rows of each raw table the sessions have, undated and damaged ones, and the
    extremes."""

    def damaged(table: Table) -> ColumnElement[int]:
        return func.sum(case((of_table(table), _event.damaged), else_=0))

    behind = []
    for table in (_message, _document, _query):
        at = case((of_table(table), _event.at))
        count, name = _count(table), table.name
        behind += [
            count.label(name),
            (count - func.count(at)).label(f"{name}_undated"),
            damaged(table).label(f"{name}_damaged"),
            func.min(at).label(f"{name}_first"),
            func.max(at).label(f"{name}_last"),
        ]
    started = _greatest(_session, _event.at).label("started_at")
    return (
        select(
            _event.user_id,
            _event.session_id,
            func.max(_event.kept).label("kept"),
            started,
            damaged(_session).label("damaged"),
            *behind,
        )
        .where(of_table(_session, _message, _document, _query))
        .group_by(_event.user_id, _event.session_id)
    )


def loaded() -> Rows:
    """How many rows of each raw table the users have, and those left out, each for one reason."""
    e, r = _event, _rows.c
    kept = e.kept == 1
    own = (
        select(
            e.user_id,
            e.table,
            func.count().label("rows"),
            func.sum(case((kept & e.at.is_(None) & ~of_table(_user), 1), else_=0)).label("undated"),
            func.sum(1 - e.kept).label("orphaned"),
            func.sum(e.damaged).label("unreadable"),
            func.min(case((kept, e.at))).label("first"),
            func.max(case((kept, e.at))).label("last"),
        )
        .where(of_table(_user, _twin))
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
        .where(listed(r.user_id, TOUCHED_USER))
        .group_by(r.user_id)
        .having(func.sum(rows) > 0)
        for table, rows, undated, damaged, first, last in parts
    ]
    return select(union_all(own, *behind).subquery())


def orphans(*, touched: bool, after: str | None = None, upto: str | None = None) -> Rows:
    """Rows of which no user is known, counted by the session they are or name: of changed
    sessions, or of ids in a range.

    `after` is outside the range, `upto` in it; all but the children belong to the first range.
    """
    changed = select(CHANGED_SESSION.c.session_id)

    def without_session(table: Table) -> Rows:
        id_ = table.c.session_id
        rows = select(id_, func.count().label("rows")).where(id_.is_not(None)).group_by(id_)
        known = exists().where(_session.c.user_id.is_not(None))
        if touched:
            gone = ~known.where(_session.c.id == CHANGED_SESSION.c.session_id)
            rows = rows.where(id_.in_(changed.where(gone)))
        if after is not None:
            rows = rows.where(id_ > after)
        if upto is not None:
            rows = rows.where(id_ <= upto)
        found = rows.subquery()
        # Looked at only where there are some: counting reads no more than an index.
        texts = table.alias()
        damaged = is_damaged(*(texts.c[name] for name in TEXTS[table]))
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
            func.sum(text_damaged(table)),
        ).where(id_.is_(None))
        rows = rows.where(literal(NAMELESS, String).in_(changed)) if touched else rows
        return rows.group_by(id_)

    children = _message, _document, _query
    parts = [*map(without_session, children)]
    if after is None:
        without_user = _session.c.user_id.is_(None) & _session.c.id.is_not(None)
        parts.append(
            select(_session.c.id, literal(_session.name), literal(1), text_damaged(_session)).where(
                without_user, listed(_session.c.id, CHANGED_SESSION) if touched else true()
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
    (Account, accounts()),
    (Loaded, loaded()),
)
