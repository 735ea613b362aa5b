"""The activity list and the conversation behind each activity."""

import datetime
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, select, true, tuple_
from sqlmodel import Session

from analytics.fields import Row, Words
from analytics.format import duration_text
from analytics.lists.paging import Paging, check_page, place
from analytics.models import Conversation, Document, Message, Retrieval, Twin, User, table_of
from analytics.query import Filters, QueryError
from analytics.reading.cells import in_slices, of_members
from analytics.reading.details import Narrowed, in_activities
from analytics.reading.known import zone_name
from analytics.rollups.tables import (
    DOCUMENT,
    QUERY,
    SHARED_TWIN,
    Activity,
    Listing,
    slice_name,
)
from analytics.search import SnippetPart, matching, snippets, terms
from analytics.sql.collation import by_code_point, contains
from analytics.sql.stored import instant, is_key, key, readable
from analytics.sql.timestamps import DAY, from_instant, to_instant

ACTIVITY = table_of(Activity)

LISTING = table_of(Listing)
USER = table_of(User)

TWIN = table_of(Twin)

SESSION = table_of(Conversation)
MESSAGE = table_of(Message)

DRAFT = table_of(Document)

RETRIEVAL = table_of(Retrieval)

_CHUNK = 1_000
_MANY_USERS = 1_000
# A cursor is a position in the list: the instant and the id of the last activity that was read.
CURSOR_PATTERN = r"^[0-9]{1,18}\.[^\x00]+$"
Position = tuple[int, str]
_POSITION = ACTIVITY.c.started_at, by_code_point(ACTIVITY.c.session_id)
_NEWEST_FIRST = tuple(column.desc() for column in _POSITION)
# Type -> the flag that an activity of that type carries; every activity is a conversation.
TYPE_FLAGS = {"conversation": 0, "document": DOCUMENT, "query": QUERY, "shared_twin": SHARED_TWIN}
TYPES = ("all", *TYPE_FLAGS)


@dataclass(frozen=True)
class ActivityQuery:
    """Which activities: days (an absent bound is no bound), people, a type, an e-mail part, a twin.

    `search` is for words of titles and messages, as `search.terms` reads them. A `detail` brings
    days and people of its own, and narrows further. Raises QueryError for an unknown type, reversed
    dates or a very long search.
    """

    start: datetime.date | None = None
    end: datetime.date | None = None
    filters: Filters = field(default_factory=Filters)
    type: str = "all"
    user: str = ""
    twin_id: str | None = None
    detail: Narrowed | None = None
    search: str = ""

    def __post_init__(self) -> None:
        """Refuse what has no answer."""
        if self.type not in TYPES:
            raise QueryError("type", self.type, f"choose one of {', '.join(TYPES)}")
        if self.start and self.end and self.end < self.start:
            raise QueryError(
                "end_date", self.end, f"the period ends before it starts ({self.start}); swap them"
            )
        if self.search:
            terms(self.search)


class ActivityFacts(Row):
    """What the list and the conversation both say of an activity."""

    id: Words
    type: str
    types: list[str]
    user: Words
    user_email: Words
    organization: str | None
    department: str | None
    action: Words
    time: str
    started_at: datetime.datetime | None
    duration: str
    message_count: int
    platform: Words
    device: str | None
    is_shared: bool
    twin_name: str | None
    twin_owner: str | None
    document_count: int
    query_count: int


class ActivityItem(ActivityFacts):
    """One activity of the list."""

    started_at: datetime.datetime
    has_documents: bool
    has_queries: bool


class FoundItem(ActivityItem):
    """An activity that was searched for, with the place where the words stand."""

    snippet: list[SnippetPart]


class ActivityPage(Paging):
    """A page of activities and where it stands among all of them.

    `next_cursor` is None on the last page. The items of a search have a `snippet`.
    """

    items: list[FoundItem | ActivityItem]
    next_cursor: str | None


class DocumentCreated(Row):
    """A document that was drafted."""

    title: Words
    type: Words
    word_count: int


class QueryExecuted(Row):
    """A query that was run; results is None where it was not recorded."""

    query: Words
    type: str | None
    results_count: int | None


class MessageItem(Row):
    """A message with what it triggered; timestamps are local, None for an undated message."""

    message_id: Words
    sender: Words
    content: Words
    message_type: str
    timestamp: str | None
    sent_at: datetime.datetime | None
    document_created: DocumentCreated | None
    query_executed: QueryExecuted | None
    documents_created: list[DocumentCreated]
    queries_executed: list[QueryExecuted]


