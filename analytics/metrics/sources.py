"""What is loaded: the raw tables that every number comes from, and what was left out of them."""

import datetime
from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import func, select

from analytics.fields import Meaning, Row
from analytics.metrics.result import Drawing, Result
from analytics.models import RAW_TABLES
from analytics.query import Query
from analytics.reading.known import loaded_rows
from analytics.reading.reader import Reader
from analytics.sql.timestamps import from_instant


class SourceRow(Row):
    """A raw table; `undated` and `orphaned` rows are left out of the numbers, `unreadable` not."""

    table: Annotated[str, Meaning("Table", "The raw table.")]
    rows: Annotated[int, Meaning("Rows", "Rows that were read.")]
    first: Annotated[datetime.datetime | None, Meaning("First", "The earliest readable timestamp.")]
    last: Annotated[datetime.datetime | None, Meaning("Last", "The latest readable timestamp.")]
    undated: Annotated[int, Meaning("Undated", "Left out: no readable timestamp.")]
    orphaned: Annotated[
        int, Meaning("Orphaned", "Left out: the user or conversation they belong to is missing.")
    ]
    unreadable: Annotated[
        int,
        Meaning("Unreadable", "Not left out: they hold bytes that are no text, shown as \ufffd."),
    ]


def sources(reader: Reader, query: Query) -> list[SourceRow]:
    """Rows of each raw table, whatever the period and filters, as of the last refresh.

    First and last are the earliest and latest readable timestamp. Left out of every dated number:
    undated rows (the timestamp is missing or unreadable) and orphaned rows (the user behind them,
    or the conversation they belong to, is missing, or their own id is nothing that can be named).
    Unreadable rows are counted like all others; they hold bytes that are no text, shown as �, in a
    name, e-mail, organization, department, title, topic, platform or type, a message or a query.
    """
    found = loaded_rows(reader)
    none = (0, 0, 0, 0)
    return [
        SourceRow(
            table=name,
            **dict(zip(COUNTS, found.get(name, none), strict=True)),
            first=_extreme(reader, "first", name),
            last=_extreme(reader, "last", name),
        )
        for name in RAW_TABLES
    ]


COUNTS = ("rows", "undated", "orphaned", "unreadable")


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


def apart(reader: Reader) -> Apart:
    """The sums of what `sources` says table by table."""
    found = loaded_rows(reader).values()
    return Apart(*(sum(row[n] for row in found) for n in (1, 2, 3)))


def _extreme(reader: Reader, which: str, table: str) -> datetime.datetime | None:
    loaded = reader.loaded.c
    at = func.min(loaded.first) if which == "first" else func.max(loaded.last)
    found = reader.scalar(select(at).where(loaded.table == table))
    return None if found is None else from_instant(found)


RESULT = Result("sources", "What is loaded", "sources", sources, Drawing("table"))
