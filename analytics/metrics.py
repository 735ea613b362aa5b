"""The four headline figures, each with its previous value and the change."""

from sqlmodel import Session

from analytics.arithmetic import change
from analytics.fields import Row
from analytics.query import Query
from analytics.reading.cells import sums, totals


class Metrics(Row):
    """The headline figures; changes in percent to one decimal, None where there was nothing."""

    total_active_users: int
    active_users_change: float | None
    previous_active_users: int
    total_conversations: int
    conversations_change: float | None
    previous_conversations: int
    documents_drafted: int
    documents_change: float | None
    previous_documents: int
    twin_installations: int
    installations_change: float | None
    previous_installations: int


def metrics(session: Session, query: Query) -> Metrics:
    """Active users, conversations, documents and twin installations of the period.

    Active users started a conversation or sent a message in the period, each counted once.
    Conversations count on the day they started, documents on the day they were drafted.
    Installations are all twins created up to the end of the period, by their owner's organization;
    their change compares with the end of the previous period.
    """
    now, before = totals(session, query), totals(session, query.previous)
    installed = installations_until(session, query)
    were_installed = installations_until(session, query.previous)
    return Metrics(
        total_active_users=now.active_users,
        active_users_change=change(now.active_users, before.active_users),
        previous_active_users=before.active_users,
        total_conversations=now.conversations,
        conversations_change=change(now.conversations, before.conversations),
        previous_conversations=before.conversations,
        documents_drafted=now.documents,
        documents_change=change(now.documents, before.documents),
        previous_documents=before.documents,
        twin_installations=installed,
        installations_change=change(installed, were_installed),
        previous_installations=were_installed,
    )


def installations_until(session: Session, query: Query) -> int:
    """Twins created up to the end of the period, by their owner's organization and department."""
    return sums(session, query, "until", ["installations"])[()][0]
