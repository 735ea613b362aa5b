"""Whether the people of a first week come back in later weeks."""

import datetime
from dataclasses import replace
from typing import Annotated, Any

from analytics.arithmetic import percentage
from analytics.fields import Meaning, Ratio, Row
from analytics.format import count, day
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query
from analytics.reading.figures import cohort_weeks
from analytics.reading.reader import Reader


class CohortCell(Row):
    """The share of a week's new users who were active `week` weeks later, in percent.

    A cohort whose own week is not over has one row, without active users and share.
    """

    first_week: Annotated[
        datetime.date,
        Meaning("First week", "The Monday of the week in which these people were first active."),
    ]
    users: Annotated[
        int, Meaning("New users", "People first active in that week.", total="distinct")
    ]
    week: Annotated[int, Meaning("Weeks since the first", "How many weeks after the first one.")]
    active_users: Annotated[
        int | None,
        Meaning(
            "Active users",
            "Those of them who were active in that later week; none where the first week is not"
            " over.",
            total="distinct",
        ),
    ]
    share: Annotated[
        float | None,
        Meaning(
            "Active, %",
            "Active users / new users.",
            unit="%",
            format="percent",
            total=Ratio("active_users", "users"),
        ),
    ]


def cohorts(reader: Reader, query: Query) -> list[CohortCell]:
    """Weekly cohorts: of the users first active in a week, the share active in each week since.

    Weeks run Monday to Sunday. Rows are the first weeks that overlap the period; weeks that are not
    over yet are left out.
    """
    period = query.period
    first_monday = period.start.toordinal() - period.start.weekday()
    found = cohort_weeks(reader, query, first_monday, period.end.toordinal())
    cohort: dict[int, dict[int, int]] = {}
    for monday, week, users in found:
        cohort.setdefault(monday, {})[week] = users
    this_monday = period.today.toordinal() - period.today.weekday()
    rows = []
    for monday, active in cohort.items():
        size, first_week = active[0], datetime.date.fromordinal(monday)
        weeks_over = (this_monday - monday) // 7
        if weeks_over <= 0:
            rows.append(
                CohortCell(first_week=first_week, users=size, week=0, active_users=None, share=None)
            )
        rows += [
            CohortCell(
                first_week=first_week,
                users=size,
                week=week,
                active_users=active.get(week, 0),
                share=percentage(active.get(week, 0), size),
            )
            for week in range(weeks_over)
        ]
    return rows


def _leads_to(row: Any, query: Query) -> DrillThrough:
    first = f"First active in the week of {day(row.first_week)}"
    key = row.first_week.isoformat()
    if row.active_users is None or row.week == 0:
        all_of_it = replace(query, cohort=row.first_week)
        return DrillThrough(first, {"people": row.users}, all_of_it, (key,))
    cell = replace(query, cohort=row.first_week, week=row.week)
    name = f"{first}, active {count(row.week, 'week')} later"
    return DrillThrough(name, {"people": row.active_users}, cell, (key, str(row.week)))


RESULT = Result(
    "cohorts",
    "Weekly cohorts",
    "retention/cohorts",
    cohorts,
    Drawing(
        "heatmap",
        "week",
        (
            "share",
            "active_users",
            "users",
        ),
        y="first_week",
    ),
    empty="Nobody was active for the first time in this period.",
    leads_to=_leads_to,
)
