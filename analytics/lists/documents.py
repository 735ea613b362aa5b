"""The documents, queries, messages and twins that figures count, one by one."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, Table, and_, func, select, true
from sqlmodel import Session

from analytics.fields import Row, Words
from analytics.lists.paging import Paging, check_page, place
from analytics.models import Conversation, Document, Retrieval, User, table_of
from analytics.query import Query
from analytics.reading.cells import DAILY, in_days, in_slices
from analytics.reading.details import (
    ACTIVITY,
    HOUR,
    NOTHING,
    TWIN,
    Detail,
    between,
    check_fits,
    events,
    members,
)
from analytics.rollups.tables import ActivityDocument, DocumentTypeDay, slice_key
from analytics.sql.collation import by_code_point
from analytics.sql.stored import instant, is_key, readable
from analytics.sql.timestamps import day_of, from_instant, hour_of, local

SESSION = table_of(Conversation)

USER = table_of(User)
DRAFT = table_of(Document)

RETRIEVAL = table_of(Retrieval)

DRAFTED = table_of(ActivityDocument)
TYPE_DAY = table_of(DocumentTypeDay)
_CHUNK = 1_000


class _Made(Row):
    created_at: datetime.datetime
    activity_id: Words
    action: Words
    person_id: Words
    user: Words
    user_email: Words
    organization: str | None
    department: str | None
    twin_name: str | None


class _DocumentHead(Row):
    id: Words
    title: Words
    type: str | None
    word_count: int | None


class _QueryHead(Row):
    id: Words
    query: Words
    type: str | None
    results_count: int | None


# Pydantic puts the fields of the last base first: the row's own before its conversation's.
class DocumentRow(_Made, _DocumentHead):
    """A document with the conversation (`activity_id`) that drafted it."""


class QueryRow(_Made, _QueryHead):
    """A query that was run, with its conversation (`activity_id`)."""


class InstalledTwin(Row):
    """A twin that was installed, and its owner."""

    id: Words
    name: Words
    is_shared: bool
    installed_at: datetime.datetime
    owner_id: Words
    owner_name: Words
    owner_email: Words
    organization: str | None
    department: str | None


class DocumentPage(Paging):
    """A page of documents and where it stands among all of them."""

    items: list[DocumentRow]


class QueryPage(Paging):
    """A page of queries and where it stands among all of them."""

    items: list[QueryRow]


class InstalledPage(Paging):
    """A page of installed twins and where it stands among all of them."""

    items: list[InstalledTwin]


@dataclass(frozen=True)
class MessageCount:
    """How many messages there are, in how many conversations, and how many of those have no date.

    Conversations without a date stand in no list; they can be opened by their id.
    """

    messages: int
    conversations: int
    undated: int


RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True)
class _List(Generic[RowT]):
    """What differs between the two lists: the raw table, the count of it, and the row."""

    kind: str
    table: Table
    row: type[RowT]
    head: dict[str, ColumnElement[Any]]
    unnamed: dict[str, str] = field(default_factory=dict)  # what stands for an empty text


_DOCUMENTS = _List(
    "documents",
    DRAFT,
    DocumentRow,
    {
        "title": DRAFT.c.title,
        "type": readable(DRAFT.c.document_type),
        "word_count": DRAFT.c.word_count,
    },
    {"title": "Untitled"},
)
_QUERIES = _List(
    "queries",
    RETRIEVAL,
    QueryRow,
    {
        "query": RETRIEVAL.c.query_text,
        "type": RETRIEVAL.c.query_type,
        "results_count": RETRIEVAL.c.results_count,
    },
)


def documents(
    session: Session, query: Query, detail: Detail = NOTHING, *, page: int = 1, limit: int = 20
) -> DocumentPage:
    """Documents drafted in the period: a page of them and their number.

    Each counts on its own day, whenever its conversation started. Newest first: by day, time and
    id. Raises QueryError for a page below 1 or a limit outside 1 to 100.
    """
    items, total = _page(session, _DOCUMENTS, query, detail, page, limit)
    return DocumentPage(items=items, **place(total, page, limit))


def queries(
    session: Session, query: Query, detail: Detail = NOTHING, *, page: int = 1, limit: int = 20
) -> QueryPage:
    """Queries run in the period: a page of them and their number.

    Each counts on its own day, whenever its conversation started. Newest first: by day, time and
    id. Raises QueryError for a page below 1 or a limit outside 1 to 100.
    """
    items, total = _page(session, _QUERIES, query, detail, page, limit)
    return QueryPage(items=items, **place(total, page, limit))


def all_documents(
    session: Session, query: Query, detail: Detail = NOTHING
) -> Iterator[DocumentRow]:
    """Every document that `documents` would page through, a day's thousands at a time."""
    return _all(session, _DOCUMENTS, query, detail)


