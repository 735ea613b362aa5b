"""The schema `app`: its version, and Alembic's way from any older one to this release's."""

import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

SCHEMA = "app"
# Not Alembic's own name: a database of the product's raw tables may have that one.
VERSION_TABLE = "app_version"
_ADVISORY_LOCK = 0x41545742  # on PostgreSQL: whoever holds it upgrades
# Alembic keeps the context of a command in module globals.
_one_at_a_time = threading.Lock()


class UnknownVersion(Exception):
    """The schema is not one that this release knows: a newer release's, or somebody else's."""

    def __init__(self, *, is_ours: bool) -> None:
        self.is_ours = is_ours
        super().__init__()


@dataclass(frozen=True)
class Version:
    """What the schema holds: nothing yet, an older release's tables, or this one's."""

    is_empty: bool
    is_old: bool


def version(connection: Connection) -> Version:
    """Look at the schema. Raises UnknownVersion."""
    tables = inspect(connection).get_table_names(schema=SCHEMA)
    if not tables:
        return Version(is_empty=True, is_old=False)
    if VERSION_TABLE not in tables:
        raise UnknownVersion(is_ours=False)
    held = connection.scalar(text(f"SELECT version_num FROM {SCHEMA}.{VERSION_TABLE}"))  # noqa: S608
    known = _revisions()
    if held not in known:
        raise UnknownVersion(is_ours=True)
    return Version(is_empty=False, is_old=held != known[0])


def upgrade(connection: Connection) -> None:
    """Make or upgrade the tables in the connection's own transaction; nothing if they are there.

    Safe when two processes do it at once. Raises UnknownVersion.
    """
    held = version(connection)
    if not (held.is_empty or held.is_old):
        return
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(:key)")
        connection.execute(lock, {"key": _ADVISORY_LOCK})
        if SCHEMA not in inspect(connection).get_schema_names():
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    config = _config()
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


@cache
def _revisions() -> tuple[str, ...]:
    """The ids that this release knows, newest first."""
    scripts = ScriptDirectory.from_config(_config())
    return tuple(script.revision for script in scripts.walk_revisions())
