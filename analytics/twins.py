"""The twins: whose they are and who uses them."""

import datetime
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import and_, case, func, null, or_, select, true
from sqlmodel import Session

from analytics.models import Twin, User, table_of
from analytics.query import Query
from analytics.results import MEMBER, Row, in_days, of_members
from analytics.rollups.instants import day_of, instant, local
from analytics.rollups.tables import ActivityHour

HOUR, TWIN, USER = table_of(ActivityHour), table_of(Twin), table_of(User)
UNKNOWN_TWIN = "Unknown twin"
_UNUSED = (None, 0, 0, 0, 0)


class TwinRow(Row):
    """A twin; its counts are those of the filtered people in the period."""

    id: str | None
    name: str
    owner_name: str | None
    owner_email: str | None
    is_shared: bool
    installed_on: datetime.date | None
    active_users: int
    conversations: int
    conversations_by_others: int | None
    documents: int
    queries: int
    last_used: datetime.date | None


def twins(session: Session, query: Query) -> list[TwinRow]:
    """Every twin that the filtered people own or have used, by conversations.

    Active users started a conversation with it or sent it a message in the period; conversations by
    others are those that somebody else than the owner started. Last used: the latest such day,
    whatever the period. Conversations whose twin is gone share the row "Unknown twin", of which
    nobody knows the owner.
    """
    h, t = HOUR.c, TWIN.c
    everybody = not (query.filters.organizations or query.filters.departments)
    filtered = select(MEMBER.c.user_id).where(of_members(query.filters))
    theirs = true() if everybody else h.user_id.in_(filtered)
    # In the order of twins, by the index made for it: `+ 0` keeps SQLite from the index on days,
    # which would have to sort what it finds.
    inside = and_(theirs, in_days(h.day + 0, query.period.start, query.period.end))
    acted = h.conversations + h.user_messages > 0
    counted = (
        func.count(case((acted, h.user_id)).distinct()),
        *(func.coalesce(func.sum(n), 0) for n in (h.conversations, h.documents, h.queries)),
    )
    # Read by the connection: a session makes more of each row.
    read = session.connection().execute
    used = select(h.twin_id, *counted).where(inside).group_by(h.twin_id)
    counts = {row[0]: row for row in read(used).all()}
    last_days = select(h.twin_id, func.max(h.day)).where(theirs, acted).group_by(h.twin_id)
    last_day = {row[0]: row[1] for row in read(last_days).all()}
    of_owner = and_(h.twin_id == t.id, h.user_id == t.user_id)
    started = (
        select(t.id, func.sum(h.conversations))
        .select_from(TWIN.join(HOUR, of_owner))
        .where(inside)
        .group_by(t.id)
    )
    by_owner = {row[0]: row[1] for row in read(started).all()}
    owned = true() if everybody else t.user_id.in_(filtered)
    installed = day_of(local(instant(t.created_at)))
    known = read(
        select(t.id, t.name, USER.c.full_name, USER.c.email, t.is_shared, installed, owned)
        .select_from(TWIN.outerjoin(USER, USER.c.id == t.user_id))
        .where(or_(owned, t.id.in_(select(h.twin_id).where(theirs))))
    ).all()
    rows = []
    for twin in known:
        id_, is_owned = twin[0], twin[-1]
        numbers, last = counts.pop(id_, _UNUSED), last_day.pop(id_, None)
        if is_owned or last or any(numbers[1:]):
            rows.append(_row(twin, numbers, by_owner.get(id_, 0), last))
    rows.sort(key=attrgetter("id"))
    if counts or last_day:  # what is left has no twin
        gone = h.twin_id.not_in(select(t.id))
        numbers = read(select(null(), *counted).where(inside, gone)).one()
        last = max(last_day.values(), default=None)
        if last or any(numbers[1:]):
            rows.append(_row((None, UNKNOWN_TWIN, None, None, False, None), numbers, None, last))
    # One after the other, from the last: quicker than by all four together.
    rows.sort(key=attrgetter("name"))
    rows.sort(key=attrgetter("active_users"), reverse=True)
    rows.sort(key=attrgetter("conversations"), reverse=True)
    return rows


def _row(
    twin: Sequence[Any], numbers: Sequence[Any], by_owner: int | None, last_day: int | None
) -> TwinRow:
    id_, name, owner, email, shared, day = twin[:6]
    _, users, conversations, documents, queries = numbers
    return TwinRow(
        id=id_,
        name=name,
        owner_name=owner,
        owner_email=email,
        is_shared=bool(shared),
        installed_on=datetime.date.fromordinal(day) if day else None,
        active_users=users,
        conversations=conversations,
        conversations_by_others=None if by_owner is None else conversations - by_owner,
        documents=documents,
        queries=queries,
        last_used=datetime.date.fromordinal(last_day) if last_day else None,
    )
