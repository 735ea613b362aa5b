"""The pages of results: titles, icons, order, and the results on each, once."""

from dataclasses import dataclass

from analytics.metrics.registry import BY_SLUG


@dataclass(frozen=True)
class Page:
    """A page of the dashboard: its title, its icon, and its results in their order.

    Those without results are lists and the like. One that is not `shown` is reached by links.
    """

    title: str
    icon: str = ""
    slugs: tuple[str, ...] = ()
    shown: bool = True

    @property
    def charts(self) -> tuple[str, ...]:
        """Those of its results that are drawn as charts."""
        return tuple(slug for slug in self.slugs if BY_SLUG[slug].is_chart)


NAVIGATION: dict[str, Page] = {
    "overview": Page(
        "Overview",
        "monitoring",
        (
            "metrics",
            "active-users",
            "conversations",
            "messages-per-conversation",
            "engagement",
            "hourly-activity",
            "feature-usage",
            "leaderboard",
        ),
    ),
    "adoption": Page(
        "Adoption",
        "trending_up",
        (
            "adoption",
            "lifecycle",
            "lifecycle-by-week",
            "rolling-users",
            "activation-time",
            "activation",
            "change-of-active-users",
            "change-of-conversations",
            "change-of-adoption-rate",
        ),
    ),
    "retention": Page(
        "Retention",
        "event_repeat",
        (
            "retention",
            "cohorts",
        ),
    ),
    "organizations": Page(
        "Organizations",
        "corporate_fare",
        (
            "organizations",
            "departments",
            "messages-per-person",
        ),
    ),
    "twins": Page(
        "Twins",
        "smart_toy",
        (
            "twins",
            "topics",
            "document-types",
            "queries-per-conversation",
        ),
    ),
    "people": Page("People", "group"),
    "activities": Page("Activities", "forum"),
    "documents": Page("Documents", "description"),
    "queries": Page("Queries", "search"),
    "installations": Page("Installed twins", "smart_toy", shown=False),
    "person": Page("Person", "person", shown=False),
    "conversation": Page("Conversation", "chat_bubble", shown=False),
    "views": Page("Saved views", "bookmarks"),
    "data": Page("Data", "database", ("sources",)),
}
FIRST = next(iter(NAVIGATION))  # it is at "/"
# Those that can be saved as a file.
PAGES = {name: page for name, page in NAVIGATION.items() if page.slugs}
