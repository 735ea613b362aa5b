"""What a showcase has beyond the default: habits as in real companies, and what changed them.

Some accounts never use a twin, some people try once, some leave, some leave and come back, and a
few start half of the conversations. A team starts with its training. What a summary compares, the
last 28 days with the 28 before, is counted back from the end of the period, so it is there
whichever day that is; in a shorter period what would lie before it moves to its first day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from seed.columns import Ints
from seed.options import SHOWCASE_DAYS, SHOWCASE_USERS, Options
from seed.rhythm import THINNING

WEEK = 7
TUESDAY, THURSDAY, SATURDAY = 1, 3, 5


class Habit(IntEnum):
    """How somebody uses their twins."""

    HEAVY = 0
    STEADY = 1
    OCCASIONAL = 2
    LEAVING = 3
    RETURNING = 4
    ONCE = 5
    NEVER = 6
    LATE = 7
    """Steady too, from their team's training on: they share an organization and a department."""


# Of everybody; who is left is steady.
SHARES = {
    Habit.HEAVY: 0.1,
    Habit.OCCASIONAL: 0.15,
    Habit.LEAVING: 0.1,
    Habit.RETURNING: 0.1,
    Habit.ONCE: 0.1,
    Habit.NEVER: 0.1,
    Habit.LATE: 0.2,
}
LARGEST_TEAM = 40
PACE = {
    Habit.HEAVY: (12.0, 19.0),
    Habit.STEADY: (2.3, 2.9),
    Habit.OCCASIONAL: (0.5, 0.9),
    Habit.LEAVING: (2.0, 3.4),
    Habit.RETURNING: (2.0, 3.4),
    Habit.ONCE: (0.0, 0.0),
    Habit.NEVER: (0.0, 0.0),
    Habit.LATE: (2.2, 2.8),
}
"""From so many to so many conversations a week; one at least but for those who never start."""


class Stage(IntEnum):
    """When an account is made."""

    EARLY = 0
    """Before the period, or when the organization starts."""
    MIDDLE = 1
    PREVIOUS = 2
    """In the 28 days before the last 28."""
    LAST = 3


# By turns.
STAGES = {
    Habit.HEAVY: (Stage.EARLY, Stage.EARLY, Stage.MIDDLE),
    Habit.STEADY: (Stage.EARLY, Stage.MIDDLE, Stage.EARLY, Stage.MIDDLE, Stage.PREVIOUS),
    Habit.OCCASIONAL: (Stage.MIDDLE, Stage.PREVIOUS, Stage.LAST, Stage.EARLY),
    Habit.LEAVING: (Stage.MIDDLE, Stage.EARLY, Stage.EARLY),
    Habit.RETURNING: (Stage.EARLY,),
    Habit.ONCE: (Stage.LAST, Stage.PREVIOUS, Stage.MIDDLE),
    Habit.NEVER: (Stage.PREVIOUS, Stage.EARLY, Stage.MIDDLE),
}

# Days before the last one. Where the period ends on a weekend, its last day with data may be the
# Friday before: each of these lies in the same 28 days either way.
PREVIOUS, LAST, LEAVES, STARTS = (52, 38), (24, 12), (46, 34), (27, 22)
MIDDLE_ENDS, IS_AWAY = 58, 60
HOLIDAY = (7, 15)  # days


@dataclass(frozen=True, eq=False)
class Habits:
    """One value a user; days count from the first of the period, earlier ones are negative."""

    habit: Ints
    joined: Ints
    first_day: Ints
    """Of the first conversation, where it is not the first of the period."""
    last_day: Ints
    away_from: Ints
    away_until: Ints
    """The day they come back, from a holiday or for good; as `away_from` if they are never away."""
    pace: NDArray[np.float64]
    """Conversations a week."""


def choose_habits(options: Options, rng: np.random.Generator) -> Ints:
    """Everybody's habit. Who founded an organization is a regular user if there are enough, and
    none of the late team, who share one."""
    most = {Habit.LATE: min(LARGEST_TEAM, options.users - options.organizations)}
    counts = {
        habit: min(most.get(habit, options.users), int(share * options.users + 1e-9))
        for habit, share in SHARES.items()
    }
    counts[Habit.STEADY] = options.users - sum(counts.values())
    others = options.organizations + rng.permutation(options.users - options.organizations)
    habit: Ints = np.empty(options.users, dtype=np.int64)
    habit[np.concatenate([np.arange(options.organizations), others])] = np.repeat(
        list(Habit), [counts[kind] for kind in Habit]
    )
    return habit


