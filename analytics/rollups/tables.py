"""The rollup tables: facts per user, and additive cells per slice.

They live in the schema `rollup`: on SQLite a sibling file, attached under that name. All of it can
be thrown away and rebuilt from the six raw tables. `facts.py` and `cells.py` say what fills each,
`state.py` which state they hold.

A slice is (company, department): '' is all, '=' is none (NULL or ''), '=name' that name. Every
cell table holds the four slices (all, all), (company, all), (all, department), (company,
department). Days are ordinals, instants and durations microseconds (see `sql.timestamps`).
"""

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from analytics.models import StoredText
from analytics.sql.collation import BY_CODE_POINT

ALL = ""
NONE = "="


def slice_key(name: str | None) -> str:
    """The key of an organization or department: '=' for none (None or ''), '=name' otherwise."""
    return f"={name or ''}"


def slice_name(key: str) -> str | None:
    """The name that a key stands for; None for none."""
    return key[1:] or None


def _big() -> int:
    return Field(default=0, sa_type=BigInteger)  # type: ignore[no-any-return]


class Fact(SQLModel):
    """A row of one user; `user_id` leads every key, so that the tables can be spread by user."""

    __table_args__: tuple[object, ...] = ({"schema": "rollup", "sqlite_with_rowid": False},)

    user_id: str = Field(primary_key=True)


class Cell(SQLModel):
    """A sum over the users of one slice; zero cells are left out."""

    __table_args__: tuple[object, ...] = ({"schema": "rollup", "sqlite_with_rowid": False},)

    company: str = Field(primary_key=True)
    department: str = Field(primary_key=True)


class Member(Fact, table=True):
    """A user's slice keys, as they are now."""

    company: str
    department: str


class Activity(Fact, table=True):
    """A dated conversation. Its counts are those of the whole conversation, dated rows or not."""

    __table_args__ = (
        # The last columns let the filters be checked without looking at the rows.
        Index(
            "ix_activity_newest",
            *("started_at", "session_id", "day", "types", "department"),
            **BY_CODE_POINT,
        ),
        Index(
            "ix_activity_company",
            *("company", "started_at", "session_id", "day", "types", "department"),
            **BY_CODE_POINT,
        ),
        Index(
            "ix_activity_twin",
            *("twin_id", "started_at", "session_id", "day", "types"),
            **BY_CODE_POINT,
        ),
        {"schema": "rollup", "sqlite_with_rowid": False},
    )

    session_id: str = Field(primary_key=True)
    twin_id: str = Field(sa_type=StoredText)
    company: str
    department: str
    topic: str  # a key, as slices have
    started_at: int = Field(sa_type=BigInteger)
    day: int
    duration: int = _big()  # last - first dated message
    messages: int
    asked: int  # messages of the person
    answered: int  # 1 with a message of the twin, else 0
    documents: int
    queries: int
    types: int  # the sum of DOCUMENT, QUERY and SHARED_TWIN where they fit


DOCUMENT, QUERY, SHARED_TWIN = 1, 2, 4
# Whose the twin of a conversation is: unknown where the twin is missing.
UNKNOWN, OWN, OTHERS = 0, 1, 2


class ActivityHour(Fact, table=True):
    """What happened in a conversation in one local hour; every event on its own date."""

    __tablename__ = "activity_hour"
    __table_args__ = (
        # All that the table of twins reads: of each twin the period's days, and the last one.
        Index(
            "ix_activity_hour_twin",
            *("twin_id", "day", "user_id"),
            *("whose", "conversations", "user_messages", "documents", "queries"),
        ),
        # Sums of filtered facts need to read no row: of the period's days, or of a topic.
        Index(
            "ix_activity_hour_day",
            *("day", "hour", "topic"),
            *("conversations", "user_messages", "messages", "documents", "queries"),
        ),
        Index(
            "ix_activity_hour_topic",
            *("topic", "day", "user_id"),
            *("conversations", "user_messages", "messages", "documents", "queries"),
        ),
        {"schema": "rollup", "sqlite_with_rowid": False},
    )

    session_id: str = Field(primary_key=True)
    day: int = Field(primary_key=True)
    hour: int = Field(primary_key=True)
    twin_id: str = Field(sa_type=StoredText)
    topic: str  # a key, as slices have; also that of a conversation without a date
    whose: int  # UNKNOWN, OWN or OTHERS, whatever the scope
    conversations: int
    messages: int
    user_messages: int
    documents: int
    queries: int


class ActivityDocument(Fact, table=True):
    """Documents that a conversation drafted on a day, by type."""

    __tablename__ = "activity_document"

    session_id: str = Field(primary_key=True)
    day: int = Field(primary_key=True)
    document_type: str = Field(primary_key=True)  # a key, as slices have
    documents: int


class UserDay(Fact, table=True):
    """A day on which a user was active: started a conversation or sent a message."""

    __tablename__ = "user_day"

    day: int = Field(primary_key=True, index=True)
    conversations: int
    user_messages: int


