"""The table of contents: every result once.

Pages, HTML report, CSV and the REST API follow from `RESULTS`. To add a result: a file beside this
one, a line here, a line in `pages`, a test (CONTRIBUTING.md shows how).
"""

from analytics.metrics import (
    active_users,
    cohorts,
    conversations,
    departments,
    document_types,
    engagement,
    feature_usage,
    headline,
    hourly_activity,
    installations,
    leaderboard,
    organizations,
    retention,
    sources,
    topics,
    twins,
)
from analytics.metrics.result import Result

RESULTS: tuple[Result, ...] = (
    headline.RESULT,
    active_users.RESULT,
    conversations.RESULT,
    engagement.RESULT,
    installations.RESULT,
    feature_usage.RESULT,
    hourly_activity.RESULT,
    leaderboard.RESULT,
    retention.RESULT,
    cohorts.RESULT,
    organizations.RESULT,
    departments.RESULT,
    twins.RESULT,
    topics.RESULT,
    document_types.RESULT,
    sources.RESULT,
)
BY_SLUG = {result.slug: result for result in RESULTS}
