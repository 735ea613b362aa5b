"""The twins that installations count, one by one."""

import datetime
from collections.abc import Iterator
from typing import Annotated, Any

from sqlalchemy import Select, func, select

from analytics.fields import Meaning, Row, Words
from analytics.lists.paging import Paging, check_page, place
from analytics.query import Query
from analytics.reading.facts import people
from analytics.reading.filters import check_fits
from analytics.reading.reader import Reader
from analytics.sql.collation import by_code_point
from analytics.sql.planner import computed_once
from analytics.sql.stored import instant, readable
from analytics.sql.timestamps import day_of, from_instant, local


class InstalledTwin(Row):
    """A twin that was installed, and its owner."""

    id: Annotated[Words, Meaning("Id", "The id of the twin.", is_hidden=True)]
    name: Annotated[Words, Meaning("Twin", "What it is called.")]
    is_shared: Annotated[bool, Meaning("Shared", "Whether others may use it.")]
    installed_at: Annotated[datetime.datetime, Meaning("Installed", "When it was created.")]
    owner_id: Annotated[Words, Meaning("Owner id", "The id of its owner.", is_hidden=True)]
    owner_name: Annotated[Words, Meaning("Owner", "The full name of its owner.")]
    owner_email: Annotated[Words, Meaning("Owner's e-mail", "The e-mail of its owner.")]
    organization: Annotated[
        str | None,
        Meaning("Organization", "The owner's organization; none without one.", format="name"),
    ]
    department: Annotated[
        str | None,
        Meaning("Department", "The owner's department; none without one.", format="name"),
    ]


class InstalledPage(Paging):
    """A page of installed twins and where it stands among all of them."""

    items: Annotated[list[InstalledTwin], Meaning("Items", "The twins of this page.")]


def installed_twins(
    reader: Reader, query: Query, *, page: int = 1, limit: int = 20
) -> InstalledPage:
    """Twins created up to the end of the period, by their owner's organization: what installations
    count.

    Newest first, then by id. Raises QueryError for a page below 1 or a limit outside 1 to 100.
    """
    check_page(page, limit)
    found = _installed(reader, query)
    total = reader.scalar(select(func.count()).select_from(found.subquery())) or 0
    rows = reader.execute(found.offset((page - 1) * limit).limit(limit))
    items = [_installed_row(row) for row in rows]
    return InstalledPage(items=items, **place(total, page, limit))


def all_installed_twins(reader: Reader, query: Query) -> Iterator[InstalledTwin]:
    """Every twin that `installed_twins` would page through."""
    rows = reader.execute(_installed(reader, query)).all()
    reader.rest()
    return map(_installed_row, rows)


def _installed(reader: Reader, query: Query) -> Select[Any]:
    check_fits(query, "installations")
    twins, users = reader.twins.c, reader.users.c
    at = instant(twins.created_at)
    twin = twins.id, twins.user_id, twins.name, twins.is_shared
    dated = computed_once(select(*twin, at.label("at"), local(at).label("moment")))
    return (
        select(
            dated.c.id,
            dated.c.name,
            dated.c.is_shared,
            dated.c.at,
            users.id.label("owner_id"),
            users.full_name,
            users.email,
            readable(users.company).label("company"),
            readable(users.department).label("department"),
        )
        .select_from(dated)
        .join(reader.users, users.id == dated.c.user_id)
        .where(
            day_of(dated.c.moment) <= query.period.end.toordinal(),
            users.id.in_(people(reader, query)),
        )
        .order_by(dated.c.at.desc(), by_code_point(dated.c.id).desc())
    )


def _installed_row(found: Any) -> InstalledTwin:
    return InstalledTwin(
        id=found.id,
        name=found.name,
        is_shared=bool(found.is_shared),
        installed_at=from_instant(found.at),
        owner_id=found.owner_id,
        owner_name=found.full_name,
        owner_email=found.email,
        organization=found.company or None,
        department=found.department or None,
    )
