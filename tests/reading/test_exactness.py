"""Every result equals the oracle, to the last digit, on databases made to break it."""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from analytics.metrics.registry import RESULTS
from analytics.period import Period
from analytics.query import RETENTION_DAYS, Query
from analytics.reading import (
    account_cells,
    account_facts,
    cells,
    depth,
    facts,
    lifecycle,
    reach,
    rolling,
)
from analytics.reading.cells import Totals
from analytics.reading.reader import Reader, reading
from tests.conftest import Shelf
from tests.databases import TABLES, Raw, databases, narrowings, queries
from tests.metrics.rows import (
    BEGINNING,
    FUTURE,
    HABITS,
    MIDNIGHT,
    NEVER,
    PEOPLE,
    TWICE,
    VISITS,
    ask,
)
from tests.oracle import Oracle
from tests.postgres import rows_of

EXAMPLES = int(os.environ.get("EXACTNESS_EXAMPLES", "30"))
NARROWED_EACH = 2
BY = ((), ("company",), ("department",), ("company", "department"))
LEAD = 6  # days before the period, of rolling averages
SUMS = ("users", "conversations", "messages", "documents", "queries", "installations")


def as_rows(answer: Any) -> list[Any]:
    """A result's answer as a list, whether it is one row or many."""
    return list(answer) if isinstance(answer, list | tuple) else [answer]


def compare(reader: Reader, oracle: Oracle, query: Query) -> None:
    """Every result against the oracle; the result's rows may have more fields, never fewer."""
    for result in RESULTS:
        expected = as_rows(oracle.answer(result.slug, query))
        answer = [row.model_dump() for row in as_rows(result.function(reader, query))]
        for row, wanted in zip(answer, expected, strict=False):
            missing = wanted.keys() - row.keys()
            assert not missing, f"{result.slug} lacks {sorted(missing)}"
        if expected:
            answer = [{key: row[key] for key in expected[0] if key in row} for row in answer]
        assert answer == expected, f"{result.slug}, {oracle.zone}, {query}"


def known_by(source: ModuleType, reader: Reader, query: Query) -> dict[str, Any]:
    """All that cells know, by these functions; groups, days and hours of nothing are left out."""
    period = query.period
    first_week = period.start.toordinal() - period.start.weekday()
    of_accounts = account_cells if source is cells else account_facts
    answers: dict[str, Any] = {
        "first_days": of_accounts.first_days(reader, query),
        "created": of_accounts.created(reader, query),
        "activation": of_accounts.activation(
            reader, query, period.start.toordinal() - 30, period.end.toordinal()
        ),
        "power_users": source.power_users(reader, query),
        "hourly": {hour: n for hour, n in source.hourly(reader, query).items() if n},
        "cohort_weeks": source.cohort_weeks(reader, query, first_week, period.end.toordinal()),
    }
    kind = "cells" if source is cells else "facts"
    for module, what in ((depth, "of"), (reach, "conversations_of"), (reach, "users_of")):
        answers[f"{module.__name__} {what}"] = getattr(module, f"{what}_{kind}")(reader, query)
    answers["first_meetings"] = dict(getattr(reach, f"first_meetings_of_{kind}")(reader, query))
    for by in BY:
        totals = source.totals_by(reader, query, by, Totals._fields[1:])
        answers[f"totals_by {by}"] = {key: row for key, row in totals.items() if any(row)}
        answers[f"headcounts {by}"] = sorted(source.headcounts(reader, query, by))
        for name in ("accounts_by", "ever_active_by"):
            people = getattr(of_accounts, name)(reader, query, by)
            answers[f"{name} {by}"] = {key: n for key, n in people.items() if n}
    for days in RETENTION_DAYS:
        answers[f"returned {days}"] = source.returned(reader, query, days)
    for key in ("topic", "document_type"):
        answers[f"by_name {key}"] = sorted(source.by_name(reader, query, key))
    if source is cells:
        found = cells.sums(reader, query, "days", SUMS, ["day"], lead=LEAD)
        by_day = {day: row for (day,), row in found.items()}
        (answers["installations"],) = cells.sums(reader, query, "until", ["installations"])[()]
    else:
        by_day = facts.day_sums(reader, query, SUMS, lead=LEAD)
        answers["installations"] = facts.installations_until(reader, query)
    moved = lifecycle.of_cells if source is cells else lifecycle.of_facts
    answers["moved"] = moved(reader, query, range(first_week - 7, period.end.toordinal() + 8, 7))
    near = rolling.of_cells if source is cells else rolling.of_facts
    last = period.end.toordinal()
    answers["near"] = sorted(near(reader, query, period.start.toordinal() - 9, last, 7))
    answers["day_sums"] = {day: tuple(row) for day, row in by_day.items() if any(row)}
    return answers


