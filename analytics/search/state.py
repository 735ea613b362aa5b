"""How far the index has come, where there is one that this release can read."""

from sqlalchemy import select
from sqlmodel import Session

from analytics.search import postgres, sqlite
from analytics.search.tables import FORMAT, STATE, State


def is_there(session: Session) -> bool:
    """Whether the session can read the index's tables."""
    connection = session.connection()
    dialect = sqlite if connection.dialect.name == "sqlite" else postgres
    return str(dialect.held_format(connection)) == str(FORMAT)  # else none, or another release's


def read_state(session: Session) -> State | None:
    """The state of the index that the session can read; None without any."""
    row = session.execute(select(STATE)).one_or_none() if is_there(session) else None
    return State(*row) if row else None
