"""Time as integers: what a stored timestamp means, its local day and hour; text, its order, ids.

An *instant* is microseconds since 0001-01-01 00:00 UTC; a *day* is Python's proleptic ordinal of
the local date (`date.toordinal()`), so that every database can compare and subtract them.
This is the one module in which SQLite and PostgreSQL differ.
"""

import sqlite3
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    String,
    func,
    literal,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Field, SQLModel

from analytics.untrusted import END_OF_MOMENTS, FIRST_MOMENT, REPLACEMENT, as_moment

MICROSECONDS = 1_000_000
HOUR = 3_600 * MICROSECONDS
DAY = 24 * HOUR
_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
_UNIX_EPOCH_SECONDS = int((datetime(1970, 1, 1, tzinfo=UTC) - _YEAR_ONE).total_seconds())


# --- what is stored, whatever it is ------------------------------------------------------------

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
    seconds = f"(strftime('%s', {head}) + {_UNIX_EPOCH_SECONDS})"
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
        to_instant(at) // MICROSECONDS - _UNIX_EPOCH_SECONDS
        for at in (FIRST_MOMENT, END_OF_MOMENTS)
    )
    return (
        f"CASE WHEN {epoch} >= {first} AND {epoch} < {last}"
        f" THEN CAST(({epoch} + {_UNIX_EPOCH_SECONDS}) * {MICROSECONDS} AS BIGINT) END"
    )


class by_code_point(FunctionElement[str]):  # noqa: N801 - reads as the SQL function it is
    """A text column that is compared by code point, and whose lower() knows ASCII letters only."""

    type = String()
    inherit_cache = True


