"""Each list has as many entries as the figure that leads to it says, and the right ones.

The heart is one property: for every figure of every result on databases made to break it, the list
is opened, its total compared with the figure, and its ids with the oracle's.
"""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from analytics.arithmetic import average, percentage
from analytics.lists.activities import activities
from analytics.lists.documents import all_documents, all_queries, documents, queries
from analytics.lists.installed import all_installed_twins, installed_twins
from analytics.lists.messages import count_messages
from analytics.lists.people import all_people, people
from analytics.metrics.active_users import active_users
from analytics.metrics.cohorts import cohorts
from analytics.metrics.conversations import conversations
from analytics.metrics.departments import departments
from analytics.metrics.document_types import document_types
from analytics.metrics.engagement import engagement
from analytics.metrics.feature_usage import feature_usage
from analytics.metrics.headline import metrics
from analytics.metrics.hourly_activity import hourly_activity
from analytics.metrics.installations import installations as installations_by_day
from analytics.metrics.leaderboard import leaderboard
from analytics.metrics.organizations import organizations
from analytics.metrics.retention import retention
from analytics.metrics.topics import topics
from analytics.metrics.twins import twins
from analytics.period import Period
from analytics.query import GROUPS, Query
from analytics.reading.reader import Reader, reading
from tests import databases as d
from tests.conftest import Shelf
from tests.databases import (
    Raw,
    a_document,
    a_message,
    a_query,
    a_session,
    a_twin,
    a_user,
)
from tests.oracle import Oracle

EXAMPLES = int(os.environ.get("LISTS_EXAMPLES", "4"))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAYS_EACH = 6  # of a series are opened
LIMIT = 100


class Lists:
    """Opens the lists of a database, and compares them with the figures and the oracle."""

    def __init__(self, reader: Reader, oracle: Oracle) -> None:
        self.reader, self.oracle = reader, oracle
        self.opened = 0

    def people(self, figure: int, query: Query, **more: Any) -> None:
        """The list of people has these many; they are the oracle's."""
        page = people(self.reader, query, limit=LIMIT, **more)
        wanted = self.oracle.group(query)
        if more.get("activity") != "all" and of_the_active(query):
            wanted &= self.oracle.active_behind(query)
        self.same(figure, page.total, [row.id for row in page.items], wanted)

    def conversations(self, figure: int, query: Query) -> None:
        """The list of conversations has these many; they are the oracle's."""
        page = activities(self.reader, query, NOW, limit=LIMIT)
        wanted = {event.row["id"] for event in self.oracle.behind("sessions", query)}
        self.same(figure, page.total, [row.id for row in page.items], wanted)

    def messages(self, figure: int, query: Query) -> None:
        """These many messages are counted; the conversations listed are those that hold them."""
        counted = count_messages(self.reader, query)
        page = activities(self.reader, replace(query, messages=True), NOW, limit=LIMIT)
        held = self.oracle.holding_messages(query)
        dated = {e.row["id"] for e in self.oracle.events["sessions"]}
        assert counted.messages == figure
        assert counted.conversations == len(held)
        assert counted.undated == len(held - dated)
        self.same(len(held & dated), page.total, [row.id for row in page.items], held & dated)

    def made(self, table: str, figure: int, query: Query) -> None:
        """The list of documents or queries has these many; they are the oracle's, in order."""
        opened = documents if table == "documents" else queries
        page = opened(self.reader, query, limit=LIMIT)
        wanted = [event.row["id"] for event in self.oracle.behind(table, query)]
        assert (page.total, [row.id for row in page.items]) == (figure, wanted)
        self.opened += 1

    def installations(self, figure: int, query: Query) -> None:
        """The list of installed twins has these many; they are the oracle's."""
        page = installed_twins(self.reader, query, limit=LIMIT)
        wanted = self.oracle.installed_twins(query)
        self.same(figure, page.total, [row.id for row in page.items], wanted)

    def same(self, figure: int, total: int, ids: list[str], wanted: set[str]) -> None:
        """Figure, total and ids agree, and nobody is listed twice."""
        assert (total, sorted(ids)) == (figure, sorted(wanted))
        self.opened += 1


