"""What is loaded: the raw tables behind every number, and what was left out of them."""

import datetime

from sqlalchemy import select
from sqlmodel import Session

from analytics.models import RAW_TABLES, table_of
from analytics.query import Query
from analytics.results import Row
from analytics.rollups.instants import from_instant
from analytics.rollups.tables import Source


class SourceRow(Row):
    """A raw table; `undated` and `orphaned` rows are left out of the numbers."""

    table: str
    rows: int
    first: datetime.datetime | None
    last: datetime.datetime | None
    undated: int
    orphaned: int


def sources(session: Session, query: Query) -> list[SourceRow]:
    """Rows of each raw table, whatever the period and filters, as of the last refresh.

    First and last are the earliest and latest readable timestamp. Left out of every dated number:
    undated rows (the timestamp is missing or unreadable) and orphaned rows (the user behind them,
    or the conversation they belong to, is missing).
    """
    found = {row.table: row for row in session.execute(select(*table_of(Source).c))}
    return [
        SourceRow(
            table=name,
            rows=found[name].rows,
            first=None if found[name].first is None else from_instant(found[name].first),
            last=None if found[name].last is None else from_instant(found[name].last),
            undated=found[name].undated,
            orphaned=found[name].orphaned,
        )
        for name in RAW_TABLES
    ]
