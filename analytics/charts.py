"""The series and distributions of a period."""

import datetime
from dataclasses import replace
from itertools import accumulate

from sqlalchemy import Table, func, select
from sqlmodel import Session

from analytics.arithmetic import average, rounded
from analytics.fields import Row
from analytics.metrics import installations_until
from analytics.models import table_of
from analytics.query import Query
from analytics.reading.cells import FIRST_ACTIVE, in_days, in_slices, sums, totals, totals_by
from analytics.reading.known import by_name
from analytics.rollups.tables import DocumentTypeDay, Hourly, TopicDay, slice_key, slice_name

ROLLING_DAYS = 7
HOURS = range(24)

HOURLY, TOPIC_DAY = table_of(Hourly), table_of(TopicDay)
DOCUMENT_TYPE_DAY = table_of(DocumentTypeDay)


class DayRow(Row):
    """A day of a series; a day is complete when it lies before today."""

    date: datetime.date
    complete: bool


class ActiveUsersDay(DayRow):
    """Active users of a day and their rolling average."""

    active_users: int
    average: float | None


class ConversationsDay(DayRow):
    """Conversations and messages of a day, and their means over the period's complete days."""

    conversations: int
    messages: int
    avg_conversations: float | None
    avg_messages: float | None


class EngagementDay(DayRow):
    """Questions asked, information retrieved and documents drafted on a day."""

    question_asked: int
    info_retrieved: int
    documents_drafted: int


class InstallationsDay(DayRow):
    """Twins installed up to the end of a day."""

    installations: int


class FeatureUsage(Row):
    """How often a feature was used in the period."""

    name: str
    value: int


class HourlyActivity(Row):
    """Mean messages per complete day in an hour of the day, 0-23."""

    hour: int
    value: float | None


class LeaderboardEntry(Row):
    """An organization's rank (from "1"), users, conversations, and conversations per user."""

    id: str
    name: str
    active_users: int
    total_activities: int
    avg_activities_per_user: float


class TopicCount(Row):
    """Conversations on a topic; None for those without one."""

    topic: str | None
    conversations: int


class DocumentTypeCount(Row):
    """Documents of a type; None for those without one."""

    document_type: str | None
    documents: int


def _by_day(
    session: Session, query: Query, *names: str, lead: int = 0
) -> dict[datetime.date, tuple[int, ...]]:
    """Sums of the named daily counts, each day from `lead` days before the period to its end."""
    first = max(1, query.period.start.toordinal() - lead)
    counts = sums(session, query, "days", names, ["day"], lead)
    none = (0,) * len(names)
    return {
        datetime.date.fromordinal(day): counts.get((day,), none)
        for day in range(first, query.period.end.toordinal() + 1)
    }


def active_users(session: Session, query: Query) -> list[ActiveUsersDay]:
    """Daily active users: people who started a conversation or sent a message that day.

    The rolling average is the mean of the 7 days that end on a complete day, days before the
    period included. Days before the first active day of the whole database don't count, and they
    and incomplete days have no average.
    """
    first_active = session.scalar(FIRST_ACTIVE)
    by_day = _by_day(session, query, "users", lead=ROLLING_DAYS - 1)
    first = next(iter(by_day)).toordinal()
    running = [0, *accumulate(users for (users,) in by_day.values())]

    def rolling(day: datetime.date) -> float | None:
        if first_active is None or day.toordinal() < first_active or day >= query.period.today:
            return None
        start = max(first_active, first, day.toordinal() - ROLLING_DAYS + 1)
        total = running[day.toordinal() - first + 1] - running[start - first]
        return rounded(total, day.toordinal() - start + 1)

    return [
        ActiveUsersDay(
            date=day,
            active_users=by_day[day][0],
            average=rolling(day),
            complete=day < query.period.today,
        )
        for day in query.period.dates()
    ]


def conversations(session: Session, query: Query) -> list[ConversationsDay]:
    """Conversations started and messages sent (by people and twins) per day.

    The averages are means over the complete days of the period, the same on every row.
    """
    period = query.period
    by_day = _by_day(session, query, "conversations", "messages")
    complete = [counts for day, counts in by_day.items() if day < period.today]
    means = [average(sum(c[i] for c in complete), len(complete)) for i in (0, 1)]
    return [
        ConversationsDay(
            date=day,
            conversations=counts[0],
            messages=counts[1],
            avg_conversations=means[0],
            avg_messages=means[1],
            complete=day < period.today,
        )
        for day, counts in by_day.items()
    ]


