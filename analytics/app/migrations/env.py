"""Run by Alembic: applies the revisions on the transaction that `upgrade` was given."""

from alembic import context

from analytics.app.migrations import SCHEMA, VERSION_TABLE

# SQLite's DDL is transactional once the transaction begins explicitly, as the store sees to.
context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,
    version_table=VERSION_TABLE,
    version_table_schema=SCHEMA,
)
context.run_migrations()
