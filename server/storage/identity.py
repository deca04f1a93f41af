"""The tables of people, clients and what they may do. Secrets are stored as SHA-256 hashes, passwords as argon2.

Conventions are those of `tables`: times in microseconds, JSON and space-separated scopes as text.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, PrimaryKeyConstraint, Table, Text

from server.storage.tables import Serial, metadata

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)
"""People. Without a password they sign in through the operator's OpenID provider only."""
Index("ix_users_email", users.c.email, unique=True)

external_identities = Table(
    "external_identities",
    metadata,
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    PrimaryKeyConstraint("issuer", "subject"),
)
"""Who a person is at an OpenID provider."""

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace", "user_id"),
)
Index("ix_memberships_user_id", memberships.c.user_id)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("user_id", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
"""Single-use links: the first-run set-up (`setup`, no user yet), and choosing a password (`password`)."""

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Signed-in browsers."""
Index("ix_sign_ins_user_id", sign_ins.c.user_id)
Index("ix_sign_ins_expires_at", sign_ins.c.expires_at)

attempt_counters = Table(
    "attempt_counters",
    metadata,
    Column("bucket", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("bucket", "since"),
)
"""What is counted to slow down guessing and flooding, by window."""
Index("ix_attempt_counters_since", attempt_counters.c.since)

oauth_clients = Table(
    "oauth_clients",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text),
    Column("metadata", Text, nullable=False),
    Column("workspace", Text),
    Column("scope", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("expires_at", BigInteger),
)
"""Clients: `registered` dynamically, read from a metadata `document`, or a `machine` that an administrator made."""
Index("ix_oauth_clients_expires_at", oauth_clients.c.expires_at)

oauth_grants = Table(
    "oauth_grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text),
    Column("member", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("client_name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("toolsets", Text),
    Column("monthly_limit", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("revoked_why", Text),
)
"""Connections: what a person let a client do. Every authorization makes a new one. Limits are in hundredths."""
Index("ix_oauth_grants_user_id", oauth_grants.c.user_id)
Index("ix_oauth_grants_workspace", oauth_grants.c.workspace)
Index("ix_oauth_grants_client_id", oauth_grants.c.client_id)

oauth_codes = Table(
    "oauth_codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("grant_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text),
    Column("scope", Text, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
"""Authorization codes; a used one stays until it expires, so that a second use is recognised."""
Index("ix_oauth_codes_expires_at", oauth_codes.c.expires_at)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("grant_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("replaced_at", BigInteger),
)
Index("ix_refresh_tokens_grant_id", refresh_tokens.c.grant_id)
Index("ix_refresh_tokens_expires_at", refresh_tokens.c.expires_at)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("private_key", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
)
"""Keys that sign access tokens, as JSON Web Keys; a retired one still verifies until its last token has expired."""

personal_keys = Table(
    "personal_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key_hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text),
    Column("member", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("toolsets", Text),
    Column("monthly_limit", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
)
"""Keys for command lines and scripts. Limits are in hundredths."""
Index("ix_personal_keys_key_hash", personal_keys.c.key_hash, unique=True)
Index("ix_personal_keys_workspace", personal_keys.c.workspace)

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
"""Who let whom in, and who was turned away; `detail` is JSON without secrets."""
Index("ix_audit_workspace_at", audit.c.workspace, audit.c.at, audit.c.id)
