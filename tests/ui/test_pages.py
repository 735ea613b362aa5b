"""The pages, run in-process: what they show, and that it equals what the functions answer."""

import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from analytics.app.notes import all_notes
from analytics.app.store import AppStore
from analytics.metrics.registry import BY_SLUG, RESULTS
from analytics.period import PRESET_NAMES, Period
from analytics.query import Query
from analytics.reading.reader import reading
from analytics.service import service
from analytics.settings import load_settings
from tests.conftest import settings_for
from tests.databases import Raw, a_document, a_message, a_session, a_twin, a_user, write
from tests.reference import counted
from tests.test_odd_values import LATIN, REST, loosened, put
from ui import table_card

ROOT = Path(__file__).parents[2]
PAGES = (
    "summary", "overview", "adoption", "retention", "organizations", "twins", "people",
    "activities", "documents", "queries", "installations", "person", "conversation", "notes",
    "data",
)  # fmt: skip
NASTY = "<img src=x onerror=alert(1)> **bold** [link](http://example.com) :red[x]\n  two spaces"

# Messages of the last 30 days written between 14:00 and 14:59, and their conversations.
HOUR_14 = (
    "SELECT count(*), count(DISTINCT session_id) FROM messages"
    " WHERE created_at >= '2026-10-23' AND strftime('%H', created_at) = '14'"
)

Open = Callable[..., AppTest]


def forget() -> None:
    """Forget the settings and close the store."""
    if service.cache_info().currsize:
        service().close()
    load_settings.cache_clear()
    service.cache_clear()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens the dashboard on a database file, at a page with parameters in its address.

    The store stays for the next test.
    """
    monkeypatch.chdir(ROOT)

    def opened(
        database: Path,
        page: str = "overview",
        asked: Mapping[str, str | list[str]] = MappingProxyType({}),
        **more: str,
    ) -> AppTest:
        wanted = {"DATABASE_URL": f"sqlite:///{database}", **more}
        for name, value in wanted.items():
            monkeypatch.setenv(name, value)
        if _opened != wanted:
            forget()
            _opened.clear()
            _opened.update(wanted)
        made = AppTest.from_file(str(ROOT / "ui/main.py"), default_timeout=60)
        for name, values in asked.items():
            made.query_params[name] = values
        return (made if page == "overview" else made.switch_page(f"../pages/{page}.py")).run()

    yield opened


_opened: dict[str, str] = {}


@pytest.fixture(scope="module", autouse=True)
def _close_the_last() -> Iterator[None]:
    yield
    forget()


@pytest.fixture(scope="module")
def reference(reference_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the reference backend's database."""
    return Path(shutil.copy(reference_db, tmp_path_factory.mktemp("reference")))


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    """A conversation whose every word tries to be more than a word."""
    at = "2026-03-02 10:00:00.000000"
    raw = Raw(
        users=[a_user("u", NASTY, full_name=NASTY, email="=1+1@example.com")],
        twins=[a_twin("t", "u", at, name=NASTY, is_shared=1)],
        sessions=[a_session("s", "u", at, twin_id="t", title=NASTY, topic=NASTY)],
        messages=[a_message("m", "s", at) | {"content": NASTY}],
        documents=[a_document("d", "s", at, title=NASTY, message_id="m")],
    )
    path = tmp_path / "nasty.db"
    write(raw, path)
    return path


def no_errors(made: AppTest) -> None:
    assert not made.exception
    assert not made.error, [error.value for error in made.error]
    assert "The dashboard can't show its numbers" not in [title.value for title in made.title]


def charts(made: AppTest) -> dict[str, tuple[dict[str, Any], Any]]:
    """Each chart's first spec and its data, by the accessible name's title."""
    found = {}
    for element in made.get("vega_lite_chart"):
        data = pa.ipc.open_stream(element.proto.data.data).read_pandas()
        title = element.proto.alt.partition(":")[0]
        found.setdefault(title, (json.loads(element.proto.spec), data))
    return found


def links(made: AppTest) -> list[str]:
    """The conversations that the page leads to."""
    return [e.proto.query_string for e in made.get("page_link") if e.proto.page == "conversation"]


def words(made: AppTest) -> str:
    """Everything that stands on the page as markdown, captions, headings and text."""
    kinds = ("markdown", "caption", "subheader", "title", "text")
    return "\n".join(str(e.value) for kind in kinds for e in getattr(made, kind))


def test_the_overview_shows_the_reference_figures(app: Open, reference: Path) -> None:
    made = app(reference)
    no_errors(made)
    assert [(m.label, m.value, m.delta) for m in made.metric] == [
        ("Active users", "12", "0 (0.0 %)"),
        ("Conversations", "726", "-2 (-0.3 %)"),
        ("Documents drafted", "720", "+5 (+0.7 %)"),
        ("Twin installations", "8", "0 (0.0 %)"),
        ("Own messages per conversation", "4.2", "+0.1"),
        ("One message only", "0.0 %", "0.0 pp"),
        ("Unanswered", "0.0 %", "0.0 pp"),
    ]
    assert "23 Oct \u2013 21 Nov 2026" in words(made)
    assert "23 Sep \u2013 22 Oct 2026" in words(made)
    assert "data through 21 Nov 2026" in words(made)
    drawn = charts(made)
    features = drawn["Feature distribution"][1]
    assert list(features["value"]) == [726, 720, 620]
    leaders = drawn["Leading organizations"][1]
    columns = leaders["name"], leaders["active_users"], leaders["total_activities"]
    assert list(zip(*columns, strict=True)) == [
        ("Digital Dynamics", 5, 299),
        ("Tech Innovations", 3, 183),
        ("Acme Corp", 2, 122),
        ("Global Solutions", 2, 122),
    ]  # fmt: skip
    assert drawn.keys() >= {"Daily active users", "Conversations and messages", "Engagement",
                            "Hourly activity"}  # fmt: skip
    assert len(links(made)) == 8


def test_retention_shows_rates_with_their_users(app: Open, reference: Path) -> None:
    made = app(reference, "retention")
    no_errors(made)
    assert {m.label: (m.value, m.delta) for m in made.metric} == {
        "Day 1 retention": ("n/a", ""),
        "Day 7 retention": ("n/a", ""),
        "Day 30 retention": ("58.3 %", "new"),
        "Sessions per user": ("60.5", "-0.2"),
        "Power users": ("100.0 %", "0.0 pp"),
        "Average duration": ("3m 29s", "+4 s"),
    }
    assert words(made).count("of 0 users") == 2
    assert "of 12 users" in words(made)
    assert "Nobody was active for the first time" in words(made)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens(app: Open, reference: Path, page: str) -> None:
    no_errors(app(reference, page))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_where_words_are_nasty(app: Open, nasty: Path, page: str) -> None:
    no_errors(app(nasty, page))