def engagement(session: Session, query: Query) -> list[EngagementDay]:
    """Questions asked (conversations started), information retrieved (queries run) and documents
    drafted per day."""
    by_day = _by_day(session, query, "conversations", "queries", "documents")
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


def installations(session: Session, query: Query) -> list[InstallationsDay]:
    """Twins created up to the end of each day, cumulative, by their owner's organization."""
    created = _by_day(session, query, "installations")
    first = installations_until(
        session, replace(query, period=replace(query.period, end=query.period.start))
    )
    running = accumulate((new for (new,) in list(created.values())[1:]), initial=first)
    return [
        InstallationsDay(date=day, installations=count, complete=day < query.period.today)
        for day, count in zip(created, running, strict=True)
    ]


def feature_usage(session: Session, query: Query) -> list[FeatureUsage]:
    """Questions asked, documents drafted and information retrieved in the period.

    Empty when all three are 0.
    """
    total = totals(session, query)
    values = {
        "Questions Asked": total.conversations,
        "Documents Drafted": total.documents,
        "Information Retrieved": total.queries,
    }
    if not any(values.values()):
        return []
    return [FeatureUsage(name=name, value=value) for name, value in values.items()]


def hourly_activity(session: Session, query: Query) -> list[HourlyActivity]:
    """Messages per hour of the day, averaged over the complete days of the period; 24 rows.

    None where the period has no complete day.
    """
    period = query.period
    found = session.execute(
        select(HOURLY.c.hour, func.sum(HOURLY.c.messages))
        .where(
            in_slices(HOURLY, query.filters),
            HOURLY.c.day.between(period.start.toordinal(), period.complete_end.toordinal()),
        )
        .group_by(HOURLY.c.hour)
    )
    messages = {row.hour: row[1] for row in found}
    days = period.complete_days
    return [HourlyActivity(hour=hour, value=average(messages.get(hour, 0), days)) for hour in HOURS]


def leaderboard(session: Session, query: Query) -> list[LeaderboardEntry]:
    """Organizations by conversations, most first; ties by active users, then by name.

    People without an organization are left out.
    """
    by_company = totals_by(session, query, "company", until="conversations")
    by_company.pop((slice_key(None),), None)
    ranked = sorted(
        ((slice_name(key) or "", t) for (key,), t in by_company.items()),
        key=lambda entry: (-entry[1].conversations, -entry[1].active_users, entry[0]),
    )
    present = [(name, t) for name, t in ranked if t.conversations or t.active_users]
    return [
        LeaderboardEntry(
            id=str(rank),
            name=name,
            active_users=t.active_users,
            total_activities=t.conversations,
            avg_activities_per_user=average(t.conversations, t.active_users) or 0.0,
        )
        for rank, (name, t) in enumerate(present, 1)
    ]


def topics(session: Session, query: Query) -> list[TopicCount]:
    """Conversations of the period by topic, most first; those without a topic last among equals."""
    return [
        TopicCount(topic=name, conversations=count)
        for name, count in _by_name(session, query, TOPIC_DAY, "topic", "conversations")
    ]


def document_types(session: Session, query: Query) -> list[DocumentTypeCount]:
    """Documents of the period by type, most first; those without a type last among equals."""
    return [
        DocumentTypeCount(document_type=name, documents=count)
        for name, count in _by_name(session, query, DOCUMENT_TYPE_DAY, "document_type", "documents")
    ]


def _by_name(
    session: Session, query: Query, table: Table, key: str, count: str
) -> list[tuple[str | None, int]]:
    c = table.c
    found = session.execute(
        select(c[key], func.sum(c[count]))
        .where(
            in_slices(table, query.filters), in_days(c.day, query.period.start, query.period.end)
        )
        .group_by(c[key])
    )
    named = [(slice_name(name), total) for name, total in found]
    return sorted(named, key=lambda row: (-row[1], *by_name(row[0])))
