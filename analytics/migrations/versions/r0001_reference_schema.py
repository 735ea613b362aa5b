"""The baseline: the six tables of a deployment from before `messages.message_type`.

Creates nothing, because a deployment has its tables; verifies that they are there.
"""

import sqlalchemy as sa
from alembic import op

from analytics.migrations import MigrationError

revision = "0001_reference_schema"
down_revision = None

TABLES = ("users", "twins", "sessions", "messages", "documents", "queries")


def upgrade() -> None:
    """Verify the tables. Raises MigrationError naming the missing ones."""
    present = sa.inspect(op.get_bind()).get_table_names()
    missing = [name for name in TABLES if name not in present]
    if missing:
        raise MigrationError(
            f"This is no AI twin database: it lacks the table(s) {', '.join(missing)}."
            " Check DATABASE_URL."
        )


def downgrade() -> None:
    """Nothing to undo."""
