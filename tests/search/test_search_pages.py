# ruff: noqa: F811 - fixtures of another module are arguments
"""Search on the pages and through the API; texts that are shown as they were written."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from fastapi.testclient import TestClient

from analytics.lists.conversation import activity
from analytics.metrics.registry import BY_SLUG
from analytics.metrics.topics import TopicCount
from analytics.output.chart_data import chart_data
from analytics.reading.reader import reading
from analytics.service import Service, service
from analytics.web.api import app as api
from analytics.web.asker import the_service
from tests.conftest import settings_for
from tests.databases import Raw, a_document, a_query, a_session, a_twin, a_user, write
from tests.searching import NOW, Indexed, a_text, changing, talks, wait_until_built  # noqa: F401 - fixtures too
from tests.ui.test_pages import Open, app, charts, no_errors, words  # noqa: F401 - fixtures too


def test_the_api_searches(changing: Indexed) -> None:
    client = TestClient(api)
    made = Service(settings_for(changing.path))
    api.dependency_overrides[the_service] = lambda: made
    try:
        wait_until_built(made)
        found = client.get("/api/activities", params={"search": "budget", "limit": 1}).json()
        assert found["total"] == 2
        assert [part["text"] for part in found["items"][0]["snippet"] if part["match"]] == [
            "budget"
        ]
        assert "snippet" not in client.get("/api/activities").json()["items"][0]
        lines = client.get("/api/activities", params={"search": "budget", "format": "csv"}).text
        assert [line.split(",")[0] for line in lines.splitlines()[1:]] == ["s6", "s1"]
        refused = client.get("/api/activities", params={"search": "x" * 201})
        assert refused.status_code == 422
        assert "shorten it" in refused.json()["detail"][0]["msg"]
        assert client.get("/api/activities", params={"search": "***"}).json()["total"] == 0
    finally:
        api.dependency_overrides.clear()
        made.close()


def test_pages_show_what_slack_escapes_as_it_was_written(app: Open, tmp_path: Path) -> None:
    escaped, written = "R&amp;D &lt;b&gt; &amp;amp;", "R&D <b> &amp;"
    at = "2026-03-11 09:00:00"
    raw = Raw(
        users=[a_user("ann")],
        twins=[a_twin("t0", "ann", at)],
        sessions=[a_session("s", "ann", at, title=escaped, topic=escaped)],
        messages=[a_text("m", "s", escaped)],
        documents=[a_document("d", "s", at, title=escaped, document_type=escaped)],
        queries=[a_query("q", "s", at, query_text=escaped)],
    )
    write(raw, tmp_path / "chat.db")
    for page, least in (
        ("activities", 1), ("conversation", 5), ("documents", 3), ("queries", 2), ("overview", 1),
    ):  # fmt: skip
        made = app(tmp_path / "chat.db", page)
        if page == "conversation":
            made.query_params["id"] = "s"
            made.run()
        no_errors(made)
        shown = words(made) + " ".join(link.proto.label for link in made.get("page_link"))
        plain_text = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown)
        assert plain_text.count(written) >= least, page
        assert "R&amp;D" not in plain_text, page
        # What is no element of text is read as markdown: there, all of it is escaped.
        for kind in ("markdown", "caption", "subheader"):
            assert not any("<b>" in element.value for element in getattr(made, kind))
    made = app(tmp_path / "chat.db", "twins")
    (names,) = (
        list(data["topic"]) for title, (_, data) in charts(made).items() if title == "Topics"
    )
    assert names == [written]
    with reading(service().store()) as reader:  # as the API and the CSV have it
        stored = activity(reader, "s", NOW)
    assert stored
    assert stored.action == stored.messages[0].content == escaped


def test_topics_that_would_read_alike_stay_two_bars() -> None:
    topics = ("R&D", "R&amp;D", "&lt;b&gt;", None)
    rows = [TopicCount(topic=topic, conversations=1) for topic in topics]
    drawn = chart_data(BY_SLUG["topics"], rows)
    assert list(drawn["topic"]) == ["R&D", "R&amp;D", "<b>", "No topic"]


def test_a_search_says_how_many_conversations_it_cannot_find(app: Open, tmp_path: Path) -> None:
    made = Indexed(tmp_path, talks())
    made.store.close()
    with closing(sqlite3.connect(made.index)) as index:
        index.execute("UPDATE state SET skipped = 1")
        index.commit()
    page = app(made.path, "activities")
    assert "can't be searched" not in words(page)
    page.text_input(key="search").set_value("budget").run()
    no_errors(page)
    assert "1 conversation can't be searched" in words(page)
