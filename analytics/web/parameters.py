"""The query parameters: one row each says how it is documented, read and refused.

A parameter sent empty counts as absent, one that an endpoint doesn't know is ignored. Whatever has
no answer raises QueryError, which names the parameter, the value and the remedy.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import unquote_to_bytes

from analytics.errors import QueryError
from analytics.lists.activities import CURSOR_PATTERN
from analytics.lists.paging import MAX_LIMIT
from analytics.lists.registry import Listed
from analytics.period import (
    DEFAULT_PRESET,
    Period,
    compared_period,
    open_period,
    parse_date,
    preset_period,
)
from analytics.query import Query
from analytics.reading.filters import (
    OF_RESULTS,
    Filter,
    cut,
    filtered,
    is_drill_through,
    of_list,
)
from analytics.reading.known import span
from analytics.reading.reader import Reader

T = TypeVar("T")
DAYS_BEFORE_END = 29  # the period of an end without a start has 30 days
MAX_RESULT_LIMIT = 1_000
MAX_PAGE = 2**31 - 1
FORMATS = ("json", "csv")
_DATE = {"type": "string", "format": "date"}


@dataclass(frozen=True)
class Parameter(Generic[T]):
    """A query parameter; `read` gets its name and a text that is not empty."""

    name: str
    description: str
    schema: dict[str, Any]
    read: Callable[[str, str], T]
    default: T
    repeatable: bool = False

    def documented(self) -> dict[str, Any]:
        """The OpenAPI parameter object."""
        schema: dict[str, Any] = self.schema
        if self.repeatable:
            schema = {"type": "array", "items": schema}
        elif self.default:
            schema = {**schema, "default": self.default}
        return {
            "name": self.name,
            "in": "query",
            "description": self.description,
            "allowEmptyValue": True,
            "schema": schema,
        }


class Asked:
    """The query parameters of a request, of those that the endpoint knows.

    Raises QueryError for text that is no UTF-8 or holds NUL, and for a single parameter sent twice.
    """

    def __init__(self, query_string: bytes, known: Iterable[Parameter[Any]]) -> None:
        self._texts: dict[str, list[str]] = {}
        repeatable = {parameter.name: parameter.repeatable for parameter in known}
        for part in query_string.split(b"&"):
            raw_name, _, raw_text = part.partition(b"=")
            name = _decoded("query", raw_name)
            text = _decoded(name, raw_text)
            if name not in repeatable:
                continue
            if "\x00" in text:
                raise QueryError(name, text, "holds a NUL character; leave it out")
            if name in self._texts and not repeatable[name]:
                raise QueryError(name, cut(text), "is sent more than once; send it once")
            self._texts.setdefault(name, []).append(text)

    def all(self, parameter: Parameter[T]) -> list[T]:
        """Every value of a repeatable parameter."""
        return [
            parameter.read(parameter.name, text)
            for text in self._texts.get(parameter.name, ())
            if text
        ]

    def one(self, parameter: Parameter[T]) -> T:
        """The value of a parameter, or its default."""
        return next(iter(self.all(parameter)), parameter.default)


def _decoded(name: str, raw: bytes) -> str:
    try:
        if not raw.isascii():
            raise ValueError
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except ValueError:  # a UnicodeDecodeError is one
        shown = cut(raw.decode("ascii", "backslashreplace"))
        raise QueryError(name, shown, "is no percent-encoded UTF-8 text; encode it so") from None


def _text(_: str, text: str) -> str:
    return text


def _date(name: str, text: str) -> datetime.date | None:
    return parse_date(name, text)


def _cursor(name: str, text: str) -> str:
    if not re.fullmatch(CURSOR_PATTERN, text):
        raise QueryError(name, cut(text), "pass the nextCursor of an earlier answer unchanged")
    return text


def number(name: str, description: str, highest: int, default: int) -> Parameter[int]:
    """A parameter that is a whole number from 1."""

    def read(name: str, text: str) -> int:
        if re.fullmatch("[0-9]{1,10}", text) and 1 <= int(text) <= highest:
            return int(text)
        raise QueryError(name, cut(text), f"choose a whole number from 1 to {highest:,}")

    schema = {"type": "integer", "minimum": 1, "maximum": highest}
    return Parameter(name, description, schema, read, default)


def choice(
    name: str, description: str, choices: Sequence[str], default: str = ""
) -> Parameter[str]:
    """A parameter that is one of some words."""

    def read(name: str, text: str) -> str:
        if text not in choices:
            raise QueryError(name, cut(text), f"choose one of {', '.join(choices)}")
        return text

    return Parameter(name, description, {"type": "string", "enum": [*choices]}, read, default)


START_DATE = Parameter("start_date", "First day, `YYYY-MM-DD`.", _DATE, _date, None)
END_DATE = Parameter("end_date", "Last day, included, `YYYY-MM-DD`.", _DATE, _date, None)
COMPARE = choice(
    "compare",
    "What changes are measured against: the `previous` period (the same number of days just before)"
    " or the same weekdays a `year` (52 weeks) earlier.",
    ("previous", "year"),
)
COMPARE_START_DATE = Parameter(
    "compare_start_date",
    "First day of a chosen period to compare with, `YYYY-MM-DD`; instead of `compare`.",
    _DATE,
    _date,
    None,
)
COMPARE_END_DATE = Parameter(
    "compare_end_date", "Its last day, included, `YYYY-MM-DD`.", _DATE, _date, None
)
FORMAT = choice(
    "format",
    "`csv` for a spreadsheet; without it the `Accept` header decides, JSON first.",
    FORMATS,
)
THEME = choice("theme", "The colours of a picture or a page.", ("light", "dark"), "light")
COMPARES = choice(
    "compares",
    "Whether a picture or a page shows what the period is compared with.",
    ("true", "false"),
    "true",
)
PAGE = number("page", "Page number, from 1.", MAX_PAGE, 1)
LIMIT = number("limit", "Activities a page.", MAX_LIMIT, 20)
CURSOR = Parameter(
    "cursor",
    "The `nextCursor` of an earlier answer: continues after it, without gaps or repeats however"
    " many activities arrive meanwhile; `page` then only numbers the answer.",
    {"type": "string", "pattern": CURSOR_PATTERN},
    _cursor,
    "",
)


def text(name: str, description: str, schema: dict[str, Any]) -> Parameter[str]:
    """A parameter whose text the list itself reads, and refuses."""
    return Parameter(name, description, schema, _text, "")


def of_filter(one: Filter) -> Parameter[str]:
    """A filter as text; `reading.filters` reads it."""
    return Parameter(
        one.name, one.description, dict(one.schema), _text, "", repeatable=one.repeatable
    )


def of_a_list(listed: Listed) -> tuple[Parameter[str], ...]:
    """What a list itself can be asked: what narrows it, and its choices."""
    return (
        *map(of_filter, listed.filters),
        *(text(one.name, one.description, dict(one.schema)) for one in listed.choices),
    )


FILTERS = tuple(map(of_filter, OF_RESULTS))
RESULT_PARAMETERS: tuple[Parameter[Any], ...] = (
    START_DATE, END_DATE, *FILTERS, COMPARE, COMPARE_START_DATE, COMPARE_END_DATE,
)  # fmt: skip
ACTIVITY_FILTERS = tuple(map(of_filter, of_list("conversations")))
ACTIVITY_PARAMETERS: tuple[Parameter[Any], ...] = (
    PAGE, LIMIT, START_DATE, END_DATE, *ACTIVITY_FILTERS, CURSOR, FORMAT,
)  # fmt: skip


def result_limit(default: int) -> Parameter[int]:
    """The `limit` of a result that shows only so many rows unasked."""
    return number("limit", "Rows at most.", MAX_RESULT_LIMIT, default)


def texts_of(asked: Asked, parameters: Iterable[Parameter[Any]]) -> dict[str, list[str]]:
    """The texts that are sent for some parameters."""
    return {parameter.name: asked.all(parameter) for parameter in parameters}


def result_query(asked: Asked, reader: Reader, today: datetime.date) -> Query:
    """The question about a result.

    Without dates it is about the default period; from a start alone the period runs to the last
    complete day with data, to an end alone it has 30 days. Raises QueryError for dates in the wrong
    order or more than 3,660 days apart, and for a comparison that is asked for twice or by half.
    """
    query = period_query(asked, reader, today)
    query = replace(query, against=_against(asked, query.period))
    return filtered(query, texts_of(asked, FILTERS))


def period_query(asked: Asked, reader: Reader, today: datetime.date) -> Query:
    """The question of everybody in the period that is asked for, as `result_query` has it."""
    return Query(_period(asked, reader, today))


def _period(asked: Asked, reader: Reader, today: datetime.date) -> Period:
    start, end = asked.one(START_DATE), asked.one(END_DATE)
    if start and end:
        return Period(start, end, today)
    if start:
        return Period(start, max(start, span(reader, today).anchor(today)), today)
    if end:
        first = max(1, end.toordinal() - DAYS_BEFORE_END)
        return Period(datetime.date.fromordinal(first), end, today)
    return preset_period(DEFAULT_PRESET, span(reader, today), today)


def _against(asked: Asked, period: Period) -> Period | None:
    compare = asked.one(COMPARE)
    start, end = asked.one(COMPARE_START_DATE), asked.one(COMPARE_END_DATE)
    if compare and (start or end):
        raise QueryError(
            "compare", compare, "leave it out, or compare_start_date and compare_end_date"
        )
    if start and end:
        return compared_period(start, end, period.today)
    if start:
        raise QueryError("compare_start_date", start, "send compare_end_date too")
    if end:
        raise QueryError("compare_end_date", end, "send compare_start_date too")
    return period.year_earlier if compare == "year" else None


def activity_query(asked: Asked, reader: Reader, today: datetime.date) -> Query:
    """Which activities are asked for: absent dates are no bounds, but for what a figure counted."""
    values = texts_of(asked, ACTIVITY_FILTERS)
    whenever = Query(open_period(None, None, today))
    query = filtered(whenever, values, of_list("conversations"))
    if is_drill_through(query):
        return replace(query, period=_period(asked, reader, today))
    return replace(query, period=open_period(asked.one(START_DATE), asked.one(END_DATE), today))
