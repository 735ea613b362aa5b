"""How much people talk with their twins, by organization."""

from dataclasses import replace
from typing import Annotated, Any

from analytics.arithmetic import average
from analytics.fields import Meaning, Ratio, Row
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query, filter_label
from analytics.reading.figures import totals_by
from analytics.reading.known import by_name
from analytics.reading.reader import Reader
from analytics.rollups.tables import slice_name


class MessagesPerPerson(Row):
    """An organization's messages and active users, and their quotient."""

    name: Annotated[
        str | None,
        Meaning("Organization", "The organization; none without one.", format="name"),
    ]
    messages: Annotated[int, Meaning("Messages", "Messages of the period, twins' included.")]
    active_users: Annotated[
        int,
        Meaning("Active users", "People of it who were active in the period.", total="distinct"),
    ]
    per_person: Annotated[
        float,
        Meaning(
            "Messages per active person",
            "Messages / active users.",
            total=Ratio("messages", "active_users"),
        ),
    ]


def messages_per_person(reader: Reader, query: Query) -> list[MessagesPerPerson]:
    """Messages of the period, by people and twins, divided by the active users, by organization.

    Most first, then by name; people without an organization stand together. Organizations of which
    nobody was active are left out.
    """
    totals = totals_by(reader, query, "company", until="messages")
    rows = [
        MessagesPerPerson(
            name=slice_name(key),
            messages=of.messages,
            active_users=of.active_users,
            per_person=average(of.messages, of.active_users) or 0.0,
        )
        for (key,), of in totals.items()
        if of.active_users
    ]
    return sorted(rows, key=lambda row: (-row.per_person, *by_name(row.name)))


def _leads_to(row: Any, query: Query) -> DrillThrough:
    name = filter_label(row.name)
    counts = {"people": row.active_users, "messages": row.messages}
    return DrillThrough(name, counts, replace(query, organizations=(row.name,)), (name,))


RESULT = Result(
    "messages-per-person",
    "Messages per active person",
    "charts/messages-per-person",
    messages_per_person,
    Drawing("bars", "name", ("per_person", "messages", "active_users")),
    limit=10,
    leads_to=_leads_to,
)
