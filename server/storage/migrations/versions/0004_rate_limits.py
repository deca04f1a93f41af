"""Rate limits that several processes keep together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table; every limit starts unused."""
    op.create_table(
        "rate_limits",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("configured", sa.BigInteger, nullable=False),
        sa.Column("learned", sa.BigInteger),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("paused_until", sa.BigInteger, nullable=False),
        sa.Column("credit", sa.BigInteger, nullable=False),
        sa.Column("slow", sa.BigInteger, nullable=False),
        sa.Column("slow_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "operation", name="pk_rate_limits"),
    )
