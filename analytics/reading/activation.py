"""Which new accounts a period looks at, and how far they got, from facts."""

from sqlalchemy import ColumnElement, FromClause, select

from analytics.period import Period
from analytics.query import Query
from analytics.reading.cells import first_active
from analytics.reading.event_conditions import active_days, of_events
from analytics.reading.reader import Reader
from analytics.rollups.activation import WITHIN, steps


def due_days(reader: Reader, period: Period) -> tuple[int, int]:
    """The first and the last creation day of accounts whose 28 days end in the complete days of a
    period, from the first active day of anybody on; the last one before the first: none."""
    first = first_active(reader)
    last = period.complete_end.toordinal() - WITHIN
    return (max(period.start.toordinal() - WITHIN, first) if first else last + 1), last


def activation_steps(
    reader: Reader, query: Query, first: int, last: int, *whose: ColumnElement[bool]
) -> FromClause:
    """The steps (`rollups.activation.steps`) of accounts that were created from `first` to `last`
    (and fit `whose`), by the conversations that event filters leave."""
    a, h = reader.accounts.c, reader.hours.alias().c
    accounts = select(a.user_id, a.created).where(a.created.between(first, last), *whose)
    drafted = select(h.user_id, h.day).where(h.documents > 0, *of_events(reader, query, h))
    return steps(accounts.subquery(), active_days(reader, query), drafted.subquery())
