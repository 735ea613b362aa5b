"""When people and twins meet."""

from dataclasses import replace
from typing import Annotated, Any

from analytics.fields import Meaning
from analytics.metrics.days import DayRow, of_day
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query
from analytics.reading import figures
from analytics.reading.reader import Reader


class FirstMeetingsDay(DayRow):
    """First meetings of a day."""

    first_meetings: Annotated[
        int,
        Meaning("First meetings", "People and twins whose first conversation ever started then."),
    ]


def first_meetings(reader: Reader, query: Query) -> list[FirstMeetingsDay]:
    """People and twins whose first conversation ever was started that day.

    One's own twins count too, and those that are gone. In the first days of the data all meetings
    are first ones.
    """
    return [
        FirstMeetingsDay(date=day, first_meetings=meetings, complete=day < query.period.today)
        for day, meetings in figures.first_meetings(reader, query).items()
    ]


_leads_to_day = of_day(conversations="first_meetings")


def _leads_to(row: Any, query: Query) -> DrillThrough:
    found = _leads_to_day(row, query)
    return replace(found, query=replace(found.query, first_meetings=True))


RESULT = Result(
    "first-meetings",
    "First meetings",
    "reach/first-meetings",
    first_meetings,
    Drawing("columns", "date", ("first_meetings",)),
    leads_to=_leads_to,
)
