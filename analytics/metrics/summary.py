"""The summary: what there is to say of a period in a minute, a sentence a row."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from analytics.format import count, days, number
from analytics.metrics import sentences as say
from analytics.metrics.activation import new_accounts
from analytics.metrics.change_of_active_users import active_of_both
from analytics.metrics.changes import kind_of, ranked
from analytics.metrics.concentration import concentration
from analytics.metrics.habit import habit_people
from analytics.metrics.intervals import GROUPS
from analytics.metrics.notes import NoteRow
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.metrics.summary_row import Sentence
from analytics.metrics.windows import Windows
from analytics.period import Period
from analytics.query import NAMELESS, Query, filter_label
from analytics.reading.cells import first_active
from analytics.reading.figures import accounts_until
from analytics.reading.habits import Tiers, window
from analytics.reading.reader import Reader
from analytics.rollups.activation import CREATED, USED
from analytics.rollups.habit_tables import TIERS, WINDOW

CHANGE = "Largest part of the change"
_WEEK = 7
# Sentences whose people a group has.
_GROUPS = {name.capitalize(): name for name in GROUPS} | {
    "Activation": "activation_used",
    "Habit": "every_week",
    "Half of the conversations": "busiest",
}
_BEFORE = ("returning", "gone")  # who was active before


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


def notes_query(query: Query) -> Query:
    """The question of the notes that are told with a summary: of its days, and those before."""
    period, before = query.period, query.previous.period
    until = replace(period, start=min(period.start, before.start), of_list=True)
    return replace(query, period=until, against=None)


def days_words(query: Query, *, compares: bool) -> str:
    """The days of a summary, and those compared with."""
    period, before = query.period, query.previous.period
    weeks, rest = divmod(period.days, _WEEK)
    length = count(period.days, "day") if rest or not weeks else count(weeks, "week")
    said = f"{days(period)} ({length})"
    if not compares:
        return said
    other = "" if before.days == period.days else f" ({count(before.days, 'day')})"
    return f"{said}, compared with {days(before)}{other}"


def note_title(row: NoteRow) -> str:
    """A note's title in one line, and its days."""
    when = days(Period(row.first_day, row.last_day, row.last_day, of_list=True))
    return f"{' '.join(row.title.split())} ({when})"


def note_words(row: NoteRow) -> str:
    """How many used a twin in the weeks before a note and after it, or why nobody knows."""
    if row.remark:
        return f"{row.remark[:1].upper()}{row.remark[1:]}."
    weeks = say.length(row.weeks * _WEEK)
    before = count(row.active_users_before or 0, "person", "people")
    after = number(row.active_users_after)
    said = f"{before} used a twin in the {weeks} before, {after} in the {weeks} after"
    if row.other_active_users_before is not None:
        others = (row.other_active_users_before, row.other_active_users_after)
        said += "; of everybody else {} and {}".format(*map(number, others))
    return f"{said}."


def is_compared(rows: Sequence[Sentence]) -> bool:
    """Whether the people of the days are held against others: whether there is a change to draw."""
    return bool(rows) and rows[0].previous is not None


def told(rows: Sequence[Sentence], *, compares: bool) -> list[Sentence]:
    """Sentences as they are shown: without what is compared, where nothing is."""
    if compares:
        return [*rows]
    return [row.model_copy(update={"comparison": ""}) for row in rows if row.name != CHANGE]


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


