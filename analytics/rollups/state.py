"""Which state the rollup tables hold: what made it, and what changed since they were built."""

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class Build(SQLModel, table=True):
    """The state that these tables hold, and how to know whether it still fits the raw tables."""

    __table_args__ = {"schema": "rollup"}

    version: str = Field(primary_key=True)  # changes with every build and refresh
    # If a refresh was killed, the raw file may still name the version before, and then has all
    # entries that this one took and saw.
    previous: str
    newest_entry: int = Field(sa_type=BigInteger)
    built_at: int = Field(sa_type=BigInteger)
    zone: str
    definition: str  # a digest of what fills the tables
    fingerprint: str  # of a raw file without a change log; '' with one
    build_id: str  # new with every build, kept by refreshes
    refresh: int  # 0 after a build; every transaction of a refresh adds 1


class Changed(SQLModel, table=True):
    """A session whose rows in the raw tables changed since the build, deleted ones too.

    What remembers (`Build.build_id`, `Build.refresh`) has missed the sessions with a greater
    `refresh`; where the build is another one, it has to start over.
    """

    __table_args__ = {"schema": "rollup", "sqlite_with_rowid": False}

    session_id: str = Field(primary_key=True)
    refresh: int = Field(index=True)  # the last one that took an entry about the session
