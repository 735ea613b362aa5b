"""The slices that a question is about, within what its asker may see."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    and_,
    false,
    or_,
    select,
    tuple_,
)

from analytics.models import table_of
from analytics.query import Names, Query
from analytics.reading.reader import Reader, Scope
from analytics.rollups.tables import (
    ALL,
    Headcount,
    slice_key,
)

HEADCOUNT = table_of(Headcount)


class Slices(NamedTuple):
    """Which slices a question is about: what its asker may see, and what it is filtered to."""

    scope: Scope | None = None
    organizations: Names = ()
    departments: Names = ()

    def which(self, table: Table, *split: str) -> ColumnElement[bool]:
        """The cells of a table that sum to the answer; `split` columns are kept apart by name."""
        if len(split) > 1 and table is not HEADCOUNT:
            # Else every department would be looked up in every organization.
            pairs = select(HEADCOUNT.c.company, HEADCOUNT.c.department)
            return tuple_(table.c.company, table.c.department).in_(
                pairs.where(self.which(HEADCOUNT, *split))
            )
        if self.scope is None:
            return and_(
                _of_names(table.c.company, self.organizations, split="company" in split),
                _of_names(table.c.department, self.departments, split="department" in split),
            )
        parts = (self._part(table, *pair, split) for pair in sorted(self.scope.pairs))
        return or_(false(), *parts)

    def _part(
        self, table: Table, company: str, department: str, split: Sequence[str]
    ) -> ColumnElement[bool]:
        """What a pair of the scope has of the answer."""
        c = table.c
        if self.organizations and company not in map(slice_key, self.organizations):
            return false()
        within = c.company == company
        if department != ALL:
            wanted = not self.departments or department in map(slice_key, self.departments)
            return within & (c.department == department) if wanted else false()
        return within & _of_names(
            c.department, self.departments, split="department" in split, company=company
        )


def _of_names(
    column: Column[str], names: Names, *, split: bool, company: str = ""
) -> ColumnElement[bool]:
    if names:
        return column.in_([slice_key(name) for name in names])
    if not split:
        return column == ALL
    if column.table is HEADCOUNT:
        return column != ALL
    # Named one by one, so that each is looked up; else every slice of the table would be read.
    return column.in_(_slice_keys(column.key, company))


def _slice_keys(column: str, company: str = "") -> Select[str]:
    """The keys of all organizations ("company") or departments that have people."""
    keys = HEADCOUNT.c[column]
    other = HEADCOUNT.c["department" if column == "company" else "company"]
    return select(keys).where(keys != ALL, other == (company or ALL))


def slices_of(reader: Reader, query: Query) -> Slices:
    """The slices of a question, in which all its filters must be."""
    return Slices(reader.scope, query.organizations, query.departments)


def in_days(column: ColumnElement[int], start: date, end: date) -> ColumnElement[bool]:
    """Day numbers from start to end, both included."""
    return column.between(start.toordinal(), end.toordinal())
