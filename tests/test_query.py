"""Periods, presets, and how dates and filters are written."""

from dataclasses import FrozenInstanceError, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import QueryError
from analytics.period import (
    DEFAULT_PRESET,
    PRESET_NAMES,
    Period,
    Span,
    compared_period,
    parse_date,
    preset_period,
)
from analytics.query import NO_DEPARTMENT, NO_ORGANIZATION, Query, filter_label, filter_values

TODAY = date(2026, 3, 12)
DAY = timedelta(1)
NO_DATA = Span(None, None, None)


def day(text: str) -> date:
    return date.fromisoformat(text)


def period(start: str, end: str, today: date = TODAY) -> Period:
    return Period(day(start), day(end), today)


def until(last: str, first: str = "2025-01-01") -> Span:
    """Data from `first` to `last`, a day before today."""
    return Span(day(first), day(last), day(last))


def bounds(name: str, span: Span, today: date = TODAY) -> tuple[str, str]:
    found = preset_period(name, span, today)
    assert found.today == today
    return str(found.start), str(found.end)


# --- periods ----------------------------------------------------------------------------------


def test_a_period_includes_both_its_days() -> None:
    two = period("2026-02-28", "2026-03-01")
    assert two.days == 2
    assert two.dates() == [day("2026-02-28"), day("2026-03-01")]
    assert period("2026-03-01", "2026-03-01").dates() == [day("2026-03-01")]


@pytest.mark.parametrize(
    ("asked", "previous"),
    [
        (("2026-03-05", "2026-03-11"), ("2026-02-26", "2026-03-04")),
        (("2026-03-11", "2026-03-11"), ("2026-03-10", "2026-03-10")),
        (("2024-03-01", "2024-03-31"), ("2024-01-30", "2024-02-29")),
        (("2026-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31")),
        (("0001-01-02", "0001-01-02"), ("0001-01-01", "0001-01-01")),
    ],
)
def test_the_previous_period_has_as_many_days_and_ends_the_day_before(
    asked: tuple[str, str], previous: tuple[str, str]
) -> None:
    assert period(*asked).previous == period(*previous)


@pytest.mark.parametrize("end", ["0001-01-01", "0001-01-31"])
def test_the_first_days_of_the_calendar_have_no_previous_period(end: str) -> None:
    with pytest.raises(QueryError, match=r"start_date = 0001-01-01: .*start later"):
        _ = period("0001-01-01", end).previous


@pytest.mark.parametrize(
    ("start", "end", "complete_days", "complete_end", "includes_today"),
    [
        ("2026-03-05", "2026-03-11", 7, "2026-03-11", False),
        ("2026-03-05", "2026-03-12", 7, "2026-03-11", True),
        ("2026-03-05", "2026-04-30", 7, "2026-03-11", True),
        ("2026-03-12", "2026-03-12", 0, "2026-03-11", True),
        ("2026-04-01", "2026-04-30", 0, "2026-03-11", True),
        ("2020-01-01", "2020-01-01", 1, "2020-01-01", False),
    ],
)
def test_a_day_is_complete_when_it_lies_before_today(
    start: str, end: str, complete_days: int, complete_end: str, includes_today: bool
) -> None:
    asked = period(start, end)
    assert asked.complete_days == complete_days
    assert asked.complete_end == day(complete_end)
    assert asked.includes_today == includes_today


def test_a_period_has_at_most_3660_days() -> None:
    start = date(2016, 3, 5)
    assert Period(start, start + 3_659 * DAY, TODAY).days == 3_660
    message = "start_date = 2016-03-05: the period has 3,661 days; choose at most 3,660"
    with pytest.raises(QueryError, match=f"^{message}$"):
        Period(start, start + 3_660 * DAY, TODAY)


def test_reversed_dates_are_refused_with_the_remedy() -> None:
    with pytest.raises(QueryError) as refused:
        period("2026-03-11", "2026-03-10")
    assert str(refused.value) == (
        "end_date = 2026-03-10: the period ends before it starts (2026-03-11); swap them"
    )
    assert refused.value.parameter == "end_date"
    assert refused.value.value == day("2026-03-10")


def test_a_query_is_frozen_and_can_be_a_key() -> None:
    query = Query(period("2026-03-05", "2026-03-11"), organizations=("Acme", None))
    assert hash(query) == hash(Query(query.period, organizations=("Acme", None)))
    with pytest.raises(FrozenInstanceError):
        query.period = query.period.previous


