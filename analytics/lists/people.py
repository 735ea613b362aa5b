"""The people: who they are, when they were active, and what they did in a period."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, false, func, or_, select
from sqlmodel import Session

from analytics.fields import Row, Words
from analytics.lists.paging import Paging, check_page, place
from analytics.models import User, table_of
from analytics.query import Query, QueryError
from analytics.reading.cells import MEMBER, in_days
from analytics.reading.details import (
    HOUR,
    NOTHING,
    USER_DAY,
    Detail,
    acted,
    check_fits,
    events,
    in_period,
    is_meant,
)
from analytics.rollups.tables import slice_name
from analytics.sql.collation import by_code_point, contains_caseless

USER = table_of(User)
ACTIVITIES = ("active", "inactive", "all")
ORDERS = ("asc", "desc")
# What people can be sorted by, and the order that is meant unasked.
SORTS = {
    "conversations": "desc", "active_days": "desc", "messages": "desc", "documents": "desc",
    "queries": "desc", "first_active": "desc", "last_active": "desc", "name": "asc",
}  # fmt: skip
MAX_SEARCH = 320  # no e-mail address is longer
_CHUNK = 1_000


class PersonRow(Row):
    """A person; first and last active day ever, the counts those of the period."""

    id: Words
    name: Words
    email: Words
    organization: str | None
    department: str | None
    first_active: datetime.date | None
    last_active: datetime.date | None
    conversations: int
    active_days: int
    messages: int
    documents: int
    queries: int


class PeoplePage(Paging):
    """A page of people and where it stands among all of them."""

    items: list[PersonRow]


def people(  # noqa: PLR0913 - what a list can be asked
    session: Session,
    query: Query,
    detail: Detail = NOTHING,
    *,
    activity: str = "",
    search: str = "",
    sort: str = "conversations",
    order: str = "",
    page: int = 1,
    limit: int = 20,
) -> PeoplePage:
    """People within the filters, with what they did in the period.

    `activity` chooses those active in the period, inactive in it, or all; unasked the active ones,
    or all of a group that the detail names. Active: started a conversation or sent a message.
    Messages are those of their conversations, the twin's included. Where the detail says what
    happened (an hour, a twin, a topic), active people and all counts are those of just that.

    `search` is part of the name or e-mail, literally, the case of letters ignored. Equals are
    sorted by name, then id; who was never active comes last among dates. Raises QueryError for an
    unknown choice, a page below 1 or a limit outside 1 to 100.
    """
    check_page(page, limit)
    wanted = _wanted(query, detail, activity, search)
    total = session.scalar(select(func.count()).select_from(_people(wanted).subquery())) or 0
    ids: Sequence[str] = ()
    if (page - 1) * limit < total:
        ranked = _ranked(query, detail, wanted, sort, order)
        ids = session.scalars(ranked.offset((page - 1) * limit).limit(limit)).all()
    else:
        _direction(sort, order)
    items = _rows(session, query, detail, ids)
    return PeoplePage(items=items, **place(total, page, limit))


def all_people(  # noqa: PLR0913 - as `people`
    session: Session,
    query: Query,
    detail: Detail = NOTHING,
    *,
    activity: str = "",
    search: str = "",
    sort: str = "conversations",
    order: str = "",
) -> Iterator[PersonRow]:
    """Everybody that `people` would page through, a thousand at a time.

    It ends the session's transaction after each thousand, so that a slow reader blocks no writer.
    """
    wanted = _wanted(query, detail, activity, search)
    ranked = _ranked(query, detail, wanted, sort, order)
    ids = session.scalars(ranked).all()
    for start in range(0, len(ids), _CHUNK):
        rows = _rows(session, query, detail, ids[start : start + _CHUNK])
        session.rollback()
        yield from rows


def person(session: Session, query: Query, id_: str) -> PersonRow | None:
    """One person, whatever the filters; None if there is none with this id."""
    return next(iter(_rows(session, Query(query.period), NOTHING, [id_])), None)


def _wanted(query: Query, detail: Detail, activity: str, search: str) -> list[ColumnElement[bool]]:
    check_fits(detail, "people")
    if activity not in ("", *ACTIVITIES):
        raise QueryError("activity", activity, f"choose one of {', '.join(ACTIVITIES)}")
    if len(search) > MAX_SEARCH:
        raise QueryError("search", f"{search[:80]}…", f"shorten it to {MAX_SEARCH} characters")
    conditions = [is_meant(query, detail)]
    if not activity:
        activity = "all" if detail.names_people and not detail.names_events else "active"
    if activity != "all":
        active = _active(query, detail)
        conditions.append(active if activity == "active" else ~active)
    if search:
        names = (USER.c.full_name, USER.c.email)
        conditions.append(or_(*(contains_caseless(column, search) for column in names)))
    return conditions


def _active(query: Query, detail: Detail) -> ColumnElement[bool]:
    """Who was active in the period, in what the detail says happened."""
    if detail.names_events:
        happened = select(HOUR.c.user_id).distinct().where(events(query, detail), acted())
        return MEMBER.c.user_id.in_(happened)
    period = query.period
    return exists().where(
        USER_DAY.c.user_id == MEMBER.c.user_id,
        in_days(USER_DAY.c.day, period.start, period.end),
    )


def _people(wanted: list[ColumnElement[bool]]) -> Select[str]:
    return (
        select(MEMBER.c.user_id)
        .select_from(MEMBER.join(USER, USER.c.id == MEMBER.c.user_id))
        .where(*wanted)
    )


def _direction(sort: str, order: str) -> str:
    if sort not in SORTS:
        raise QueryError("sort", sort, f"choose one of {', '.join(SORTS)}")
    if order not in ("", *ORDERS):
        raise QueryError("order", order, f"choose one of {', '.join(ORDERS)}")
    return order or SORTS[sort]


def _ranked(
    query: Query, detail: Detail, wanted: list[ColumnElement[bool]], sort: str, order: str
) -> Select[str]:
    """The ids in their order."""
    ascending = _direction(sort, order) == "asc"
    found = _people(wanted)
    key: ColumnElement[Any] = by_code_point(USER.c.full_name)
    if sort in ("first_active", "last_active"):
        extreme = func.min if sort == "first_active" else func.max
        key = (
            select(extreme(USER_DAY.c.day))
            .where(USER_DAY.c.user_id == MEMBER.c.user_id)
            .correlate(MEMBER)
            .scalar_subquery()
        )
        found = found.order_by(key.is_(None))
    elif sort != "name":
        counted = _counted(query, detail, sort).subquery()
        found = found.outerjoin(counted, counted.c.user_id == MEMBER.c.user_id)
        key = func.coalesce(counted.c.counted, 0)
    first = key.asc() if ascending else key.desc()
    return found.order_by(first, by_code_point(USER.c.full_name), by_code_point(MEMBER.c.user_id))


def _counted(query: Query, detail: Detail, sort: str) -> Select[str, int]:
    """A count of the period for everybody; days hold conversations, and are fewer than hours."""
    d = USER_DAY.c
    if not detail.names_events and sort in ("conversations", "active_days"):
        counted = func.sum(d.conversations) if sort == "conversations" else func.count()
        return (
            select(d.user_id, counted.label("counted"))
            .where(in_period(d.day, query))
            .group_by(d.user_id)
        )
    return (
        select(HOUR.c.user_id, _COUNTS[sort].label("counted"))
        .where(events(query, detail))
        .group_by(HOUR.c.user_id)
    )


_COUNTS: dict[str, ColumnElement[int]] = {
    "conversations": func.sum(HOUR.c.conversations),
    "active_days": func.count(case((acted(), HOUR.c.day)).distinct()),
    "messages": func.sum(HOUR.c.messages),
    "documents": func.sum(HOUR.c.documents),
    "queries": func.sum(HOUR.c.queries),
}


def _rows(session: Session, query: Query, detail: Detail, ids: Sequence[str]) -> list[PersonRow]:
    """These people in this order, with their counts."""
    m, d = MEMBER.c, USER_DAY.c
    these = m.user_id.in_(ids) if ids else false()
    days = session.execute(
        select(d.user_id, func.min(d.day), func.max(d.day))
        .where(d.user_id.in_(ids))
        .group_by(d.user_id)
    )
    ever = {user: (first, last) for user, first, last in days}
    counts = session.execute(
        select(HOUR.c.user_id, *_COUNTS.values())
        .where(HOUR.c.user_id.in_(ids), events(query, detail))
        .group_by(HOUR.c.user_id)
    )
    done = {user: sums for user, *sums in counts}
    known = session.execute(
        select(m.user_id, USER.c.full_name, USER.c.email, m.company, m.department)
        .join(USER, USER.c.id == m.user_id)
        .where(these)
    )
    rows = {}
    for user, name, email, company, department in known:
        first, last = (
            day and datetime.date.fromordinal(day) for day in ever.get(user, (None, None))
        )
        rows[user] = PersonRow(
            id=user,
            name=name,
            email=email,
            organization=slice_name(company),
            department=slice_name(department),
            first_active=first,
            last_active=last,
            **dict(zip(_COUNTS, done.get(user, (0,) * len(_COUNTS)), strict=True)),
        )
    return [rows[user] for user in ids if user in rows]
