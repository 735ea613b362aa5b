# ruff: noqa: F811, RUF001 - fixtures of another module are arguments; names of many alphabets
"""The list of people, and the pages and endpoints of the lists behind figures."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from analytics.errors import QueryError
from analytics.lists.people import SORTS, people, person
from analytics.lists.registry import LISTS
from analytics.output.export import ZONE
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from analytics.service import Service
from analytics.settings import Settings
from analytics.sql.collation import caseless
from analytics.storage.store import Store
from analytics.web import downloads
from analytics.web.api import create_app
from analytics.web.asker import clock, the_service
from tests.conftest import Shelf
from tests.databases import Raw, a_document, a_message, a_query, a_session, a_twin, a_user, write
from tests.reference import counted
from tests.ui.test_pages import (  # noqa: F401 - fixtures too
    HOUR_14,
    Open,
    app,
    no_errors,
    reference,
    words,
)
from ui import shell

NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)
WEEK = Query(Period(date(2026, 3, 5), date(2026, 3, 11), date(2026, 3, 12)))


def staff() -> Raw:
    """Ann is busy, Bob sent one message, Cid was active before, Dee never; equals sort by name."""
    raw = Raw(
        users=[
            a_user("ann", "Acme", full_name="Ann", department="Sales"),
            a_user("bob", "Acme", full_name="Bob", email="BOB_1@example.com"),
            a_user("cid", None, full_name="Cid"),
            a_user("dee", "Beta", full_name="Dée"),
        ],
        twins=[a_twin("t0", "ann", "2026-03-01 08:00:00")],
        sessions=[
            a_session("s0", "ann", "2026-03-09 09:00:00", title="First", topic="A"),
            a_session("s1", "ann", "2026-03-10 09:00:00"),
            a_session("s2", "cid", "2026-03-01 09:00:00"),
            a_session("s3", "bob", "2026-03-01 09:00:00", twin_id="gone"),
        ],
        messages=[
            a_message("m0", "s0", "2026-03-09 09:00:00"),
            a_message("m1", "s0", "2026-03-09 09:01:00", "twin"),
            a_message("m2", "s3", "2026-03-11 10:00:00"),
        ],
    )
    raw.documents.append(a_document("d0", "s0", "2026-03-09 09:01:00", title="=Plan"))
    raw.queries.append(a_query("q0", "s3", "2026-03-11 10:00:00"))
    return raw


@pytest.fixture
def store(store_of: Shelf) -> Store:
    return store_of(staff())


def ids(store: Store, query: Query = WEEK, **more: Any) -> list[str]:
    with reading(store) as reader:
        return [row.id for row in people(reader, query, **more).items]


def test_a_person_has_organization_days_and_the_counts_of_the_period(store: Store) -> None:
    with reading(store) as reader:
        ann, bob = people(reader, WEEK).items
    assert ann.model_dump(by_alias=True) == {
        "id": "ann", "name": "Ann", "email": "ann@example.com", "organization": "Acme",
        "department": "Sales", "firstActive": date(2026, 3, 9), "lastActive": date(2026, 3, 10),
        "conversations": 2, "activeDays": 2, "messages": 2, "documents": 1, "queries": 0,
    }  # fmt: skip
    assert (bob.conversations, bob.active_days, bob.messages, bob.queries) == (0, 1, 1, 1)
    assert (bob.first_active, bob.last_active) == (date(2026, 3, 1), date(2026, 3, 11))


def test_who_was_not_active_can_be_listed(store: Store) -> None:
    assert ids(store) == ["ann", "bob"]
    assert ids(store, activity="inactive") == ["cid", "dee"]
    assert ids(store, activity="all") == ["ann", "bob", "cid", "dee"]
    with reading(store) as reader:
        dee = people(reader, WEEK, activity="inactive").items[1]
    assert (dee.first_active, dee.last_active, dee.conversations) == (None, None, 0)


def test_people_are_sorted_with_the_never_active_last(store: Store) -> None:
    order = {sort: ids(store, activity="all", sort=sort) for sort in SORTS}
    assert order["name"] == ["ann", "bob", "cid", "dee"]
    assert order["first_active"] == ["ann", "bob", "cid", "dee"]
    assert order["last_active"] == ["bob", "ann", "cid", "dee"]
    assert order["queries"][0] == "bob"
    oldest = ids(store, activity="all", sort="last_active", order="asc")
    assert oldest == ["cid", "ann", "bob", "dee"]


def test_the_search_is_literal_and_ignores_the_case_of_letters(store: Store) -> None:
    def found(text: str) -> list[str]:
        return ids(store, activity="all", search=text)

    assert found("b_1@EX") == ["bob"]
    assert found("_") == ["bob"]
    assert found("%") == []
    assert found("DéE") == ["dee"]
    assert found("DÉE") == ["dee"]
    assert found("DÈE") == []


def test_names_are_sought_and_sorted_alike_on_both_databases(store_of: Shelf) -> None:
    names = {"a": "Émile", "b": "émile", "c": "apple", "d": "Zed"}
    users = [a_user(id_, full_name=name) for id_, name in names.items()]
    with reading(store_of(Raw(users=users))) as reader:
        found = people(reader, WEEK, activity="all", search="ÉMI")
        assert [one.name for one in found.items] == ["Émile", "émile"]
        everybody = people(reader, WEEK, activity="all", sort="name")
        assert [one.name for one in everybody.items] == ["Zed", "apple", "Émile", "émile"]


NAMES = (
    "ÉLAN Ø", "élan ø", "Иван Ёлкин", "ИВАН ЁЛКИН", "Γιώργος Παπαδόπουλος", "ΓΙΩΡΓΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ",
    "İpek Işık", "ipek ışık", "IPEK IŞIK", "Großmann", "GROSSMANN", "GROẞMANN", "ſo K", "Արամ",
    "ԱՐԱՄ", "ǅ ǆ Ǆ", "東京 太郎", "a*b?c[d]e^f-g", "a.b+c(d)e{2}|f$", "\\d \\", "%_",
    "'\"", "]", "***", "ჯონ ᲯᲝᲜ", "𐐀𐐨", "µ Μ", "ﬁ", "\u0345 ͅ", "ŉ", "x\ty\nz",
)  # fmt: skip


def test_people_are_found_whatever_the_case_of_their_alphabet(store_of: Shelf) -> None:
    users = [a_user(f"{n:02}", full_name=name, email=str(n)) for n, name in enumerate(NAMES)]
    users.append(a_user("mail", full_name="", email="ÉLAN.İ@EXAMPLE.com"))
    opened = store_of(Raw(users=users))

    def found(part: str) -> list[str]:
        return sorted(ids(opened, activity="all", search=part, limit=100))

    assert found("élan") == ["00", "01", "mail"]
    assert found("ёЛК") == ["02", "03"]
    assert found("παπαδόπουλοσ") == found("ΠΑΠΑΔΟΠΟΥΛΟΣ") == ["04", "05"]
    assert found("işik") == found("IŞIK") == found("ışık") == ["06", "07", "08"]
    assert found("grossmann") == found("Großm") == ["09", "10", "11"]
    assert found(".i@e") == ["mail"]

    @settings(max_examples=150)
    @given(
        st.sampled_from(NAMES),
        st.integers(0, 6),
        st.integers(1, 6),
        st.sampled_from((str.upper, str.lower, str.swapcase, str.title, str)),
    )
    def as_a_plain_search(
        name: str, start: int, length: int, written: Callable[[str], str]
    ) -> None:
        part = written(name[start : start + length]) or name
        columns = ("full_name", "email")
        assert found(part) == [
            user["id"]
            for user in users
            if any(caseless(part) in caseless(user[column]) for column in columns)
        ]

    as_a_plain_search()


def test_caseless_is_what_a_person_takes_for_the_same() -> None:
    for char in map(chr, range(0x20, 0x2E80)):
        # Not the Greek with an iota below, and letters whose other case is several.
        if len(char.upper()) == len(char.lower()) == 1:
            same = {caseless(char), caseless(char.upper()), caseless(char.lower())}
            assert len(same) == 1, char
    assert len({caseless(x) for x in ("istanbul", "İSTANBUL", "ISTANBUL", "ıstanbul")}) == 1
    assert caseless("é") != caseless("e")


def test_a_person_is_found_whatever_the_filters(store: Store) -> None:
    elsewhere = Query(WEEK.period, organizations=("Beta",))
    with reading(store) as reader:
        found = person(reader, elsewhere, "ann")
        assert found is not None
        assert found.conversations == 2
        assert person(reader, WEEK, "nobody") is None
    assert ids(store, query=elsewhere) == []


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("sort", "height"), ("order", "up"), ("activity", "maybe"), ("page", 0), ("limit", 101),
     ("search", "x" * 321)],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(store: Store, parameter: str, value: Any) -> None:
    with pytest.raises(QueryError) as refused:
        ids(store, **{parameter: value})
    assert refused.value.parameter == parameter


# --- over HTTP ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    path = tmp_path_factory.mktemp("people") / "staff.db"
    write(staff(), path)
    made = Service(Settings(database_url=f"sqlite:///{path}"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(service: Service) -> TestClient:
    made = create_app()
    made.dependency_overrides |= {the_service: lambda: service, clock: lambda: NOW}
    return TestClient(made)


def files_over(dependencies: dict[Any, Any]) -> TestClient:
    """The files of the pages, of an application that puts these in their places."""
    made = FastAPI(routes=downloads.ROUTES, openapi_url=None)
    made.dependency_overrides = dependencies
    return TestClient(made)


DATES = "start_date=2026-03-05&end_date=2026-03-11"


def test_the_api_pages_people_as_activities_are_paged(client: TestClient) -> None:
    page = client.get(f"/api/people?{DATES}&activity=all&limit=3&page=2").json()
    assert [row["id"] for row in page.pop("items")] == ["dee"]
    assert page == {
        "total": 4, "page": 2, "limit": 3, "total_pages": 2, "has_next": False, "has_prev": True,
    }  # fmt: skip
    narrowed = client.get(f"/api/people?{DATES}&topic=A&organization=Acme").json()
    assert [row["id"] for row in narrowed["items"]] == ["ann"]
    assert client.get(f"/api/documents?{DATES}&hour=9").json()["items"][0]["activityId"] == "s0"
    assert client.get(f"/api/queries?{DATES}&unknown_twin=true").json()["total"] == 1
    assert client.get(f"/api/installed-twins?{DATES}").json()["items"][0]["ownerName"] == "Ann"
    held = client.get(f"/api/activities?{DATES}&messages=true").json()
    assert [row["id"] for row in held["items"]] == ["s0", "s3"]


@pytest.mark.parametrize("path", ["people", "documents", "queries", "activities"])
@pytest.mark.parametrize("asked", ["hour=24", "cohort=soon", "eligible=2", "person=a&person=b"])
def test_the_api_names_what_cannot_narrow(client: TestClient, path: str, asked: str) -> None:
    answer = client.get(f"/api/{path}?{DATES}&{asked}")
    assert answer.status_code == 422
    (fault,) = answer.json()["detail"]
    assert fault["loc"] == ["query", asked.partition("=")[0]]


@pytest.mark.parametrize("slug", [listed.slug for listed in LISTS])
def test_the_csv_of_page_and_api_is_the_whole_list(client: TestClient, slug: str) -> None:
    pages = files_over(client.app.dependency_overrides)  # type: ignore[attr-defined]
    own = client.get(f"/api/{slug}?{DATES}&format=csv")
    page = pages.get(f"/download/{slug}.csv?{DATES}")
    assert own.content == page.content
    assert f"{slug}_2026-03-05_2026-03-11.csv" in page.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(page.text.removeprefix("\ufeff"))))
    items = client.get(f"/api/{slug}?{DATES}").json()["items"]
    assert [row["id"] for row in rows] == [item["id"] for item in items]
    zone = [name for name in rows[0] if name == ZONE]
    assert list(rows[0]) == [*items[0], *zone]
    assert bool(zone) == any(text.endswith("Z") for text in map(str, items[0].values()))
    assert pages.get(f"/download/{slug}.csv?{DATES}&page=x&eligible=2").status_code == 422
    assert pages.get(f"/download/{slug}.csv").status_code == 422


def test_a_link_opened_elsewhere_gives_its_question_to_the_frame() -> None:
    pages = TestClient(Starlette(routes=shell.ROUTES), follow_redirects=False)
    link = (
        f"/people?{DATES}&in_organization=A%26B&topic=A&back=twins%3Fopen%3Dx&dates=1&restore=true"
    )
    answer = pages.get(link)
    path, _, query = answer.headers["location"].partition("?")
    assert (answer.status_code, path) == (307, "/people")
    assert parse_qs(query) == {
        "dates": ["2026-03-05", "2026-03-11"], "organization": ["A&B"], "topic": ["A"],
        "back": ["twins?open=x"],
    }  # fmt: skip
    assert pages.get("/people?topic=A").status_code == 200


# --- pages -------------------------------------------------------------------------------------


def opened(app: Open, database: Path, page: str, **parameters: Any) -> AppTest:
    made = app(database, page)
    for name, value in parameters.items():
        made.query_params[name] = value
    made.run()
    no_errors(made)
    return made


def test_people_stand_on_their_own(app: Open, reference: Path) -> None:
    made = app(reference, "people")
    no_errors(made)
    assert "1\u201312 of 12 people" in words(made)
    made.text_input(key="search").set_value("CAROL").run()
    assert "1\u20131 of 1 person" in words(made)
    made.text_input(key="search").set_value("").run()
    made.segmented_control(key="who").set_value("inactive").run()
    no_errors(made)
    assert "0 people" in words(made)


def test_a_list_says_what_it_is_narrowed_to_until_it_is_removed(
    app: Open,
    reference: Path,
) -> None:
    made = opened(app, reference, "activities", hour="14")
    messages, talks = counted(reference, HOUR_14)
    assert f"{messages} messages in {talks} conversations" in words(made)
    chip = next(button for button in made.button if button.key == "chip-hour")
    assert chip.label.replace("\\", "") == "Only 14:00\u201314:59 on complete days"
    chip.click().run()
    no_errors(made)
    assert "1\u201320 of 726 activities" in words(made)


def test_a_list_keeps_to_the_question_of_its_link_and_leads_back(
    app: Open,
    reference: Path,
) -> None:
    made = opened(
        app, reference, "people", start_date="2026-11-04", end_date="2026-11-04",
        in_organization="Acme Corp",
        back="overview?start_date=2026-10-23&end_date=2026-11-21",
    )  # fmt: skip
    chip = next(button for button in made.button if button.key == "chip-start_date")
    assert chip.label.replace("\\", "") == "Only 4 Nov 2026, Acme Corp"
    back = next(e.proto for e in made.get("page_link") if e.proto.label == "Back to Overview")
    assert back.query_string == ""  # the frame is as it was
    made.selectbox(key="preset").select("Last 7 days").run()
    no_errors(made)
    assert not [button for button in made.button if str(button.key).startswith("chip")]
    back = next(e.proto for e in made.get("page_link") if e.proto.label == "Back to Overview")
    assert "restore=true" in back.query_string


def test_a_view_that_is_restored_has_its_dates_and_filters(
    app: Open,
    reference: Path,
) -> None:
    made = opened(
        app, reference, "overview", start_date="2026-11-01", end_date="2026-11-05",
        in_organization="Acme Corp", restore="true",
    )  # fmt: skip
    query = made.session_state["_page_context"].query
    assert (query.period.start, query.period.end) == (date(2026, 11, 1), date(2026, 11, 5))
    assert query.organizations == ("Acme Corp",)
    assert "restore" not in made.query_params


def test_a_value_without_meaning_in_the_address_is_a_page_that_names_it(
    app: Open,
    reference: Path,
) -> None:
    made = app(reference, "people")
    made.query_params["hour"] = "25"
    made.run()
    assert not made.exception
    assert "hour = 25" in words(made)


def test_a_row_of_a_table_offers_what_it_counts(app: Open, reference: Path) -> None:
    made = app(reference, "organizations")
    made.selectbox(key="choose-organizations").select_index(2).run()
    no_errors(made)
    offers = {e.proto.label: e.proto.query_string for e in made.get("page_link")}
    assert {"Show 2 people", "Show 122 conversations"} <= set(offers)
    assert parse_qs(offers["Show 2 people"])["in_organization"] == ["Acme Corp"]
