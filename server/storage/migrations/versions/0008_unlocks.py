"""What providers charged for and do not charge again for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the table; what was unlocked before the upgrade is reckoned at its full price."""
    op.create_table(
        "unlocks",
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("credits", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "key", "account", name="pk_unlocks"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_unlocks_expires_at", "unlocks", ["expires_at"])
