"""How the habits of people move over time."""

from dataclasses import replace
from typing import Annotated, Any

from analytics.fields import Meaning
from analytics.format import short_day
from analytics.metrics.days import DayRow
from analytics.metrics.habit import CALLED, MEANT
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query
from analytics.reading.cells import first_active
from analytics.reading.habits import tiers, window
from analytics.reading.reader import Reader
from analytics.rollups.habit_tables import TIERS, WINDOW


def _tier(name: str) -> Meaning:
    said = f"People {MEANT[name]}; none where these begin before the data, or the day isn't over."
    return Meaning(CALLED[name], said, total="distinct")


class HabitTiersDay(DayRow):
    """How many people have which habit in the 28 days that end on a day."""

    most_days: Annotated[int | None, _tier("most_days")]
    weekly: Annotated[int | None, _tier("weekly")]
    occasional: Annotated[int | None, _tier("occasional")]


def habit_tiers(reader: Reader, query: Query) -> list[HabitTiersDay]:
    """Of the 28 days that end on each complete day: people active on most days (in each of the four
    7-day blocks, and on 12 or more days), weekly (in each of the four blocks), or occasionally
    (less).

    A day has none where its 28 days begin before the data.
    """
    period, first = query.period, first_active(reader)
    found: dict[int, tuple[int, ...]] = {}
    if period.complete_days:
        found = tiers(reader, query, period.start.toordinal(), period.complete_end.toordinal())
    rows = []
    for day in period.dates():
        number = day.toordinal()
        is_known = number in found and first is not None and number - WINDOW + 1 >= first
        people = found[number] if is_known else (None,) * len(TIERS)
        rows.append(
            HabitTiersDay(
                date=day,
                **dict(zip(TIERS, people, strict=True)),
                complete=day < period.today,
            )
        )
    return rows


def _leads_to(row: Any, query: Query) -> DrillThrough:
    """Everybody active in the 28 days, and those of each habit."""
    key, people = (row.date.isoformat(),), {name: getattr(row, name) for name in TIERS}
    if None in people.values():
        return DrillThrough(short_day(row.date), {}, query, key)
    asked = replace(query, period=window(row.date.toordinal(), query.period), against=None)
    tiers = tuple(
        DrillThrough(CALLED[name], {"people": number}, replace(asked, group=name))
        for name, number in people.items()
    )
    return DrillThrough(
        f"Active in the 28 days to {short_day(row.date)}",
        {"people": sum(people.values())},
        replace(asked, active_days=1),
        key,
        more=tiers,
    )


RESULT = Result(
    "habit-tiers",
    "Habits over time",
    "adoption/habit/tiers",
    habit_tiers,
    Drawing("columns", "date", TIERS, as_of=True),
    empty="Nobody was active, or the 28 days that end in this period begin before the data.",
    leads_to=_leads_to,
)
