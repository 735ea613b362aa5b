"""The summary: what there is to say of a period in a minute, a sentence a row."""

import datetime
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Annotated, Any

from analytics.fields import Meaning, Row
from analytics.format import count, day, days
from analytics.metrics import sentences as say
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.period import Period
from analytics.query import Query
from analytics.reading.cells import first_active
from analytics.reading.figures import totals
from analytics.reading.reader import Reader

_WEEK = 7


class Sentence(Row):
    """A sentence: its figure, what it says, what that is compared with, and what it counts."""

    name: Annotated[str, Meaning("What", "What the sentence is about.")]
    figure: Annotated[str, Meaning("Figure", "The sentence's figure, as it is written.")]
    sentence: Annotated[str, Meaning("Sentence", "What is said of the days, its figure included.")]
    comparison: Annotated[
        str,
        Meaning(
            "Compared",
            "What is said of the days compared with; empty where nothing can be compared.",
            is_compared=True,
        ),
    ]
    result: Annotated[str, Meaning("Result", "The result that has the figure.", is_hidden=True)]
    value: Annotated[int, Meaning("Number", "The number that the figure is.", is_hidden=True)]
    previous: Annotated[
        int | None,
        Meaning(
            "Number before",
            "The same of the days compared with; none where nothing can be compared.",
            is_compared=True,
            is_hidden=True,
        ),
    ]
    change: Annotated[
        int | None,
        Meaning("Change", "Number - number before.", is_compared=True, is_hidden=True),
    ]
    direction: Annotated[
        str,
        Meaning(
            "Direction",
            '"rose", "fell" or "about as before"; empty where none of them may be said.',
            is_compared=True,
            is_hidden=True,
        ),
    ]
    counts: Annotated[
        str,
        Meaning(
            "Counts",
            'What the number counts: "people" or "conversations"; empty where it counts neither.',
            is_hidden=True,
        ),
    ]
    from_day: Annotated[datetime.date, Meaning("From", "The first day.")]
    to_day: Annotated[datetime.date, Meaning("To", "The last day, a complete one.")]
    compared_from: Annotated[
        datetime.date | None,
        Meaning("Compared from", "The first day compared with.", is_compared=True),
    ]
    compared_to: Annotated[
        datetime.date | None,
        Meaning("Compared to", "The last day compared with.", is_compared=True),
    ]


def whole_weeks(query: Query) -> Query:
    """The question of the latest whole weeks among the complete days of its period.

    Where these days are no week, of all of them; where there is none, as it is. A chosen period
    that is as long to compare with is shortened alike.
    """
    period, against = query.period, query.against
    complete = period.complete_days
    length = complete // _WEEK * _WEEK or complete
    if not length:
        return query
    end = period.complete_end
    weeks = replace(period, start=end - datetime.timedelta(length - 1), end=end)
    if against is not None and against.days == period.days:
        ahead = period.start - against.start
        against = replace(against, start=weeks.start - ahead, end=weeks.end - ahead)
    return replace(query, period=weeks, against=against)


def summary(reader: Reader, query: Query) -> list[Sentence]:
    """What there is to say of the latest whole weeks of the period, in sentences.

    The days are the latest whole weeks among the complete days of the period (all its complete days
    where they are no week), compared with as many days before, or with those that are chosen. A
    figure rose or fell where it moved by 2 people (conversations: by 5 %) or more and beyond the
    range of the 4 to 8 changes like it before; else it is about as before; where fewer such changes
    are known, its numbers are given. A percentage stands on a base of 20 or more, a rate on 10
    people or more.
    """
    began = first_active(reader)
    if began is None or not query.period.complete_days:
        return []
    return [*_Summary(reader, whole_weeks(query), began).sentences()]


class _Summary:
    """The sentences of a question of complete days."""

    def __init__(self, reader: Reader, query: Query, began: int) -> None:
        self.reader, self.query, self.began = reader, query, began
        # What one figure asks, another one may ask again.
        self.at = cache(self._at)

    def sentences(self) -> Iterator[Sentence]:
        """One after the other, the most telling first."""
        people, conversations = self.moved(0), self.moved(1)
        words = say.active_people(people)
        if people.before is None:
            words = replace(words, comparison=self._why_nothing())
        yield self.sentence("Active people", "metrics", "people", words, people)
        words = say.conversations(conversations, people.now)
        yield self.sentence("Conversations", "metrics", "conversations", words, conversations)

    def sentence(
        self, name: str, result: str, counts: str, words: say.Words, moved: say.Moved
    ) -> Sentence:
        """The row of a figure of the days."""
        period, before = self.query.period, self.query.previous.period
        is_compared = moved.before is not None
        return Sentence(
            name=name,
            figure=words.figure,
            sentence=words.sentence,
            comparison=words.comparison,
            result=result,
            value=moved.now,
            previous=moved.before,
            change=None if moved.before is None else moved.now - moved.before,
            direction=words.direction,
            counts=counts,
            from_day=period.start,
            to_day=period.end,
            compared_from=before.start if is_compared else None,
            compared_to=before.end if is_compared else None,
        )

    def moved(self, figure: int) -> say.Moved:
        """Active users (0) or conversations (1), beside those before."""
        period, against = self.query.period, self.query.previous.period
        now, before = self.at(period.start.toordinal(), period.days)[figure], None
        if against.end < period.today and (found := self.figures(against, 0)):
            before = found[figure]
        changes, earlier = [], []
        for n in range(1, say.LIKE_CHANGES + 1):
            own, other = self.figures(period, n), self.figures(against, n)
            if own and n < say.RANKED:
                earlier.append(own[figure])
            if own and other and against.days == period.days:
                changes.append(own[figure] - other[figure])
        then = "before"
        if against.days != period.days:
            then = f"in {days(against)} ({count(against.days, 'day')})"
        return say.Moved(now, before, period.days, changes, earlier, then)

    def figures(self, of: Period, n: int) -> tuple[int, int] | None:
        """Active users and conversations n periods earlier; None before the data begin."""
        start = of.start.toordinal() - n * self.query.period.days
        return self.at(start, of.days) if start >= self.began else None

    def _at(self, start: int, length: int) -> tuple[int, int]:
        first = datetime.date.fromordinal(start)
        period = Period(first, first + datetime.timedelta(length - 1), self.query.period.today)
        found = totals(self.reader, replace(self.query, period=period), until="conversations")
        return found.active_users, found.conversations

    def _why_nothing(self) -> str:
        """Why nothing is compared."""
        if self.query.previous.period.end >= self.query.period.today:
            return "Nothing to compare with: the days chosen for that are not over."
        began = day(datetime.date.fromordinal(self.began))
        return f"Nothing to compare with: the data begin on {began}."


def _leads_to(row: Any, query: Query) -> DrillThrough:
    """What a sentence counts."""
    asked = whole_weeks(query)
    period = Period(row.from_day, row.to_day, query.period.today)
    counts = {row.counts: row.value} if row.counts else {}
    return DrillThrough(row.name, counts, replace(asked, period=period), (row.name,))


RESULT = Result(
    "summary",
    "Summary",
    "summary",
    summary,
    Drawing("sentences"),
    empty="No day of this period is over yet, or nobody has ever used a twin.",
    leads_to=_leads_to,
)
