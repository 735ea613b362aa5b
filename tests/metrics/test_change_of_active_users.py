"""What a change of active users is made of, by hand and by the oracle."""

from datetime import date
from typing import Any

from analytics.metrics.change_of_active_users import change_of_active_users
from analytics.metrics.registry import BY_SLUG
from analytics.output.chart_data import chart_data
from analytics.output.chart_summary import summary
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from tests.changes import rows_of
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user
from tests.metrics.rows import ask, column
from tests.oracle import Oracle, compared

# Name -> organization, department, and on which days of March somebody started a conversation.
PEOPLE: dict[str, tuple[str | None, str | None, tuple[int, ...]]] = {
    "ann": ("Acme", "Sales", (9, 10, 10, 10)),
    "abe": ("Acme", "Sales", (10,)),
    "amy": ("Acme", None, (10, 10)),
    "bob": ("Beta", "Sales", (9, 9)),
    "bea": ("Beta", "IT", (9,)),
    "cat": ("Zeta", None, (9, 10)),
    "ned": (None, "IT", (10,)),
    "eve": ("Idle", None, (1,)),
}
CHANGES = Raw(
    users=[a_user(name, of, department=part) for name, (of, part, _) in PEOPLE.items()],
    sessions=[
        a_session(f"{name}{n}", name, f"2026-03-{day:02} 09:00:00")
        for name, (_, _, days) in PEOPLE.items()
        for n, day in enumerate(days)
    ],
)
TENTH = ask("2026-03-10", "2026-03-10", "2026-03-20")  # against the 9th
FIELDS = ("name", "before", "now", "difference", "share")


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    left = oracle.left(query)
    spans = {False: (query.period.start, query.period.end), True: compared(query)}

    def count(people: set[str], then: bool) -> tuple[int, int]:
        active = len(left.active(people, *spans[then]))
        return active, active

    rows = rows_of(left, query, count)
    return [
        {name: value for name, value in row.items() if not name.startswith("people")}
        for row in rows
    ]


def test_organizations_add_up_to_the_change(store_of: Shelf) -> None:
    with reading(store_of(CHANGES)) as reader:
        rows = change_of_active_users(reader, TENTH)
    assert column(rows, *FIELDS) == [
        ("Acme", 1, 3, 2, 200.0),
        ("Beta", 2, 0, -2, -200.0),
        (None, 0, 1, 1, 100.0),
        ("Zeta", 1, 1, 0, 0.0),
    ]
    assert {row.change for row in rows} == {1}
    assert {row.kind for row in rows} == {"organization"}


def test_a_single_organization_is_split_over_its_departments(store_of: Shelf) -> None:
    with reading(store_of(CHANGES)) as reader:
        acme = change_of_active_users(
            reader, ask("2026-03-10", "2026-03-10", "2026-03-20", organizations=("Acme",))
        )
        two = change_of_active_users(
            reader, ask("2026-03-10", "2026-03-10", "2026-03-20", organizations=("Acme", None))
        )
    assert column(acme, "kind", *FIELDS) == [
        ("department", "Sales", 1, 2, 1, 50.0),
        ("department", None, 0, 1, 1, 50.0),
    ]
    assert column(two, "kind", "name", "difference") == [
        ("organization", "Acme", 2), ("organization", None, 1),
    ]  # fmt: skip
    result = BY_SLUG["change-of-active-users"]
    names = column(chart_data(result, acme).to_dict("records"), "name")
    assert sorted(names) == ["No department", "Sales"]


def test_without_a_change_nobody_has_a_share(store_of: Shelf) -> None:
    query = ask("2026-03-09", "2026-03-09", "2026-03-20", against=TENTH.period,
                organizations=("Beta", None, "Zeta"))  # fmt: skip
    with reading(store_of(CHANGES)) as reader:
        rows = change_of_active_users(reader, query)
        same = change_of_active_users(
            reader, ask("2026-03-10", "2026-03-10", "2026-03-20", against=TENTH.period)
        )
        none = change_of_active_users(reader, ask("2026-03-15", "2026-03-15", "2026-03-20"))
    assert column(rows, *FIELDS) == [
        ("Beta", 0, 2, 2, 200.0), (None, 1, 0, -1, -100.0), ("Zeta", 1, 1, 0, 0.0),
    ]  # fmt: skip
    assert column(same, "difference", "share") == [(0, None)] * 3
    assert none == []


def test_the_sentence_says_who_accounts_for_the_change(store_of: Shelf) -> None:
    result, days = BY_SLUG["change-of-active-users"], Period(*[date(2026, 3, 10)] * 3)
    with reading(store_of(CHANGES)) as reader:
        said = [
            summary(result, chart_data(result, change_of_active_users(reader, query)))
            for query in (TENTH, Query(days, against=days))
        ]
    assert said == [
        "Acme accounts for +2, Beta for \u22122 and No organization for +1, of the change of active"
        " users by +1.",
        "No difference: change of active users by 0.",
    ]


def test_a_part_leads_to_its_people_now_and_before(store_of: Shelf) -> None:
    leads_to = BY_SLUG["change-of-active-users"].leads_to
    assert leads_to
    with reading(store_of(CHANGES)) as reader:
        found = leads_to(change_of_active_users(reader, TENTH)[1], TENTH)
    assert (found.name, found.counts, found.query.organizations) == (
        "Beta",
        {"people": 0},
        ("Beta",),
    )
    [before] = found.more
    assert (before.counts, before.query.period.end, before.is_before) == (
        {"people": 2}, date(2026, 3, 9), True,
    )  # fmt: skip
