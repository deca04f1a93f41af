"""Which batch a request for one led to, so that every replica recognises a repeated one; a member's uploads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create both; requests from before the upgrade are recognised no more."""
    op.create_table(
        "batch_requests",
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("batch", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "member", "request", name="pk_batch_requests"),
    )
    op.create_index("ix_batch_requests_at", "batch_requests", ["at"])
    op.create_index("ix_uploads_workspace_member", "uploads", ["workspace", "member"])
