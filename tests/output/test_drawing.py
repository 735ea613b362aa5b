"""What a chart draws: its rows beside the compared days, its spec, and its sentence."""

import json
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from analytics.metrics.active_users import ActiveUsersDay
from analytics.metrics.cohorts import CohortCell
from analytics.metrics.conversations import ConversationsDay
from analytics.metrics.depth import DepthRow
from analytics.metrics.document_types import DocumentTypeCount
from analytics.metrics.engagement import EngagementDay
from analytics.metrics.feature_usage import FeatureUsage
from analytics.metrics.hourly_activity import HourlyActivity
from analytics.metrics.installations import InstallationsDay
from analytics.metrics.leaderboard import LeaderboardEntry
from analytics.metrics.registry import BY_SLUG, RESULTS
from analytics.metrics.topics import TopicCount
from analytics.output.chart_data import BAR, TOTAL_THEN, Compared, chart_data, table_data
from analytics.output.chart_days import BRUSH, FOCUS, LEAVE
from analytics.output.chart_parts import PICK
from analytics.output.chart_spec import height, specs
from analytics.output.chart_summary import summary
from analytics.period import Period
from analytics.query import Query

MONDAY = date(2026, 3, 2)
NAME = "Previous period"


def day(n: int) -> date:
    return MONDAY + timedelta(n)


def talks(*counts: int, first: int = 0, over: int = 99, messages: int = 2) -> list[Any]:
    """Conversations of consecutive days from day `first`; days from `over` on are not over."""
    return [
        ConversationsDay(
            date=day(first + n), complete=n < over, conversations=count, messages=count * messages,
            avg_conversations=None, avg_messages=None,
        )
        for n, count in enumerate(counts)
    ]  # fmt: skip


def people(*counts: int, first: int = 0, over: int = 99) -> list[Any]:
    return [
        ActiveUsersDay(
            date=day(first + n), complete=n < over, active_users=count,
            average=float(count) if n < over else None,
        )
        for n, count in enumerate(counts)
    ]  # fmt: skip


def said(slug: str, rows: list[Any], before: list[Any] | None = None) -> str:
    report = BY_SLUG[slug]
    compared = None if before is None else Compared(NAME, before, len(before))
    return summary(report, chart_data(report, rows, compared), compared)


# --- rows --------------------------------------------------------------------------------------


def test_compared_days_stand_beside_their_own() -> None:
    report = BY_SLUG["conversations"]
    before = talks(7, 8, first=-7)
    data = chart_data(report, talks(1, 2, 3), Compared(NAME, before, 7))
    assert data["day"].tolist() == ["Mon 2 Mar 2026", "Tue 3 Mar 2026", "Wed 4 Mar 2026"]
    assert data["day_then"].tolist()[:2] == ["Mon 23 Feb 2026", "Tue 24 Feb 2026"]
    assert data["day_then"].isna().tolist() == [False, False, True]
    assert data["conversations_then"].tolist()[:2] == [7, 8]
    assert data["messages_then"].isna().tolist() == [False, False, True]


def test_compared_days_that_are_not_over_are_not_drawn() -> None:
    report = BY_SLUG["conversations"]
    data = chart_data(report, talks(1, 2), Compared(NAME, talks(5, 6, first=7, over=1), -7))
    assert data["conversations_then"].isna().tolist() == [False, True]


def test_stacked_columns_are_compared_by_their_total() -> None:
    report = BY_SLUG["engagement"]
    rows = [
        EngagementDay(
            date=day(n), complete=True, question_asked=1, info_retrieved=2, documents_drafted=n
        )
        for n in range(4)
    ]
    data = chart_data(report, rows[2:], Compared(NAME, rows[:1], 2))
    assert data[TOTAL_THEN].tolist()[0] == 3
    assert data[TOTAL_THEN].isna().tolist() == [False, True]


def test_the_first_days_of_the_calendar_have_none_before_them() -> None:
    row = talks(1)[0].model_copy(update={"date": date(1, 1, 3)})
    data = chart_data(BY_SLUG["conversations"], [row], Compared(NAME, [], 30))
    assert data["conversations_then"].isna().all()


def test_a_table_has_the_names_of_the_chart() -> None:
    report = BY_SLUG["conversations"]
    compared = Compared(NAME, talks(7, first=-1), 1)
    data = chart_data(report, talks(1), compared)
    assert list(table_data(report, data, compared).iloc[0].items()) == [
        ("Day", pd.Timestamp("2026-03-02", tz="UTC")), ("Conversations", 1), ("Messages", 2),
        (NAME, pd.Timestamp("2026-03-01", tz="UTC")), ("Conversations then", 7),
        ("Messages then", 14),
    ]  # fmt: skip
    bars = BY_SLUG["feature-usage"]
    uses = chart_data(bars, [FeatureUsage(name="Questions Asked", value=3)])
    assert table_data(bars, uses).to_dict("list") == {
        "Name": ["Questions Asked"], "Times used": [3],
    }  # fmt: skip


