"""What people do with their twins per day."""

from typing import Annotated

from analytics.fields import Meaning
from analytics.metrics.days import DayRow, of_day
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.figures import day_sums
from analytics.reading.reader import Reader


class EngagementDay(DayRow):
    """Questions asked, information retrieved and documents drafted on a day."""

    question_asked: Annotated[int, Meaning("Questions asked", "Conversations started that day.")]
    info_retrieved: Annotated[int, Meaning("Information retrieved", "Queries run that day.")]
    documents_drafted: Annotated[int, Meaning("Documents drafted", "Documents drafted that day.")]


def engagement(reader: Reader, query: Query) -> list[EngagementDay]:
    """Questions asked (conversations started), information retrieved (queries run) and documents
    drafted per day."""
    by_day = day_sums(reader, query, "conversations", "queries", "documents")
    return [
        EngagementDay(
            date=day,
            question_asked=asked,
            info_retrieved=retrieved,
            documents_drafted=drafted,
            complete=day < query.period.today,
        )
        for day, (asked, retrieved, drafted) in by_day.items()
    ]


RESULT = Result(
    "engagement",
    "Engagement",
    "charts/engagement",
    engagement,
    Drawing(
        "columns",
        "date",
        (
            "question_asked",
            "info_retrieved",
            "documents_drafted",
        ),
    ),
    leads_to=of_day(
        conversations="question_asked", queries="info_retrieved", documents="documents_drafted"
    ),
)
