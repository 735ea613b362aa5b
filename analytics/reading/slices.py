"""The slices that a question is about, within what its asker may see."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    false,
    or_,
    select,
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
        """The cells of a table that sum to the answer; a `split` column is kept apart by name.

        Both are of `HEADCOUNT` only; `split` has those of other tables.
        """
        if self.scope is None:
            return and_(
                _of_names(table.c.company, self.organizations, split="company" in split),
                _of_names(table.c.department, self.departments, split="department" in split),
            )
        parts = (self._part(table, *pair, split) for pair in sorted(self.scope.pairs))
        return or_(false(), *parts)

    def split(
        self, table: Table, by: Sequence[str]
    ) -> tuple[FromClause, list[ColumnElement[Any]], ColumnElement[bool]]:
        """What to select from, the columns `by` to keep apart, and the cells of a table then."""
        if not {"company", "department"}.issubset(by):
            return table, [table.c[name] for name in by], self.which(table, *by)
        # Slice after slice, by the keys of a few: they come in order, so that nothing is sorted,
        # and no department is looked up in every organization.
        h = HEADCOUNT.c
        own = and_(table.c.company == h.company, table.c.department == h.department)
        return HEADCOUNT.join(table, own), [h[name] for name in by], self.which(HEADCOUNT, *by)

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
