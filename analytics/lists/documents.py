"""The documents and queries that figures count, one by one."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Generic, TypeVar

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, select

from analytics.fields import Meaning, Row, Words
from analytics.lists.paging import Paging, check_page, place
from analytics.query import Query
from analytics.reading.facts import events
from analytics.reading.filters import check_fits
from analytics.reading.listing import made_by_day
from analytics.reading.reader import Reader
from analytics.rollups.tables import slice_key
from analytics.sql.collation import by_code_point
from analytics.sql.planner import computed_once
from analytics.sql.stored import instant, is_key, readable
from analytics.sql.timestamps import day_of, from_instant, hour_of, local

_CHUNK = 1_000


class _Made(Row):
    created_at: Annotated[datetime.datetime, Meaning("Created", "When it was made.")]
    activity_id: Annotated[
        Words, Meaning("Activity id", "The id of its conversation.", is_hidden=True)
    ]
    action: Annotated[Words, Meaning("Action", 'The title of its conversation, or "Conversation".')]
    person_id: Annotated[Words, Meaning("Person id", "The id of the person.", is_hidden=True)]
    user: Annotated[Words, Meaning("User", "The full name of the person.")]
    user_email: Annotated[Words, Meaning("E-mail", "The person's e-mail.")]
    organization: Annotated[
        str | None,
        Meaning("Organization", "The person's organization; none without one.", format="name"),
    ]
    department: Annotated[
        str | None,
        Meaning("Department", "The person's department; none without one.", format="name"),
    ]
    twin_name: Annotated[str | None, Meaning("Twin", "The twin; none if it is gone.")]


class _DocumentHead(Row):
    id: Annotated[Words, Meaning("Id", "The id of the document.", is_hidden=True)]
    title: Annotated[Words, Meaning("Title", 'Its title, or "Untitled".')]
    type: Annotated[str | None, Meaning("Type", "Its type; none without one.", format="name")]
    word_count: Annotated[
        int | None, Meaning("Words", "How many words it has; none where that was not recorded.")
    ]


class _QueryHead(Row):
    id: Annotated[Words, Meaning("Id", "The id of the query.", is_hidden=True)]
    query: Annotated[Words, Meaning("Query", "What was asked for.")]
    type: Annotated[str | None, Meaning("Type", "Its type; none without one.")]
    results_count: Annotated[
        int | None, Meaning("Results", "How many results it had; none where that was not recorded.")
    ]


# Pydantic puts the fields of the last base first: the row's own before its conversation's.
class DocumentRow(_Made, _DocumentHead):
    """A document with the conversation (`activity_id`) that drafted it."""


class QueryRow(_Made, _QueryHead):
    """A query that was run, with its conversation (`activity_id`)."""


class DocumentPage(Paging):
    """A page of documents and where it stands among all of them."""

    items: Annotated[list[DocumentRow], Meaning("Items", "The documents of this page.")]


class QueryPage(Paging):
    """A page of queries and where it stands among all of them."""

    items: Annotated[list[QueryRow], Meaning("Items", "The queries of this page.")]


RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True)
class _List(Generic[RowT]):
    """What differs between the two lists: the raw table, the count of it, and the row."""

    kind: str
    table: Callable[[Reader], FromClause]
    row: type[RowT]
    head: Callable[[Any], dict[str, ColumnElement[Any]]]
    unnamed: dict[str, str] = field(default_factory=dict)  # what stands for an empty text


_DOCUMENTS = _List(
    "documents",
    lambda reader: reader.documents,
    DocumentRow,
    lambda c: {
        "title": c.title,
        "type": readable(c.document_type),
        "word_count": c.word_count,
    },
    {"title": "Untitled"},
)
_QUERIES = _List(
    "queries",
    lambda reader: reader.queries,
    QueryRow,
    lambda c: {"query": c.query_text, "type": c.query_type, "results_count": c.results_count},
)


def documents(reader: Reader, query: Query, *, page: int = 1, limit: int = 20) -> DocumentPage:
    """Documents drafted in the period: a page of them and their number.

    Each counts on its own day, whenever its conversation started. Newest first: by day, time and
    id. Raises QueryError for a page below 1 or a limit outside 1 to 100.
    """
    items, total = _page(reader, _DOCUMENTS, query, page, limit)
    return DocumentPage(items=items, **place(total, page, limit))


def queries(reader: Reader, query: Query, *, page: int = 1, limit: int = 20) -> QueryPage:
    """Queries run in the period: a page of them and their number.

    Each counts on its own day, whenever its conversation started. Newest first: by day, time and
    id. Raises QueryError for a page below 1 or a limit outside 1 to 100.
    """
    items, total = _page(reader, _QUERIES, query, page, limit)
    return QueryPage(items=items, **place(total, page, limit))


def all_documents(reader: Reader, query: Query) -> Iterator[DocumentRow]:
    """Every document that `documents` would page through, a day's thousands at a time."""
    return _all(reader, _DOCUMENTS, query)


