"""The pages: their section of the navigation, titles, icons, order, and the results on each, once.

A new page is one entry of `NAVIGATION` and its script in `pages/`.
"""

from dataclasses import dataclass

from analytics.metrics.registry import BY_SLUG

READ, BROWSE, SET_UP = SECTIONS = ("Read", "Browse", "Set up")


@dataclass(frozen=True)
class Page:
    """A page of the dashboard: its section, its title, its icon, and its results in their order.

    Those without results are lists and the like. One that is not `shown` is reached by links. One
    that does not `ask` shows the same whatever the period and the filters are.
    """

    section: str
    title: str
    icon: str = ""
    slugs: tuple[str, ...] = ()
    shown: bool = True
    asks: bool = True

    @property
    def charts(self) -> tuple[str, ...]:
        """Those of its results that are drawn as charts."""
        return tuple(slug for slug in self.slugs if BY_SLUG[slug].is_chart)


# In the order of the navigation, section by section.
NAVIGATION: dict[str, Page] = {
    "summary": Page(READ, "Summary", "summarize", ("summary", "change-of-active-users")),
    "overview": Page(
        READ,
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
            "change-of-conversations",
            "depth-summary",
            "depth",
        ),
    ),
    "adoption": Page(
        READ,
        "Adoption",
        "trending_up",
        (
            "adoption",
            "change-of-active-users",
            "change-of-adoption-rate",
            "lifecycle",
            "lifecycle-by-week",
            "rolling-users",
            "habit",
            "habit-tiers",
            "power-curve",
            "activation-time",
            "activation",
            "concentration",
            "organizations",
        ),
    ),
    "retention": Page(
        READ,
        "Retention",
        "event_repeat",
        (
            "retention",
            "cohorts",
        ),
    ),
    "organizations": Page(
        READ,
        "Organizations",
        "corporate_fare",
        (
            "organizations",
            "departments",
            "messages-per-person",
        ),
    ),
    "twins": Page(
        READ,
        "Twins",
        "smart_toy",
        (
            "twins",
            "reach",
            "first-meetings",
            "topics",
            "document-types",
            "queries-per-conversation",
        ),
    ),
    "people": Page(BROWSE, "People", "group"),
    "activities": Page(BROWSE, "Activities", "forum"),
    "documents": Page(BROWSE, "Documents", "description"),
    "queries": Page(BROWSE, "Queries", "search"),
    "installations": Page(BROWSE, "Installed twins", "smart_toy", shown=False),
    "person": Page(BROWSE, "Person", "person", shown=False),
    "conversation": Page(BROWSE, "Conversation", "chat_bubble", shown=False, asks=False),
    "views": Page(SET_UP, "Saved views", "bookmarks", asks=False),
    "notes": Page(SET_UP, "Notes", "event_note", ("notes",)),
    "data": Page(SET_UP, "Data", "database", ("sources",), asks=False),
}
# The page at "/", wherever it stands in the navigation: links, bookmarks and saved views that name
# no page were made for it.
FIRST = "overview"
# Those that can be saved as a file.
PAGES = {name: page for name, page in NAVIGATION.items() if page.slugs}
