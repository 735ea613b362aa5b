"""How often each feature was used."""

from typing import Annotated, Any

from analytics.fields import Meaning, Row
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query
from analytics.reading.figures import totals
from analytics.reading.reader import Reader

# The names of the contract, and the kind of list that each counts.
FEATURES = {
    "Questions Asked": "conversations",
    "Documents Drafted": "documents",
    "Information Retrieved": "queries",
}


class FeatureUsage(Row):
    """How often a feature was used in the period."""

    name: Annotated[
        str,
        Meaning(
            "Name", "The feature: Questions Asked, Documents Drafted or Information Retrieved."
        ),
    ]
    value: Annotated[
        int, Meaning("Times used", "How often it was used in the period.", unit="uses")
    ]


def feature_usage(reader: Reader, query: Query) -> list[FeatureUsage]:
    """Questions asked, documents drafted and information retrieved in the period.

    Empty when all three are 0.
    """
    total = totals(reader, query, until="queries")
    rows = [FeatureUsage(name=name, value=getattr(total, of)) for name, of in FEATURES.items()]
    return rows if any(row.value for row in rows) else []


def _leads_to(row: Any, query: Query) -> DrillThrough:
    return DrillThrough(row.name, {FEATURES[row.name]: row.value}, query, (row.name,))


RESULT = Result(
    "feature-usage",
    "Feature distribution",
    "charts/features/usage",
    feature_usage,
    Drawing("bars", "name", ("value",)),
    leads_to=_leads_to,
)
