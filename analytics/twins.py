"""The twins: whose they are and who uses them."""

import datetime
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, null, or_, select, true
from sqlmodel import Session

from analytics.models import Twin, User, table_of
from analytics.query import Query
from analytics.results import MEMBER, Row, in_days, of_members
from analytics.rollups.instants import day_of, instant, local
from analytics.rollups.tables import ActivityHour

HOUR, TWIN, USER = table_of(ActivityHour), table_of(Twin), table_of(User)
UNKNOWN_TWIN = "Unknown twin"
# Conversations of the owner (None: unknown), active users, conversations, documents, queries, and
# the last day of use.
Numbers = tuple[Any, ...]
_UNUSED: Numbers = (0, 0, 0, 0, 0, None)


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
    t = TWIN.c
    everybody = not (query.filters.organizations or query.filters.departments)
    filtered = select(MEMBER.c.user_id).where(of_members(query.filters))
    theirs = true() if everybody else HOUR.c.user_id.in_(filtered)
    used, lost = _used(session, query, theirs)
    owned = true() if everybody else t.user_id.in_(filtered)
    installed = day_of(local(instant(t.created_at)))
    known = session.execute(
        select(t.id, t.name, USER.c.full_name, USER.c.email, t.is_shared, installed, owned)
        .select_from(TWIN.outerjoin(USER, USER.c.id == t.user_id))
        .where(or_(owned, t.id.in_(select(HOUR.c.twin_id).where(theirs))))
    )
    rows = [
        _row(twin, used.get(twin[0], _UNUSED))
        for *twin, is_owned in known
        if is_owned or twin[0] in used
    ]
    if lost:
        rows.append(_row((None, UNKNOWN_TWIN, None, None, False, None), lost))
    return sorted(
        rows,
        key=lambda r: (-r.conversations, -r.active_users, r.name, r.id is None, r.id or ""),
    )


def _used(
    session: Session, query: Query, theirs: ColumnElement[bool]
) -> tuple[dict[str, Numbers], Numbers | None]:
    """What was done with each twin, by its id, and with all that are gone."""
    h, t = HOUR.c, TWIN.c
    inside = in_days(h.day, query.period.start, query.period.end)
    acted = h.conversations + h.user_messages > 0
    # In the order of the index made for it: it is read once, and nothing is sorted.
    uses = (
        select(
            h.twin_id,
            h.user_id,
            func.max(case((and_(inside, acted), 1), else_=0)).label("active"),
            *(
                func.sum(case((inside, h[name]), else_=0)).label(name)
                for name in ("conversations", "documents", "queries")
            ),
            func.max(case((acted, h.day))).label("last_day"),
        )
        .where(theirs)
        .group_by(h.twin_id, h.user_id)
        .subquery()
    )
    u = uses.c
    by_owner = func.sum(case((u.user_id == t.user_id, u.conversations), else_=0))
    rest = *(func.sum(n) for n in (u.conversations, u.documents, u.queries)), func.max(u.last_day)
    with_twin = uses.outerjoin(TWIN, t.id == u.twin_id)
    found = session.execute(
        select(u.twin_id, t.id.is_(None), by_owner, func.sum(u.active), *rest)
        .select_from(with_twin)
        .group_by(u.twin_id, t.id)
    )
    used, is_lost = {}, False
    for twin, is_gone, *numbers in found:
        if any(numbers):
            is_lost = is_lost or is_gone
            used[twin] = tuple(numbers)
    if not is_lost:
        return used, None
    people = func.count(case((u.active > 0, u.user_id)).distinct())
    lost = select(null(), people, *rest).select_from(with_twin).where(t.id.is_(None))
    return used, tuple(session.execute(lost).one())


def _row(twin: Sequence[Any], numbers: Numbers) -> TwinRow:
    id_, name, owner, email, shared, day = twin
    by_owner, users, conversations, documents, queries, last_day = numbers
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
