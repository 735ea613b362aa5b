"""The filters: how they are written, read, refused and said in words."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from analytics.errors import QueryError
from analytics.period import Period
from analytics.query import Query
from analytics.reading.filters import (
    BY_NAME,
    FILTERS,
    OF_RESULTS,
    SLICES,
    check_fits,
    filtered,
    in_words,
    of_list,
    parameters,
)

WEEK = Query(Period(date(2026, 3, 5), date(2026, 3, 11), date(2026, 3, 12)))
EVERYTHING = replace(
    WEEK, organizations=("A&B", None), departments=(None,), user="É@", person="u 1&2", twin="=t",
    by_others=True, asked=20, unanswered=True, first_meetings=True,
    topics=(None, "No topic", "=x", "Ünï"), type="query", search='"a b" c*', hour=0,
    document_types=("No type",), messages=True, cohort=date(2026, 3, 9), week=0, eligible=1,
    returned=30, power_users=True, group="gone", since=date(2026, 1, 5),
    active_days=28,
)  # fmt: skip
WRITTEN = {
    "organization": ["A&B", "No organization"], "department": ["No department"], "user": ["É@"],
    "person": ["u 1&2"], "twin": ["=t"], "by_others": ["true"],
    "topic": ["No topic", "=No topic", "==x", "Ünï"], "type": ["query"], "search": ['"a b" c*'],
    "hour": ["0"], "document_type": ["=No type"], "messages": ["true"], "asked": ["20"],
    "unanswered": ["true"], "first_meetings": ["true"], "cohort": ["2026-03-09"],
    "week": ["0"], "eligible": ["1"], "returned": ["30"], "power_users": ["true"],
    "group": ["gone"], "since": ["2026-01-05"],
    "active_days": ["28"],
}  # fmt: skip
EXAMPLES: dict[str, dict[str, Any]] = {
    "user": {"user": "ann"},
    "person": {"person": "ann"},
    "twin": {"twin": "t0"},
    "unknown_twin": {"unknown_twin": True},
    "by_others": {"by_others": True},
    "own_twin": {"own_twin": True},
    "hour": {"hour": 9},
    "topic": {"topics": ("A", None)},
    "document_type": {"document_types": ("Memo",)},
    "messages": {"messages": True},
    "asked": {"asked": 0},
    "unanswered": {"unanswered": True},
    "first_meetings": {"first_meetings": True},
    "cohort": {"cohort": date(2025, 11, 3)},
    "week": {"cohort": date(2025, 11, 3), "week": 4},
    "eligible": {"eligible": 7},
    "returned": {"returned": 1},
    "power_users": {"power_users": True},
    "group": {"group": "new"},
    "since": {"group": "gone", "since": date(2025, 11, 3)},
    "active_days": {"active_days": 12},
}
KINDS = ("people", "conversations", "documents", "queries", "installations")


class Names:
    """One person and one twin that are there."""

    def person(self, id_: str) -> str:
        """The name of a person."""
        return {"ann": "Ann"}.get(id_, "")

    def twin(self, id_: str) -> str:
        """The name of a twin."""
        return {"t0": "Helper"}.get(id_, "")


def test_filters_are_written_as_parameters_and_read_back() -> None:
    assert parameters(WEEK) == {}
    assert parameters(EVERYTHING) == WRITTEN
    assert filtered(WEEK, WRITTEN, FILTERS) == EVERYTHING
    assert {one.name for one in FILTERS} == {*WRITTEN, "unknown_twin", "own_twin"}
    without = {name: texts for name, texts in WRITTEN.items() if name not in SLICES}
    assert parameters(EVERYTHING, *SLICES) == without


def test_a_list_and_a_result_read_what_narrows_them() -> None:
    assert filtered(WEEK, WRITTEN, of_list("conversations")) == replace(
        EVERYTHING, document_types=()
    )
    assert filtered(WEEK, WRITTEN, of_list("documents")) == replace(
        EVERYTHING,
        type="all",
        search="",
        messages=False,
        asked=None,
        unanswered=False,
        first_meetings=False,
    )
    assert filtered(WEEK, WRITTEN) == replace(
        WEEK, organizations=("A&B", None), departments=(None,), user="É@", person="u 1&2",
        twin="=t", by_others=True, topics=(None, "No topic", "=x", "Ünï"),
    )  # fmt: skip
    of_people = of_list("people")
    week = filtered(WEEK, {"cohort": ["2026-03-15"]}, of_people)
    assert week.cohort == date(2026, 3, 9)
    gone = {"unknown_twin": ["true"], "twin": [""]}
    assert filtered(WEEK, gone, of_people) == replace(WEEK, unknown_twin=True)


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("hour", ["24"]),
        ("hour", ["-1"]),
        ("hour", ["noon"]),
        ("hour", ["1", "2"]),
        ("cohort", ["soon"]),
        ("week", ["2"]),
        ("eligible", ["2"]),
        ("returned", ["8"]),
        ("power_users", ["yes"]),
        ("person", ["\x00"]),
        ("person", ["ann", "bob"]),
        ("by_others", ["1"]),
        ("own_twin", ["1"]),
        ("topic", ["\x00"]),
    ],
)
def test_a_value_without_a_meaning_is_refused_by_name(parameter: str, values: list[str]) -> None:
    with pytest.raises(QueryError) as refused:
        filtered(WEEK, {parameter: values}, of_list("people"))
    assert refused.value.parameter == parameter
    assert str(refused.value.value) in values


@pytest.mark.parametrize(
    ("more", "parameter"),
    [
        ({"twin": "t", "unknown_twin": True}, "unknown_twin"),
        ({"by_others": True, "unknown_twin": True}, "by_others"),
        ({"own_twin": True, "unknown_twin": True}, "own_twin"),
        ({"own_twin": True, "by_others": True}, "own_twin"),
        ({"asked": 21}, "asked"),
        ({"asked": -1}, "asked"),
        ({"cohort": date(2026, 3, 9), "week": 10_001}, "week"),
        ({"cohort": date(2026, 3, 10)}, "cohort"),
    ],
)
def test_filters_that_exclude_each_other_are_refused(more: dict[str, Any], parameter: str) -> None:
    with pytest.raises(QueryError) as refused:
        Query(WEEK.period, **more)
    assert refused.value.parameter == parameter


def test_a_filter_that_cannot_narrow_a_list_is_refused_there() -> None:
    for kind, query in (
        ("people", replace(WEEK, document_types=("Memo",))),
        ("documents", replace(WEEK, messages=True)),
        ("installations", replace(WEEK, hour=3)),
    ):
        with pytest.raises(QueryError, match=f"does not narrow {kind}"):
            check_fits(query, kind)
    for kind in KINDS:
        for one in of_list(kind):
            named = {"organization": {"organizations": ("A",)}, "department": {"departments": ()},
                     "type": {"type": "query"}, "search": {"search": "a"}}  # fmt: skip
            check_fits(replace(WEEK, **(EXAMPLES | named)[one.name]), kind)


def test_results_take_what_says_who_and_in_which_conversations() -> None:
    assert {one.name for one in OF_RESULTS} == {
        *SLICES, "user", "person", "twin", "unknown_twin", "by_others", "own_twin", "topic",
    }  # fmt: skip
    for one in OF_RESULTS:
        assert (one.people is None) != (one.events is None)


def test_every_filter_is_said_in_words() -> None:
    # Organizations, departments, type and search stand in fields of their own.
    assert set(EXAMPLES) == set(BY_NAME) - {*SLICES, "type", "search"}
    for chosen in EXAMPLES.values():
        query = replace(WEEK, **chosen)
        ((names, words),) = in_words(query, Names()).items()
        assert set(parameters(query)) <= set(names)
        assert words
    assert in_words(WEEK, Names()) == {}
    assert list(in_words(replace(WEEK, **EXAMPLES["week"]), Names()).values()) == [
        "First active in the week of 3 Nov 2025, active 4 weeks later"
    ]
    named = replace(WEEK, person="ann", twin="t0")
    assert list(in_words(named, Names()).values()) == ["Only Ann", "Only with Helper"]
    gone = replace(WEEK, person="x", twin="x")
    assert list(in_words(gone, Names()).values()) == [
        "Only somebody who is no longer there", "Only with a twin that is no longer there",
    ]  # fmt: skip
