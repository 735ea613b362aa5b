"""What is said of a conversation, in the list and by itself."""

import datetime
from typing import Annotated, Any

from analytics.fields import Meaning, Row, Words
from analytics.format import duration_text
from analytics.lists.paging import Paging
from analytics.reading.filters import (
    TYPE_FLAGS,
)
from analytics.rollups.tables import SHARED_TWIN, slice_name
from analytics.search.snippets import SnippetPart
from analytics.sql.timestamps import from_instant


class ActivityFacts(Row):
    """What the list and the conversation both say of an activity."""

    id: Annotated[Words, Meaning("Id", "The id of the conversation.", is_hidden=True)]
    type: Annotated[str, Meaning("Type", 'Always "conversation".')]
    types: Annotated[
        list[str],
        Meaning("Types", "Every type that it carries: conversation, document, query, shared_twin."),
    ]
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
    action: Annotated[Words, Meaning("Action", 'Its title, or "Conversation".')]
    time: Annotated[str, Meaning("Time", "How long ago it started, as 2h ago.")]
    started_at: Annotated[datetime.datetime | None, Meaning("Started", "When it started.")]
    duration: Annotated[
        str, Meaning("Duration", "Time from the first to the last message, as 5m 30s.")
    ]
    message_count: Annotated[int, Meaning("Messages", "How many messages it has.")]
    platform: Annotated[Words, Meaning("Platform", "Where it took place.")]
    device: Annotated[str | None, Meaning("Device", "Always none: no device is recorded.")]
    is_shared: Annotated[bool, Meaning("Shared", "Whether it was with a shared twin.")]
    twin_name: Annotated[str | None, Meaning("Twin", "The twin; none if it is gone.")]
    twin_owner: Annotated[str | None, Meaning("Twin owner", "The e-mail of the twin's owner.")]
    document_count: Annotated[int, Meaning("Documents", "How many documents were drafted in it.")]
    query_count: Annotated[int, Meaning("Queries", "How many queries were run in it.")]


class ActivityItem(ActivityFacts):
    """One activity of the list."""

    started_at: Annotated[datetime.datetime, Meaning("Started", "When it started.")]
    has_documents: Annotated[
        bool, Meaning("Has documents", "Whether a document was drafted in it.")
    ]
    has_queries: Annotated[bool, Meaning("Has queries", "Whether a query was run in it.")]


class FoundItem(ActivityItem):
    """An activity that was searched for, with the place where the words stand."""

    snippet: Annotated[
        list[SnippetPart],
        Meaning("Snippet", "Where the words that were searched for stand, in pieces."),
    ]


class ActivityPage(Paging):
    """A page of activities and where it stands among all of them.

    `next_cursor` is None on the last page. The items of a search have a `snippet`.
    """

    items: Annotated[
        list[FoundItem | ActivityItem],
        Meaning("Items", "The conversations of this page; those of a search have a snippet."),
    ]
    next_cursor: Annotated[
        str | None, Meaning("Next cursor", "What continues after this page; none on the last one.")
    ]


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


def activity_item(row: Any, now: datetime.datetime) -> ActivityItem:
    started = from_instant(row.started_at)
    return ActivityItem(
        id=row.session_id,
        type="conversation",
        types=type_names(row.types),
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


def type_names(flags: int) -> list[str]:
    """The types that an activity of these flags carries."""
    return [name for name, flag in TYPE_FLAGS.items() if flags & flag == flag]
