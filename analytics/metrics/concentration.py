"""Whether a few people do most of it."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from analytics.arithmetic import Share, difference, percentage
from analytics.fields import Meaning, Row
from analytics.format import count, days, percent, points
from analytics.metrics.habit import (
    OF_28_DAYS,
    before,
    counted,
    first_of_28,
    last_of_28,
    of_28_days,
    people_card,
    share,
)
from analytics.metrics.result import Card, Drawing, DrillThrough, Result, direction
from analytics.period import Period
from analytics.query import Query
from analytics.reading.cells import begins_late_enough
from analytics.reading.habits import (
    people_by_conversations,
    window,
    window_end,
)
from analytics.reading.reader import Reader
from analytics.rollups.habit_tables import WINDOW

FEWEST = 10  # people; a tenth of fewer isn't even one
_TENTH = (
    "The share of the conversations that the busiest tenth of these people started, with a part of"
    " a person where a tenth isn't whole; none below 10 people."
)


class Concentration(Row):
    """How the conversations of 28 days, and of the 28 before, spread over those who start them."""

    from_day: Annotated[datetime.date | None, first_of_28()]
    to_day: Annotated[datetime.date | None, last_of_28()]
    conversations: Annotated[
        int | None,
        counted("Conversations of 28 days", f"Conversations started in the {OF_28_DAYS}"),
    ]
    people: Annotated[int | None, counted("Who start them", "People who started any of them")]
    half_people: Annotated[
        int | None,
        counted("Start half of them", "The fewest people who together started half of them"),
    ]
    top_tenth_share: Annotated[float | None, share("The busiest tenth, %", _TENTH)]
    previous_conversations: Annotated[int | None, before("Conversations of 28 days")]
    previous_people: Annotated[int | None, before("Who start them")]
    previous_half_people: Annotated[int | None, before("Start half of them")]
    previous_top_tenth_share: Annotated[
        float | None,
        share("The busiest tenth before, %", "The same of the 28 days before.", before=True),
    ]
    top_tenth_change: Annotated[
        float | None,
        Meaning(
            "Change of the busiest tenth",
            "The difference of the shares; none where there is nothing to compare.",
            unit="percentage points",
            total="distinct",
            is_compared=True,
        ),
    ]


def concentration(reader: Reader, query: Query) -> Concentration:
    """Of the 28 days that end on the last complete day of the period: conversations, the people who
    started them, and how few of these started half of them.

    The busiest tenth: the share of the conversations that the tenth of these people who started
    most have. Where a tenth isn't whole, a part of the next person counts, so that 19 people have
    1.9; below 10 people there is none. All is compared with the 28 days before. There is no answer
    where 28 days begin before the data.
    """
    end = window_end(reader, query.period)
    figures: dict[str, Any] = {"from_day": None, "to_day": None}
    now: Mapping[int, int] | None = None
    earlier: Mapping[int, int] | None = None
    if end is not None:
        of = window(end, query.period)
        figures = {"from_day": of.start, "to_day": of.end}
        now, earlier = people_by_conversations(reader, query, end)
        if not begins_late_enough(reader, end - 2 * WINDOW + 1):
            earlier = None
    tenth, earlier_tenth = _top_tenth(now), _top_tenth(earlier)
    return Concentration(
        **figures,
        **_spread("", now),
        **_spread("previous_", earlier),
        top_tenth_change=difference(tenth, earlier_tenth, 100) if tenth and earlier_tenth else None,
    )


def _spread(prefix: str, reached: Mapping[int, int] | None) -> dict[str, Any]:
    """The fields of 28 days, from how many people started n or more conversations, at each n."""
    names = ("conversations", "people", "half_people", "top_tenth_share")
    figures: tuple[float | None, ...] = (None,) * len(names)
    if reached is not None:
        tenth = _top_tenth(reached)
        share_ = percentage(*tenth) if tenth else None
        figures = sum(reached.values()), reached.get(1, 0), _half_people(reached), share_
    return {f"{prefix}{name}": figure for name, figure in zip(names, figures, strict=True)}


def _half_people(reached: Mapping[int, int]) -> int:
    """The smallest number of those who started most whose conversations are at least half."""
    total, people, started = sum(reached.values()), 0, 0
    for n in sorted(reached, reverse=True):
        if started * 2 >= total:
            break
        exactly = reached[n] - reached.get(n + 1, 0)
        missing = -(-(total - 2 * started) // (2 * n))  # so many with n each are enough
        people += min(exactly, missing)
        started += n * min(exactly, missing)
    return people


def _top_tenth(reached: Mapping[int, int] | None) -> Share | None:
    """What the busiest tenth started, in tenths, and ten times all; None below 10 people.

    Somebody's n-th conversation is of the busiest tenth as far as those with n or more are.
    """
    people = reached.get(1, 0) if reached else 0
    if reached is None or people < FEWEST:
        return None
    return sum(min(people, 10 * more) for more in reached.values()), 10 * sum(reached.values())


def concentration_cards(c: Concentration) -> list[Card]:
    """Conversations, who starts them, who starts half of them, and the busiest tenth's share."""
    started = people_card(
        "Conversations of 28 days",
        f"Conversations started in the {OF_28_DAYS}.",
        c,
        "conversations",
    )
    if c.from_day and c.to_day:
        started = replace(started, note=days(Period(c.from_day, c.to_day, c.to_day)))
    people = people_card(
        "Who start them", f"People who started a conversation in the {OF_28_DAYS}.", c, "people"
    )
    half = people_card(
        "Start half of them",
        "The fewest people who together started half of these conversations.",
        c,
        "half_people",
    )
    of = "" if c.people is None else f"of {count(c.people, 'person', 'people')}"
    moved = c.top_tenth_change
    tenth = Card(
        "The busiest tenth starts",
        percent(c.top_tenth_share),
        _TENTH,
        "" if moved is None else points(moved),
        "" if moved is None else direction(moved),
        "" if moved is None else percent(c.previous_top_tenth_share),
        of if c.people is None or c.people >= FEWEST else f"{of}: too few to say",
    )
    return [started, people, replace(half, note=of), tenth]


def concentration_leads_to(c: Concentration, query: Query) -> list[Sequence[DrillThrough]]:
    """What each card counts, and the one that it is compared with."""
    return [
        of_28_days(c, query, "conversations", "conversations"),
        of_28_days(c, query, "people", "people", group="starters"),
        of_28_days(c, query, "half_people", "people", group="busiest"),
        (),
    ]


RESULT = Result(
    "concentration",
    "Concentration",
    "adoption/concentration",
    concentration,
    Drawing("cards"),
    cards=concentration_cards,
    cards_lead_to=concentration_leads_to,
)
