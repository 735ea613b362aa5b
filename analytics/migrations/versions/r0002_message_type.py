"""`messages.message_type`: what refers to a message.

'document,query' if documents and queries do, 'document' or 'query' if only those do, else
'general'. Where the column exists already, values that are set stay; only NULLs are filled.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import context, op

from analytics.migrations import MigrationError, Progress, pending

revision = "0002_message_type"
down_revision = "0001_reference_schema"

BATCH = 5_000
"""Messages a step; progress is reported between steps."""
INDEX = "ix_messages_message_type"

messages = sa.table("messages", sa.column("id", sa.String), sa.column("message_type", sa.String))
documents = sa.table("documents", sa.column("message_id", sa.String))
queries = sa.table("queries", sa.column("message_id", sa.String))


def upgrade() -> None:
    """Add the column and its index where missing, and classify."""
    connection = op.get_bind()
    progress: Progress = context.config.attributes["progress"]
    added = pending(connection)
    if added:
        column = sa.Column("message_type", sa.String(20), server_default="general")
        op.add_column("messages", column)
    if added or _has_null(connection):
        _classify(connection, progress, added=added)
    # Last: one sort is cheaper than keeping an index up to date while classifying.
    if all(index["name"] != INDEX for index in sa.inspect(connection).get_indexes("messages")):
        progress(0.9, "Indexing the messages")
        op.create_index(INDEX, "messages", ["message_type"])


def downgrade() -> None:
    """Refused: the column may hold values from before this revision, which nothing restores."""
    raise MigrationError("Revision 0002_message_type can't be undone. Restore a backup.")


def _has_null(connection: sa.Connection) -> bool:
    empty = sa.select(messages.c.id).where(messages.c.message_type.is_(None)).limit(1)
    return connection.execute(empty).first() is not None


def _classify(connection: sa.Connection, progress: Progress, *, added: bool) -> None:
    total = connection.scalar(sa.select(sa.func.count()).select_from(messages)) or 1
    progress(0.0, "Classifying messages")
    for step, (after, last) in enumerate(_ranges(connection), start=1):
        drafted = sa.select(documents.c.message_id).where(
            *_within(documents.c.message_id, after, last)
        )
        asked = sa.select(queries.c.message_id).where(*_within(queries.c.message_id, after, last))
        has_document, has_query = messages.c.id.in_(drafted), messages.c.id.in_(asked)
        kind = sa.case(
            (has_document & has_query, "document,query"),
            (has_document, "document"),
            (has_query, "query"),
            else_="general",
        )
        if added:  # the rest has the column's default, without a row rewritten
            chosen: list[sa.ColumnElement[bool]] = [messages.c.id.in_(drafted.union(asked))]
        else:
            # The concatenation is NULL exactly for NULL. It keeps SQLite off the index on
            # message_type, by which each step would visit every NULL of the table.
            empty = (messages.c.message_type + "").is_(None)
            chosen = [*_within(messages.c.id, after, last), empty]
        connection.execute(sa.update(messages).where(*chosen).values(message_type=kind))
        progress(0.9 * min(1.0, step * BATCH / total), "Classifying messages")


def _ranges(connection: sa.Connection) -> Iterator[tuple[str | None, str | None]]:
    """Ranges (after, last] of message ids, BATCH each, together every id; None is unbounded."""
    after: str | None = None
    while True:
        ids = sa.select(messages.c.id).where(*_within(messages.c.id, after, None))
        last = connection.scalar(ids.order_by(messages.c.id).offset(BATCH - 1).limit(1))
        yield after, last
        if last is None:
            return
        after = last


def _within(
    column: sa.ColumnElement[str], after: str | None, last: str | None
) -> list[sa.ColumnElement[bool]]:
    bounds = [] if after is None else [column > after]
    return bounds if last is None else [*bounds, column <= last]