class ActivityDetail(ActivityFacts):
    """A whole conversation. Documents and queries that name none of its messages stand apart."""

    user_id: Words
    topic: str | None
    timestamp: str | None
    twin_id: str | None
    twin_owner_id: str | None
    twin_owner_name: str | None
    interaction_summary: str | None
    messages: list[MessageItem]
    other_documents: list[DocumentCreated]
    other_queries: list[QueryExecuted]


def activities(  # noqa: PLR0913 - what the contract's page has
    session: Session,
    ask: ActivityQuery,
    now: datetime.datetime,
    page: int = 1,
    limit: int = 20,
    *,
    cursor: str = "",
) -> ActivityPage:
    """A page of the activities, newest first (start, then id, both descending), and their number.

    With the `next_cursor` of an earlier page it holds what follows that one, and `page` only
    numbers it. Raises QueryError for a page below 1, a limit outside 1 to 100, or a cursor that no
    page gave. A page past the end is empty.
    """
    check_page(page, limit)
    items: list[ActivityItem] = []
    last: Position | None = None
    counts = _day_counts(session, ask)
    total = sum(activities for _, activities in counts)
    at = place(total, page, limit)
    if cursor:
        items, last = activities_after(session, ask, now, _position(cursor), limit)
        at |= {"has_next": last is not None, "has_prev": True}
    elif page <= at["total_pages"]:
        items = _items(session, _rows_at(session, ask, counts, (page - 1) * limit, limit), now)
        if items and at["has_next"]:
            last = to_instant(items[-1].started_at), items[-1].id
    return ActivityPage(
        items=_with_snippets(session, ask, items),
        next_cursor=last and f"{last[0]}.{last[1]}",
        **at,
    )


def first_activities(
    session: Session, ask: ActivityQuery, now: datetime.datetime, limit: int = 20
) -> list[ActivityItem]:
    """The first page alone, which is quick whatever is asked; `count_activities` may follow."""
    return _with_snippets(session, ask, _items(session, _page(session, ask).limit(limit), now))


def activities_after(
    session: Session,
    ask: ActivityQuery,
    now: datetime.datetime,
    after: Position | None,
    count: int,
) -> tuple[list[ActivityItem], Position | None]:
    """The next `count` activities after a position, and the last one's position if more follow."""
    a, rows = ACTIVITY.c, _page(session, ask)
    if after:
        rows = rows.where(tuple_(*_POSITION) < after)
    # Positions come from the rollups: rows deleted since they were built must not end the list.
    found = session.execute(rows.with_only_columns(a.started_at, a.session_id).limit(count + 1))
    positions = found.all()
    last = positions[count - 1] if len(positions) > count else None
    return _items(session, rows.limit(count), now), last and (last.started_at, last.session_id)


def all_activities(
    session: Session, ask: ActivityQuery, now: datetime.datetime
) -> Iterator[ActivityItem]:
    """Every activity that `activities` would page through, held in memory a thousand at a time.

    It ends the session's transaction after each thousand: whoever takes them slowly must not keep
    writers out of the database.
    """
    last: Position | None = None
    while True:
        items, last = activities_after(session, ask, now, last, _CHUNK)
        session.rollback()
        yield from items
        if last is None:
            return


