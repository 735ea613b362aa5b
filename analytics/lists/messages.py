"""How many messages a figure counts; they are read in their conversations."""

from dataclasses import dataclass

from sqlalchemy import func, select

from analytics.query import Query
from analytics.reading.facts import events
from analytics.reading.filters import check_fits
from analytics.reading.reader import Reader


@dataclass(frozen=True)
class MessageCount:
    """How many messages there are, in how many conversations, and how many of those have no date.

    Conversations without a date stand in no list; they can be opened by their id.
    """

    messages: int
    conversations: int
    undated: int


def count_messages(reader: Reader, query: Query) -> MessageCount:
    """Messages of the period, each on its own day, and the conversations that hold them."""
    check_fits(query, "conversations")
    a, h = reader.activities.c, reader.hours.c
    held = (
        select(h.session_id, func.sum(h.messages).label("messages"), a.session_id.label("dated"))
        .outerjoin(
            reader.activities,
            (a.user_id == h.user_id) & (a.session_id == h.session_id),
        )
        .where(events(reader, query), h.messages > 0)
        .group_by(h.user_id, h.session_id, a.session_id)
        .subquery()
    )
    messages, conversations, known = reader.execute(
        select(
            func.coalesce(func.sum(held.c.messages), 0), func.count(), func.count(held.c.dated)
        ).select_from(held)
    ).one()
    return MessageCount(int(messages), conversations, conversations - known)
