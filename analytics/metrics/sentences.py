"""What may be said about a figure, and how: sentences from templates, never from a model.

Counts come first. A percentage stands on a base of 20 or more, a rate on 10 people. Nothing rose or
fell that moved by less than 2 people (5 % of conversations), or within the range of the changes
like it before; where fewer than 4 of those are known, only the numbers are said. No sentence names
a cause.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from analytics.arithmetic import change, percentage, rounded
from analytics.format import count, number, percent, signed

LIKE_CHANGES = 8  # so many earlier changes a change is held against, at most
FEWEST = 4  # with fewer of them nothing rose or fell, nor is anything the most
RANKED = 8  # so many periods a rank is of, the own one among them
PERCENT_BASE = 20
RATE_PEOPLE = 10
TOO_FEW = "too few people to say"
_PEOPLE = 2
_CONVERSATIONS = 5  # percent of those before
_WEEK = 7

Direction = Literal["", "rose", "fell", "about as before"]


@dataclass(frozen=True)
class Words:
    """A figure as it is set large, the sentence that it stands in, and what it is compared with.

    `direction` is "" where neither may be said.
    """

    figure: str
    sentence: str
    comparison: str = ""
    direction: Direction = ""


@dataclass(frozen=True)
class Moved:
    """A figure of a period of `days` days, and those that it may be held against.

    `before` is that of the period compared with, None where there is none; `changes` are the
    changes like it before, and `earlier` the figures of the periods before, the latest first.
    `then` says what was compared with where that is no period as long.
    """

    now: int
    before: int | None
    days: int
    changes: Sequence[int] = ()
    earlier: Sequence[int] = ()
    then: str = "before"


def enough_people(now: int, before: int) -> bool:
    """Whether a number of people changed by so much that it may have risen or fallen."""
    return abs(now - before) >= _PEOPLE


def enough_conversations(now: int, before: int) -> bool:
    """The same of conversations: by 5 % of those before, or more."""
    return now != before and abs(now - before) * 100 >= _CONVERSATIONS * before


def direction(moved: Moved, is_enough: Callable[[int, int], bool]) -> Direction:
    """Where a figure moved; "" where it can't be compared, or too few changes like it are known."""
    changes = moved.changes[:LIKE_CHANGES]
    if moved.before is None or len(changes) < FEWEST:
        return ""
    more = moved.now - moved.before
    if is_enough(moved.now, moved.before):
        if more > max(0, *changes):
            return "rose"
        if more < min(0, *changes):
            return "fell"
    return "about as before"


def share_of(part: int, whole: int) -> str:
    """As " (35.0 %)"; "" where the base bears no percentage."""
    return f" ({percent(percentage(part, whole))})" if whole >= PERCENT_BASE else ""