def people_of(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """The user id of each of these conversations."""
    found = session.execute(select(SESSION.c.id, SESSION.c.user_id).where(SESSION.c.id.in_(ids)))
    return {row.id: row.user_id for row in found}


def latest_activities(
    session: Session, filters: Filters, now: datetime.datetime, count: int = 8
) -> list[ActivityItem]:
    """The newest activities within the filters, whatever the period."""
    return first_activities(session, ActivityQuery(filters=filters), now, count)


def count_activities(session: Session, ask: ActivityQuery) -> int:
    """How many activities there are."""
    return sum(activities for _, activities in _day_counts(session, ask))


def activity(session: Session, id_: str, now: datetime.datetime) -> ActivityDetail | None:
    """One conversation with its messages in time order; None if there is none with this id.

    Messages run by time, undated ones last; ties go user first, then by id.
    """
    owner = USER.alias()
    found = session.execute(
        select(
            SESSION.c.id,
            SESSION.c.title,
            SESSION.c.topic,
            SESSION.c.platform,
            SESSION.c.is_shared_twin,
            instant(SESSION.c.started_at).label("started_at"),
            USER.c.id.label("user_id"),
            USER.c.full_name,
            USER.c.email,
            readable(USER.c.company).label("company"),
            readable(USER.c.department).label("department"),
            TWIN.c.id.label("twin_id"),
            TWIN.c.name.label("twin_name"),
            owner.c.email.label("owner_email"),
            owner.c.id.label("owner_id"),
            owner.c.full_name.label("owner_name"),
        )
        .join(USER, USER.c.id == SESSION.c.user_id)
        .outerjoin(TWIN, and_(TWIN.c.id == SESSION.c.twin_id, is_key(TWIN.c.id)))
        .outerjoin(owner, owner.c.id == TWIN.c.user_id)
        .where(SESSION.c.id == id_)
    ).first()
    if found is None:
        return None
    zone = ZoneInfo(zone_name(session))
    messages, spent, loose = _messages(session, id_, zone)
    documents = sum(len(m.documents_created) for m in messages) + len(loose[0])
    queries = sum(len(m.queries_executed) for m in messages) + len(loose[1])
    flags = (DOCUMENT if documents else 0) | (QUERY if queries else 0)
    flags |= SHARED_TWIN if found.is_shared_twin else 0
    started = None if found.started_at is None else from_instant(found.started_at)
    return ActivityDetail(
        id=found.id,
        type="conversation",
        types=_type_names(flags),
        user_id=found.user_id,
        user=found.full_name,
        user_email=found.email,
        organization=found.company or None,
        department=found.department or None,
        action=found.title or "Conversation",
        topic=found.topic or None,
        time=relative_time(started, now),
        timestamp=started and started.astimezone(zone).strftime("%B %d, %Y at %I:%M %p"),
        started_at=started,
        duration=duration_text(spent),
        platform=found.platform,
        device=None,
        is_shared=bool(found.is_shared_twin),
        message_count=len(messages),
        document_count=documents,
        query_count=queries,
        twin_id=found.twin_id,
        twin_name=found.twin_name,
        twin_owner=found.owner_email,
        twin_owner_id=found.owner_id,
        twin_owner_name=found.owner_name,
        interaction_summary=_summary(len(messages), documents, queries),
        messages=messages,
        other_documents=loose[0],
        other_queries=loose[1],
    )


def relative_time(moment: datetime.datetime | None, now: datetime.datetime) -> str:
    """How long ago: "Just now" under a minute, "5 min ago", "2h ago", "3d ago"; "No date" if None.

    A moment in the future is "Just now" too, up to a minute, then "in 5 min", "in 2h", "in 3d".
    """
    if moment is None:
        return "No date"
    seconds = int((now - moment).total_seconds())
    minutes = abs(seconds) // 60
    for size, unit in ((1_440, "d"), (60, "h"), (1, " min")):
        if minutes >= size:
            amount = f"{minutes // size:,}{unit}"
            return f"{amount} ago" if seconds > 0 else f"in {amount}"
    return "Just now"


def _day_counts(session: Session, ask: ActivityQuery) -> list[tuple[int | None, int]]:
    """Each day that has such activities, newest first, and how many it has.

    The listing cells know; of an e-mail, a twin or a search all are counted together, as day None.
    """
    if ask.user or ask.twin_id is not None or ask.search or ask.detail:
        wanted = _wanted(session, ask, every=True, gather=True)
        total = session.scalar(select(func.count()).select_from(ACTIVITY).where(wanted))
        return [(None, total or 0)]
    c, flag = LISTING.c, TYPE_FLAGS.get(ask.type, 0)
    counts = session.execute(
        select(c.day, func.sum(c.activities))
        .where(
            in_slices(LISTING, ask.filters),
            _in_days(c.day, ask.start, ask.end),
            c.types.bitwise_and(flag) == flag,
        )
        .group_by(c.day)
        .order_by(-c.day)
    )
    return [(day, int(activities)) for day, activities in counts]


def _rows_at(
    session: Session,
    ask: ActivityQuery,
    counts: list[tuple[int | None, int]],
    offset: int,
    limit: int,
) -> Select[*tuple[Any, ...]]:
    """The wanted activities from `offset` on, which is before the end.

    Of counted days only those of the page are read, and one more on either side: two neighbours
    mix where a clock is put back over midnight. Else it counts off rows from the nearer end.
    """
    days = [day for day, _ in counts]
    ends = list(accumulate(activities for _, activities in counts))
    first = bisect_right(ends, offset)
    last = min(bisect_left(ends, offset + limit), len(days) - 1)
    newest, oldest = days[first], days[last]
    if newest is None or oldest is None:
        rows = _page(session, ask, every=offset > 0)
        behind = ends[-1] - offset - limit
        if behind >= offset:
            return rows.offset(offset).limit(limit)
        backwards = rows.order_by(None).order_by(*_POSITION)
        return backwards.offset(max(0, behind)).limit(min(limit, limit + behind))
    before = first - 1 if first and days[first - 1] == newest + 1 else first
    skipped = ends[before - 1] if before else 0
    rows = _page(session, ask, every=offset > 0, within=(oldest - 1, newest + 1))
    return rows.offset(offset - skipped).limit(limit)


def _in_days(
    day: ColumnElement[int], start: datetime.date | None, end: datetime.date | None
) -> ColumnElement[bool]:
    bounds: list[ColumnElement[bool]] = [true()]
    if start:
        bounds.append(day >= start.toordinal())
    if end:
        bounds.append(day <= end.toordinal())
    return and_(*bounds)


def _on_days(first: int | None, last: int | None) -> ColumnElement[bool]:
    """Activities of these local days, and the instants between which an index finds them."""
    a = ACTIVITY.c
    bounds: list[ColumnElement[bool]] = [true()]
    if first is not None:  # day 1 begins at the instant 0, in UTC; no zone is a day away from it
        bounds += [a.day >= first, a.started_at >= (first - 2) * DAY]
    if last is not None:
        bounds += [a.day <= last, a.started_at < (last + 1) * DAY]
    return and_(*bounds)


def _wanted(
    session: Session,
    ask: ActivityQuery,
    *,
    every: bool = False,
    gather: bool = False,
    within: tuple[int, int] | None = None,
) -> ColumnElement[bool]:
    a = ACTIVITY.c
    flag = TYPE_FLAGS.get(ask.type, 0)
    start, end = (day.toordinal() if day else None for day in (ask.start, ask.end))
    if within:  # one pair of bounds: of two, SQLite could seek the wider one
        start = max(start or within[0], within[0])
        end = min(end or within[1], within[1])
    conditions = [_on_days(start, end)]
    if ask.detail:
        conditions.append(in_activities(ask.detail))
    if ask.filters.organizations or ask.filters.departments:
        conditions.append(of_members(ask.filters, ACTIVITY))
    if flag:
        conditions.append(a.types.bitwise_and(flag) == flag)
    if ask.twin_id is not None:
        conditions.append(a.twin_id == ask.twin_id)
    if ask.search:
        conditions.append(matching(session, ask.search, every=every))
    if ask.user:
        users = select(key(USER.c.id)).where(contains(USER.c.email, ask.user))
        some = select(func.count()).select_from(users.limit(_MANY_USERS + 1).subquery())
        # The activities of few users are gathered. Those of many are soon met in the order of time;
        # that it is an expression keeps the database from gathering them.
        in_time = not gather and (session.scalar(some) or 0) > _MANY_USERS
        conditions.append((a.user_id.concat("") if in_time else a.user_id).in_(users))
    return and_(*conditions)


def _position(cursor: str) -> Position:
    if not re.fullmatch(CURSOR_PATTERN, cursor):
        raise QueryError("cursor", cursor, "pass the nextCursor of an earlier answer unchanged")
    at, _, id_ = cursor.partition(".")
    return int(at), id_


def _page(
    session: Session,
    ask: ActivityQuery,
    *,
    every: bool = False,
    within: tuple[int, int] | None = None,
) -> Select[*tuple[Any, ...]]:
    """The wanted activities, of some days only if asked, newest first, without anything joined."""
    wanted = _wanted(session, ask, every=every, within=within)
    return select(ACTIVITY.c.session_id).where(wanted).order_by(*_NEWEST_FIRST)


def _items(
    session: Session, rows: Select[*tuple[Any, ...]], now: datetime.datetime
) -> list[ActivityItem]:
    """The page first, then what belongs to its rows."""
    a, owner = ACTIVITY.c, USER.alias()
    page = rows.with_only_columns(a.user_id, a.session_id).subquery()
    found = session.execute(
        select(
            *ACTIVITY.c,
            SESSION.c.title,
            SESSION.c.platform,
            USER.c.full_name,
            USER.c.email,
            TWIN.c.name.label("twin_name"),
            owner.c.email.label("owner_email"),
        )
        .select_from(page)
        .join(ACTIVITY, and_(a.user_id == page.c.user_id, a.session_id == page.c.session_id))
        .join(SESSION, SESSION.c.id == page.c.session_id)
        .join(USER, USER.c.id == page.c.user_id)
        .outerjoin(TWIN, TWIN.c.id == a.twin_id)
        .outerjoin(owner, owner.c.id == TWIN.c.user_id)
        .order_by(*_NEWEST_FIRST)
    )
    return [_item(row, now) for row in found]


def _with_snippets(
    session: Session, ask: ActivityQuery, items: list[ActivityItem]
) -> list[ActivityItem]:
    if not ask.search:
        return items
    found = snippets(session, ask.search, [item.id for item in items])
    return [
        FoundItem.model_construct(**dict(item), snippet=found.get(item.id, [])) for item in items
    ]


def _item(row: Any, now: datetime.datetime) -> ActivityItem:
    started = from_instant(row.started_at)
    return ActivityItem(
        id=row.session_id,
        type="conversation",
        types=_type_names(row.types),
        user=row.full_name,
        user_email=row.email,
        organization=slice_name(row.company),
        department=slice_name(row.department),
        action=row.title or "Conversation",
        time=relative_time(started, now),
        started_at=started,
        duration=duration_text(row.duration),
        message_count=row.messages,
        platform=row.platform,
        device=None,
        is_shared=bool(row.types & SHARED_TWIN),
        twin_name=row.twin_name,
        twin_owner=row.owner_email,
        has_documents=row.documents > 0,
        has_queries=row.queries > 0,
        document_count=row.documents,
        query_count=row.queries,
    )


def _type_names(flags: int) -> list[str]:
    return [name for name, flag in TYPE_FLAGS.items() if flags & flag == flag]


def _summary(messages: int, documents: int, queries: int) -> str:
    parts = ((messages, "message"), (documents, "document"), (queries, "query"))
    plural = {"query": "queries"}
    return ", ".join(
        f"{n:,} {name if n == 1 else plural.get(name, name + 's')}"
        for n, name in parts
        if n or name == "message"
    )


def _messages(
    session: Session, id_: str, zone: ZoneInfo
) -> tuple[list[MessageItem], int, tuple[list[DocumentCreated], list[QueryExecuted]]]:
    """The messages, the time from the first dated one to the last, and what none of them caused."""
    at = instant(MESSAGE.c.created_at)
    user_first = case((cast(MESSAGE.c.sender_type, String) == "user", 0), else_=1)
    rows = session.execute(
        select(MESSAGE.c.id, MESSAGE.c.sender_type, MESSAGE.c.content, at.label("at"))
        .where(MESSAGE.c.session_id == id_)
        .order_by(at.is_(None), at, user_first, by_code_point(MESSAGE.c.id))
    ).all()
    documents: dict[str | None, list[DocumentCreated]] = {}
    known = {row.id for row in rows}
    drafts = session.execute(
        select(DRAFT.c.message_id, DRAFT.c.title, DRAFT.c.document_type, DRAFT.c.word_count)
        .where(DRAFT.c.session_id == id_)
        .order_by(instant(DRAFT.c.created_at).nulls_last(), by_code_point(DRAFT.c.id))
    )
    for message, title, kind, words in drafts:
        made = DocumentCreated(
            title=title or "Untitled", type=kind or "document", word_count=words or 0
        )
        documents.setdefault(message if message in known else None, []).append(made)
    queries: dict[str | None, list[QueryExecuted]] = {}
    runs = session.execute(
        select(
            RETRIEVAL.c.message_id,
            RETRIEVAL.c.query_text,
            RETRIEVAL.c.query_type,
            RETRIEVAL.c.results_count,
        )
        .where(RETRIEVAL.c.session_id == id_)
        .order_by(instant(RETRIEVAL.c.created_at).nulls_last(), by_code_point(RETRIEVAL.c.id))
    )
    for message, words, kind, results in runs:
        ran = QueryExecuted(query=words, type=kind, results_count=results)
        queries.setdefault(message if message in known else None, []).append(ran)
    loose = documents.pop(None, []), queries.pop(None, [])
    items = [
        _message(row, documents.get(row.id, []), queries.get(row.id, []), zone) for row in rows
    ]
    dated = [row.at for row in rows if row.at is not None]
    spent = max(dated) - min(dated) if dated else 0
    return items, spent, loose


def _message(
    row: Any, documents: list[DocumentCreated], queries: list[QueryExecuted], zone: ZoneInfo
) -> MessageItem:
    sent = None if row.at is None else from_instant(row.at)
    kinds = [name for name, rows in (("document", documents), ("query", queries)) if rows]
    return MessageItem(
        message_id=row.id,
        sender=row.sender_type,
        content=row.content,
        message_type=",".join(kinds) or "general",
        timestamp=sent and sent.astimezone(zone).strftime("%I:%M %p"),
        sent_at=sent,
        document_created=documents[0] if documents else None,
        query_executed=queries[0] if queries else None,
        documents_created=documents,
        queries_executed=queries,
    )
