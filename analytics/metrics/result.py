"""What a result is: a row, the function that computes its rows, how it is drawn, where it leads."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from analytics.fields import Meaning, Row, meanings
from analytics.query import Query
from analytics.reading.reader import Reader

Mark = Literal["cards", "lines", "columns", "bars", "heatmap", "table", "sentences"]
Direction = Literal["up", "down", "same", "new", ""]
Better = Literal["up", "down", ""]


@dataclass(frozen=True)
class Drawing:
    """How a result is drawn: the mark, the field across, and the fields shown.

    `lines` run over days; with `panels` each field gets its own scale. `columns` stand over days,
    hours or another number, of which `or_more` stands for all above too; `bars` lie beside names, a
    `heatmap` spreads `x` against `y`. `thin` fields are fainter, those `below` stand under the line
    of `columns` that are a week wide. `signed` bars lie on both sides of 0.
    `sentences` are read one below the other.
    `as_of` where a day's figures are of the days that end on it.
    What the fields are called and mean stands with them in the row.
    """

    mark: Mark
    x: str = ""
    fields: tuple[str, ...] = ()
    y: str = ""
    thin: tuple[str, ...] = ()
    panels: bool = False
    below: tuple[str, ...] = ()
    or_more: int | None = None
    signed: bool = False
    as_of: bool = False


@dataclass(frozen=True)
class Card:
    """A headline figure, its difference to `before`, what it is of, and its definition.

    `difference` is signed text, "new" where there was nothing, "" where nothing can be compared;
    `direction` says which of these. `better` is the direction that is welcome, "" for neither.
    """

    label: str
    value: str
    definition: str
    difference: str = ""
    direction: Direction = ""
    before: str = ""
    note: str = ""
    better: Better = "up"


def direction(change: float | None, difference: float | None = None) -> Direction:
    """Where a figure moved, by its change and, where that may be rounded to 0, its difference."""
    if change is None:
        return "new"
    moved = change if difference is None else difference
    return "up" if moved > 0 else "down" if moved < 0 else "same"


@dataclass(frozen=True)
class DrillThrough:
    """A figure's name for people, what it counts, and the question that lists exactly that.

    `counts` has the kinds of lists ("people", "conversations", "messages", "documents", "queries",
    "installations") with how many each has; None where the figure doesn't say. Names are other
    people's words. `key` says what it is about, whatever was counted and wherever it stands among
    the rows of its result. `is_before` where the figure is the one that is compared with. `more`
    has further figures of the same row.
    """

    name: str
    counts: Mapping[str, int | None]
    query: Query
    key: tuple[str, ...] = ()
    is_before: bool = False
    more: tuple["DrillThrough", ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it and all `more` count nothing."""
        some = any(number is None or number > 0 for number in self.counts.values())
        return not some and all(one.is_empty for one in self.more)


@dataclass(frozen=True)
class Choice:
    """A whole number from 1 to `highest` that one result is asked with, beside the question."""

    name: str
    description: str
    highest: int
    default: int


Told = Sequence[Mapping[str, str]]  # lines of a table for people: texts by their heads


@dataclass(frozen=True)
class Result:
    """One result.

    `path` is its place under `/api`; `limit` how many rows are shown unasked; `empty` says why
    there may be none. `leads_to` gives the drill-through of a row, `cards` the headline figures of
    a single one, and `cards_lead_to` what each of them counts, its value first; `told` the lines
    that a table for people has of a row in place of its fields.
    `choice` is a parameter of its own: the last argument of its function. `reads_notes` where
    another note may change the answer.
    """

    slug: str
    title: str
    path: str
    function: Callable[..., Row | Sequence[Row]]
    drawing: Drawing
    limit: int | None = None
    empty: str = "Nothing happened in this period."
    leads_to: Callable[[Any, Query], DrillThrough] | None = None
    cards: Callable[[Any], list[Card]] | None = None
    cards_lead_to: Callable[[Any, Query], list[Sequence[DrillThrough]]] | None = None
    told: Callable[[Any], Told] | None = None
    choice: Choice | None = None
    reads_notes: bool = False

    @cached_property
    def row(self) -> type[Row]:
        """The type of its rows."""
        answer = inspect.signature(self.function).return_annotation
        kind: type[Row] = getattr(answer, "__args__", [answer])[0]
        return kind

    @cached_property
    def fields(self) -> dict[str, Meaning]:
        """What the fields of its rows are called and mean."""
        return meanings(self.row)

    @property
    def definition(self) -> str:
        """What the numbers mean: the docstring of the function that computes them."""
        return inspect.cleandoc(self.function.__doc__ or "")

    @property
    def is_single(self) -> bool:
        """Whether the answer is one row, not a list."""
        return self.drawing.mark == "cards"

    @property
    def is_chart(self) -> bool:
        """Whether it is drawn as a chart (cards, tables and sentences are not)."""
        return self.drawing.mark not in ("cards", "table", "sentences")

    def rows(
        self, reader: Reader, query: Query, limit: int | None = None, chosen: int | None = None
    ) -> list[Row]:
        """The rows that page, CSV and API show; a single row in a list too."""
        answer = self.function(reader, query, *([chosen] if chosen and self.choice else []))
        if isinstance(answer, Row):
            return [answer]
        return list(answer)[: limit or self.limit]
