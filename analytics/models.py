"""The six tables of an existing deployment, as `contract/REST.md` documents them.

Ids are strings (UUIDs). Timestamps are stored naive and mean UTC; here they are aware UTC. The
product reads these tables and never changes them, migrations apart.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, ForeignKey, String, Table, Text, TypeDecorator
from sqlalchemy.dialects.sqlite import DATETIME as SQLITE_DATETIME
from sqlmodel import Field, SQLModel


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

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Naive UTC to aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _timestamp(*, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UtcDateTime, index=index))


def _parent(target: str, *, nullable: bool = False) -> Any:
    key = ForeignKey(target, ondelete="SET NULL" if nullable else "CASCADE")
    return Field(
        default=None if nullable else ...,
        sa_column=Column(String, key, nullable=nullable, index=True),
    )


class User(SQLModel, table=True):
    """A person. `company` is the organization; NULL and '' mean none."""

    __tablename__ = "users"

    id: str = Field(primary_key=True)
    email: str = Field(max_length=255, unique=True, index=True)
    full_name: str = Field(max_length=255)
    company: str | None = Field(default=None, max_length=255)
    department: str | None = Field(default=None, max_length=100)
    created_at: datetime | None = _timestamp()
    last_login_at: datetime | None = _timestamp(index=True)


class Twin(SQLModel, table=True):
    """An assistant and its owner (`user_id`)."""

    __tablename__ = "twins"

    id: str = Field(primary_key=True)
    user_id: str = _parent("users.id")
    name: str = Field(max_length=255)
    description: str | None = Field(default=None, sa_column=Column(Text))
    is_shared: bool | None = Field(default=False, index=True)
    created_at: datetime | None = _timestamp()


class Conversation(SQLModel, table=True):
    """A thread of a user with a twin: a row of `sessions`."""

    __tablename__ = "sessions"

    id: str = Field(primary_key=True)
    user_id: str = _parent("users.id")
    twin_id: str = _parent("twins.id")
    platform: str = Field(default="slack", max_length=50)
    title: str | None = Field(default=None, max_length=500)
    topic: str | None = Field(default=None, max_length=255)
    is_shared_twin: bool | None = Field(default=False, index=True)
    started_at: datetime | None = _timestamp(index=True)


class Message(SQLModel, table=True):
    """One message; `sender_type` is 'user' or 'twin'."""

    __tablename__ = "messages"

    id: str = Field(primary_key=True)
    session_id: str = _parent("sessions.id")
    sender_type: str = Field(max_length=20)
    content: str = Field(sa_column=Column(Text, nullable=False))
    message_type: str | None = Field(default="general", max_length=20, index=True)
    created_at: datetime | None = _timestamp()


class Document(SQLModel, table=True):
    """A document that a twin drafted, and the message that triggered it."""

    __tablename__ = "documents"

    id: str = Field(primary_key=True)
    session_id: str = _parent("sessions.id")
    message_id: str | None = _parent("messages.id", nullable=True)
    document_type: str | None = Field(default=None, max_length=100)
    title: str | None = Field(default=None, max_length=500)
    word_count: int
    created_at: datetime | None = _timestamp()


class Retrieval(SQLModel, table=True):
    """A query that a twin ran to retrieve information: a row of `queries`."""

    __tablename__ = "queries"

    id: str = Field(primary_key=True)
    session_id: str = _parent("sessions.id")
    message_id: str | None = _parent("messages.id", nullable=True)
    query_text: str = Field(sa_column=Column(Text, nullable=False))
    query_type: str | None = Field(default=None, max_length=50)
    results_count: int | None = 0
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
