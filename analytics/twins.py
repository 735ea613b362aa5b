"""The twins: whose they are and who uses them."""

import datetime

from sqlalchemy import case, func, select
from sqlmodel import Session

from analytics.models import Twin, User, table_of
from analytics.query import Query
from analytics.results import MEMBER, Row, in_days, of_members
from analytics.rollups.instants import day_of, instant, local
from analytics.rollups.tables import ActivityHour

HOUR, TWIN, USER = table_of(ActivityHour), table_of(Twin), table_of(User)
UNKNOWN_TWIN = "Unknown twin"


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
    h = HOUR.c
    filtered = select(MEMBER.c.user_id).where(of_members(query.filters)).subquery()
    used = HOUR.join(filtered, filtered.c.user_id == h.user_id).outerjoin(
        TWIN, TWIN.c.id == h.twin_id
    )
    acted = h.conversations + h.user_messages > 0
    by_others = case((h.user_id != TWIN.c.user_id, h.conversations), else_=0)
    usage = session.execute(
        select(
            TWIN.c.id,
            func.count(case((acted, h.user_id)).distinct()),
            func.sum(h.conversations),
            func.sum(by_others),
            func.sum(h.documents),
            func.sum(h.queries),
        )
        .select_from(used)
        .where(in_days(h.day, query.period.start, query.period.end))
        .group_by(TWIN.c.id)
    )
    counts = {row[0]: row[1:] for row in usage}
    last_days = session.execute(
        select(TWIN.c.id, func.max(h.day)).select_from(used).where(acted).group_by(TWIN.c.id)
    )
    last_used = {twin: datetime.date.fromordinal(day) for twin, day in last_days}
    installed = day_of(local(instant(TWIN.c.created_at)))
    known = session.execute(
        select(
            TWIN.c.id, TWIN.c.name, TWIN.c.is_shared, USER.c.full_name, USER.c.email, installed,
            filtered.c.user_id.is_not(None),
        )
        .select_from(TWIN)
        .outerjoin(USER, USER.c.id == TWIN.c.user_id)
        .outerjoin(filtered, filtered.c.user_id == TWIN.c.user_id)
    )  # fmt: skip
    everybody = not (query.filters.organizations or query.filters.departments)
    found = [
        (twin, name, bool(shared), owner, email, day)
        for twin, name, shared, owner, email, day, is_owned in known
        if everybody or is_owned or twin in counts or twin in last_used
    ]
    if None in counts or None in last_used:
        found.append((None, UNKNOWN_TWIN, False, None, None, None))
    rows = []
    for twin, name, shared, owner, email, day in found:
        users, conversations, others, documents, queries = counts.get(twin, (0,) * 5)
        rows.append(
            TwinRow(
                id=twin,
                name=name,
                owner_name=owner,
                owner_email=email,
                is_shared=shared,
                installed_on=datetime.date.fromordinal(day) if day else None,
                active_users=users,
                conversations=conversations,
                conversations_by_others=None if twin is None else others,
                documents=documents,
                queries=queries,
                last_used=last_used.get(twin),
            )
        )
    return sorted(
        rows,
        key=lambda r: (-r.conversations, -r.active_users, r.name, r.id is None, r.id or ""),
    )
