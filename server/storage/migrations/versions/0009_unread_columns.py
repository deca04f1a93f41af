"""Columns of codes, tokens and signed-in browsers that nobody reads: a connection says for which resource it is."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Drop them."""
    op.drop_column("oauth_codes", "resource")
    op.drop_column("oauth_codes", "issued_at")
    op.drop_column("refresh_tokens", "resource")
    op.drop_column("sign_ins", "agent")
