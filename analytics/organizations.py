"""Organizations and their departments in the period."""

from sqlalchemy import func, select
from sqlmodel import Session

from analytics.query import Query
from analytics.results import MEMBER, Row, Totals, by_name, change, of_members, totals_by
from analytics.rollups.tables import slice_name


class GroupRow(Row):
    """People and what they did; the change of conversations in percent, None where none were."""

    organization: str | None
    people: int
    active_users: int
    conversations: int
    previous_conversations: int
    conversations_change: float | None
    documents: int
    queries: int


class OrganizationRow(GroupRow):
    """An organization; None for people without one."""


class DepartmentRow(GroupRow):
    """A department of an organization; None for people without one."""

    department: str | None


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
) -> list[tuple[tuple[str | None, ...], dict[str, int | float | None]]]:
    columns = [MEMBER.c[name] for name in by]
    people = session.execute(
        select(*columns, func.count()).where(of_members(query.filters)).group_by(*columns)
    )
    now, before = totals_by(session, query, *by), totals_by(session, query.previous, *by)
    rows = []
    for *names, count in people:
        key = tuple(names)
        current, previous = now.get(key, Totals()), before.get(key, Totals())
        counts: dict[str, int | float | None] = {
            "people": count,
            "active_users": current.active_users,
            "conversations": current.conversations,
            "previous_conversations": previous.conversations,
            "conversations_change": change(current.conversations, previous.conversations),
            "documents": current.documents,
            "queries": current.queries,
        }
        rows.append((tuple(map(slice_name, key)), counts))
    return rows
