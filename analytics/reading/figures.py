"""What results are made of, each figure from the tables that know it.

Cells answer a question of organizations and departments, facts any other (`_source` decides); the
suite compares both where both can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import ModuleType

from analytics.arithmetic import Share
from analytics.query import Query
from analytics.reading import cells, depth, facts, reach
from analytics.reading.cells import Totals
from analytics.reading.depth import Depths
from analytics.reading.reach import Users, Whose
from analytics.reading.reader import Reader
from analytics.rollups.tables import slice_name

NOTHING = Totals()


def _source(reader: Reader, query: Query) -> tuple[ModuleType, Query]:
    """Which tables answer, cells for a set of slices, else the facts per user; and the question.

    An e-mail filter that everybody matches is none.
    """
    if query.user and not query.is_of_slices and facts.are_everybody(reader, query):
        query = replace(query, user="")
    return (cells if query.is_of_slices else facts), query


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


def conversations_by(reader: Reader, query: Query, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Conversations of the period by slice columns."""
    source, query = _source(reader, query)
    if source is cells:
        found = cells.sums(reader, query, "days", ["conversations"], by)
        return {key: conversations for key, (conversations,) in found.items()}
    of = facts.totals_by(reader, query, by, ["conversations"])
    return {key: conversations for key, (_, conversations) in of.items()}


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
    source, query = _source(reader, query)
    return (depth.of_cells if source is cells else depth.of_facts)(reader, query)


def conversations_by_whose(reader: Reader, query: Query) -> Whose:
    """Conversations of the period with people's own twins, others', and unknown ones."""
    source, query = _source(reader, query)
    if source is cells:
        return reach.conversations_of_cells(reader, query)
    return reach.conversations_of_facts(reader, query)


def first_meetings(reader: Reader, query: Query) -> dict[date, int]:
    """How many people and twins had their first conversation on each day of the period."""
    source, query = _source(reader, query)
    by_day = (reach.first_meetings_of_cells if source is cells else reach.first_meetings_of_facts)(
        reader, query
    )
    return {day: by_day.get(day.toordinal(), 0) for day in query.period.dates()}


def feature_users(reader: Reader, query: Query) -> Users:
    """Distinct people of the period who used another's twin, drafted, and retrieved information."""
    source, query = _source(reader, query)
    return (reach.users_of_cells if source is cells else reach.users_of_facts)(reader, query)
