"""How many people are active on how many days."""

import datetime
from dataclasses import replace
from typing import Annotated, Any

from analytics.arithmetic import percentage
from analytics.fields import Meaning, Row
from analytics.format import count
from analytics.metrics.habit import counted, first_of_28, last_of_28, share
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query
from analytics.reading.cells import begins_late_enough
from analytics.reading.habits import people_by_days, window, window_end
from analytics.reading.reader import Reader
from analytics.rollups.habit_tables import WINDOW


class PowerCurvePoint(Row):
    """People with so many active days or more."""

    active_days: Annotated[
        int, Meaning("Active days or more", "Of the 28 days, 1 to 28.", total="distinct")
    ]
    people: Annotated[int, counted("People", "People with so many active days or more")]
    share: Annotated[
        float | None,
        share("Share, %", "Of all who were active in the 28 days; none if nobody was."),
    ]
    previous_people: Annotated[
        int | None,
        Meaning(
            "28 days before",
            "The same of the 28 days before; none where they begin before the data.",
            total="distinct",
            is_compared=True,
        ),
    ]
    previous_share: Annotated[
        float | None,
        share("Share before, %", "Of all who were active in the 28 days before.", before=True),
    ]
    from_day: Annotated[datetime.date, first_of_28()]
    to_day: Annotated[datetime.date, last_of_28()]


def power_curve(reader: Reader, query: Query) -> list[PowerCurvePoint]:
    """Of the 28 days that end on the last complete day of the period: people with at least 1, 2 …
    28 active days, and their share of all who were active in these days. Compared with the 28 days
    before.

    There is no answer where the 28 days begin before the data, or no day of the period is over.
    """
    end = window_end(reader, query.period)
    if end is None:
        return []
    of = window(end, query.period)
    now, before = people_by_days(reader, query, end)
    has_before = begins_late_enough(reader, end - 2 * WINDOW + 1)
    return [
        PowerCurvePoint(
            active_days=days,
            people=now.get(days, 0),
            share=percentage(now.get(days, 0), now.get(1, 0)),
            previous_people=before.get(days, 0) if has_before else None,
            previous_share=percentage(before.get(days, 0), before.get(1, 0))
            if has_before
            else None,
            from_day=of.start,
            to_day=of.end,
        )
        for days in range(1, WINDOW + 1)
    ]


def _leads_to(row: Any, query: Query) -> DrillThrough:
    of = window(row.to_day.toordinal(), query.period)
    asked = replace(query, period=of, against=None, active_days=row.active_days)
    name = f"Active on {count(row.active_days, 'day')} or more"
    return DrillThrough(name, {"people": row.people}, asked, (str(row.active_days),))


RESULT = Result(
    "power-curve",
    "Active days of 28",
    "adoption/power-curve",
    power_curve,
    Drawing("columns", "active_days", ("people", "share", "previous_people", "previous_share")),
    empty="Nobody was active in the 28 days that end on the last complete day, or these begin"
    " before the data.",
    leads_to=_leads_to,
)
