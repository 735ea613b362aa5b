"""Run by Alembic for every command: applies the revisions on `migrate`'s own transaction."""

from collections.abc import Collection, Mapping
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo


def _applied(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    context.config.attributes["applied"].append(step.up_revision_id)


# SQLite's DDL is transactional once the transaction begins explicitly, as `migrate` sees to.
context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,
    on_version_apply=_applied,
)
context.run_migrations()
