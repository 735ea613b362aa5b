"""The table of contents: every result once, with its definition, function and how it is drawn.

Pages, HTML report, CSV and the REST API follow from `REPORTS` and `PAGES`. To add a result: a row
type and a function in the module of its topic, an entry in both here, a test.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlmodel import Session

from analytics.charts import (
    active_users,
    conversations,
    document_types,
    engagement,
    feature_usage,
    hourly_activity,
    installations,
    leaderboard,
    topics,
)
from analytics.fields import Row
from analytics.metrics import metrics
from analytics.organizations import departments, organizations
from analytics.query import Query
from analytics.retention import cohorts, retention
from analytics.sources import sources
from analytics.twins import twins

Mark = Literal["cards", "lines", "columns", "bars", "heatmap", "table"]
Sum = Literal["sum", "mean", "last"]


@dataclass(frozen=True)
class Drawing:
    """How a result is drawn: the mark, the field across, and the fields shown with their labels.

    `lines` run over days; with `panels` each field gets its own scale. `columns` stand over days or
    hours, `bars` lie beside names, a `heatmap` spreads `x` against `y`. `thin` fields are fainter.
    `over_days` says what makes one figure of a field's days: their sum, their mean (distinct users
    of days don't add up) or the last one (running totals). `unit` names what bars count.
    """

    mark: Mark
    x: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    x_title: str = ""
    y: str = ""
    thin: tuple[str, ...] = ()
    panels: bool = False
    over_days: Sum = "sum"
    unit: str = ""


@dataclass(frozen=True)
class Report:
    """One result.

    `path` is its place under `/api`; `limit` how many rows are shown unasked; `empty` says why
    there may be none.
    """

    slug: str
    title: str
    path: str
    function: Callable[[Session, Query], Row | Sequence[Row]]
    row: type[Row]
    drawing: Drawing
    limit: int | None = None
    empty: str = "Nothing happened in this period."

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
        """Whether it is drawn as a chart (cards and tables are not)."""
        return self.drawing.mark not in ("cards", "table")

    def rows(self, session: Session, query: Query, limit: int | None = None) -> list[Row]:
        """The rows that page, CSV and API show; a single row in a list too."""
        answer = self.function(session, query)
        if isinstance(answer, Row):
            return [answer]
        return list(answer)[: limit or self.limit]


def _report(
    slug: str, title: str, path: str, function: Callable[..., Any], drawing: Drawing, **more: Any
) -> Report:
    answer = inspect.signature(function).return_annotation
    return Report(
        slug, title, path, function, getattr(answer, "__args__", [answer])[0], drawing, **more
    )


REPORTS: tuple[Report, ...] = (
    _report("metrics", "Headline figures", "metrics", metrics, Drawing("cards")),
    _report(
        "active-users", "Daily active users", "charts/activity", active_users,
        Drawing("lines", "date", {"active_users": "Active users", "average": "7-day average"},
                thin=("active_users",), over_days="mean"),
    ),
    _report(
        "conversations", "Conversations and messages", "charts/conversation", conversations,
        Drawing("lines", "date", {"conversations": "Conversations", "messages": "Messages"},
                panels=True),
    ),
    _report(
        "engagement", "Engagement", "charts/engagement", engagement,
        Drawing("columns", "date", {
            "question_asked": "Questions asked",
            "info_retrieved": "Information retrieved",
            "documents_drafted": "Documents drafted",
        }),
    ),
    _report(
        "installations", "Twin installations", "charts/installations", installations,
        Drawing("lines", "date", {"installations": "Twins installed"}, over_days="last"),
    ),
    _report(
        "feature-usage", "Feature distribution", "charts/features/usage", feature_usage,
        Drawing("bars", "name", {"value": "Times used"}, unit="uses"),
    ),
    _report(
        "hourly-activity", "Hourly activity", "charts/hourly-activity", hourly_activity,
        Drawing("columns", "hour", {"value": "Messages per day"}, x_title="Hour of day"),
    ),
    _report(
        "leaderboard", "Leading organizations", "charts/organizations/leaderboard", leaderboard,
        Drawing("bars", "name", {
            "total_activities": "Conversations",
            "active_users": "Active users",
            "avg_activities_per_user": "Conversations per user",
        }),
        limit=5,
    ),
    _report("retention", "Retention", "retention", retention, Drawing("cards")),
    _report(
        "cohorts", "Weekly cohorts", "retention/cohorts", cohorts,
        Drawing("heatmap", "week", {"share": "Active, %", "active_users": "Active users",
                                    "users": "New users"},
                x_title="Weeks since the first", y="first_week"),
        empty="Nobody was active for the first time in this period.",
    ),
    _report("organizations", "Organizations", "organizations", organizations, Drawing("table")),
    _report("departments", "Departments", "departments", departments, Drawing("table")),
    _report("twins", "Twins", "twins", twins, Drawing("table")),
    _report(
        "topics", "Topics", "topics", topics,
        Drawing("bars", "topic", {"conversations": "Conversations"}), limit=10,
    ),
    _report(
        "document-types", "Document types", "document-types", document_types,
        Drawing("bars", "document_type", {"documents": "Documents"}), limit=10,
    ),
    _report("sources", "What is loaded", "sources", sources, Drawing("table")),
)  # fmt: skip

BY_SLUG = {report.slug: report for report in REPORTS}


@dataclass(frozen=True)
class Page:
    """A page of the dashboard that can be saved: its title and its results, in their order."""

    title: str
    slugs: tuple[str, ...]

    @property
    def charts(self) -> tuple[str, ...]:
        """Those of its results that are drawn as charts."""
        return tuple(slug for slug in self.slugs if BY_SLUG[slug].is_chart)


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
