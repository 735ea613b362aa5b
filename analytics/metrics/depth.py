"""How many messages people write in a conversation."""

from dataclasses import replace
from typing import Annotated, Any

from analytics.arithmetic import percentage
from analytics.fields import Meaning, Row
from analytics.format import count
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import MOST_ASKED, Query
from analytics.reading.figures import depths
from analytics.reading.reader import Reader


class DepthRow(Row):
    """Conversations with so many messages of the person."""

    asked: Annotated[
        int,
        Meaning(
            "Messages of the person",
            f"How many messages the person has sent in it by now; {MOST_ASKED} stands for"
            f" {MOST_ASKED} or more.",
            total="distinct",
        ),
    ]
    conversations: Annotated[
        int, Meaning("Conversations", "Conversations with so many messages of the person.")
    ]
    share: Annotated[
        float | None,
        Meaning(
            "Share",
            "Of all conversations started on the complete days of the period.",
            unit="%",
            format="percent",
            total="distinct",
        ),
    ]


def depth(reader: Reader, query: Query) -> list[DepthRow]:
    """Conversations started on the complete days of the period, by how many messages of the person
    each has; 20 stands for 20 or more.

    All messages of a conversation count as of now, on whatever day they were sent, those without a
    readable date too. Empty where no conversation was started.
    """
    asked = query.complete
    found = {one.asked: one.conversations for one in depths(reader, asked)} if asked else {}
    total = sum(found.values())
    return [
        DepthRow(
            asked=number,
            conversations=found.get(number, 0),
            share=percentage(found.get(number, 0), total),
        )
        for number in range(MOST_ASKED + 1 if total else 0)
    ]


def _leads_to(row: Any, query: Query) -> DrillThrough:
    more = " or more" if row.asked == MOST_ASKED else ""
    name = f"{count(row.asked, 'message')}{more} of the person"
    with_them = replace(query.complete or query, asked=row.asked)
    return DrillThrough(name, {"conversations": row.conversations}, with_them, (str(row.asked),))


RESULT = Result(
    "depth",
    "Depth of conversations",
    "depth",
    depth,
    Drawing("columns", "asked", ("conversations",), or_more=MOST_ASKED),
    empty="No conversation was started on a complete day of this period.",
    leads_to=_leads_to,
)
