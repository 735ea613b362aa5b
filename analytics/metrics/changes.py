"""What the results that split a change share: who they split it over, and their rows."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Any, TypeVar

from analytics.explain import in_tenths
from analytics.fields import Meaning, Row
from analytics.metrics.headline import BEFORE
from analytics.metrics.result import DrillThrough
from analytics.query import NAMELESS, Query, filter_label
from analytics.reading.beside import beside
from analytics.reading.figures import NOTHING, totals_by
from analytics.reading.known import by_name
from analytics.reading.reader import Reader
from analytics.rollups.tables import slice_name

COLUMNS = {"organization": "company", "department": "department"}
T = TypeVar("T")


class Group(Row):
    """An organization, or a department of the only one that is asked for."""

    kind: Annotated[
        str,
        Meaning("Kind", "Whether it is an organization or a department.", is_hidden=True),
    ]
    name: Annotated[
        str | None,
        Meaning("Name", "The organization or department; none for people without.", format="name"),
    ]


class Counted(Row):
    """What a group has of a change of counts."""

    before: Annotated[
        int, Meaning("Before", "In the period compared with.", total="distinct", is_compared=True)
    ]
    now: Annotated[int, Meaning("Now", "In the period.", total="distinct")]
    difference: Annotated[
        int, Meaning("Difference", "Now - before: the group's part of the change.")
    ]
    share: Annotated[
        float | None,
        Meaning(
            "Of the change, %",
            "The difference in percent of the change of all; none where that is 0. Negative where"
            " the group moved the other way.",
            unit="%",
        ),
    ]
    change: Annotated[int, Meaning("Change of all", "The sum of all differences.", is_hidden=True)]


def kind_of(query: Query) -> str:
    """Who a change is split over: departments where exactly one organization is asked for."""
    return "department" if len(query.organizations) == 1 else "organization"


def both(
    reader: Reader, query: Query, asked: Callable[[Reader, Query], dict[tuple[str, ...], T]]
) -> tuple[dict[tuple[str, ...], T], dict[tuple[str, ...], T]]:
    """The answers for the period compared with and for the period."""
    before = beside(reader, lambda r: asked(r, query.previous))
    now = asked(reader, query)
    return before(), now


Figures = tuple[int, int]  # active users and conversations
Moved = tuple[str | None, int, int]  # a group's name, and a count before and now


def figures_of_both(
    reader: Reader, query: Query, until: str
) -> list[tuple[str | None, Figures, Figures]]:
    """Names of the groups of which anybody was active, with figures before and now."""
    column = COLUMNS[kind_of(query)]
    before, now = both(reader, query, lambda r, q: totals_by(r, q, column, until=until))
    found = []
    for key in {**before, **now}:
        then, current = (
            (int(one.active_users), int(one.conversations))
            for one in (before.get(key, NOTHING), now.get(key, NOTHING))
        )
        if then[0] or current[0]:
            found.append((slice_name(key[0]), then, current))
    return found


def ranked(groups: Sequence[Moved]) -> list[Moved]:
    """Groups, the largest differences first."""
    return sorted(groups, key=lambda one: (-abs(one[2] - one[1]), -one[2], *by_name(one[0])))


def counted(query: Query, groups: Sequence[Moved]) -> list[dict[str, Any]]:
    """The fields of `Group` and `Counted`, the largest differences first."""
    groups = ranked(groups)
    change = sum(now - before for _, before, now in groups)
    parts = [Fraction((now - before) * 100, change or 1) for _, before, now in groups]
    shares = in_tenths(parts, 100.0) if change else [None] * len(parts)
    return [
        {
            "kind": kind_of(query),
            "name": name,
            "before": before,
            "now": now,
            "difference": now - before,
            "share": share,
            "change": change,
        }
        for (name, before, now), share in zip(groups, shares, strict=True)
    ]


def lead_to(
    kind: str, of: Callable[[Query], Query | None] = lambda query: query
) -> Callable[[Any, Query], DrillThrough]:
    """The drill-through of a group: its "people" or "conversations", now and before.

    `of` makes the question of what is counted.
    """

    def leads_to(row: Any, query: Query) -> DrillThrough:
        name = filter_label(row.name, NAMELESS[row.kind])
        chosen: dict[str, Any] = {f"{row.kind}s": (row.name,)}
        now, before = of(query) or query, of(query.previous) or query.previous
        return DrillThrough(
            name,
            {kind: row.now},
            replace(now, **chosen),
            (row.kind, name),
            more=(
                DrillThrough(BEFORE, {kind: row.before}, replace(before, **chosen), is_before=True),
            ),
        )

    return leads_to
