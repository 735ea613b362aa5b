"""Whom a change of the adoption rate comes from: rates of their own, or weights."""

from typing import Annotated

from analytics.arithmetic import Share, difference, percentage
from analytics.explain import in_tenths, rate_and_weight
from analytics.fields import Meaning, Row
from analytics.metrics.adoption import POINTS
from analytics.metrics.changes import COLUMNS, Group, both, kind_of, lead_to
from analytics.metrics.result import Drawing, Result
from analytics.query import Query
from analytics.reading.cells import begins_late_enough
from analytics.reading.figures import NOTHING, accounts_by, totals_by
from analytics.reading.known import by_name
from analytics.reading.reader import Reader
from analytics.rollups.tables import slice_name


class _Parts(Row):
    accounts_before: Annotated[
        int,
        Meaning("Accounts before", "At the end of the days compared with.", total="last",
                is_compared=True),
    ]  # fmt: skip
    accounts: Annotated[int, Meaning("Accounts", "At the end of the days.", total="last")]
    before: Annotated[
        int,
        Meaning("Active before", "Active users of the days compared with.", total="distinct",
                is_compared=True),
    ]  # fmt: skip
    now: Annotated[int, Meaning("Active now", "Active users of the days.", total="distinct")]
    rate_before: Annotated[
        float | None,
        Meaning("Rate before", "Active before / accounts before; none without accounts.",
                unit="%", format="percent", is_compared=True),
    ]  # fmt: skip
    rate: Annotated[
        float | None,
        Meaning("Rate", "Active / accounts; none without accounts.", unit="%", format="percent"),
    ]
    difference: Annotated[
        float,
        Meaning("Part of the change", "What the group accounts for: its own rate and its weight.",
                unit=POINTS),
    ]  # fmt: skip
    by_rate: Annotated[
        float,
        Meaning(
            "By its rate",
            "The difference of its rate x the mean of its share of all accounts.",
            unit=POINTS,
        ),
    ]
    by_weight: Annotated[
        float,
        Meaning(
            "By its weight",
            "The difference of its share of all accounts x the mean of its rate; all of the part"
            " where it had no accounts in one period.",
            unit=POINTS,
        ),
    ]
    change: Annotated[
        float,
        Meaning("Change of all", "The change of the rate of all.", unit=POINTS, is_hidden=True),
    ]


# Pydantic puts the fields of the last base first: names before parts.
class AdoptionRateChange(_Parts, Group):
    """What a group has of the change of the adoption rate."""


def change_of_adoption_rate(reader: Reader, query: Query) -> list[AdoptionRateChange]:
    """What each organization accounts for of the change of the adoption rate, in percentage points.

    As the rate itself, it is of the complete days of both periods, and there is none where the
    other one's begin before the first active day of the whole database. A part has what the
    organization's own rate accounts for (the difference of its rate x the mean of its weight, its
    share of all accounts), and what its weight does (the difference of its weight x the mean of its
    rate). The parts add up to the change. Of a single organization its departments are shown.
    These are sums: they say where a change is, not why.
    """
    now, before = query.complete, query.previous.complete
    if not (now and before and begins_late_enough(reader, before.period.start.toordinal())):
        return []
    kind = kind_of(query)
    then, current = both(reader, query, lambda r, q: _shares(r, q.complete or q, COLUMNS[kind]))
    keys = sorted({**then, **current})
    groups = [(then.get(key, (0, 0)), current.get(key, (0, 0))) for key in keys]
    (old, wholes), (new, whole) = (
        (sum(one[n][0] for one in groups), sum(one[n][1] for one in groups)) for n in (0, 1)
    )
    change = difference((new, whole), (old, wholes), 100)
    if change is None:
        return []
    parts = [100 * part for pair in rate_and_weight(groups) for part in pair]
    shown = in_tenths(parts, change)
    rows = [
        AdoptionRateChange(
            kind=kind,
            name=slice_name(key[0]),
            accounts_before=accounts_before,
            accounts=accounts,
            before=active_before,
            now=active,
            rate_before=percentage(active_before, accounts_before),
            rate=percentage(active, accounts),
            difference=round(by_rate + by_weight, 1),
            by_rate=by_rate,
            by_weight=by_weight,
            change=change,
        )
        for key, ((active_before, accounts_before), (active, accounts)), by_rate, by_weight in zip(
            keys, groups, shown[::2], shown[1::2], strict=True
        )
    ]
    return sorted(rows, key=lambda row: (-abs(row.difference), -row.accounts, *by_name(row.name)))


def _shares(reader: Reader, query: Query, column: str) -> dict[tuple[str, ...], Share]:
    """Active users and accounts of every group that has any."""
    active = totals_by(reader, query, column, until="active_users")
    accounts = accounts_by(reader, query, column)
    found = {
        key: (int(active.get(key, NOTHING).active_users), int(accounts.get(key, 0)))
        for key in {**accounts, **active}
    }
    return {key: share for key, share in found.items() if any(share)}


RESULT = Result(
    "change-of-adoption-rate",
    "Change of the adoption rate",
    "adoption/change/adoption-rate",
    change_of_adoption_rate,
    Drawing(
        "bars",
        "name",
        ("difference", "by_rate", "by_weight", "rate_before", "rate"),
        signed=True,
    ),
    limit=10,
    empty="The adoption rate of this period can't be compared with the other one's.",
    leads_to=lead_to("people", lambda query: query.complete),
)
