"""What a figure is held against: the days compared with, and those like both, before."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from itertools import accumulate

from analytics.format import count, day, days
from analytics.metrics import sentences as say
from analytics.query import Query
from analytics.reading.figures import answered_by_day, moved
from analytics.reading.lifecycle import Moved
from analytics.reading.reader import Reader

Figure = Callable[[int, int], int | None]  # of a first day and a number of days; None: not known


class Windows:
    """Figures of a question of complete days, and of the days that they are held against.

    `began` is the number of the first active day: figures of days that begin before it aren't
    known, but for the question's own.
    """

    def __init__(self, reader: Reader, query: Query, began: int) -> None:
        self.reader, self.query, self.began = reader, query, began
        self._lives: dict[tuple[int, int], Moved] = {}  # by first day and number of days

    def now(self, figure: Figure) -> int | None:
        """A figure of the days."""
        return figure(self.query.period.start.toordinal(), self.query.period.days)

    def moved(self, figure: Figure) -> say.Moved:
        """A figure of the days, which is known, beside those before."""
        period, against = self.query.period, self.query.previous.period
        start, other, n = period.start.toordinal(), against.start.toordinal(), period.days
        now = figure(start, n)  # first: it asks for the earlier ones too
        earlier = [figure(start - k * n, n) for k in range(1, say.LIKE_CHANGES + 1)]
        then = [figure(other - k * n, n) for k in range(1, say.LIKE_CHANGES + 1)]
        if against.days != n:  # none of them is like it
            then = []
        return say.Moved(
            now=now or 0,
            before=figure(other, against.days) if against.end < period.today else None,
            days=n,
            changes=[
                one - two
                for one, two in zip(earlier, then, strict=False)
                if one is not None and two is not None
            ],
            earlier=[one for one in earlier[: say.RANKED - 1] if one is not None],
            then="before"
            if against.days == n
            else f"in {days(against)} ({count(against.days, 'day')})",
        )

    def active_people(self, start: int, length: int) -> int | None:
        """Active users of days."""
        return self._moves(start, length).active if self._is_known(start) else None

    def started(self, start: int, length: int) -> int | None:
        """Conversations of days."""
        if not self._is_known(start):
            return None
        return self._of_days(self._until[0], start, length)

    def without_answer(self, start: int, length: int) -> int | None:
        """Conversations of days with a message of the person, and none of the twin by now."""
        if not self._is_known(start):
            return None
        return self._of_days(self._until[1], start, length)

    def life(self, group: str, start: int, length: int) -> int | None:
        """People of a group of the lifecycle, against as many days directly before."""
        if start - length < self.began:
            return None
        found: int = getattr(self._moves(start, length), group)
        return found

    def _is_known(self, start: int) -> bool:
        """Whether days don't begin before the data, or are the question's own."""
        return start >= self.began or start == self.query.period.start.toordinal()

    def _moves(self, start: int, length: int) -> Moved:
        """How people moved to days from as many before, asked with all that are held against."""
        if (start, length) not in self._lives:
            n = min(say.LIKE_CHANGES + 1, max(0, start - self.began) // length)
            edges = range(start - (n + 1) * length, start + length + 1, length)
            found = moved(self.reader, self.query, edges)
            self._lives |= {(day, length): one for day, one in zip(edges[1:], found, strict=False)}
        return self._lives[start, length]

    def _of_days(self, until: list[int], start: int, length: int) -> int:
        first = start - self._first_day
        return until[first + length] - until[first]

    @cached_property
    def _first_day(self) -> int:
        """The first of the days that anything is held against."""
        both = self.query.period, self.query.previous.period
        own, other = (one.start.toordinal() for one in both)
        earliest = min(own, other) - say.LIKE_CHANGES * self.query.period.days
        return min(own, max(self.began, earliest))

    @cached_property
    def _until(self) -> tuple[list[int], list[int]]:
        """Conversations before each day, and the unanswered ones, from the first of all these days
        on: a single reading for all that the days are held against."""
        first = datetime.date.fromordinal(self._first_day)
        last = max(self.query.period.end, self.query.previous.period.end)
        asked = replace(self.query.period, start=first, end=last, of_list=True)
        by_day = answered_by_day(self.reader, replace(self.query, period=asked))
        numbers = range(self._first_day, last.toordinal() + 1)
        both = zip(*(by_day.get(number, (0, 0)) for number in numbers), strict=True)
        conversations, unanswered = ([0, *accumulate(of_days)] for of_days in both)
        return conversations, unanswered

    def why_nothing(self) -> str:
        """Why nothing is compared."""
        if self.query.previous.period.end >= self.query.period.today:
            return "Nothing to compare with: the days chosen for that are not over."
        began = day(datetime.date.fromordinal(self.began))
        return f"Nothing to compare with: the data begin on {began}."
