"""The tables of approvals, uploads and batches.

Conventions are those of `tables`. A batch's rows are kept in chunks (`data` is base64 of zlib of JSON: a list of cell
lists), because a million small rows would cost more than their contents; results are one row each, because a result
is what must never be lost or written twice.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, PrimaryKeyConstraint, Table, Text

from server.storage.tables import Serial, metadata

approvals = Table(
    "approvals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("connection", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("binding", Text, nullable=False),
    Column("most", BigInteger, nullable=False),
    Column("summary", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("decision", Text, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", Text),
    Column("decided_how", Text),
    Column("used_at", BigInteger),
)
Index("ix_approvals_workspace_binding", approvals.c.workspace, approvals.c.binding)
Index("ix_approvals_expires_at", approvals.c.expires_at)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("ticket_hash", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("connection", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("kind", Text),
    Column("status", Text, nullable=False),
    Column("name", Text),
    Column("facts", Text),
    Column("size", BigInteger),
    Column("sha256", Text),
    Column("batch", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Files on their way in: `waiting` for the file, `received`, `used` by a batch, or `refused`. The file itself lies in
the home folder under the upload's id until a batch has taken it over."""
Index("ix_uploads_ticket_hash", uploads.c.ticket_hash, unique=True)
Index("ix_uploads_expires_at", uploads.c.expires_at)
Index("ix_uploads_workspace_member", uploads.c.workspace, uploads.c.member)

batches = Table(
    "batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("connection", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("header", Text, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ceiling", BigInteger, nullable=False),
    Column("approval", Text, nullable=False),
    Column("estimate", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("chunks", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("found", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("cached", BigInteger, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("usd_micros", BigInteger, nullable=False),
    Column("run", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("titles", Text, nullable=False, server_default="[]"),
    Column("looks", BigInteger, nullable=False, server_default="0"),
)
"""Bulk jobs with running totals, which change in the same transaction as the results that they count. `run` grows with
every start, resumption and retry, and `looks` with every look at the rows, so that the work of an earlier one cannot be
taken for that of a later one.
"""
Index("ix_batches_workspace_created_at", batches.c.workspace, batches.c.created_at)
Index("ix_batches_status", batches.c.status)
Index("ix_batches_expires_at", batches.c.expires_at)

batch_requests = Table(
    "batch_requests",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("batch", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace", "member", "request"),
)
"""The batch that a member's latest request of that fingerprint led to, and when."""
Index("ix_batch_requests_at", batch_requests.c.at)

batch_chunks = Table(
    "batch_chunks",
    metadata,
    Column("batch", Text, nullable=False),
    Column("chunk", BigInteger, nullable=False),
    Column("first_row", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("data", Text, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    PrimaryKeyConstraint("batch", "chunk"),
)

batch_results = Table(
    "batch_results",
    metadata,
    Column("batch", Text, nullable=False),
    Column("row", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("cells", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("batch", "row"),
    sqlite_with_rowid=False,
)
"""One row for every row of a batch that is settled: `state` is done, failed or skipped."""
Index("ix_batch_results_batch_state", batch_results.c.batch, batch_results.c.state, batch_results.c.row)

batch_events = Table(
    "batch_events",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("batch", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("level", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
"""What happened to a batch; level `event` for people and programs that follow it, `log` for finding faults."""
Index("ix_batch_events_batch", batch_events.c.batch, batch_events.c.id)

workers = Table(
    "workers",
    metadata,
    Column("executor", Text, primary_key=True),
    Column("beat_at", BigInteger, nullable=False),
    Column("host", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
)
"""Processes that run batches, by the time of their last sign of life."""

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("failed_at", BigInteger),
    Column("said", Text, nullable=False),
)
"""Notices to be delivered, with what came of the last attempt."""
Index("ix_webhooks_next_at", webhooks.c.next_at)

webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("secret", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""What the notices of a workspace's batches are signed with, in clear: every notice needs it."""
