"""The tables. Times are microseconds since 1970 (UTC), credits hundredths, dollars micros; JSON is text.

The migrations in `migrations/versions` create them; a test holds the two together.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, MetaData, PrimaryKeyConstraint, Table, Text, text

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"})

Serial = BigInteger().with_variant(Integer(), "sqlite")
"""Numbers that the database gives out itself."""

SPENT = text("kind IN ('capture', 'unresolved', 'resolved', 'variance')")
"""Ledger entries that a provider's bill consists of. Literal, so that the planner can match the partial index."""

OF_BATCH = text("batch <> ''")
"""Entries that belong to bulk jobs. Literal for the same reason."""

ledger = Table(
    "ledger",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("hold_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("provider", Text),
    Column("operation", Text),
    Column("credits", BigInteger, nullable=False),
    Column("usd_micros", BigInteger, nullable=False),
    Column("outcome", Text),
    Column("request_id", Text),
    Column("priced_since", Text),
    Column("note", Text),
    Column("connection", Text, nullable=False, server_default=""),
    Column("batch", Text, nullable=False, server_default=""),
    Column("batch_row", BigInteger),
    Column("approval", Text, nullable=False, server_default=""),
)
Index("ix_ledger_hold_id", ledger.c.hold_id)
Index("ix_ledger_workspace_at", ledger.c.workspace, ledger.c.at, ledger.c.id)
Index(
    "ix_ledger_provider_spent",
    ledger.c.provider,
    ledger.c.at,
    ledger.c.credits,
    sqlite_where=SPENT,
    postgresql_where=SPENT,
)
Index("ix_ledger_batch", ledger.c.batch, ledger.c.batch_row, sqlite_where=OF_BATCH, postgresql_where=OF_BATCH)

open_holds = Table(
    "open_holds",
    metadata,
    Column("hold_id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("usd_micros", BigInteger, nullable=False),
    Column("connection", Text, nullable=False, server_default=""),
    Column("batch", Text, nullable=False, server_default=""),
    Column("batch_row", BigInteger),
    Column("approval", Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)
"""Holds without a release, so that finding them does not mean searching the ledger."""

budget_counters = Table(
    "budget_counters",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("used", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace", "member", "period"),
    sqlite_with_rowid=False,
)
"""Credits held or spent: per member and day (`2026-11-21`), per workspace and month (`2026-11`, member empty), and per
connection and month (member `connection <id>`), and per batch (member `batch <id>`, period empty)."""

answers = Table(
    "answers",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("answer", Text),
    Column("provider", Text, nullable=False),
    Column("provider_operation", Text, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace", "key"),
)
Index("ix_answers_expires_at", answers.c.expires_at)

answer_subjects = Table(
    "answer_subjects",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace", "subject", "key"),
    sqlite_with_rowid=False,
)
"""Whom a stored answer is about, so that a person who opts out can be forgotten without reading every answer."""
Index("ix_answer_subjects_expires_at", answer_subjects.c.expires_at)

unlocks = Table(
    "unlocks",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace", "key", "account"),
    sqlite_with_rowid=False,
)
"""Until when a provider does not charge again for what it answered to a question, and how much of it. Question,
account and the provider's record are hashes."""
Index("ix_unlocks_expires_at", unlocks.c.expires_at)

suppressions = Table(
    "suppressions",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("added_by", Text, nullable=False),
    PrimaryKeyConstraint("workspace", "subject"),
)

prospect_lists = Table(
    "prospect_lists",
    metadata,
    Column("list_id", Text, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""Lists at a provider whose account all workspaces share, with the workspace that made each."""

price_alarms = Table(
    "price_alarms",
    metadata,
    Column("provider", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("priced_since", Text, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("quoted", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("provider", "operation"),
)

rate_limits = Table(
    "rate_limits",
    metadata,
    Column("account", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("configured", BigInteger, nullable=False),
    Column("learned", BigInteger),
    Column("due", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("paused_until", BigInteger, nullable=False),
    Column("credit", BigInteger, nullable=False),
    Column("slow", BigInteger, nullable=False),
    Column("slow_until", BigInteger, nullable=False),
    PrimaryKeyConstraint("account", "operation"),
)
"""How far the limits of each provider's account are used up, by the database's clock; operation `*` is the limit of all
requests. `configured` and `learned` are thousandths of requests per minute, `slow` is microseconds."""
