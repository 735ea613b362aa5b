"""The four headline figures, each with its previous value and the change."""

from collections.abc import Sequence
from typing import Annotated

from analytics.arithmetic import change
from analytics.fields import Meaning, Row
from analytics.format import difference, number
from analytics.metrics.result import Card, Drawing, DrillThrough, Result, direction
from analytics.query import Query
from analytics.reading.figures import installations_until, totals
from analytics.reading.reader import Reader

BEFORE = "Before"


class Metrics(Row):
    """The headline figures; changes in percent to one decimal, None where there was nothing."""

    total_active_users: Annotated[
        int,
        Meaning(
            "Active users",
            "People who started a conversation or sent a message in the period, each counted once.",
            total="distinct",
        ),
    ]
    active_users_change: Annotated[
        float | None,
        Meaning(
            "Change of active users",
            "Against the other period; none where there was nobody.",
            unit="%",
            format="change",
            is_compared=True,
        ),
    ]
    previous_active_users: Annotated[
        int,
        Meaning(
            "Active users before",
            "Active users of the period compared with.",
            total="distinct",
            is_compared=True,
        ),
    ]
    total_conversations: Annotated[
        int, Meaning("Conversations", "Conversations started in the period.")
    ]
    conversations_change: Annotated[
        float | None,
        Meaning(
            "Change of conversations",
            "Against the other period; none where there was none.",
            unit="%",
            format="change",
            is_compared=True,
        ),
    ]
    previous_conversations: Annotated[
        int,
        Meaning(
            "Conversations before", "Conversations of the period compared with.", is_compared=True
        ),
    ]
    documents_drafted: Annotated[
        int, Meaning("Documents drafted", "Documents that twins drafted in the period.")
    ]
    documents_change: Annotated[
        float | None,
        Meaning(
            "Change of documents",
            "Against the other period; none where there was none.",
            unit="%",
            format="change",
            is_compared=True,
        ),
    ]
    previous_documents: Annotated[
        int, Meaning("Documents before", "Documents of the period compared with.", is_compared=True)
    ]
    twin_installations: Annotated[
        int,
        Meaning(
            "Twin installations",
            "All twins created up to the end of the period, by their owner's organization.",
            total="last",
        ),
    ]
    installations_change: Annotated[
        float | None,
        Meaning(
            "Change of installations",
            "Against the end of the other period; none where there was none.",
            unit="%",
            format="change",
            is_compared=True,
        ),
    ]
    previous_installations: Annotated[
        int,
        Meaning(
            "Installations before",
            "Twins created up to the end of the period compared with.",
            total="last",
            is_compared=True,
        ),
    ]


def metrics(reader: Reader, query: Query) -> Metrics:
    """Active users, conversations, documents and twin installations of the period.

    Active users started a conversation or sent a message in the period, each counted once.
    Conversations count on the day they started, documents on the day they were drafted.
    Installations are all twins created up to the end of the period, by their owner's organization;
    their change compares with the end of the previous period.
    """
    now, before = (totals(reader, of, until="documents") for of in (query, query.previous))
    installed = installations_until(reader, query)
    were_installed = installations_until(reader, query.previous)
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


def metrics_cards(m: Metrics) -> list[Card]:
    """The four headline figures, beside their previous values."""
    figures = (
        ("Active users", m.total_active_users, m.previous_active_users, m.active_users_change,
         "People who started a conversation or sent a message in the period, each counted once."),
        ("Conversations", m.total_conversations, m.previous_conversations, m.conversations_change,
         "Conversations started in the period."),
        ("Documents drafted", m.documents_drafted, m.previous_documents, m.documents_change,
         "Documents that twins drafted in the period."),
        ("Twin installations", m.twin_installations, m.previous_installations,
         m.installations_change,
         "All twins created up to the end of the period, by their owner's organization. Compared"
         " with the end of the other period."),
    )  # fmt: skip
    return [
        Card(
            label,
            number(now),
            words,
            difference(now, before, change),
            direction(change, now - before),
            number(before),
        )
        for label, now, before, change, words in figures
    ]


def metrics_lead_to(row: Metrics, query: Query) -> list[Sequence[DrillThrough]]:
    """What each headline figure counts, and the one it is compared with."""
    kinds = (
        ("people", row.total_active_users, row.previous_active_users),
        ("conversations", row.total_conversations, row.previous_conversations),
        ("documents", row.documents_drafted, row.previous_documents),
        ("installations", row.twin_installations, row.previous_installations),
    )
    return [
        (
            DrillThrough("", {kind: now}, query),
            DrillThrough(BEFORE, {kind: before}, query.previous, is_before=True),
        )
        for kind, now, before in kinds
    ]


RESULT = Result(
    "metrics", "Headline figures", "metrics", metrics, Drawing("cards"), cards=metrics_cards
)
