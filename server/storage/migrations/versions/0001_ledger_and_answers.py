"""Ledger, budgets, answers, suppression list and price alarms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SPENT = sa.text("kind IN ('capture', 'unresolved', 'resolved', 'variance')")


def upgrade() -> None:
    """Create everything that a metered look-up needs."""
    _ledger()
    _holds()
    _answers()
    _lists()


def _required(kind: type[sa.Text | sa.BigInteger], *names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", _SERIAL, sa.Identity(), nullable=False),
        *_required(sa.BigInteger, "at"),
        *_required(sa.Text, "hold_id", "kind", "workspace", "member", "client", "tool"),
        sa.Column("provider", sa.Text),
        sa.Column("operation", sa.Text),
        *_required(sa.BigInteger, "credits", "usd_micros"),
        sa.Column("outcome", sa.Text),
        sa.Column("request_id", sa.Text),
        sa.Column("priced_since", sa.Text),
        sa.Column("note", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
    )
    op.create_index("ix_ledger_hold_id", "ledger", ["hold_id"])
    op.create_index("ix_ledger_workspace_at", "ledger", ["workspace", "at", "id"])
    op.create_index(
        "ix_ledger_provider_spent",
        "ledger",
        ["provider", "at", "credits"],
        sqlite_where=_SPENT,
        postgresql_where=_SPENT,
    )


def _holds() -> None:
    op.create_table(
        "open_holds",
        *_required(sa.Text, "hold_id"),
        *_required(sa.BigInteger, "at", "touched_at"),
        *_required(sa.Text, "workspace", "member", "client", "tool"),
        *_required(sa.BigInteger, "credits", "usd_micros"),
        sa.PrimaryKeyConstraint("hold_id", name="pk_open_holds"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "budget_counters",
        *_required(sa.Text, "workspace", "member", "period"),
        *_required(sa.BigInteger, "used"),
        sa.PrimaryKeyConstraint("workspace", "member", "period", name="pk_budget_counters"),
        sqlite_with_rowid=False,
    )


def _answers() -> None:
    op.create_table(
        "answers",
        *_required(sa.Text, "workspace", "key", "operation", "outcome"),
        sa.Column("answer", sa.Text),
        *_required(sa.Text, "provider", "provider_operation"),
        *_required(sa.BigInteger, "fetched_at", "expires_at"),
        sa.PrimaryKeyConstraint("workspace", "key", name="pk_answers"),
    )
    op.create_index("ix_answers_expires_at", "answers", ["expires_at"])
    op.create_table(
        "answer_subjects",
        *_required(sa.Text, "workspace", "subject", "key"),
        *_required(sa.BigInteger, "expires_at"),
        sa.PrimaryKeyConstraint("workspace", "subject", "key", name="pk_answer_subjects"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_answer_subjects_expires_at", "answer_subjects", ["expires_at"])


def _lists() -> None:
    op.create_table(
        "suppressions",
        *_required(sa.Text, "workspace", "subject", "reason"),
        *_required(sa.BigInteger, "added_at"),
        *_required(sa.Text, "added_by"),
        sa.PrimaryKeyConstraint("workspace", "subject", name="pk_suppressions"),
    )
    op.create_table(
        "price_alarms",
        *_required(sa.Text, "provider", "operation", "priced_since"),
        *_required(sa.BigInteger, "seen", "quoted", "at"),
        sa.PrimaryKeyConstraint("provider", "operation", name="pk_price_alarms"),
    )
