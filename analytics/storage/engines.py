"""How engines are made, for SQLite and for PostgreSQL with its encodings."""

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from analytics.settings import shown_url
from analytics.storage import faults
from analytics.storage.faults import DatabaseProblem

UTF8 = "utf-8"
_ABSENT = "\x7f"  # in no text; one for one, so that patterns stay patterns

# Text of any encoding at once, and those that Python can't read.
_UNUSABLE = ("SQL_ASCII", "MULE_INTERNAL", "EUC_TW")


def sqlite_engine(connect: Any, begin: str = "BEGIN", **options: Any) -> Engine:
    """An engine whose driver begins no transaction by itself, so that DDL is part of one.

    One that writes takes its lock first: with BEGIN IMMEDIATE.
    """
    engine = create_engine("sqlite://", creator=connect, hide_parameters=True, **options)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def server_engine(url: URL, *, asks: bool = False, **options: Any) -> Engine:
    """An engine on which nobody waits for long: for a server that has gone, or for a lock.

    On one that `asks`, what the database's encoding lacks matches nothing.
    """
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={
            "connect_timeout": faults.BUSY_SECONDS,
            "client_encoding": "SQL_ASCII",  # none: that of the server is not known yet
            # A server that has gone without a word is found out after as long.
            "keepalives_idle": 2,
            "keepalives_interval": 1,
            "keepalives_count": 3,
            "tcp_user_timeout": 5_000,
        },
        **options,
    )

    def begin(dbapi: Any, _record: Any) -> None:
        held_in = dbapi.info.parameter_status("server_encoding")
        if held_in in _UNUSABLE:
            dbapi.close()
            raise DatabaseProblem(
                f"The database's encoding is {held_in}, in which text can't be read for certain",
                shown_url(url),
                "Make a database with ENCODING 'UTF8', load a dump of this one into it, and let"
                " DATABASE_URL name it.",
            )
        # The server converts nothing, so that whatever is stored can be read. No statement has a
        # limit of its own: those that take long have much to read.
        dbapi.execute(f"SET client_encoding = '{held_in}'")
        dbapi.execute(f"SET lock_timeout = '{faults.BUSY_SECONDS}s'")
        dbapi.commit()
        if dbapi.info.encoding != UTF8:
            _read_leniently(dbapi)

    event.listen(engine, "connect", begin, insert=True)  # SQLAlchemy's own reads text
    if asks:
        event.listen(engine, "before_cursor_execute", _match_nothing, retval=True)
    return engine


def _read_leniently(dbapi: Any) -> None:
    """Read what an encoding leaves open, which the server has let in, as unreadable characters."""
    from psycopg.adapt import Buffer, Loader  # noqa: PLC0415 - an extra

    codec = dbapi.info.encoding

    class Lenient(Loader):
        def load(self, data: Buffer) -> str:
            return bytes(data).decode(codec, "replace")

    for name in ("text", "varchar", "bpchar", "name"):
        dbapi.adapters.register_loader(name, Lenient)


def codec_of(connection: Connection) -> str:
    """Python's name of the encoding of a PostgreSQL database."""
    dbapi: Any = connection.connection.driver_connection
    return str(dbapi.info.encoding)


def _match_nothing(
    connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any
) -> tuple[str, Any]:
    codec = codec_of(connection)
    return statement, parameters if codec == UTF8 else _encodable(parameters, codec)


def _encodable(value: Any, codec: str) -> Any:
    if isinstance(value, dict):
        return {name: _encodable(one, codec) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_encodable(one, codec) for one in value)
    if not isinstance(value, str) or value.isascii():
        return value
    return "".join(char if can_encode(char, codec) else _ABSENT for char in value)


def can_encode(char: str, codec: str) -> bool:
    """Whether an encoding has a character."""
    try:
        char.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
