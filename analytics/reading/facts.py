"""Reading the facts of people: exact answers to any question, at a cost of what matches.

The functions are those of `reading.cells`, for the filters that cells know nothing of. A person
filter keeps those people with all that they did; an event filter answers as if the other
conversations, with their messages, documents and queries, didn't exist.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, select, true, tuple_

from analytics.query import Query
from analytics.reading.conditions import POWER_CONVERSATIONS, of_people
from analytics.reading.event_conditions import active_days, of_events, of_list
from analytics.reading.reader import Reader
from analytics.sql.timestamps import DAY

_FEW = 1_000  # people whose rows are sought one by one
EVERYBODY: Sequence[str] = ("everybody",)


# --- conditions --------------------------------------------------------------------------------


def is_meant(reader: Reader, query: Query) -> ColumnElement[bool]:
    """The people (rows of `members`) that the filters let through."""
    return and_(true(), *of_people(reader, query, reader.members.c))


def people(reader: Reader, query: Query) -> Select[str]:
    """The ids of these people."""
    return select(reader.members.c.user_id).where(is_meant(reader, query)).correlate(None)


def by_people(
    reader: Reader, query: Query, user_id: ColumnElement[str]
) -> list[ColumnElement[bool]]:
    """The rows of these people in a table of facts.

    The rows of few people are sought; those of many are met while the days are read, and an
    expression keeps the database from seeking them.
    """
    if not of_people(reader, query, reader.members.c):
        return []
    matched = reader.staged(query, lambda: _matched(reader, query))
    if matched is EVERYBODY:
        return []
    if matched is None:
        return [user_id.concat("").in_(people(reader, query))]
    return [user_id.in_(matched)]


def _matched(reader: Reader, query: Query) -> Sequence[str] | None:
    """The ids of the people, None for many of them, EVERYBODY for all."""
    found: Sequence[str] = reader.scalars(people(reader, query).limit(_FEW + 1)).all()
    if len(found) <= _FEW:
        return found
    count = select(func.count())
    number = reader.scalar(count.select_from(people(reader, query).subquery()))
    return EVERYBODY if number == reader.scalar(count.select_from(reader.members)) else None


def are_everybody(reader: Reader, query: Query) -> bool:
    """Whether the e-mail filter lets everybody through, whatever the others do."""
    alone = Query(query.period, user=query.user)
    return reader.staged(alone, lambda: _matched(reader, alone)) is EVERYBODY


def in_period(
    day: ColumnElement[int], query: Query, *, complete: bool = False, lead: int = 0
) -> ColumnElement[bool]:
    """Facts of the period's days, or its complete ones, from `lead` days earlier on."""
    period = query.period
    end = period.complete_end if complete else period.end
    return day.between(period.start.toordinal() - lead, end.toordinal())


def of_conversations(reader: Reader, query: Query, row: Any) -> list[ColumnElement[bool]]:
    """Rows of `hours` or `activities`, whenever: of the people and conversations asked for."""
    return [*by_people(reader, query, row.user_id), *of_events(reader, query, row)]


def events(reader: Reader, query: Query, *, lead: int = 0) -> ColumnElement[bool]:
    """The rows of `hours` in the period that the filters let through."""
    h = reader.hours.c
    conditions = [
        in_period(h.day, query, complete=query.hour is not None, lead=lead),
        *of_conversations(reader, query, h),
    ]
    if query.hour is not None:
        conditions.append(h.hour == query.hour)
    return and_(*conditions)


def acted(reader: Reader) -> ColumnElement[bool]:
    """The rows of `hours` that make their user active."""
    h = reader.hours.c
    return h.conversations + h.user_messages > 0


def in_activities(reader: Reader, query: Query) -> ColumnElement[bool]:
    """The conversations that the filters let through: started in the period, or holding messages.

    Without those of type, e-mail and search, for which the list has ways of its own.
    """
    a, h, period = reader.activities.c, reader.hours.c, query.period
    if query.messages or query.hour is not None:
        # Distinct: it makes SQLite read the table in the order of its key.
        held = select(h.user_id, h.session_id).distinct()
        held = held.where(events(reader, query), h.messages > 0)
        return and_(tuple_(a.user_id, a.session_id).in_(held), *of_list(reader, query, a))
    start, end = period.start.toordinal(), period.end.toordinal()
    return and_(
        a.day.between(start, end),
        # The same once more, a day wider, because there is an index of instants: no zone is
        # further from UTC.
        a.started_at.between((start - 2) * DAY, (end + 1) * DAY),
        *of_conversations(reader, query, a),
        *of_list(reader, query, a),
    )


