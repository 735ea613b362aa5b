"""How far the index has come, where there is one that this release can read."""

from sqlalchemy import Connection, select

from analytics.search import postgres, sqlite
from analytics.search.tables import FORMAT, STATE, State


def is_there(connection: Connection) -> bool:
    """Whether the connection can read the index's tables."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgres
    return str(dialect.held_format(connection)) == str(FORMAT)  # else none, or another release's


def read_state(connection: Connection) -> State | None:
    """The state of the index that the connection can read; None without any."""
    row = connection.execute(select(STATE)).one_or_none() if is_there(connection) else None
    return State(*row) if row else None
