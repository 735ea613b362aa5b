"""What results are made of, each figure from the tables that know it.

Cells answer a question of organizations and departments, facts any other (`_source` decides); the
suite compares both where both can.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import ModuleType
from typing import Any, TypeVar

from analytics.arithmetic import Share
from analytics.query import Query
from analytics.reading import (
    account_cells,
    account_facts,
    cells,
    depth,
    facts,
    lifecycle,
    reach,
    rolling,
)
from analytics.reading.cells import Totals
from analytics.reading.depth import Depths
from analytics.reading.reach import Users, Whose
from analytics.reading.reader import Reader
from analytics.rollups.tables import slice_name

NOTHING = Totals()
T = TypeVar("T")
_OF_ACCOUNTS = {cells: account_cells, facts: account_facts}


def _source(reader: Reader, query: Query) -> tuple[ModuleType, Query]:
    """Which tables answer, cells for a set of slices, else the facts per user; and the question.

    An e-mail filter that everybody matches is none.
    """
    if query.user and not query.is_of_slices and facts.are_everybody(reader, query):
        query = replace(query, user="")
    return (cells if query.is_of_slices else facts), query


def _ask(
    reader: Reader, query: Query, of_cells: Callable[..., T], of_facts: Callable[..., T], *more: Any
) -> T:
    """What the tables say that answer."""
    source, query = _source(reader, query)
    return (of_cells if source is cells else of_facts)(reader, query, *more)


def knows_slices(reader: Reader, query: Query) -> tuple[bool, Query]:
    """Whether cells answer, and the question, for figures that other modules read."""
    source, query = _source(reader, query)
    return source is cells, query


def day_sums(
    reader: Reader, query: Query, *names: str, lead: int = 0
) -> dict[date, tuple[int, ...]]:
    """Sums of named daily counts, each day from `lead` days before the period to its end.

    Names are "users" (active ones), "conversations", "messages", "documents", "queries" and
    "installations" (of the day, by owner).
    """
    first = max(1, query.period.start.toordinal() - lead)
    source, query = _source(reader, query)
    if source is cells:
        found = cells.sums(reader, query, "days", names, ["day"], lead)
        counts: Mapping[int, tuple[int, ...]] = {day: row for (day,), row in found.items()}
    else:
        counts = facts.day_sums(reader, query, names, lead)
    none = (0,) * len(names)
    return {
        date.fromordinal(day): counts.get(day, none)
        for day in range(first, query.period.end.toordinal() + 1)
    }


def totals_by(
    reader: Reader, query: Query, *by: str, until: str = "duration"
) -> dict[tuple[str, ...], Totals]:
    """Totals of the period by the slice columns `by` ("company", "department"), as slice keys.

    Only the fields up to `until` are read; the others are 0.
    """
    counts = Totals._fields[1 : Totals._fields.index(until) + 1]
    source, query = _source(reader, query)
    found = source.totals_by(reader, query, by, counts)
    return {key: Totals(*row) for key, row in found.items()}


def totals(reader: Reader, query: Query, until: str = "duration") -> Totals:
    """Totals of the period for the filters; active users are distinct over the whole period."""
    return totals_by(reader, query, until=until).get((), NOTHING)


def installations_until(reader: Reader, query: Query) -> int:
    """Twins created up to the end of the period, by their owner's organization and department."""
    source, query = _source(reader, query)
    if source is cells:
        return cells.sums(reader, query, "until", ["installations"])[()][0]
    return facts.installations_until(reader, query)


def power_users(reader: Reader, query: Query) -> int:
    """People who started 10 or more conversations in the period."""
    source, query = _source(reader, query)
    return int(source.power_users(reader, query))


def returned(reader: Reader, query: Query, days: int) -> Share:
    """Users who were active exactly `days` (1, 7 or 30) after their first active day ever.

    Counted are those whose first day + `days` falls inside the period on a complete day. Returns
    how many of them were active then, and how many there are.
    """
    source, query = _source(reader, query)
    came, eligible = source.returned(reader, query, days)
    return came, eligible


def headcounts(reader: Reader, query: Query, *by: str) -> list[tuple[tuple[str, ...], int]]:
    """People, active or not, by slice columns, as slice keys."""
    source, query = _source(reader, query)
    return list(source.headcounts(reader, query, by))


def accounts_by(reader: Reader, query: Query, *by: str) -> dict[tuple[str, ...], int]:
    """Accounts at the end of the period, by slice columns, as slice keys; 0 may be left out.

    People whose creation day or first active day, whichever is earlier, is not after it, and those
    without a readable creation date; event filters change nothing.
    """
    source, query = _source(reader, query)
    return dict(_OF_ACCOUNTS[source].accounts_by(reader, query, by))


def accounts_until(reader: Reader, query: Query) -> int:
    """Accounts at the end of the period, as `accounts_by` has them."""
    return accounts_by(reader, query).get((), 0)