def periods_of(periods: int, days: int) -> str:
    """As "8 weeks", "5 periods of 4 weeks", "6 periods of 3 days"."""
    if days == 1:
        return count(periods, "day")
    if days == _WEEK:
        return count(periods, "week")
    length = count(days // _WEEK, "week") if days % _WEEK == 0 else count(days, "day")
    return f"{count(periods, 'period')} of {length}"


def length(days: int) -> str:
    """As "4 weeks", "week", "3 days", "day": of so many days before."""
    weeks, rest = divmod(days, _WEEK)
    if not rest:
        return "week" if weeks == 1 else count(weeks, "week")
    return "day" if days == 1 else count(days, "day")


def rank(moved: Moved) -> str:
    """As " The most of 8 weeks."; "" where another period has as many, or too few are known."""
    earlier = moved.earlier[: RANKED - 1]
    if len(earlier) < FEWEST:
        return ""
    of = periods_of(len(earlier) + 1, moved.days)
    if moved.now > max(earlier):
        return f" The most of {of}."
    return f" The fewest of {of}." if moved.now < min(earlier) else ""


def compared(moved: Moved, is_enough: Callable[[int, int], bool]) -> tuple[str, Direction]:
    """What a figure is compared with, in words, and where it moved."""
    if moved.before is None:
        return rank(moved).strip(), ""
    where, before = direction(moved, is_enough), number(moved.before)
    if where == "about as before":
        return f"About as before ({before}).{rank(moved)}", where
    if not where:
        return f"{before} {moved.then}.{rank(moved)}", where
    percents = ""
    if moved.before >= PERCENT_BASE:
        percents = f" ({signed(float(change(moved.now, moved.before) or 0))} %)"
    return (
        f"Their number {where} from {before} to {number(moved.now)}{percents}.{rank(moved)}",
        where,
    )


# --- templates ---------------------------------------------------------------------------------


def active_people(moved: Moved) -> Words:
    """How many people used a twin."""
    people = count(moved.now, "person", "people") if moved.now else "Nobody"
    return Words(number(moved.now), f"{people} used a twin.", *compared(moved, enough_people))


def conversations(moved: Moved, people: int) -> Words:
    """How many conversations were started, and how many a person."""
    if not moved.now:
        said = "No conversation was started."
    else:
        was = "was" if moved.now == 1 else "were"
        each = f"{number(rounded(moved.now, people))} a person" if people >= RATE_PEOPLE else ""
        each = each or f"{TOO_FEW} how many a person"
        said = f"{count(moved.now, 'conversation')} {was} started; {each}."
    return Words(number(moved.now), said, *compared(moved, enough_conversations))


def largest_part(name: str, now: int, before: int, change_of_all: int) -> Words:
    """Whom a change of active people comes from most: a sum, never a cause."""
    figure = signed(now - before)
    said = f"{name} accounts for {figure} of the change of {signed(change_of_all)}:"
    said += f" {count(now, 'person', 'people')} used a twin there, {number(before)} before."
    return Words(figure, said)


def unanswered(moved: Moved, of: int) -> Words:
    """How many conversations have no answer."""
    is_or_are = "is" if moved.now == 1 else "are"
    said = f"{number(moved.now)} of the {count(of, 'conversation')} {is_or_are} without an answer"
    said += f" of the twin{share_of(moved.now, of)}."
    return Words(number(moved.now), said, *compared(moved, enough_conversations))


def _came(moved: Moved, how: str) -> Words:
    people = count(moved.now, "person", "people") if moved.now else "Nobody"
    return Words(number(moved.now), f"{people} {how}.", *compared(moved, enough_people))


def _of_those_before(moved: Moved, before: int, how: str) -> Words:
    of = f"the {count(before, 'person', 'people')} of the {length(moved.days)} before"
    some = number(moved.now) if moved.now else "None"
    said = f"{some} of {of} {how}{share_of(moved.now, before)}."
    return Words(number(moved.now), said, *compared(moved, enough_people))


# Of each group of the lifecycle, with how many people were active on the days before.
LIFECYCLE: dict[str, Callable[[Moved, int], Words]] = {
    "new": lambda moved, _: _came(moved, "used a twin for the first time"),
    "returning": lambda moved, before: _of_those_before(moved, before, "stayed"),
    "back": lambda moved, _: _came(moved, "came back after a break"),
    "gone": lambda moved, before: _of_those_before(moved, before, "left"),
}


def _of(part: int, whole: int, what: str) -> str:
    """As "48 of the 120 people with an account"."""
    return f"{number(part)} of the {count(whole, 'person', 'people')} {what}"


@dataclass(frozen=True)
class Part:
    """A part of some people, now and before; None where nobody knows.

    `then` says which days were before.
    """

    part: int
    whole: int
    part_before: int | None = None
    whole_before: int | None = None
    then: str = "before"


def _part_before(of: Part) -> str:
    part, whole = of.part_before, of.whole_before
    if part is None or whole is None:
        return ""
    return f"{number(part)} of {number(whole)} {of.then}{share_of(part, whole)}."


def adoption(of: Part) -> Words:
    """How many of those with an account used a twin."""
    said = f"{_of(of.part, of.whole, 'with an account')} used a twin"
    figure = f"{number(of.part)} of {number(of.whole)}"
    if of.whole < RATE_PEOPLE:
        said += f"; {TOO_FEW} a rate"
    elif of.whole >= PERCENT_BASE:
        figure = percent(percentage(of.part, of.whole))
        said += share_of(of.part, of.whole)
    return Words(figure, f"{said}.", _part_before(of))


def habit(of: Part, weeks: str) -> Words:
    """How many used a twin in each of four weeks, which `weeks` names."""
    said = f"{_of(of.part, of.whole, f'active in {weeks}')} were active in each of them"
    said += f"; {TOO_FEW} whether it is a habit" if of.whole < RATE_PEOPLE else ""
    said += share_of(of.part, of.whole)
    return Words(number(of.part), f"{said}.", _part_before(of))


def activation(used: int, accounts: int, created: str, median: int | None) -> Words:
    """How many of the new accounts, `created` on some days, started, and after how long."""
    said = _of(used, accounts, f"with an account made {created}")
    said += f" used a twin within 28 days{share_of(used, accounts)}"
    if accounts < RATE_PEOPLE:
        said += f"; {TOO_FEW} how soon"
    elif median is not None:
        after = f"within {count(median, 'day')}" if median else "on the first day"
        said += f"; half of them {after}"
    return Words(number(used), f"{said}.")


def concentration(of: Part, weeks: str) -> Words | None:
    """How few started half of the conversations; None of too few people to say."""
    if of.whole < RATE_PEOPLE:
        return None
    said = f"{_of(of.part, of.whole, f'who started conversations in {weeks}')} started half of them"
    before = _part_before(of)
    if of.whole_before is not None and of.whole_before < RATE_PEOPLE:
        before = ""
    return Words(number(of.part), f"{said}{share_of(of.part, of.whole)}.", before)
