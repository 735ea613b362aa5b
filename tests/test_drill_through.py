"""What is behind a figure: the list it leads to has as many as the figure says."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from analytics.behind import behind, has_behind
from analytics.reading.details import Detail, Narrowed
from analytics.retention import day_retention
from sqlmodel import Session

from analytics.lists.activities import count_activities
from analytics.lists.messages import count_messages
from analytics.lists.registry import LISTS
from analytics.metrics.cohorts import CohortCell
from analytics.metrics.headline import metrics, metrics_lead_to
from analytics.metrics.registry import RESULTS
from analytics.metrics.result import DrillThrough
from analytics.metrics.retention import retention, retention_leads_to
from analytics.period import Period
from analytics.query import RETENTION_DAYS, Query
from analytics.storage.store import open_database
from tests.conftest import settings_for
from tests.databases import activity_query

TODAY = date(2026, 11, 22)
QUESTIONS = {
    "everything": Query(Period(date(2026, 9, 20), TODAY, TODAY)),
    "a part": Query(
        Period(date(2026, 9, 23), date(2026, 10, 20), TODAY), organizations=("Digital Dynamics",)
    ),
}
ROWS = [report.slug for report in RESULTS if has_behind(report.slug)]


@pytest.fixture(scope="module")
def session(reference_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    path = Path(shutil.copy(reference_db, tmp_path_factory.mktemp("behind")))
    store = open_database(settings_for(path))
    store.refresh()
    with store.session() as made:
        yield made
    store.close()


def listed(session: Session, kind: str, query: Query, detail: Detail) -> int:
    """How many the list has that is opened for a kind."""
    if kind == "messages":
        return count_messages(session, query, detail).messages
    if kind == "conversations":
        ask = activity_query(None, None, query.filters, detail=Narrowed(query, detail))
        return count_activities(session, ask)
    [one] = [one for one in LISTS if one.kind == kind]
    total: int = one.read(session, query, detail, page=1, limit=1).total
    return total


def differences(session: Session, found: DrillThrough) -> list[Any]:
    """Where a figure and its list differ."""
    return [
        (found.name, kind, number, there)
        for kind, number in found.counts.items()
        if number is not None
        and (there := listed(session, kind, found.query, found.detail)) != number
    ]


def test_every_chart_and_table_of_people_leads_on() -> None:
    assert {report.slug for report in RESULTS} - set(ROWS) == {
        "metrics", "retention",  # cards
        "installations",  # the sparkline on a card
        "sources",
    }  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("slug", ROWS)
def test_a_list_has_as_many_as_its_figure(session: Session, slug: str, question: str) -> None:
    query = QUESTIONS[question]
    [report] = [report for report in RESULTS if report.slug == slug]
    rows = report.rows(session, query)
    assert rows
    every = max(1, len(rows) // 6)  # some days of many
    assert not [
        one for row in rows[::every] for one in differences(session, behind(slug, row, query))
    ]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_list_has_as_many_as_its_card(session: Session, question: str) -> None:
    query = QUESTIONS[question]
    returned = [day_retention(session, query, days)[0] for days in RETENTION_DAYS]
    used = metrics(session, query)
    cards = [
        *metrics_lead_to(used, query),
        *retention_leads_to(retention(session, query), returned, used, query),
    ]
    assert len(cards) == 4 + 6
    assert not [one for card in cards for found in card for one in differences(session, found)]


def test_an_hour_leads_to_its_messages_and_both_are_counted(session: Session) -> None:
    query = QUESTIONS["everything"]
    [report] = [report for report in RESULTS if report.slug == "hourly-activity"]
    for row in report.rows(session, query):
        found = behind(report.slug, row, query)
        if not row.value:
            assert found.is_empty
            continue
        detail = replace(found.detail, messages=True)
        there = count_messages(session, found.query, detail)
        assert round(there.messages / query.period.complete_days, 1) == pytest.approx(row.value)
        assert listed(session, "conversations", found.query, detail) == there.conversations


def test_a_cohort_whose_week_is_not_over_leads_to_its_people() -> None:
    cell = CohortCell(first_week=date(2026, 11, 16), users=3, week=0, active_users=None, share=None)
    found = behind("cohorts", cell, QUESTIONS["everything"])
    assert (found.counts, found.detail) == ({"people": 3}, Detail(cohort=date(2026, 11, 16)))


def test_nothing_is_behind_nothing() -> None:
    query = QUESTIONS["everything"]
    assert DrillThrough("", {"people": 0, "queries": 0}, query).is_empty
    assert not DrillThrough("", {"people": 0, "messages": None}, query).is_empty


@pytest.mark.parametrize("slug", ROWS)
def test_a_key_says_what_a_row_is_about_wherever_it_stands(session: Session, slug: str) -> None:
    """Rows of one key lead to the same, whatever was counted and in whichever period."""
    query = QUESTIONS["everything"]
    [report] = [report for report in RESULTS if report.slug == slug]
    ones: dict[tuple[str, ...], DrillThrough] = {}
    for row in report.rows(session, query):
        found = behind(slug, row, query)
        assert ones.setdefault(found.key, found) == found
    names = {one.name for one in ones.values()}
    assert len(names) == len(ones) > 1
    shorter = Query(Period(date(2026, 11, 1), TODAY, TODAY))
    for row in report.rows(session, shorter):
        found = behind(slug, row, shorter)
        assert found.key in ones or slug == "cohorts"
