"""The tables of the index, as questions to either database name them; and its state."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table
from sqlalchemy.dialects.postgresql import TSVECTOR

from analytics.untrusted import as_text

FORMAT = 2  # of the index; another one is built anew
END = 2**62  # after every instant

_METADATA = MetaData()
DOCUMENT = Table(
    "document",
    _METADATA,
    Column("user_id", String, primary_key=True),
    Column("session_id", String, primary_key=True),
    Column("id", BigInteger),  # SQLite: the row of `words`
    Column("words", TSVECTOR),  # PostgreSQL
    schema="search",
)
WORDS = Table(  # SQLite: FTS5; the column of its own name is what MATCH looks through
    "words",
    _METADATA,
    Column("rowid", Integer, primary_key=True),
    Column("text", String),
    Column("words", String),
    schema="search",
)
# How far the index has come. All conversations are walked through once for each build of the
# rollups: dated ones from the newest on, then (`at` = 0) the rest by id, then it is `done`; what
# changes meanwhile and later is taken from `changed`, after (`refresh`, `session_id`). `skipped` is
# how often one could not be indexed.
STATE = Table(
    "state",
    _METADATA,
    Column("lineage", String, nullable=False),
    Column("refresh", Integer, nullable=False),
    Column("session_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("after", String, nullable=False),
    Column("walked", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    schema="search",
)


@dataclass(frozen=True)
class State:
    """The row of `state`."""

    lineage: str
    refresh: int
    session_id: str
    at: int
    after: str
    walked: int
    done: int
    skipped: int


def id_of(held: object) -> str:
    """An id as the index has it: tables without types hold numbers and bytes too."""
    return held if isinstance(held, str) else str(as_text(held))
