"""How many there are on each day of what lists show, as the cells know it.

Only for questions that are sets of slices; lists count what others ask by its facts.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, true

from analytics.query import Query
from analytics.reading.cells import BY_NAME, DAILY, LISTING
from analytics.reading.reader import Reader
from analytics.reading.slices import in_days, slices_of


def activities_by_day(reader: Reader, query: Query, flag: int) -> list[tuple[int, int]]:
    """Each day that has activities that carry a type, newest first, and how many it has."""
    c, period = LISTING.c, query.period
    bounds: list[ColumnElement[bool]] = []
    if period.has_start:
        bounds.append(c.day >= period.start.toordinal())
    if period.has_end:
        bounds.append(c.day <= period.end.toordinal())
    counts = reader.execute(
        select(c.day, func.sum(c.activities))
        .where(slices_of(reader, query).which(LISTING), *bounds, c.types.bitwise_and(flag) == flag)
        .group_by(c.day)
        .order_by(-c.day)
    )
    return [(day, int(activities)) for day, activities in counts]


def made_by_day(
    reader: Reader, query: Query, kind: str, types: Sequence[str]
) -> list[tuple[int, int]]:
    """Each day of the period that has "documents" or "queries", newest first, and how many.

    Of documents only those of some types (slice keys), where any are given.
    """
    cells, number = DAILY, DAILY.c[kind]
    of_type: ColumnElement[bool] = true()
    if types:
        cells, count = BY_NAME["document_type"]
        number, of_type = cells.c[count], cells.c.document_type.in_(types)
    counts = reader.execute(
        select(cells.c.day, func.sum(number))
        .where(
            slices_of(reader, query).which(cells),
            in_days(cells.c.day, query.period.start, query.period.end),
            of_type,
            number > 0,
        )
        .group_by(cells.c.day)
        .order_by(cells.c.day.desc())
    )
    return [(day, int(count)) for day, count in counts]
