"""One door to SQLite and PostgreSQL: `database.Database`."""