def test_the_previous_query_keeps_the_filters() -> None:
    filters = {"organizations": ("Acme",), "departments": (None,), "twin": "t", "by_others": True}
    query = Query(period("2026-03-05", "2026-03-11"), **filters)
    assert query.previous == Query(period("2026-02-26", "2026-03-04"), **filters)


# --- comparing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "earlier"),
    [
        (("2026-03-02", "2026-03-08"), ("2025-03-03", "2025-03-09")),  # Monday to Sunday, both
        (("2024-02-29", "2024-02-29"), ("2023-03-02", "2023-03-02")),  # a Thursday, as 29 Feb was
        (("2025-02-28", "2025-03-01"), ("2024-03-01", "2024-03-02")),
        (("0001-12-31", "0001-12-31"), ("0001-01-01", "0001-01-01")),
    ],
)
def test_a_year_earlier_are_the_same_weekdays(
    asked: tuple[str, str], earlier: tuple[str, str]
) -> None:
    found = period(*asked).year_earlier
    assert found == period(*earlier)
    assert found.start.weekday() == day(asked[0]).weekday()


def test_the_first_year_of_the_calendar_has_none_before_it() -> None:
    with pytest.raises(QueryError, match=r"start_date = 0001-12-30: .*start later"):
        _ = period("0001-12-30", "0002-01-31").year_earlier


def test_a_query_is_compared_with_the_period_it_names() -> None:
    week = period("2026-03-05", "2026-03-11")
    chosen = period("2026-01-01", "2026-01-31")
    query = Query(week, organizations=("Acme",), against=chosen)
    assert query.previous == Query(chosen, organizations=("Acme",))
    assert query.previous.previous.period == chosen.previous
    assert hash(query) == hash(replace(query))
    assert query != replace(query, against=None)


@pytest.mark.parametrize(
    ("asked", "against", "shift"),
    [
        # 28 days and the 28 before: whole weeks.
        (("2026-02-12", "2026-03-11"), ("2026-01-15", "2026-02-11"), 28),
        # 30 days and the 30 before: 28 days back would leave them, so day by day.
        (("2026-02-10", "2026-03-11"), ("2026-01-11", "2026-02-09"), 30),
        (("2026-03-11", "2026-03-11"), ("2026-03-10", "2026-03-10"), 1),
        # 52 weeks, a leap day between them or not.
        (("2026-02-10", "2026-03-11"), ("2025-02-11", "2025-03-12"), 364),
        (("2024-02-10", "2024-03-11"), ("2023-02-11", "2023-03-13"), 364),
        # A longer one has room to put Wednesday beside Wednesday: 64 days, 63 and 7 weeks fit.
        (("2026-11-04", "2026-11-04"), ("2026-09-01", "2026-09-30"), 63),
        (("2026-03-01", "2026-03-30"), ("2026-01-01", "2026-02-04"), 56),
        # Two days too short for that.
        (("2026-03-01", "2026-03-30"), ("2026-01-01", "2026-02-01"), 59),
        # A shorter one: day by day, also where the starts are not weeks apart.
        (("2026-03-01", "2026-03-30"), ("2026-02-01", "2026-02-07"), 28),
        (("2026-03-01", "2026-03-30"), ("2026-02-02", "2026-02-08"), 27),
        # A later one.
        (("2026-03-01", "2026-03-07"), ("2026-03-09", "2026-03-15"), -8),
        (("2026-03-01", "2026-03-07"), ("2026-03-09", "2026-03-21"), -14),
        # The first weeks of the calendar.
        (("0001-01-08", "0001-01-14"), ("0001-01-01", "0001-01-07"), 7),
    ],
)
def test_days_stand_beside_the_same_weekday_where_lengths_allow(
    asked: tuple[str, str], against: tuple[str, str], shift: int
) -> None:
    assert period(*asked).shift_to(period(*against)) == shift


@given(
    st.dates(date(2, 1, 1), date(2030, 1, 1)), st.integers(1, 400),
    st.integers(-800, 800), st.integers(1, 400),
)  # fmt: skip
def test_a_shift_keeps_the_days_inside_or_the_starts_together(
    start: date, days: int, away: int, length: int
) -> None:
    asked = Period(start, start + (days - 1) * DAY, TODAY)
    first = max(date.min.toordinal(), start.toordinal() + away)
    other = Period(date.fromordinal(first), date.fromordinal(first + length - 1), TODAY)
    shift = asked.shift_to(other)
    by_weekday = shift % 7 == 0
    inside = [
        weeks
        for weeks in range(-210, 210)
        if other.start.toordinal() <= start.toordinal() - 7 * weeks
        and asked.end.toordinal() - 7 * weeks <= other.end.toordinal()
    ]
    if inside:
        assert by_weekday
        assert shift == 7 * max(inside)
    else:
        assert start - shift * DAY == other.start


