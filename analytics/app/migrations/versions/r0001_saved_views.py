"""The saved views."""

import sqlalchemy as sa
from alembic import op

revision = "0001_saved_views"
down_revision = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False, unique=True),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("preset", sa.String(), nullable=True),
        sa.Column("parameters", sa.String(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        schema="app",
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("saved_views", schema="app")
