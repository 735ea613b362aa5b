"""Which organizations lead, by hand."""

from analytics.metrics.leaderboard import leaderboard
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user
from tests.metrics.rows import MIDNIGHT, PEOPLE, ask, column


def test_nobody_without_an_organization_leads(store_of: Shelf) -> None:
    with reading(store_of(PEOPLE)) as reader:
        rows = leaderboard(reader, ask("2026-03-10", "2026-03-10", "2026-03-11"))
        # fay was active by a message on the 9th: an organization with no conversation is listed.
        before = leaderboard(reader, ask("2026-03-09", "2026-03-09", "2026-03-11"))
    names = "id", "name", "active_users", "total_activities", "avg_activities_per_user"
    assert column(rows, *names) == [("1", "Zeta", 1, 1, 1.0), ("2", "Äther", 1, 1, 1.0)]
    assert column(before, *names) == [("1", "Zeta", 1, 0, 0.0)]


def test_without_anybody_active_nobody_leads(store_of: Shelf) -> None:
    # Only the twin wrote that day, and drafted a document.
    with reading(store_of(MIDNIGHT)) as reader:
        assert leaderboard(reader, ask("2026-03-11", "2026-03-11", "2026-03-13")) == []


def test_ties_go_to_active_users_then_to_names(store_of: Shelf) -> None:
    people = {"a": "One", "b": "Two", "c": "Two", "d": "Zeta", "e": "Three"}
    started = "aabcdeee"
    raw = Raw(
        users=[a_user(*person) for person in people.items()],
        sessions=[
            a_session(f"s{n}", who, "2026-03-10 10:00:00") for n, who in enumerate(started)
        ] + [a_session("s", "d", "2026-03-10 10:00:00")],
    )  # fmt: skip
    with reading(store_of(raw)) as reader:
        rows = leaderboard(reader, ask("2026-03-10", "2026-03-10", "2026-03-11"))
    assert column(rows, "id", "name", "active_users", "total_activities") == [
        ("1", "Three", 1, 3), ("2", "Two", 2, 2), ("3", "One", 1, 2), ("4", "Zeta", 1, 2),
    ]  # fmt: skip
