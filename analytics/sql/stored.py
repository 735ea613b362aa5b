"""What stands in a column, whatever it is: text, ids, flags and timestamps, read leniently.

What each means `analytics.untrusted` says; this is the same in SQL.
"""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    String,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from analytics.sql.timestamps import MICROSECONDS, UNIX_EPOCH_SECONDS, to_instant
from analytics.untrusted import END_OF_MOMENTS, FIRST_MOMENT, as_moment

# CAST('a' AS BLOB) -> the encoding of a SQLite file's text.
_ENCODINGS = {b"a": "utf-8", b"a\0": "utf-16-le", b"\0a": "utf-16-be"}


def _instant(stored: object, letter: bytes) -> int | None:
    moment = as_moment(_decoded(stored, letter) if isinstance(stored, bytes) else stored)
    return None if moment is None else to_instant(moment)


def _decoded(stored: bytes | None, letter: bytes) -> str | None:
    return None if stored is None else stored.decode(_ENCODINGS[letter], "replace")


def _is_damaged(letter: bytes, *stored: bytes | None) -> bool:
    try:
        for text in stored:
            if text is not None and not text.isascii():  # most are: that takes no time
                text.decode(_ENCODINGS[letter])
    except UnicodeDecodeError:
        return True
    return False


_FUNCTIONS: tuple[tuple[str, int, Callable[..., Any]], ...] = (
    ("stored_instant", 2, _instant),
    ("stored_text", 2, _decoded),
    ("stored_damaged", -1, _is_damaged),
)


def read_leniently(connection: sqlite3.Connection) -> None:
    """Let a SQLite connection read any bytes as text, and know the functions that are used here."""
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    for name, arguments, function in _FUNCTIONS:
        connection.create_function(name, arguments, function, deterministic=True)


def _letter(x: str) -> str:
    # The driver reads arguments strictly, so they are handed over as bytes; so is this, which
    # tells their encoding.
    return f"CASE typeof({x}) WHEN 'blob' THEN x'61' ELSE CAST('a' AS BLOB) END"


class readable(FunctionElement[str]):  # noqa: N801 - reads as the SQL function it is
    """The text of whatever a text column holds, as `untrusted.as_text` reads it."""

    type = String()
    inherit_cache = True


class is_damaged(FunctionElement[int]):  # noqa: N801
    """1 where one of these text columns holds bytes that are no text, else 0."""

    type = Integer()
    inherit_cache = True


class is_key(FunctionElement[bool]):  # noqa: N801
    """Whether ids can be named: they are there, and text or numbers."""

    type = Boolean()
    inherit_cache = True


class key(FunctionElement[str]):  # noqa: N801
    """An id as the rollups keep it: a number as text, the rest as it is.

    Ids of the rollups are sought by this: SQLite compares text with a column of numbers as numbers,
    and has no index of the text for that.
    """

    type = String()
    inherit_cache = True


class flag(FunctionElement[bool]):  # noqa: N801
    """Whether a column holds a yes, as `untrusted.as_flag` reads it."""

    type = Boolean()
    inherit_cache = True


@compiles(readable, "sqlite")
def _sqlite_readable(element: Any, compiler: Any, **kw: Any) -> str:
    x = compiler.process(element.clauses, **kw)
    return f"stored_text(CAST({x} AS BLOB), {_letter(x)})"


@compiles(is_damaged, "sqlite")
def _sqlite_is_damaged(element: Any, compiler: Any, **kw: Any) -> str:
    stored = ", ".join(f"CAST({compiler.process(x, **kw)} AS BLOB)" for x in element.clauses)
    return f"stored_damaged(CAST('a' AS BLOB), {stored})"


@compiles(is_key, "sqlite")
def _sqlite_is_key(element: Any, compiler: Any, **kw: Any) -> str:
    types = [
        f"typeof({compiler.process(x, **kw)}) NOT IN ('null', 'blob')" for x in element.clauses
    ]
    return f"({' AND '.join(types)} AND NOT {_sqlite_is_damaged(element, compiler, **kw)})"


