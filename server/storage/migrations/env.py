"""Alembic's entry point: runs the revisions on the engine that `upgrade` passes in."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, Engine, text

from server.storage.migrations import VERSION_TABLE
from server.storage.tables import metadata


def _lock(connection: Connection) -> None:
    """Replicas that start at once migrate one after the other; the second finds nothing left to do."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('weir ' || current_schema(), 0))"))


def _run(engine: Engine) -> None:
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, version_table=VERSION_TABLE)
        with context.begin_transaction():
            _lock(connection)
            context.run_migrations()


_run(context.config.attributes["engine"])