# --- what cells know too -----------------------------------------------------------------------

_SUMS = ("conversations", "messages", "documents", "queries")


def day_sums(
    reader: Reader, query: Query, names: Sequence[str], lead: int = 0
) -> dict[int, tuple[int, ...]]:
    """Sums of named daily counts, by day number; days without any are left out."""
    counts = {name: _by_day(reader, query, name, lead) for name in names if name not in _SUMS}
    wanted = [name for name in names if name in _SUMS]
    if wanted:
        h = reader.hours.c
        found = reader.execute(
            select(h.day, *(func.sum(h[name]) for name in wanted))
            .where(events(reader, query, lead=lead))
            .group_by(h.day)
        ).all()
        for n, name in enumerate(wanted, 1):
            counts[name] = {row[0]: int(row[n]) for row in found}
    days = {day for column in counts.values() for day in column}
    return {day: tuple(counts[name].get(day, 0) for name in names) for day in days}


def _by_day(reader: Reader, query: Query, name: str, lead: int) -> dict[int, int]:
    if name == "installations":
        rows = reader.installations.c
        counted = select(rows.day, func.sum(rows.installations)).where(
            *by_people(reader, query, rows.user_id)
        )
    else:  # users
        rows = active_days(reader, query).c
        counted = select(rows.day, func.count()).where(*by_people(reader, query, rows.user_id))
    found = counted.where(in_period(rows.day, query, lead=lead)).group_by(rows.day)
    return {day: int(number) for day, number in reader.execute(found)}


