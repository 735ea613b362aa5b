"""The cells of habit and concentration: how often people are active in any 28 days.

Their rows are steps, not states: the sum of all days up to a day is what holds for the 28 days that
end on it. `habits.py` says what fills them.
"""

from sqlmodel import Field

from analytics.rollups.tables import Cell

WINDOW = 28  # days
BLOCK = 7
BLOCKS = WINDOW // BLOCK
MOST_DAYS = 12  # active days that make a habit of most days
TIERS = ("most_days", "weekly", "occasional")


class HabitDays(Cell, table=True):
    """People who came to `active_days` or more active days, minus those who fell below them."""

    __tablename__ = "habit_days"

    day: int = Field(primary_key=True)
    active_days: int = Field(primary_key=True)
    users: int


class HabitTier(Cell, table=True):
    """People who came into a tier of habit on a day, minus those who left it."""

    __tablename__ = "habit_tier"

    day: int = Field(primary_key=True)
    most_days: int = 0
    weekly: int = 0
    occasional: int = 0


class Volume(Cell, table=True):
    """People who came to have started `conversations` or more, minus those who fell below them."""

    day: int = Field(primary_key=True)
    conversations: int = Field(primary_key=True)
    users: int
