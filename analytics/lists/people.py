"""The people: who they are, when they were active, and what they did in a period."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any

from sqlalchemy import ColumnElement, Select, case, exists, false, func, or_, select

from analytics.errors import QueryError
from analytics.fields import Meaning, Row, Words
from analytics.lists.paging import Paging, check_page, place
from analytics.query import Query
from analytics.reading.event_conditions import active_days
from analytics.reading.facts import acted, events, in_period, is_meant
from analytics.reading.filters import check_fits
from analytics.reading.reader import Reader
from analytics.reading.slices import in_days
from analytics.rollups.tables import slice_name
from analytics.sql.collation import by_code_point, contains_caseless

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

    id: Annotated[Words, Meaning("Id", "The id of the person.", is_hidden=True)]
    name: Annotated[Words, Meaning("Name", "The full name.")]
    email: Annotated[Words, Meaning("E-mail", "The e-mail address.")]
    organization: Annotated[
        str | None, Meaning("Organization", "The organization; none without one.", format="name")
    ]
    department: Annotated[
        str | None, Meaning("Department", "The department; none without one.", format="name")
    ]
    first_active: Annotated[
        datetime.date | None,
        Meaning(
            "First active",
            "The first active day ever, among the conversations that the filters leave.",
        ),
    ]
    last_active: Annotated[
        datetime.date | None,
        Meaning(
            "Last active",
            "The last active day ever, among the conversations that the filters leave.",
        ),
    ]
    conversations: Annotated[int, Meaning("Conversations", "Conversations started in the period.")]
    active_days: Annotated[
        int,
        Meaning(
            "Active days", "Days of the period on which the person was active.", total="distinct"
        ),
    ]
    messages: Annotated[
        int,
        Meaning(
            "Messages", "Messages of the period in the person's conversations, the twin's included."
        ),
    ]
    documents: Annotated[int, Meaning("Documents", "Documents drafted in the period.")]
    queries: Annotated[int, Meaning("Queries", "Queries run in the period.")]


class PeoplePage(Paging):
    """A page of people and where it stands among all of them."""

    items: Annotated[list[PersonRow], Meaning("Items", "The people of this page.")]


def people(  # noqa: PLR0913 - what a list can be asked
    reader: Reader,
    query: Query,
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
    or all of a group that the question names. Active: started a conversation or sent a message.
    Messages are those of their conversations, the twin's included. Where the question says what
    happened (an hour, a twin, a topic), active people and all counts are those of just that.

    `search` is part of the name or e-mail, literally, the case of letters ignored. Equals are
    sorted by name, then id; who was never active comes last among dates. Raises QueryError for an
    unknown choice, a page below 1 or a limit outside 1 to 100.
    """
    check_page(page, limit)
    wanted = _wanted(reader, query, activity, search)
    total = reader.scalar(select(func.count()).select_from(_people(reader, wanted).subquery())) or 0
    ids: Sequence[str] = ()
    if (page - 1) * limit < total:
        ranked = _ranked(reader, query, wanted, sort, order)
        ids = reader.scalars(ranked.offset((page - 1) * limit).limit(limit)).all()
    else:
        _direction(sort, order)
    items = _rows(reader, query, ids)
    return PeoplePage(items=items, **place(total, page, limit))


def all_people(  # noqa: PLR0913 - as `people`
    reader: Reader,
    query: Query,
    *,
    activity: str = "",
    search: str = "",
    sort: str = "conversations",
    order: str = "",
) -> Iterator[PersonRow]:
    """Everybody that `people` would page through, a thousand at a time.

    It ends the reader's transaction after each thousand, so that a slow reader blocks no writer.
    """
    wanted = _wanted(reader, query, activity, search)
    ranked = _ranked(reader, query, wanted, sort, order)
    ids = reader.scalars(ranked).all()
    for start in range(0, len(ids), _CHUNK):
        rows = _rows(reader, query, ids[start : start + _CHUNK])
        reader.rest()
        yield from rows


def person(reader: Reader, query: Query, id_: str) -> PersonRow | None:
    """One person, whatever the filters of people; None if there is none with this id."""
    anybody = replace(query, organizations=(), departments=(), user="", person="")
    return next(iter(_rows(reader, anybody, [id_])), None)


