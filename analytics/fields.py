"""The fields of rows: what each is called, what it means, and how a period's total of it is made.

Pages, tables, charts, reports and OpenAPI take label, unit, format and description from here.
"""

import datetime
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

from analytics.untrusted import as_words

Words = Annotated[str, BeforeValidator(as_words)]  # of a column that promises some: "" for NULL


@dataclass(frozen=True)
class Ratio:
    """A quotient of two fields of the same row. A period's total divides their sums; a mean of
    quotients would weigh a quiet day like a busy one."""

    part: str
    whole: str


# How one figure is made of a field's days. A distinct count can't be added up: whoever wants the
# period's asks for it; a sentence gives the mean of its complete days.
Total = Literal["sum", "last", "distinct"] | Ratio
# How a number is written where its type doesn't say: a change in percent is signed and "new" where
# there was nothing; a name that is None is "No organization", and so on.
Format = Literal["", "change", "percent", "name"]


@dataclass(frozen=True)
class Meaning:
    """What a field is, said once beside it: `Annotated[int, Meaning("Users", "People who …")]`.

    `label` is what a table or a chart calls it, `description` one or two sentences, `unit` what a
    number counts or is measured in. `is_compared` where it says something of the period before,
    `is_hidden` where tables for people leave it out.
    """

    label: str
    description: str
    unit: str = ""
    format: Format = ""
    total: Total = "sum"
    is_compared: bool = False
    is_hidden: bool = False

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The field as OpenAPI documents it."""
        unit = f" ({self.unit})" if self.unit else ""
        return {
            **handler(schema),
            "title": self.label,
            "description": f"{self.description}{unit}",
        }


class Row(BaseModel):
    """A row of a result: snake_case in Python, camelCase in CSV and JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


def example(row: type[BaseModel]) -> dict[str, Any]:
    """A row that could be one, as JSON has it, by the types of its fields."""
    made: dict[str, Any] = {}
    for name, field in row.model_fields.items():
        kinds = get_args(field.annotation) or (field.annotation,)
        made[field.alias or name] = next(
            (value for kind, value in _EXAMPLES if kind in kinds), meanings(row)[name].label
        )
    return made


_EXAMPLES: tuple[tuple[type, Any], ...] = (
    (bool, True),
    (int, 12),
    (float, 3.4),
    (datetime.datetime, "2026-11-20T17:33:05Z"),
    (datetime.date, "2026-11-20"),
)


@cache
def meanings(row: type[BaseModel]) -> dict[str, Meaning]:
    """The meaning of each field of a row, in their order."""
    return {
        name: next(
            (one for one in field.metadata if isinstance(one, Meaning)),
            Meaning(name.replace("_", " ").capitalize(), ""),
        )
        for name, field in row.model_fields.items()
    }
