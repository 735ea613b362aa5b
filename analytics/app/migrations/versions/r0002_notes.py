"""The notes."""

import sqlalchemy as sa
from alembic import op

revision = "0002_notes"
down_revision = "0001_saved_views"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "notes",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("organizations", sa.String(), nullable=False),
        sa.Column("departments", sa.String(), nullable=False),
        schema="app",
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("notes", schema="app")
