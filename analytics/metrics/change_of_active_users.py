"""Whom a change of active users comes from."""

from analytics.metrics.changes import Counted, Group, Moved, counted, figures_of_both, lead_to
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.reader import Reader


# Pydantic puts the fields of the last base first: names before counts.
class ActiveUsersChange(Counted, Group):
    """What a group has of the change of active users."""


def change_of_active_users(reader: Reader, query: Query) -> list[ActiveUsersChange]:
    """What each organization accounts for of the change of active users against the other period.

    Everybody has one organization, or none, so that the differences add up to the change. Of a
    single organization its departments are shown. The largest differences come first. These are
    sums: they say where a change is, not why.
    """
    return [ActiveUsersChange(**row) for row in counted(query, active_of_both(reader, query))]


def active_of_both(reader: Reader, query: Query) -> list[Moved]:
    """Groups of which anybody was active, with their active users before and now."""
    found = figures_of_both(reader, query, "active_users")
    return [(name, before, now) for name, (before, _), (now, _) in found]


RESULT = Result(
    "change-of-active-users",
    "Change of active users",
    "adoption/change/active-users",
    change_of_active_users,
    Drawing("bars", "name", ("difference", "before", "now"), signed=True),
    limit=10,
    empty="Nobody was active in this period, nor in the one compared with.",
    leads_to=lead_to("people"),
)
