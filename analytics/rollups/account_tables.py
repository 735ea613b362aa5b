"""The rollup tables of accounts."""

from sqlmodel import Field

from analytics.rollups.tables import Cell, Fact


class Account(Fact, table=True):
    """A user's account: the local day of its creation, and the day from which it counts.

    `day` is the earlier of creation and first active day ever, 0 (always) where nobody can read
    when it was created: then `created` is none.
    """

    created: int | None
    day: int


class Activation(Cell, table=True):
    """People by the creation day of their account who reached a step (of `activation`), and on
    which day from then on."""

    step: int = Field(primary_key=True)
    created: int = Field(primary_key=True)
    lag: int = Field(primary_key=True)
    people: int
