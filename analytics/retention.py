"""Whether people come back: retention, cohorts, and how much the active ones use their twins."""

import datetime

from sqlalchemy import func, select
from sqlmodel import Session

from analytics.models import table_of
from analytics.query import Query
from analytics.results import (
    PAIR,
    Row,
    duration_text,
    in_pairs,
    in_slices,
    percentage,
    rounded,
    totals,
)
from analytics.rollups.tables import Cohort, CohortWeek

COHORT, COHORT_WEEK = table_of(Cohort), table_of(CohortWeek)
POWER_CONVERSATIONS = 10


class Retention(Row):
    """Rates in percent to one decimal, None where nobody could have returned."""

    day1: float | None
    day7: float | None
    day30: float | None
    day1_eligible: int
    day7_eligible: int
    day30_eligible: int
    avg_session_duration: str
    sessions_per_user: str
    power_users_percent: float
    power_users: int


class CohortCell(Row):
    """The share of a week's new users who were active `week` weeks later, in percent.

    A cohort whose own week is not over has one row, without active users and share.
    """

    first_week: datetime.date
    users: int
    week: int
    active_users: int | None
    share: float | None


def day_retention(session: Session, query: Query, days: int) -> tuple[float | None, int]:
    """Share of users who were active exactly `days` (1, 7 or 30) after their first active day ever.

    Counted are those whose first day + `days` falls inside the period on a complete day. Returns
    the rate in percent and the number of those users; the rate is None if there is none.
    """
    c = COHORT.c
    eligible, returned = session.execute(
        select(
            func.coalesce(func.sum(c.users), 0), func.coalesce(func.sum(c[f"returned_{days}"]), 0)
        ).where(
            in_slices(COHORT, query.filters),
            (c.first_day + days).between(
                query.period.start.toordinal(), query.period.complete_end.toordinal()
            ),
        )
    ).one()
    return percentage(returned, eligible), eligible


def power_users(session: Session, query: Query) -> int:
    """Users who started 10 or more conversations in the period.

    A user with n has max(0, n - 9) pairs of conversations nine apart inside the period and
    max(0, n - 10) ten apart; the difference is 1 exactly when n >= 10.
    """
    count = session.scalar(
        select(func.sum(PAIR.c.power)).where(in_slices(PAIR, query.filters), in_pairs(query.period))
    )
    return count or 0


def retention(session: Session, query: Query) -> Retention:
    """Day 1, 7 and 30 retention with the users behind each, sessions per user, power users and
    average session duration.

    Sessions per user: conversations / active users. Power users: share of the active users with
    10 or more conversations. Duration: mean of (last message - first message) over the
    conversations started in the period.
    """
    total = totals(session, query)
    (day1, of1), (day7, of7), (day30, of30) = (
        day_retention(session, query, days) for days in (1, 7, 30)
    )
    users, power = total.active_users, power_users(session, query)
    return Retention(
        day1=day1,
        day7=day7,
        day30=day30,
        day1_eligible=of1,
        day7_eligible=of7,
        day30_eligible=of30,
        avg_session_duration=duration_text(total.duration // max(1, total.conversations)),
        sessions_per_user=str(rounded(total.conversations, users) if users else 0.0),
        power_users_percent=percentage(power, users) or 0.0,
        power_users=power,
    )


def cohorts(session: Session, query: Query) -> list[CohortCell]:
    """Weekly cohorts: of the users first active in a week, the share active in each week since.

    Weeks run Monday to Sunday. Rows are the first weeks that overlap the period; weeks that are not
    over yet are left out.
    """
    period, c = query.period, COHORT_WEEK.c
    first_monday = period.start.toordinal() - period.start.weekday()
    found = session.execute(
        select(c.first_week, c.week, func.sum(c.users))
        .where(
            in_slices(COHORT_WEEK, query.filters),
            c.first_week.between(first_monday, period.end.toordinal()),
        )
        .group_by(c.first_week, c.week)
        .order_by(c.first_week, c.week)
    )
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