def test_a_chosen_period_that_cannot_be_is_refused_by_its_own_name() -> None:
    with pytest.raises(QueryError, match=r"^compare_end_date = 2026-03-01: .*swap them"):
        compared_period(day("2026-03-02"), day("2026-03-01"), TODAY)
    with pytest.raises(QueryError, match=r"^compare_start_date = 2000-01-01: .*at most 3,660"):
        compared_period(day("2000-01-01"), day("2026-03-01"), TODAY)


# --- presets ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("Today", "2026-03-12", "2026-03-12"),
        ("Last 7 days", "2026-03-05", "2026-03-11"),
        ("Last 28 days", "2026-02-12", "2026-03-11"),
        ("Last 30 days", "2026-02-10", "2026-03-11"),
        ("Last 90 days", "2025-12-12", "2026-03-11"),
        ("Month to date", "2026-03-01", "2026-03-11"),
        ("Quarter to date", "2026-01-01", "2026-03-11"),
        ("Year to date", "2026-01-01", "2026-03-11"),
        ("All", "2025-01-01", "2026-03-11"),
        ("Previous month", "2026-02-01", "2026-02-28"),
    ],
)
def test_presets_end_on_the_last_complete_day_while_data_come_in(
    name: str, start: str, end: str
) -> None:
    fresh = Span(day("2025-01-01"), TODAY, TODAY - DAY)
    assert bounds(name, fresh) == (start, end)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("Today", "2026-03-12", "2026-03-12"),
        ("Last 7 days", "2020-02-23", "2020-02-29"),
        ("Last 30 days", "2020-01-31", "2020-02-29"),
        ("Month to date", "2020-02-01", "2020-02-29"),
        ("Quarter to date", "2020-01-01", "2020-02-29"),
        ("Year to date", "2020-01-01", "2020-02-29"),
        ("All", "2019-07-04", "2020-02-29"),
        ("Previous month", "2020-01-01", "2020-01-31"),
    ],
)
def test_presets_end_with_data_that_ended_years_ago(name: str, start: str, end: str) -> None:
    assert bounds(name, until("2020-02-29", first="2019-07-04")) == (start, end)


@pytest.mark.parametrize("span", [NO_DATA, Span(TODAY, TODAY, None)])
def test_presets_end_today_without_data_before_today(span: Span) -> None:
    assert span.anchor(TODAY) == TODAY
    assert bounds("Last 7 days", span) == ("2026-03-06", "2026-03-12")
    assert bounds("Month to date", span) == ("2026-03-01", "2026-03-12")
    assert bounds("All", span) == ("2026-03-12", "2026-03-12")
    assert bounds("Previous month", span) == ("2026-02-01", "2026-02-28")


def test_a_gap_before_today_does_not_move_the_anchor_back_while_today_has_data() -> None:
    span = Span(day("2026-01-01"), TODAY, day("2026-02-01"))
    assert span.anchor(TODAY) == day("2026-03-11")


