"""The six tables of an existing deployment, as `contract/REST.md` documents them.

Ids are strings (UUIDs), or whatever else a deployment has: they are read as text. Timestamps are
stored naive and mean UTC; here they are aware UTC. The product reads these tables and never changes
them, migrations apart.

A column of SQLite holds anything, whatever its type promises: what is read passes `untrusted`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.sqlite import DATETIME as SQLITE_DATETIME
from sqlmodel import Field, SQLModel

from analytics.untrusted import as_count, as_flag, as_moment, as_text


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, naive UTC in the database (`YYYY-MM-DD HH:MM:SS.ffffff` on SQLite)."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Pin SQLite's text format."""
        kind = SQLITE_DATETIME() if dialect.name == "sqlite" else DateTime(timezone=False)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware to naive UTC; a naive value is taken as UTC."""
        if value is None or value.tzinfo is None:
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[object], datetime | None]:
        """Aware UTC; None for what is unreadable."""
        return as_moment


class StoredText(TypeDecorator[str]):
    """Text as it can be shown, whatever the column holds."""

    impl = String
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[object], str | None]:
        """The text of it; the driver has read text already."""
        return lambda value: value if type(value) is str else as_text(value)


class StoredLongText(StoredText):
    """The same of any length."""

    impl = Text
    cache_ok = True


class StoredCount(TypeDecorator[int]):
    """A whole number, or None."""

    impl = Integer
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[object], int | None]:
        """Rounded down; None for what is no number."""
        return as_count


class StoredFlag(TypeDecorator[bool]):
    """Yes or no, or None. In a condition it is written `stored.flag(column)`."""

    impl = Boolean
    cache_ok = True

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[object], bool | None]:
        """Whether it says yes."""
        return as_flag


def _timestamp(*, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UtcDateTime, index=index))


def _id() -> Any:
    return Field(sa_column=Column(StoredText, primary_key=True))


def _parent(target: str, *, nullable: bool = False) -> Any:
    key = ForeignKey(target, ondelete="SET NULL" if nullable else "CASCADE")
    return Field(
        default=None if nullable else ...,
        sa_column=Column(StoredText, key, nullable=nullable, index=True),
    )


def _text(length: int = 0, *, default: Any = ..., **more: Any) -> Any:
    """Text of some length, or of any; it may be missing where the default is None."""
    kind = StoredText(length) if length else StoredLongText()
    return Field(default=default, sa_column=Column(kind, **{"nullable": default is None} | more))


def _flag() -> Any:
    return Field(default=False, sa_column=Column(StoredFlag, index=True))


class User(SQLModel, table=True):
    """A person. `company` is the organization; NULL and '' mean none."""

    __tablename__ = "users"

    id: str = _id()
    email: str = _text(255, unique=True, index=True)
    full_name: str = _text(255)
    company: str | None = _text(255, default=None)
    department: str | None = _text(100, default=None)
    created_at: datetime | None = _timestamp()
    last_login_at: datetime | None = _timestamp(index=True)


class Twin(SQLModel, table=True):
    """An assistant and its owner (`user_id`)."""

    __tablename__ = "twins"

    id: str = _id()
    user_id: str = _parent("users.id")
    name: str = _text(255)
    description: str | None = _text(default=None)
    is_shared: bool | None = _flag()
    created_at: datetime | None = _timestamp()


class Conversation(SQLModel, table=True):
    """A thread of a user with a twin: a row of `sessions`."""

    __tablename__ = "sessions"

    id: str = _id()
    user_id: str = _parent("users.id")
    twin_id: str = _parent("twins.id")
    platform: str = _text(50, default="slack")
    title: str | None = _text(500, default=None)
    topic: str | None = _text(255, default=None)
    is_shared_twin: bool | None = _flag()
    started_at: datetime | None = _timestamp(index=True)


class Message(SQLModel, table=True):
    """One message; `sender_type` is 'user' or 'twin'."""

    __tablename__ = "messages"

    id: str = _id()
    session_id: str = _parent("sessions.id")
    sender_type: str = _text(20)
    content: str = _text()
    message_type: str | None = _text(20, default="general", nullable=True, index=True)
    created_at: datetime | None = _timestamp()


class Document(SQLModel, table=True):
    """A document that a twin drafted, and the message that triggered it."""

    __tablename__ = "documents"

    id: str = _id()
    session_id: str = _parent("sessions.id")
    message_id: str | None = _parent("messages.id", nullable=True)
    document_type: str | None = _text(100, default=None)
    title: str | None = _text(500, default=None)
    word_count: int = Field(sa_column=Column(StoredCount, nullable=False))
    created_at: datetime | None = _timestamp()


class Retrieval(SQLModel, table=True):
    """A query that a twin ran to retrieve information: a row of `queries`."""

    __tablename__ = "queries"

    id: str = _id()
    session_id: str = _parent("sessions.id")
    message_id: str | None = _parent("messages.id", nullable=True)
    query_text: str = _text()
    query_type: str | None = _text(50, default=None)
    results_count: int | None = Field(default=0, sa_column=Column(StoredCount))
    created_at: datetime | None = _timestamp()


RAW_MODELS: tuple[type[SQLModel], ...] = (
    User, Twin, Conversation, Message, Document, Retrieval,
)  # fmt: skip


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model: its columns are typed for building expressions."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


# `python -m seed` marks its files with this (PRAGMA application_id), so that pages can say so.
SAMPLE_APPLICATION_ID = 0x41545741  # "ATWA"

RAW_TABLES = tuple(table_of(model).name for model in RAW_MODELS)
