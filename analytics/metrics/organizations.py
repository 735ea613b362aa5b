"""Organizations in the period."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any

from analytics.arithmetic import change, percentage
from analytics.fields import Meaning, Row
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query, filter_label
from analytics.reading.beside import beside
from analytics.reading.cells import Totals
from analytics.reading.figures import (
    NOTHING,
    accounts_by,
    conversations_by,
    ever_active_by,
    headcounts,
    totals_by,
)
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
    accounts: Annotated[
        int | None,
        Meaning(
            "Accounts",
            "People who could use a twin at the end of the period's complete days.",
            total="last",
        ),
    ]
    adoption_rate: Annotated[
        float | None,
        Meaning(
            "Adoption, %",
            "Active users of the complete days / accounts at their end; none without accounts.",
            unit="%",
            format="percent",
            total="distinct",
        ),
    ]
    ever_active: Annotated[
        int | None,
        Meaning(
            "Ever active",
            "People whose first active day is the last complete day of the period or before.",
            total="last",
        ),
    ]


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

    People are all its accounts, active users those who started a conversation or sent a message.
    The adoption rate is that of `adoption`: of the complete days, and the accounts at their end.
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
    adopted = _adoption(reader, query, by, now)
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
            **adopted(key),
        }
        yield tuple(map(slice_name, key)), counts


def _adoption(
    reader: Reader, query: Query, by: tuple[str, ...], now: Mapping[tuple[str, ...], Totals]
) -> Callable[[tuple[str, ...]], dict[str, Any]]:
    """Accounts, adoption rate and ever active of a group at the end of the complete days.

    `now` has the totals of the period: its active users are those of its complete days where all
    of them are.
    """
    asked = query.complete
    if asked is None:
        return lambda _: dict.fromkeys(("accounts", "adoption_rate", "ever_active"))
    accounts, ever = (read(reader, asked, *by) for read in (accounts_by, ever_active_by))
    if query.period.includes_today:
        now = totals_by(reader, asked, *by, until="active_users")

    def of(key: tuple[str, ...]) -> dict[str, Any]:
        there = accounts.get(key, 0)
        return {
            "accounts": there,
            "adoption_rate": percentage(now.get(key, NOTHING).active_users, there),
            "ever_active": ever.get(key, 0),
        }

    return of


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
