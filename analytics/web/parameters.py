"""The query parameters: one row each says how it is documented, read and refused.

What an endpoint can be asked is documented by a pydantic model of its rows, and read by
`questions.Asked`: pydantic knows neither that empty is absent nor our words for what is refused.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field, WithJsonSchema, create_model

from analytics.errors import QueryError
from analytics.lists.activities import CURSOR_PATTERN
from analytics.lists.paging import MAX_LIMIT
from analytics.lists.registry import Listed
from analytics.metrics.result import Result
from analytics.period import (
    parse_date,
)
from analytics.reading.filter_texts import cut
from analytics.reading.filters import OF_RESULTS, Filter, of_list

T = TypeVar("T")
MAX_RESULT_LIMIT = 1_000
MAX_PAGE = 2**31 - 1
FORMATS = ("json", "csv")


@dataclass(frozen=True)
class Parameter(Generic[T]):
    """A query parameter; `read` gets its name and a text that is not empty.

    `kind` is its type as pydantic documents it.
    """

    name: str
    description: str
    kind: Any
    read: Callable[[str, str], T]
    default: T
    repeatable: bool = False


def model_of(name: str, parameters: Iterable[Parameter[Any]]) -> type[BaseModel]:
    """What an endpoint can be asked, as a model that documents it."""
    fields: dict[str, Any] = {}
    for one in parameters:
        # A factory's default is not told: absent is the empty text.
        told: dict[str, Any] = {"default": one.default} if one.default else {"default_factory": str}
        kind = list[one.kind] if one.repeatable else one.kind  # type: ignore[name-defined]
        fields[one.name] = (kind, Field(description=one.description, **told))
    return create_model(name, **fields)


def documented(model: type[BaseModel]) -> list[dict[str, Any]]:
    """The OpenAPI parameter objects of a model."""
    found = []
    for name, schema in model.model_json_schema()["properties"].items():
        del schema["title"]  # the name again
        found.append(
            {
                "name": name,
                "in": "query",
                "description": schema.pop("description"),
                "allowEmptyValue": True,
                "schema": schema,
            }
        )
    return found


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

    return Parameter(name, description, Annotated[int, Field(ge=1, le=highest)], read, default)


def choice(
    name: str, description: str, choices: Sequence[str], default: str = ""
) -> Parameter[str]:
    """A parameter that is one of some words."""

    def read(name: str, text: str) -> str:
        if text not in choices:
            raise QueryError(name, cut(text), f"choose one of {', '.join(choices)}")
        return text

    return Parameter(name, description, Literal[tuple(choices)], read, default)


START_DATE = Parameter("start_date", "First day, `YYYY-MM-DD`.", datetime.date, _date, None)
END_DATE = Parameter("end_date", "Last day, included, `YYYY-MM-DD`.", datetime.date, _date, None)
COMPARE = choice(
    "compare",
    "What changes are measured against: the `previous` period (the same number of days just before)"
    " or the same weekdays a `year` (52 weeks) earlier.",
    ("previous", "year"),
)
COMPARE_START_DATE = Parameter(
    "compare_start_date",
    "First day of a chosen period to compare with, `YYYY-MM-DD`; instead of `compare`.",
    datetime.date,
    _date,
    None,
)
COMPARE_END_DATE = Parameter(
    "compare_end_date", "Its last day, included, `YYYY-MM-DD`.", datetime.date, _date, None
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
    Annotated[str, Field(pattern=CURSOR_PATTERN)],
    _cursor,
    "",
)


def text(
    name: str, description: str, schema: Mapping[str, Any], *, repeatable: bool = False
) -> Parameter[str]:
    """A parameter whose text a filter or a list itself reads, and refuses."""
    kind = Annotated[str, WithJsonSchema(dict(schema))]
    return Parameter(name, description, kind, _text, "", repeatable)


def of_filter(one: Filter) -> Parameter[str]:
    """A filter as text; `reading.filters` reads it."""
    return text(one.name, one.description, one.schema, repeatable=one.repeatable)


def of_a_list(listed: Listed) -> tuple[Parameter[str], ...]:
    """What a list itself can be asked: what narrows it, and its choices."""
    return (
        *map(of_filter, listed.filters),
        *(text(one.name, one.description, one.schema) for one in listed.choices),
    )


FILTERS = tuple(map(of_filter, OF_RESULTS))
RESULT_PARAMETERS: tuple[Parameter[Any], ...] = (
    START_DATE, END_DATE, *FILTERS, COMPARE, COMPARE_START_DATE, COMPARE_END_DATE,
)  # fmt: skip
ACTIVITY_FILTERS = tuple(map(of_filter, of_list("conversations")))
ACTIVITY_PARAMETERS: tuple[Parameter[Any], ...] = (
    PAGE, LIMIT, START_DATE, END_DATE, *ACTIVITY_FILTERS, CURSOR, FORMAT,
)  # fmt: skip


def choices_of(results: Iterable[Result]) -> tuple[Parameter[int], ...]:
    """The parameters that results have of their own."""
    own = (result.choice for result in results)
    return tuple(number(c.name, c.description, c.highest, c.default) for c in own if c)


def result_limit(default: int) -> Parameter[int]:
    """The `limit` of a result that shows only so many rows unasked."""
    return number("limit", "Rows at most.", MAX_RESULT_LIMIT, default)
