"""Cells of how deep conversations go, and of who uses which feature."""

from sqlmodel import Field

from analytics.rollups.tables import Cell

# Features whose distinct users are counted.
USED_OTHERS_TWIN, DRAFTED, RETRIEVED = 0, 1, 2


class Depth(Cell, table=True):
    """Conversations of a day by how many messages of the person they have, MOST_ASKED or more as
    one; how many of them the twin answered, and all these messages."""

    day: int = Field(primary_key=True)
    asked: int = Field(primary_key=True)
    conversations: int
    answered: int
    messages: int


class FeaturePair(Cell, table=True):
    """Users who used a feature on the day `later`, and before that last on `earlier` (0: never).

    Those with `later` in a period and `earlier` before it are its distinct users.
    """

    __tablename__ = "feature_pair"

    feature: int = Field(primary_key=True)
    later: int = Field(primary_key=True)
    earlier: int = Field(primary_key=True)
    users: int
