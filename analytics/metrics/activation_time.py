"""How long new accounts take to their first use."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from analytics.fields import Meaning, Row
from analytics.format import count, day, number
from analytics.metrics.activation import new_accounts
from analytics.metrics.adoption import of_days
from analytics.metrics.result import Card, Drawing, DrillThrough, Result
from analytics.query import Query
from analytics.reading.reader import Reader
from analytics.rollups.activation import CREATED, USED

MEDIAN = "The smallest number of days from creation by which half of the new accounts had started"
FROM_DATA = (
    "Where all accounts are older than the data: the smallest number of days from the first active"
    " day of the whole database by which half of them had started"
)


class ActivationTime(Row):
    """Days to the first use, and which accounts are left out; None where no day of the period is
    complete."""

    created_from: Annotated[
        datetime.date | None,
        Meaning("Created from", "The first creation day that counts.", total="distinct"),
    ]
    created_to: Annotated[
        datetime.date | None,
        Meaning("Created to", "The last creation day that counts.", total="distinct"),
    ]
    accounts: Annotated[
        int | None,
        Meaning(
            "New accounts",
            "Accounts whose creation day + 28 lies on a complete day of the period.",
            total="distinct",
        ),
    ]
    used: Annotated[
        int | None,
        Meaning(
            "Started", "Those that started a conversation or wrote within 28 days of creation.",
            total="distinct",
        ),
    ]  # fmt: skip
    median_days: Annotated[
        int | None,
        Meaning(
            "Median days to first use", f"{MEDIAN}; none if fewer than half did.", unit="days",
            total="distinct",
        ),
    ]  # fmt: skip
    undated: Annotated[
        int | None,
        Meaning("Undated", "Left out: no readable creation date.", total="distinct"),
    ]
    before_data: Annotated[
        int | None,
        Meaning(
            "Older than the data",
            "Left out: created before the first active day of the whole database, of those whose"
            " creation day + 28 lies on a complete day of the period.",
            total="distinct",
        ),
    ]
    younger: Annotated[
        int | None,
        Meaning(
            "Younger than 28 days",
            "Left out: created in the last 28 complete days of the period.",
            total="distinct",
        ),
    ]
    data_begin: Annotated[
        datetime.date | None,
        Meaning("Data begin", "The first active day of the whole database.", total="distinct"),
    ]
    all_older: Annotated[
        bool, Meaning("All older", "Whether all accounts are older than the data, or undated.")
    ]
    all_accounts: Annotated[
        int | None,
        Meaning("Accounts", "Accounts at the end of the complete days.", total="last"),
    ]
    median_days_from_data: Annotated[
        int | None,
        Meaning(
            "Median days from the data's begin",
            f"{FROM_DATA}; none if fewer than half had.",
            unit="days",
            total="distinct",
        ),
    ]


def activation_time(reader: Reader, query: Query) -> ActivationTime:
    """Median days to first use: the smallest number of days from creation by which half of the new
    accounts had started a conversation or written; none if fewer than half did within 28 days.

    New accounts are those whose creation day + 28 lies on a complete day of the period; use before
    the creation counts as day 0. Left out and counted: accounts without a readable creation date,
    those created before the first active day of the whole database, those younger than 28 days at
    the end of the period. Where all accounts are older than the data, the days from that first
    active day to the first use of half of them are given instead.
    """
    new = new_accounts(reader, query)
    if new is None:
        return ActivationTime(**dict.fromkeys(ActivationTime.model_fields) | {"all_older": False})
    first, last = map(datetime.date.fromordinal, new.days) if new.days else (None, None)
    return ActivationTime(
        created_from=first,
        created_to=last,
        accounts=new.people(CREATED),
        used=new.people(USED),
        median_days=new.median,
        undated=new.created.get(None, 0),
        before_data=new.before_data,
        younger=new.younger,
        data_begin=datetime.date.fromordinal(new.begin) if new.begin else None,
        all_older=new.are_all_older,
        all_accounts=new.accounts,
        median_days_from_data=new.median_from_data if new.are_all_older else None,
    )


def activation_time_cards(a: ActivationTime) -> list[Card]:
    """The median, and how many accounts are left out."""

    def in_days(value: int | None) -> str:
        return "n/a" if value is None else count(value, "day")

    if a.all_older:
        median = Card(
            "Days from the first data to first use",
            in_days(a.median_days_from_data),
            f"{FROM_DATA}. n/a: fewer than half had.",
            note=f"All {count(a.all_accounts or 0, 'account')} are older than the data, which begin"
            f" on {day(a.data_begin)}, or undated.",
        )
    else:
        created = f", created {of_days(a.created_from, a.created_to)}" if a.created_from else ""
        of = f"{number(a.used)} of {count(a.accounts or 0, 'new account')} started{created}"
        median = Card(
            "Median days to first use",
            in_days(a.median_days),
            f"{MEDIAN}: those whose creation day + 28 lies on a complete day of the period. n/a:"
            " fewer than half did within 28 days.",
            note=of_days(None, None) if a.accounts is None else of,
        )
    begin = f" on {day(a.data_begin)}" if a.data_begin else ""
    left = (a.undated or 0) + (a.before_data or 0) + (a.younger or 0)
    why = [
        f"{number(many)} {words}"
        for many, words in (
            (a.undated, "undated"),
            (a.before_data, f"created before the data begin{begin}"),
            (a.younger, "younger than 28 days"),
        )
        if many
    ]
    words = (
        "Accounts that are not among the new ones: without a readable creation date; created before"
        " the first active day of the whole database, where their 28 days end in the period;"
        " younger than 28 days at its end."
    )
    return [
        median,
        Card(
            "Accounts left out",
            "n/a" if a.accounts is None else number(left),
            words,
            note=", ".join(why),
        ),
    ]


def activation_time_leads_to(row: ActivationTime, query: Query) -> list[Sequence[DrillThrough]]:
    """Whose median it is, and who had started."""

    def people(name: str, number: int | None, group: str) -> DrillThrough:
        return DrillThrough(name, {"people": number or 0}, replace(query, group=group))

    if row.all_older:
        return [(people("Accounts", row.all_accounts, "accounts"),), ()]
    due = people("New accounts", row.accounts, "activation_due")
    return [(due, people("Started", row.used, "activation_used")), ()]


RESULT = Result(
    "activation-time",
    "Days to first use",
    "adoption/activation-time",
    activation_time,
    Drawing("cards"),
    cards=activation_time_cards,
    cards_lead_to=activation_time_leads_to,
)
