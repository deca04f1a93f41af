"""Approvals, uploads, batches and webhooks; and which batch, row and approval a credit was spent under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create what bulk jobs and approvals need; spending so far belongs to neither."""
    for table in ("ledger", "open_holds"):
        op.add_column(table, sa.Column("batch", sa.Text, nullable=False, server_default=""))
        op.add_column(table, sa.Column("batch_row", sa.BigInteger))
        op.add_column(table, sa.Column("approval", sa.Text, nullable=False, server_default=""))
    of_batch = sa.text("batch <> ''")
    op.create_index(
        "ix_ledger_batch", "ledger", ["batch", "batch_row"], sqlite_where=of_batch, postgresql_where=of_batch
    )
    _approvals()
    _uploads()
    _batches()
    _batch_chunks()
    _batch_results()
    _batch_events()
    _workers()
    _webhooks()


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("binding", sa.Text, nullable=False),
        sa.Column("most", sa.BigInteger, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_how", sa.Text),
        sa.Column("used_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
    )
    op.create_index("ix_approvals_expires_at", "approvals", ["expires_at"])
    op.create_index("ix_approvals_workspace_binding", "approvals", ["workspace", "binding"])


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("ticket_hash", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("kind", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("facts", sa.Text),
        sa.Column("size", sa.BigInteger),
        sa.Column("sha256", sa.Text),
        sa.Column("batch", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"])
    op.create_index("ix_uploads_ticket_hash", "uploads", ["ticket_hash"], unique=True)


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ceiling", sa.BigInteger, nullable=False),
        sa.Column("approval", sa.Text, nullable=False),
        sa.Column("estimate", sa.Text, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("chunks", sa.BigInteger, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("found", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("skipped", sa.BigInteger, nullable=False),
        sa.Column("cached", sa.BigInteger, nullable=False),
        sa.Column("credits", sa.BigInteger, nullable=False),
        sa.Column("usd_micros", sa.BigInteger, nullable=False),
        sa.Column("run", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index("ix_batches_expires_at", "batches", ["expires_at"])
    op.create_index("ix_batches_status", "batches", ["status"])
    op.create_index("ix_batches_workspace_created_at", "batches", ["workspace", "created_at"])


def _batch_chunks() -> None:
    op.create_table(
        "batch_chunks",
        sa.Column("batch", sa.Text, nullable=False),
        sa.Column("chunk", sa.BigInteger, nullable=False),
        sa.Column("first_row", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("batch", "chunk", name="pk_batch_chunks"),
    )


def _batch_results() -> None:
    op.create_table(
        "batch_results",
        sa.Column("batch", sa.Text, nullable=False),
        sa.Column("row", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("credits", sa.BigInteger, nullable=False),
        sa.Column("cells", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("batch", "row", name="pk_batch_results"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_batch_results_batch_state", "batch_results", ["batch", "state", "row"])


def _batch_events() -> None:
    op.create_table(
        "batch_events",
        sa.Column("id", _SERIAL, sa.Identity(), nullable=False),
        sa.Column("batch", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batch_events"),
    )
    op.create_index("ix_batch_events_batch", "batch_events", ["batch", "id"])


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("executor", sa.Text, nullable=False),
        sa.Column("beat_at", sa.BigInteger, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("executor", name="pk_workers"),
    )


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("batch", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("delivered_at", sa.BigInteger),
        sa.Column("failed_at", sa.BigInteger),
        sa.Column("said", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_index("ix_webhooks_next_at", "webhooks", ["next_at"])