def test_days_in_a_table_sort_by_their_date() -> None:
    report = BY_SLUG["active-users"]
    compared = Compared(NAME, people(1, 1, first=-40), 40)
    table = table_data(report, chart_data(report, people(1, 2, 3), compared), compared)
    for name in ("Day", NAME):
        days = table.sort_values(name, ascending=False)[name].dropna().tolist()
        assert all(one > other for one, other in pairwise(days))
    report = BY_SLUG["cohorts"]
    weeks = table_data(report, chart_data(report, cohort(0, 5, 100.0) + cohort(5, 5, 100.0)))
    assert weeks["First week from"].is_monotonic_increasing  # as text, 06 Apr is before 02 Mar
    assert weeks["First week from"].tolist()[0] == pd.Timestamp("2026-03-02", tz="UTC")


@pytest.mark.parametrize("year", [1, 1677, 1969, 2263, 9999])
def test_days_of_any_year_are_drawn(year: int) -> None:
    first, last = date(year, 1, 3), date(year, 12, 31)
    for slug, rows in (
        ("conversations", [r.model_copy(update={"date": d}) for r in talks(1)
                           for d in (first, last)]),
        ("cohorts", [r.model_copy(update={"first_week": d}) for r in cohort(0, 5, 100.0)
                     for d in (first, last)]),
    ):  # fmt: skip
        report = BY_SLUG[slug]
        compared = Compared(NAME, rows, 5) if slug == "conversations" else None
        data = chart_data(report, rows, compared)
        days = table_data(report, data, compared).iloc[:, 0]
        assert [one.year for one in days] == [year, year]
        assert summary(report, data, compared)


# --- names -------------------------------------------------------------------------------------

NAMED = {
    "topics": ("No topic", lambda name: TopicCount(topic=name, conversations=2)),
    "document-types": ("No type", lambda name: DocumentTypeCount(document_type=name, documents=2)),
}


@pytest.mark.parametrize("slug", NAMED)
def test_a_name_that_reads_as_none_is_kept_apart(slug: str) -> None:
    none, row = NAMED[slug]
    report, names = BY_SLUG[slug], (none, f"={none}", "=", None)
    rows = [row(name) for name in names]
    data = chart_data(report, rows)
    shown = [f"={none}", f"=={none}", "==", none]
    assert data[report.drawing.x].tolist() == shown
    assert table_data(report, data)["Name"].tolist() == shown
    assert summary(report, data).startswith(f"={none}, =={none}, == and {none} lead ")
    day = Period(MONDAY, MONDAY, MONDAY)
    leads_to = report.leads_to
    assert leads_to and [leads_to(one, Query(day)).name for one in rows] == shown


def test_bars_are_longest_first_and_know_their_row() -> None:
    rows = [FeatureUsage(name=name, value=value) for name, value in (("a", 1), ("b", 3), ("c", 1))]
    data = chart_data(BY_SLUG["feature-usage"], rows)
    assert data["name"].tolist() == ["b", "a", "c"]
    assert data["position"].tolist() == [1, 0, 2]
    assert table_data(BY_SLUG["feature-usage"], data).index.tolist() == [1, 0, 2]


def test_an_organization_called_none_is_no_missing_one() -> None:
    entry = leaders(3)[0].model_copy(update={"name": "No organization"})
    assert said("leaderboard", [entry]) == "=No organization has all 3 conversations shown."


def test_names_that_read_the_same_have_a_bar_each() -> None:
    names = ("North\x0bSouth", "North\x1fSouth", "North\ufffdSouth", "a|b", "b")
    rows = [TopicCount(topic=name, conversations=1) for name in names]
    data = chart_data(BY_SLUG["topics"], rows)
    assert data["topic"].tolist() == [*["North\ufffdSouth"] * 3, "a|b", "b"]
    assert data[BAR].is_unique


# --- specs -------------------------------------------------------------------------------------

DRAWN = [report for report in RESULTS if report.drawing.fields]


@pytest.mark.parametrize("report", DRAWN, ids=lambda report: report.slug)
@pytest.mark.parametrize("dark", [False, True])
def test_a_spec_holds_no_data_and_names_what_it_compares_with(report: Any, dark: bool) -> None:
    for compared in ("", NAME):
        made = specs(report.slug, dark=dark, compared=compared)
        text = json.dumps(made)
        assert '"datasets"' not in text
        is_compared = bool(compared) and report.drawing.x == "date"
        assert (NAME in text) == is_compared
        assert (" then" in text) == is_compared
        assert specs(report.slug, dark=dark, compared=compared) is made


