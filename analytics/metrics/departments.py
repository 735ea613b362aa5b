"""The departments of organizations in the period."""

from dataclasses import replace
from typing import Annotated, Any

from analytics.fields import Meaning
from analytics.metrics.organizations import Counts, Named, all_counts, groups
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import NO_DEPARTMENT, Query, filter_label
from analytics.reading.known import by_name
from analytics.reading.reader import Reader


class _Department(Named):
    department: Annotated[
        str | None,
        Meaning("Department", "The department; none for people without one.", format="name"),
    ]


# Pydantic puts the fields of the last base first: names before counts.
class DepartmentRow(Counts, _Department):
    """A department of an organization (None: people without one)."""


def departments(reader: Reader, query: Query) -> list[DepartmentRow]:
    """Every department of every organization of the filtered people, by conversations.

    Filter by one organization to open it.
    """
    rows = [
        DepartmentRow(organization=company, department=department, **counts)
        for (company, department), counts in groups(reader, query, "company", "department")
    ]
    return sorted(
        rows,
        key=lambda r: (
            *by_name(r.organization),
            -r.conversations,
            -r.active_users,
            *by_name(r.department),
        ),
    )


def _leads_to(row: Any, query: Query) -> DrillThrough:
    names = filter_label(row.department, NO_DEPARTMENT), filter_label(row.organization)
    inside = replace(query, organizations=(row.organization,), departments=(row.department,))
    return DrillThrough(", ".join(names), all_counts(row), inside, names[::-1])


RESULT = Result(
    "departments",
    "Departments",
    "departments",
    departments,
    Drawing("table"),
    leads_to=_leads_to,
)