def ever_active_by(reader: Reader, query: Query, *by: str) -> dict[tuple[str, ...], int]:
    """People whose first active day is not after the end of the period, by slice columns."""
    source, query = _source(reader, query)
    return dict(_OF_ACCOUNTS[source].ever_active_by(reader, query, by))


def ever_active_until(reader: Reader, query: Query) -> int:
    """People whose first active day is not after the end of the period."""
    return ever_active_by(reader, query).get((), 0)


def first_days(reader: Reader, query: Query) -> dict[int, int]:
    """People by the number of their first active day, up to the end of the period."""
    source, query = _source(reader, query)
    return dict(_OF_ACCOUNTS[source].first_days(reader, query))


def created(reader: Reader, query: Query) -> dict[int | None, int]:
    """People by the number of their account's creation day, whatever the period; None: none that
    can be read. Event filters change nothing."""
    source, query = _source(reader, query)
    return dict(_OF_ACCOUNTS[source].created(reader, query))


def activation(reader: Reader, query: Query, first: int, last: int) -> dict[tuple[int, int], int]:
    """People whose account was created from `first` to `last`, by each step (of
    `rollups.activation`) that they reached within 28 days, and the days that it took."""
    source, query = _source(reader, query)
    return dict(_OF_ACCOUNTS[source].activation(reader, query, first, last))


def conversations_by(reader: Reader, query: Query, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Conversations of the period by slice columns."""
    source, query = _source(reader, query)
    if source is cells:
        found = cells.sums(reader, query, "days", ["conversations"], by)
        return {key: conversations for key, (conversations,) in found.items()}
    of = facts.totals_by(reader, query, by, ["conversations"])
    return {key: conversations for key, (_, conversations) in of.items()}


def moved(reader: Reader, query: Query, edges: Sequence[int]) -> list[lifecycle.Moved]:
    """How people moved from one interval to the next, for every interval but the first.

    `edges` are the numbers of the intervals' first days, in order, and of the day after the last.
    The question's own days don't matter.
    """
    return _ask(reader, query, lifecycle.of_cells, lifecycle.of_facts, edges)


def rolling_users(
    reader: Reader, query: Query, lengths: Sequence[int]
) -> dict[date, tuple[int, ...]]:
    """Distinct active users of as many days as each of `lengths` says, that end on a complete day
    of the period, for each of these."""
    period, longest = query.period, max(lengths)
    first, last = period.start.toordinal() - longest + 1, period.complete_end.toordinal()
    daily = {
        day.toordinal(): users
        for day, (users,) in day_sums(reader, query, "users", lead=longest - 1).items()
        if day.toordinal() <= last
    }
    near = rolling.of_cells, rolling.of_facts
    pairs = list(_ask(reader, query, *near, first, last, longest))
    found = [rolling.windows(daily, pairs, first, last, length) for length in lengths]
    days = range(period.start.toordinal(), last + 1)
    return {date.fromordinal(day): tuple(of[day] for of in found) for day in days}


def cohort_weeks(reader: Reader, query: Query, first: int, last: int) -> list[tuple[int, int, int]]:
    """Monday of the first week (from `first` to `last`), weeks since, people active then."""
    source, query = _source(reader, query)
    return list(source.cohort_weeks(reader, query, first, last))


def hourly(reader: Reader, query: Query) -> dict[int, int]:
    """Messages of the period's complete days, by hour of the day."""
    source, query = _source(reader, query)
    return dict(source.hourly(reader, query))


def by_name(reader: Reader, query: Query, key: str) -> list[tuple[str | None, int]]:
    """Conversations by "topic", or documents by "document_type"; None: without one."""
    source, query = _source(reader, query)
    found = source.by_name(reader, query, key)
    return [(slice_name(name), count) for name, count in found]


def depths(reader: Reader, query: Query) -> list[Depths]:
    """Conversations of the period by how many messages of the person they have, fewest first."""
    return _ask(reader, query, depth.of_cells, depth.of_facts)


def answered_by_day(reader: Reader, query: Query) -> depth.ByDay:
    """Conversations of each day of the period that has any, by its number, and how many of them
    have a message of the person and none of the twin by now."""
    return _ask(reader, query, depth.by_day_of_cells, depth.by_day_of_facts)


def conversations_by_whose(reader: Reader, query: Query) -> Whose:
    """Conversations of the period with people's own twins, others', and unknown ones."""
    return _ask(reader, query, reach.conversations_of_cells, reach.conversations_of_facts)


def first_meetings(reader: Reader, query: Query) -> dict[date, int]:
    """How many people and twins had their first conversation on each day of the period."""
    by_day = _ask(reader, query, reach.first_meetings_of_cells, reach.first_meetings_of_facts)
    return {day: by_day.get(day.toordinal(), 0) for day in query.period.dates()}


def feature_users(reader: Reader, query: Query) -> Users:
    """Distinct people of the period who used another's twin, drafted, and retrieved information."""
    return _ask(reader, query, reach.users_of_cells, reach.users_of_facts)