def test_days_can_be_dragged_over_clicked_and_double_clicked() -> None:
    for slug in ("active-users", "conversations", "engagement"):
        for spec in specs(slug, dark=False):
            names = {param["name"] for param in spec["params"]}
            assert {BRUSH, FOCUS, LEAVE} <= names
    for slug in ("feature-usage", "hourly-activity", "cohorts"):
        [spec] = specs(slug, dark=False)
        names = {param["name"] for param in spec["params"]}
        assert PICK in names
        assert not {BRUSH, FOCUS, LEAVE} & names


def test_bars_are_as_high_as_their_number() -> None:
    report = BY_SLUG["feature-usage"]
    one, two = (
        height(
            report, chart_data(report, [FeatureUsage(name=str(n), value=n) for n in range(many)])
        )
        for many in (1, 2)
    )
    assert two - one == one - 30 > 20


# --- sentences ---------------------------------------------------------------------------------


def test_a_series_says_how_it_moved_and_where_it_peaked() -> None:
    assert said("conversations", talks(20, 41, 23), talks(25, 25, 25, first=-3)) == (
        "Conversations rose 12.0 % to 84 and messages rose 12.0 % to 168;"
        " the peak was Tuesday 3 March with 41 conversations."
    )
    assert said("conversations", talks(20, 41, 23)) == (
        "Conversations: 84, messages: 168; the peak was Tuesday 3 March with 41 conversations."
    )


def test_a_series_that_stayed_fell_or_is_new() -> None:
    assert said("conversations", talks(1, 2), talks(2, 1)).startswith("Conversations stayed at 3 ")
    assert said("conversations", talks(1, 2), talks(3, 3)).startswith("Conversations fell 50.0 % ")
    assert said("conversations", talks(1, 2), talks(0, 0)).startswith(
        "Conversations rose from 0 to 3 "
    )
    gone = said("conversations", talks(0, 0), talks(1, 2))
    assert gone == "Conversations fell 100.0 % to 0 and messages fell 100.0 % to 0."


def test_one_day_is_named_and_has_no_peak() -> None:
    assert said("conversations", talks(9), talks(6)) == (
        "Conversations rose 50.0 % to 9 and messages rose 50.0 % to 18 on Monday 2 March 2026."
    )
    assert said("conversations", talks(9, over=0)) == (
        "Conversations: 9, messages: 18 on Monday 2 March 2026 so far."
    )


def test_equal_days_share_the_peak() -> None:
    assert said("conversations", talks(3, 3)).endswith("; every day had 3 conversations.")
    assert said("conversations", talks(3, 1, 3)).endswith(
        "; the peak of 3 conversations was reached on 2 days, first Monday 2 March."
    )


def test_days_over_two_years_have_their_year() -> None:
    rows = talks(1, 2, first=-61)  # 31 December 2025 and 1 January 2026
    assert said("conversations", rows).endswith("Thursday 1 January 2026 with 2 conversations.")


def test_distinct_users_of_days_are_never_added_up() -> None:
    assert said("active-users", people(8, 10, 9), people(9, 9, 0, first=-3)) == (
        "On average, active users rose 50.0 % to 9.0 a day; the peak was Tuesday 3 March with 10."
    )
    # 4 + 5 over two complete days; the third is not over.
    assert said("active-users", people(4, 5, 1, over=2)) == (
        "On average, active users: 4.5 a day; the peak was Tuesday 3 March with 5."
    )
    assert said("active-users", people(4, 5, over=0), people(1, 1, first=-2)) == (
        "No day of this period is over yet; the peak was Tuesday 3 March with 5."
    )
    assert said("active-users", people(4, over=0), people(2, first=-1)) == (
        "Active users rose 100.0 % to 4 on Monday 2 March 2026 so far."
    )


def test_running_totals_end_where_they_end() -> None:
    def rows(*counts: int) -> list[Any]:
        return [
            InstallationsDay(date=day(n), complete=True, installations=count)
            for n, count in enumerate(counts)
        ]

    assert said("installations", rows(6, 8), rows(5, 6)) == ("Twins installed rose 33.3 % to 8.")
    assert said("installations", rows(6, 8)) == "Twins installed: 8."


