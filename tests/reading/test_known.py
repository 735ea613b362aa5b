"""Which days have data, the zone, and how all is called."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from analytics.period import Period, Span
from analytics.query import Query
from analytics.reading.figures import totals
from analytics.reading.known import department_names, organization_names, span, zone_name
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_document, a_message, a_query, a_session, a_twin, a_user

TODAY = date(2026, 3, 12)


def day(text: str) -> date:
    return date.fromisoformat(text)


def talk(*starts: str | None) -> list[dict[str, Any]]:
    return [a_session(f"s{n}", "ann", start) for n, start in enumerate(starts)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (Raw(), (None, None, None)),
        (Raw(sessions=talk("2026-03-13 00:00:00", "2099-01-01 00:00:00")), (None, None, None)),
        (Raw(sessions=talk("2026-03-12 23:59:59")), ("2026-03-12", "2026-03-12", None)),
        (
            Raw(sessions=talk("2026-03-12 08:00:00", "2026-01-05 08:00:00", "2026-03-13 08:00:00")),
            ("2026-01-05", "2026-03-12", "2026-01-05"),
        ),
        (
            Raw(sessions=talk("2019-07-04 08:00:00", "2020-02-29 23:59:59.999999")),
            ("2019-07-04", "2020-02-29", "2020-02-29"),
        ),
        (Raw(sessions=talk(None, "soon")), (None, None, None)),
        (Raw(twins=[a_twin("t0", "ann", "2026-03-01 08:00:00")]), (None, None, None)),
        (
            Raw(sessions=[a_session("s0", "nobody", "2026-03-01 08:00:00")]),
            (None, None, None),
        ),
        (
            Raw(
                sessions=talk(None),
                messages=[a_message("m", "s0", "2026-03-02 08:00:00", "twin")],
                documents=[a_document("d", "s0", "2026-03-01 08:00:00")],
                queries=[a_query("q", "s0", "2026-03-03 08:00:00")],
            ),
            ("2026-03-01", "2026-03-03", "2026-03-03"),
        ),
    ],
    ids=["none", "future", "today", "around today", "long ago", "undated", "twin", "orphan", "all"],
)
def test_the_days_with_data_up_to_today(
    raw: Raw, expected: tuple[str | None, ...], store_of: Shelf
) -> None:
    with reading(store_of(replace(raw, users=[a_user("ann")]))) as reader:
        found = span(reader, TODAY)
    assert found == Span(*(text and day(text) for text in expected))


def test_days_are_those_of_the_reporting_zone(store_of: Shelf) -> None:
    # 2026-03-29 has 23 hours in Berlin: it begins at 23:00 and ends at 22:00 UTC.
    starts = "2026-03-28 22:59:59.999999", "2026-03-28 23:00:00", "2026-03-29 21:59:59.999999"
    raw = Raw(users=[a_user("ann")], sessions=talk(*starts, "2026-03-29 22:00:00"))
    with reading(store_of(raw, zone="Europe/Berlin")) as reader:
        assert zone_name(reader) == "Europe/Berlin"
        change_day = day("2026-03-29")
        assert span(reader, change_day) == Span(day("2026-03-28"), change_day, day("2026-03-28"))
        only = Query(Period(change_day, change_day, TODAY))
        assert totals(reader, only).conversations == 2


def test_names_are_in_code_point_order_and_none_comes_last(store_of: Shelf) -> None:
    companies = ("acme", "Zebra", None, "Ünï", "", "=", "Acme", "Acme", "\uff5e", "\U0001f600")
    users = [
        a_user(f"u{n}", company, department=("Sales", None)[n % 2])
        for n, company in enumerate(companies)
    ]
    with reading(store_of(Raw(users=users))) as reader:
        assert organization_names(reader) == [
            "=", "Acme", "Zebra", "acme", "Ünï", "\uff5e", "\U0001f600", None,
        ]  # fmt: skip
        assert department_names(reader) == ["Sales", None]