def all_queries(session: Session, query: Query, detail: Detail = NOTHING) -> Iterator[QueryRow]:
    """Every query that `queries` would page through, a day's thousands at a time."""
    return _all(session, _QUERIES, query, detail)


def installed_twins(
    session: Session, query: Query, detail: Detail = NOTHING, *, page: int = 1, limit: int = 20
) -> InstalledPage:
    """Twins created up to the end of the period, by their owner's organization: what installations
    count.

    Newest first, then by id. Raises QueryError for a page below 1 or a limit outside 1 to 100.
    """
    check_page(page, limit)
    found = _installed(query, detail)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    rows = session.execute(found.offset((page - 1) * limit).limit(limit))
    items = [_installed_row(row) for row in rows]
    return InstalledPage(items=items, **place(total, page, limit))


def all_installed_twins(
    session: Session, query: Query, detail: Detail = NOTHING
) -> Iterator[InstalledTwin]:
    """Every twin that `installed_twins` would page through."""
    rows = session.execute(_installed(query, detail)).all()
    session.rollback()
    return map(_installed_row, rows)


def count_messages(session: Session, query: Query, detail: Detail = NOTHING) -> MessageCount:
    """Messages of the period, each on its own day, and the conversations that hold them."""
    check_fits(detail, "conversations")
    dated = ACTIVITY.c.session_id
    held = (
        select(HOUR.c.session_id, func.sum(HOUR.c.messages).label("messages"), dated.label("dated"))
        .outerjoin(
            ACTIVITY,
            (ACTIVITY.c.user_id == HOUR.c.user_id) & (dated == HOUR.c.session_id),
        )
        .where(events(query, detail), HOUR.c.messages > 0)
        .group_by(HOUR.c.user_id, HOUR.c.session_id, dated)
        .subquery()
    )
    messages, conversations, known = session.execute(
        select(
            func.coalesce(func.sum(held.c.messages), 0), func.count(), func.count(held.c.dated)
        ).select_from(held)
    ).one()
    return MessageCount(messages, conversations, conversations - known)


# --- documents and queries ---------------------------------------------------------------------


def _page(  # noqa: PLR0913, PLR0917 - a page of either list
    session: Session, of: _List[RowT], query: Query, detail: Detail, page: int, limit: int
) -> tuple[list[RowT], int]:
    check_page(page, limit)
    by_day = _by_day(session, of, query, detail)
    total = sum(count for _, count in by_day)
    skip, left = (page - 1) * limit, limit
    days: list[int] = []
    for day, count in by_day:  # only the days that the page touches are read
        if skip >= count and not days:
            skip -= count
            continue
        days.append(day)
        left -= count - (skip if len(days) == 1 else 0)
        if left <= 0:
            break
    if not days:
        return [], total
    rows = _raw(of, query, detail, days[-1], days[0]).offset(skip).limit(limit)
    return [_row(of, row) for row in session.execute(rows)], total


def _all(session: Session, of: _List[RowT], query: Query, detail: Detail) -> Iterator[RowT]:
    """Some days at a time; the session's transaction ends after each, so that writers get on."""
    by_day = _by_day(session, of, query, detail)
    first = None
    held = 0
    for n, (day, count) in enumerate(by_day):
        first = first or day
        held += count
        if held >= _CHUNK or n == len(by_day) - 1:
            found = session.execute(_raw(of, query, detail, day, first)).all()
            session.rollback()
            yield from (_row(of, row) for row in found)
            first, held = None, 0


def _by_day(
    session: Session, of: _List[Any], query: Query, detail: Detail
) -> list[tuple[int, int]]:
    """How many there are on each day that has some, the last day first."""
    check_fits(detail, of.kind)
    types = [slice_key(name) for name in detail.document_types]
    if replace(detail, document_types=()) == NOTHING:  # the cells know
        cells, number = (DAILY, DAILY.c[of.kind])
        of_type: ColumnElement[bool] = true()
        if types:
            cells, number = TYPE_DAY, TYPE_DAY.c.documents
            of_type = TYPE_DAY.c.document_type.in_(types)
        counted = (
            select(cells.c.day, func.sum(number))
            .where(
                in_slices(cells, query.filters),
                in_days(cells.c.day, query.period.start, query.period.end),
                of_type,
                number > 0,
            )
            .group_by(cells.c.day)
            .order_by(cells.c.day.desc())
        )
    elif types:
        d = DRAFTED.c
        held = select(HOUR.c.session_id).where(
            events(query, detail), HOUR.c.user_id == d.user_id, HOUR.c.session_id == d.session_id,
            HOUR.c.day == d.day, HOUR.c.documents > 0,
        )  # fmt: skip
        counted = (
            select(d.day, func.sum(d.documents))
            .where(d.document_type.in_(types), held.exists())
            .group_by(d.day)
            .order_by(d.day.desc())
        )
    else:
        number = HOUR.c[of.kind]
        day = HOUR.c.day + 0  # else SQLite reads the whole index of days to save sorting
        counted = (
            select(day, func.sum(number))
            .where(events(query, detail), number > 0)
            .group_by(day)
            .order_by(day.desc())
        )
    return [(day, count) for day, count in session.execute(counted)]


