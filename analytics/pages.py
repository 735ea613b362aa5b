"""Which results stand on which page of the dashboard."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page of the dashboard: its title and its registered results, in their order."""

    title: str
    slugs: tuple[str, ...]


class PictureProblem(RuntimeError):
    """A picture or a document of a page can't be made; the message says what to do."""


PAGES = {
    "overview": Page(
        "Overview",
        ("metrics", "active-users", "conversations", "engagement", "hourly-activity",
         "feature-usage", "leaderboard"),
    ),
    "retention": Page("Retention", ("retention", "cohorts")),
    "organizations": Page("Organizations", ("organizations", "departments")),
    "twins": Page("Twins", ("twins", "topics", "document-types")),
    "data": Page("Data", ("sources",)),
}  # fmt: skip