@compiles(by_code_point, "sqlite")
def _sqlite_by_code_point(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


@compiles(by_code_point, "postgresql")
def _postgresql_by_code_point(element: Any, compiler: Any, **kw: Any) -> str:
    return f'({compiler.process(element.clauses, **kw)} COLLATE "C")'


def contains(column: ColumnElement[str], part: str) -> ColumnElement[bool]:
    """Whether a text column holds a part, literally, the case of ASCII letters ignored."""
    # The database's lower() knows ASCII only here; so must the pattern's.
    lowered = "".join(c.lower() if c.isascii() else c for c in part)
    # Only a part with this character can tell what is shown from what is stored.
    shown = readable(column) if REPLACEMENT in part else column
    return func.lower(by_code_point(shown)).contains(lowered, autoescape=True)


def contains_caseless(column: ColumnElement[str], part: str) -> ColumnElement[bool]:
    """Whether a text column holds a part, literally, the case of every alphabet ignored.

    What is the same then is what `caseless` makes the same: databases know one alphabet or another.
    """
    wanted = caseless(part)
    held: ColumnElement[str] = by_code_point(column)
    if "s" in wanted:
        held = _with_ss(held, literal(f"[{_SHARP_S}]", String))
    cases = [char + _other_cases().get(char, "") for char in wanted]
    glob, regex = ("".join(map(one, cases)) for one in (_in_glob, _in_regex))
    return _matches(held, literal(f"*{glob}*", String), literal(regex, String))


def caseless(text: str) -> str:
    """The text in small letters; an i with and without its dot is one, and ß is ss.

    Greek has no accents: its capitals are written without.
    """
    return "".join(map(_small, text))


def _small(char: str) -> str:
    small = "i" if char in "\u0130\u0131" else char.casefold()
    if "\u0370" <= small < "\u0400":
        small = unicodedata.normalize("NFD", small)[0]
    return small if len(small) == 1 or small == "ss" else char


@cache
def _other_cases() -> Mapping[str, str]:
    """What else each small letter is written as."""
    found: dict[str, str] = {}
    for char in map(chr, range(_LAST_LETTER + 1)):
        if (small := _small(char)) != char:
            found[small] = found.get(small, "") + char
    return found


_LAST_LETTER = 0x1E943  # that has cases: one of Adlam
_SHARP_S = "\u00df\u1e9e"


def _in_glob(cases: str) -> str:
    return f"[{cases}]" if cases[1:] or cases in "*?[" else cases


def _in_regex(cases: str) -> str:
    first, others = cases[0], cases[1:]
    if first.isascii() and not first.isalnum():
        return f"\\{first}"
    return f"[{first}{others}]" if others else first


class _with_ss(FunctionElement[str]):  # noqa: N801 - reads as the SQL function it is
    """A text column with ss for ß, of which the second is a pattern."""

    type = String()
    inherit_cache = True


@compiles(_with_ss, "sqlite")
def _sqlite_with_ss(element: Any, compiler: Any, **kw: Any) -> str:
    x = compiler.process(element.clauses.clauses[0], **kw)
    for sharp in _SHARP_S:
        x = f"replace({x}, '{sharp}', 'ss')"
    return str(x)


@compiles(_with_ss, "postgresql")
def _postgresql_with_ss(element: Any, compiler: Any, **kw: Any) -> str:
    x, sharp = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"regexp_replace({x}, {sharp}, 'ss', 'g')"


class _matches(FunctionElement[bool]):  # noqa: N801 - reads as the SQL function it is
    """Whether a text column matches the first pattern on SQLite, the second on PostgreSQL."""

    type = Boolean()
    inherit_cache = True


@compiles(_matches, "sqlite")
def _sqlite_matches(element: Any, compiler: Any, **kw: Any) -> str:
    x, glob, _ = element.clauses
    return f"({compiler.process(x, **kw)} GLOB {compiler.process(glob, **kw)})"


@compiles(_matches, "postgresql")
def _postgresql_matches(element: Any, compiler: Any, **kw: Any) -> str:
    x, _, regex = element.clauses
    return f"({compiler.process(x, **kw)} ~ {compiler.process(regex, **kw)})"


# The same for columns of an index: PostgreSQL uses it for such comparisons only if it says so.
BY_CODE_POINT: Any = {"postgresql_ops": {"session_id": 'COLLATE "C"'}}


class ZoneOffset(SQLModel, table=True):
    """From the instant `since` on, local time is UTC plus `offset` microseconds."""

    __tablename__ = "zone_offset"
    __table_args__ = {"schema": "rollup"}

    since: int = Field(primary_key=True, sa_type=BigInteger)
    offset: int = Field(sa_type=BigInteger)


@lru_cache(maxsize=8)
def zone_offsets(zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    """(since, offset) of every clock change of `zone`, from the first known ones to the year 2200.

    Read from `zoneinfo` a day at a time and narrowed to the second; later dates keep the last.
    """

    def offset(seconds: int) -> timedelta:
        return (_YEAR_ONE + timedelta(seconds=seconds)).astimezone(zone).utcoffset() or timedelta()

    start, end = (
        int(to_instant(datetime(y, 1, 1, tzinfo=UTC)) / MICROSECONDS) for y in (1840, 2200)
    )
    changes = [(0, offset(start))]
    day = DAY // MICROSECONDS
    for before in range(start, end, day):
        if offset(before + day) != changes[-1][1]:
            moment = _first_true(before, before + day, lambda at: offset(at) != changes[-1][1])
            changes.append((moment, offset(moment)))
    return tuple(
        (since * MICROSECONDS, offset // timedelta(microseconds=1)) for since, offset in changes
    )


def _first_true(low: int, high: int, holds: Callable[[int], bool]) -> int:
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def local(at: ColumnElement[int]) -> ColumnElement[int]:
    """Local microseconds of an instant column, by the built zone table."""
    offset = (
        select(ZoneOffset.offset)  # type: ignore[call-overload]
        .where(ZoneOffset.since <= at)
        .order_by(ZoneOffset.since.desc())  # type: ignore[attr-defined]
        .limit(1)
        .scalar_subquery()
    )
    return at + offset  # type: ignore[no-any-return]


def day_of(local_at: ColumnElement[int]) -> ColumnElement[int]:
    """The day (ordinal) of a local microseconds column."""
    return local_at // DAY + 1


def hour_of(local_at: ColumnElement[int]) -> ColumnElement[int]:
    """The hour of day, 0-23, of a local microseconds column."""
    return local_at // HOUR % 24


def local_date(zone: ZoneInfo) -> Callable[[int], date]:
    """What `day_of(local(at))` is in SQL: the local date of an instant."""
    since, offsets = zip(*zone_offsets(zone), strict=True)
    return lambda at: date.fromordinal((at + offsets[bisect_right(since, at) - 1]) // DAY + 1)


def to_instant(moment: datetime) -> int:
    """The instant of an aware datetime."""
    return (moment - _YEAR_ONE) // timedelta(microseconds=1)


def from_instant(at: int) -> datetime:
    """The aware UTC datetime of an instant."""
    return _YEAR_ONE + timedelta(microseconds=at)