def asked(raw: Raw) -> st.SearchStrategy[tuple[Raw, tuple[Query, ...]]]:
    """A database and several questions: building it costs more than asking."""
    narrowed = st.builds(lambda query, more: replace(query, **more), queries(raw), narrowings(raw))
    return st.tuples(st.just(raw), st.tuples(queries(raw), *[narrowed] * NARROWED_EACH))


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a smaller case would take minutes to find
    suppress_health_check=list(HealthCheck),
)
@given(databases().flatmap(asked))
def test_every_result_equals_the_oracle(
    store_of: Shelf, case: tuple[Raw, tuple[Query, ...]]
) -> None:
    raw, questions = case
    # A database without a single row is refused when it is opened; it has no results.
    assume(any(getattr(raw, table) for table in TABLES))
    store = store_of(raw, raw.zone)
    oracle = Oracle(store_of.path, ZoneInfo(raw.zone))
    with reading(store) as reader:
        for query in questions:
            compare(reader, oracle, query)
        of_slices = questions[0]
        both = (known_by(source, reader, of_slices) for source in (cells, facts))
        for by_cells, by_facts in zip(*(known.items() for known in both), strict=True):
            assert by_cells == by_facts, of_slices


DAY, NEXT_DAY = ("2026-03-10", "2026-03-10"), "2026-03-11"
BY_HAND = {
    "midnight": (MIDNIGHT, "UTC", [
        ask("2026-03-10", "2026-03-12", "2026-03-13"), ask(*DAY, "2026-03-13"),
        ask("2026-03-11", "2026-03-11", "2026-03-13"),
    ]),
    "twice": (TWICE, "Europe/Berlin", [
        ask("2026-10-25", "2026-10-25", "2026-10-26"),
        ask("2026-10-24", "2026-10-26", "2026-10-26"),
        ask("2026-10-26", "2026-10-26", "2026-10-26"),
    ]),
    "never": (NEVER, "America/New_York", [ask("2026-03-07", "2026-03-09", "2026-04-01")]),
    "beginning": (BEGINNING, "UTC", [
        ask("2026-03-01", "2026-03-12", "2026-03-11", organizations=("Beta",)),
    ]),
    "future": (FUTURE, "UTC", [
        ask("2026-03-10", "2026-03-20", "2026-03-11"),
        ask("2026-03-18", "2026-03-21", "2026-03-11"),
    ]),
    "visits": (VISITS, "UTC", [
        ask("2026-03-04", "2026-03-17", "2026-03-17"),
        ask("2026-03-15", "2026-03-15", "2026-03-23"),
    ]),
    "habits": (HABITS, "UTC", [
        ask("2026-03-01", "2026-03-10", "2026-04-01"),
        ask("2026-03-01", "2026-03-01", "2026-04-01"),
        ask("2026-03-02", "2026-03-10", "2026-04-01"),
    ]),
    "people": (PEOPLE, "UTC", [
        ask("2026-03-09", "2026-03-10", NEXT_DAY), ask("2026-03-09", "2026-03-09", NEXT_DAY),
        ask(*DAY, NEXT_DAY), ask(*DAY, NEXT_DAY, organizations=("Zeta",)),
        ask(*DAY, NEXT_DAY, departments=("IT",)),
        ask(*DAY, NEXT_DAY, organizations=(None,), departments=("IT",)),
        ask(*DAY, NEXT_DAY, organizations=(None, "Acme"), departments=("Sales",)),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_the_oracle_equals_what_is_worked_out_by_hand(store_of: Shelf, name: str) -> None:
    """The literals of these rows, in tests/metrics, hold for both."""
    raw, zone, questions = BY_HAND[name]
    store = store_of(raw, zone)
    oracle = Oracle(store_of.path, ZoneInfo(zone))
    with reading(store) as reader:
        for query in questions:
            compare(reader, oracle, query)


def compare_reference(store_of: Shelf, path: Path, zone: str) -> None:
    """Every result against the oracle on the reference data, made or real."""
    store = store_of(rows_of(path), zone)
    oracle = Oracle(store_of.path, ZoneInfo(zone))
    today = date(2026, 11, 22)
    with reading(store) as reader:
        for start, end, filters in (
            (date(2026, 10, 23), date(2026, 11, 21), {}),
            (date(2026, 9, 20), date(2026, 11, 22), {"organizations": ("Acme Corp", None)}),
            (date(2026, 11, 1), date(2026, 11, 1), {"departments": ("Sales", "Marketing")}),
        ):
            compare(reader, oracle, Query(Period(start, end, today), **filters))


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_every_result_equals_the_oracle_on_the_reference_data(
    store_of: Shelf, reference_db: Path, zone: str
) -> None:
    compare_reference(store_of, reference_db, zone)
