"""Whom a change of conversations comes from, and whether it is more people or more a person."""

from typing import Annotated

from analytics.explain import in_tenths, people_and_rate
from analytics.fields import Meaning, Row
from analytics.metrics.changes import Counted, Group, counted, figures_of_both, lead_to
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.reader import Reader


class _People(Row):
    people_before: Annotated[
        int,
        Meaning(
            "People before", "Active users of the period compared with.", total="distinct",
            is_compared=True,
        ),
    ]  # fmt: skip
    people: Annotated[int, Meaning("People", "Active users of the period.", total="distinct")]
    more_people: Annotated[
        float,
        Meaning(
            "By more people",
            "The part of the difference that more or fewer active people account for: the"
            " difference of people x the mean of conversations a person before and now.",
        ),
    ]
    more_per_person: Annotated[
        float,
        Meaning(
            "By more a person",
            "The rest: the difference of conversations a person x the mean of people.",
        ),
    ]


# Pydantic puts the fields of the last base first: names, then counts.
class ConversationsChange(_People, Counted, Group):
    """What a group has of the change of conversations."""


def change_of_conversations(reader: Reader, query: Query) -> list[ConversationsChange]:
    """What each organization accounts for of the change of conversations against the other period.

    Everybody has one organization, or none, so that the differences add up to the change. Of a
    single organization its departments are shown. Each difference is split further: more people is
    the difference of active people x the mean of conversations a person, more a person the
    difference of conversations a person x the mean of people; where nobody was active in one
    period, all is people. The largest differences come first. These are sums: they say where a
    change is, not why.
    """
    found = {
        name: (before, now) for name, before, now in figures_of_both(reader, query, "conversations")
    }
    groups = [(name, before, now) for name, ((_, before), (_, now)) in found.items()]
    rows = []
    for row in counted(query, groups):
        (people_before, before), (people, now) = found[row["name"]]
        parts = people_and_rate((before, people_before), (now, people))
        more_people, more_per_person = in_tenths(parts, row["difference"])
        rows.append(
            ConversationsChange(
                **row,
                people_before=people_before,
                people=people,
                more_people=more_people,
                more_per_person=more_per_person,
            )
        )
    return rows


RESULT = Result(
    "change-of-conversations",
    "Change of conversations",
    "adoption/change/conversations",
    change_of_conversations,
    Drawing(
        "bars",
        "name",
        ("difference", "more_people", "more_per_person", "before", "now"),
        signed=True,
    ),
    limit=10,
    empty="Nobody was active in this period, nor in the one compared with.",
    leads_to=lead_to("conversations"),
)
