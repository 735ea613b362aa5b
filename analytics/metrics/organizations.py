"""Organizations in the period."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from analytics.arithmetic import change
from analytics.fields import Meaning, Row
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query, filter_label
from analytics.reading.beside import beside
from analytics.reading.figures import NOTHING, conversations_by, headcounts, totals_by
from analytics.reading.known import by_name
from analytics.reading.reader import Reader
from analytics.rollups.tables import slice_name

_LONG = 60  # days; for shorter ones another connection is not worth its while


class Counts(Row):
    """What groups of people are compared by."""

    people: Annotated[int, Meaning("People", "Accounts, whether active or not.", total="distinct")]
    active_users: Annotated[
        int,
        Meaning(
            "Active users",
            "People who started a conversation or sent a message in the period.",
            total="distinct",
        ),
    ]
    conversations: Annotated[
        int, Meaning("Conversations", "Conversations that they started in the period.")
    ]
    previous_conversations: Annotated[
        int, Meaning("Before", "Conversations of the period compared with.", is_compared=True)
    ]
    conversations_change: Annotated[
        float | None,
        Meaning(
            "Change",
            "Change of conversations against that period; none where there was none.",
            unit="%",
            format="change",
            is_compared=True,
        ),
    ]
    documents: Annotated[int, Meaning("Documents", "Documents drafted for them in the period.")]
    queries: Annotated[int, Meaning("Queries", "Queries run for them in the period.")]


class Named(Row):
    """The organization of a group; None: people without one."""

    organization: Annotated[
        str | None,
        Meaning("Organization", "The organization; none for people without one.", format="name"),
    ]


# Pydantic puts the fields of the last base first: names before counts.
class OrganizationRow(Counts, Named):
    """An organization (None: people without one); the change of conversations is in percent."""


def organizations(reader: Reader, query: Query) -> list[OrganizationRow]:
    """Every organization of the filtered people, whether active or not, by conversations.

    People are its accounts, active users those who started a conversation or sent a message.
    """
    rows = [
        OrganizationRow(organization=company, **counts)
        for (company,), counts in groups(reader, query, "company")
    ]
    return sorted(rows, key=lambda r: (-r.conversations, -r.active_users, *by_name(r.organization)))


def groups(
    reader: Reader, query: Query, *by: str
) -> Iterator[tuple[tuple[str | None, ...], dict[str, Any]]]:
    """The names and the counts of every group of people by slice columns."""
    before = beside(
        reader,
        lambda r: conversations_by(r, query.previous, by),
        pays=query.period.days >= _LONG,
    )
    people = headcounts(reader, query, *by)
    now = totals_by(reader, query, *by, until="queries")
    earlier = before()
    for key, count in people:
        current, previous = now.get(key, NOTHING), earlier.get(key, 0)
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


def all_counts(row: Any) -> dict[str, int | None]:
    """The kinds of lists that a row with counts leads to."""
    return {
        "people": row.active_users,
        "conversations": row.conversations,
        "documents": row.documents,
        "queries": row.queries,
    }


def _leads_to(row: Any, query: Query) -> DrillThrough:
    name = filter_label(row.organization)
    inside = replace(query, organizations=(row.organization,))
    return DrillThrough(name, all_counts(row), inside, (name,))


RESULT = Result(
    "organizations",
    "Organizations",
    "organizations",
    organizations,
    Drawing("table"),
    leads_to=_leads_to,
)
