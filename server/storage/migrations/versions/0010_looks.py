"""How often the rows of a batch were begun to be looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column; looks that were under way are begun anew."""
    op.add_column("batches", sa.Column("looks", sa.BigInteger, nullable=False, server_default="0"))
