"""The filters that are kept from page to page: a twin, topics, a person, part of an e-mail."""

import ast
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from analytics.reading.known import topic_names, twins_called
from analytics.reading.reader import Scope, reading
from analytics.service import service
from tests.databases import Raw, a_message, a_session, a_twin, a_user, write
from tests.ui.test_pages import (  # noqa: F401 - fixtures
    NASTY,
    PAGES,
    Open,
    _close_the_last,
    app,
    no_errors,
    words,
)
from ui import shell
from ui.access import Data

UI = Path(__file__).parents[2] / "ui"
AT = "2026-03-02 10:00:00.000000"


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann of A speaks with her twin Bot, Bob of B with hers, with his own Bot and with Odd."""
    of = [
        ("s1", "ann", "t1", "Pay"), ("s2", "bob", "t1", "Pay"), ("s3", "bob", "t2", "Leave"),
        ("s4", "bob", "t3", None), ("s5", "bob", "t3", NASTY), ("s6", "ann", "lost", "Pay"),
    ]  # fmt: skip
    raw = Raw(
        users=[a_user("ann", "A", full_name="Ann"), a_user("bob", "B", full_name="Bob")],
        twins=[
            a_twin("t1", "ann", AT, name="Bot"), a_twin("t2", "bob", AT, name="Bot"),
            a_twin("t3", "bob", AT, name=NASTY), a_twin("t4", "bob", AT, name="Calm"),
        ],
        sessions=[a_session(s, u, AT, twin_id=t, topic=topic, title=s) for s, u, t, topic in of],
        messages=[a_message(f"m{s}", s, AT) for s, *_ in of],
    )  # fmt: skip
    path = tmp_path_factory.mktemp("talks") / "talks.db"
    write(raw, path)
    return path


def chips(made: AppTest) -> dict[str, str]:
    """The filters of every page in words, as inert text is written."""
    keys = {f"only-{name}" for name in
            ("user", "person", "twin", "unknown_twin", "by_others", "topic")}  # fmt: skip
    return {b.key[5:]: plain(b.label) for b in made.button if b.key in keys and b.icon}


def plain(label: str) -> str:
    return label.replace("\\", "").replace("\u2060", "")


def figures(made: AppTest) -> dict[str, str]:
    return {one.label: one.value for one in made.metric}


def click(made: AppTest, label: str) -> AppTest:
    [button] = [one for one in made.button if plain(one.label) == label]
    button.click().run()
    no_errors(made)
    return made


def typed(made: AppTest, name: str, text: str) -> AppTest:
    made.text_input(key=f"typed-{name}").set_value(text).run()
    no_errors(made)
    assert made.text_input(key=f"typed-{name}").value == ""
    return made


def links(made: AppTest) -> dict[str, tuple[str, dict[str, list[str]]]]:
    return {
        plain(e.proto.label): (e.proto.page, parse_qs(e.proto.query_string))
        for e in made.get("page_link")
    }


@pytest.mark.parametrize(
    ("asked", "said", "conversations"),
    [
        ({"only_twin": "t1"}, {"twin": "Only with Bot"}, 2),
        ({"only_topic": ["Pay", "Leave"]}, {"topic": "Only on Pay or Leave"}, 4),
        ({"only_topic": "No topic"}, {"topic": "Only on No topic"}, 1),
        ({"only_person": "ann"}, {"person": "Only Ann"}, 2),
        ({"only_user": "BOB@"}, {"user": "Only people whose e-mail contains “BOB@”"}, 4),
        ({"only_unknown_twin": "true"}, {"unknown_twin": "Only with twins that are gone"}, 1),
        ({"only_twin": "t1", "only_person": "bob"},
         {"twin": "Only with Bot", "person": "Only Bob"}, 1),
    ],
)  # fmt: skip
def test_an_address_filters_the_figures_and_says_so(
    app: Open,  # noqa: F811
    talks: Path,
    asked: dict[str, str | list[str]],
    said: dict[str, str],
    conversations: int,
) -> None:
    made = app(talks, "overview", asked | {"preset": "All"})
    no_errors(made)
    assert chips(made) == said
    assert figures(made)["Conversations"] == str(conversations)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_with_filters_and_shows_them(
    app: Open,  # noqa: F811
    talks: Path,
    page: str,
) -> None:
    asked = {"only_twin": "t3", "only_topic": [NASTY, "No topic"], "preset": "All"}
    made = app(talks, page, asked)
    no_errors(made)
    once = " ".join(NASTY.split())
    assert chips(made).keys() == {"twin", "topic"}
    assert chips(made)["topic"] == f"Only on {once} or No topic"
    assert made.query_params["only_twin"] == "t3"


def test_a_filter_goes_along_from_page_to_page_until_its_chip_is_clicked(
    app: Open,  # noqa: F811
    talks: Path,
) -> None:
    made = app(talks, "overview", {"only_twin": "t1", "only_topic": "Pay", "preset": "All"})
    for page in ("activities", "conversation", "views", "twins"):
        made.query_params.clear()  # as a click in the navigation does
        made.switch_page(f"../pages/{page}.py").run()
        no_errors(made)
        assert made.query_params["only_twin"] == "t1"
        assert chips(made).keys() == {"twin", "topic"}
    made.button(key="only-twin").click().run()
    no_errors(made)
    assert chips(made) == {"topic": "Only on Pay"}
    assert "only_twin" not in made.query_params


def test_what_is_gone_stays_in_the_question_and_is_said(app: Open, talks: Path) -> None:  # noqa: F811
    asked = {"only_twin": "nobody", "only_topic": ["Pay", "Old"], "only_person": "nobody"}
    made = app(talks, "overview", asked | {"preset": "All"})
    no_errors(made)
    assert chips(made)["twin"] == "Only with a twin that is no longer there"
    assert chips(made)["person"] == "Only somebody who is no longer there"
    [warning] = [one.value for one in made.warning]
    assert plain(warning) == (
        "No conversation is on the topic Old any more: nothing counts for it."
    )
    made.button(key="remove-topic-Old").click().run()
    assert chips(made)["topic"] == "Only on Pay"
    assert not made.warning
    assert figures(made)["Conversations"] == "0"


@pytest.mark.parametrize(
    ("asked", "said", "kept"),
    [
        ({"only_unknown_twin": "maybe"},
         "only_unknown_twin = maybe: choose true or false. Shown instead: everything.", {}),
        ({"only_twin": "t1", "only_unknown_twin": "true"},
         "only_unknown_twin = true: a twin is chosen too; leave one of them out. Shown instead:"
         " everything.", {"twin"}),
        ({"only_twin": ["t1", "t2"]},
         "only_twin = t1, t2: is given more than once; give it once. Shown instead: everything.",
         {}),
    ],
)  # fmt: skip
def test_a_filter_without_a_meaning_is_said_and_left_out(
    app: Open,  # noqa: F811
    talks: Path,
    asked: dict[str, str | list[str]],
    said: str,
    kept: set[str],
) -> None:
    made = app(talks, "overview", asked)
    no_errors(made)
    assert [plain(one.value) for one in made.warning] == [said]
    assert chips(made).keys() == set(kept)
    click(made, "Close")
    assert not made.warning


# --- typed -------------------------------------------------------------------------------------


def test_an_email_and_topics_are_typed(app: Open, talks: Path) -> None:  # noqa: F811
    made = app(talks, "overview", {"preset": "All"})
    typed(made, "user", " bob ")
    typed(made, "topic", "pAY")
    typed(made, "topic", "no topic")
    assert chips(made) == {
        "user": "Only people whose e-mail contains “bob”", "topic": "Only on Pay or No topic",
    }  # fmt: skip
    assert made.query_params["only_topic"] == ["Pay", "No topic"]
    assert figures(made)["Conversations"] == "2"


def test_a_topic_that_is_none_offers_those_that_hold_it(app: Open, talks: Path) -> None:  # noqa: F811
    made = app(talks)
    typed(made, "topic", "eav")
    assert "No topic is called eav" in plain(words(made))
    assert not chips(made)
    click(made, "Leave")
    assert chips(made) == {"topic": "Only on Leave"}
    assert "No topic is called" not in words(made)


@pytest.mark.parametrize("text", ["t4", "Calm", "cALM"])
def test_a_twin_is_typed_by_its_name_or_its_id(app: Open, talks: Path, text: str) -> None:  # noqa: F811
    made = typed(app(talks), "twin", text)
    assert (chips(made), made.query_params["only_twin"]) == ({"twin": "Only with Calm"}, "t4")


def test_of_several_twins_of_a_name_one_is_chosen(app: Open, talks: Path) -> None:  # noqa: F811
    made = typed(app(talks), "twin", "Bot")
    assert "Several twins are called Bot. Which one?" in plain(words(made))
    assert not chips(made)
    click(made, "Bot of bob@example.com, id t2")
    assert made.query_params["only_twin"] == "t2"
    assert "Which one?" not in words(made)


def test_a_twin_that_is_none_is_said_with_those_that_hold_the_text(
    app: Open,  # noqa: F811
    talks: Path,
) -> None:
    made = typed(app(talks), "twin", "**b")
    assert "No twin has the name or the id **b." in plain(words(made))
    assert "**b" not in words(made)
    label = next(one.label for one in made.button if str(one.key).startswith("meant-twin"))
    assert plain(label).startswith(NASTY[:60])
    assert plain(label).endswith("… of bob@example.com, id t3")
    typed(made, "twin", "zz\0")
    assert "Try a part of it." in plain(words(made))


# --- chosen from rows and charts -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "slug", "row", "button", "said"),
    [
        ("twins", "twins", ("t1",), "Only this twin", {"twin": "Only with Bot"}),
        ("twins", "topics", ("Pay",), "Only this topic", {"topic": "Only on Pay"}),
        ("twins", "twins", (), "Only twins that are gone",
         {"unknown_twin": "Only with twins that are gone"}),
    ],
)  # fmt: skip
def test_a_row_becomes_a_filter(  # noqa: PLR0913, PLR0917
    app: Open,  # noqa: F811
    talks: Path,
    page: str,
    slug: str,
    row: tuple[str, ...],
    button: str,
    said: dict[str, str],
) -> None:
    made = app(talks, page, {"preset": "All"})
    made.session_state[f"show-{slug}"] = True
    made.run()
    made.selectbox(key=f"choose-{slug}").set_value(row).run()
    assert {"Show 3 conversations", "Show 2 conversations", "Show 1 conversation"} & set(
        links(made)
    )
    click(made, button)
    assert chips(made) == said
    assert button not in [plain(one.label) for one in made.button]


def test_a_row_of_organizations_is_the_bars_filter(app: Open, talks: Path) -> None:  # noqa: F811
    made = app(talks, "organizations", {"preset": "All"})
    made.selectbox(key="choose-organizations").select_index(0).run()
    click(made, "Only this organization")
    assert made.multiselect(key="organization").value == ["B"]


def test_another_twin_takes_the_place_of_those_that_are_gone(app: Open, talks: Path) -> None:  # noqa: F811
    made = app(talks, "conversation", {"id": "s2", "only_unknown_twin": "true"})
    click(made, "Only this twin")
    click(made, "Only this topic")
    click(made, "Only this person")
    assert chips(made) == {
        "twin": "Only with Bot", "topic": "Only on Pay", "person": "Only Bob",
    }  # fmt: skip


def test_a_person_is_counted_in_what_the_filters_leave(app: Open, talks: Path) -> None:  # noqa: F811
    asked = {"id": "bob", "only_twin": "t1", "only_user": "ann", "preset": "All"}
    made = app(talks, "person", asked)
    no_errors(made)
    assert figures(made)["Conversations"] == "1"
    assert ", only with Bot." in words(made)
    page, parameters = links(made)["Show 1 conversation"]
    assert page == "activities"
    there = app(talks, page, parameters | {"only_twin": "t1", "only_user": "ann"})
    no_errors(there)
    assert "1 of 1 activity" in words(there)
    click(made, "Only this person")
    assert chips(made)["person"] == "Only Bob"


# --- lists, links and the way back ---------------------------------------------------------------


def test_a_list_is_narrowed_to_a_twin_of_its_own_until_one_is_kept(
    app: Open,  # noqa: F811
    talks: Path,
) -> None:
    made = app(talks, "activities", {"twin": "t3", "preset": "All"})
    no_errors(made)
    assert "of 2 activities" in words(made)
    assert made.button(key="chip-twin").label
    assert not [box for box in made.selectbox if box.key == "twin"]
    typed(made, "twin", "t1")
    assert chips(made) == {"twin": "Only with Bot"}
    assert "twin" not in made.query_params
    assert not [one for one in made.button if one.key == "chip-twin"]
    assert {"s1", "s2"} <= set(links(made))


def test_a_twin_that_is_gone_has_no_activities_and_is_said(app: Open, talks: Path) -> None:  # noqa: F811
    made = app(talks, "activities", {"twin": "gone*", "preset": "All"})
    no_errors(made)
    assert "0 activities" in words(made)
    click(made, "Only with a twin that is no longer there")
    assert "of 6 activities" in words(made)


def test_links_carry_the_filters_and_the_way_back(app: Open, talks: Path) -> None:  # noqa: F811
    made = app(talks, "overview", {"only_twin": "t1", "only_topic": "Pay", "preset": "All"})
    page, parameters = links(made)["Conversations 2: show conversations"]
    assert (parameters["in_only_twin"], parameters["in_only_topic"]) == (["t1"], ["Pay"])
    assert not {"twin", "topic"} & parameters.keys()
    kept = {"only_twin": "t1", "only_topic": "Pay", "preset": "All"}  # widgets keep the preset
    there = app(talks, page, parameters | kept)
    no_errors(there)
    assert "of 2 activities" in words(there)
    assert not [one for one in there.button if str(one.key).startswith("chip")]
    there.button(key="only-topic").click().run()
    restored = links(there)["Back to Overview"][1]
    assert restored["restore"] == ["true"]
    again = app(talks, "overview", restored | {"only_twin": "t2"})
    no_errors(again)
    assert chips(again) == {"twin": "Only with Bot", "topic": "Only on Pay"}
    assert again.query_params["only_twin"] == "t1"
    assert "in_only_twin" not in again.query_params


def test_a_list_keeps_to_the_filters_of_its_link(app: Open, talks: Path) -> None:  # noqa: F811
    made = app(talks, "activities", {"in_only_topic": "Pay", "only_twin": "t3", "preset": "All"})
    no_errors(made)
    assert "of 3 activities" in words(made)
    assert plain(made.button(key="chip-start_date").label) == "Only on Pay"
    made.button(key="only-twin").click().run()  # whoever changes the page's filters means those
    assert "of 6 activities" in words(made)


def test_installed_twins_ignore_what_happened(app: Open, talks: Path) -> None:  # noqa: F811
    made = app(talks, "overview", {"only_twin": "t1", "preset": "All"})
    page, parameters = links(made)["Twin installations 4: show installed twins"]
    there = app(talks, page, parameters | {"only_twin": "t1", "preset": "All"})
    no_errors(there)
    assert "of 4 installed twins" in words(there)
    assert not [one for one in there.button if str(one.key).startswith("chip")]


def test_a_link_opened_elsewhere_filters_every_page() -> None:
    pages = TestClient(Starlette(routes=shell.ROUTES), follow_redirects=False)
    link = (
        "/activities?start_date=2026-03-01&end_date=2026-03-02&in_only_twin=t1&twin=t2&only_user=x"
    )
    path, _, query = pages.get(link).headers["location"].partition("?")
    assert (path, parse_qs(query)) == (
        "/activities", {"dates": ["2026-03-01", "2026-03-02"], "only_twin": ["t1"], "twin": ["t2"]},
    )  # fmt: skip
    assert pages.get("/?only_twin=t1&only_topic=Pay").status_code == 200


def test_explanations_downloads_and_views_say_the_filters(app: Open, talks: Path) -> None:  # noqa: F811
    made = app(talks, "twins", {"only_twin": "t1", "only_topic": "Pay", "organization": "B"})
    made.session_state["explain-topics"] = made.session_state["save-topics"] = True
    made.run()
    no_errors(made)
    said = plain(words(made))
    assert "Only B, with Bot, on Pay." in said
    assert "B · Only with Bot · Only on Pay" in said  # what a view would keep
    [address] = [one.value for one in made.code if one.value.startswith("/api/")]
    files = [one.proto.url for one in made.get("link_button") if "/download/" in one.proto.url]
    assert files
    for each in (address, *files):
        asked = parse_qs(each.partition("?")[2])
        assert (asked["twin"], asked["topic"], asked["organization"]) == (["t1"], ["Pay"], ["B"])


# --- what somebody may see -----------------------------------------------------------------------


def test_answers_are_kept_apart_by_what_their_asker_may_see(
    app: Open,  # noqa: F811
    talks: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {"preset": "All"}
    assert figures(app(talks, "overview", asked))["Conversations"] == "6"
    with monkeypatch.context() as only_a:
        only_a.setattr("ui.access.scope", lambda: Scope.of(("A",)))
        made = app(talks, "overview", asked)
        no_errors(made)
        assert figures(made)["Conversations"] == "2"
        assert made.multiselect(key="organization").options == ["A"]
        for page in PAGES:
            there = app(talks, page, asked | {"only_twin": "t2", "id": "s3"})
            no_errors(there)
            assert chips(there) == {"twin": "Only with a twin that is no longer there"}
            assert "Bob" not in words(there)
        typed(made, "twin", "t2")
        assert "No twin has the name or the id t2" in plain(words(made))
        typed(made, "topic", "Leave")
        assert "No topic is called Leave" in plain(words(made))
    assert figures(app(talks, "overview", asked))["Conversations"] == "6"


def test_names_are_those_that_a_reader_may_see(app: Open, talks: Path) -> None:  # noqa: F811
    app(talks)
    store = service().store()
    with reading(store) as reader:
        assert topic_names(reader) == [*sorted(["Leave", "Pay", NASTY]), None]
        assert [one.id for one in twins_called(reader, "OT", 5)] == ["t1", "t2"]
        assert [one.id for one in twins_called(reader, "o", 2)] == ["t1", "t2"]
    with reading(store, Scope.of(("A",))) as reader:
        assert topic_names(reader) == ["Pay"]
        assert twins_called(reader, "Bot", 5) == [("t1", "Bot", "ann@example.com")]
        assert twins_called(reader, "t2", 5) == []
    one = Data(store, "v", None)
    assert len({one, replace(one, scope=Scope.of(("A",))), replace(one, version="w")}) == 3


def imported(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return [f"{node.module}.{name.name}" for node in found for name in node.names]


def test_pages_read_by_the_data_that_their_visitor_may_see() -> None:
    """Whoever opens a Reader by themselves may forget whose it is, and share what it answers."""
    found = [path.name for path in UI.glob("*.py")
             if "analytics.reading.reader.reading" in imported(path)]  # fmt: skip
    assert found == ["access.py"]


@pytest.mark.parametrize("path", sorted(UI.glob("*.py")), ids=lambda path: path.name)
def test_no_module_of_the_interface_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
