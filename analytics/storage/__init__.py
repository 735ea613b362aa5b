"""Opening a database that exists: SQLite or PostgreSQL, and what can be wrong with it."""