def totals_by(
    reader: Reader, query: Query, by: Sequence[str], counts: Sequence[str]
) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Distinct active users and sums of the period, by slice columns ("company", "department")."""
    m, h, days = reader.members.c, reader.hours.c, active_days(reader, query)
    keys = [m[name] for name in by]
    active = (
        select(*keys, func.count(days.c.user_id.distinct()))
        .select_from(days)
        .where(in_period(days.c.day, query), *by_people(reader, query, days.c.user_id))
        .group_by(*keys)
    )
    columns = [name for name in counts if name in _SUMS]
    done = (
        select(*keys, *(func.coalesce(func.sum(h[name]), 0) for name in columns))
        .select_from(reader.hours)
        .where(events(reader, query))
        .group_by(*keys)
    )
    if by:
        active = active.join(reader.members, m.user_id == days.c.user_id)
        done = done.join(reader.members, m.user_id == h.user_id)
    n = len(by)
    users = {tuple(row[:n]): row[n] for row in reader.execute(active)}
    found_sums = reader.execute(done) if columns else ()
    sums = {tuple(row[:n]): tuple(map(int, row[n:])) for row in found_sums}
    spent = _durations(reader, query, keys) if "duration" in counts else {}
    found = {}
    for key in {*users, *sums, *spent}:
        of = dict(zip(columns, sums.get(key, (0,) * len(columns)), strict=True))
        of["duration"] = spent.get(key, 0)
        found[key] = (users.get(key, 0), *(of[name] for name in counts))
    return found


def _durations(reader: Reader, query: Query, keys: Sequence[Any]) -> dict[tuple[str, ...], int]:
    """Time spent in the conversations that were started, found by the hour in which they were."""
    a, h, m = reader.activities.c, reader.hours.c, reader.members.c
    n = len(keys)
    spent = (
        select(*keys, func.coalesce(func.sum(a.duration), 0))
        .select_from(reader.hours)
        .join(reader.activities, (a.user_id == h.user_id) & (a.session_id == h.session_id))
        .where(events(reader, query), h.conversations > 0)
        .group_by(*keys)
    )
    if keys:
        spent = spent.join(reader.members, m.user_id == h.user_id)
    return {tuple(row[:n]): int(row[n]) for row in reader.execute(spent)}


def installations_until(reader: Reader, query: Query) -> int:
    """Twins created up to the end of the period, by their owners; event filters change nothing."""
    rows = reader.installations.c
    return int(
        reader.scalar(
            select(func.coalesce(func.sum(rows.installations), 0)).where(
                rows.day <= query.period.end.toordinal(), *by_people(reader, query, rows.user_id)
            )
        )
    )


def power_users(reader: Reader, query: Query) -> int:
    """People who started 10 or more conversations in the period."""
    days = active_days(reader, query).c
    busy = (
        select(days.user_id)
        .where(in_period(days.day, query), *by_people(reader, query, days.user_id))
        .group_by(days.user_id)
        .having(func.sum(days.conversations) >= POWER_CONVERSATIONS)
    )
    return int(reader.scalar(select(func.count()).select_from(busy.subquery())))


def headcounts(
    reader: Reader, query: Query, by: Sequence[str]
) -> list[tuple[tuple[str, ...], int]]:
    """People, active or not, by slice columns; event filters change nothing."""
    m = reader.members.c
    columns = [m[name] for name in by]
    counted = select(*columns, func.count()).select_from(reader.members)
    counted = counted.where(is_meant(reader, query)).group_by(*columns)
    return [(tuple(key), people) for *key, people in reader.execute(counted)]


def consecutive_days(
    reader: Reader, query: Query, within: tuple[int, int] | None = None
) -> FromClause:
    """Each active day of these people (`later`) and the one before it (`earlier`, NULL for the
    first), of all days or of those from the first to the last `within`."""
    days = active_days(reader, query).c
    which = [days.day.between(within[0], within[1])] if within else []
    earlier = func.lag(days.day).over(partition_by=days.user_id, order_by=days.day)
    return (
        select(days.day.label("later"), earlier.label("earlier"))
        .where(*by_people(reader, query, days.user_id), *which)
        .subquery()
    )


def first_active_days(reader: Reader, query: Query) -> Any:
    """People with their first active day."""
    days = active_days(reader, query).c
    return (
        select(days.user_id, func.min(days.day).label("day"))
        .where(*by_people(reader, query, days.user_id))
        .group_by(days.user_id)
        .subquery()
    )


def returned(reader: Reader, query: Query, days: int) -> tuple[int, int]:
    """Who came back `days` after the first day, and who could have (see `figures.returned`)."""
    first, later, period = (
        first_active_days(reader, query),
        active_days(reader, query),
        query.period,
    )
    came, eligible = reader.execute(
        select(func.count(later.c.day), func.count())
        .select_from(first)
        .outerjoin(
            later, (later.c.user_id == first.c.user_id) & (later.c.day == first.c.day + days)
        )
        .where(
            (first.c.day + days).between(period.start.toordinal(), period.complete_end.toordinal())
        )
    ).one()
    return came, eligible


def cohort_weeks(reader: Reader, query: Query, first: int, last: int) -> list[tuple[int, int, int]]:
    """Monday of the first week (from `first` to `last`), weeks since, people active then."""
    firsts, days = first_active_days(reader, query), active_days(reader, query)
    monday = firsts.c.day - (firsts.c.day - 1) % 7  # ordinal 1 is a Monday
    week = (days.c.day - 1) // 7 - (firsts.c.day - 1) // 7
    weeks = (
        select(days.c.user_id, monday.label("first_week"), week.label("week"))
        .distinct()
        .select_from(firsts.join(days, days.c.user_id == firsts.c.user_id))
        .where(monday.between(first, last))
        .subquery()
        .c
    )
    found = reader.execute(
        select(weeks.first_week, weeks.week, func.count())
        .group_by(weeks.first_week, weeks.week)
        .order_by(weeks.first_week, weeks.week)
    )
    return [tuple(row) for row in found]


def hourly(reader: Reader, query: Query) -> dict[int, int]:
    """Messages of the complete days, by hour of the day."""
    h = reader.hours.c
    found = reader.execute(
        select(h.hour, func.sum(h.messages))
        .where(events(reader, query), in_period(h.day, query, complete=True))
        .group_by(h.hour)
    )
    return {hour: int(messages) for hour, messages in found}


def by_name(reader: Reader, query: Query, key: str) -> list[tuple[str, int]]:
    """Conversations by "topic", or documents by "document_type", as slice keys."""
    h, d = reader.hours.c, reader.drafted.c
    if key == "topic":
        counted = (
            select(h.topic, func.sum(h.conversations))
            .where(events(reader, query), h.conversations > 0)
            .group_by(h.topic)
        )
    else:
        held = select(h.user_id, h.session_id, h.day).distinct()
        held_on = held.where(events(reader, query), h.documents > 0).subquery().c
        same = and_(*(d[name] == held_on[name] for name in ("user_id", "session_id", "day")))
        counted = (
            select(d.document_type, func.sum(d.documents)).where(same).group_by(d.document_type)
        )
    return [(name, int(total)) for name, total in reader.execute(counted)]
