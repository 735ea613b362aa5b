"""Totals, of everybody and of groups."""

from collections import Counter
from datetime import date
from itertools import product

from analytics.period import Period
from analytics.query import Query
from analytics.reading.cells import Totals
from analytics.reading.figures import (
    accounts_by,
    accounts_until,
    ever_active_by,
    ever_active_until,
    totals,
    totals_by,
)
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user

TODAY = date(2026, 3, 12)


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_a_filter_that_excludes_everything_gives_zeros(store_of: Shelf) -> None:
    raw = Raw(users=[a_user("ann")], sessions=[a_session("s0", "ann", "2026-03-10 08:00:00")])
    week = Period(day("2026-03-05"), day("2026-03-11"), TODAY)
    with reading(store_of(raw)) as reader:
        assert totals(reader, Query(week)) == Totals(active_users=1, conversations=1)
        for nobody in (
            Query(week, organizations=("Nobody",)),
            Query(week, departments=("Sales",)),
            Query(week, organizations=(None,)),
        ):
            assert totals(reader, nobody) == Totals()
        before = Period(day("2026-03-01"), day("2026-03-09"), TODAY)
        assert totals(reader, Query(before)) == Totals()


def test_everybody_counts_once_wherever_the_period_lies_in_the_data(store_of: Shelf) -> None:
    days = {
        "before": ("2026-01-01",),
        "around": ("2026-01-01", "2026-04-02"),
        "stays": ("2026-01-02", "2026-01-20", "2026-02-01"),
        "new": ("2026-02-01", "2026-02-02"),
    }
    company = {name: "Beta" if name == "new" else "Acme" for name in days}
    sessions = [
        a_session(f"{name}{on}", name, f"{on} 08:00:00")
        for name, active in days.items()
        for on in active
    ]
    users = [a_user(*user) for user in company.items()]
    first, last = "2026-01-01", "2026-04-02"
    starts = ("2025-12-01", first, "2026-01-02", "2026-01-11", "2026-02-01", "2026-02-02", last)
    ends = (first, "2026-01-20", "2026-01-31", "2026-02-01", "2026-04-01", last, "2026-05-01")
    with reading(store_of(Raw(users=users, sessions=sessions))) as reader:
        for start, end in product(starts, ends):
            if start > end:
                continue
            query = Query(Period(day(start), day(end), TODAY))
            active = [n for n, on in days.items() if any(start <= each <= end for each in on)]
            assert totals(reader, query).active_users == len(active)
            found = totals_by(reader, query, "company")
            assert {key: each.active_users for (key,), each in found.items()} == {
                f"={name}": count for name, count in Counter(map(company.get, active)).items()
            }
            only = totals_by(reader, query, "company", until="documents")
            assert only == {
                key: Totals(each.active_users, each.conversations, each.documents)
                for key, each in found.items()
            }


def test_accounts_count_from_creation_or_first_use_on_and_undated_ones_always(
    store_of: Shelf,
) -> None:
    created = {
        "ann": "2026-03-05 23:59:59.999999",
        "bob": "2026-03-06 00:00:00",
        "late": "2026-03-20 10:00:00",  # used it before
        "far": "9999-12-30 10:00:00",
        "never": None,
        "broken": "2026-02-30 10:00:00",
    }
    raw = Raw(
        users=[
            a_user(name, "Beta" if name in ("late", "never") else "Acme", created_at=at)
            for name, at in created.items()
        ],
        sessions=[
            a_session("s0", "late", "2026-03-07 08:00:00", topic="Budget"),
            a_session("s1", "late", "2026-03-09 08:00:00", topic="Plans"),
            a_session("s2", "never", "2026-03-08 08:00:00", topic="Plans"),
            a_session("s3", "ann", None),
        ],
    )
    days = [(f"2026-03-0{n}", n) for n in range(4, 10)]
    with reading(store_of(raw)) as reader:
        for text, n in days:
            query = Query(Period(day(text), day(text), TODAY))
            plans = Query(query.period, topics=("Plans",))
            accounts = 2 + (n >= 5) + (n >= 6) + (n >= 7)
            assert accounts_until(reader, query) == accounts_until(reader, plans) == accounts
            assert ever_active_until(reader, query) == (n >= 7) + (n >= 8)
            assert ever_active_until(reader, plans) == (n >= 8) + (n >= 9)
        by_company = {("=Acme",): 3, ("=Beta",): 2}
        last = Query(Period(day("2026-03-08"), day("2026-03-08"), TODAY))
        assert accounts_by(reader, last, "company") == by_company
        assert ever_active_by(reader, last, "company") == {("=Beta",): 2}
        far = Query(Period(day("9999-12-30"), day("9999-12-30"), TODAY), organizations=("Acme",))
        assert accounts_until(reader, far) == 4