@pytest.mark.parametrize(
    ("name", "anchor", "start", "end"),
    [
        ("Month to date", "2026-02-28", "2026-02-01", "2026-02-28"),
        ("Month to date", "2024-02-29", "2024-02-01", "2024-02-29"),
        ("Month to date", "2024-03-01", "2024-03-01", "2024-03-01"),
        ("Previous month", "2024-03-31", "2024-02-01", "2024-02-29"),
        ("Previous month", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("Previous month", "2026-01-31", "2025-12-01", "2025-12-31"),
        ("Quarter to date", "2025-03-31", "2025-01-01", "2025-03-31"),
        ("Quarter to date", "2025-04-01", "2025-04-01", "2025-04-01"),
        ("Quarter to date", "2025-08-31", "2025-07-01", "2025-08-31"),
        ("Quarter to date", "2025-12-31", "2025-10-01", "2025-12-31"),
        ("Year to date", "2024-12-31", "2024-01-01", "2024-12-31"),
        ("Year to date", "2025-01-01", "2025-01-01", "2025-01-01"),
        ("Last 7 days", "2024-03-03", "2024-02-26", "2024-03-03"),
        ("Last 90 days", "2024-02-29", "2023-12-02", "2024-02-29"),
    ],
)
def test_presets_at_the_ends_of_months_quarters_and_years(
    name: str, anchor: str, start: str, end: str
) -> None:
    span = until(anchor, first="2023-01-01")
    assert bounds(name, span) == (start, end)
    seen_the_day_after = day(anchor) + DAY  # its last complete day is the anchor
    assert bounds(name, Span(span.first, seen_the_day_after, span.last), seen_the_day_after) == (
        start,
        end,
    )


def test_all_is_cut_to_the_latest_3660_days() -> None:
    long_ago = preset_period("All", until("2026-03-11", first="1999-12-31"), TODAY)
    assert long_ago == period("2016-03-04", "2026-03-11")
    assert long_ago.days == 3_660


def test_an_unknown_preset_is_refused_with_the_choices() -> None:
    with pytest.raises(QueryError, match=r"preset = Last 8 days: choose one of Today, Last 7 days"):
        preset_period("Last 8 days", NO_DATA, TODAY)


@given(
    st.sampled_from(PRESET_NAMES),
    st.lists(st.dates(date(1990, 1, 1)), max_size=3),
    st.dates(date(1995, 1, 1), date(2100, 1, 1)),
)
def test_every_preset_is_a_period_that_ends_by_today(
    name: str, days: list[date], today: date
) -> None:
    up_to_today = sorted(each for each in days if each <= today)
    before = [each for each in up_to_today if each < today]
    span = Span(
        up_to_today[0] if up_to_today else None,
        up_to_today[-1] if up_to_today else None,
        before[-1] if before else None,
    )
    found = preset_period(name, span, today)
    assert found.end <= today
    assert found.includes_today == (name == "Today" or (name != "Previous month" and not before))


def test_the_default_preset_is_one_of_them() -> None:
    assert DEFAULT_PRESET == "Last 30 days"
    assert DEFAULT_PRESET in PRESET_NAMES


# --- dates and filters as text ----------------------------------------------------------------


def test_dates_are_read_as_written() -> None:
    assert parse_date("start_date", "2024-02-29") == date(2024, 2, 29)
    assert parse_date("start_date", "0001-01-01") == date.min


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "yesterday", "2026-02-30", "2026-2-3", "20260203", "2026-W10-1", "2026-02",
        "2026-02-03T00:00", " 2026-02-03", "2026-02-03\n", "0000-01-01", "10000-01-01",
        "-2026-02-03", "03.02.2026", "\uff12026-02-03", "2026-13-01", "None", "2026-02-03\x00",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_date("end_date", text)
    assert refused.value.parameter == "end_date"
    assert refused.value.value == text
    assert refused.value.remedy == (
        "is no calendar date; write it as YYYY-MM-DD, for example 2026-11-21"
    )


@pytest.mark.parametrize(
    ("name", "label"),
    [
        (None, "No organization"),
        ("No organization", "=No organization"),
        ("=No organization", "==No organization"),
        ("=", "=="),
        ("==", "==="),
        ("Acme", "Acme"),
        ("no organization", "no organization"),
        (" ", " "),
        ("a,b", "a,b"),
    ],
)
def test_no_name_is_mistaken_for_no_organization(name: str | None, label: str) -> None:
    assert filter_label(name) == label
    assert filter_values([label]) == (name,)


def test_departments_have_their_own_word_for_none() -> None:
    assert filter_label(None, NO_DEPARTMENT) == "No department"
    assert filter_label("No department", NO_DEPARTMENT) == "=No department"
    assert filter_label("No organization", NO_DEPARTMENT) == "No organization"
    assert filter_values(["No department", "No organization"], NO_DEPARTMENT) == (
        "No organization",
        None,
    )


def test_equal_asks_are_equal() -> None:
    assert filter_values(["b", "No organization", "a", "b"]) == ("a", "b", None)
    assert filter_values([]) == ()


WORDS = st.sampled_from(["", NO_ORGANIZATION, NO_DEPARTMENT, "Acme"])
SIGNED = st.builds(str.__add__, st.text("=", max_size=3), WORDS)
ODD_NAMES = st.none() | st.text(min_size=1) | SIGNED.filter(bool)


@given(ODD_NAMES, ODD_NAMES, st.sampled_from([NO_ORGANIZATION, NO_DEPARTMENT]))
def test_labels_read_back_and_no_two_names_share_one(
    one: str | None, other: str | None, none: str
) -> None:
    assert filter_values([filter_label(one, none)], none) == (one,)
    assert (filter_label(one, none) == filter_label(other, none)) == (one == other)