class _Summary(Windows):
    """The sentences of a question of complete days."""

    def sentences(self) -> Iterator[Sentence]:
        """One after the other, the most telling first."""
        yield from self.people()
        yield from self.lifecycle()
        yield from self.adoption()
        yield from self.activation()
        yield from self.habit()
        yield from self.conversations()
        yield from self.unanswered()
        yield from self.concentration()

    # --- sentence by sentence ---

    def people(self) -> Iterator[Sentence]:
        """How many were active."""
        moved = self.moved(self.active_people)
        words = say.active_people(moved)
        if moved.before is None:
            words = replace(words, comparison=self.why_nothing())
        yield self.sentence("Active people", "metrics", "people", words, moved)
        if moved.before is not None and moved.now != moved.before:
            yield from self.change()

    def change(self) -> Iterator[Sentence]:
        """Whom their change comes from most, of several."""
        groups = active_of_both(self.reader, self.query)
        if len(groups) > 1:
            more = sum(now - before for _, before, now in groups)
            # The largest part that moved as all of them did.
            about, before, now = next(one for one in ranked(groups) if (one[2] - one[1]) * more > 0)
            kind = kind_of(self.query)
            words = say.largest_part(filter_label(about, NAMELESS[kind]), now, before, more)
            moved = say.Moved(now, before, self.query.period.days)
            found = self.sentence(CHANGE, "change-of-active-users", "people", words, moved)
            yield found.model_copy(update={"kind": kind, "about": about})

    def lifecycle(self) -> Iterator[Sentence]:
        """Who came, stayed, came back and left, where there is somebody who could have."""
        for group in GROUPS:
            of = partial(self.life, group)
            moved = self.moved(of)
            could = sum(self.now(partial(self.life, name)) or 0 for name in _BEFORE)
            some = could if group in _BEFORE else moved.now or moved.before
            if self.now(of) is not None and some:
                words = say.LIFECYCLE[group](moved, could)
                yield self.sentence(group.capitalize(), "lifecycle", "people", words, moved)

    def conversations(self) -> Iterator[Sentence]:
        """How many were started."""
        moved = self.moved(self.started)
        words = say.conversations(moved, self.now(self.active_people) or 0)
        yield self.sentence("Conversations", "metrics", "conversations", words, moved)

    def unanswered(self) -> Iterator[Sentence]:
        """How many of them have no answer by now."""
        of = self.now(self.started)
        if of:
            moved = self.moved(self.without_answer)
            words = say.unanswered(moved, of)
            yield self.sentence("Unanswered", "depth-summary", "conversations", words, moved)

    def adoption(self) -> Iterator[Sentence]:
        """How many of those who could use a twin do."""
        accounts = accounts_until(self.reader, self.query)
        if accounts:
            part = say.Part(self.now(self.active_people) or 0, accounts, *self._adopted_before())
            words = say.adoption(part)
            yield self.sentence("Adoption", "adoption", "people", words, _in_part(part))

    def _adopted_before(self) -> tuple[int | None, int | None]:
        """Active people and accounts of the complete days compared with."""
        before = self.query.previous.complete
        if before is None or before.period.start.toordinal() < self.began:
            return None, None
        start, length = before.period.start.toordinal(), before.period.days
        return self.active_people(start, length), accounts_until(self.reader, before)

    def activation(self) -> Iterator[Sentence]:
        """How many of the new accounts started."""
        new = new_accounts(self.reader, self.query)
        if new and new.days and (accounts := new.people(CREATED)):
            used, today = new.people(USED), self.query.period.today
            first, last = map(datetime.date.fromordinal, new.days)
            created = days(Period(first, last, today, of_list=True))
            words = say.activation(used, accounts, created, new.median)
            moved = say.Moved(used, None, self.query.period.days)
            yield self.sentence("Activation", "activation-time", "people", words, moved)

    def habit(self) -> Iterator[Sentence]:
        """How many use a twin week by week."""
        people = habit_people(self.reader, self.query)
        if people.days and people.now and (active := sum(people.now)):
            end, before = people.days.end, people.before
            part = say.Part(
                _each_week(people.now),
                active,
                _each_week(before) if before else None,
                sum(before) if before else None,
                self._weeks_before(end),
            )
            words = say.habit(part, self._four_weeks(end))
            yield self._of_four_weeks("Habit", "habit", words, part, end)

    def concentration(self) -> Iterator[Sentence]:
        """How few start half of the conversations."""
        row = concentration(self.reader, self.query)
        if row.people and row.half_people and row.to_day:
            before, then = row.previous_half_people, self._weeks_before(row.to_day)
            part = say.Part(row.half_people, row.people, before, row.previous_people, then)
            words = say.concentration(part, self._four_weeks(row.to_day))
            if words:
                name = "Half of the conversations"
                yield self._of_four_weeks(name, "concentration", words, part, row.to_day)

    def _four_weeks(self, end: datetime.date) -> str:
        """How the 28 days are called: by their dates where they aren't those of the summary."""
        if self.query.period.days == WINDOW:
            return "these 4 weeks"
        return f"the 4 weeks {days(window(end.toordinal(), self.query.period))}"

    def _weeks_before(self, end: datetime.date) -> str:
        """How the 28 days before are called: in full where the summary compares with others."""
        before, other = window(end.toordinal() - WINDOW, self.query.period), self.query.previous
        is_same = (before.start, before.end) == (other.period.start, other.period.end)
        return "before" if is_same else "in the 4 weeks before"

    def _of_four_weeks(
        self, name: str, result: str, words: say.Words, part: say.Part, end: datetime.date
    ) -> Sentence:
        """The row of a figure of the 28 days that end on a day, against the 28 before."""
        moved, last = _in_part(part), end.toordinal()
        both = (window(last - n, self.query.period) for n in (0, WINDOW) if last > n + WINDOW)
        return self.sentence(name, result, "people", words, moved, *both)

    def sentence(  # noqa: PLR0913, PLR0917 - what is said, of what
        self,
        name: str,
        result: str,
        counts: str,
        words: say.Words,
        moved: say.Moved,
        period: Period | None = None,
        before: Period | None = None,
    ) -> Sentence:
        """The row of a figure of the days, or of a period of its own."""
        period, before = period or self.query.period, before or self.query.previous.period
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
            kind="",
            about=None,
            from_day=period.start,
            to_day=period.end,
            compared_from=before.start if is_compared else None,
            compared_to=before.end if is_compared else None,
        )


def _each_week(people: Tiers) -> int:
    """Those of them who were active in each week: on most days, or fewer."""
    return people[TIERS.index("most_days")] + people[TIERS.index("weekly")]


def _in_part(part: say.Part) -> say.Moved:
    """A part of people as a figure of which nobody says that it rose."""
    return say.Moved(part.part, part.part_before, WINDOW)


def _leads_to(row: Any, query: Query) -> DrillThrough:
    """What a sentence counts."""
    asked = whole_weeks(query)
    period = Period(row.from_day, row.to_day, query.period.today)
    counts = {row.counts: row.value} if row.counts else {}
    group = _GROUPS.get(row.name, "")
    of: dict[str, Any] = {f"{row.kind}s": (row.about,)} if row.kind else {}
    narrowed = replace(asked, period=period, group=group, unanswered=row.name == "Unanswered", **of)
    return DrillThrough(row.name, counts, narrowed, (row.name,))


RESULT = Result(
    "summary",
    "Summary",
    "summary",
    summary,
    Drawing("sentences"),
    empty="No day of this period is over yet, or nobody has ever used a twin.",
    leads_to=_leads_to,
)
