"""Which organizations lead."""

from dataclasses import replace
from typing import Annotated, Any

from analytics.arithmetic import average
from analytics.fields import Meaning, Ratio, Row
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query, filter_label
from analytics.reading.figures import totals_by
from analytics.reading.reader import Reader
from analytics.rollups.tables import slice_key, slice_name


class LeaderboardEntry(Row):
    """An organization's rank (from "1"), users, conversations, and conversations per user."""

    id: Annotated[str, Meaning("Rank", 'The rank, from "1".', is_hidden=True)]
    name: Annotated[str, Meaning("Name", "The organization.")]
    active_users: Annotated[
        int,
        Meaning(
            "Active users",
            "People of it who were active in the period, each counted once.",
            total="distinct",
        ),
    ]
    total_activities: Annotated[
        int, Meaning("Conversations", "Conversations that they started in the period.")
    ]
    avg_activities_per_user: Annotated[
        float,
        Meaning(
            "Conversations per user",
            "Conversations / active users; 0.0 without active users.",
            total=Ratio("total_activities", "active_users"),
        ),
    ]


def leaderboard(reader: Reader, query: Query) -> list[LeaderboardEntry]:
    """Organizations by conversations, most first; ties by active users, then by name.

    People without an organization are left out.
    """
    by_company = totals_by(reader, query, "company", until="conversations")
    by_company.pop((slice_key(None),), None)
    ranked = sorted(
        ((slice_name(key) or "", t) for (key,), t in by_company.items()),
        key=lambda entry: (-entry[1].conversations, -entry[1].active_users, entry[0]),
    )
    present = [(name, t) for name, t in ranked if t.conversations or t.active_users]
    return [
        LeaderboardEntry(
            id=str(rank),
            name=name,
            active_users=t.active_users,
            total_activities=t.conversations,
            avg_activities_per_user=average(t.conversations, t.active_users) or 0.0,
        )
        for rank, (name, t) in enumerate(present, 1)
    ]


def _leads_to(row: Any, query: Query) -> DrillThrough:
    counts = {"people": row.active_users, "conversations": row.total_activities}
    inside = replace(query, organizations=(row.name,))
    return DrillThrough(filter_label(row.name), counts, inside, (row.name,))


RESULT = Result(
    "leaderboard",
    "Leading organizations",
    "charts/organizations/leaderboard",
    leaderboard,
    Drawing(
        "bars",
        "name",
        (
            "total_activities",
            "active_users",
            "avg_activities_per_user",
        ),
    ),
    limit=5,
    leads_to=_leads_to,
)