def build_habits(
    options: Options, habit: Ints, starts: NDArray[np.float64], rng: np.random.Generator
) -> Habits:
    """Decide when each person joins, starts, pauses and stops, and how much they do.

    `starts` holds the share of the period after which each one's organization starts.
    """
    joined = _joined(options, habit, starts, rng)
    late = habit == Habit.LATE
    lag = rng.integers(0, 4, options.users)
    first = np.where(joined < 0, 0, _from_weekend(options, joined + lag, forward=True))
    first[late] = _late_starts(options, int(late.sum()))
    first = np.clip(first, 0, options.days - 1)

    last = np.full(options.users, options.days - 1)
    leaving = np.flatnonzero(habit == Habit.LEAVING)
    early = np.arange(len(leaving)) % 3 == 2  # noqa: PLR2004  the third of three
    last[leaving] = _days(options, LEAVES, len(leaving), rng)
    last[leaving[early]] = np.floor(rng.uniform(0.45, 0.6, int(early.sum())) * options.days)
    once = habit == Habit.ONCE
    last[once] = first[once]

    # Everybody has a holiday, if they are there long enough before what is compared.
    room = np.minimum(last, options.days - 1 - IS_AWAY) - HOLIDAY[1] - first - 2 * WEEK
    gone = first + 2 * WEEK + np.floor(rng.random(options.users) * room).astype(np.int64)
    back = gone + rng.integers(*HOLIDAY, options.users)
    has_room = room > 0
    gone, back = np.where(has_room, gone, 0), np.where(has_room, back, 0)
    returning = np.flatnonzero(habit == Habit.RETURNING)
    left = np.floor(rng.uniform(0.3, 0.5, len(returning)) * options.days).astype(np.int64)
    left = np.maximum(left, first[returning] + 2 * WEEK).clip(max=options.days - IS_AWAY)
    gone[returning] = np.maximum(left, 0)
    back[returning] = np.maximum(
        gone[returning], _place(options, talk_day(options)) + np.arange(len(returning)) % 2
    )
    return Habits(
        habit=habit,
        joined=joined,
        first_day=first,
        last_day=np.maximum(last, first),
        away_from=gone,
        away_until=back,
        pace=_pace(options, habit, rng),
    )


def training_day(options: Options) -> date:
    """The late team's: a Tuesday, of which the two days after leave four whole weeks."""
    return _weekday_until(options.end_date - timedelta(31), TUESDAY)


def talk_day(options: Options) -> date:
    """When everybody is invited, and some come back: a Thursday of the last two weeks."""
    return _weekday_until(options.end_date - timedelta(7), THURSDAY)


def rollout_day(options: Options, start: float) -> date:
    """The Monday on which an organization starts, after that share of the period."""
    day = options.start_date + timedelta(int(start * options.days))
    return day + timedelta(-day.weekday() % WEEK)


def _joined(
    options: Options, habit: Ints, starts: NDArray[np.float64], rng: np.random.Generator
) -> Ints:
    """The day each account is made: never on a weekend, nor before the organization starts."""
    users = options.users
    stage = np.zeros(users, dtype=np.int64)
    for kind, turns in STAGES.items():
        members = np.flatnonzero(habit == kind)
        stage[members] = np.array(turns)[np.arange(len(members)) % len(turns)]
    joined = -rng.integers(5, 90, users)
    middle = np.flatnonzero(stage == Stage.MIDDLE)
    even = (rng.permutation(len(middle)) + 0.5) / max(1, len(middle))
    low = 0.12 * options.days
    joined[middle] = np.floor(low + even * (options.days - MIDDLE_ENDS - low))
    for when, before in ((Stage.PREVIOUS, PREVIOUS), (Stage.LAST, LAST)):
        members = np.flatnonzero(stage == when)
        joined[members] = _days(options, before, len(members), rng)
    team = np.flatnonzero(habit == Habit.LATE)
    joined[team] = _place(options, training_day(options)) - rng.integers(1, 6, len(team))
    joined = _from_weekend(options, joined, forward=False)

    different, which = np.unique(starts, return_inverse=True)
    days = [_place(options, rollout_day(options, start)) for start in different.tolist()]
    rollout = np.array(days, dtype=np.int64)[which]
    later = (starts > 0) & (habit != Habit.LATE)
    return np.where(later, np.maximum(joined, rollout), joined).clip(max=options.days - 1)


def _late_starts(options: Options, count: int) -> Ints:
    """One in six on the day of the training, the others in the last 28 days."""
    turn = np.arange(count)
    others = options.days - 1 - STARTS[0] + turn % (STARTS[0] - STARTS[1])
    others = _from_weekend(options, others, forward=True)
    return np.where(turn % 6 == 0, _place(options, training_day(options)), others)


def _pace(options: Options, habit: Ints, rng: np.random.Generator) -> NDArray[np.float64]:
    """Large companies are mostly light users, as in the default."""
    size = SHOWCASE_USERS * SHOWCASE_DAYS / (options.users * options.days)
    low, high = np.array([PACE[kind] for kind in Habit])[habit].T
    pace: NDArray[np.float64] = rng.uniform(low, high) * min(1.0, size**THINNING)
    return pace


def _place(options: Options, day: date) -> int:
    return (day - options.start_date).days


def _weekday_until(day: date, weekday: int) -> date:
    return day - timedelta((day.weekday() - weekday) % WEEK)


def _days(options: Options, before: tuple[int, int], count: int, rng: np.random.Generator) -> Ints:
    """Days of the period by their distance from its last one."""
    longest, shortest = before
    return options.days - 1 - rng.integers(shortest, longest + 1, count)


def _from_weekend(options: Options, days: Ints, *, forward: bool) -> Ints:
    """Weekends move to the Monday after, or to the Friday before."""
    into = np.maximum(0, (days + options.start_date.weekday()) % WEEK - SATURDAY + 1)
    return days + np.where(into > 0, 3 - into, 0) if forward else days - into
