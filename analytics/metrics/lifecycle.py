"""Who came, stayed, came back and left in the period."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from analytics.arithmetic import change
from analytics.fields import Meaning, Row
from analytics.format import count, day, difference, number
from analytics.metrics.headline import BEFORE
from analytics.metrics.intervals import GROUPS, LifecycleFields, told
from analytics.metrics.result import Card, Drawing, DrillThrough, Result, direction
from analytics.query import Query
from analytics.reading.cells import begins_late_enough, first_active
from analytics.reading.figures import moved
from analytics.reading.reader import Reader


class _Days(Row):
    from_day: Annotated[
        datetime.date | None,
        Meaning("From", "The first complete day of the period; none where no day is complete."),
    ]
    to_day: Annotated[
        datetime.date | None, Meaning("To", "The last complete day; none where there is none.")
    ]
    before_from: Annotated[
        datetime.date | None,
        Meaning("Before from", "The first of as many days directly before; none without any."),
    ]
    data_from: Annotated[
        datetime.date | None,
        Meaning("Data from", "The first day on which anybody was active; none without any."),
    ]


def _compared(label: str) -> Meaning:
    said = f"{label} in the period compared with, against the days directly before that."
    return Meaning(f"{label} then", said, total="distinct", is_compared=True)


class Lifecycle(LifecycleFields, _Days):
    """What became of people in the period, and in the one compared with; None: not known."""

    previous_from_day: Annotated[
        datetime.date | None,
        Meaning("From then", "The first day of the period compared with.", is_compared=True),
    ]
    previous_to_day: Annotated[
        datetime.date | None,
        Meaning("To then", "Its last complete day.", is_compared=True),
    ]
    previous_active_users: Annotated[int | None, _compared("Active users")]
    previous_new: Annotated[int | None, _compared("New")]
    previous_returning: Annotated[int | None, _compared("Returning")]
    previous_back: Annotated[int | None, _compared("Back")]
    previous_gone: Annotated[int | None, _compared("Gone")]
    previous_active_before: Annotated[int | None, _compared("Active before")]


def lifecycle(reader: Reader, query: Query) -> Lifecycle:
    """What became of people: new, returning, back and gone.

    Of the complete days of the period, against as many days directly before them. New: active for
    the first time ever. Returning: active before, too. Back: active earlier, but not on the days
    before. Gone: active on the days before, not since. Active users = new + returning + back, and
    active users - active before = new + back - gone. None where the days before begin before
    anybody was active: everybody would look new.

    Beside it stands the same of the period compared with, against the days directly before that.
    """
    now, then = _of(reader, query), _of(reader, query.previous)
    began = first_active(reader)
    return Lifecycle(
        **now,
        data_from=datetime.date.fromordinal(began) if began else None,
        **{f"previous_{name}": value for name, value in then.items() if name != "before_from"},
    )


def _of(reader: Reader, query: Query) -> dict[str, Any]:
    """The dates and the people of the complete days of the period."""
    period, n = query.period, query.period.complete_days
    if not n:
        nothing = ("from_day", "to_day", "before_from", *LifecycleFields.model_fields)
        return dict.fromkeys(nothing)
    start = period.start.toordinal()
    [one] = moved(reader, query, (start - n, start, start + n))
    return {
        "from_day": period.start,
        "to_day": period.complete_end,
        "before_from": datetime.date.fromordinal(start - n) if start > n else None,
        **told(one, known=begins_late_enough(reader, start - n)),
    }


_WORDS = {
    "new": "Active for the first time ever.",
    "returning": "Active in the period, and on as many days directly before it.",
    "back": "Active in the period and earlier, but not on as many days directly before it.",
    "gone": "Active on as many days directly before the period, but not in it.",
}


def lifecycle_cards(row: Lifecycle) -> list[Card]:
    """New, returning, back and gone, beside those of the period compared with."""
    return [_card(row, name) for name in GROUPS]


def _card(row: Lifecycle, name: str) -> Card:
    now, then = getattr(row, name), getattr(row, f"previous_{name}")
    definition = f"{_WORDS[name]} Of complete days."
    if now is None:
        note = "No day of the period is over yet."
        if row.to_day:
            note = f"The data begin on {day(row.data_from)}." if row.data_from else "No data."
        return Card(name.capitalize(), number(None), definition, note=note)
    of = f"of {count(row.active_users or 0, 'active person', 'active people')}"
    if name in ("returning", "gone"):
        of = f"of {number(row.active_before)} before"
    moves = None if then is None else change(now, then)
    return Card(
        name.capitalize(),
        number(now),
        definition,
        "" if then is None else _moved(now, then, moves),
        "" if then is None else direction(moves, now - then),
        "" if then is None else number(then),
        of,
        better="down" if name == "gone" else "up",
    )


def _moved(now: int, then: int, moves: float | None) -> str:
    """A difference; where nobody was before, how many more: "new" is what one of the cards is."""
    return f"+{number(now)}" if moves is None else difference(now, then, moves)


def lifecycle_leads_to(row: Lifecycle, query: Query) -> list[Sequence[DrillThrough]]:
    """Whom each card counts, and whom its figure of the period compared with."""
    return [
        tuple(
            DrillThrough(called, {"people": number}, replace(asked, group=name), is_before=before)
            for called, number, asked, before in (
                ("", getattr(row, name), query, False),
                (BEFORE, getattr(row, f"previous_{name}"), query.previous, True),
            )
            if number is not None
        )
        for name in GROUPS
    ]


RESULT = Result(
    "lifecycle",
    "Lifecycle",
    "adoption/lifecycle",
    lifecycle,
    Drawing("cards"),
    cards=lifecycle_cards,
    cards_lead_to=lifecycle_leads_to,
)
