"""What every row of a result is."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from analytics.untrusted import as_words

Words = Annotated[str, BeforeValidator(as_words)]  # of a column that promises some: "" for NULL


class Row(BaseModel):
    """A row of a result: snake_case in Python, camelCase in CSV and JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)
