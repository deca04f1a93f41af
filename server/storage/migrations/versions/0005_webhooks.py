"""The secrets that notices are signed with, and what the columns of a batch's file are called in the file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table; of older batches only the names are known that make their columns different."""
    op.create_table(
        "webhook_secrets",
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("workspace", name="pk_webhook_secrets"),
    )
    op.add_column("batches", sa.Column("titles", sa.Text, nullable=False, server_default="[]"))