class SessionRows(Fact, table=True):
    """A session's rows of each raw table; the session may be undated, its user missing.

    `kept` is 0 where the user is missing, or an id is nothing that can be named. `*damaged` are
    rows with text that can't be read; the first one is the session's own. `*_first` and `*_last`
    are the earliest and latest dated row. What a user has is the sum, so that a refresh needs to
    read only the sessions that changed.
    """

    __tablename__ = "session_rows"

    session_id: str = Field(primary_key=True)
    kept: int
    started_at: int | None = Field(sa_type=BigInteger)
    damaged: int
    messages: int
    messages_undated: int
    messages_damaged: int
    messages_first: int | None = Field(sa_type=BigInteger)
    messages_last: int | None = Field(sa_type=BigInteger)
    documents: int
    documents_undated: int
    documents_damaged: int
    documents_first: int | None = Field(sa_type=BigInteger)
    documents_last: int | None = Field(sa_type=BigInteger)
    queries: int
    queries_undated: int
    queries_damaged: int
    queries_first: int | None = Field(sa_type=BigInteger)
    queries_last: int | None = Field(sa_type=BigInteger)


class Installation(Fact, table=True):
    """Twins that a user installed on a day."""

    day: int = Field(primary_key=True)
    installations: int


class Loaded(Fact, table=True):
    """A user's rows of a raw table, the user's own and those behind; the user may be missing.

    Then they are orphaned and have no `first` and `last` dated row.
    """

    __table_args__ = (
        Index("ix_loaded_first", "table", "first"),
        Index("ix_loaded_last", "table", "last"),
        {"schema": "rollup", "sqlite_with_rowid": False},
    )

    table: str = Field(primary_key=True)
    rows: int
    undated: int
    orphaned: int
    unreadable: int
    first: int | None = Field(default=None, sa_type=BigInteger)
    last: int | None = Field(default=None, sa_type=BigInteger)


class Orphan(SQLModel, table=True):
    """Rows of a raw table of which no user is known: the session is missing, or names none.

    Rows that name nothing themselves, because an id is NULL, share one that stands for it.
    """

    __table_args__ = {"schema": "rollup", "sqlite_with_rowid": False}

    session_id: str = Field(primary_key=True)
    table: str = Field(primary_key=True)
    rows: int
    unreadable: int


class Headcount(Cell, table=True):
    """People, whether active or not; also the list of all slices."""

    people: int


class Daily(Cell, table=True):
    """Counts of a day. `installations` are twins, by their owner's slice; `accounts` begin on it.

    `first_users` and `last_users` are users whose first and last active day ever it is,
    `first_meetings` users and twins whose first conversation it saw. `own_conversations` are with
    a twin of the user's, `others_conversations` with one that is known to be somebody else's.
    """

    day: int = Field(primary_key=True)
    users: int = 0
    first_users: int = 0
    last_users: int = 0
    conversations: int = 0
    messages: int = 0
    documents: int = 0
    queries: int = 0
    duration: int = _big()
    installations: int = 0
    accounts: int = 0
    own_conversations: int = 0
    others_conversations: int = 0
    first_meetings: int = 0


class Hourly(Cell, table=True):
    """Messages of an hour of a day."""

    day: int = Field(primary_key=True)
    hour: int = Field(primary_key=True)
    messages: int


class Listing(Cell, table=True):
    """Activities of a day by their exact set of types: totals and page jumps of the list."""

    day: int = Field(primary_key=True)
    types: int = Field(primary_key=True)
    activities: int


class Pair(Cell, table=True):
    """Users whose consecutive active days are (earlier, later): makes distinct users additive."""

    later: int = Field(primary_key=True)
    earlier: int = Field(primary_key=True)
    users: int


class PowerPair(Cell, table=True):
    """Conversations whose user's 9th-before is on `earlier`, minus those whose 10th-before is.

    Makes users with 10 or more conversations additive. Not in `Pair`, so that counting active
    users, which every page does, need not read these cells.
    """

    __tablename__ = "power_pair"

    later: int = Field(primary_key=True)
    earlier: int = Field(primary_key=True)
    users: int


class Cohort(Cell, table=True):
    """Users by their first active day ever, and how many were active exactly N days later."""

    first_day: int = Field(primary_key=True)
    users: int = 0
    returned_1: int = 0
    returned_7: int = 0
    returned_30: int = 0


class CohortWeek(Cell, table=True):
    """Users by their first week (its Monday), active in the `week`-th week after it."""

    __tablename__ = "cohort_week"

    first_week: int = Field(primary_key=True)
    week: int = Field(primary_key=True)
    users: int


class Source(SQLModel, table=True):
    """How many rows of a raw table were read, and how many of them are in no dated number.

    `orphaned`: the parent is missing. `undated`: the timestamp is missing or unreadable; the
    parent is there. A user's own timestamp is in no number, so no user is undated. `unreadable`:
    with text that is none (`staging` says which is looked at), whether counted or not.
    """

    __table_args__ = {"schema": "rollup"}

    table: str = Field(primary_key=True)
    rows: int
    undated: int
    orphaned: int
    unreadable: int