def test_a_preset_sets_the_dates_and_names_itself(app: Open, reference: Path) -> None:
    made = app(reference)
    for preset in PRESET_NAMES:
        made.selectbox(key="preset").select(preset).run()
        no_errors(made)
        assert made.selectbox(key="preset").value == preset
        period = made.session_state["_page_context"].query.period
        assert made.date_input(key="dates").value == (period.start, period.end)


def test_days_are_those_of_the_reporting_time_zone(app: Open, reference: Path) -> None:
    made = app(reference, REPORTING_TIMEZONE="Pacific/Auckland")
    no_errors(made)
    assert "data through 22 Nov 2026" in words(made)
    assert "Pacific\\/Auckland" in words(made)


def test_dates_that_no_preset_means_are_custom(app: Open, reference: Path) -> None:
    made = app(reference)
    made.date_input(key="dates").set_value((date(2026, 11, 3), date(2026, 11, 5))).run()
    no_errors(made)
    assert made.selectbox(key="preset").value == "Custom dates"
    assert "3 Nov \u2013 5 Nov 2026" in words(made)


def test_a_period_that_is_too_long_is_refused_and_the_last_one_stays(
    app: Open, reference: Path
) -> None:
    made = app(reference)
    made.date_input(key="dates").set_value((date(2000, 1, 1), date(2026, 11, 5))).run()
    assert not made.exception
    assert "choose at most 3,660" in made.error[0].value.replace("\\", "")
    assert made.metric[1].value == "726"


def test_filters_narrow_every_number(app: Open, reference: Path) -> None:
    made = app(reference)
    made.multiselect(key="organization").set_value(["Acme Corp"]).run()
    no_errors(made)
    assert [m.value for m in made.metric][:2] == ["2", "122"]
    assert list(charts(made)["Leading organizations"][1]["name"]) == ["Acme Corp"]
    made.multiselect(key="department").set_value(["Operations"]).run()
    assert made.metric[1].value == "0"
    assert "Remove a filter" in words(made)


def answer(slug: str, query: Query) -> list[Any]:
    """What the function behind a result answers."""
    with reading(service().store()) as reader:
        return BY_SLUG[slug].rows(reader, query)


def test_cards_and_charts_compare_with_what_is_chosen(app: Open, reference: Path) -> None:
    made = app(reference)
    made.date_input(key="dates").set_value((date(2026, 11, 2), date(2026, 11, 15))).run()
    period = made.session_state["_page_context"].query.period

    def compare(name: str) -> tuple[int, int, list[int]]:
        """Conversations before on the card, their difference, and the compared days drawn."""
        card = made.metric[1].proto
        difference = int(card.delta.split(" ")[0].replace("+", "").replace(",", ""))
        spec, data = charts(made)["Conversations and messages"]
        assert name in json.dumps(spec, ensure_ascii=False)
        days = data["conversations_then"].dropna().astype(int).tolist()
        return int(card.delta_description.split(" ")[1]), difference, days

    for choice, name, against in (
        ("previous", "Previous period", None),
        ("year", "52 weeks earlier", period.year_earlier),
        (
            "custom",
            "1 Oct \u2013 20 Oct 2026",
            Period(date(2026, 10, 1), date(2026, 10, 20), period.today),
        ),
    ):
        made.selectbox(key="compare").select(choice).run()
        if choice == "custom":
            dates = made.date_input(key="compare_dates")
            dates.set_value((date(2026, 10, 1), date(2026, 10, 20))).run()
            assert "compared with 1 Oct \u2013 20 Oct 2026 (20 days)" in words(made)
        no_errors(made)
        query = Query(period, against=against)
        [expected] = answer("metrics", query)
        before = answer("conversations", query.previous)
        if choice == "year":
            assert made.metric[1].delta == "new"
            continue
        shown, moved, days = compare(name)
        assert shown == expected.previous_conversations == sum(d.conversations for d in before)
        assert moved == expected.total_conversations - expected.previous_conversations
        first = period.start - timedelta(period.shift_to(query.previous.period))
        assert days == [d.conversations for d in before if 0 <= (d.date - first).days < period.days]


def test_without_a_comparison_nothing_is_compared(app: Open, reference: Path) -> None:
    made = app(reference)
    made.selectbox(key="compare").select("none").run()
    no_errors(made)
    assert [m.delta for m in made.metric] == [""] * 7
    assert "compared with" not in words(made)
    for spec, data in charts(made).values():
        assert " then" not in json.dumps(spec)
        assert not [name for name in data if name.endswith("then")]
    assert "Conversations: 726, messages: 5,795" in words(made).replace("\\", "")


def test_dates_to_compare_with_that_cannot_be_are_refused(app: Open, reference: Path) -> None:
    made = app(reference)
    made.selectbox(key="compare").select("custom").run()
    no_errors(made)
    assert made.date_input(key="compare_dates").value == (date(2026, 9, 23), date(2026, 10, 22))
    made.date_input(key="compare_dates").set_value((date(2001, 1, 1), date(2026, 10, 22))).run()
    assert "compare_start_date" in made.error[0].value.replace("\\", "")
    assert made.metric[1].delta == "-2 (-0.3 %)"


def test_a_chart_has_its_sentence_in_sight_and_as_accessible_name(
    app: Open, reference: Path
) -> None:
    made = app(reference)
    for element in made.get("vega_lite_chart"):
        title, _, sentence = element.proto.alt.partition(": ")
        assert sentence.endswith(".")
        assert sentence in words(made).replace("\\", "")
        assert title in words(made)


def test_a_chart_turns_into_its_rows_and_back(app: Open, reference: Path) -> None:
    made = app(reference)
    made.button(key="turn-conversations").click().run()
    no_errors(made)
    assert "Conversations and messages" not in charts(made)
    [shown] = [d.value for d in made.dataframe]
    query = made.session_state["_page_context"].query
    expected = answer("conversations", query)
    assert list(shown["Conversations"]) == [d.conversations for d in expected]
    assert list(shown["Messages"]) == [d.messages for d in expected]
    made.button(key="turn-conversations").click().run()
    assert "Conversations and messages" in charts(made)


def test_a_card_is_explained_when_it_is_asked_for(app: Open, reference: Path) -> None:
    made = app(reference)
    assert {link.proto.label for link in made.get("link_button")} == {"CSV", "Save this page"}
    made.multiselect(key="organization").set_value(["Acme Corp"]).run()
    made.selectbox(key="compare").select("year").run()
    made.session_state["corner-metrics-active-users"] = True
    made.run()
    no_errors(made)
    links = {link.proto.label: link.proto.url for link in made.get("link_button")}
    address = links["Same answer in the API"]
    assert made.code[0].value == address
    assert address == (
        "/api/metrics?start_date=2026-10-23&end_date=2026-11-21&compare=year&organization=Acme+Corp"
    )
    assert "each counted once" in words(made)
    assert "Only Acme Corp" in words(made)
    assert "Compared with 24 Oct \u2013 22 Nov 2025 (30 days)" in words(made)


