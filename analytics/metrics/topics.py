"""What conversations are about."""

from dataclasses import replace
from typing import Annotated, Any

from analytics.fields import Meaning, Row
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query, filter_label
from analytics.reading import figures
from analytics.reading.filter_texts import NO_TOPIC
from analytics.reading.known import by_name
from analytics.reading.reader import Reader
from analytics.untrusted import unescaped


class TopicCount(Row):
    """Conversations on a topic; None for those without one."""

    topic: Annotated[
        str | None,
        Meaning("Topic", "The topic; none for conversations without one.", format="name"),
    ]
    conversations: Annotated[int, Meaning("Conversations", "Conversations of the period on it.")]


def topics(reader: Reader, query: Query) -> list[TopicCount]:
    """Conversations of the period by topic, most first; those without a topic last among equals."""
    rows = [
        TopicCount(topic=name, conversations=count)
        for name, count in figures.by_name(reader, query, "topic")
    ]
    return sorted(rows, key=lambda row: (-row.conversations, *by_name(row.topic)))


def _leads_to(row: Any, query: Query) -> DrillThrough:
    name = filter_label(row.topic, NO_TOPIC)
    on_it = replace(query, topics=(row.topic,))
    return DrillThrough(unescaped(name), {"conversations": row.conversations}, on_it, (name,))


RESULT = Result(
    "topics",
    "Topics",
    "topics",
    topics,
    Drawing("bars", "topic", ("conversations",)),
    limit=10,
    leads_to=_leads_to,
)
