"""Pages of a list: where one stands among all of them."""

from typing import Annotated

from pydantic import Field

from analytics.errors import QueryError
from analytics.fields import Meaning, Row

MAX_LIMIT = 100


class Paging(Row):
    """Where a page stands; the names in snake_case are those of the activities' contract."""

    total: Annotated[int, Meaning("Total", "How many there are on all pages.")]
    page: Annotated[int, Meaning("Page", "The number of this page, from 1.")]
    limit: Annotated[int, Meaning("Limit", "Rows a page at most.")]
    total_pages: Annotated[int, Meaning("Pages", "How many pages there are.")] = Field(
        alias="total_pages"
    )
    has_next: Annotated[bool, Meaning("Has next", "Whether a page follows.")] = Field(
        alias="has_next"
    )
    has_prev: Annotated[bool, Meaning("Has previous", "Whether a page comes before.")] = Field(
        alias="has_prev"
    )


def check_page(page: int, limit: int) -> None:
    """Raise QueryError for a page below 1 or a limit outside 1 to 100."""
    if page < 1:
        raise QueryError("page", page, "pages are numbered from 1")
    if not 1 <= limit <= MAX_LIMIT:
        raise QueryError("limit", limit, f"choose 1 to {MAX_LIMIT}")


def place(total: int, page: int, limit: int) -> dict[str, int | bool]:
    """The fields of `Paging`. A page past the end is empty, not an error."""
    pages = -(-total // limit)
    return {
        "total": total,
        "page": page,
        "limit": limit,
        "total_pages": pages,
        "has_next": page < pages,
        "has_prev": page > 1,
    }
