"""The table of contents: every result once, a line each, named by its file.

Pages, HTML report, CSV and the REST API follow from `RESULTS`. To add a result: a file beside this
one, a line here, a line in `pages`, a test (CONTRIBUTING.md shows how).
"""

from importlib import import_module

from analytics.metrics.result import Result

_FILES = (
    "headline",
    "active_users",
    "conversations",
    "messages_per_conversation",
    "engagement",
    "installations",
    "feature_usage",
    "hourly_activity",
    "leaderboard",
    "retention",
    "cohorts",
    "adoption",
    "lifecycle",
    "lifecycle_by_day",
    "lifecycle_by_week",
    "lifecycle_by_month",
    "rolling_users",
    "activation",
    "activation_time",
    "habit",
    "habit_tiers",
    "power_curve",
    "depth",
    "depth_summary",
    "reach",
    "first_meetings",
    "concentration",
    "change_of_active_users",
    "change_of_conversations",
    "change_of_adoption_rate",
    "organizations",
    "messages_per_person",
    "departments",
    "twins",
    "topics",
    "document_types",
    "queries_per_conversation",
    "sources",
    "notes",
    "summary",
)
RESULTS: tuple[Result, ...] = tuple(
    import_module(f"analytics.metrics.{name}").RESULT for name in _FILES
)
BY_SLUG = {result.slug: result for result in RESULTS}
