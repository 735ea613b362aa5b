"""How far new accounts get within 28 days."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any

from analytics.arithmetic import percentage
from analytics.fields import Meaning, Row
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query
from analytics.reading.activation import due_days
from analytics.reading.cells import first_active
from analytics.reading.figures import accounts_until, activation, created, first_days
from analytics.reading.reader import Reader
from analytics.rollups.activation import CAME_AGAIN, CREATED, DRAFTED, USED, WITHIN

# Step -> what it is called, and the group of people who reached it.
_STEPS = {
    CREATED: ("Account created", "activation_due"),
    USED: ("First use", "activation_used"),
    DRAFTED: ("Document drafted", "activation_drafted"),
    CAME_AGAIN: ("Active again", "activation_came_again"),
}


class ActivationStep(Row):
    """A step, and how many of the new accounts reached it within 28 days."""

    step: Annotated[str, Meaning("Step", "What people did, from the creation of the account on.")]
    people: Annotated[
        int,
        Meaning(
            "People",
            "New accounts whose people did so within 28 days of creation.",
            unit="people",
            total="distinct",
        ),
    ]
    share: Annotated[
        float | None,
        Meaning("Share", "Of the new accounts.", unit="%", format="percent", total="distinct"),
    ]
    created_from: Annotated[
        datetime.date, Meaning("Created from", "The first creation day that counts.")
    ]
    created_to: Annotated[
        datetime.date, Meaning("Created to", "The last creation day that counts.")
    ]


@dataclass(frozen=True)
class NewAccounts:
    """The accounts whose first 28 days end in the complete days of a question."""

    reader: Reader
    asked: Query  # of complete days
    begin: int | None  # the first active day of anybody, filters ignored

    @cached_property
    def days(self) -> tuple[int, int] | None:
        """The first and the last creation day that counts; None where there is none."""
        first, last = due_days(self.reader, self.asked.period)
        return (first, last) if first <= last else None

    @cached_property
    def reached(self) -> Mapping[tuple[int, int], int]:
        """How many reached a step on which of their days."""
        return activation(self.reader, self.asked, *self.days) if self.days else {}

    @cached_property
    def created(self) -> Mapping[int | None, int]:
        """All accounts by their creation day."""
        return created(self.reader, self.asked)

    def people(self, step: int) -> int:
        """How many reached a step."""
        return sum(people for (of, _), people in self.reached.items() if of == step)

    @property
    def median(self) -> int | None:
        """The smallest number of days by which half of them had used a twin."""
        lags = {lag: people for (step, lag), people in self.reached.items() if step == USED}
        return _half(lags, self.people(CREATED))

    def made(self, first: int, last: int) -> int:
        """Accounts that were created on these days."""
        return sum(people for day, people in self.created.items() if day and first <= day <= last)

    @property
    def before_data(self) -> int:
        """Accounts that would be due, but are older than the data."""
        period, begin = self.asked.period, self.begin or datetime.date.max.toordinal()
        first, last = period.start.toordinal() - WITHIN, period.end.toordinal() - WITHIN
        return self.made(first, min(last, begin - 1))

    @property
    def younger(self) -> int:
        """Accounts that are too young at the end of the days."""
        end = self.asked.period.end.toordinal()
        return self.made(end - WITHIN + 1, end)

    @cached_property
    def accounts(self) -> int:
        """All accounts at the end of the days."""
        return accounts_until(self.reader, self.asked)

    @property
    def are_all_older(self) -> bool:
        """Whether there are accounts, all of them undated or created before the data begin."""
        if self.begin is None or not self.accounts:
            return False
        last = min(self.begin - 1, self.asked.period.end.toordinal())
        return self.accounts == self.created.get(None, 0) + self.made(1, last)

    @property
    def median_from_data(self) -> int | None:
        """The smallest number of days from the beginning of the data on by which half of them had
        used a twin."""
        begin = self.begin or 0
        days = first_days(self.reader, self.asked)
        return _half({day - begin: people for day, people in days.items()}, self.accounts)


def _half(by_days: Mapping[int, int], everybody: int) -> int | None:
    """The smallest number of days by which half of everybody is reached; None if fewer are."""
    reached = 0
    for days in sorted(by_days):
        reached += by_days[days]
        if reached * 2 >= everybody:
            return days
    return None


def new_accounts(reader: Reader, query: Query) -> NewAccounts | None:
    """The new accounts of a question; None where no day of its period is complete."""
    asked = query.complete
    return NewAccounts(reader, asked, first_active(reader)) if asked else None


def activation_steps(reader: Reader, query: Query) -> list[ActivationStep]:
    """How far new accounts get: of those whose creation day + 28 lies on a complete day of the
    period, how many reached each step within 28 days of creation.

    The steps, each by itself: the account was created; a first conversation was started or message
    sent; a document was drafted; somebody was active again 7 or more days after the first use. The
    creation day is day 0, the last one day 27; what was done before the creation counts as done on
    day 0. Left out are accounts without a readable creation date, and those created before the
    first active day of the whole database. Filters of what happened leave accounts as they are.
    """
    new = new_accounts(reader, query)
    if new is None or new.days is None or not (everybody := new.people(CREATED)):
        return []
    first, last = map(datetime.date.fromordinal, new.days)
    return [
        ActivationStep(
            step=label,
            people=new.people(step),
            share=percentage(new.people(step), everybody),
            created_from=first,
            created_to=last,
        )
        for step, (label, _) in _STEPS.items()
    ]


def _leads_to(row: Any, query: Query) -> DrillThrough:
    group = dict(_STEPS.values())[row.step]
    return DrillThrough(row.step, {"people": row.people}, replace(query, group=group), (row.step,))


RESULT = Result(
    "activation",
    "Activation of new accounts",
    "adoption/activation",
    activation_steps,
    Drawing("bars", "step", ("people", "share")),
    empty="Nobody's account was created 28 days before a complete day of this period (and since the"
    " data begin).",
    leads_to=_leads_to,
)
