"""The lists that figures lead to, each once: pages, CSV and API follow from `LISTS`.

Activities stand apart: they have a contract of their own.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analytics.fields import Row
from analytics.lists.documents import (
    DocumentPage,
    DocumentRow,
    QueryPage,
    QueryRow,
    all_documents,
    all_queries,
    documents,
    queries,
)
from analytics.lists.installed import (
    InstalledPage,
    InstalledTwin,
    all_installed_twins,
    installed_twins,
)
from analytics.lists.paging import Paging
from analytics.lists.people import (
    ACTIVITIES,
    MAX_SEARCH,
    ORDERS,
    SORTS,
    PeoplePage,
    PersonRow,
    all_people,
    people,
)
from analytics.query import Query
from analytics.reading.filters import Filter, filtered, of_list
from analytics.reading.reader import Reader


@dataclass(frozen=True)
class Choice:
    """A parameter of a list beside period, filters and page; empty is its default."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Listed:
    """A list: `slug` names page, CSV and address, `kind` what can narrow it."""

    slug: str
    kind: str
    title: str
    row: type[Row]
    page: type[Paging]
    read: Callable[..., Paging]
    all: Callable[..., Iterator[Row]]
    choices: tuple[Choice, ...] = field(default=())

    @property
    def definition(self) -> str:
        """What is listed: the docstring of the function that reads it."""
        return inspect.cleandoc(self.read.__doc__ or "")

    def rows(
        self, reader: Reader, query: Query, values: Mapping[str, Sequence[str]]
    ) -> Iterator[Row]:
        """Every row of a question, as parameters ask for them."""
        return self.all(reader, query, **self.chosen(values))

    @property
    def filters(self) -> tuple[Filter, ...]:
        """What can narrow it."""
        return of_list(self.kind)

    def narrowed(self, query: Query, values: Mapping[str, Sequence[str]]) -> Query:
        """A question with the filters that parameters name."""
        return filtered(query, values, self.filters)

    def chosen(self, values: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """The choices that parameters name."""
        given = {choice.name: values.get(choice.name, ()) for choice in self.choices}
        return {name: texts[0] for name, texts in given.items() if texts and texts[0]}


_PEOPLE = (
    Choice(
        "activity",
        "Those `active` in the period, `inactive` in it, or `all`; without it the active ones, or"
        " all of a group that is named.",
        {"type": "string", "enum": list(ACTIVITIES)},
    ),
    Choice(
        "search",
        "Only people whose name or e-mail contains this text.",
        {"type": "string", "pattern": r"^[^\x00]*$", "maxLength": MAX_SEARCH},
    ),
    Choice(
        "sort",
        "What to sort by: `conversations` without it.",
        {"type": "string", "enum": list(SORTS)},
    ),
    Choice(
        "order",
        "Without it most and latest first, names from A.",
        {"type": "string", "enum": list(ORDERS)},
    ),
)

LISTS: tuple[Listed, ...] = (
    Listed("people", "people", "People", PersonRow, PeoplePage, people, all_people, _PEOPLE),
    Listed(
        "documents", "documents", "Documents", DocumentRow, DocumentPage, documents, all_documents
    ),
    Listed("queries", "queries", "Queries", QueryRow, QueryPage, queries, all_queries),
    Listed(
        "installed-twins",
        "installations",
        "Installed twins",
        InstalledTwin,
        InstalledPage,
        installed_twins,
        all_installed_twins,
    ),
)
LIST_BY_SLUG = {one.slug: one for one in LISTS}
