"""What is loaded: the raw tables behind every number, and what was left out of them."""

import datetime
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session

from analytics.fields import Row
from analytics.models import RAW_TABLES, table_of
from analytics.query import Query
from analytics.rollups.tables import Loaded, Source
from analytics.sql.timestamps import from_instant

LOADED = table_of(Loaded)


class SourceRow(Row):
    """A raw table; `undated` and `orphaned` rows are left out of the numbers, `unreadable` not."""

    table: str
    rows: int
    first: datetime.datetime | None
    last: datetime.datetime | None
    undated: int
    orphaned: int
    unreadable: int


def sources(session: Session, query: Query) -> list[SourceRow]:
    """Rows of each raw table, whatever the period and filters, as of the last refresh.

    First and last are the earliest and latest readable timestamp. Left out of every dated number:
    undated rows (the timestamp is missing or unreadable) and orphaned rows (the user behind them,
    or the conversation they belong to, is missing, or their own id is nothing that can be named).
    Unreadable rows are counted like all others; they hold bytes that are no text, shown as �, in a
    name, e-mail, organization, department, title, topic, platform or type, a message or a query.
    """
    found = {row.table: row for row in session.execute(select(*table_of(Source).c))}
    return [
        SourceRow(
            table=name,
            rows=found[name].rows if name in found else 0,
            first=_extreme(session, func.min(LOADED.c.first), name),
            last=_extreme(session, func.max(LOADED.c.last), name),
            undated=found[name].undated if name in found else 0,
            orphaned=found[name].orphaned if name in found else 0,
            unreadable=found[name].unreadable if name in found else 0,
        )
        for name in RAW_TABLES
    ]


@dataclass(frozen=True)
class Apart:
    """How many rows of all tables are left out of the numbers, and why, or shown in part."""

    undated: int
    orphaned: int
    unreadable: int

    @property
    def left_out(self) -> int:
        """Rows that are in no dated number."""
        return self.undated + self.orphaned


def apart(session: Session) -> Apart:
    """The sums of what `sources` says table by table."""
    columns = table_of(Source).c
    names = ("undated", "orphaned", "unreadable")
    sums = (func.coalesce(func.sum(columns[name]), 0) for name in names)
    return Apart(*map(int, session.execute(select(*sums)).one()))


def _extreme(session: Session, at: ColumnElement[int], table: str) -> datetime.datetime | None:
    found = session.scalar(select(at).where(LOADED.c.table == table))
    return None if found is None else from_instant(found)
