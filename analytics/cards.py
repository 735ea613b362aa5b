"""The headline figures as cards say them: on the page, and in the file that is taken from it."""

from dataclasses import dataclass
from typing import Literal

from analytics.format import count, difference, number, percent, points, signed
from analytics.metrics import Metrics
from analytics.retention import Retention

Direction = Literal["up", "down", "same", "new", ""]


@dataclass(frozen=True)
class Card:
    """A headline figure, its difference to `before`, what it is of, and its definition.

    `difference` is signed text, "new" where there was nothing, "" where nothing can be compared;
    `direction` says which of these.
    """

    label: str
    value: str
    definition: str
    difference: str = ""
    direction: Direction = ""
    before: str = ""
    note: str = ""


def _direction(change: float | None, difference: float | None = None) -> Direction:
    """Where a figure moved, by its change and, where that may be rounded to 0, its difference."""
    if change is None:
        return "new"
    moved = change if difference is None else difference
    return "up" if moved > 0 else "down" if moved < 0 else "same"


def metrics_cards(m: Metrics) -> list[Card]:
    """The four headline figures, beside their previous values."""
    figures = (
        ("Active users", m.total_active_users, m.previous_active_users, m.active_users_change,
         "People who started a conversation or sent a message in the period, each counted once."),
        ("Conversations", m.total_conversations, m.previous_conversations, m.conversations_change,
         "Conversations started in the period."),
        ("Documents drafted", m.documents_drafted, m.previous_documents, m.documents_change,
         "Documents that twins drafted in the period."),
        ("Twin installations", m.twin_installations, m.previous_installations,
         m.installations_change,
         "All twins created up to the end of the period, by their owner's organization. Compared"
         " with the end of the other period."),
    )  # fmt: skip
    return [
        Card(
            label,
            number(now),
            words,
            difference(now, before, change),
            _direction(change, now - before),
            number(before),
        )
        for label, now, before, change, words in figures
    ]


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
                "" if rate is None else _direction(change),
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
            _direction(per_user),
            r.previous_sessions_per_user,
        ),
        Card(
            "Power users",
            percent(r.power_users_percent),
            "Share of the period's active users who started 10 or more conversations in it.",
            points(r.power_users_change),
            _direction(r.power_users_change),
            percent(r.previous_power_users_percent),
            count(r.power_users, "user"),
        ),
        Card(
            "Average duration",
            r.avg_session_duration,
            "Mean time from the first to the last message of the conversations started in the"
            " period.",
            "new" if longer is None else f"{signed(longer)} s",
            _direction(longer),
            r.previous_avg_session_duration,
        ),
    ]