def _wanted(reader: Reader, query: Query, activity: str, search: str) -> list[ColumnElement[bool]]:
    check_fits(query, "people")
    if activity not in ("", *ACTIVITIES):
        raise QueryError("activity", activity, f"choose one of {', '.join(ACTIVITIES)}")
    if len(search) > MAX_SEARCH:
        raise QueryError("search", f"{search[:80]}…", f"shorten it to {MAX_SEARCH} characters")
    conditions = [is_meant(reader, query)]
    if not activity:
        activity = "all" if query.names_people and not query.names_events else "active"
    if activity != "all":
        active = _active(reader, query)
        conditions.append(active if activity == "active" else ~active)
    if search:
        users = reader.users.c
        names = (users.full_name, users.email)
        conditions.append(or_(*(contains_caseless(column, search) for column in names)))
    return conditions


def _active(reader: Reader, query: Query) -> ColumnElement[bool]:
    """Who was active in the period, in what the question says happened."""
    m, h, d = reader.members.c, reader.hours.c, reader.user_days.c
    if query.names_events:
        happened = select(h.user_id).distinct().where(events(reader, query), acted(reader))
        found: ColumnElement[bool] = m.user_id.in_(happened)
        return found
    period = query.period
    return exists().where(d.user_id == m.user_id, in_days(d.day, period.start, period.end))


def _people(reader: Reader, wanted: list[ColumnElement[bool]]) -> Select[str]:
    m, users = reader.members.c, reader.users.c
    return (
        select(m.user_id)
        .select_from(reader.members.join(reader.users, users.id == m.user_id))
        .where(*wanted)
    )


def _direction(sort: str, order: str) -> str:
    if sort not in SORTS:
        raise QueryError("sort", sort, f"choose one of {', '.join(SORTS)}")
    if order not in ("", *ORDERS):
        raise QueryError("order", order, f"choose one of {', '.join(ORDERS)}")
    return order or SORTS[sort]


def _ranked(
    reader: Reader, query: Query, wanted: list[ColumnElement[bool]], sort: str, order: str
) -> Select[str]:
    """The ids in their order."""
    m, users = reader.members.c, reader.users.c
    ascending = _direction(sort, order) == "asc"
    found = _people(reader, wanted)
    key: ColumnElement[Any] = by_code_point(users.full_name)
    if sort in ("first_active", "last_active"):
        extreme = func.min if sort == "first_active" else func.max
        days = active_days(reader, query)
        theirs = select(extreme(days.c.day)).where(days.c.user_id == m.user_id)
        key = theirs.correlate(reader.members).scalar_subquery()
        found = found.order_by(key.is_(None))
    elif sort != "name":
        counted = _counted(reader, query, sort).subquery()
        found = found.outerjoin(counted, counted.c.user_id == m.user_id)
        key = func.coalesce(counted.c.counted, 0)
    first = key.asc() if ascending else key.desc()
    return found.order_by(first, by_code_point(users.full_name), by_code_point(m.user_id))


def _counted(reader: Reader, query: Query, sort: str) -> Select[str, int]:
    """A count of the period for everybody; days hold conversations, and are fewer than hours."""
    d, h = reader.user_days.c, reader.hours.c
    if not query.names_events and sort in ("conversations", "active_days"):
        counted = func.sum(d.conversations) if sort == "conversations" else func.count()
        return (
            select(d.user_id, counted.label("counted"))
            .where(in_period(d.day, query))
            .group_by(d.user_id)
        )
    return (
        select(h.user_id, _counts(reader)[sort].label("counted"))
        .where(events(reader, query))
        .group_by(h.user_id)
    )


def _counts(reader: Reader) -> dict[str, ColumnElement[int]]:
    h = reader.hours.c
    return {
        "conversations": func.sum(h.conversations),
        "active_days": func.count(case((acted(reader), h.day)).distinct()),
        "messages": func.sum(h.messages),
        "documents": func.sum(h.documents),
        "queries": func.sum(h.queries),
    }


def _rows(reader: Reader, query: Query, ids: Sequence[str]) -> list[PersonRow]:
    """These people in this order, with their counts."""
    m, users, h = reader.members.c, reader.users.c, reader.hours.c
    d, counted = active_days(reader, query).c, _counts(reader)
    days = reader.execute(
        select(d.user_id, func.min(d.day), func.max(d.day))
        .where(d.user_id.in_(ids))
        .group_by(d.user_id)
    )
    ever = {user: (first, last) for user, first, last in days}
    counts = reader.execute(
        select(h.user_id, *counted.values())
        .where(h.user_id.in_(ids), events(reader, query))
        .group_by(h.user_id)
    )
    done = {user: sums for user, *sums in counts}
    known = reader.execute(
        select(m.user_id, users.full_name, users.email, m.company, m.department)
        .join(reader.users, users.id == m.user_id)
        .where(m.user_id.in_(ids) if ids else false())
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
            **dict(zip(counted, done.get(user, (0,) * len(counted)), strict=True)),
        )
    return [rows[user] for user in ids if user in rows]
