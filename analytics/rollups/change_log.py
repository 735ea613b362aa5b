"""The change log: which users, sessions and twins were touched since the rollups were made.

`rollup_marks(id, kind, key)` stands beside the raw tables; triggers on them write it (`triggers.py`
says what). `refresh.py` turns its entries into exact rollups.

The row with id 0 (kind 'version') names the rollups that the raw tables were last read into: raw
tables that were put back from a backup name others.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    exists,
    func,
    insert,
    select,
    true,
)

from analytics.models import RAW_MODELS, StoredText, table_of
from analytics.rollups import triggers_postgres, triggers_sqlite
from analytics.rollups.triggers import LOG_NAME, REBUILD, SESSION, TWIN, USER

LOG = Table(
    LOG_NAME,
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("kind", String, nullable=False),
    Column("key", StoredText),
)


@dataclass(frozen=True)
class Touched:
    """Entries that are handled together: their ids, and whom they are about."""

    entries: list[int]
    users: list[str]
    sessions: list[str]
    newest: int  # the id of the newest entry when these were read


def read(connection: Connection, most: int, window: int, last: int | None = None) -> Touched | None:
    """The oldest entries, as far as they are about at most `most` sessions.

    A user or a twin counts as 10 of them. None if there are no entries, or none up to the id
    `last`. Looks at the first `window` entries only.
    """
    rows = connection.execute(
        select(*LOG.c)
        .where(LOG.c.kind.in_((USER, SESSION, TWIN)), true() if last is None else LOG.c.id <= last)
        .order_by(LOG.c.id)
        .limit(window)
    )
    entries: list[int] = []
    found: dict[str, set[str]] = {USER: set(), SESSION: set(), TWIN: set()}
    for entry, kind, key in rows:
        if key is not None and key not in found[kind]:
            size = 10 * (len(found[USER]) + len(found[TWIN])) + len(found[SESSION])
            if size and size + (1 if kind == SESSION else 10) > most:
                continue
            found[kind].add(key)
        entries.append(entry)
    if not entries:
        return None
    return Touched(entries, sorted(found[USER]), sorted(found[SESSION]), newest(connection))


def some(connection: Connection) -> bool:
    """Whether there are entries."""
    return connection.scalar(select(LOG.c.id).where(LOG.c.id > 0).limit(1)) is not None


def more_than(connection: Connection, count: int) -> bool:
    """Whether there are more entries than this."""
    found = select(LOG.c.id).limit(count + 1).subquery()
    return connection.scalar(select(func.count()).select_from(found)) > count  # type: ignore[operator]


def rebuild_wanted(connection: Connection, most: int) -> bool:
    """Whether a build must come first: after a TRUNCATE, or with more entries than `most`."""
    wanted = connection.scalar(select(exists().where(LOG.c.kind == REBUILD)))
    return bool(wanted) or more_than(connection, most)


def newest(connection: Connection) -> int:
    """The id of the newest entry."""
    return connection.scalar(select(func.coalesce(func.max(LOG.c.id), 0))) or 0


def forget(connection: Connection, ids: Sequence[int]) -> None:
    """Delete these entries."""
    for start in range(0, len(ids), 500):
        connection.execute(delete(LOG).where(LOG.c.id.in_(ids[start : start + 500])))


def forget_up_to(connection: Connection, last: int, most: int) -> bool:
    """Delete at most `most` entries with ids up to `last`; whether there may be more."""
    oldest = select(func.min(LOG.c.id)).where(LOG.c.id > 0).scalar_subquery()
    gone = connection.execute(
        delete(LOG).where(LOG.c.id > 0, LOG.c.id <= last, LOG.c.id < oldest + most)
    )
    return gone.rowcount > 0


def version(connection: Connection) -> str:
    """The version of the rollups that the raw file was last read into."""
    return connection.scalar(select(LOG.c.key).where(LOG.c.id == 0)) or ""


def set_version(connection: Connection, name: str) -> None:
    """Say which rollups hold what is not in the log."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT OR REPLACE INTO rollup_marks (id, kind, key) VALUES (0, 'version', ?)", (name,)
        )
    else:
        connection.exec_driver_sql(
            "INSERT INTO rollup_marks (id, kind, key) OVERRIDING SYSTEM VALUE"
            " VALUES (0, 'version', %s) ON CONFLICT (id) DO UPDATE SET key = excluded.key",
            (name,),
        )


def installed(connection: Connection) -> bool:
    """Whether the raw tables have exactly the triggers that `install` makes."""
    if connection.dialect.name == "sqlite":
        return triggers_sqlite.installed(connection)
    return triggers_postgres.installed(connection)


def install(connection: Connection) -> None:
    """Make the change log and the triggers anew, and ask for a build."""
    remove(connection)
    if connection.dialect.name == "sqlite":
        for statement in triggers_sqlite.statements(connection):
            connection.exec_driver_sql(statement)
        set_version(connection, secrets.token_hex(8))  # one that no rollups have
    else:
        for statement in triggers_postgres.statements():
            connection.exec_driver_sql(statement)
        connection.execute(insert(LOG).values(kind=REBUILD))


def remove(connection: Connection) -> bool:
    """Drop the triggers and the change log; whether there were any.

    Raises NotOurs before anything is dropped if one of their names is somebody else's.
    """
    if connection.dialect.name == "sqlite":
        return triggers_sqlite.remove(connection)
    return triggers_postgres.remove(connection)


def statements(database: str) -> list[str]:
    """What is made beside the raw tables that the models describe.

    `database` is "sqlite" or "postgresql".
    """
    if database == "postgresql":
        return triggers_postgres.statements()
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        for model in RAW_MODELS:
            table_of(model).create(connection)
        return triggers_sqlite.statements(connection)
