"""One conversation, whole."""

import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from sqlalchemy import String, and_, case, cast, select

from analytics.fields import Meaning, Row, Words
from analytics.format import duration_text
from analytics.lists.activity_rows import ActivityFacts, relative_time, type_names
from analytics.reading.known import zone_name
from analytics.reading.reader import Reader
from analytics.rollups.tables import DOCUMENT, QUERY, SHARED_TWIN
from analytics.sql.collation import by_code_point
from analytics.sql.stored import instant, is_key, readable
from analytics.sql.timestamps import from_instant


class DocumentCreated(Row):
    """A document that was drafted."""

    title: Annotated[Words, Meaning("Title", 'Its title, or "Untitled".')]
    type: Annotated[Words, Meaning("Type", 'Its type, or "document".')]
    word_count: Annotated[
        int, Meaning("Words", "How many words it has; 0 where that was not recorded.")
    ]


class QueryExecuted(Row):
    """A query that was run; results is None where it was not recorded."""

    query: Annotated[Words, Meaning("Query", "What was asked for.")]
    type: Annotated[str | None, Meaning("Type", "Its type; none without one.")]
    results_count: Annotated[
        int | None, Meaning("Results", "How many results it had; none where that was not recorded.")
    ]


class MessageItem(Row):
    """A message with what it triggered; timestamps are local, None for an undated message."""

    message_id: Annotated[Words, Meaning("Message id", "The id of the message.")]
    sender: Annotated[Words, Meaning("Sender", "Who wrote it: user or twin.")]
    content: Annotated[Words, Meaning("Content", "What was written.")]
    message_type: Annotated[
        str,
        Meaning(
            "Message type",
            "What it triggered: document, query, both with a comma between, or general.",
        ),
    ]
    timestamp: Annotated[
        str | None,
        Meaning("Timestamp", "The local time, as 06:33 PM; none for an undated message."),
    ]
    sent_at: Annotated[
        datetime.datetime | None, Meaning("Sent", "When it was sent; none for an undated message.")
    ]
    document_created: Annotated[
        DocumentCreated | None, Meaning("Document created", "The first document that it triggered.")
    ]
    query_executed: Annotated[
        QueryExecuted | None, Meaning("Query executed", "The first query that it triggered.")
    ]
    documents_created: Annotated[
        list[DocumentCreated], Meaning("Documents created", "All documents that it triggered.")
    ]
    queries_executed: Annotated[
        list[QueryExecuted], Meaning("Queries executed", "All queries that it triggered.")
    ]


class ActivityDetail(ActivityFacts):
    """A whole conversation. Documents and queries that name none of its messages stand apart."""

    user_id: Annotated[Words, Meaning("User id", "The id of the person.")]
    topic: Annotated[str | None, Meaning("Topic", "What it is about; none without one.")]
    timestamp: Annotated[
        str | None,
        Meaning(
            "Timestamp",
            "When it started, locally, as November 21, 2026 at 06:33 PM; none without a date.",
        ),
    ]
    twin_id: Annotated[str | None, Meaning("Twin id", "The id of the twin; none if it is gone.")]
    twin_owner_id: Annotated[str | None, Meaning("Twin owner id", "The id of the twin's owner.")]
    twin_owner_name: Annotated[
        str | None, Meaning("Twin owner's name", "The full name of the twin's owner.")
    ]
    interaction_summary: Annotated[
        str | None, Meaning("Summary", "How many messages, documents and queries it has, in words.")
    ]
    messages: Annotated[list[MessageItem], Meaning("Messages", "Its messages, in time order.")]
    other_documents: Annotated[
        list[DocumentCreated],
        Meaning("Other documents", "Documents that name none of its messages."),
    ]
    other_queries: Annotated[
        list[QueryExecuted], Meaning("Other queries", "Queries that name none of its messages.")
    ]


def activity(reader: Reader, id_: str, now: datetime.datetime) -> ActivityDetail | None:
    """One conversation with its messages in time order; None if there is none with this id.

    Messages run by time, undated ones last; ties go user first, then by id.
    """
    sessions, users, twins = reader.sessions.c, reader.users.c, reader.twins.c
    owner = reader.users.alias()
    found = reader.execute(
        select(
            sessions.id,
            sessions.title,
            sessions.topic,
            sessions.platform,
            sessions.is_shared_twin,
            instant(sessions.started_at).label("started_at"),
            users.id.label("user_id"),
            users.full_name,
            users.email,
            readable(users.company).label("company"),
            readable(users.department).label("department"),
            twins.id.label("twin_id"),
            twins.name.label("twin_name"),
            owner.c.email.label("owner_email"),
            owner.c.id.label("owner_id"),
            owner.c.full_name.label("owner_name"),
        )
        .select_from(reader.sessions)
        .join(reader.users, users.id == sessions.user_id)
        .outerjoin(reader.twins, and_(twins.id == sessions.twin_id, is_key(twins.id)))
        .outerjoin(owner, owner.c.id == twins.user_id)
        .where(sessions.id == id_)
    ).first()
    if found is None:
        return None
    zone = ZoneInfo(zone_name(reader))
    messages, spent, loose = _messages(reader, id_, zone)
    documents = sum(len(m.documents_created) for m in messages) + len(loose[0])
    queries = sum(len(m.queries_executed) for m in messages) + len(loose[1])
    flags = (DOCUMENT if documents else 0) | (QUERY if queries else 0)
    flags |= SHARED_TWIN if found.is_shared_twin else 0
    started = None if found.started_at is None else from_instant(found.started_at)
    return ActivityDetail(
        id=found.id,
        type="conversation",
        types=type_names(flags),
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


def _summary(messages: int, documents: int, queries: int) -> str:
    parts = ((messages, "message"), (documents, "document"), (queries, "query"))
    plural = {"query": "queries"}
    return ", ".join(
        f"{n:,} {name if n == 1 else plural.get(name, name + 's')}"
        for n, name in parts
        if n or name == "message"
    )


def _messages(
    reader: Reader, id_: str, zone: ZoneInfo
) -> tuple[list[MessageItem], int, tuple[list[DocumentCreated], list[QueryExecuted]]]:
    """The messages, the time from the first dated one to the last, and what none of them caused."""
    c, d, q = reader.messages.c, reader.documents.c, reader.queries.c
    at = instant(c.created_at)
    user_first = case((cast(c.sender_type, String) == "user", 0), else_=1)
    rows = reader.execute(
        select(c.id, c.sender_type, c.content, at.label("at"))
        .where(c.session_id == id_)
        .order_by(at.is_(None), at, user_first, by_code_point(c.id))
    ).all()
    documents: dict[str | None, list[DocumentCreated]] = {}
    known = {row.id for row in rows}
    drafts = reader.execute(
        select(d.message_id, d.title, d.document_type, d.word_count)
        .where(d.session_id == id_)
        .order_by(instant(d.created_at).nulls_last(), by_code_point(d.id))
    )
    for message, title, kind, words in drafts:
        made = DocumentCreated(
            title=title or "Untitled", type=kind or "document", word_count=words or 0
        )
        documents.setdefault(message if message in known else None, []).append(made)
    queries: dict[str | None, list[QueryExecuted]] = {}
    runs = reader.execute(
        select(
            q.message_id,
            q.query_text,
            q.query_type,
            q.results_count,
        )
        .where(q.session_id == id_)
        .order_by(instant(q.created_at).nulls_last(), by_code_point(q.id))
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
