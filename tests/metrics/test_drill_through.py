"""Where a figure leads: the list that it opens has as many as the figure says."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.lists.activities import count_activities
from analytics.lists.messages import count_messages
from analytics.lists.registry import LISTS
from analytics.metrics.cohorts import CohortCell
from analytics.metrics.headline import metrics, metrics_lead_to
from analytics.metrics.registry import BY_SLUG, RESULTS
from analytics.metrics.result import DrillThrough
from analytics.metrics.retention import came_back, retention, retention_leads_to
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import Reader, reading
from analytics.storage.store import open_database
from tests.conftest import Shelf, settings_for
from tests.databases import Raw, a_document, a_message, a_session, a_twin, a_user
from tests.metrics.test_activation import RAW as NEW_ACCOUNTS

TODAY = date(2026, 11, 22)
EVERYTHING = Query(Period(date(2026, 9, 20), TODAY, TODAY))
A_PART = Query(
    Period(date(2026, 9, 23), date(2026, 10, 20), TODAY), organizations=("Digital Dynamics",)
)
QUESTIONS = {
    "everything": EVERYTHING,
    "a part": A_PART,
    "others' work": replace(EVERYTHING, by_others=True, user="@"),
}
CARDS = [result for result in RESULTS if result.cards_lead_to]
ROWS = {
    result.slug: result.leads_to
    for result in RESULTS
    if result.leads_to and not result.reads_notes  # of which there are none here
}
# All accounts there are older than the data, which begin after the days compared with.
NONE_IN_REFERENCE = ("activation", "change-of-adoption-rate")


@pytest.fixture(scope="module")
def reader(reference_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    path = Path(shutil.copy(reference_db, tmp_path_factory.mktemp("behind")))
    store = open_database(settings_for(path))
    store.refresh()
    with reading(store) as made:
        yield made
    store.close()


def listed(reader: Reader, kind: str, query: Query) -> int:
    """How many the list has that is opened for a kind."""
    if kind == "messages":
        return count_messages(reader, query).messages
    if kind == "conversations":
        return count_activities(reader, query)
    if kind == "installations":  # as the link to it does
        query = query.of_people
    [one] = [one for one in LISTS if one.kind == kind]
    total: int = one.read(reader, query, page=1, limit=1).total
    return total


def differences(reader: Reader, found: DrillThrough) -> list[Any]:
    """Where a figure, or more of the same row, and its list differ."""
    return [
        (one.name, kind, number, there)
        for one in (found, *found.more)
        for kind, number in one.counts.items()
        if number is not None and (there := listed(reader, kind, one.query)) != number
    ]


def of_cards(reader: Reader, query: Query) -> list[DrillThrough]:
    """Where the cards lead."""
    used = metrics(reader, query)
    row, came = retention(reader, query), came_back(reader, query)
    cards = [*metrics_lead_to(used, query), *retention_leads_to(row, came, used, query)]
    assert len(cards) == 4 + 6
    for result in CARDS:
        [one] = result.rows(reader, query)
        cards += result.cards_lead_to(one, query) if result.cards_lead_to else []
    return [found for card in cards for found in card]


def test_every_chart_and_table_of_people_leads_on() -> None:
    assert {result.slug for result in RESULTS} - set(ROWS) == {
        "metrics", "retention",  # cards
        *(result.slug for result in CARDS),
        "installations",  # the sparkline on a card
        "sources",
        "notes",  # as its own test has it
    }  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("slug", ROWS)
def test_a_list_has_as_many_as_its_figure(reader: Reader, slug: str, question: str) -> None:
    query = QUESTIONS[question]
    rows = BY_SLUG[slug].rows(reader, query)
    assert rows or slug in NONE_IN_REFERENCE
    every = max(1, len(rows) // 6)  # some days of many
    assert not [one for row in rows[::every] for one in differences(reader, ROWS[slug](row, query))]


def test_new_accounts_lead_to_who_reached_each_step(store_of: Shelf) -> None:
    month = Query(Period(date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 10)))
    with reading(store_of(NEW_ACCOUNTS)) as reader:
        for query in (month, replace(month, topics=("Budget",)), replace(month, user="s")):
            rows = BY_SLUG["activation"].rows(reader, query)
            found = [ROWS["activation"](row, query) for row in rows]
            assert len(found) == 4
            found += of_cards(reader, query)
            assert not [one for each in found for one in differences(reader, each)]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_list_has_as_many_as_its_card(reader: Reader, question: str) -> None:
    found = of_cards(reader, QUESTIONS[question])
    assert not [one for each in found for one in differences(reader, each)]


NARROWED: tuple[dict[str, Any], ...] = (
    {"twin": "t0"}, {"twin": "lost"}, {"unknown_twin": True}, {"by_others": True},
    {"topics": ("Budget", None)}, {"user": "ann"}, {"person": "bob", "topics": ("Budget",)},
    {"organizations": ("Acme",), "twin": "t0"},
)  # fmt: skip


@pytest.mark.parametrize("narrowed", NARROWED, ids=str)
def test_a_figure_of_filters_leads_to_what_it_counts(
    store_of: Shelf, narrowed: dict[str, Any]
) -> None:
    raw = Raw(
        users=[a_user("ann"), a_user("bob", "Beta", department="Sales")],
        twins=[a_twin("t0", "ann", "2026-03-01 08:00:00"), a_twin("t1", "bob", "2026-03-02")],
        sessions=[
            a_session("s0", "ann", "2026-03-09 09:00:00", topic="Budget"),
            a_session("s1", "bob", "2026-03-10 09:00:00", topic="Plans"),
            a_session("s2", "bob", "2026-03-10 10:00:00", twin_id="lost", topic="Budget"),
            a_session("s3", "bob", "2026-03-11 10:00:00", twin_id="gone"),
            a_session("s4", "ann", "2026-03-11 10:00:00", twin_id="lost"),
            a_session("s5", "ann", None, topic="Budget"),
        ],
        messages=[
            a_message("m0", "s0", "2026-03-10 09:00:00"),
            a_message("m1", "s2", "2026-03-11 09:00:00"),
            a_message("m2", "s5", "2026-03-11 10:00:00"),
        ],
        documents=[
            a_document("d0", "s1", "2026-03-10 10:00:00", document_type="Memo"),
            a_document("d1", "s2", "2026-03-10 10:00:00"),
        ],
    )
    days = Period(date(2026, 3, 9), date(2026, 3, 11), date(2026, 3, 12))
    query = Query(days, **narrowed)
    with reading(store_of(raw)) as reader:
        found = of_cards(reader, query)
        for slug, leads_to in ROWS.items():
            found += [leads_to(row, query) for row in BY_SLUG[slug].rows(reader, query)]
        # What counts nothing is not offered.
        led = [each for each in found if not each.is_empty]
        assert led
        assert not [one for each in led for one in differences(reader, each)]


def test_an_hour_leads_to_its_messages_and_both_are_counted(reader: Reader) -> None:
    result = BY_SLUG["hourly-activity"]
    for row in result.rows(reader, EVERYTHING):
        found = ROWS[result.slug](row, EVERYTHING)
        if not row.value:
            assert found.is_empty
            continue
        query = replace(found.query, messages=True)
        there = count_messages(reader, query)
        days = EVERYTHING.period.complete_days
        assert round(there.messages / days, 1) == pytest.approx(row.value)
        assert listed(reader, "conversations", query) == there.conversations


def test_a_cohort_whose_week_is_not_over_leads_to_its_people() -> None:
    cell = CohortCell(first_week=date(2026, 11, 16), users=3, week=0, active_users=None, share=None)
    found = ROWS["cohorts"](cell, EVERYTHING)
    assert found.counts == {"people": 3}
    assert found.query == replace(EVERYTHING, cohort=date(2026, 11, 16))


def test_nothing_is_behind_nothing() -> None:
    assert DrillThrough("", {"people": 0, "queries": 0}, EVERYTHING).is_empty
    assert not DrillThrough("", {"people": 0, "messages": None}, EVERYTHING).is_empty


@pytest.mark.parametrize("slug", ROWS)
def test_a_key_says_what_a_row_is_about_wherever_it_stands(reader: Reader, slug: str) -> None:
    """Rows of one key lead to the same, whatever was counted and in whichever period."""
    ones: dict[tuple[str, ...], DrillThrough] = {}
    for row in BY_SLUG[slug].rows(reader, EVERYTHING):
        found = ROWS[slug](row, EVERYTHING)
        assert ones.setdefault(found.key, found) == found
    names = {one.name for one in ones.values()}
    assert len(names) == len(ones)
    assert len(ones) > 1 or slug in NONE_IN_REFERENCE
    shorter = Query(Period(date(2026, 11, 1), TODAY, TODAY))
    for row in BY_SLUG[slug].rows(reader, shorter):
        found = ROWS[slug](row, shorter)
        assert found.key in ones or slug in ("cohorts", "summary", *NONE_IN_REFERENCE)
