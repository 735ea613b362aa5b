"""What conversations are about, by hand."""

from analytics.metrics.topics import topics
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user
from tests.metrics.rows import PEOPLE, ask, column


def test_topics_differ_by_case_and_none_is_one(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        rows = topics(reader, ask("2026-03-09", "2026-03-10", "2026-03-11"))
        zeta = topics(
            reader, ask("2026-03-09", "2026-03-10", "2026-03-11", organizations=("Zeta",))
        )
    assert column(rows, "topic", "conversations") == [(None, 2), ("B", 1), ("b", 1)]
    assert column(zeta, "topic", "conversations") == [("b", 1)]


def test_none_comes_last_among_equals(store_of: Shelf) -> None:
    subjects = ("Plans", None, "Budget", "Plans", "")
    raw = Raw(
        users=[a_user("ann")],
        sessions=[
            a_session(f"s{n}", "ann", "2026-03-10 10:00:00", topic=topic)
            for n, topic in enumerate(subjects)
        ],
    )
    with reading(store_of(raw)) as reader:
        rows = topics(reader, ask("2026-03-10", "2026-03-10", "2026-03-11"))
    assert column(rows, "topic", "conversations") == [("Plans", 2), (None, 2), ("Budget", 1)]