def test_stacked_columns_peak_in_all() -> None:
    rows = [
        EngagementDay(
            date=day(n), complete=True, question_asked=q, info_retrieved=i, documents_drafted=d
        )
        for n, (q, i, d) in enumerate([(5, 1, 1), (3, 3, 3)])
    ]
    assert said("engagement", rows) == (
        "Questions asked: 8, information retrieved: 4, documents drafted: 4;"
        " the peak was Tuesday 3 March with 9 in all."
    )


def test_other_lengths_are_said() -> None:
    assert "so far (3 days against 2); the peak" in said(
        "conversations", talks(1, 2, 3, over=2), talks(3, 3)
    )


def test_nothing_is_said_plainly() -> None:
    for slug in ("conversations", "feature-usage", "leaderboard"):
        assert said(slug, []) == "Nothing happened in this period."
    assert said("conversations", talks(0, 0), talks(0, 0)) == "Nothing happened in this period."
    assert said("active-users", people(0, 0)) == "Nothing happened in this period."


def leaders(*counts: int) -> list[Any]:
    return [
        LeaderboardEntry(
            id=str(n), name=f"Org {n}", active_users=1, total_activities=count,
            avg_activities_per_user=1.0,
        )
        for n, count in enumerate(counts, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((6, 3, 1), "Org 1 leads with 6 of the 10 conversations shown (60.0 %)."),
        ((4,), "Org 1 has all 4 conversations shown."),
        ((3, 3, 1), "Org 1 and Org 2 lead with 3 each of the 7 conversations shown."),
        (
            (1, 1, 1, 1, 1),
            "Org 1, Org 2, Org 3 and 2 more lead with 1 each of the 5 conversations shown.",
        ),
    ],
)
def test_bars_say_who_leads_with_how_much_of_all(counts: tuple[int, ...], words: str) -> None:
    assert said("leaderboard", leaders(*counts)) == words


def test_hours_say_which_is_busiest() -> None:
    def rows(**values: float | None) -> list[Any]:
        return [HourlyActivity(hour=n, value=values.get(f"h{n}", 0.0)) for n in range(24)]

    assert said("hourly-activity", rows(h9=1.5, h14=12.3)) == (
        "The busiest hour starts at 14:00, with 12.3 messages per day."
    )
    assert said("hourly-activity", rows(h9=2.0, h14=2.0)) == (
        "The busiest hours start at 9:00 and 14:00, with 2.0 messages per day."
    )
    assert said("hourly-activity", rows()) == "Nothing happened in this period."
    none = [HourlyActivity(hour=n, value=None) for n in range(24)]
    assert said("hourly-activity", none) == "No day of this period is over yet."


def test_numbers_say_which_is_most_common() -> None:
    def rows(**counts: int) -> list[Any]:
        return [
            DepthRow(asked=n, conversations=counts.get(f"n{n}", 0), share=0.0) for n in range(21)
        ]

    assert said("depth", rows(n2=30, n20=90)) == (
        "Most common: 20 or more messages of the person, in 90 of the 120 conversations (75.0 %)."
    )
    assert said("depth", rows(n1=50, n3=50)) == (
        "Most common: 1 and 3 messages of the person, in 50 of the 100 conversations each (50.0 %)."
    )
    nothing = "No conversation was started on a complete day of this period."
    assert said("depth", []) == nothing


def test_the_last_number_stands_for_all_above() -> None:
    [spec] = specs("depth", dark=False)
    axis = spec["layer"][0]["encoding"]["x"]["axis"]
    assert axis["labelExpr"] == "datum.value == 20 ? '20+' : datum.label"


def cohort(first: int, users: int, *shares: float) -> list[Any]:
    return [
        CohortCell(
            first_week=day(7 * first), users=users, week=week,
            active_users=round(users * share / 100), share=share,
        )
        for week, share in enumerate(shares)
    ]  # fmt: skip


def test_cohorts_say_which_came_back_best() -> None:
    two = cohort(0, 5, 100.0, 80.0) + cohort(1, 4, 100.0, 50.0, 75.0)
    assert said("cohorts", two) == (
        "The cohort from 02 Mar 2026 came back best:"
        " 80.0 % of its 5 people were active a week later."
    )
    tie = cohort(0, 5, 100.0, 80.0) + cohort(1, 10, 100.0, 80.0)
    assert said("cohorts", tie) == (
        "The cohorts from 02 Mar 2026 and 09 Mar 2026 came back best:"
        " 80.0 % were active a week later."
    )
    assert said("cohorts", cohort(0, 5, 100.0) + cohort(1, 1, 100.0)) == (
        "2 cohorts of 6 people in all; no second week is over yet."
    )
    assert said("cohorts", cohort(0, 5, 100.0, 0.0)) == (
        "1 cohort; nobody was active a week after the first."
    )
