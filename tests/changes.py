"""A change split over groups once more: people one by one, quotients as fractions."""

from collections.abc import Callable
from fractions import Fraction
from math import floor
from typing import Any

from analytics.query import Query
from tests.oracle import Oracle, Row, name_key


def split_by(query: Query) -> tuple[str, str]:
    """Kind of the groups, and the column of `users` that has them."""
    if len(query.organizations) == 1:
        return "department", "department"
    return "organization", "company"


def groups(oracle: Oracle, query: Query) -> dict[Any, set[str]]:
    """The chosen people by organization or department."""
    column = split_by(query)[1]
    return oracle.grouped(query, lambda user: user[column] or None)


def shown(parts: list[Fraction], total: float) -> list[float]:
    """To one decimal, adding up: down, then those up that lose most, the first of equals."""
    down = [floor(part * 10) for part in parts]
    while sum(down) < round(total * 10):
        lost = [part * 10 - tenths for part, tenths in zip(parts, down, strict=True)]
        down[lost.index(max(lost))] += 1
    return [tenths / 10 for tenths in down]


def rows_of(
    oracle: Oracle, query: Query, count: Callable[[set[str], bool], tuple[int, int]]
) -> list[Row]:
    """The rows of a change of counts: `count` has a number and the active people, then or now."""
    kind, _ = split_by(query)
    rows = []
    for name, people in groups(oracle, query).items():
        (before, active_before), (now, active) = count(people, True), count(people, False)
        if active_before or active:
            rows.append(
                {"kind": kind, "name": name, "before": before, "now": now,
                 "difference": now - before, "people_before": active_before, "people": active}
            )  # fmt: skip
    rows.sort(key=lambda row: (-abs(row["difference"]), -row["now"], name_key(row["name"])))
    change = sum(row["difference"] for row in rows)
    shares: list[Any] = [None] * len(rows)
    if change:
        shares = shown([Fraction(row["difference"] * 100, change) for row in rows], 100.0)
    for row, share in zip(rows, shares, strict=True):
        row |= {"share": share, "change": change}
    return rows
