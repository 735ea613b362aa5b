"""Whether twins are a habit: on how many days people are active."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from analytics.arithmetic import Share, average, change, difference, percentage
from analytics.fields import Meaning, Row
from analytics.format import count, days, number, percent, signed
from analytics.format import difference as written_difference
from analytics.metrics.headline import BEFORE
from analytics.metrics.result import Card, Drawing, DrillThrough, Result, direction
from analytics.period import Period
from analytics.query import Query
from analytics.reading.cells import begins_late_enough
from analytics.reading.figures import day_sums, totals
from analytics.reading.habits import Tiers, tiers, window, window_end
from analytics.reading.reader import Reader
from analytics.rollups.habit_tables import TIERS, WINDOW

CALLED = {
    "most_days": "Active on most days",
    "weekly": "Active weekly",
    "occasional": "Active occasionally",
}
MEANT = {
    "most_days": "active in each of the four 7-day blocks of the 28 days, on 12 or more days",
    "weekly": "active in each of the four 7-day blocks of the 28 days, on fewer than 12 days",
    "occasional": "active in the 28 days, but not in each of their four 7-day blocks",
}
OF_28_DAYS = "28 days that end on the last complete day of the period"


def counted(label: str, said: str) -> Meaning:
    """The meaning of a count of people, or of what they did, in the 28 days."""
    return Meaning(label, f"{said}; none without 28 days of data.", total="distinct")


def share(label: str, said: str, *, before: bool = False) -> Meaning:
    """The meaning of a share in percent."""
    return Meaning(label, said, "%", "percent", "distinct", is_compared=before)


def before(
    label: str, said: str = "The same of the 28 days before; none without their data."
) -> Meaning:
    """The meaning of a figure of the days before."""
    return Meaning(f"{label} before", said, total="distinct", is_compared=True)


def first_of_28() -> Meaning:
    """The meaning of the first of the days that are counted."""
    return Meaning("From", f"The first of the {OF_28_DAYS}; none without 28 days of data.")


def last_of_28() -> Meaning:
    """The meaning of the last of the days that are counted."""
    return Meaning("To", "The last complete day of the period; none if there is none.")


def _tier(name: str) -> Meaning:
    return counted(CALLED[name], f"People {MEANT[name]}")


def _tier_before(name: str) -> Meaning:
    return before(CALLED[name])


def _share(name: str) -> Meaning:
    return share(f"{CALLED[name]}, %", "Their share of the people active in the 28 days.")


def _share_before(name: str) -> Meaning:
    said = "Their share of the people active in the 28 days before."
    return share(f"{CALLED[name]} before, %", said, before=True)


class Habit(Row):
    """How many people have which habit, in 28 days and the 28 before; and days per active person of
    the complete days of the period, and of as many days before them."""

    from_day: Annotated[datetime.date | None, first_of_28()]
    to_day: Annotated[datetime.date | None, last_of_28()]
    active_users: Annotated[
        int | None, counted("Active in 28 days", f"People active in the {OF_28_DAYS}")
    ]
    most_days: Annotated[int | None, _tier("most_days")]
    weekly: Annotated[int | None, _tier("weekly")]
    occasional: Annotated[int | None, _tier("occasional")]
    most_days_share: Annotated[float | None, _share("most_days")]
    weekly_share: Annotated[float | None, _share("weekly")]
    occasional_share: Annotated[float | None, _share("occasional")]
    previous_active_users: Annotated[int | None, before("Active in 28 days")]
    previous_most_days: Annotated[int | None, _tier_before("most_days")]
    previous_weekly: Annotated[int | None, _tier_before("weekly")]
    previous_occasional: Annotated[int | None, _tier_before("occasional")]
    previous_most_days_share: Annotated[float | None, _share_before("most_days")]
    previous_weekly_share: Annotated[float | None, _share_before("weekly")]
    previous_occasional_share: Annotated[float | None, _share_before("occasional")]
    period_users: Annotated[
        int | None,
        Meaning(
            "Active users",
            "People active on the complete days of the period; none if it has none.",
            total="distinct",
        ),
    ]
    user_days: Annotated[
        int | None,
        Meaning("Days of people", "The active users of each of these days, added up."),
    ]
    days_per_user: Annotated[
        float | None,
        Meaning(
            "Days per active person",
            "Days of people / active users; none where nobody was active.",
            total="distinct",
        ),
    ]
    previous_days_per_user: Annotated[
        float | None,
        before(
            "Days per active person",
            "The same of as many days before; none where they begin before the data.",
        ),
    ]
    days_per_user_change: Annotated[
        float | None,
        Meaning(
            "Change of days per active person",
            "The difference; none where there is nothing to compare.",
            total="distinct",
            is_compared=True,
        ),
    ]


def habit(reader: Reader, query: Query) -> Habit:
    """Whether twins are a habit.

    Of the 28 days that end on the last complete day of the period: people active on most days (in
    each of the four 7-day blocks, and on 12 or more days), weekly (in each of the four blocks), or
    occasionally (less), with their shares of all who were active in these days. Compared with the
    28 days before. There is no answer where 28 days begin before the data.

    Days per active person: the active users of each complete day of the period, added up, / the
    people active in it. Compared with as many days directly before.
    """
    people = habit_people(reader, query)
    now, then = _days_and_people(reader, query)
    return Habit(
        from_day=people.days and people.days.start,
        to_day=people.days and people.days.end,
        **_people("", people.now),
        **_people("previous_", people.before),
        user_days=now[0] if now else None,
        period_users=now[1] if now else None,
        days_per_user=average(*now) if now else None,
        previous_days_per_user=average(*then) if then else None,
        days_per_user_change=difference(now, then) if now and then else None,
    )


class HabitPeople(NamedTuple):
    """The 28 days of a question, people of each tier in them, and in the 28 before; None: not
    known."""

    days: Period | None
    now: Tiers | None
    before: Tiers | None


def habit_people(reader: Reader, query: Query) -> HabitPeople:
    """How many people have which habit."""
    end = window_end(reader, query.period)
    if end is None:
        return HabitPeople(None, None, None)
    earlier = end - WINDOW
    has_before = begins_late_enough(reader, earlier - WINDOW + 1)
    found = tiers(reader, query, earlier if has_before else end, end)
    return HabitPeople(window(end, query.period), found[end], found.get(earlier))


def _people(prefix: str, people: Sequence[int] | None) -> dict[str, Any]:
    """The fields of people by tier, and of their shares."""
    active = sum(people) if people is not None else None
    found: dict[str, Any] = {f"{prefix}active_users": active}
    for n, name in enumerate(TIERS):
        found[f"{prefix}{name}"] = people[n] if people is not None else None
        found[f"{prefix}{name}_share"] = percentage(people[n], active or 0) if people else None
    return found


def _days_and_people(reader: Reader, query: Query) -> tuple[Share | None, Share | None]:
    """Daily users, added up, and distinct ones: of the complete days, and of as many before."""
    period = query.period.complete
    if period is None:
        return None, None
    has_before = begins_late_enough(reader, period.start.toordinal() - period.days)
    now = _share_of(reader, query, period)
    return now, _share_of(reader, query, period.previous) if has_before else None


def _share_of(reader: Reader, query: Query, period: Period) -> Share:
    query = replace(query, period=period, against=None)
    users = sum(users for (users,) in day_sums(reader, query, "users").values())
    return users, totals(reader, query, until="conversations").active_users


def habit_cards(h: Habit) -> list[Card]:
    """Who is active in 28 days, how many of them on most days, weekly, occasionally, and days per
    active person."""
    cards = [
        people_card("Active in 28 days", f"People active in the {OF_28_DAYS}.", h, "active_users")
    ]
    if h.from_day and h.to_day:
        of = days(Period(h.from_day, h.to_day, h.to_day))
        cards = [replace(cards[0], note=of)]
    for name in TIERS:
        card = people_card(CALLED[name], f"People {MEANT[name]}.", h, name)
        rate = getattr(h, f"{name}_share")
        cards.append(replace(card, note="" if rate is None else f"{percent(rate)} of them"))
    moved = h.days_per_user_change
    cards.append(
        Card(
            "Days per active person",
            number(h.days_per_user),
            "The active users of each complete day of the period, added up, divided by the people"
            " active in it. Compared with as many days directly before.",
            "" if moved is None else signed(moved),
            "" if moved is None else direction(moved),
            "" if moved is None else number(h.previous_days_per_user),
            "" if h.period_users is None else count(h.period_users, "active user"),
        )
    )
    return cards


def people_card(label: str, words: str, row: Row, name: str) -> Card:
    now, then = getattr(row, name), getattr(row, f"previous_{name}")
    if now is None or then is None:
        return Card(label, number(now), words)
    percents = change(now, then)
    moved = written_difference(now, then, percents)
    return Card(label, number(now), words, moved, direction(percents, now - then), number(then))


def habit_leads_to(h: Habit, query: Query) -> list[Sequence[DrillThrough]]:
    """What each card counts, and the one that it is compared with."""
    of: list[dict[str, Any]] = [{"active_days": 1}, *({"group": name} for name in TIERS)]
    names = ("active_users", *TIERS)
    found = [
        of_28_days(h, query, name, "people", **asked) for name, asked in zip(names, of, strict=True)
    ]
    period = query.period.complete
    if period is None:
        return [*found, ()]
    asked = replace(query, period=period, against=None)
    return [*found, (DrillThrough("", {"people": h.period_users}, asked),)]


def of_28_days(
    row: Any, query: Query, name: str, kind: str, **asked: Any
) -> tuple[DrillThrough, ...]:
    """What a field counts in the row's 28 days, and in the 28 before; nothing where it is none."""
    made = []
    for n, (prefix, called) in enumerate((("", ""), ("previous_", BEFORE))):
        counts = getattr(row, f"{prefix}{name}")
        if counts is not None:
            of = window(row.to_day.toordinal() - n * WINDOW, query.period)
            there = replace(query, period=of, against=None, **asked)
            made.append(DrillThrough(called, {kind: counts}, there, is_before=bool(n)))
    return tuple(made)


RESULT = Result(
    "habit",
    "Habit",
    "adoption/habit",
    habit,
    Drawing("cards"),
    cards=habit_cards,
    cards_lead_to=habit_leads_to,
)
