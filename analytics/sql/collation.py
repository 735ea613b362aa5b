"""How text is compared and matched: by code point, and without regard to case."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    String,
    func,
    literal,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from analytics.sql.stored import readable
from analytics.untrusted import REPLACEMENT


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


# The same for columns of an index: PostgreSQL uses it for such comparisons only if it says so.
BY_CODE_POINT: Any = {"postgresql_ops": {"session_id": 'COLLATE "C"'}}


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
