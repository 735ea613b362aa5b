"""What kinds of documents twins draft."""

from dataclasses import replace
from typing import Annotated, Any

from analytics.fields import Meaning, Row
from analytics.metrics.result import Drawing, DrillThrough, Result
from analytics.query import Query, filter_label
from analytics.reading import figures
from analytics.reading.filter_texts import NO_TYPE
from analytics.reading.known import by_name
from analytics.reading.reader import Reader
from analytics.untrusted import unescaped


class DocumentTypeCount(Row):
    """Documents of a type; None for those without one."""

    document_type: Annotated[
        str | None,
        Meaning("Document type", "The type; none for documents without one.", format="name"),
    ]
    documents: Annotated[int, Meaning("Documents", "Documents of this type drafted in the period.")]


def document_types(reader: Reader, query: Query) -> list[DocumentTypeCount]:
    """Documents of the period by type, most first; those without a type last among equals."""
    rows = [
        DocumentTypeCount(document_type=name, documents=count)
        for name, count in figures.by_name(reader, query, "document_type")
    ]
    return sorted(rows, key=lambda row: (-row.documents, *by_name(row.document_type)))


def _leads_to(row: Any, query: Query) -> DrillThrough:
    name = filter_label(row.document_type, NO_TYPE)
    of_it = replace(query, document_types=(row.document_type,))
    return DrillThrough(unescaped(name), {"documents": row.documents}, of_it, (name,))


RESULT = Result(
    "document-types",
    "Document types",
    "document-types",
    document_types,
    Drawing("bars", "document_type", ("documents",)),
    limit=10,
    leads_to=_leads_to,
)
