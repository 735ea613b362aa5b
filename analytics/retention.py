"""Whether people come back: retention, cohorts, and how much the active ones use their twins."""

import datetime
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from analytics.arithmetic import Share, difference, percentage, rounded
from analytics.fields import Row
from analytics.format import duration_text
from analytics.models import table_of
from analytics.query import Query
from analytics.reading.cells import in_slices, sums, totals
from analytics.rollups.tables import Cohort, CohortWeek

COHORT, COHORT_WEEK = table_of(Cohort), table_of(CohortWeek)
RETENTION_DAYS = (1, 7, 30)
SECOND = 1_000_000  # microseconds


class Retention(Row):
    """Rates in percent to one decimal, None where nobody could have returned.

    Changes are differences: of rates in percentage points, of durations in seconds; None where
    there is nothing to compare.
    """

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
    previous_day1: float | None
    previous_day7: float | None
    previous_day30: float | None
    day1_change: float | None
    day7_change: float | None
    day30_change: float | None
    previous_avg_session_duration: str
    avg_session_duration_change: int | None
    previous_sessions_per_user: str
    sessions_per_user_change: float | None
    previous_power_users_percent: float
    power_users_change: float | None


class CohortCell(Row):
    """The share of a week's new users who were active `week` weeks later, in percent.

    A cohort whose own week is not over has one row, without active users and share.
    """

    first_week: datetime.date
    users: int
    week: int
    active_users: int | None
    share: float | None


def day_retention(session: Session, query: Query, days: int) -> Share:
    """Users who were active exactly `days` (1, 7 or 30) after their first active day ever.

    Counted are those whose first day + `days` falls inside the period on a complete day. Returns
    how many of them were active then, and how many there are.
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
    return returned, eligible


def power_users(session: Session, query: Query) -> int:
    """Users who started 10 or more conversations in the period.

    A user with n has max(0, n - 9) pairs of conversations nine apart inside the period and
    max(0, n - 10) ten apart; the difference is 1 exactly when n >= 10.
    """
    return sums(session, query, "power", ["users"])[()][0]


@dataclass(frozen=True)
class _Habits:
    """The parts and wholes that the rates of a period are made of."""

    days: dict[int, Share]
    power: Share
    per_user: Share
    duration: int  # mean, microseconds
    is_used: bool


def _habits(session: Session, query: Query) -> _Habits:
    total = totals(session, query)
    users = max(1, total.active_users)  # with nobody active the shares are 0
    return _Habits(
        days={days: day_retention(session, query, days) for days in RETENTION_DAYS},
        power=(power_users(session, query), users),
        per_user=(total.conversations, users),
        duration=total.duration // max(1, total.conversations),
        is_used=total.active_users > 0,
    )


def retention(session: Session, query: Query) -> Retention:
    """Day 1, 7 and 30 retention with the users behind each, sessions per user, power users and
    average session duration.

    Day N retention: among users whose first active day ever + N falls on a complete day of the
    period, the share who were active on exactly that day. Sessions per user: conversations / active
    users. Power users: share of the active users with 10 or more conversations. Duration: mean of
    (last message - first message) over the conversations started in the period. Each is compared
    with the previous period by its difference, None where that had nothing.
    """
    now, before = _habits(session, query), _habits(session, query.previous)
    rates: dict[str, Any] = {}
    for days in RETENTION_DAYS:
        rates[f"day{days}"] = percentage(*now.days[days])
        rates[f"day{days}_eligible"] = now.days[days][1]
        rates[f"previous_day{days}"] = percentage(*before.days[days])
        rates[f"day{days}_change"] = difference(now.days[days], before.days[days], 100)
    is_new = now.is_used and not before.is_used
    return Retention(
        **rates,
        avg_session_duration=duration_text(now.duration),
        sessions_per_user=str(rounded(*now.per_user)),
        power_users_percent=rounded(now.power[0] * 100, now.power[1]),
        power_users=now.power[0],
        previous_avg_session_duration=duration_text(before.duration),
        avg_session_duration_change=None
        if is_new
        else now.duration // SECOND - before.duration // SECOND,
        previous_sessions_per_user=str(rounded(*before.per_user)),
        sessions_per_user_change=None if is_new else difference(now.per_user, before.per_user),
        previous_power_users_percent=rounded(before.power[0] * 100, before.power[1]),
        power_users_change=None if is_new else difference(now.power, before.power, 100),
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
