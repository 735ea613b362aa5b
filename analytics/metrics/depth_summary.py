"""How deep conversations go, in three figures."""

from collections.abc import Sequence
from typing import Annotated, Any

from analytics.arithmetic import Share, average, difference, percentage
from analytics.fields import Meaning
from analytics.format import count, number, percent, points, signed
from analytics.metrics.compared import (
    OfCompleteDays,
    days_before,
    leads_to_both,
    noted,
    own_days,
)
from analytics.metrics.result import Better, Card, Drawing, DrillThrough, Result, direction
from analytics.query import Query
from analytics.reading.figures import depths
from analytics.reading.reader import Reader

POINTS = "percentage points"
PER_CONVERSATION = "Messages of people / conversations, also those without any"
ONE = "Conversations with exactly one message of the person"
UNANSWERED = "Conversations with at least one message of the person and none of the twin"


def _of(label: str, said: str, unit: str = "") -> Meaning:
    return Meaning(label, f"{said}; none without a complete day.", unit=unit, total="distinct")


def _before(label: str, unit: str = "") -> Meaning:
    said = "That of the days compared with; none where the data begin later."
    return Meaning(f"{label} before", said, unit=unit, total="distinct", is_compared=True)


def _change(label: str, unit: str) -> Meaning:
    said = "The difference to the days compared with; none where there is nothing to compare."
    return Meaning(f"Change of {label}", said, unit=unit, total="distinct", is_compared=True)


class DepthSummary(OfCompleteDays):
    """Figures of the conversations started on complete days, their messages counted by now."""

    conversations: Annotated[int | None, _of("Conversations", "Conversations started")]
    messages: Annotated[int | None, _of("Messages of people", "Messages that people sent in them")]
    messages_per_conversation: Annotated[
        float | None, _of("Own messages per conversation", PER_CONVERSATION)
    ]
    one_message: Annotated[int | None, _of("One message", ONE)]
    one_message_share: Annotated[float | None, _of("One message, %", "Of the conversations", "%")]
    unanswered: Annotated[int | None, _of("Unanswered", UNANSWERED)]
    unanswered_share: Annotated[float | None, _of("Unanswered, %", "Of the conversations", "%")]
    previous_conversations: Annotated[int | None, _before("Conversations")]
    previous_messages: Annotated[int | None, _before("Messages of people")]
    previous_messages_per_conversation: Annotated[
        float | None, _before("Own messages per conversation")
    ]
    previous_one_message: Annotated[int | None, _before("One message")]
    previous_one_message_share: Annotated[float | None, _before("One message", "%")]
    previous_unanswered: Annotated[int | None, _before("Unanswered")]
    previous_unanswered_share: Annotated[float | None, _before("Unanswered", "%")]
    messages_per_conversation_change: Annotated[
        float | None, _change("messages per conversation", "messages")
    ]
    one_message_share_change: Annotated[float | None, _change("one message", POINTS)]
    unanswered_share_change: Annotated[float | None, _change("unanswered", POINTS)]


class _Sums:
    """What the figures of some days are quotients of."""

    def __init__(self, reader: Reader, query: Query) -> None:
        found = depths(reader, query)
        self.conversations = sum(one.conversations for one in found)
        self.messages = sum(one.messages for one in found)
        self.one_message = sum(one.conversations for one in found if one.asked == 1)
        self.unanswered = sum(one.conversations - one.answered for one in found if one.asked)

    def share(self, name: str) -> Share:
        """A sum and the conversations."""
        return getattr(self, name), self.conversations


def _figures(prefix: str, of: _Sums | None) -> dict[str, Any]:
    figures = {
        "conversations": of and of.conversations,
        "messages": of and of.messages,
        "messages_per_conversation": of and average(*of.share("messages")),
        "one_message": of and of.one_message,
        "one_message_share": of and percentage(*of.share("one_message")),
        "unanswered": of and of.unanswered,
        "unanswered_share": of and percentage(*of.share("unanswered")),
    }
    return {f"{prefix}{name}": figure for name, figure in figures.items()}


def depth_summary(reader: Reader, query: Query) -> DepthSummary:
    """Messages of people per conversation, and how many conversations have one only or no answer,
    of those started on the complete days of the period.

    All messages of a conversation count as of now, on whatever day they were sent, those without a
    readable date too; those of the person have the sender "user", those of the twin "twin".
    Own messages per conversation: messages of people / conversations, also those without any. One
    message: exactly one of the person. Unanswered: at least one message of the person and none of
    the twin; an answer may still come. Compared with as many days directly before, or with the
    chosen ones; not compared where the data begin later than those.
    """
    days, earlier = query.complete, days_before(reader, query)
    now, before = (_Sums(reader, each) if each else None for each in (days, earlier))

    def change(name: str, scale: int) -> float | None:
        return difference(now.share(name), before.share(name), scale) if now and before else None

    return DepthSummary(
        **own_days(query, days, earlier),
        **_figures("", now),
        **_figures("previous_", before),
        messages_per_conversation_change=change("messages", 1),
        one_message_share_change=change("one_message", 100),
        unanswered_share_change=change("unanswered", 100),
    )


def _cards(row: DepthSummary) -> list[Card]:
    """Messages per conversation, those with one, and those without an answer."""
    longer = row.messages_per_conversation_change
    shares: tuple[tuple[str, str, str, Better], ...] = (
        ("One message only", "one_message", f"{ONE}, of all.", ""),
        ("Unanswered", "unanswered", f"{UNANSWERED}, of all, by now: an answer may still come.",
         "down"),
    )  # fmt: skip
    cards = [
        Card(
            "Own messages per conversation",
            number(row.messages_per_conversation),
            f"{PER_CONVERSATION}. All messages of a conversation count, whatever their day.",
            "" if longer is None else signed(longer),
            "" if longer is None else direction(longer),
            number(row.previous_messages_per_conversation),
            noted(row),
        )
    ]
    for label, name, words, better in shares:
        change = getattr(row, f"{name}_share_change")
        cards.append(
            Card(
                label,
                percent(getattr(row, f"{name}_share")),
                words,
                "" if change is None else points(change),
                "" if change is None else direction(change),
                percent(getattr(row, f"previous_{name}_share")),
                count(getattr(row, name) or 0, "conversation"),
                better,
            )
        )
    return cards


def _lead_to(row: DepthSummary, query: Query) -> list[Sequence[DrillThrough]]:
    """What each card counts."""
    narrows: dict[str, dict[str, Any]] = {
        "conversations": {}, "one_message": {"asked": 1}, "unanswered": {"unanswered": True},
    }  # fmt: skip
    return [
        leads_to_both(
            row,
            query,
            "conversations",
            getattr(row, name),
            getattr(row, f"previous_{name}"),
            **narrow,
        )
        for name, narrow in narrows.items()
    ]


RESULT = Result(
    "depth-summary",
    "Depth",
    "depth/summary",
    depth_summary,
    Drawing("cards"),
    cards=_cards,
    cards_lead_to=_lead_to,
)