def _raw(of: _List[Any], query: Query, detail: Detail, first: int, last: int) -> Select[Any]:
    """The raw rows of these days, newest first: from the conversations that have some there."""
    table = of.table
    held = (
        select(HOUR.c.user_id, HOUR.c.session_id)
        .distinct()
        .where(events(query, detail), between(HOUR.c.day, first, last), HOUR.c[of.kind] > 0)
        .subquery()
    )
    at = instant(table.c.created_at)
    dated = (
        select(
            table.c.id,
            table.c.session_id,
            *(column.label(name) for name, column in of.head.items()),
            at.label("at"),
            local(at).label("moment"),
        )
        .where(table.c.session_id.in_(select(held.c.session_id)))
        .offset(0)  # so that the instant is computed once a row
        .subquery()
    )
    day = day_of(dated.c.moment)
    found = (
        select(
            dated.c.id,
            *(dated.c[name] for name in of.head),
            dated.c.at,
            SESSION.c.id.label("activity_id"),
            SESSION.c.title.label("action"),
            USER.c.id.label("person_id"),
            USER.c.full_name.label("user"),
            USER.c.email.label("user_email"),
            readable(USER.c.company).label("organization"),
            readable(USER.c.department).label("department"),
            TWIN.c.name.label("twin_name"),
        )
        .select_from(dated)
        .join(SESSION, SESSION.c.id == dated.c.session_id)
        .join(USER, USER.c.id == SESSION.c.user_id)
        .outerjoin(TWIN, and_(TWIN.c.id == SESSION.c.twin_id, is_key(TWIN.c.id)))
        .where(day.between(first, last))
        .order_by(day.desc(), dated.c.at.desc(), by_code_point(dated.c.id).desc())
    )
    if detail.hour is not None:
        found = found.where(hour_of(dated.c.moment) == detail.hour)
    if detail.document_types:
        kind = func.coalesce(dated.c.type, "")
        found = found.where(kind.in_([name or "" for name in detail.document_types]))
    return found


def _row(of: _List[RowT], found: Any) -> RowT:
    known: dict[str, Any] = found._asdict()
    created_at = from_instant(known.pop("at"))
    known = {name: None if value == "" else value for name, value in known.items()}
    for name, instead in ({"action": "Conversation"} | of.unnamed).items():
        known[name] = known[name] or instead
    return of.row(created_at=created_at, **known)


# --- installations -----------------------------------------------------------------------------


def _installed(query: Query, detail: Detail) -> Select[Any]:
    check_fits(detail, "installations")
    at = instant(TWIN.c.created_at)
    twin = TWIN.c.id, TWIN.c.user_id, TWIN.c.name, TWIN.c.is_shared
    dated = select(*twin, at.label("at"), local(at).label("moment")).offset(0).subquery()
    return (
        select(
            dated.c.id,
            dated.c.name,
            dated.c.is_shared,
            dated.c.at,
            USER.c.id.label("owner_id"),
            USER.c.full_name,
            USER.c.email,
            readable(USER.c.company).label("company"),
            readable(USER.c.department).label("department"),
        )
        .select_from(dated)
        .join(USER, USER.c.id == dated.c.user_id)
        .where(
            day_of(dated.c.moment) <= query.period.end.toordinal(),
            USER.c.id.in_(members(query, detail)),
        )
        .order_by(dated.c.at.desc(), by_code_point(dated.c.id).desc())
    )


def _installed_row(found: Any) -> InstalledTwin:
    return InstalledTwin(
        id=found.id,
        name=found.name,
        is_shared=bool(found.is_shared),
        installed_at=from_instant(found.at),
        owner_id=found.owner_id,
        owner_name=found.full_name,
        owner_email=found.email,
        organization=found.company or None,
        department=found.department or None,
    )
