"""Bringing some users' rollups up to date: subtract what they had, read them again, add it.

Cells are sums over facts, so the same selects run before and after the facts change, with opposite
signs; only what differs is written. Doing it again changes nothing: a refresh that was killed
before its entries were deleted from the change log is simply repeated.

It has two steps: `stage` reads the raw tables, `refresh` only what was staged. On SQLite they are
two transactions, so that the raw file is held for a moment only. Between them, rows may change and
be logged again: the log is read before the rows, so the next refresh sees to it.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Insert,
    MetaData,
    Table,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    tuple_,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from analytics.models import Twin, table_of
from analytics.rollups.build import fill
from analytics.rollups.build import stage as stage_rows
from analytics.rollups.cells import CELLS, contributions, in_all_slices, keys_and_sums
from analytics.rollups.change_log import LOG, Touched
from analytics.rollups.facts import FACTS, MEMBERS, orphans
from analytics.rollups.staging import (
    CHANGED_SESSION,
    NAMELESS,
    REPLACED_SESSION,
    REPLACED_SESSIONS,
    STAGING,
    USER_OF_OTHER_DAYS,
    USERS_OF_OTHER_DAYS,
    WHOLE_USER,
    replaced,
)
from analytics.rollups.state import Build, Changed
from analytics.rollups.tables import UNKNOWN, ActivityHour, Member, Orphan
from analytics.rollups.triggers import SESSION, TWIN, USER
from analytics.sql.planner import analyze
from analytics.sql.stored import is_key
from analytics.sql.timestamps import to_instant

_METADATA = MetaData()
# The entries of the change log that this refresh takes.
_TAKEN = Table(
    "rollup_taken_entry",
    _METADATA,
    Column("id", BigInteger, primary_key=True),
    prefixes=["TEMPORARY"],
)
_taken = LOG.c.id.in_(select(_TAKEN.c.id))
_USERS_TAKEN = (
    select(LOG.c.key).distinct().where(_taken, LOG.c.kind == USER, LOG.c.key.is_not(None))
)
_SESSIONS_TAKEN = (
    select(func.coalesce(LOG.c.key, NAMELESS))
    .distinct()
    .where(_taken, or_(LOG.c.kind == SESSION, LOG.c.key.is_(None)))
)
_hour, _twin = table_of(ActivityHour).c, table_of(Twin).c
# Their twin came or went; the log tells of it, but no row of theirs.
_SESSIONS_OF_TWINS_TAKEN = select(_hour.session_id).where(
    _hour.twin_id.in_(select(LOG.c.key).where(_taken, LOG.c.kind == TWIN, LOG.c.key.is_not(None))),
    (_hour.whose != UNKNOWN) != exists().where(_twin.id == _hour.twin_id),
)


def _temporary(prefix: str, model: type[SQLModel]) -> Table:
    table = table_of(model)
    columns = [Column(c.name, c.type) for c in table.columns]
    return Table(f"{prefix}_{table.name}", _METADATA, *columns, prefixes=["TEMPORARY"])


_RECORDED: tuple[type[SQLModel], ...] = (Member, Orphan, *(model for model, _ in FACTS))
# The facts as they are now, of what is replaced.
_NOW = {model: _temporary("rollup_now", model) for model in _RECORDED}
# What users' rows add to the finest slice: before, with the sign turned, and after.
_DELTA = {model: _temporary("rollup_delta", model) for model, _ in CELLS}
# The sums of that which are not zero, in all slices.
_NET = {model: _temporary("rollup_net", model) for model, _ in CELLS}


def prepare(connection: Connection) -> None:
    """Make the temporary tables that a connection needs for refreshing."""
    for table in (*STAGING.sorted_tables, *_METADATA.sorted_tables):
        table.create(connection, checkfirst=False)


def stage(connection: Connection, touched: Touched) -> None:
    """Read everything of the raw tables that `refresh` needs, on a connection that was prepared."""
    for table in _METADATA.sorted_tables:
        connection.execute(delete(table))
    connection.execute(insert(_TAKEN), [{"id": entry} for entry in touched.entries])
    stage_rows(connection, _USERS_TAKEN, union(_SESSIONS_TAKEN, _SESSIONS_OF_TWINS_TAKEN))
    fill(connection, _NOW[Member], MEMBERS)
    fill(connection, _NOW[Orphan], orphans(touched=True))


def refresh(connection: Connection, touched: Touched, now: datetime, known: str = "") -> str:
    """Make the rollups what a build would make them of what was staged; their version.

    Runs in the caller's transaction and reads no raw table. `known` is the version that the raw
    file names until the entries are deleted.
    """
    fill(connection, REPLACED_SESSION, REPLACED_SESSIONS)
    fill(connection, USER_OF_OTHER_DAYS, USERS_OF_OTHER_DAYS)
    analyze(connection, (REPLACED_SESSION, USER_OF_OTHER_DAYS))
    for model, _ in CELLS:
        connection.execute(_CONTRIBUTIONS[model, -1])
    _replace(connection, Member)
    for model, rows in FACTS:
        fill(connection, _NOW[model], rows)
        _replace(connection, model)
    _replace(connection, Orphan)
    for model, _ in CELLS:
        connection.execute(_CONTRIBUTIONS[model, +1])
        _add_up(connection, model)
    build = table_of(Build)
    version = secrets.token_hex(8)
    connection.execute(
        update(build).values(
            previous=known,
            newest_entry=touched.newest,
            version=version,
            built_at=to_instant(now),
            refresh=build.c.refresh + 1,
        )
    )
    _record(connection)
    return version


def _record(connection: Connection) -> None:
    """Say that this refresh took entries about these sessions."""
    number = select(table_of(Build).c.refresh).scalar_subquery()
    named = is_key(CHANGED_SESSION.c.session_id) & (CHANGED_SESSION.c.session_id != NAMELESS)
    sessions = select(CHANGED_SESSION.c.session_id, number).where(named)
    adding: Any = _dialect(connection).insert(table_of(Changed))
    adding = adding.from_select(["session_id", "refresh"], sessions)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["session_id"], set_={"refresh": adding.excluded.refresh}
        )
    )


def _dialect(connection: Connection) -> Any:
    return {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name]


def _columns(table: Table, names: list[str]) -> list[Column[Any]]:
    return [table.c[name] for name in names]


def _contribution(model: type[SQLModel], rows_of: Callable[..., FromClause], sign: int) -> Insert:
    rows = contributions(model, rows_of(touched=True), grouped=False).subquery()
    keys, sums = keys_and_sums(model)
    signed = select(*(rows.c[k] for k in keys), *((sign * rows.c[s]).label(s) for s in sums))
    return insert(_DELTA[model]).from_select([*keys, *sums], signed)


_CONTRIBUTIONS = {
    (model, sign): _contribution(model, rows_of, sign)
    for model, rows_of in CELLS
    for sign in (-1, 1)
}


def _replace(connection: Connection, model: type[SQLModel]) -> None:
    """Write what differs from the recorded facts."""
    table, now = table_of(model), _NOW[model]
    names = [column.name for column in table.columns]
    whose: ColumnElement[bool]
    if model is Member:
        whose = table.c.user_id.in_(select(WHOLE_USER.c.user_id))
    elif model is Orphan:
        whose = table.c.session_id.in_(select(CHANGED_SESSION.c.session_id))
    else:
        whose = replaced(table)
    recorded = select(*_columns(table, names)).where(whose)
    current = select(*_columns(now, names))
    key = [column.name for column in table.primary_key]
    gone = recorded.except_(current).subquery()
    connection.execute(
        delete(table).where(
            whose, tuple_(*_columns(table, key)).in_(select(*(gone.c[name] for name in key)))
        )
    )
    connection.execute(insert(table).from_select(names, current.except_(recorded)))


def _add_up(connection: Connection, model: type[SQLModel]) -> None:
    """Add what has changed to the cells of all slices, and delete those that have become zero."""
    table, delta, net = table_of(model), _DELTA[model], _NET[model]
    keys, sums = keys_and_sums(model)
    named, totals = _columns(delta, keys), [func.sum(delta.c[name]).label(name) for name in sums]
    differs = or_(*(total != 0 for total in totals))
    changes = select(*named, *totals).group_by(*named).having(differs).cte("finest")
    fill(connection, net, in_all_slices(model, changes))
    analyze(connection, (net,))
    # "WHERE true": else SQLite takes ON CONFLICT for the condition of a join.
    added = select(*_columns(net, [*keys, *sums])).where(true())
    adding: Any = _dialect(connection).insert(table).from_select([*keys, *sums], added)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=keys, set_={name: table.c[name] + adding.excluded[name] for name in sums}
        )
    )
    connection.execute(
        delete(table).where(
            tuple_(*_columns(table, keys)).in_(select(*_columns(net, keys))),
            *(table.c[name] == 0 for name in sums),
        )
    )
