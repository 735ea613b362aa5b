"""Organizations and their departments in the period."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from analytics.arithmetic import change
from analytics.fields import Row
from analytics.query import Query
from analytics.reading.beside import beside
from analytics.reading.cells import HEADCOUNT, Totals, in_slices, sums, totals_by
from analytics.reading.known import by_name
from analytics.rollups.tables import slice_name

_NOTHING = Totals()
_LONG = 60  # days; for shorter ones another connection is not worth its while


class _Counts(Row):
    people: int
    active_users: int
    conversations: int
    previous_conversations: int
    conversations_change: float | None
    documents: int
    queries: int


class _Organization(Row):
    organization: str | None


class _Department(_Organization):
    department: str | None


# Pydantic puts the fields of the last base first: names before counts.
class OrganizationRow(_Counts, _Organization):
    """An organization (None: people without one); the change of conversations is in percent."""


class DepartmentRow(_Counts, _Department):
    """A department of an organization (None: people without one)."""


def organizations(session: Session, query: Query) -> list[OrganizationRow]:
    """Every organization of the filtered people, whether active or not, by conversations.

    People are its accounts, active users those who started a conversation or sent a message.
    """
    rows = [
        OrganizationRow(organization=company, **counts)
        for (company,), counts in _groups(session, query, "company")
    ]
    return sorted(rows, key=lambda r: (-r.conversations, -r.active_users, *by_name(r.organization)))


def departments(session: Session, query: Query) -> list[DepartmentRow]:
    """Every department of every organization of the filtered people, by conversations.

    Filter by one organization to open it.
    """
    rows = [
        DepartmentRow(organization=company, department=department, **counts)
        for (company, department), counts in _groups(session, query, "company", "department")
    ]
    return sorted(
        rows,
        key=lambda r: (
            *by_name(r.organization),
            -r.conversations,
            -r.active_users,
            *by_name(r.department),
        ),
    )


def _groups(
    session: Session, query: Query, *by: str
) -> Iterator[tuple[tuple[str | None, ...], dict[str, Any]]]:
    columns = [HEADCOUNT.c[name] for name in by]
    before = beside(
        session,
        lambda s: sums(s, query.previous, "days", ["conversations"], by),
        pays=query.period.days >= _LONG,
    )
    people = session.execute(
        select(*columns, func.sum(HEADCOUNT.c.people))
        .where(in_slices(HEADCOUNT, query.filters, *by))
        .group_by(*columns)
    ).all()
    now = totals_by(session, query, *by, until="queries")
    earlier = before()
    for *names, count in people:
        key = tuple(names)
        current, (previous,) = now.get(key, _NOTHING), earlier.get(key, (0,))
        counts = {
            "people": count,
            "active_users": current.active_users,
            "conversations": current.conversations,
            "previous_conversations": previous,
            "conversations_change": change(current.conversations, previous),
            "documents": current.documents,
            "queries": current.queries,
        }
        yield tuple(map(slice_name, key)), counts