def test_an_empty_period_says_why_and_what_to_change(app: Open, reference: Path) -> None:
    made = app(reference)
    made.date_input(key="dates").set_value((date(2020, 1, 1), date(2020, 1, 31))).run()
    no_errors(made)
    assert "Choose dates from 23 Sep 2026 to 21 Nov 2026" in words(made)


def test_today_is_drawn_as_incomplete(app: Open, reference: Path) -> None:
    made = app(reference)
    made.selectbox(key="preset").select("Today").run()
    no_errors(made)
    assert "includes today so far" in words(made)
    spec, data = charts(made)["Daily active users"]
    assert not data["complete"].any()
    assert any(layer["mark"].get("strokeDash") for layer in spec["layer"])


def test_an_organization_opens_into_its_departments(app: Open, reference: Path) -> None:
    made = app(reference, "organizations")
    assert list(made.dataframe[0].value["conversations"]) == [299, 183, 122, 122]
    made.selectbox(key="open").select("Acme Corp").run()
    no_errors(made)
    assert list(made.dataframe[1].value["department"]) == ["Sales", "Marketing"]


def test_the_activity_list_filters_and_pages(app: Open, reference: Path) -> None:
    made = app(reference, "activities")
    assert "1\u201320 of 726 activities" in words(made)
    assert len(links(made)) == 20
    made.text_input(key="email").set_value("KRISTEN").run()
    no_errors(made)
    people = [e.proto.label for e in made.get("page_link") if e.proto.page == "person"]
    assert people == ["Carol Jones"] * 20
    made.text_input(key="email").set_value("%").run()
    assert "0 activities" in words(made)
    assert "remove the e-mail" in words(made)


def test_a_search_draws_what_is_found_and_where(app: Open, reference: Path) -> None:
    made = app(reference, "activities")
    made.text_input(key="search").set_value("client meet*").run()
    [total] = counted(
        reference,
        "SELECT count(*) FROM sessions"
        " WHERE started_at >= '2026-10-23' AND topic = 'client meeting prep'",
    )
    for _ in range(100):  # the index is built in the background
        if f"of {total} activities" in words(made):
            break
        time.sleep(0.1)
        made.run()
    no_errors(made)
    assert f"1\u201320 of {total} activities" in words(made)
    found = [m.value for m in made.markdown if ":orange-background[" in m.value]
    assert len(found) == 20
    assert all("client" in value and "meet" in value for value in found)
    with sqlite3.connect(reference) as database:
        session, text = database.execute(
            "SELECT session_id, content FROM messages WHERE content LIKE '%client meeting%'"
        ).fetchone()
    read = app(reference, "conversation")
    read.query_params["id"], read.query_params["found"] = session, "client meet*"
    read.run()
    no_errors(read)
    marks = [m.value for m in read.markdown if ":orange-background[" in m.value]
    assert any(":orange-background[client]" in mark for mark in marks)
    assert f"{len(marks)} message" in words(read)
    assert text in [element.value for element in read.text]


@pytest.mark.parametrize("searched", ["", "bold", "http"])
def test_a_conversation_is_inert_text_with_its_line_breaks(
    app: Open, nasty: Path, searched: str
) -> None:
    made = app(nasty, "conversation")
    made.query_params["id"], made.query_params["found"] = "s", searched
    made.run()
    no_errors(made)
    assert NASTY in [text.value for text in made.text]
    for kind in ("markdown", "caption", "subheader", "title"):
        for element in getattr(made, kind):
            assert not re.search(r"(?<!\\)(<img|\[link|\*\*bold)", element.value)


def test_an_unknown_conversation_is_said_so(app: Open, reference: Path) -> None:
    made = app(reference, "conversation")
    made.query_params["id"] = "no such *id*"
    made.run()
    assert not made.exception
    assert "There is no conversation with the id" in made.info[0].value


def test_the_data_page_names_what_is_loaded_and_every_definition(
    app: Open, reference: Path
) -> None:
    made = app(reference, "data")
    loaded = made.dataframe[0].value
    assert dict(zip(loaded["table"], loaded["rows"], strict=True)) == {
        "users": 12, "twins": 8, "sessions": 1454, "messages": 11503, "documents": 1435,
        "queries": 1259,
    }  # fmt: skip
    assert [e.label for e in made.main.expander] == [report.title for report in RESULTS]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bytes that are no text in every column but ids of the first rows, nothing in the others'."""
    path = tmp_path_factory.mktemp("odd") / "data.db"
    loosened(path)
    put(path, LATIN, *(place for place in REST if not place.startswith("users")))
    with sqlite3.connect(path) as database:
        database.execute(f"UPDATE users SET full_name = {LATIN}, company = {LATIN}")
        for place in REST:
            table, column = place.split(".")
            database.execute(f"UPDATE {table} SET {column} = NULL WHERE rowid > 1")
    database.close()
    return path


@pytest.mark.parametrize("page", [page for page in PAGES if page != "installations"])
def test_every_page_opens_whatever_the_columns_hold(app: Open, odd: Path, page: str) -> None:
    made = app(odd, page)
    no_errors(made)
    ids = {"conversation": "s0", "person": "ann"}
    if page in ids:
        made.query_params["id"] = ids[page]
        no_errors(made.run())
        assert "M\ufffdller" in words(made)


LEFT_OUT = (
    "3 rows are left out of the numbers: 2 without a readable timestamp and 1 whose user or"
    " conversation is gone. 1 row holds unreadable text (\ufffd)."
)


@pytest.mark.parametrize("page", ["overview", "people", "conversation", "data"])
def test_every_page_says_what_is_left_out_and_why(app: Open, tmp_path: Path, page: str) -> None:
    at = "2026-03-02 10:00:00.000000"
    raw = Raw(
        users=[a_user("u")],
        sessions=[a_session("s", "u", at), a_session("t", "u", "yesterday")],
        messages=[a_message("m", "s", "?"), a_message("n", "gone", at)],
    )
    write(raw, tmp_path / "data.db")
    with sqlite3.connect(tmp_path / "data.db") as database:
        database.execute("UPDATE users SET company = CAST(x'4dfc6c6c6572' AS TEXT)")
    database.close()
    made = app(tmp_path / "data.db", page)
    no_errors(made)
    assert LEFT_OUT in words(made)
    assert "data" in [link.proto.page for link in made.get("page_link")]
    assert "M\ufffdller" in made.multiselect(key="organization").options


def test_nothing_is_said_where_nothing_is_left_out(app: Open, reference: Path) -> None:
    assert "left out of the numbers" not in words(app(reference))


