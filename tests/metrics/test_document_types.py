"""What kinds of documents are drafted, by hand."""

from analytics.metrics.document_types import document_types
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_document, a_session, a_user
from tests.metrics.rows import PEOPLE, ask, column


def test_documents_by_type_and_none_last_among_equals(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        rows = document_types(reader, ask("2026-03-09", "2026-03-10", "2026-03-11"))
        zeta = document_types(
            reader, ask("2026-03-10", "2026-03-10", "2026-03-11", organizations=("Zeta",))
        )
        before = document_types(reader, ask("2026-03-09", "2026-03-09", "2026-03-11"))
    # That of nobody is left out, and the one without a date.
    assert column(rows, "document_type", "documents") == [("report", 1), (None, 1)]
    assert column(zeta, "document_type", "documents") == [(None, 1)]
    assert before == []


def test_the_day_is_the_documents_own(store_of: Shelf) -> None:
    raw = Raw(
        users=[a_user("ann")],
        sessions=[a_session("s", "ann", "2026-03-09 10:00:00")],
        documents=[
            a_document(f"d{n}", "s", "2026-03-10 10:00:00", document_type=kind)
            for n, kind in enumerate(("memo", "Memo", "memo", "report"))
        ],
    )
    with reading(store_of(raw)) as reader:
        rows = document_types(reader, ask("2026-03-10", "2026-03-10", "2026-03-11"))
    assert column(rows, "document_type", "documents") == [("memo", 2), ("Memo", 1), ("report", 1)]
