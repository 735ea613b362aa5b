"""The twins: whose they are and who uses them."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func, or_, select, true

from analytics.fields import Meaning, Row, Words
from analytics.metrics.organizations import all_counts
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query
from analytics.reading.beside import beside
from analytics.reading.facts import by_people, of_conversations
from analytics.reading.known import zone_name
from analytics.reading.reach import own_conversations
from analytics.reading.reader import Reader
from analytics.reading.slices import in_days
from analytics.sql.collation import by_code_point
from analytics.sql.stored import instant, is_key
from analytics.sql.timestamps import local_date

UNKNOWN_TWIN = "Unknown twin"
_UNUSED = (0, 0, 0, 0, 0)


class TwinRow(Row):
    """A twin; its counts are those of the filtered people in the period."""

    id: Annotated[
        str | None, Meaning("Id", "The id of the twin; none for all that are gone.", is_hidden=True)
    ]
    name: Annotated[Words, Meaning("Twin", "What it is called.")]
    owner_name: Annotated[str | None, Meaning("Owner", "Whose it is.")]
    owner_email: Annotated[str | None, Meaning("Owner's e-mail", "The owner's e-mail.")]
    is_shared: Annotated[bool, Meaning("Shared", "Whether others may use it.")]
    installed_on: Annotated[
        datetime.date | None,
        Meaning("Installed", "The local day it was created; none without a readable date."),
    ]
    active_users: Annotated[
        int,
        Meaning(
            "Active users",
            "People who started a conversation with it or sent it a message in the period.",
            total="distinct",
        ),
    ]
    conversations: Annotated[
        int, Meaning("Conversations", "Conversations with it that were started in the period.")
    ]
    conversations_by_others: Annotated[
        int | None,
        Meaning(
            "By others",
            "Conversations that somebody else than the owner started; none where nobody knows the"
            " owner.",
        ),
    ]
    documents: Annotated[int, Meaning("Documents", "Documents that it drafted in the period.")]
    queries: Annotated[int, Meaning("Queries", "Queries that it ran in the period.")]
    last_used: Annotated[
        datetime.date | None,
        Meaning(
            "Last used", "The latest day on which somebody was active with it, whatever the period."
        ),
    ]


def twins(reader: Reader, query: Query) -> list[TwinRow]:
    """Every twin that the filtered people own or have used, by conversations.

    Active users started a conversation with it or sent it a message in the period; conversations by
    others are those that somebody else than the owner started. Last used: the latest such day,
    whatever the period. Conversations whose twin is gone share the row "Unknown twin", of which
    nobody knows the owner.
    """
    h, t, users = reader.hours.c, reader.twins.c, reader.users.c
    theirs = and_(true(), *of_conversations(reader, query, h))
    owned = and_(true(), *by_people(reader, query, t.user_id))
    # An expression keeps SQLite from the index of days: it reads twin by twin, or person by person.
    inside = and_(theirs, in_days(h.day + 0, query.period.start, query.period.end))
    acted = h.conversations + h.user_messages > 0
    counted = (
        func.count(case((acted, h.user_id)).distinct()),
        *(
            func.coalesce(func.sum(n), 0)
            for n in (h.conversations, h.documents, h.queries, own_conversations(h))
        ),
    )
    # Sorted, each is computed in one step. Else every row would wait for the interpreter, which the
    # other connection's rows hold meanwhile.
    used = select(h.twin_id, *counted).where(inside).group_by(h.twin_id).order_by(counted[1])
    ever = select(h.twin_id).where(theirs).distinct().subquery()
    last_day = (
        select(h.day)
        .where(h.twin_id == ever.c.twin_id, theirs, acted)
        .order_by(h.day.desc())
        .limit(1)
        .correlate(ever)
        .scalar_subquery()
        .label("last_day")  # ordered by its name: repeated, it would be looked up twice
    )
    known = (
        select(
            *(t.id, t.name, users.full_name, users.email, t.is_shared),
            *(instant(t.created_at), owned),
        )
        .select_from(reader.twins.outerjoin(reader.users, users.id == t.user_id))
        .where(is_key(t.id), or_(owned, t.id.in_(select(ever))))
        .order_by(by_code_point(t.name), by_code_point(t.id))
    )
    using = beside(reader, lambda r: r.connection.execute(used).all())
    # Read by the connection: a session makes more of each row.
    read = reader.connection.execute
    lasts: dict[str, int | None] = dict(read(select(ever, last_day).order_by(last_day)).all())
    installed = local_date(ZoneInfo(zone_name(reader)))
    found = read(known).all()
    counts = {row[0]: row[1:] for row in using()}
    rows = []
    for *twin, created, is_owned in found:
        numbers, last = counts.get(twin[0], _UNUSED), lasts.pop(twin[0], None)
        if is_owned or last or any(numbers):
            on = None if created is None else installed(created)
            rows.append(_row(twin, on, numbers, last))
    if lasts:  # of twins that are gone
        numbers = read(
            select(*counted).where(inside, h.twin_id.not_in(select(t.id).where(is_key(t.id))))
        ).one()
        last = max((day for day in lasts.values() if day), default=None)
        if last or any(numbers):
            rows.append(_row((None, UNKNOWN_TWIN, None, None, False), None, numbers, last))
    # One after the other, from the last: quicker than by all together.
    rows.sort(key=attrgetter("name"))
    rows.sort(key=attrgetter("active_users"), reverse=True)
    rows.sort(key=attrgetter("conversations"), reverse=True)
    return rows


def _row(
    twin: Sequence[Any], installed: datetime.date | None, numbers: Sequence[Any], last: int | None
) -> TwinRow:
    id_, name, owner, email, shared = twin
    users, conversations, documents, queries, own = numbers
    return TwinRow(
        id=id_,
        name=name,
        owner_name=owner,
        owner_email=email,
        is_shared=bool(shared),
        installed_on=installed,
        active_users=users,
        conversations=conversations,
        conversations_by_others=None if id_ is None else conversations - own,
        documents=documents,
        queries=queries,
        last_used=datetime.date.fromordinal(last) if last else None,
    )


def _leads_to(row: Any, query: Query) -> DrillThrough:
    name = f"{row.name} ({row.owner_email})" if row.owner_email else row.name
    with_it = query  # where the question names a twin that is gone, the row counts that one alone
    if row.id is not None or not query.twin:
        with_it = replace(query, twin=row.id or "", unknown_twin=row.id is None)
    return DrillThrough(name, all_counts(row), with_it, () if row.id is None else (row.id,))


RESULT = Result("twins", "Twins", "twins", twins, Drawing("table"), leads_to=_leads_to)
