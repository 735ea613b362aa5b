"""How far use reaches: whose twins people talk to, what they do there, and whom they meet."""

from collections.abc import Sequence
from typing import Annotated, Any

from analytics.arithmetic import change, percentage
from analytics.fields import Meaning
from analytics.format import difference, number, percent
from analytics.metrics.compared import (
    OfCompleteDays,
    days_before,
    leads_to_both,
    noted,
    own_days,
)
from analytics.metrics.result import Card, Drawing, DrillThrough, Result, direction
from analytics.query import Query
from analytics.reading.figures import conversations_by_whose, feature_users, first_meetings
from analytics.reading.reader import Reader

OWN = "Conversations with a twin of the person's own"
OTHERS = "Conversations with a twin of somebody else"
UNKNOWN = "Conversations whose twin is gone"
USED = "People who started a conversation with somebody else's twin or wrote in one"
DRAFTED = "People in whose conversations a document was drafted"
RETRIEVED = "People in whose conversations a query was run"
MEETINGS = "People and twins whose first conversation ever was started"


def _of(label: str, said: str) -> Meaning:
    return Meaning(label, f"{said}; none without a complete day.", total="distinct")


def _before(label: str) -> Meaning:
    said = "That of the days compared with; none where the data begin later."
    return Meaning(f"{label} before", said, total="distinct", is_compared=True)


def _change(label: str) -> Meaning:
    return Meaning(
        f"Change of {label}",
        "Against the days compared with; none where there was nothing or the data begin later.",
        unit="%",
        format="change",
        total="distinct",
        is_compared=True,
    )


class Reach(OfCompleteDays):
    """Conversations by whose twin it was, distinct people by what they did, first meetings."""

    own_conversations: Annotated[int | None, _of("With their own twin", OWN)]
    others_conversations: Annotated[int | None, _of("With others' twins", OTHERS)]
    unknown_conversations: Annotated[int | None, _of("With unknown twins", UNKNOWN)]
    others_twin_users: Annotated[int | None, _of("Used another's twin", USED)]
    document_users: Annotated[int | None, _of("Drafted documents", DRAFTED)]
    query_users: Annotated[int | None, _of("Retrieved information", RETRIEVED)]
    first_meetings: Annotated[int | None, _of("First meetings", MEETINGS)]
    previous_own_conversations: Annotated[int | None, _before("With their own twin")]
    previous_others_conversations: Annotated[int | None, _before("With others' twins")]
    previous_unknown_conversations: Annotated[int | None, _before("With unknown twins")]
    previous_others_twin_users: Annotated[int | None, _before("Used another's twin")]
    previous_document_users: Annotated[int | None, _before("Drafted documents")]
    previous_query_users: Annotated[int | None, _before("Retrieved information")]
    previous_first_meetings: Annotated[int | None, _before("First meetings")]
    own_conversations_change: Annotated[float | None, _change("those with their own twin")]
    others_conversations_change: Annotated[float | None, _change("those with others' twins")]
    unknown_conversations_change: Annotated[float | None, _change("those with unknown twins")]
    others_twin_users_change: Annotated[float | None, _change("users of another's twin")]
    document_users_change: Annotated[float | None, _change("people who drafted documents")]
    query_users_change: Annotated[float | None, _change("people who retrieved information")]
    first_meetings_change: Annotated[float | None, _change("first meetings")]


_FIGURES = (
    "own_conversations", "others_conversations", "unknown_conversations", "others_twin_users",
    "document_users", "query_users", "first_meetings",
)  # fmt: skip


def _figures(reader: Reader, query: Query) -> Sequence[int]:
    return (
        *conversations_by_whose(reader, query),
        *feature_users(reader, query),
        sum(first_meetings(reader, query).values()),
    )


def reach(reader: Reader, query: Query) -> Reach:
    """Whose twins people talk to, how many people use what, and first meetings, on the complete
    days of the period.

    Conversations started, with one's own twin, with one of somebody else, and with unknown ones:
    those that are gone. Used another's twin: started such a conversation or wrote in one. Drafted
    documents, retrieved information: a document was drafted or a query run in a conversation of
    theirs. People are counted once, whatever the day. First meetings: a person and a twin, one's
    own too, there still or gone, whose first conversation ever was started; in the first days of
    the data all are. Compared with as many days directly before, or with the chosen ones; not
    compared where the data begin later than those.
    """
    days, earlier = query.complete, days_before(reader, query)
    found: dict[str, Any] = dict.fromkeys(Reach.model_fields)
    now = dict(zip(_FIGURES, _figures(reader, days), strict=True)) if days else {}
    before = dict(zip(_FIGURES, _figures(reader, earlier), strict=True)) if earlier else {}
    for name in now:
        found[name] = now[name]
        if before:
            found[f"previous_{name}"] = before[name]
            found[f"{name}_change"] = change(now[name], before[name])
    return Reach(**found | own_days(query, days, earlier))


def _cards(row: Reach) -> list[Card]:
    """A card a figure."""
    words = (
        OWN, OTHERS, f"{UNKNOWN}. Within a scope: or is somebody's outside", USED, DRAFTED,
        RETRIEVED, f"{MEETINGS}. In the first days of the data all are first ones",
    )  # fmt: skip
    started = (row.own_conversations or 0) + (row.others_conversations or 0)
    started += row.unknown_conversations or 0
    cards = []
    for name, said in zip(_FIGURES, words, strict=True):
        now, before = getattr(row, name), getattr(row, f"previous_{name}")
        moved = getattr(row, f"{name}_change")
        is_compared = now is not None and before is not None
        note = ""
        if name.endswith("conversations") and started:
            note = f"{percent(percentage(now, started))} of conversations"
        cards.append(
            Card(
                Reach.model_fields[name].metadata[0].label,
                number(now),
                f"{said}.",
                difference(now, before, moved) if is_compared else "",
                direction(moved, now - before) if is_compared else "",
                number(before) if is_compared else "",
                noted(row, note),
                "" if name == "unknown_conversations" else "up",
            )
        )
    return cards


def _lead_to(row: Reach, query: Query) -> list[Sequence[DrillThrough]]:
    """What each card counts."""
    leads: dict[str, tuple[str, dict[str, Any]]] = {
        "own_conversations": ("conversations", {"own_twin": True}),
        "others_conversations": ("conversations", {"by_others": True}),
        "unknown_conversations": (
            "conversations",
            # One that is gone is named already.
            {} if query.twin else {"unknown_twin": True},
        ),
        "others_twin_users": ("people", {"group": "used_others_twin"}),
        "document_users": ("people", {"group": "drafted"}),
        "query_users": ("people", {"group": "retrieved"}),
        "first_meetings": ("conversations", {"first_meetings": True}),
    }
    return [
        leads_to_both(
            row, query, kind, getattr(row, name), getattr(row, f"previous_{name}"), **narrow
        )
        for name, (kind, narrow) in leads.items()
    ]


RESULT = Result("reach", "Reach", "reach", reach, Drawing("cards"), cards=_cards,
                cards_lead_to=_lead_to)  # fmt: skip
