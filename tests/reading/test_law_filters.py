"""The law for filters: the answer equals that of a database from which the rows of all other people
or conversations were deleted. What is known of somebody's twin stays known."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import literal, select

from analytics.lists.activities import all_activities
from analytics.lists.registry import LIST_BY_SLUG
from analytics.metrics.registry import BY_SLUG, RESULTS
from analytics.query import Query
from analytics.reading import cells
from analytics.reading.cells import first_active
from analytics.reading.reader import Reader, reading
from tests.conftest import Shelf
from tests.databases import Raw, Row
from tests.deleting import Stays, in_pairs, of_conversations, of_people, of_people_and_used, rich
from tests.reading.test_law import MAIN
from tests.telling import NOW, rows

OWNERS = {row["id"]: row["user_id"] for row in rich().twins}
PEOPLE: dict[str, tuple[dict[str, Any], Stays]] = {
    "organization": ({"organizations": ("Acme", None)}, in_pairs(("Acme",), (None,))),
    "department": ({"departments": ("Sales",)}, lambda row: row["department"] == "Sales"),
    "e-mail": ({"user": "Z"}, lambda row: "z" in row["email"]),
    "person": ({"person": "zoe"}, lambda row: row["id"] == "zoe"),
}


def is_by_others(row: Row) -> bool:
    """Whether somebody else than the twin's owner began a conversation."""
    return OWNERS.get(row["twin_id"], row["user_id"]) != row["user_id"]


EVENTS: dict[str, tuple[dict[str, Any], Stays]] = {
    "twin": ({"twin": "t_zoe"}, lambda row: row["twin_id"] == "t_zoe"),
    "unknown twin": ({"unknown_twin": True}, lambda row: row["twin_id"] not in OWNERS),
    "by others": ({"by_others": True}, is_by_others),
    "own twin": ({"own_twin": True}, lambda row: OWNERS.get(row["twin_id"]) == row["user_id"]),
    "topic": ({"topics": ("Budget",)}, lambda row: row["topic"] == "Budget"),
    "no topic": ({"topics": (None, "Travel")}, lambda row: row["topic"] in (None, "", "Travel")),
}
CASES = [
    *((name, filters, None, stays) for name, (filters, stays) in PEOPLE.items()),
    *((name, filters, stays, None) for name, (filters, stays) in EVENTS.items()),
    *(
        (f"{who} and {what}", PEOPLE[who][0] | EVENTS[what][0], EVENTS[what][1], PEOPLE[who][1])
        for who, what in (("organization", "topic"), ("person", "by others"), ("e-mail", "twin"))
    ),
]
ACTIVITY = ("active", "all", "inactive")


def of_anybody(reader: Reader, query: Query) -> dict[str, Any]:
    """What names nobody outside. `sources` ignores filters."""
    found = {
        result.slug: rows(result.rows(reader, query, limit=1_000))
        for result in RESULTS
        if result.slug not in ("sources", "twins", "reach")
    }
    of = LIST_BY_SLUG["people"]
    for activity in ACTIVITY:
        found[f"people {activity}"] = rows(list(of.all(reader, query, activity=activity)))
    installed = LIST_BY_SLUG["installed-twins"]
    found["installed"] = rows(list(installed.all(reader, query.of_people)))
    return found


def with_twins(reader: Reader, query: Query) -> dict[str, Any]:
    """What names the twins of others; a twin that nobody used says nothing but that it is there."""
    found = {
        slug: rows(list(LIST_BY_SLUG[slug].all(reader, query))) for slug in ("documents", "queries")
    }
    found["activities"] = rows(list(all_activities(reader, query, NOW)))
    found["reach"] = rows(BY_SLUG["reach"].rows(reader, query))
    found["twins"] = [
        twin
        for twin in rows(BY_SLUG["twins"].rows(reader, query))
        if twin["last_used"] or twin["documents"] or twin["queries"]
    ]
    return found


def without(answers: dict[str, Any], *fields: str) -> dict[str, Any]:
    """Without some fields of the results of adoption."""
    blank = dict.fromkeys(fields)
    of_groups = {
        slug: [{**row, **{name: None for name in blank if name in row}} for row in answers[slug]]
        for slug in (
            "adoption",
            "organizations",
            "departments",
            "activation-time",
            "change-of-adoption-rate",
        )
    }
    said = [one for one in answers["summary"] if one["result"] != "adoption"]
    return {**answers, **of_groups, "summary": said}


# What is made of the day from which an account counts: all that somebody did may bring it forward.
OF_ACCOUNTS = (
    "accounts", "adoption_rate", "ever_active_rate", "never_active", "previous_accounts",
    "previous_adoption_rate", "previous_never_active", "adoption_rate_change", "accounts_change",
    "all_accounts",
)  # fmt: skip


@pytest.fixture(scope="module")
def full(new_shelf: Callable[[], Shelf]) -> Shelf:
    shelf = new_shelf()
    shelf(rich(), rich().zone)
    return shelf


@pytest.fixture(scope="module")
def smaller(new_shelf: Callable[[], Shelf]) -> Shelf:
    return new_shelf()


@pytest.mark.parametrize(
    ("filters", "events", "people"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_filter_answers_as_if_all_others_were_deleted(
    full: Shelf, smaller: Shelf, filters: dict[str, Any], events: Stays | None, people: Stays | None
) -> None:
    asked = [Query(MAIN, **filters), Query(replace(MAIN, end=MAIN.start), **filters)]
    raw = of_conversations(rich(), events) if events else rich()

    def answers(raw: Raw, ask: Callable[[Reader, Query], dict[str, Any]]) -> list[Any]:
        store = smaller(raw, raw.zone)
        with reading(store) as reader, pytest.MonkeyPatch.context() as patch:
            # The data begin with the whole database's first active day, whatever the filters.
            patch.setattr(cells, "_first_active_day", lambda _: select(literal(began)))
            return [ask(reader, Query(q.period)) for q in asked]

    with reading(full.stores[raw.zone]) as reader:
        began = first_active(reader)
        anybody = [of_anybody(reader, query) for query in asked]
        twins = [with_twins(reader, query) for query in asked]
    expected = answers(of_people(raw, people) if people else raw, of_anybody)
    if events:
        anybody, expected = (
            [without(answer, *OF_ACCOUNTS) for answer in of] for of in (anybody, expected)
        )
    for found, wanted in zip(anybody, expected, strict=True):
        for name, answer in wanted.items():
            assert found[name] == answer, name
    expected = answers(of_people_and_used(raw, people) if people else raw, with_twins)
    for found, wanted in zip(twins, expected, strict=True):
        for name, answer in wanted.items():
            assert found[name] == answer, name
