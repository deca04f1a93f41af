"""Which workspace made which prospect list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table; lists from before the upgrade stay open to whoever knows their ids."""
    op.create_table(
        "prospect_lists",
        sa.Column("list_id", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("list_id", name="pk_prospect_lists"),
    )