def all_queries(reader: Reader, query: Query) -> Iterator[QueryRow]:
    """Every query that `queries` would page through, a day's thousands at a time."""
    return _all(reader, _QUERIES, query)


# --- documents and queries ---------------------------------------------------------------------


def _page(
    reader: Reader, of: _List[RowT], query: Query, page: int, limit: int
) -> tuple[list[RowT], int]:
    check_page(page, limit)
    by_day = _by_day(reader, of, query)
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
    rows = _raw(reader, of, query, days[-1], days[0]).offset(skip).limit(limit)
    return [_row(of, row) for row in reader.execute(rows)], total


def _all(reader: Reader, of: _List[RowT], query: Query) -> Iterator[RowT]:
    """Some days at a time; the reader's transaction ends after each, so that writers get on."""
    by_day = _by_day(reader, of, query)
    first = None
    held = 0
    for n, (day, count) in enumerate(by_day):
        first = first or day
        held += count
        if held >= _CHUNK or n == len(by_day) - 1:
            found = reader.execute(_raw(reader, of, query, day, first)).all()
            reader.rest()
            yield from (_row(of, row) for row in found)
            first, held = None, 0


def _by_day(reader: Reader, of: _List[Any], query: Query) -> list[tuple[int, int]]:
    """How many there are on each day that has some, the last day first."""
    check_fits(query, of.kind)
    h, types = reader.hours.c, [slice_key(name) for name in query.document_types]
    if replace(query, document_types=()).is_of_slices:  # the cells know
        return made_by_day(reader, query, of.kind, types)
    if types:
        d = reader.drafted.c
        held = select(h.session_id).where(
            events(reader, query), h.user_id == d.user_id, h.session_id == d.session_id,
            h.day == d.day, h.documents > 0,
        )  # fmt: skip
        counted = (
            select(d.day, func.sum(d.documents))
            .where(d.document_type.in_(types), held.exists())
            .group_by(d.day)
            .order_by(d.day.desc())
        )
    else:
        number = h[of.kind]
        counted = (
            select(h.day, func.sum(number))
            .where(events(reader, query), number > 0)
            .group_by(h.day)
            .order_by(h.day.desc())
        )
    return [(day, count) for day, count in reader.execute(counted)]


def _raw(reader: Reader, of: _List[Any], query: Query, first: int, last: int) -> Select[Any]:
    """The raw rows of these days, newest first: from the conversations that have some there."""
    table, h = of.table(reader).c, reader.hours.c
    sessions, users, twins = reader.sessions.c, reader.users.c, reader.twins.c
    head = of.head(table)
    held = (
        select(h.user_id, h.session_id)
        .distinct()
        .where(events(reader, query), h.day.between(first, last), h[of.kind] > 0)
        .subquery()
    )
    at = instant(table.created_at)
    dated = computed_once(
        select(
            table.id,
            table.session_id,
            *(column.label(name) for name, column in head.items()),
            at.label("at"),
            local(at).label("moment"),
        ).where(table.session_id.in_(select(held.c.session_id)))
    )
    day = day_of(dated.c.moment)
    found = (
        select(
            dated.c.id,
            *(dated.c[name] for name in head),
            dated.c.at,
            sessions.id.label("activity_id"),
            sessions.title.label("action"),
            users.id.label("person_id"),
            users.full_name.label("user"),
            users.email.label("user_email"),
            readable(users.company).label("organization"),
            readable(users.department).label("department"),
            twins.name.label("twin_name"),
        )
        .select_from(dated)
        .join(reader.sessions, sessions.id == dated.c.session_id)
        .join(reader.users, users.id == sessions.user_id)
        .outerjoin(reader.twins, and_(twins.id == sessions.twin_id, is_key(twins.id)))
        .where(day.between(first, last))
        .order_by(day.desc(), dated.c.at.desc(), by_code_point(dated.c.id).desc())
    )
    if query.hour is not None:
        found = found.where(hour_of(dated.c.moment) == query.hour)
    if query.document_types:
        kind = func.coalesce(dated.c.type, "")
        found = found.where(kind.in_([name or "" for name in query.document_types]))
    return found


def _row(of: _List[RowT], found: Any) -> RowT:
    known: dict[str, Any] = found._asdict()
    created_at = from_instant(known.pop("at"))
    known = {name: None if value == "" else value for name, value in known.items()}
    for name, instead in ({"action": "Conversation"} | of.unnamed).items():
        known[name] = known[name] or instead
    return of.row(created_at=created_at, **known)
