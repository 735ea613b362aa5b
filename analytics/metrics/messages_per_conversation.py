"""How long conversations are, per day."""

from typing import Annotated

from analytics.arithmetic import average
from analytics.fields import Meaning, Ratio
from analytics.metrics.days import DayRow, of_day
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.figures import day_sums
from analytics.reading.reader import Reader


class MessagesPerConversationDay(DayRow):
    """Messages and conversations of a day, and their quotient."""

    messages: Annotated[int, Meaning("Messages", "Messages sent that day.")]
    conversations: Annotated[int, Meaning("Conversations", "Conversations started that day.")]
    per_conversation: Annotated[
        float | None,
        Meaning(
            "Messages per conversation",
            "Messages / conversations; none on a day on which none was started.",
            total=Ratio("messages", "conversations"),
        ),
    ]


def messages_per_conversation(reader: Reader, query: Query) -> list[MessagesPerConversationDay]:
    """Messages sent that day, by people and twins, divided by the conversations started that day.

    None on a day on which none was started. The period's figure divides the sums. A conversation
    may go on for days: its messages count on theirs.
    """
    return [
        MessagesPerConversationDay(
            date=day,
            messages=messages,
            conversations=conversations,
            per_conversation=average(messages, conversations),
            complete=day < query.period.today,
        )
        for day, (messages, conversations) in day_sums(
            reader, query, "messages", "conversations"
        ).items()
    ]


RESULT = Result(
    "messages-per-conversation",
    "Messages per conversation",
    "charts/messages-per-conversation",
    messages_per_conversation,
    Drawing("lines", "date", ("per_conversation",)),
    leads_to=of_day(messages="messages", conversations="conversations"),
)