def of_the_active(query: Query) -> bool:
    """Whether a list of people unasked is of active ones; a group of adoption may hold others."""
    if query.group:
        return query.hour is not None
    return query.names_events or not query.names_people


def on(query: Query, day: date) -> Query:
    """The same question about one day."""
    return replace(query, period=Period(day, day, query.period.today))


def of(query: Query, organization: str | None, *department: str | None) -> Query:
    """The same question about one organization, or one of its departments."""
    return replace(
        query, organizations=(organization,), departments=department or query.departments
    )


def some(rows: list[Any], *names: str) -> list[Any]:
    """The first and last rows of a series, and those in between where something happened."""
    busy = [row for row in rows if any(getattr(row, name) for name in names)]
    return [*busy[:DAYS_EACH], rows[0], rows[-1]]


def open_headlines(lists: Lists, query: Query) -> None:
    now = metrics(lists.reader, query)
    lists.people(now.total_active_users, query)
    lists.conversations(now.total_conversations, query)
    lists.made("documents", now.documents_drafted, query)
    lists.installations(now.twin_installations, query)
    for used in feature_usage(lists.reader, query):
        if used.name == "Questions Asked":
            lists.conversations(used.value, query)
        else:
            table = "documents" if used.name == "Documents Drafted" else "queries"
            lists.made(table, used.value, query)


