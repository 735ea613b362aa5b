"""The activity list and the conversation behind each activity."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analytics.lists.activities
from analytics.errors import QueryError
from analytics.format import duration_text
from analytics.lists.activities import (
    activities,
    activities_after,
    all_activities,
    count_activities,
    first_activities,
    latest_activities,
)
from analytics.lists.activity_rows import ActivityItem, relative_time
from analytics.lists.conversation import ActivityDetail, activity
from analytics.period import Span, open_period
from analytics.query import TYPES, Query
from analytics.reading.known import span
from analytics.reading.reader import Reader, reading
from tests.conftest import Shelf
from tests.databases import (
    Raw,
    Row,
    a_document,
    a_message,
    a_query,
    a_session,
    a_twin,
    a_user,
    activity_query,
    databases,
    days_of,
)
from tests.oracle import Oracle

NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)


def company() -> Raw:
    """Four people and eight conversations, from the newest, s8, to the oldest, s1."""
    raw = Raw(
        users=[
            a_user("ann", "Acme", department="Sales", email="Ann_1@example.com"),
            a_user("bob", "Acme", department=None, email="bob%2@example.com"),
            a_user("cid", "", department="Sales", email="ÉLAN@example.com"),
            a_user("dan", "Zebra", department="R&D", email="ann.x1@other.org"),
        ],
        twins=[
            a_twin("t0", "ann", name="Helper"),
            a_twin("t1", "dan", is_shared=1, name="Scout"),
            a_twin("t2", "nobody", name="Orphan"),
        ],
    )
    talks: list[tuple[str, str, str, str, dict[str, Any]]] = [
        ("s1", "ann", "2026-03-08 23:59:59.999999", "t0", {"title": "First"}),
        ("s2", "ann", "2026-03-09 00:00:00", "t1", {"is_shared_twin": 1}),
        ("s3", "bob", "2026-03-09 09:00:00", "t0", {"platform": "teams"}),
        ("s4", "cid", "2026-03-09 09:00:00", "t1", {"is_shared_twin": 1}),
        ("s5", "dan", "2026-03-10 09:00:00", "t2", {"is_shared_twin": 0}),
        ("s6", "dan", "2026-03-10 09:00:00.000001", "gone", {}),
        ("s7", "ann", "2026-03-11 09:00:00", "t0", {"title": "Renewal of Initech"}),
        ("s8", "bob", "2026-03-12 11:55:00", "t0", {}),
    ]
    for id_, user, start, twin, more in talks:
        raw.sessions.append(a_session(id_, user, start, twin_id=twin, **more))
    raw.sessions.append(a_session("undated", "ann", None))
    raw.sessions.append(a_session("orphan", "nobody", "2026-03-10 09:00:00"))
    raw.messages += [
        a_message("m1", "s7", "2026-03-11 09:00:00"),
        a_message("m2", "s7", "2026-03-11 09:05:30.999999", "twin"),
        a_message("m3", "s7", None),
        a_message("m4", "s2", "2026-03-09 00:00:00"),
    ]
    raw.documents += [a_document("d1", "s7", "2026-03-11 09:05:30"), a_document("d2", "s4", None)]
    raw.queries += [a_query(f"q{n}", key, None) for n, key in enumerate(("s7", "s7", "s5"))]
    return raw


ALL_DAYS = open_period(None, None, date.max)


@pytest.fixture(scope="module")
def reader(new_shelf: Callable[[], Shelf]) -> Iterator[Reader]:
    """A reader of the company."""
    with reading(new_shelf()(company())) as opened:
        yield opened


def ids(reader: Reader, **asked: Any) -> str:
    """The ids of all activities asked for, in order."""
    ask = activity_query(**asked)
    page = activities(reader, ask, NOW, limit=100)
    assert page.total == count_activities(reader, ask) == len(page.items)
    return " ".join(item.id for item in page.items)


# --- filters and order ------------------------------------------------------------------------


def test_the_newest_come_first_and_ties_by_id_backwards(reader: Reader) -> None:
    assert ids(reader) == "s8 s7 s6 s5 s4 s3 s2 s1"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"organizations": ("Acme",)}, "s8 s7 s3 s2 s1"),
        ({"organizations": (None,)}, "s4"),
        ({"organizations": ("Zebra", None)}, "s6 s5 s4"),
        ({"departments": ("Sales",)}, "s7 s4 s2 s1"),
        ({"departments": (None,)}, "s8 s3"),
        ({"organizations": ("Acme",), "departments": ("Sales",)}, "s7 s2 s1"),
        ({"organizations": ("Acme", "Zebra"), "departments": (None, "R&D")}, "s8 s6 s5 s3"),
        ({"organizations": ("Zebra",), "departments": ("Sales",)}, ""),
        ({"organizations": ("acme",)}, ""),
        ({"organizations": ("",)}, "s4"),
    ],
)
def test_organizations_and_departments(
    filters: dict[str, Any], expected: str, reader: Reader
) -> None:
    assert ids(reader, **filters) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("all", "s8 s7 s6 s5 s4 s3 s2 s1"),
        ("conversation", "s8 s7 s6 s5 s4 s3 s2 s1"),
        ("document", "s7 s4"),
        ("query", "s7 s5"),
        ("shared_twin", "s4 s2"),
    ],
)
def test_a_type_gives_the_activities_that_carry_it(
    kind: str, expected: str, reader: Reader
) -> None:
    assert ids(reader, type=kind) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("ann", "s7 s6 s5 s2 s1"),
        ("ANN", "s7 s6 s5 s2 s1"),
        ("n_1", "s7 s2 s1"),
        ("%", "s8 s3"),
        ("b%2", "s8 s3"),
        ("_", "s7 s2 s1"),
        ("élan", ""),
        ("Élan", "s4"),
        ("@EXAMPLE.com", "s8 s7 s4 s3 s2 s1"),
        ("\\", ""),
        ("/", ""),
        ("'; --", ""),
        ("nobody", ""),
    ],
)
def test_an_email_part_is_taken_literally(part: str, expected: str, reader: Reader) -> None:
    assert ids(reader, user=part) == expected


@pytest.mark.parametrize(
    ("twin", "expected"),
    [("t0", "s8 s7 s3 s1"), ("t2", "s5"), ("gone", "s6"), ("never", "")],
)
def test_a_twin(twin: str, expected: str, reader: Reader) -> None:
    assert ids(reader, twin=twin) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-03-09", "2026-03-09", "s4 s3 s2"),
        ("2026-03-10", None, "s8 s7 s6 s5"),
        (None, "2026-03-08", "s1"),
        (None, "2026-03-07", ""),
        ("2026-03-13", None, ""),
        ("0001-01-01", "9999-12-31", "s8 s7 s6 s5 s4 s3 s2 s1"),
    ],
)
def test_days_are_included_and_may_be_open(
    start: str | None, end: str | None, expected: str, reader: Reader
) -> None:
    days = {"start": start, "end": end}
    asked = {name: day and date.fromisoformat(day) for name, day in days.items()}
    assert ids(reader, **asked) == expected


def test_everything_at_once(reader: Reader) -> None:
    day = date(2026, 3, 11)
    asked: dict[str, Any] = {"start": day, "end": day}
    asked |= {"organizations": ("Acme",), "departments": ("Sales",)}
    assert ids(reader, **asked, type="query", user="nn_", twin="t0") == "s7"
    assert ids(reader, **asked, type="shared_twin", user="nn_", twin="t0") == ""


def test_days_are_those_of_the_reporting_zone(store_of: Shelf) -> None:
    starts = "2026-03-28 22:59:59", "2026-03-28 23:00:00", "2026-03-29 21:59:59"
    raw = Raw(users=[a_user("ann")])
    for n, start in enumerate((*starts, "2026-03-29 22:00:00")):
        raw.sessions.append(a_session(f"s{n}", "ann", start))
    sunday = date(2026, 3, 29)  # 23 hours long
    with reading(store_of(raw, zone="Europe/Berlin")) as reader:
        assert ids(reader, start=sunday, end=sunday) == "s2 s1"


def test_no_conversations_at_all(store_of: Shelf) -> None:
    with reading(store_of(Raw(users=[a_user("ann")]))) as reader:
        page = activities(reader, activity_query(), NOW)
        assert (page.items, page.total, page.total_pages) == ([], 0, 0)
        assert (page.has_next, page.has_prev, page.next_cursor) == (False, False, None)
        assert list(all_activities(reader, activity_query(), NOW)) == []
        assert latest_activities(reader, activity_query(), NOW) == []


# --- an item ----------------------------------------------------------------------------------


def test_an_item_says_who_when_and_what(reader: Reader) -> None:
    _, item, *_ = activities(reader, activity_query(), NOW).items
    assert item == ActivityItem(
        id="s7",
        type="conversation",
        types=["conversation", "document", "query"],
        user="Ann",
        user_email="Ann_1@example.com",
        organization="Acme",
        department="Sales",
        action="Renewal of Initech",
        time="1d ago",
        started_at=datetime(2026, 3, 11, 9, tzinfo=UTC),
        duration="5m 30s",
        message_count=3,
        platform="slack",
        device=None,
        is_shared=False,
        twin_name="Helper",
        twin_owner="Ann_1@example.com",
        has_documents=True,
        has_queries=True,
        document_count=1,
        query_count=2,
    )


def test_what_an_item_does_not_know_is_none(reader: Reader) -> None:
    items = {item.id: item for item in activities(reader, activity_query(), NOW).items}
    assert (items["s6"].twin_name, items["s6"].twin_owner) == (None, None)
    assert (items["s5"].twin_name, items["s5"].twin_owner) == ("Orphan", None)
    assert (items["s4"].organization, items["s3"].department) == (None, None)
    assert (items["s8"].action, items["s8"].duration) == ("Conversation", "0m 0s")
    assert items["s3"].platform == "teams"
    assert items["s2"].is_shared


# --- pages ------------------------------------------------------------------------------------


def test_pages_and_their_numbers(reader: Reader) -> None:
    pages = [activities(reader, activity_query(), NOW, page, 3) for page in (1, 2, 3, 4)]
    assert [[item.id for item in page.items] for page in pages] == [
        ["s8", "s7", "s6"],
        ["s5", "s4", "s3"],
        ["s2", "s1"],
        [],
    ]
    assert [(page.has_next, page.has_prev) for page in pages] == [
        (True, False),
        (True, True),
        (False, True),
        (False, True),
    ]
    assert {(page.total, page.total_pages, page.limit) for page in pages} == {(8, 3, 3)}
    assert [page.page for page in pages] == [1, 2, 3, 4]
    assert [page.next_cursor is None for page in pages] == [False, False, True, True]


@pytest.mark.parametrize(
    ("page", "limit", "message"),
    [
        (0, 20, "page = 0: pages are numbered from 1"),
        (-1, 20, "page = -1: pages are numbered from 1"),
        (1, 0, "limit = 0: choose 1 to 100"),
        (1, 101, "limit = 101: choose 1 to 100"),
    ],
)
def test_pages_have_bounds(page: int, limit: int, message: str, reader: Reader) -> None:
    with pytest.raises(QueryError, match=f"^{message}$"):
        activities(reader, activity_query(), NOW, page, limit)


def test_an_unknown_type_and_reversed_dates_are_refused() -> None:
    with pytest.raises(QueryError, match="type = call: choose one of all, conversation, document"):
        activity_query(type="call")
    with pytest.raises(QueryError, match=r"end_date = 2026-03-01: .* swap them"):
        activity_query(start=date(2026, 3, 2), end=date(2026, 3, 1))


def scattered(draw: random.Random, zone: str) -> Raw:
    """Conversations on few of many days, some at the same moment, and around a clock change."""
    companies, departments = ("Acme", "Zebra", None), ("Sales", "R&D", "")
    raw = Raw(zone=zone, twins=[a_twin("t0", "u0"), a_twin("t1", "u1")])
    for n in range(9):
        raw.users.append(a_user(f"u{n}", companies[n % 3], department=departments[n // 3]))
    back = datetime(2010, 11, 7, 2, 31, tzinfo=UTC)  # in St. John's 00:01 becomes 23:01 again
    moments = [back + timedelta(minutes=draw.randint(-90, 90)) for _ in range(15)]
    moments += [back + timedelta(seconds=n) for n in (-45, -30, -15, 30, 600)]
    moments += [back + timedelta(days=draw.randint(-9, 9) * 3, hours=n % 3) for n in range(20)]
    for n in range(160):
        at, twin = draw.choice(moments), draw.choice(["t0", "t1"])
        more = {"twin_id": twin, "is_shared_twin": n % 2}
        raw.sessions.append(a_session(f"s{n}", f"u{draw.randint(0, 8)}", str(at)[:19], **more))
        if draw.random() < 0.3:
            raw.documents.append(a_document(f"d{n}", f"s{n}", None))
    return raw


@pytest.mark.parametrize("zone", ["UTC", "America/St_Johns"])
def test_any_page_is_what_counting_from_the_start_gives(
    zone: str, store_of: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(zone)  # noqa: S311
    names: list[str | None] = ["Acme", "Zebra", None, "Nobody"]
    compared = 0
    with reading(store_of(scattered(draw, zone), zone)) as reader:
        for _ in range(40):
            start = draw.choice([None, None, date(2010, 11, draw.randint(1, 9))])
            ask = activity_query(
                start=start,
                end=draw.choice([None, start and start + timedelta(draw.randint(0, 5))]),
                organizations=tuple(draw.sample(names, draw.choice([0, 0, 1, 2]))),
                departments=draw.choice([(), (), ("Sales",), (None, "R&D")]),
                type=draw.choice(TYPES),
                user=draw.choice(["", "", "", "u", "1"]),
                twin=draw.choice(["", "", "", "t1"]),
            )
            # Few users are gathered, of many the newest are met in the order of time.
            monkeypatch.setattr(analytics.lists.activities, "_MANY_USERS", draw.choice([2, 1_000]))
            expected = [item.id for item in all_activities(reader, ask, NOW)]
            limit = draw.choice([1, 3, 7, 20])
            pages = -(-len(expected) // limit)
            for page in {1, 2, pages // 2 or 1, max(1, pages - 1), pages or 1, pages + 1}:
                made = activities(reader, ask, NOW, page, limit)
                wanted = expected[(page - 1) * limit : page * limit]
                assert [item.id for item in made.items] == wanted
                assert made.total == len(expected)
                compared += len(wanted)
            first = first_activities(reader, ask, NOW, limit)
            assert [item.id for item in first] == expected[:limit]
    assert compared > 300


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 8, 9])
def test_following_the_cursors_reads_what_the_pages_hold(limit: int, reader: Reader) -> None:
    page = activities(reader, activity_query(), NOW, limit=limit)
    found = [item.id for item in page.items]
    while page.next_cursor:
        assert page.has_next
        page = activities(reader, activity_query(), NOW, limit=limit, cursor=page.next_cursor)
        assert page.has_prev
        assert page.items
        found += [item.id for item in page.items]
    assert not page.has_next
    assert found == ids(reader).split()


def test_a_cursor_keeps_to_the_filters(reader: Reader) -> None:
    ask = activity_query(organizations=("Acme",), type="conversation", user="@example")
    first = activities(reader, ask, NOW, limit=2)
    second = activities(reader, ask, NOW, limit=2, cursor=first.next_cursor or "")
    assert [item.id for item in first.items + second.items] == ["s8", "s7", "s3", "s2"]
    assert second.total == 5


def test_a_cursor_may_hold_an_id_of_any_characters(store_of: Shelf) -> None:
    odd = ["a.b", "", "Ünï 'x'\n", "1.2"]
    raw = Raw(users=[a_user("ann")])
    raw.sessions += [a_session(f"s{id_}", "ann", "2026-03-10 09:00:00") for id_ in odd]
    with reading(store_of(raw)) as reader:
        first = activities(reader, activity_query(), NOW, limit=3)
        rest = activities(reader, activity_query(), NOW, cursor=first.next_cursor or "")
        assert [i.id for i in first.items + rest.items] == sorted(f"s{o}" for o in odd)[::-1]


@pytest.mark.parametrize(
    "cursor", ["1", "1.", ".s1", "x.s1", "-1.s1", "1" * 19 + ".s1", " 1.s1", "1.s\x00", "\u0661.s1"]
)
def test_a_cursor_that_no_page_gave_is_refused(cursor: str, reader: Reader) -> None:
    with pytest.raises(QueryError, match="pass the nextCursor of an earlier answer unchanged"):
        activities(reader, activity_query(), NOW, cursor=cursor)


def test_reading_all_equals_paging(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.lists.activities._CHUNK", 3)
    for ask in (activity_query(), activity_query(type="document"), activity_query(user="n_1")):
        page = activities(reader, ask, NOW, limit=100)
        assert list(all_activities(reader, ask, NOW)) == page.items


def test_reading_all_ends_its_transaction_at_every_pause(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analytics.lists.activities._CHUNK", 3)
    for _ in all_activities(reader, activity_query(), NOW):
        assert not reader._session.in_transaction()


def test_reading_all_passes_over_conversations_deleted_meanwhile(store_of: Shelf) -> None:
    store = store_of(company())
    kept = company()
    kept.sessions = [row for row in kept.sessions if row["id"] not in ("s5", "s6", "s7")]
    store_of.write(kept)
    with reading(store) as reader:
        found, position = [], None
        for _ in range(4):
            items, position = activities_after(reader, activity_query(), NOW, position, 2)
            found.append([item.id for item in items])
        assert position is None
        assert found == [["s8"], [], ["s4", "s3"], ["s2", "s1"]]


def test_the_latest_are_within_the_filters(reader: Reader) -> None:
    latest = latest_activities(reader, activity_query(), NOW, 3)
    assert [item.id for item in latest] == ["s8", "s7", "s6"]
    latest = latest_activities(reader, activity_query(organizations=("Zebra",)), NOW)
    assert [item.id for item in latest] == ["s6", "s5"]


# --- how long ago -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(), "Just now"),
        (timedelta(seconds=59, microseconds=999_999), "Just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1h ago"),
        (timedelta(hours=23, minutes=59, seconds=59), "23h ago"),
        (timedelta(days=1), "1d ago"),
        (timedelta(days=3, hours=23), "3d ago"),
        (timedelta(days=1_234), "1,234d ago"),
        (-timedelta(seconds=59), "Just now"),
        (-timedelta(minutes=5), "in 5 min"),
        (-timedelta(hours=2, minutes=59), "in 2h"),
        (-timedelta(days=3), "in 3d"),
    ],
)
def test_relative_time(ago: timedelta, text: str) -> None:
    assert relative_time(NOW - ago, NOW) == text


def test_no_date_is_said() -> None:
    assert relative_time(None, NOW) == "No date"


# --- the conversation -------------------------------------------------------------------------


def detail(reader: Reader, id_: str) -> ActivityDetail:
    found = activity(reader, id_, NOW)
    assert found is not None
    return found


def opened(store_of: Shelf, raw: Raw, zone: str = "UTC") -> ActivityDetail:
    """The conversation `s1` of Ann among the given rows."""
    raw.users = raw.users or [a_user("ann")]
    raw.sessions = raw.sessions or [a_session("s1", "ann", "2026-03-11 09:00:00")]
    with reading(store_of(raw, zone)) as reader:
        return detail(reader, "s1")


def test_a_conversation_says_who_when_and_which_twin(store_of: Shelf) -> None:
    more = {"title": "Renewal", "topic": "Contracts", "twin_id": "t1", "is_shared_twin": 1}
    raw = Raw(
        users=[a_user("ann", "Acme", department="Sales"), a_user("bob")],
        twins=[a_twin("t1", "bob", name="Scout")],
        sessions=[a_session("s1", "ann", "2026-03-28 23:30:00", **more)],
    )
    found = opened(store_of, raw, zone="Europe/Berlin")
    assert found.model_dump(exclude={"messages", "other_documents", "other_queries"}) == {
        "id": "s1",
        "type": "conversation",
        "types": ["conversation", "shared_twin"],
        "user_id": "ann",
        "user": "Ann",
        "user_email": "ann@example.com",
        "organization": "Acme",
        "department": "Sales",
        "action": "Renewal",
        "topic": "Contracts",
        "time": "in 16d",
        "timestamp": "March 29, 2026 at 12:30 AM",
        "started_at": datetime(2026, 3, 28, 23, 30, tzinfo=UTC),
        "duration": "0m 0s",
        "platform": "slack",
        "device": None,
        "is_shared": True,
        "message_count": 0,
        "document_count": 0,
        "query_count": 0,
        "twin_id": "t1",
        "twin_name": "Scout",
        "twin_owner": "bob@example.com",
        "twin_owner_id": "bob",
        "twin_owner_name": "Bob",
        "interaction_summary": "0 messages",
    }


def test_messages_run_by_time_undated_last_ties_user_first_then_by_id(store_of: Shelf) -> None:
    messages = [
        a_message("m9", "s1", None, "twin"),
        a_message("m8", "s1", "no date", "twin"),
        a_message("m7", "s1", None),
        a_message("m6", "s1", "2026-03-11 09:05:30"),
        a_message("m5", "s1", "2026-03-11 09:00:00", "system"),
        a_message("m4", "s1", "2026-03-11 09:00:00", "twin"),
        a_message("m3", "s1", "2026-03-11 09:00:00"),
        a_message("m2", "s1", "2026-03-11 10:00:00+01:00"),
        a_message("m1", "s1", "2026-03-11 09:00:00.000001"),
        a_message("m0", "other", "2026-03-11 09:00:00"),
    ]
    found = opened(store_of, Raw(messages=messages))
    assert [m.message_id for m in found.messages] == [
        "m2", "m3", "m4", "m5", "m1", "m6", "m7", "m8", "m9",
    ]  # fmt: skip
    assert [m.timestamp for m in found.messages][4:] == ["09:00 AM", "09:05 AM", None, None, None]
    assert found.messages[5].sent_at == datetime(2026, 3, 11, 9, 5, 30, tzinfo=UTC)
    assert found.messages[6].sent_at is None
    assert (found.duration, found.message_count) == ("5m 30s", 9)


def test_documents_and_queries_stand_at_their_message(store_of: Shelf) -> None:
    at = "2026-03-11 09:00:00"
    raw = Raw(
        messages=[a_message(f"m{n}", "s1", f"2026-03-11 09:0{n}:00") for n in range(4)],
        documents=[
            a_document("d1", "s1", "2026-03-11 09:02:00", message_id="m1", title="Second"),
            a_document("d2", "s1", "2026-03-11 09:01:00", message_id="m1", document_type="memo"),
            a_document("d3", "s1", at, message_id="m3", title="Third", word_count=1_200),
            a_document("d4", "s1", at, title="Loose"),
            a_document("d5", "s1", at, message_id="of another conversation", title="Lost"),
            a_document("d6", "s2", at, message_id="m0", title="Of another conversation"),
        ],
        queries=[
            a_query("q1", "s1", at, message_id="m3", query_type="search", results_count=0),
            a_query("q2", "s1", at, message_id="m2", query_text="b", results_count=None),
            a_query("q3", "s1", at, message_id="", query_text="loose"),
        ],
    )
    found = opened(store_of, raw)
    titles = [[d.title for d in m.documents_created] for m in found.messages]
    assert titles == [[], ["Untitled", "Second"], [], ["Third"]]
    assert [m.message_type for m in found.messages] == [
        "general",
        "document",
        "query",
        "document,query",
    ]
    assert [d.title for d in found.other_documents] == ["Loose", "Lost"]
    assert [q.query for q in found.other_queries] == ["loose"]
    _, first, second, third = found.messages
    assert first.document_created == first.documents_created[0]
    assert first.documents_created[0].type == "memo"
    assert first.documents_created[1].type == "document"
    assert second.document_created is None
    assert second.query_executed and second.query_executed.results_count is None
    assert third.document_created and third.document_created.word_count == 1_200
    assert third.query_executed == third.queries_executed[0]
    assert (third.queries_executed[0].type, third.queries_executed[0].results_count) == (
        "search",
        0,
    )
    assert (found.document_count, found.query_count) == (5, 3)
    assert found.types == ["conversation", "document", "query"]
    assert found.interaction_summary == "4 messages, 5 documents, 3 queries"


def test_one_of_each_is_summed_up_in_the_singular(store_of: Shelf) -> None:
    raw = Raw(
        messages=[a_message("m1", "s1", None)],
        documents=[a_document("d1", "s1", None)],
        queries=[a_query("q1", "s1", None)],
    )
    found = opened(store_of, raw)
    assert found.interaction_summary == "1 message, 1 document, 1 query"
    assert found.types == ["conversation", "document", "query"]


def test_a_conversation_without_a_date_opens_by_id(reader: Reader) -> None:
    found = detail(reader, "undated")
    assert (found.time, found.timestamp, found.started_at) == ("No date", None, None)


def test_an_unknown_twin_and_a_missing_title(reader: Reader) -> None:
    found = detail(reader, "s6")
    assert (found.twin_id, found.twin_name, found.twin_owner, found.twin_owner_name) == (None,) * 4
    assert found.action == "Conversation"
    assert found.topic is None
    found = detail(reader, "s5")
    assert (found.twin_name, found.twin_owner) == ("Orphan", None)
    assert (detail(reader, "s4").organization, detail(reader, "s3").department) == (None, None)


@pytest.mark.parametrize("id_", ["orphan", "nothing", "", "s1' OR '1'='1", "S1"])
def test_orphans_and_unknown_ids_are_nowhere(id_: str, reader: Reader) -> None:
    assert activity(reader, id_, NOW) is None


def test_the_conversation_agrees_with_its_item(reader: Reader) -> None:
    for item in activities(reader, activity_query(), NOW).items:
        found = detail(reader, item.id).model_dump()
        same = item.model_dump(exclude={"has_documents", "has_queries"})
        assert {name: found[name] for name in same} == same


# --- against the oracle -----------------------------------------------------------------------


@st.composite
def asks(draw: st.DrawFn, raw: Raw) -> Query:
    """Filters that name what the rows have, and what they don't."""

    def one(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    def names(column: str) -> tuple[str | None, ...]:
        known = [row[column] or None for row in raw.users]
        return tuple(draw(st.sets(st.sampled_from([*known, None, "Nobody"]), max_size=2)))

    first, last = sorted((one(None, *days_of(raw)) or date.min, one(*days_of(raw))))
    emails = [row["email"] for row in raw.users]
    return activity_query(
        start=None if first == date.min else first,
        end=one(None, last),
        organizations=names("company"),
        departments=names("department"),
        type=one(*TYPES),
        user=one("", "", "ann", "_", "%", "É", "@EXAMPLE", *emails),
        twin=one("", "", "", "t0", "t1", "nothing"),
    )


def shape(item: ActivityItem) -> Row:
    fields = {"id", "types", "message_count", "document_count", "query_count", "duration"}
    return item.model_dump(include=fields)


@settings(max_examples=8)
@given(databases().flatmap(lambda raw: st.tuples(st.just(raw), *[asks(raw)] * 3)))
def test_the_list_equals_the_oracle(store_of: Shelf, case: tuple[Any, ...]) -> None:
    raw, *questions = case
    store = store_of(raw, raw.zone)
    oracle = Oracle(store_of.path, ZoneInfo(raw.zone))
    with reading(store) as reader:
        for today in days_of(raw):
            assert span(reader, today) == Span(*oracle.span(today))
        for ask in questions:
            expected = oracle.activities(ask)
            for row in expected:
                row["duration"] = duration_text(row.pop("duration_seconds") * 1_000_000)
            assert [shape(i) for i in all_activities(reader, ask, NOW)] == expected
            assert count_activities(reader, ask) == len(expected)
            second = activities(reader, ask, NOW, page=2, limit=2)
            assert [shape(item) for item in second.items] == expected[2:4]
            cursor = activities(reader, ask, NOW, limit=2).next_cursor
            if cursor:
                page = activities(reader, ask, NOW, limit=2, cursor=cursor)
                assert page.items == second.items
            assert bool(cursor) == (len(expected) > 2)
            latest = latest_activities(reader, ask.slices, NOW, 3)
            assert [shape(i)["id"] for i in latest] == [
                row["id"] for row in oracle.activities(replace(ask.slices, period=ALL_DAYS))[:3]
            ]
