"""How numbers, dates and differences are written."""

from datetime import date

import pytest

from analytics.format import (
    change,
    compared_name,
    days,
    duration_text,
    long_day,
    moved,
    number,
    percent,
    short_day,
    signed,
)
from analytics.period import Period
from analytics.query import Query

TODAY = date(2026, 11, 22)


def period(start: str, end: str) -> Period:
    return Period(date.fromisoformat(start), date.fromisoformat(end), TODAY)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12, "+12"),
        (1234.5, "+1,234.5"),
        (0, "0"),
        (0.0, "0.0"),
        (-0.2, "\u22120.2"),
        (-1234, "\u22121,234"),
    ],
)
def test_a_difference_has_its_sign_and_zero_has_none(value: float, text: str) -> None:
    assert signed(value) == text


def test_numbers_rates_and_changes() -> None:
    assert [number(one) for one in (None, 0, 12_345, 12_345.67, -1)] == [
        "n/a", "0", "12,345", "12,345.7", "\u22121",
    ]  # fmt: skip
    assert [percent(one) for one in (None, 0.0, 58.3, -2)] == [
        "n/a", "0.0 %", "58.3 %", "\u22122.0 %",
    ]  # fmt: skip
    assert [change(one) for one in (None, 0.0, 2.5, -2.5)] == [
        "new", "0.0 %", "\u2191 +2.5 %", "\u2193 \u22122.5 %",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "previous", "percents", "words"),
    [
        (84, 75, 12.0, "rose 12.0 % to 84"),
        (726, 728, -0.3, "fell 0.3 % to 726"),
        (8, 8, 0.0, "stayed at 8"),
        (0, 0, 0.0, "stayed at 0"),
        (12, 0, None, "rose from 0 to 12"),
        (0, 12, -100.0, "fell 100.0 % to 0"),
        # Less than can be written as a percentage is still no standstill.
        (1_000_001, 1_000_000, 0.0, "rose from 1,000,000 to 1,000,001"),
        (999_999, 1_000_000, 0.0, "fell from 1,000,000 to 999,999"),
    ],
)
def test_how_a_figure_moved(
    value: float, previous: float, percents: float | None, words: str
) -> None:
    assert moved(value, previous, percents) == words


def test_days_and_periods() -> None:
    assert short_day(date(2026, 11, 4)) == "Wed 4 Nov 2026"
    assert long_day(date(2025, 11, 4)) == "Tuesday 4 November 2025"
    assert long_day(date(2025, 11, 4), year=False) == "Tuesday 4 November"
    assert days(period("2026-10-23", "2026-11-21")) == "23 Oct \u2013 21 Nov 2026"
    assert days(period("2025-12-31", "2026-01-01")) == "31 Dec 2025 \u2013 1 Jan 2026"
    assert days(period("2026-11-21", "2026-11-21")) == "21 Nov 2026"


def test_what_is_compared_has_a_name() -> None:
    asked = period("2026-11-01", "2026-11-07")
    assert compared_name(Query(asked)) == "Previous period"
    assert compared_name(Query(asked, against=asked.year_earlier)) == "52 weeks earlier"
    chosen = period("2026-09-01", "2026-09-30")
    assert compared_name(Query(asked, against=chosen)) == "1 Sep \u2013 30 Sep 2026"
    longer = period("2025-11-02", "2025-11-30")  # begins 52 weeks earlier, and is not those weeks
    assert compared_name(Query(asked, against=longer)) == "2 Nov \u2013 30 Nov 2025"


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0m 0s"),
        (999_999, "0m 0s"),
        (59_999_999, "0m 59s"),
        (60_000_000, "1m 0s"),
        (330_000_000, "5m 30s"),
        (3_600_000_000, "60m 0s"),
        (90_061_000_000, "1501m 1s"),
    ],
)
def test_durations_are_floored_to_seconds(microseconds: int, text: str) -> None:
    assert duration_text(microseconds) == text
