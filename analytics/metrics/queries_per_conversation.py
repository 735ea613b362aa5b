"""How many queries a conversation brings, per day."""

from typing import Annotated

from analytics.arithmetic import average
from analytics.fields import Meaning, Ratio
from analytics.metrics.days import DayRow, of_day
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.figures import day_sums
from analytics.reading.reader import Reader


class QueriesPerConversationDay(DayRow):
    """Queries and conversations of a day, and their quotient."""

    queries: Annotated[int, Meaning("Queries", "Queries run that day.")]
    conversations: Annotated[int, Meaning("Conversations", "Conversations started that day.")]
    per_conversation: Annotated[
        float | None,
        Meaning(
            "Queries per conversation",
            "Queries / conversations; none on a day without conversations.",
            total=Ratio("queries", "conversations"),
        ),
    ]


def queries_per_conversation(reader: Reader, query: Query) -> list[QueriesPerConversationDay]:
    """Queries run that day / conversations started that day; none without conversations."""
    return [
        QueriesPerConversationDay(
            date=day,
            queries=queries,
            conversations=conversations,
            per_conversation=average(queries, conversations),
            complete=day < query.period.today,
        )
        for day, (queries, conversations) in day_sums(
            reader, query, "queries", "conversations"
        ).items()
    ]


RESULT = Result(
    "queries-per-conversation",
    "Queries per conversation",
    "charts/queries-per-conversation",
    queries_per_conversation,
    Drawing("lines", "date", ("per_conversation",)),
    leads_to=of_day(queries="queries", conversations="conversations"),
)
