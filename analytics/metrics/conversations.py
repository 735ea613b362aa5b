"""Conversations and messages per day."""

from typing import Annotated

from analytics.arithmetic import average
from analytics.fields import Meaning
from analytics.metrics.days import DayRow, of_day
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.figures import day_sums
from analytics.reading.reader import Reader


class ConversationsDay(DayRow):
    """Conversations and messages of a day, and their means over the period's complete days."""

    conversations: Annotated[int, Meaning("Conversations", "Conversations started that day.")]
    messages: Annotated[int, Meaning("Messages", "Messages sent that day, by people and twins.")]
    avg_conversations: Annotated[
        float | None,
        Meaning(
            "Mean conversations",
            "Mean a day over the complete days of the period; the same on every row.",
            total="last",
        ),
    ]
    avg_messages: Annotated[
        float | None,
        Meaning(
            "Mean messages",
            "Mean a day over the complete days of the period; the same on every row.",
            total="last",
        ),
    ]


def conversations(reader: Reader, query: Query) -> list[ConversationsDay]:
    """Conversations started and messages sent (by people and twins) per day.

    The averages are means over the complete days of the period, the same on every row.
    """
    period = query.period
    by_day = day_sums(reader, query, "conversations", "messages")
    complete = [counts for day, counts in by_day.items() if day < period.today]
    means = [average(sum(c[i] for c in complete), len(complete)) for i in (0, 1)]
    return [
        ConversationsDay(
            date=day,
            conversations=counts[0],
            messages=counts[1],
            avg_conversations=means[0],
            avg_messages=means[1],
            complete=day < period.today,
        )
        for day, counts in by_day.items()
    ]


RESULT = Result(
    "conversations",
    "Conversations and messages",
    "charts/conversation",
    conversations,
    Drawing(
        "lines",
        "date",
        (
            "conversations",
            "messages",
        ),
        panels=True,
    ),
    leads_to=of_day(conversations="conversations", messages="messages"),
)