def test_undated_conversations_are_not_said_to_be_missing(app: Open, tmp_path: Path) -> None:
    write(Raw(users=[a_user("u")]), tmp_path / "none.db")
    assert "holds no conversation yet" in words(app(tmp_path / "none.db"))
    write(Raw(users=[a_user("u")], sessions=[a_session("s", "u", "?")]), tmp_path / "undated.db")
    said = words(app(tmp_path / "undated.db"))
    assert "holds no conversation yet" not in said
    assert "No row of the database has a date up to today that can be read" in said
    assert "1 row is left out of the numbers: 1 without a readable timestamp." in said


@pytest.fixture(scope="module", params=["1970-01-01", "0001-01-02", "2250-03-03", "9999-12-20"])
def far(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A database with a week of data, and its first day."""
    first = date.fromisoformat(request.param)
    raw = Raw(users=[a_user("u")], twins=[a_twin("t0", "u", f"{first} 10:00:00")])
    for n in range(7):
        at = f"{first + timedelta(n)} 12:00:00"
        raw.sessions.append(a_session(f"s{n}", "u", at, topic="Pay"))
        raw.messages.append(a_message(f"m{n}", f"s{n}", at))
        raw.documents.append(a_document(f"d{n}", f"s{n}", at))
    path = tmp_path_factory.mktemp("far") / f"{first}.db"
    write(raw, path)
    return path, first


@pytest.mark.parametrize("page", ["overview", "activities"])
def test_days_at_the_ends_of_the_calendar_are_shown(app: Open, far: Any, page: str) -> None:
    path, first = far
    made = app(path, page)
    no_errors(made)
    made.date_input(key="dates").set_value((first, first + timedelta(6))).run()
    no_errors(made)


def test_figures_at_the_ends_of_the_calendar(app: Open, far: Any) -> None:
    path, first = far
    made = app(path)
    made.date_input(key="dates").set_value((first, first + timedelta(6))).run()
    assert {card.label: card.value for card in made.metric}["Conversations"] == "7"
    for name in (*PRESET_NAMES, "Custom dates"):
        if name in made.selectbox(key="preset").options:
            made.selectbox(key="preset").select(name).run()
            no_errors(made)
    made.selectbox(key="compare").select("custom").run()
    assert not made.exception
    made.selectbox(key="compare").select("year").run()
    assert not made.exception


def test_an_older_database_shows_everything_with_a_notice(
    app: Open, older_db: Path, tmp_path: Path
) -> None:
    made = app(Path(shutil.copy(older_db, tmp_path)))
    no_errors(made)
    assert made.metric[1].value == "726"
    assert "python -m analytics migrate" in made.warning[0].value


def test_a_missing_database_is_a_page_that_recovers(
    app: Open, reference: Path, tmp_path: Path
) -> None:
    path = tmp_path / "later.db"
    made = app(path)
    assert made.title[0].value == "The dashboard can't show its numbers"
    assert str(path) in words(made)
    shutil.copy(reference, path)
    made.run()
    no_errors(made)
    assert made.metric[1].value == "726"
    path.unlink()
    made.run()
    assert made.title[0].value == "The dashboard can't show its numbers"


def test_a_bad_setting_is_a_page(app: Open, reference: Path) -> None:
    made = app(reference, REPORTING_TIMEZONE="Mars/Olympus")
    assert made.title[0].value == "The dashboard can't show its numbers"
    assert "Mars/Olympus" in words(made)
    assert not made.exception


def test_refresh_reads_what_was_written_since(app: Open, reference: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(reference, tmp_path / "growing.db"))
    made = app(path)
    with sqlite3.connect(path) as raw:
        raw.execute(
            "INSERT INTO sessions (id, user_id, twin_id, platform, started_at)"
            " SELECT 'new', user_id, twin_id, 'slack', started_at FROM sessions"
            " WHERE started_at > '2026-11-20' LIMIT 1"
        )
    next(button for button in made.button if button.label == "Refresh").click().run()
    no_errors(made)
    assert made.metric[1].value == "727"


def test_no_database_at_the_default_place_makes_sample_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    forget()
    _opened.clear()
    made = AppTest.from_file(str(ROOT / "ui/main.py"), default_timeout=60).run()
    no_errors(made)
    assert "Sample data" in made.get("html")[-1].proto.body
    with sqlite3.connect(tmp_path / "ai_twin_analytics.db") as made_up:
        assert made_up.execute("SELECT count(*) FROM users").fetchall() == [(30,)]
    assert len(all_notes(AppStore(settings_for(tmp_path / "ai_twin_analytics.db")))) == 3
    forget()


def test_an_unexpected_error_is_a_page_and_logs_no_words(
    app: Open, reference: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ValueError("secret words of a conversation")

    monkeypatch.setattr("ui.cards.headline_cards", broken)
    made = app(reference)
    assert not made.exception
    assert made.title[-1].value == "The dashboard can't show its numbers"
    assert "ValueError" in words(made)
    logged = [record.getMessage() for record in caplog.records]
    assert any(message.startswith("ValueError") for message in logged)
    assert all("secret" not in message.partition("raise")[0] for message in logged)
    assert "secret" not in words(made)


# --- from a figure to what is behind it ---------------------------------------------------------


def offered(made: AppTest) -> dict[str, tuple[str, dict[str, list[str]]]]:
    """The links that lead behind a figure: the page and the parameters of each, by its label."""
    return {
        link.proto.label.replace("\\", ""): (link.proto.page, parse_qs(link.proto.query_string))
        for link in made.get("page_link")
        if "back=" in link.proto.query_string and "id=" not in link.proto.query_string
    }


def followed(app: Open, database: Path, link: tuple[str, dict[str, list[str]]]) -> str:
    """What stands on the page that a link opens."""
    page, parameters = link
    made = app(database, page)
    for name, values in parameters.items():
        made.query_params[name] = values
    made.run()
    no_errors(made)
    return words(made)


@pytest.mark.parametrize(
    ("page", "slug", "row", "labels", "figures"),
    [
        ("overview", "active-users", 6, {"people": "Show {} people"},
         "SELECT count(DISTINCT user_id) FROM sessions WHERE date(started_at) = '2026-10-29'"),
        ("overview", "feature-usage", 2, {"queries": "Show {} queries"},
         "SELECT count(*) FROM queries WHERE created_at >= '2026-10-23'"),
        ("overview", "leaderboard", 2,
         {"people": "Show {} people", "activities": "Show {} conversations"},
         "SELECT count(DISTINCT user_id), count(*) FROM sessions AS s JOIN users AS u"
         " ON u.id = user_id AND company = 'Acme Corp' WHERE started_at >= '2026-10-23'"),
        ("overview", "hourly-activity", 14, {"activities": "Show {} messages in {} conversations"},
         HOUR_14),
        ("twins", "topics", 0, {"activities": "Show {} conversations"},
         "SELECT count(*) FROM sessions WHERE started_at >= '2026-10-23' GROUP BY topic"
         " ORDER BY 1 DESC"),
        ("twins", "document-types", 0, {"documents": "Show {} documents"},
         "SELECT count(*) FROM documents WHERE created_at >= '2026-10-23' GROUP BY document_type"
         " ORDER BY 1 DESC"),
    ],
)  # fmt: skip
def test_what_is_behind_a_bar_can_be_chosen_and_is_as_many(  # noqa: PLR0913, PLR0917
    app: Open,
    reference: Path,
    page: str,
    slug: str,
    row: int,
    labels: dict[str, str],
    figures: str,
) -> None:
    # A label with two figures, or two labels with one each.
    numbers = counted(reference, figures)
    expected = {
        where: label.format(*(numbers if len(labels) == 1 else numbers[n:]))
        for n, (where, label) in enumerate(labels.items())
    }
    made = app(reference, page)
    before = offered(made)
    made.session_state[f"show-{slug}"] = True
    made.run()
    made.selectbox(key=f"choose-{slug}").select_index(row).run()
    no_errors(made)
    new = {label: link for label, link in offered(made).items() if label not in before}
    assert {link[0]: label for label, link in new.items()} == expected
    for label, link in new.items():
        said = (
            label.removeprefix("Show ").replace("conversations", "activities")
            if "in" not in label
            else label
        )
        assert said.removeprefix("Show ") in followed(app, reference, link)


def test_a_week_leads_to_each_group_of_its_people(app: Open, reference: Path) -> None:
    made = app(reference, "adoption")
    before = len(made.get("page_link"))
    made.session_state["show-lifecycle-by-week"] = True
    made.run()
    made.selectbox(key="choose-lifecycle-by-week").select_index(0).run()
    no_errors(made)
    week = next(iter(made.selectbox(key="choose-lifecycle-by-week").options))
    assert week.startswith("Week from ")
    found = [link.proto for link in made.get("page_link")]
    asked = [parse_qs(link.query_string) for link in found if "group=" in link.query_string]
    groups = [one for one in asked if "since" in one]
    assert len(found) > before and groups
    with reading(service().store()) as reader:
        query = made.session_state["_page_context"].query
        row: Any = BY_SLUG["lifecycle-by-week"].rows(reader, query)[0]
    counted_groups = [name for name in ("new", "returning", "back", "gone") if getattr(row, name)]
    assert [one["group"] for one in groups] == [[name] for name in counted_groups]
    for one, name in zip(groups, counted_groups, strict=True):
        people = followed(app, reference, ("people", one))
        number = getattr(row, name)
        assert f"of {number} {'person' if number == 1 else 'people'}" in people


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("overview", {
            "Active users 12: show people": "of 12 people",
            "Conversations 726: show conversations": "of 726 activities",
            "Documents drafted 720: show documents": "of 720 documents",
            "Twin installations 8: show installed twins": "of 8 installed twins",
            "Own messages per conversation 4.2: show conversations": "of 726 activities",
        }),
        ("retention", {
            "Day 30 retention 58.3 %: show people": "of 7 people",
            "Sessions per user 60.5: show conversations": "of 726 activities",
            "Power users 100.0 %: show people": "of 12 people",
            "Average duration 3m 29s: show conversations": "of 726 activities",
        }),
        ("adoption", {
            "Active in 28 days 12: show people": "of 12 people",
            "Active on most days 12: show people": "of 12 people",
            "Days per active person 18.6: show people": "of 12 people",
            "Conversations of 28 days 694: show conversations": "of 694 activities",
            "Who start them 12: show people": "of 12 people",
            "Start half of them 6: show people": "of 6 people",
            "Accounts 12: show people": "of 12 people",
            "Adoption rate 100.0 %: show people": "of 12 people",
            "Ever active 12: show people": "of 12 people",
            "Returning 12: show people": "of 12 people",
            "Days from the first data to first use 0 days: show people": "of 12 people",
        }),
    ],
)  # fmt: skip
def test_the_figure_of_a_card_leads_to_what_it_counts(
    app: Open, reference: Path, page: str, expected: dict[str, str]
) -> None:
    links = offered(app(reference, page))
    assert set(links) == set(expected)
    for label, link in links.items():
        assert expected[label] in followed(app, reference, link)


@pytest.mark.parametrize(
    ("page", "card"),
    [("overview", "metrics-conversations"), ("retention", "retention-sessions-per-user")],
)
def test_a_card_explains_what_is_behind_it_and_behind_what_it_is_compared_with(
    app: Open, reference: Path, page: str, card: str
) -> None:
    made = app(reference, page)
    made.session_state[f"corner-{card}"] = True
    made.run()
    no_errors(made)
    links = offered(made)
    assert {"Show 726 conversations", "Show 728 conversations"} <= set(links)
    assert "of 728 activities" in followed(app, reference, links["Show 728 conversations"])


def test_a_link_carries_the_comparison_and_the_way_back_restores_it(
    app: Open, reference: Path
) -> None:
    made = app(reference)
    made.selectbox(key="compare").select("custom").run()
    dates = (date(2026, 9, 1), date(2026, 9, 20))
    made.date_input(key="compare_dates").set_value(dates).run()
    page, parameters = offered(made)["Active users 12: show people"]
    assert parameters["in_compare"] == ["custom"]
    assert parameters["in_compare_dates"] == ["2026-09-01", "2026-09-20"]
    there = followed(app, reference, (page, parameters))
    assert "compared with 23 Sep" in there  # the frame of this other session
    back = parse_qs(parameters["back"][0].partition("?")[2])
    assert back["in_compare_dates"] == parameters["in_compare_dates"]
    made = app(reference)
    for name, values in back.items():
        made.query_params[name] = values
    made.query_params["restore"] = "true"
    made.run()
    no_errors(made)
    assert "compared with 1 Sep \u2013 20 Sep 2026 (20 days)" in words(made)


def test_a_list_of_the_same_question_is_not_said_to_be_another_whatever_is_compared(
    app: Open, reference: Path
) -> None:
    made = app(reference, "people")
    made.selectbox(key="compare").select("year").run()
    made.query_params["start_date"], made.query_params["end_date"] = "2026-10-23", "2026-11-21"
    made.run()
    no_errors(made)
    assert not [button for button in made.button if str(button.key).startswith("chip")]


def test_a_selection_ends_with_its_question(app: Open, reference: Path) -> None:
    made = app(reference)
    asked = made.session_state["_page_context"].query
    made.session_state["_picked-leaderboard"] = (asked, 2, ("Acme Corp",))
    made.run()
    no_errors(made)
    assert "122 conversations" in offered(made)
    made.selectbox(key="preset").select("Last 7 days").run()
    assert "122 conversations" not in offered(made)
    made.selectbox(key="preset").select("Last 30 days").run()
    assert "122 conversations" not in offered(made)
    made.session_state["_picked-leaderboard"] = (asked, 2, ("Acme Corp",))
    made.run()
    made.button(key="unpick-button-leaderboard").click().run()
    no_errors(made)
    assert "122 conversations" not in offered(made)


# --- what was chosen stays chosen, wherever it stands --------------------------------------------


@pytest.fixture
def growing(tmp_path: Path) -> Path:
    """Two organizations; Busy leads with two conversations, Quiet has one."""
    at = "2026-03-02 10:00:00.000000"
    raw = Raw(
        users=[a_user("b", "Busy"), a_user("q", "Quiet")],
        twins=[a_twin("tb", "b", at, name="Bot"), a_twin("tq", "q", at, name="Bot")],
        sessions=[
            a_session("s1", "b", at, twin_id="tb"),
            a_session("s2", "b", at, twin_id="tb"),
            a_session("s3", "q", at, twin_id="tq"),
        ],
    )
    path = tmp_path / "growing.db"
    write(raw, path)
    return path


def talk(path: Path, user: str, twin: str, times: int) -> None:
    """Conversations that arrive."""
    with sqlite3.connect(path) as raw:
        for _ in range(times):
            raw.execute(
                "INSERT INTO sessions (id, user_id, twin_id, platform, started_at) VALUES"
                " (hex(randomblob(8)), ?, ?, 'slack', '2026-03-02 11:00:00.000000')",
                (user, twin),
            )


def refreshed(made: AppTest) -> AppTest:
    next(button for button in made.button if button.label == "Refresh").click().run()
    no_errors(made)
    return made


def organizations_behind(made: AppTest) -> set[str]:
    """Whose people and conversations the page offers."""
    return {
        name
        for _, parameters in offered(made).values()
        for name in parameters.get("in_organization", ())
    }


def test_a_chosen_row_stays_the_same_ones_when_rows_arrive(app: Open, growing: Path) -> None:
    made = app(growing, "organizations")
    assert list(made.dataframe[0].value["organization"]) == ["Busy", "Quiet"]
    made.selectbox(key="choose-organizations").select(("Busy",)).run()
    assert organizations_behind(made) == {"Busy"}
    assert "Show 2 conversations" in offered(made)
    talk(growing, "q", "tq", 5)
    refreshed(made)
    assert list(made.dataframe[0].value["organization"]) == ["Quiet", "Busy"]
    assert organizations_behind(made) == {"Busy"}
    assert "Show 2 conversations" in offered(made)
    assert made.selectbox(key="choose-organizations").value == ("Busy",)


def test_the_grids_own_selection_does_not_pass_to_another_row(app: Open, growing: Path) -> None:
    made = app(growing, "organizations")
    before = made.dataframe[0].proto.id
    refreshed(made)
    assert made.dataframe[0].proto.id == before
    talk(growing, "q", "tq", 5)  # as many rows, in another order
    refreshed(made)
    assert made.dataframe[0].proto.id != before


def test_a_click_in_a_table_chooses_what_was_drawn_there(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {"table": {"selection": {"rows": [1]}}}
    monkeypatch.setattr("ui.table_card.st.session_state", state)
    table_card._selected("table", "choice", [("Busy",), ("Quiet",)])
    assert state["choice"] == ("Quiet",)
    state["table"]["selection"]["rows"] = []
    table_card._selected("table", "choice", [("Busy",), ("Quiet",)])
    assert state["choice"] is None


def test_twins_of_one_name_and_owner_are_told_apart(app: Open, growing: Path) -> None:
    with sqlite3.connect(growing) as raw:
        raw.execute("UPDATE twins SET user_id = 'b'")
    made = app(growing, "twins")
    choice = made.selectbox(key="choose-twins")
    assert len(set(choice.options)) == 2
    choice.select(("tq",)).run()
    asked = [parameters for _, parameters in offered(made).values() if "twin" in parameters]
    assert [parameters["twin"] for parameters in asked] == [["tq"]] * 2


def test_a_chosen_row_that_is_gone_is_said_to_be(app: Open, growing: Path) -> None:
    made = app(growing, "organizations")
    made.selectbox(key="choose-organizations").select(("Quiet",)).run()
    with sqlite3.connect(growing) as raw:
        raw.execute("UPDATE users SET company = 'Loud' WHERE id = 'q'")
    refreshed(made)
    assert not organizations_behind(made)
    assert "Quiet is no longer among these rows" in words(made)
    made.selectbox(key="choose-organizations").select(("Loud",)).run()
    assert "no longer among" not in words(made)


def test_a_marked_bar_stays_the_same_one_when_bars_arrive(app: Open, growing: Path) -> None:
    made = app(growing)
    made.selectbox(key="preset").select("All").run()
    asked = made.session_state["_page_context"].query
    made.session_state["_picked-leaderboard"] = (asked, 0, ("Busy",))
    made.run()
    assert organizations_behind(made) == {"Busy"}
    talk(growing, "q", "tq", 5)
    refreshed(made)
    assert organizations_behind(made) == {"Busy"}
    assert made.session_state["_picked-leaderboard"] == (asked, 1, ("Busy",))
    assert made.session_state["_generation-leaderboard"] == 1  # the mark at position 0 is gone


# --- tables sort by value ------------------------------------------------------------------------


def test_columns_hold_values_that_sort(app: Open, growing: Path, reference: Path) -> None:
    table = app(reference, "organizations").dataframe[0].value
    assert table["conversations_change"].dtype == float
    made = app(growing, "data", REPORTING_TIMEZONE="Asia/Kolkata")
    moments = made.dataframe[0].value.set_index("table")["first"]
    assert str(moments.dtype).endswith("Asia/Kolkata]")
    assert f"{moments['sessions']:%Y-%m-%d %H:%M}" == "2026-03-02 15:30"


def test_the_rows_of_a_chart_hold_days(app: Open, reference: Path) -> None:
    made = app(reference)
    made.button(key="turn-conversations").click().run()
    [shown] = [d.value for d in made.dataframe]
    for column, first in (("Day", date(2026, 10, 23)), ("Previous period", date(2026, 9, 23))):
        assert list(shown[column].dt.date) == [first + timedelta(n) for n in range(30)]
    made = app(reference, "retention")
    made.selectbox(key="preset").select("Last 90 days").run()
    made.button(key="turn-cohorts").click().run()
    assert str(made.dataframe[0].value.dtypes.iloc[0]).startswith("datetime64")


# --- a preset stays a preset ---------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the time that pages see."""

    def at(text: str) -> None:
        class Fixed(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
                return datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(tz)

        monkeypatch.setattr("ui.page_context.datetime", Fixed)

    return at


@pytest.fixture
def daily(tmp_path: Path) -> Path:
    """A conversation on each of the first ten days of March."""
    raw = Raw(
        users=[a_user("u", "Acme")],
        sessions=[a_session(f"s{n}", "u", f"2026-03-{n:02} 10:00:00.000000") for n in range(1, 11)],
    )
    path = tmp_path / "daily.db"
    write(raw, path)
    return path


def shown(made: AppTest) -> tuple[date, date]:
    """The days that the page shows, which the box of dates says, too."""
    no_errors(made)
    period = made.session_state["_page_context"].query.period
    if made.selectbox(key="preset").value != "Custom dates":
        assert made.date_input(key="dates").value == (period.start, period.end)
    return period.start, period.end


def test_a_page_left_open_past_midnight_moves_its_preset(
    app: Open, daily: Path, clock: Callable[[str], None]
) -> None:
    clock("2026-03-05 23:59:00")
    made = app(daily, asked={"preset": "Last 7 days"})
    assert shown(made) == (date(2026, 2, 26), date(2026, 3, 4))
    clock("2026-03-06 00:01:00")
    made.run()
    assert shown(made) == (date(2026, 2, 27), date(2026, 3, 5))
    assert made.query_params == {"preset": "Last 7 days"}
    made.selectbox(key="preset").select("Today").run()
    assert shown(made) == (date(2026, 3, 6), date(2026, 3, 6))
    clock("2026-03-07 00:01:00")
    made.run()
    assert shown(made) == (date(2026, 3, 7), date(2026, 3, 7))


def test_the_default_moves_with_the_data(
    app: Open, daily: Path, clock: Callable[[str], None]
) -> None:
    clock("2026-03-20 12:00:00")
    made = app(daily)
    assert shown(made)[1] == date(2026, 3, 10)
    with sqlite3.connect(daily) as raw:
        raw.execute("UPDATE sessions SET started_at = '2026-03-12 10:00:00' WHERE id = 's10'")
    refreshed(made)
    assert shown(made)[1] == date(2026, 3, 12)
    assert made.query_params == {}


def test_chosen_dates_stay_past_midnight_and_stand_in_the_address(
    app: Open, daily: Path, clock: Callable[[str], None]
) -> None:
    """A link of dates means those, whatever preset means the same days."""
    clock("2026-03-05 23:59:00")
    days = ["2026-02-26", "2026-03-04"]  # the last seven
    for made in (
        app(daily, asked={"dates": days}),
        app(daily).date_input(key="dates").set_value(tuple(map(date.fromisoformat, days))).run(),
    ):
        clock("2026-03-05 23:59:00")
        assert made.selectbox(key="preset").value == "Custom dates"
        clock("2026-03-06 00:01:00")
        made.run()
        assert shown(made) == (date(2026, 2, 26), date(2026, 3, 4))
        assert made.query_params == {"dates": days}


def test_custom_dates_hold_what_a_preset_shows(
    app: Open, daily: Path, clock: Callable[[str], None]
) -> None:
    clock("2026-03-05 23:59:00")
    made = app(daily, asked={"preset": "Last 7 days"})
    made.selectbox(key="preset").select("Custom dates").run()
    assert made.query_params == {"dates": ["2026-02-26", "2026-03-04"]}
    made.selectbox(key="preset").select("Last 7 days").run()
    assert "dates" not in made.query_params
    clock("2026-03-06 00:01:00")
    made.run()
    assert shown(made) == (date(2026, 2, 27), date(2026, 3, 5))


def test_the_way_back_leads_to_the_preset(
    app: Open, daily: Path, clock: Callable[[str], None]
) -> None:
    clock("2026-03-05 23:59:00")
    made = app(daily, asked={"preset": "Last 7 days"})
    _, link = offered(made)["Conversations 4: show conversations"]
    assert (link["start_date"], link["end_date"]) == (["2026-02-26"], ["2026-03-04"])
    back = parse_qs(link["back"][0].partition("?")[2])
    clock("2026-03-06 00:01:00")
    made = app(daily, asked={**back, "restore": "true"})
    made.run()
    assert made.selectbox(key="preset").value == "Last 7 days"
    assert shown(made) == (date(2026, 2, 27), date(2026, 3, 5))


def test_a_list_keeps_to_its_link_past_midnight(
    app: Open, daily: Path, clock: Callable[[str], None]
) -> None:
    """Unless the link said what the frame says: then both move on."""
    clock("2026-03-05 23:59:00")
    same = {"start_date": "2026-02-03", "end_date": "2026-03-04"}  # the last 30 days
    made = app(daily, "activities", asked={"start_date": "2026-03-02", "end_date": "2026-03-02"})
    also = app(daily, "activities", asked=same)
    assert "of 1 activity" in words(made)
    assert "of 4 activities" in words(also)
    clock("2026-03-06 00:01:00")
    assert "of 1 activity" in words(made.run())
    assert "of 5 activities" in words(also.run())
    assert not [button for button in also.button if str(button.key).startswith("chip")]
    made.selectbox(key="preset").select("All").run()  # whoever changes the frame means the frame
    assert "of 5 activities" in words(made)


# --- what the address asks in vain ---------------------------------------------------------------


def said(made: AppTest) -> str:
    """What the page warns of."""
    assert not made.exception
    return "\n".join(e.value for kind in ("warning", "error") for e in getattr(made, kind)).replace(
        "\\", ""
    )


@pytest.mark.parametrize(
    ("key", "page"),
    [("organization", "overview"), ("department", "organizations"), ("organization", "activities")],
)
def test_a_name_that_nobody_has_counts_nobody_and_is_said(
    app: Open, reference: Path, key: str, page: str
) -> None:
    made = app(reference, page, asked={key: ["Gone * Inc", "A\0B"]})
    for _ in range(2):
        assert f"No {key} is called Gone * Inc any more" in said(made)
        assert f"No {key} is called A\ufffdB any more" in said(made)
        query = made.session_state["_page_context"].query
        assert getattr(query, f"{key}s") == ("A\ufffdB", "Gone * Inc")
        assert made.query_params[key] == ["Gone * Inc", "A\0B"]
        figures = [m.value for m in made.metric] + [h.value for h in made.subheader]
        assert not [figure for figure in figures if "726" in figure or figure == "12"]
        made.run()
    for name in ("Gone * Inc", "A\ufffdB"):
        made.button(key=f"remove-{key}-{name}").click().run()
    assert not said(made)
    assert not made.multiselect(key=key).value
    assert key not in made.query_params


def test_nobody_without_a_department_is_said_as_such(app: Open, reference: Path) -> None:
    made = app(reference, asked={"department": ["No department", "x" * 200]})
    assert "Nobody is without department any more." in said(made)
    assert f"No department is called {'x' * 80}… any more" in said(made)


def test_an_organization_that_was_called_as_if_it_were_no_department(
    app: Open, reference: Path
) -> None:
    made = app(reference, asked={"organization": ["No department"]})
    assert "No organization is called No department any more" in said(made)
    made.button(key="remove-organization-No department").click().run()
    assert not said(made)


def test_of_several_names_the_others_count(app: Open, reference: Path) -> None:
    made = app(reference, asked={"organization": ["Acme Corp", "Gone"]})
    assert [m.value for m in made.metric][:2] == ["2", "122"]
    assert "No organization is called Gone any more" in said(made)
    assert "Acme" not in said(made)


def test_an_organization_that_goes_while_it_is_chosen_stays_chosen(
    app: Open, growing: Path
) -> None:
    made = app(growing)
    made.multiselect(key="organization").set_value(["Quiet"]).run()
    assert not said(made)
    with sqlite3.connect(growing) as raw:
        raw.execute("UPDATE users SET company = 'Loud' WHERE id = 'q'")
    refreshed(made)
    assert made.session_state["_page_context"].query.organizations == ("Quiet",)
    assert "No organization is called Quiet any more" in said(made)


OPTIONS = {
    "preset": ("overview", "Last 9 days", "Last 30 days"),
    "compare": ("overview", "yaer", "Previous period"),
    "type": ("activities", "x", "All"),
    "who": ("people", "everyone", "Active"),
    "sort": ("people", "foo", "Conversations"),
    "order": ("people", "up", "Usual order"),
    "page": ("activities", "99", "1"),
}


@pytest.mark.parametrize("key", OPTIONS)
def test_an_option_without_a_meaning_is_said_with_what_is_shown(
    app: Open, reference: Path, key: str
) -> None:
    page, value, instead = OPTIONS[key]
    made = app(reference, page, asked={key: value})
    for _ in range(2):
        assert f"{key} = {value}: " in said(made)
        assert f"Shown instead: {instead}." in said(made)
        made.run()
    made.button(key=f"close-{key}").click().run()
    assert not said(made)


@pytest.mark.parametrize(
    ("key", "page", "code", "label"),
    [
        ("compare", "overview", "year", "52 weeks earlier"),
        ("type", "activities", "document", "With documents"),
        ("sort", "people", "name", "Name"),
    ],
)
def test_an_option_may_be_named_by_code_or_label(  # noqa: PLR0913, PLR0917
    app: Open, reference: Path, key: str, page: str, code: str, label: str
) -> None:
    for text in (code, label):
        made = app(reference, page, asked={key: text})
        assert not said(made)
        assert made.selectbox(key=key).value == code


def test_a_notice_goes_when_another_option_is_chosen(app: Open, reference: Path) -> None:
    made = app(reference, "people", asked={"sort": "foo"})
    made.selectbox(key="sort").select("name").run()
    assert not said(made)


@pytest.mark.parametrize(
    ("where", "page", "pages"),
    [
        ("people", "2", "1 page"),
        ("activities", "0", "37 pages"),
        ("activities", "9" * 30, "37 pages"),
        ("documents", "x", "36 pages"),
    ],
)
def test_a_page_that_is_not_there_is_said(
    app: Open, reference: Path, where: str, page: str, pages: str
) -> None:
    made = app(reference, where, asked={"page": page})
    assert f"page = {page}: the list has {pages}. Shown instead: 1." in said(made)
    made.button(key="close-page").click().run()
    assert not said(made)
    last = app(reference, "activities", asked={"page": "37"})
    assert not said(last)
    assert "721\u2013726 of" in words(last)


@pytest.mark.parametrize(
    ("dates", "why"),
    [
        (["2026-02-30", "2026-03-02"], "dates = 2026-02-30: is no calendar date"),
        (["2026-11-01", "9999-12-31"], "choose at most 3,660"),
        (["2026-11-10", "2026-11-01"], "the period ends before it starts"),
        (["2000-01-01", "2026-11-01"], "choose at most 3,660"),
        (["2026-11-01", "2026-11-02", "2026-11-03"], "choose a first and a last day"),
    ],
)
def test_dates_that_are_none_are_said_with_what_is_shown(
    app: Open, reference: Path, dates: list[str], why: str
) -> None:
    made = app(reference, asked={"dates": dates})
    for _ in range(2):
        assert why in said(made)
        assert "Shown instead: 23 Oct" in said(made)
        assert made.metric[1].value == "726"
        made.run()


def test_dates_to_compare_with_that_are_none_are_said(app: Open, reference: Path) -> None:
    made = app(reference, asked={"compare": "custom", "compare_dates": ["2026-02-30", "x"]})
    assert "compare_dates = 2026-02-30: is no calendar date" in said(made)
    assert "until then it is the previous period" in words(made)


def test_a_twin_that_others_own_is_not_said_to_be_gone(app: Open, growing: Path) -> None:
    made = app(growing, "activities", asked={"twin": "tq", "organization": "Busy", "preset": "All"})
    assert not said(made)
    assert "0 activities" in words(made)
    assert "no longer there" not in made.button(key="chip-twin").label


def test_an_organization_to_open_that_is_gone_is_said(app: Open, reference: Path) -> None:
    made = app(reference, "organizations", asked={"open": "Gone"})
    for _ in range(2):
        assert "No organization is called Gone any more" in said(made)
        assert made.selectbox(key="open").value == "Gone"
        assert len(made.dataframe) == 1
        made.run()


@pytest.mark.parametrize("page", ["people", "activities", "installations"])
def test_a_link_to_a_list_says_what_it_asks_in_vain(app: Open, reference: Path, page: str) -> None:
    link = {"start_date": "2026-02-30", "end_date": "2026-03-02", "in_organization": "Gone"}
    made = app(reference, page, asked=link)
    for _ in range(2):
        assert "start_date = 2026-02-30: is no calendar date" in said(made)
        assert "Shown instead: 23 Oct" in said(made)
        assert "No organization is called Gone any more" in said(made)
        assert not re.search(r"\d of \d", words(made))
        made.run()
    made.button(key="remove-in-organization-Gone").click().run()
    made.button(key="remove-dates").click().run()
    assert not said(made)


def test_the_way_back_says_what_it_asks_in_vain(app: Open, reference: Path) -> None:
    asked = {
        "restore": "true", "start_date": "2026-02-30", "end_date": "2026-03-02",
        "in_organization": "Gone", "in_compare": "yaer",
    }  # fmt: skip
    made = app(reference, asked=asked)
    assert "dates = 2026-02-30: is no calendar date" in said(made)
    assert "compare = yaer: is none of" in said(made)
    assert "No organization is called Gone any more" in said(made)
    assert made.metric[1].value == "0"


def test_a_search_that_is_switched_off_is_said(app: Open, reference: Path) -> None:
    made = app(reference, "activities", asked={"search": "budget"}, SEARCH="false")
    assert "search = budget: search is switched off here" in said(made)
    made.button(key="remove-search").click().run()
    assert not said(made)


def test_a_detail_of_something_gone_says_so(app: Open, reference: Path) -> None:
    made = app(reference, "documents", asked={"twin": "gone", "person": "gone"})
    chips = [button.label for button in made.button if str(button.key).startswith("chip")]
    assert chips == [
        "Only somebody who is no longer there", "Only with a twin that is no longer there",
    ]  # fmt: skip
