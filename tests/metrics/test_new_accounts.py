"""Accounts and what becomes of new ones, on databases made for it: product and oracle are equal."""

import os
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analytics.lists.people import people
from analytics.metrics.registry import BY_SLUG
from analytics.period import Period
from analytics.query import GROUPS, Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_document, a_message, a_session, a_user
from tests.oracle import Oracle

EXAMPLES = int(os.environ.get("EXACTNESS_EXAMPLES", "8"))
FIRST = date(2026, 3, 1)
SLUGS = ("adoption", "activation", "activation-time", "organizations")


@st.composite
def companies(draw: st.DrawFn) -> Raw:
    """People whose accounts are made about the days on which they begin."""
    raw = Raw()

    def day(low: int, high: int) -> date:
        return FIRST + timedelta(draw(st.integers(low, high)))

    for n in range(draw(st.integers(1, 6))):
        created = draw(st.sampled_from((None, day(-3, 25), day(-3, 25), day(-3, 25), day(0, 3))))
        at = created and f"{created} 10:00:00"
        raw.users.append(a_user(f"u{n}", draw(st.sampled_from(("Acme", None))), created_at=at))
        for k in range(draw(st.integers(0, 4))):
            lag = draw(st.sampled_from((-3, 0, 0, 1, 6, 7, 8, 20, 27, 28, 34)))
            on = max(FIRST, (created or FIRST) + timedelta(lag))
            topic = draw(st.sampled_from(("Budget", None)))
            id_ = f"s{n}-{k}"
            raw.sessions.append(a_session(id_, f"u{n}", f"{on} 10:00:00", topic=topic))
            later = on + timedelta(draw(st.sampled_from((0, 0, 1, 7))))
            if draw(st.booleans()):
                raw.documents.append(a_document(f"d{id_}", id_, f"{later} 10:00:00"))
            else:
                raw.messages.append(a_message(f"m{id_}", id_, f"{later} 10:00:00"))
    return raw


@st.composite
def asked(draw: st.DrawFn) -> Query:
    """Periods in which accounts are due, and before and after."""
    start = FIRST + timedelta(draw(st.integers(-5, 55)))
    end = start + timedelta(draw(st.sampled_from((0, 1, 5, 30))))
    today = draw(st.sampled_from((end, end + timedelta(1), date(2026, 7, 1))))
    more: dict[str, Any] = draw(
        st.sampled_from(
            ({}, {}, {"topics": ("Budget",)}, {"organizations": (None,)}, {"user": "1"})
        )
    )
    return Query(Period(start, end, today), **more)


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(companies(), st.lists(asked(), min_size=6, max_size=6))
def test_accounts_and_new_ones_equal_the_oracle(
    store_of: Shelf, raw: Raw, questions: list[Query]
) -> None:
    store = store_of(raw)
    oracle = Oracle(store_of.path, ZoneInfo("UTC"))
    groups = [
        name for name in GROUPS if name.startswith(("accounts", "ever", "never", "activation"))
    ]
    with reading(store) as reader:
        for query in questions:
            for slug in SLUGS:
                expected = oracle.answer(slug, query)
                found = [row.model_dump() for row in BY_SLUG[slug].rows(reader, query)]
                assert found == (expected if isinstance(expected, list) else [expected]), slug
            for name in groups:
                of = Query(query.period, query.organizations, topics=query.topics, group=name)
                listed = {row.id for row in people(reader, of, limit=100).items}
                assert listed == oracle.group(of), name
