"""The question of a request: its query parameters are read, and refused, here.

A parameter sent empty counts as absent, one that an endpoint doesn't know is ignored. Whatever has
no answer raises QueryError, which names the parameter, the value and the remedy.
"""

import datetime
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from analytics.errors import QueryError
from analytics.metrics.result import Result
from analytics.period import DEFAULT_PRESET, Period, compared_period, open_period, preset_period
from analytics.query import Query
from analytics.reading.filter_texts import cut
from analytics.reading.filters import filtered, is_drill_through, of_list
from analytics.reading.known import span
from analytics.reading.reader import Reader
from analytics.web.parameters import (
    ACTIVITY_FILTERS,
    COMPARE,
    COMPARE_END_DATE,
    COMPARE_START_DATE,
    END_DATE,
    FILTERS,
    START_DATE,
    Parameter,
    choices_of,
)

T = TypeVar("T")
Texts = dict[str, list[str]]
DAYS_BEFORE_END = 29  # the period of an end without a start has 30 days


class Asked:
    """The query parameters of a request, of those that the endpoint knows.

    Raises QueryError for text that is no UTF-8 or holds NUL, and for a single parameter sent twice.
    """

    def __init__(self, query_string: bytes, known: Iterable[Parameter[Any]]) -> None:
        self._texts: Texts = {}
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

    def choice(self, result: Result) -> int | None:
        """What the result's own parameter says; None where it has none."""
        return next((self.one(one) for one in choices_of((result,))), None)

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


def texts_of(asked: Asked, parameters: Iterable[Parameter[Any]]) -> Texts:
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
