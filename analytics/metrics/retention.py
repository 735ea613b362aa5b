"""Whether people come back, and how much the active ones use their twins."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from analytics.arithmetic import Share, difference, percentage, rounded
from analytics.fields import Meaning, Row
from analytics.format import count, duration_text, percent, points, signed
from analytics.metrics.headline import Metrics
from analytics.metrics.result import Card, Drawing, DrillThrough, Result, direction
from analytics.query import RETENTION_DAYS, Query
from analytics.reading.figures import power_users, returned, totals
from analytics.reading.reader import Reader

SECOND = 1_000_000  # microseconds


def _rate(days: int) -> Meaning:
    said = f"Share of those who could come back on day {days} who did; none where nobody could."
    return Meaning(f"Day {days} retention", said, unit="%", format="percent", total="distinct")


def _eligible(days: int) -> Meaning:
    said = f"People whose first active day + {days} falls on a complete day of the period."
    return Meaning(f"Could come back on day {days}", said, total="distinct")


def _before(label: str, unit: str = "") -> Meaning:
    said = "That of the period compared with."
    return Meaning(f"{label} before", said, unit=unit, total="distinct", is_compared=True)


def _change(label: str, unit: str = "") -> Meaning:
    said = "The difference to the period compared with; none where there is nothing to compare."
    return Meaning(f"Change of {label}", said, unit=unit, total="distinct", is_compared=True)


DURATION = "Mean time from the first to the last message of a conversation, as 5m 30s."
PER_USER = "Conversations of the period / its active users, written with one decimal."
POWER = "People who started 10 or more conversations in the period"
POINTS = "percentage points"


class Retention(Row):
    """Rates in percent to one decimal, None where nobody could have returned.

    Changes are differences: of rates in percentage points, of durations in seconds; None where
    there is nothing to compare.
    """

    day1: Annotated[float | None, _rate(1)]
    day7: Annotated[float | None, _rate(7)]
    day30: Annotated[float | None, _rate(30)]
    day1_eligible: Annotated[int, _eligible(1)]
    day7_eligible: Annotated[int, _eligible(7)]
    day30_eligible: Annotated[int, _eligible(30)]
    avg_session_duration: Annotated[str, Meaning("Average duration", DURATION, total="distinct")]
    sessions_per_user: Annotated[str, Meaning("Conversations per user", PER_USER, total="distinct")]
    power_users_percent: Annotated[
        float,
        Meaning("Power users, %", f"{POWER}, of the active ones.", unit="%", total="distinct"),
    ]
    power_users: Annotated[int, Meaning("Power users", f"{POWER}.", total="distinct")]
    previous_day1: Annotated[float | None, _before("Day 1 retention", "%")]
    previous_day7: Annotated[float | None, _before("Day 7 retention", "%")]
    previous_day30: Annotated[float | None, _before("Day 30 retention", "%")]
    day1_change: Annotated[float | None, _change("day 1 retention", POINTS)]
    day7_change: Annotated[float | None, _change("day 7 retention", POINTS)]
    day30_change: Annotated[float | None, _change("day 30 retention", POINTS)]
    previous_avg_session_duration: Annotated[str, _before("Average duration")]
    avg_session_duration_change: Annotated[int | None, _change("average duration", "seconds")]
    previous_sessions_per_user: Annotated[str, _before("Conversations per user")]
    sessions_per_user_change: Annotated[float | None, _change("conversations per user")]
    previous_power_users_percent: Annotated[float, _before("Power users", "%")]
    power_users_change: Annotated[float | None, _change("power users", POINTS)]


@dataclass(frozen=True)
class _Habits:
    """The parts and wholes that the rates of a period are made of."""

    days: dict[int, Share]
    power: Share
    per_user: Share
    duration: int  # mean, microseconds
    is_used: bool


def _habits(reader: Reader, query: Query) -> _Habits:
    total = totals(reader, query)
    users = max(1, total.active_users)  # with nobody active the shares are 0
    return _Habits(
        days={days: returned(reader, query, days) for days in RETENTION_DAYS},
        power=(power_users(reader, query), users),
        per_user=(total.conversations, users),
        duration=total.duration // max(1, total.conversations),
        is_used=total.active_users > 0,
    )


def retention(reader: Reader, query: Query) -> Retention:
    """Day 1, 7 and 30 retention with the users behind each, sessions per user, power users and
    average session duration.

    Day N retention: among users whose first active day ever + N falls on a complete day of the
    period, the share who were active on exactly that day. Sessions per user: conversations / active
    users. Power users: share of the active users with 10 or more conversations. Duration: mean of
    (last message - first message) over the conversations started in the period. Each is compared
    with the previous period by its difference, None where that had nothing.
    """
    now, before = _habits(reader, query), _habits(reader, query.previous)
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


def retention_cards(r: Retention) -> list[Card]:
    """Day 1, 7 and 30 retention with the users behind each, and how much people use their twins."""
    returns = (
        (1, r.day1, r.day1_eligible, r.previous_day1, r.day1_change),
        (7, r.day7, r.day7_eligible, r.previous_day7, r.day7_change),
        (30, r.day30, r.day30_eligible, r.previous_day30, r.day30_change),
    )
    per_user, longer = r.sessions_per_user_change, r.avg_session_duration_change
    return [
        *(
            Card(
                f"Day {n} retention",
                percent(rate),
                f"Among users whose first active day ever + {n} falls on a complete day of the"
                " period: the share who were active on exactly that day. n/a: nobody's did.",
                "" if rate is None else points(change),
                "" if rate is None else direction(change),
                "" if before is None else percent(before),
                f"of {count(eligible, 'user')}",
            )
            for n, rate, eligible, before, change in returns
        ),
        Card(
            "Sessions per user",
            r.sessions_per_user,
            "Conversations of the period divided by its active users.",
            "new" if per_user is None else signed(per_user),
            direction(per_user),
            r.previous_sessions_per_user,
        ),
        Card(
            "Power users",
            percent(r.power_users_percent),
            "Share of the period's active users who started 10 or more conversations in it.",
            points(r.power_users_change),
            direction(r.power_users_change),
            percent(r.previous_power_users_percent),
            count(r.power_users, "user"),
        ),
        Card(
            "Average duration",
            r.avg_session_duration,
            "Mean time from the first to the last message of the conversations started in the"
            " period.",
            "new" if longer is None else f"{signed(longer)} s",
            direction(longer),
            r.previous_avg_session_duration,
        ),
    ]


def retention_leads_to(
    row: Retention, came_back: Sequence[int], used: Metrics, query: Query
) -> list[Sequence[DrillThrough]]:
    """What each retention figure counts, in the order of the cards: those who came back and
    those who could, what sessions and durations are means of, and power users.

    `came_back` has how many came back on day 1, 7 and 30, `used` the headline figures of the same
    question.
    """
    people, conversations = used.total_active_users, used.total_conversations
    days: list[Sequence[DrillThrough]] = []
    for n, came in zip(RETENTION_DAYS, came_back, strict=True):
        eligible: int = getattr(row, f"day{n}_eligible")
        days.append((
            DrillThrough(f"Came back on day {n}", {"people": came}, replace(query, returned=n)),
            DrillThrough(
                f"Could come back on day {n}", {"people": eligible}, replace(query, eligible=n)
            ),
        ))  # fmt: skip
    per_user = DrillThrough("", {"conversations": conversations, "people": people}, query)
    power = DrillThrough("", {"people": row.power_users}, replace(query, power_users=True))
    everybody = DrillThrough("All active", {"people": people}, query)
    lasted = DrillThrough("", {"conversations": conversations}, query)
    return [*days, (per_user,), (power, everybody), (lasted,)]


def came_back(reader: Reader, query: Query) -> list[int]:
    """How many came back on day 1, 7 and 30."""
    return [returned(reader, query, days)[0] for days in RETENTION_DAYS]


RESULT = Result(
    "retention", "Retention", "retention", retention, Drawing("cards"), cards=retention_cards
)
