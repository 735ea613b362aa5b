"""How many of those who could use a twin do."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from analytics.arithmetic import Share, change, difference, percentage
from analytics.fields import Meaning, Row
from analytics.format import count, day, days, number, percent, points
from analytics.format import difference as moved_by
from analytics.metrics.result import Card, Direction, Drawing, DrillThrough, Result, direction
from analytics.period import Period
from analytics.query import Query
from analytics.reading.cells import first_active
from analytics.reading.figures import accounts_until, ever_active_until, totals
from analytics.reading.reader import Reader

ACCOUNTS = "People who could use a twin at the end of the days"
RATE = "Active users of the days / accounts at their end"
EVER = "People whose first active day is the last of the days or before"


def _day(label: str, said: str, *, is_compared: bool = False) -> Meaning:
    return Meaning(label, said, total="distinct", is_compared=is_compared)


def _before(label: str, unit: str = "") -> Meaning:
    said = "That of the complete days of the period compared with"
    late = "; none where they begin before the data" if unit else ""
    form: Any = "percent" if unit else ""
    return Meaning(
        f"{label} before", f"{said}{late}.", unit=unit, format=form, total="distinct",
        is_compared=True,
    )  # fmt: skip


def _change(label: str, said: str, unit: str) -> Meaning:
    form: Any = "change" if unit == "%" else ""
    return Meaning(
        f"Change of {label}", said, unit=unit, format=form, total="distinct", is_compared=True
    )


POINTS = "percentage points"
_GREW = "Against the end of the other days; none where there was nobody."


class Adoption(Row):
    """Accounts and how many of them are in use; rates in percent to one decimal.

    None where no day of the period is complete; rates also where there is no account.
    """

    from_day: Annotated[
        datetime.date | None, _day("From", "The first of the days: the period's complete ones.")
    ]
    to_day: Annotated[
        datetime.date | None, _day("To", "The last of the days: the period's last complete one.")
    ]
    accounts: Annotated[int | None, Meaning("Accounts", f"{ACCOUNTS}.", total="last")]
    active_users: Annotated[
        int | None,
        Meaning(
            "Active users",
            "People who started a conversation or sent a message in the days, each counted once.",
            total="distinct",
        ),
    ]
    adoption_rate: Annotated[
        float | None,
        Meaning("Adoption rate", f"{RATE}.", unit="%", format="percent", total="distinct"),
    ]
    ever_active: Annotated[int | None, Meaning("Ever active", f"{EVER}.", total="last")]
    ever_active_rate: Annotated[
        float | None,
        Meaning(
            "Ever active, %", "Ever active / accounts.", unit="%", format="percent",
            total="distinct",
        ),
    ]  # fmt: skip
    never_active: Annotated[
        int | None,
        Meaning("Never active", "Accounts that were not active until then.", total="last"),
    ]
    previous_from_day: Annotated[
        datetime.date | None,
        _day("From, before", "The first of the days compared with.", is_compared=True),
    ]
    previous_to_day: Annotated[
        datetime.date | None,
        _day("To, before", "The last of the days compared with.", is_compared=True),
    ]
    previous_accounts: Annotated[int | None, _before("Accounts")]
    previous_active_users: Annotated[int | None, _before("Active users")]
    previous_adoption_rate: Annotated[float | None, _before("Adoption rate", "%")]
    previous_ever_active: Annotated[int | None, _before("Ever active")]
    previous_never_active: Annotated[int | None, _before("Never active")]
    adoption_rate_change: Annotated[
        float | None,
        _change("adoption rate", "The difference to the rate before; none without one.", POINTS),
    ]
    accounts_change: Annotated[float | None, _change("accounts", _GREW, "%")]
    ever_active_change: Annotated[float | None, _change("ever active", _GREW, "%")]
    data_begin: Annotated[
        datetime.date | None, _day("Data begin", "The first active day of the whole database.")
    ]


class Reached(NamedTuple):
    """What adoption is made of, on the complete days of a question."""

    days: Period
    accounts: int
    active: int
    ever: int

    @property
    def rate(self) -> Share:
        """Active users of accounts."""
        return self.active, self.accounts


def _reached(reader: Reader, query: Query) -> Reached | None:
    asked = query.complete
    if asked is None:
        return None
    return Reached(
        asked.period,
        accounts_until(reader, asked),
        totals(reader, asked, until="active_users").active_users,
        ever_active_until(reader, asked),
    )


def adoption(reader: Reader, query: Query) -> Adoption:
    """How many of those who could use a twin do: active users of the period's complete days /
    accounts at their end.

    An account counts from its creation day or its person's first active day on, whichever is
    earlier; one whose creation date is missing or unreadable always, so that no rate is flattered.
    Filters of what happened change nothing about accounts. Ever active: people whose first active
    day is not after the last of these days. Each is compared with the complete days of the other
    period: rates by their difference in percentage points, which has no answer where the other days
    begin before the first active day of the whole database. People who were deleted leave the past
    as well.
    """
    now, before = _reached(reader, query), _reached(reader, query.previous)
    first = first_active(reader)
    is_known = before is not None and first is not None and before.days.start.toordinal() >= first
    old = before.rate if before and is_known else (0, 0)
    return Adoption(
        **(_of(now) if now else dict.fromkeys(_FIELDS)),
        **{
            f"previous_{name}": value
            for name, value in (_of(before) if before else dict.fromkeys(_FIELDS)).items()
            if name not in ("adoption_rate", "ever_active_rate")
        },
        previous_adoption_rate=percentage(*old),
        adoption_rate_change=difference(now.rate, old, 100) if now else None,
        accounts_change=change(now.accounts, before.accounts) if now and before else None,
        ever_active_change=change(now.ever, before.ever) if now and before else None,
        data_begin=datetime.date.fromordinal(first) if first else None,
    )


def _of(found: Reached) -> dict[str, Any]:
    values = (
        found.days.start, found.days.end, found.accounts, found.active, percentage(*found.rate),
        found.ever, percentage(found.ever, found.accounts), found.accounts - found.ever,
    )  # fmt: skip
    return dict(zip(_FIELDS, values, strict=True))


_FIELDS = (
    "from_day", "to_day", "accounts", "active_users", "adoption_rate", "ever_active",
    "ever_active_rate", "never_active",
)  # fmt: skip


def of_days(first: datetime.date | None, last: datetime.date | None) -> str:
    """As "1 - 30 Mar 2026"; that no day is over where there is none."""
    if first is None or last is None:
        return "No day of this period is over yet"
    return days(Period(first, last, last))


def adoption_cards(a: Adoption) -> list[Card]:
    """The rate, and the people behind it."""
    of = of_days(a.from_day, a.to_day)
    if a.accounts is None:
        return [
            Card(label, "n/a", words, note=f"{of}.")
            for label, words in (
                ("Adoption rate", f"{RATE}."), ("Accounts", f"{ACCOUNTS}."),
                ("Ever active", f"{EVER}."), ("Never active", "Accounts never active until then."),
            )
        ]  # fmt: skip
    active = f"{number(a.active_users)} of {count(a.accounts, 'account')} active, {of}"
    if a.data_begin and a.previous_from_day and a.previous_from_day < a.data_begin:
        active += f"; the data begin on {day(a.data_begin)}"
    return [
        Card(
            "Adoption rate",
            percent(a.adoption_rate),
            f"{RATE}, which are the complete ones of the period.",
            "" if a.adoption_rate_change is None else points(a.adoption_rate_change),
            "" if a.adoption_rate_change is None else direction(a.adoption_rate_change),
            "" if a.previous_adoption_rate is None else percent(a.previous_adoption_rate),
            active,
        ),
        _card("Accounts", a.accounts, a.previous_accounts, a.accounts_change,
              f"{ACCOUNTS}: created by then, active by then, or without a readable creation date."
              " People who were deleted leave the past as well."),
        _card("Ever active", a.ever_active or 0, a.previous_ever_active, a.ever_active_change,
              f"{EVER}.", f"{percent(a.ever_active_rate)} of accounts"),
        Card("Never active", number(a.never_active),
             "Accounts at the end of the days whose people were not active until then.",
             note=f"{percent(percentage(a.never_active or 0, a.accounts))} of accounts"),
    ]  # fmt: skip


def _card(  # noqa: PLR0913, PLR0917
    label: str, now: int, before: int | None, grew: float | None, words: str, note: str = ""
) -> Card:
    if before is None:
        return Card(label, number(now), words, note=note)
    way: Direction = direction(grew, now - before)
    return Card(label, number(now), words, moved_by(now, before, grew), way, number(before), note)


def adoption_leads_to(row: Adoption, query: Query) -> list[Sequence[DrillThrough]]:
    """Whom each card counts, and before."""

    def people(
        name: str, number: int | None, of: Query, group: str = "", *, is_before: bool = False
    ) -> DrillThrough:
        asked = replace(of.complete or of, group=group)
        return DrillThrough(name, {"people": number or 0}, asked, is_before=is_before)

    def both(group: str, now: int | None, before: int | None) -> Sequence[DrillThrough]:
        return (
            people("", now, query, group),
            people("Before", before, query.previous, group, is_before=True),
        )

    active = (
        people("Active users", row.active_users, query),
        people("Accounts", row.accounts, query, "accounts"),
        people("Before, active users", row.previous_active_users, query.previous, is_before=True),
    )
    return [
        active,
        both("accounts", row.accounts, row.previous_accounts),
        both("ever_active", row.ever_active, row.previous_ever_active),
        both("never_active", row.never_active, row.previous_never_active),
    ]


RESULT = Result(
    "adoption",
    "Adoption",
    "adoption",
    adoption,
    Drawing("cards"),
    cards=adoption_cards,
    cards_lead_to=adoption_leads_to,
)