def open_series(lists: Lists, query: Query) -> None:
    reader = lists.reader
    for day in some(active_users(reader, query), "active_users"):
        lists.people(day.active_users, on(query, day.date))
    for one in some(conversations(reader, query), "messages", "conversations"):
        lists.conversations(one.conversations, on(query, one.date))
        lists.messages(one.messages, on(query, one.date))
    for used in some(engagement(reader, query), "info_retrieved", "documents_drafted"):
        lists.conversations(used.question_asked, on(query, used.date))
        lists.made("queries", used.info_retrieved, on(query, used.date))
        lists.made("documents", used.documents_drafted, on(query, used.date))
    for day in installations_by_day(reader, query)[:: max(1, query.period.days // 3)]:
        lists.installations(day.installations, on(query, day.date))
    complete = query.period.complete_days
    for hour in hourly_activity(reader, query):
        if hour.value is not None:
            counted = count_messages(reader, replace(query, hour=hour.hour))
            assert average(counted.messages, complete) == hour.value
            if counted.messages:
                lists.messages(counted.messages, replace(query, hour=hour.hour))


def open_groups(lists: Lists, query: Query) -> None:
    reader = lists.reader
    for leader in leaderboard(reader, query):
        lists.people(leader.active_users, of(query, leader.name))
        lists.conversations(leader.total_activities, of(query, leader.name))
    for row in organizations(reader, query):
        open_group(lists, row, of(query, row.organization))
    for part in departments(reader, query):
        open_group(lists, part, of(query, part.organization, part.department))


def open_group(lists: Lists, row: Any, query: Query) -> None:
    lists.people(row.people, query, activity="all")
    lists.people(row.active_users, query)
    lists.conversations(row.conversations, query)
    lists.made("documents", row.documents, query)
    lists.made("queries", row.queries, query)


def open_twins_and_kinds(lists: Lists, query: Query) -> None:
    reader = lists.reader
    for row in twins(reader, query):
        with_it = replace(query, twin=row.id or "", unknown_twin=row.id is None)
        lists.people(row.active_users, with_it)
        lists.conversations(row.conversations, with_it)
        lists.made("documents", row.documents, with_it)
        lists.made("queries", row.queries, with_it)
        if row.conversations_by_others is not None:
            lists.conversations(row.conversations_by_others, replace(with_it, by_others=True))
    for topic in topics(reader, query):
        lists.conversations(topic.conversations, replace(query, topics=(topic.topic,)))
    for kind in document_types(reader, query):
        narrowed = replace(query, document_types=(kind.document_type,))
        lists.made("documents", kind.documents, narrowed)


def open_retention(lists: Lists, query: Query) -> None:
    reader = lists.reader
    r = retention(reader, query)
    for days, rate, eligible in (
        (1, r.day1, r.day1_eligible), (7, r.day7, r.day7_eligible), (30, r.day30, r.day30_eligible),
    ):  # fmt: skip
        lists.people(eligible, replace(query, eligible=days))
        returned = people(reader, replace(query, returned=days)).total
        assert percentage(returned, eligible) == rate
        lists.people(returned, replace(query, returned=days))
    lists.people(r.power_users, replace(query, power_users=True))
    for cell in cohorts(reader, query)[:20]:
        lists.people(cell.users, replace(query, cohort=cell.first_week))
        if cell.active_users is not None:
            narrowed = replace(query, cohort=cell.first_week, week=cell.week)
            lists.people(cell.active_users, narrowed)


def open_mixed(lists: Lists, query: Query) -> None:
    """Any filters on any list that they fit: it is the oracle's though no figure shows it."""
    oracle = lists.oracle
    plain = replace(query, document_types=())
    wanted = oracle.group(plain)
    if of_the_active(plain):
        wanted &= oracle.active_behind(plain)
    lists.people(len(wanted), plain)
    if plain.hour is None:
        lists.conversations(len(oracle.behind("sessions", plain)), plain)
    lists.messages(len(oracle.behind("messages", plain)), plain)
    lists.made("documents", len(oracle.behind("documents", query)), query)
    lists.made("queries", len(oracle.behind("queries", plain)), plain)


def check_columns(lists: Lists, query: Query) -> None:
    """The counts beside people are those of the events that the list is narrowed to."""
    oracle, plain = lists.oracle, replace(query, document_types=())
    events = {t: oracle.behind(t, plain) for t in (*d.TABLES[2:], "said")}
    left = oracle.left(plain)
    for row in people(lists.reader, plain, activity="all", limit=LIMIT).items:
        own = {t: [e for e in found if e.user_id == row.id] for t, found in events.items()}
        days = left.active_days[row.id]
        assert row.model_dump(exclude={"id", "name", "email"}) == {
            "organization": oracle.users[row.id]["company"] or None,
            "department": oracle.users[row.id]["department"] or None,
            "first_active": min(days, default=None),
            "last_active": max(days, default=None),
            "conversations": len(own["sessions"]),
            "active_days": len({e.day for e in own["sessions"] + own["said"]}),
            "messages": len(own["messages"]),
            "documents": len(own["documents"]),
            "queries": len(own["queries"]),
        }


def check_paging(lists: Lists, query: Query) -> None:
    """Small pages, one after the other, are the whole list, and so is the CSV's."""
    reader = lists.reader
    for opened, whole in (
        (people, all_people), (documents, all_documents), (queries, all_queries),
        (installed_twins, all_installed_twins),
    ):  # fmt: skip
        everything = [row.id for row in whole(reader, query)]
        paged: list[str] = []
        for n in range(1, len(everything) // 2 + 3):
            page = opened(reader, query, page=n, limit=2)
            assert page.total == len(everything)
            assert page.has_next == (2 * n < len(everything))
            paged += [row.id for row in page.items]
        assert paged == everything


@st.composite
def narrowed_queries(draw: st.DrawFn, raw: Raw, query: Query) -> Query:
    """The question with up to three filters that name what the rows hold."""

    def one(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    start = query.period.start
    monday = start.fromordinal(start.toordinal() - start.weekday())
    choices: dict[str, Any] = {
        "user": lambda: one("ann", "_", "É", *(u["email"] for u in raw.users)),
        "person": lambda: one(*(u["id"] for u in raw.users), "nobody"),
        "twin": lambda: one(*(t["id"] for t in raw.twins), "nothing"),
        "unknown_twin": lambda: True,
        "by_others": lambda: True,
        "own_twin": lambda: True,
        "hour": lambda: one(*range(24)),
        "topics": lambda: (one(*d.TOPICS) or None, one(*d.TOPICS) or None),
        "document_types": lambda: (one(*d.TOPICS) or None,),
        "cohort": lambda: monday,
        "eligible": lambda: one(1, 7, 30),
        "returned": lambda: one(1, 7, 30),
        "power_users": lambda: True,
        "group": lambda: one(*GROUPS),
        "active_days": lambda: one(1, 2, 3, 28),
    }
    names = draw(st.lists(st.sampled_from(sorted(choices)), max_size=3, unique=True))
    if "unknown_twin" in names:
        names = [name for name in names if name not in ("twin", "by_others", "own_twin")]
    if "own_twin" in names:
        names = [name for name in names if name != "by_others"]
    chosen = {name: choices[name]() for name in names}
    if "group" in chosen:
        chosen["since"] = one(None, start - timedelta(1), start - timedelta(9))
    if "cohort" in chosen:
        chosen["week"] = one(None, 0, 1, 4)
    return replace(query, **chosen)


Case = tuple[Raw, Query, list[Query]]


def asked(raw: Raw) -> st.SearchStrategy[Case]:
    def with_narrowed(query: Query) -> st.SearchStrategy[Case]:
        several = st.lists(narrowed_queries(raw, query), min_size=4, max_size=4)
        return st.tuples(st.just(raw), st.just(query), several)

    return d.queries(raw).flatmap(with_narrowed)


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a smaller case would take minutes to find
    suppress_health_check=list(HealthCheck),
)
@given(d.databases().flatmap(asked))
def test_every_list_holds_what_its_figure_counts(store_of: Shelf, case: Case) -> None:
    raw, query, more = case
    assume(any(getattr(raw, table) for table in d.TABLES))
    store = store_of(raw, raw.zone)
    oracle = Oracle(store_of.path, ZoneInfo(raw.zone))
    with reading(store) as reader:
        open_everything(Lists(reader, oracle), query, more)


def open_everything(lists: Lists, query: Query, more: list[Query]) -> None:
    open_headlines(lists, query)
    open_series(lists, query)
    open_groups(lists, query)
    open_twins_and_kinds(lists, query)
    open_retention(lists, query)
    check_columns(lists, query)
    for narrowed in more:
        open_mixed(lists, narrowed)
        check_columns(lists, narrowed)
    check_paging(lists, query)
    assert lists.opened > 20


def test_an_hour_counts_on_complete_days_and_names_the_undated_conversation(
    store_of: Shelf,
) -> None:
    raw = Raw(
        users=[a_user("ann")],
        twins=[a_twin("t0", "ann")],
        sessions=[
            a_session("s0", "ann", "2026-03-09 23:50:00"),
            a_session("s1", "ann", None),
            a_session("s2", "ann", "2026-03-11 08:00:00"),
        ],
        messages=[
            a_message("m0", "s0", "2026-03-10 08:10:00", "twin"),
            a_message("m1", "s0", "2026-03-10 08:20:00"),
            a_message("m2", "s1", "2026-03-10 08:30:00"),
            a_message("m3", "s2", "2026-03-11 08:00:00"),
        ],
        documents=[a_document("d0", "s0", "2026-03-10 08:11:00", document_type="Memo")],
        queries=[a_query("q0", "s1", "2026-03-10 09:00:00")],
    )
    query = Query(Period(date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 11)))
    eight = replace(query, hour=8)
    with reading(store_of(raw)) as reader:
        counted = count_messages(reader, eight)
        assert (counted.messages, counted.conversations, counted.undated) == (3, 2, 1)
        listed = activities(reader, eight, NOW)
        assert [item.id for item in listed.items] == ["s0"]
        assert people(reader, eight).items[0].messages == 3
        (document,) = documents(reader, eight).items
        assert (document.id, document.type, document.activity_id) == ("d0", "Memo", "s0")
        (ran,) = queries(reader, query).items
        assert (ran.query, ran.activity_id, ran.user, ran.twin_name) == (
            "SELECT",
            "s1",
            "Ann",
            "T0",
        )