@compiles(key, "sqlite")
def _sqlite_key(element: Any, compiler: Any, **kw: Any) -> str:
    x = compiler.process(element.clauses, **kw)
    return f"CASE WHEN typeof({x}) = 'blob' THEN {x} ELSE CAST({x} AS TEXT) END"


@compiles(flag, "sqlite")
def _sqlite_flag(element: Any, compiler: Any, **kw: Any) -> str:
    x = compiler.process(element.clauses, **kw)
    words = "'1', 't', 'true', 'y', 'yes', 'on'"
    return (
        f"CASE WHEN typeof({x}) IN ('integer', 'real') THEN {x} <> 0"
        f" ELSE lower(CAST({x} AS TEXT)) IN ({words}) END"
    )


@compiles(readable, "postgresql")
@compiles(key, "postgresql")
@compiles(flag, "postgresql")
def _postgresql_as_it_is(element: Any, compiler: Any, **kw: Any) -> str:
    # The server keeps what the types promise.
    return str(compiler.process(element.clauses, **kw))


@compiles(is_damaged, "postgresql")
def _postgresql_is_damaged(element: Any, compiler: Any, **kw: Any) -> str:
    return "0"


@compiles(is_key, "postgresql")
def _postgresql_is_key(element: Any, compiler: Any, **kw: Any) -> str:
    ids = (f"{compiler.process(x, **kw)} IS NOT NULL" for x in element.clauses)
    return f"({' AND '.join(ids)})"


# --- instants ----------------------------------------------------------------------------------


class instant(FunctionElement[int]):  # noqa: N801
    """The instant that a timestamp column holds, NULL where it is NULL or unreadable.

    What is readable `untrusted.as_moment` says.
    """

    type = BigInteger()
    inherit_cache = True


@compiles(instant, "sqlite")
def _sqlite_instant(element: Any, compiler: Any, **kw: Any) -> str:
    x = compiler.process(element.clauses, **kw)
    # The form that SQLAlchemy writes takes a tenth of the time of the function. The fraction is
    # added as an integer, because strftime rounds to milliseconds. strftime also takes days such as
    # 2026-02-30: only what it gives back unchanged is a date.
    head = f"substr({x}, 1, 19)"
    usual = f"{x} GLOB '????-??-?? ??:??:??.{'[0-9]' * 6}'"
    valid = f"strftime('%Y-%m-%d %H:%M:%S', {head}, '+0 days') = {head}"
    in_calendar = f"{x} >= '0001-01-02' AND {x} < '9999-12-31'"
    seconds = f"(strftime('%s', {head}) + {UNIX_EPOCH_SECONDS})"
    stored = f"CASE typeof({x}) WHEN 'text' THEN CAST({x} AS BLOB) ELSE {x} END"
    return (
        f"CASE WHEN {usual} AND {valid} AND {in_calendar}"
        f" THEN {seconds} * {MICROSECONDS} + substr({x}, 21)"
        f" WHEN {x} IS NOT NULL THEN stored_instant({stored}, {_letter(x)}) END"
    )


@compiles(instant, "postgresql")
def _postgresql_instant(element: Any, compiler: Any, **kw: Any) -> str:
    x = compiler.process(element.clauses, **kw)
    # Reads naive values as UTC, whatever the connection's time zone. Infinity is out of range.
    epoch = f"extract(epoch FROM {x})"
    first, last = (
        to_instant(at) // MICROSECONDS - UNIX_EPOCH_SECONDS for at in (FIRST_MOMENT, END_OF_MOMENTS)
    )
    return (
        f"CASE WHEN {epoch} >= {first} AND {epoch} < {last}"
        f" THEN CAST(({epoch} + {UNIX_EPOCH_SECONDS}) * {MICROSECONDS} AS BIGINT) END"
    )
