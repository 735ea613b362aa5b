# ruff: noqa: F811, RUF001 - fixtures of another module are arguments; words of many scripts
"""Full-text search: what a search means, what it finds, and an index that follows every change."""

import html
import os
import random
import re
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.pool import NullPool

import analytics.search
from analytics.charts import TopicCount
from analytics.lists.activities import (
    ActivityQuery,
    FoundItem,
    activities,
    activity,
    all_activities,
    count_activities,
    first_activities,
)
from analytics.output.chart_data import chart_data
from analytics.query import Filters, QueryError
from analytics.reports import BY_SLUG
from analytics.search import Search, Term, check_search, coverage, fold, marked, snippets, terms
from analytics.service import Service, service
from analytics.settings import Settings
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import Store, open_database
from analytics.untrusted import unescaped
from analytics.web.api import app as api
from analytics.web.api.endpoints import the_service
from tests.conftest import settings_for
from tests.databases import (
    Raw,
    Row,
    a_document,
    a_message,
    a_query,
    a_session,
    a_twin,
    a_user,
    write,
)
from tests.postgres import create_tables, postgres, postgres_server  # noqa: F401 - fixtures
from tests.postgres import write as write_to_postgres
from tests.test_pages import Open, app, charts, no_errors, words  # noqa: F401 - fixtures too
from ui.inert import highlighted

NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)


def a_text(id_: str, session_id: str, content: str) -> Row:
    return a_message(id_, session_id, "2026-03-11 09:00:00") | {"content": content}


def talks() -> Raw:
    """Six conversations of two people, from the newest, s6, to the oldest, s1."""
    raw = Raw(users=[a_user("ann", "Acme"), a_user("bob", "Zebra")], twins=[a_twin("t0", "ann")])
    said = {
        "s1": ("Budget 2026", ["Where does the money go?", "Mostly to the café."]),
        "s2": ("Hiring", ["A job ad, please", "Here is the ad for the job."]),
        "s3": (None, ["The e-mail of O'Neil is lost", "E mail him again"]),
        "s4": ("Ünïcode", ["Die Straße ist naß", "ΟΔΥΣΣΕΥΣ und Ἀθήνα"]),
        "s5": ("文書の検索", ["東京都の予算を見せて", "हिन्दी में लिखो"]),
        "s6": ("Budget plan", ["plan the budget", "money is no object"]),
    }
    for n, (id_, (title, messages)) in enumerate(said.items(), 1):
        owner = "bob" if id_ == "s2" else "ann"
        raw.sessions.append(a_session(id_, owner, f"2026-03-0{n} 09:00:00", title=title))
        raw.messages += [a_text(f"{id_}m{m}", id_, text) for m, text in enumerate(messages)]
    return raw


def spoken() -> Raw:
    """The same, and four of the same two people in other scripts, with all that chats hold."""
    raw = talks()
    said = {
        "s7": ("Łódź office", ["Meeting at Østerbro in Đà Nẵng", "İstanbul'da ışık, þing, Cæsar"]),
        "s8": ("ประชุมวันจันทร์", ["ทีมของเราใช้Slackทุกวัน", "ພວກເຮົາຢູ່ວຽງຈັນ", "យើងនៅភ្នំពេញ ရန်ကုန်မြို့"]),
        "s9": (
            "\u26a0\ufe0fDowntime",
            [
                "1\ufe0f\u20e3Restart \U0001f680launch Acme™",
                "ze\u200bro so\u00adft\u2060ware \ufeffmark",
            ],
        ),
        "s10": ("R&amp;D &lt;plans&gt;", ["O\u2019Neil\u2019s \u201cdear\u201d O\u02bcBrien"]),
    }
    for n, (id_, (title, messages)) in enumerate(said.items(), 7):
        raw.sessions.append(a_session(id_, "bob", f"2026-03-{n:02} 09:00:00", title=title))
        raw.messages += [a_text(f"{id_}m{m}", id_, text) for m, text in enumerate(messages)]
    return raw


class Indexed:
    """A database whose rows change, and its index."""

    def __init__(self, folder: Path, raw: Raw) -> None:
        self.path = folder / "data.db"
        write(raw, self.path)
        self.store: Store = open_database(settings_for(self.path))
        self.search = Search(self.store)
        self.update()

    @property
    def index(self) -> Path:
        return self.path.with_name("data.search.db")

    def update(self) -> None:
        self.store.refresh()
        self.search.update()

    def change(self, statement: str, *values: Any) -> None:
        with closing(sqlite3.connect(self.path)) as database:
            database.execute(statement, values)
            database.commit()

    def ids(self, words: str, **more: Any) -> str:
        with self.store.session() as session:
            ask = ActivityQuery(search=words, **more)
            found = [item.id for item in all_activities(session, ask, NOW)]
            assert count_activities(session, ask) == len(found)
            assert [item.id for item in first_activities(session, ask, NOW, 100)] == found
            return " ".join(found)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    made = Indexed(tmp_path_factory.mktemp("talk"), talks())
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    made = Indexed(tmp_path_factory.mktemp("chats"), spoken())
    yield made
    made.store.close()


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Indexed]:
    made = Indexed(tmp_path, talks())
    yield made
    made.store.close()


# --- what a search means ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("budget", [Term(("budget",))]),
        ("  Money   BUDGET ", [Term(("money",)), Term(("budget",))]),
        ('"job ad"', [Term(("job", "ad"))]),
        ('the "job ad" now', [Term(("the",)), Term(("job", "ad")), Term(("now",))]),
        ("bud*", [Term(("bud",), is_prefix=True)]),
        ("e-mail", [Term(("e", "mail"))]),
        ("e-ma*", [Term(("e", "ma"), is_prefix=True)]),
        ('"bud*"', [Term(("bud",))]),
        ("b*", [Term(("b",))]),
        ('half "open', [Term(("half",)), Term(("open",))]),
        ("budget AND NOT money", [Term((w,)) for w in ("budget", "and", "not", "money")]),
        ("a OR (b)", [Term(("a",)), Term(("or",)), Term(("b",))]),
        ("title:x ^y -z", [Term(("title", "x")), Term(("y",)), Term(("z",))]),
        ("again again", [Term(("again",))]),
        ("+++ word ***", [Term(("word",))]),
        ("plan*\u200b", [Term(("plan",), is_prefix=True)]),
        ("วัน*", [Term(("ว", "ั", "น"))]),  # each is a word: it may go on anyway
        (
            "O\u2019Neil dogs\u2019 bones\u2019",
            [Term(("o", "neil")), Term(("dogs",)), Term(("bones",))],
        ),
        ("O\u02bcNeil", [Term(("o", "neil"))]),
        ("\u2018don\u2019t panic\u2019 now", [Term(("don", "t", "panic")), Term(("now",))]),
        ("\u2018half open", [Term(("half",)), Term(("open",))]),
        ('"the \u2018job ad\u2019 now"', [Term(("the", "job", "ad", "now"))]),
        ("R&D", [Term(("r", "d"))]),
        ("R&amp;D", [Term(("r", "d"))]),
    ],
)
def test_words_phrases_and_prefixes(asked: str, expected: list[Term]) -> None:
    assert list(terms(asked)) == expected


@pytest.mark.parametrize(
    "pair", ["“”", "„“", "«»", "»«", "‹›", "‘’", "‚‘", "’’", "＂＂", "「」", '""']
)
def test_quotes_of_every_language_are_quotes(pair: str) -> None:
    phrase = f"{pair[0]}job ad{pair[1]}"
    assert terms(f"the {phrase} now") == (Term(("the",)), Term(("job", "ad")), Term(("now",)))


@pytest.mark.parametrize("asked", ["***", '""', " ", "?!", "\x00", "\ue000"])
def test_a_search_without_a_word_finds_nothing(asked: str, talk: Indexed) -> None:
    assert terms(asked) == ()
    assert talk.ids(asked) == ""


def test_a_very_long_search_is_refused() -> None:
    with pytest.raises(QueryError, match="has more than 200 characters; shorten it"):
        ActivityQuery(search="x" * 201)
    assert terms("x" * 200)


@pytest.mark.parametrize(
    ("words", "folded"),
    [
        ("Café Ünïcode", "cafe unicode"),
        ("Straße NASS", "strasse nass"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
        ("ﬁne ½", "fine 1 2"),
        ("zero\u200bwidth so\u00adft", "zerowidth soft"),
        ("a_b.c", "a b c"),
        ("東京x", "東 京 x"),
        ("हिन्दी", "हिन्दी"),
        ("\ue000 \x00 \ud800", ""),
        ("Łódź Đà Nẵng Øst Ħ Ŧ ɨ", "lodz da nang ost h t i"),
        ("İI ıi ȷ", "ii ii j"),
        ("Ð Þ Æ Œ ẞ ß Ŋ ǽ", "d th ae oe ss ss n ae"),
        ("Ғ Қ Ґ Й", "г к г и"),
        ("ทุกx๒๕", "ท ุ ก x๒๕"),
        (
            "\u26a0\ufe0fUp 1\ufe0f\u20e3Go \u2139\ufe0fSee \U0001f44d\U0001f3fdok",
            "up 1 go i see ok",
        ),
        ("Acme™ 3½ ①x", "acme tm 3 1 2 1 x"),
        ("\u2060a\u200d\u200cb\ufeffc\u180bd", "abcd"),
        ("R&amp;D &lt;b&gt; &amp;lt; &quot;", "r d b lt quot"),
        (b"caf\xc3\xa9 M\xfcller", "cafe m ller"),
        (17, "17"),
        (None, ""),
    ],
)
def test_folding(words: object, folded: str) -> None:
    assert " ".join(fold(words).split()) == unicodedata.normalize("NFKD", folded)


def test_every_letter_with_a_stroke_folds_to_one_without() -> None:
    for char in map(chr, range(0x250)):
        name = unicodedata.name(char, "")
        if re.match("LATIN (SMALL|CAPITAL) LETTER (?!LAMBDA).* WITH .*STROKE", name):
            assert re.fullmatch("[a-z]+", fold(char)), name


# --- what it finds ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("budget", "s6 s1"),
        ("BUDGET money", "s6 s1"),
        ("budget café", "s1"),
        ("cafe", "s1"),
        ('"job ad"', "s2"),
        ('"ad job"', ""),
        ('"the job"', "s2"),
        ("budg*", "s6 s1"),
        ("budg", ""),
        ('"budget p"', ""),
        ("e-mail", "s3"),
        ("O'Neil", "s3"),
        ('"lost e"', ""),  # no phrase reaches over two messages
        ("strasse", "s4"),
        ("STRASSE nass", "s4"),
        ("οδυσσευς", "s4"),
        ("αθηνα", "s4"),
        ("東京", "s5"),
        ("京東", ""),
        ("予算", "s5"),
        ("हिन्दी", "s5"),
        ("2026", "s1"),
        ("unheard", ""),
        ("AND", ""),
    ],
)
def test_every_word_must_match_somewhere_in_the_conversation(
    words: str, expected: str, talk: Indexed
) -> None:
    assert talk.ids(words) == expected


CHATTED = {
    "lodz": "s7", "łódz": "s7", "LODZ": "s7", "osterbro": "s7", "ØSTERBRO": "s7", "da nang": "s7",
    '"đà nang"': "s7", "ISTANBUL": "s7", "istanbul": "s7", "isik": "s7", "ISIK": "s7",
    "thing": "s7", "cæsar caesar": "s7", "øster*": "s7", "café": "s1", "strasse": "s4",
    "วันจันทร์": "s8", "จันทร์": "s8", "ประชุม*": "s8", '"ประชุม วัน"': "s8", "เราใช้slack": "s8",
    "slack": "s8", "ทุกวัน": "s8", "วันทุก": "", "ວຽງຈັນ": "s8", "ພວກ*": "s8", "ភ្នំពេញ": "s8",
    "ရန်ကုန်": "s8", "東京": "s5",
    "downtime": "s9", "\u26a0\ufe0fdowntime": "s9", "restart launch acme": "s9", "downt*": "s9",
    "zero software": "s9", "zer\u200bo": "s9", "\ufeffmark\u00ad": "s9", "soft": "",
    "R&D": "s10", "R&amp;D": "s10", "r&d <plans>": "s10", "amp": "", "lt": "",
    "\u201cneil s dear\u201d": "s10", "\u2018dear O\u2019Brien\u2019": "s10", "O'Brien": "s10",
    "\u00abdear neil\u00bb": "", "O\u2019Neil": "s10 s3",
}  # fmt: skip


@pytest.mark.parametrize("asked", CHATTED)
def test_words_are_found_however_they_are_written(asked: str, chats: Indexed) -> None:
    assert chats.ids(asked) == CHATTED[asked]


# What a text may hold, by its words: each can be written in several ways.
SPELLINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("lodz", ("Łódź", "lodz", "LÓDZ", "lo\u0301dz\u0301", "\u26a0\ufe0fŁódź", "ł\u200bódź")),
    ("osterbro", ("Østerbro", "østerbro", "\ufeffOSTERBRO", "\U0001f6b2osterbro")),
    ("r d", ("R&D", "R&amp;D", "r d", "R/D", "R\u2019D", "R\u02bcD")),
    ("o neil s", ("O'Neil's", "O\u2019Neil\u2019s", "Oʼneil`s")),
    ("a b", ("a &lt;b&gt;", "A <B>", "a&amp;B")),
    ("strasse", ("Straße", "STRASSE", "stra\u00adße", "STRAẞE")),
    ("ท ุ ก", ("ทุก", " ทุก ")),
    ("ว ั น", ("วัน",)),
    ("東 京", ("東京", "東 京")),
    ("ວ ຽ ງ", ("ວຽງ",)),
)


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from(SPELLINGS), st.randoms(use_true_random=False)), max_size=8),
    st.lists(st.tuples(st.sampled_from(SPELLINGS), st.randoms(use_true_random=False)), max_size=2),
    st.sampled_from(('"{}"', "“{}”", "«{}»", "‘{}’")),
)
def test_a_phrase_is_found_in_any_spelling_where_a_plain_search_finds_its_words(
    said: list[tuple[Any, random.Random]], asked: list[tuple[Any, random.Random]], quotes: str
) -> None:
    def written(pieces: list[tuple[Any, random.Random]]) -> str:
        return " ".join(draw.choice(spellings) for (_, spellings), draw in pieces)

    held, wanted = (f" {' '.join(words for (words, _), _ in one)} " for one in (said, asked))
    query = terms(quotes.format(written(asked)))
    assert fts_matches(fold(written(said)), query) == (bool(asked) and wanted in held)


def fts_matches(folded: str, query: tuple[Term, ...]) -> bool:
    """Whether SQLite finds a text."""
    if not query:
        return False
    with closing(sqlite3.connect(":memory:")) as index:
        index.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize='ascii')")
        index.execute("INSERT INTO words VALUES (?)", [folded])
        match = "SELECT count(*) FROM words WHERE words MATCH ?"
        return bool(index.execute(match, [analytics.search._fts(query)]).fetchone()[0])


def test_a_search_is_a_filter_like_the_others(talk: Indexed) -> None:
    assert talk.ids("the") == "s6 s3 s2 s1"
    assert talk.ids("the", filters=Filters(("Zebra",))) == "s2"
    assert talk.ids("the", user="ann") == "s6 s3 s1"
    assert (
        talk.ids("the", start=datetime(2026, 3, 2, tzinfo=UTC).date(), twin_id="t0") == "s6 s3 s2"
    )
    assert talk.ids("the", type="document") == ""


def test_pages_of_a_search(talk: Indexed) -> None:
    with talk.store.session() as session:
        pages = [activities(session, ActivityQuery(search="the"), NOW, n, 3) for n in (1, 2, 3)]
        assert [[item.id for item in page.items] for page in pages] == [
            ["s6", "s3", "s2"], ["s1"], [],
        ]  # fmt: skip
        assert {(page.total, page.total_pages) for page in pages} == {(4, 2)}
        cursor = pages[0].next_cursor
        assert cursor
        after = activities(session, ActivityQuery(search="the"), NOW, 2, 3, cursor=cursor)
        assert [item.id for item in after.items] == ["s1"]


@pytest.mark.parametrize("words", ["the", "bud*", "the money"])
def test_common_words_are_looked_up_otherwise_with_the_same_answer(
    words: str, talk: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = talk.ids(words)
    monkeypatch.setattr(analytics.search, "_MANY_MATCHES", 0)
    assert talk.ids(words) == expected != ""


@settings(max_examples=150)
@given(st.text(max_size=40) | st.text("\"*'\\:&|!<>()-^{}+ abeg", max_size=20))
@example('"')
@example("\\' | !(a) <-> 'b':*AB")
@example('a" OR "b')
@example("NEAR(a b, 2)")
@example("\ud800x")
def test_nothing_that_is_written_breaks_a_search(talk: Indexed, words: str) -> None:
    with talk.store.session() as session:
        assert first_activities(session, ActivityQuery(search=words), NOW) is not None


# --- snippets -----------------------------------------------------------------------------------


def shown(talk: Indexed, words: str, id_: str) -> str:
    """A snippet with its matches in [brackets]."""
    with talk.store.session() as session:
        parts = snippets(session, words, [id_])[id_]
    return "".join(f"[{part.text}]" if part.match else part.text for part in parts)


@pytest.mark.parametrize(
    ("words", "id_", "expected"),
    [
        ("money", "s1", "Where does the [money] go?"),
        ("cafe", "s1", "Mostly to the [café]."),
        ('"job ad"', "s2", "A [job ad], please"),
        ("e-mail", "s3", "The [e-mail] of O'Neil is lost"),
        ("strass*", "s4", "Die [Straße] ist naß"),
        ("東京", "s5", "[東京]都の予算を見せて"),
        ("2026", "s1", "[Budget 2026]".replace("[Budget 2026]", "Budget [2026]")),
        ("plan budget", "s6", "[plan] the [budget]"),
        ("r&d", "s10", "[R&D] <plans>"),
        ("lodz", "s7", "[Łódź] office"),
        ("ทุกวัน", "s8", "ทีมของเราใช้Slack[ทุกวัน]"),
        ("downtime", "s9", "\u26a0\ufe0f[Downtime]"),
    ],
)
def test_a_snippet_shows_the_matches(words: str, id_: str, expected: str, chats: Indexed) -> None:
    assert shown(chats, words, id_) == expected


def test_a_snippet_of_a_huge_word_is_short() -> None:
    (part, more) = marked("x" * 1_000_000, [analytics.search._pattern(terms("xx*")[0])])
    assert (len(part.text), part.match, more.text) == (240, True, " …")


def test_a_snippet_of_a_long_text_is_a_stretch_around_the_match() -> None:
    text = "word " * 100 + "Needle\n\tin  hay " + "straw " * 100
    parts = marked(text, [analytics.search._pattern(terms("needle")[0])])
    assert [part.match for part in parts] == [False, False, True, False, False]
    assert parts[0].text == "… "
    assert parts[2].text == "Needle"
    assert parts[3].text.startswith(" in hay straw")
    assert parts[-1].text == " …"
    assert len("".join(part.text for part in parts)) < 260


@given(st.text(min_size=1, max_size=60))
def test_the_pieces_of_a_snippet_are_the_text(content: str) -> None:
    parts = marked(content, [analytics.search._pattern(Term(("a",), is_prefix=True))])
    plain = "".join(part.text for part in parts)
    assert "".join(plain.split()) == "".join(unescaped(content).split())
    assert all(fold(part.text).strip().startswith("a") for part in parts if part.match)


def test_items_have_a_snippet_only_when_searched(talk: Indexed) -> None:
    with talk.store.session() as session:
        found = activities(session, ActivityQuery(search="money"), NOW)
        plain = activities(session, ActivityQuery(), NOW)
    assert all(isinstance(item, FoundItem) for item in found.items)
    dumped = found.model_dump(mode="json", by_alias=True)["items"][0]
    assert dumped["snippet"] == [
        {"text": "money", "match": True}, {"text": " is no object", "match": False},
    ]  # fmt: skip
    assert "snippet" not in plain.model_dump(mode="json", by_alias=True)["items"][0]


@pytest.mark.parametrize(
    "content",
    [
        "<b>needle</b><script>needle()</script>",
        "**needle** _needle_ `needle` ~~needle~~",
        "[needle](http://x.example) ![needle](http://x.example/i.png)",
        ":red[needle] ]needle[ :material/needle: $needle$",
        "# needle\n\n| needle | b |\n|---|---|\n- needle",
        "http://x.example/needle www.needle.example needle@x.example",
    ],
)
def test_a_snippet_is_drawn_as_inert_text(content: str) -> None:
    parts = marked(content, [analytics.search._pattern(Term(("needle",)))])
    drawn = highlighted(parts)
    assert drawn.count(":orange-background[needle]") == fold(content).split().count("needle")
    rest = drawn.replace(":orange-background[needle]", "")
    # All that could be markup has a backslash before it.
    assert not re.search(r"(?<!\\)(?:\\\\)*[!-/:-@\[\]^-`{-~]", rest)
    assert "\n" not in rest


# --- in the product -----------------------------------------------------------------------------


def wait_until_built(made: Service) -> None:
    for _ in range(200):
        with made.store().session() as session:
            if coverage(session).is_complete:
                return
        time.sleep(0.05)
    raise AssertionError("the index was not built")


def test_the_service_builds_the_index_even_where_nothing_is_refreshed(tmp_path: Path) -> None:
    write(talks(), tmp_path / "data.db")
    made = Service(settings_for(tmp_path / "data.db").model_copy(update={"refresh_seconds": 0}))
    wait_until_built(made)
    check_search(made.store())
    made.close()


def test_switched_off_there_is_no_index(tmp_path: Path) -> None:
    write(talks(), tmp_path / "data.db")
    made = Service(settings_for(tmp_path / "data.db").model_copy(update={"search": False}))
    with pytest.raises(QueryError, match="set SEARCH=true"):
        check_search(made.store())
    made.close()
    assert not (tmp_path / "data.search.db").exists()


def test_before_the_index_is_built_the_remedy_is_named(tmp_path: Path) -> None:
    write(talks(), tmp_path / "data.db")
    store = open_database(settings_for(tmp_path / "data.db"))
    store.refresh()
    with pytest.raises(DatabaseProblem, match=r"Search is being built: 0%.*without `search`"):
        check_search(store)
    store.close()


def test_where_no_index_can_be_written_the_remedy_is_named_until_one_can(tmp_path: Path) -> None:
    write(talks(), tmp_path / "data.db")
    store = open_database(settings_for(tmp_path / "data.db"))
    search = Search(store)
    store.refresh()
    (tmp_path / "data.search.db").mkdir()
    search.keep_up(threading.Event(), 0)
    with pytest.raises(DatabaseProblem, match=r"can't be built.*Check that data\.search\.db and"):
        check_search(store)
    (tmp_path / "data.search.db").rmdir()
    search.keep_up(threading.Event(), 0)
    check_search(store)
    assert not store.search_problem
    store.close()


def test_the_api_searches(changing: Indexed) -> None:
    client = TestClient(api)
    made = Service(settings_for(changing.path))
    api.dependency_overrides[the_service] = lambda: lambda: made
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


# --- the index ----------------------------------------------------------------------------------


def test_every_change_is_found_after_a_refresh(changing: Indexed) -> None:
    changing.change("UPDATE messages SET content = 'gold' WHERE id = 's1m0'")
    changing.change("UPDATE sessions SET title = 'gold' WHERE id = 's2'")
    changing.change("DELETE FROM sessions WHERE id = 's6'")
    changing.change("UPDATE messages SET session_id = 's4' WHERE id = 's3m0'")
    changing.change("UPDATE sessions SET user_id = 'bob' WHERE id = 's5'")
    changing.update()
    assert changing.ids("gold") == "s2 s1"
    assert changing.ids("money") == ""
    assert changing.ids("lost") == "s4"
    assert changing.ids("東京", filters=Filters(("Zebra",))) == "s5"


def test_what_enters_the_list_without_being_changed_is_found(changing: Indexed) -> None:
    changing.change("UPDATE sessions SET user_id = 'eve', started_at = NULL WHERE id = 's1'")
    changing.store.rebuild()
    changing.search.update()
    assert changing.ids("budget") == "s6"
    changing.change("UPDATE sessions SET started_at = '2026-03-01 10:00:00' WHERE id = 's1'")
    changing.change("INSERT INTO users (id, email, full_name) VALUES ('eve', 'e@x.org', 'Eve')")
    changing.update()
    assert changing.ids("budget") == "s6 s1"


def test_deleted_text_is_not_kept(changing: Indexed) -> None:
    changing.change("DELETE FROM sessions WHERE id = 's6'")
    changing.change("DELETE FROM messages WHERE session_id = 's6'")
    changing.store.rebuild()  # nothing says what has changed since
    changing.search.update()
    with closing(sqlite3.connect(changing.index)) as index:
        kept = [row[0] for row in index.execute("SELECT session_id FROM document ORDER BY 1")]
        texts = " ".join(row[0] for row in index.execute("SELECT text FROM words"))
    assert kept == ["s1", "s2", "s3", "s4", "s5"]
    assert "object" not in texts


def test_after_a_rebuild_nothing_is_shown_before_it_was_looked_at_again(
    changing: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analytics.search, "_AT_ONCE", 2)
    changing.change("UPDATE messages SET content = 'gold' WHERE id = 's1m0'")
    changing.store.rebuild()
    assert changing.ids("money") == ""
    assert changing.search.step()
    assert changing.ids("money") == "s6"  # s6 and s5 were looked at; only newer than s5 is sure
    changing.search.update()
    assert changing.ids("money") == "s6"
    assert changing.ids("gold") == "s1"


def test_it_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analytics.search, "_AT_ONCE", 1)
    write(talks(), tmp_path / "data.db")
    store = open_database(settings_for(tmp_path / "data.db"))
    store.refresh()
    seen = []
    for _ in range(4):
        Search(store).step()  # as another process would
        with store.session() as session:
            now = coverage(session)
            seen.append((round(now.share, 2), now.is_complete))
    assert seen == [(0.17, False), (0.33, False), (0.5, False), (0.67, False)]
    Search(store).update()
    with store.session() as session:
        assert coverage(session).is_complete
        found = all_activities(session, ActivityQuery(search="budget"), NOW)
        assert [item.id for item in found] == ["s6", "s1"]
    store.close()


@pytest.mark.parametrize("harm", ["delete", "garbage", "other release"])
def test_the_file_can_be_lost(harm: str, changing: Indexed) -> None:
    if harm == "delete":
        changing.index.unlink()
    elif harm == "garbage":
        header = changing.index.read_bytes()[:100]
        changing.index.write_bytes(header + b"no database" * 1000)
    else:
        with closing(sqlite3.connect(changing.index)) as index:
            index.execute("ALTER TABLE state DROP COLUMN skipped")
            index.execute("PRAGMA user_version = 1")
    with changing.store.session() as session:  # the rest of the page does without
        assert len(activities(session, ActivityQuery(), NOW).items) == 6
    if harm != "garbage":  # which is noticed when it is written to
        with changing.store.session() as session:
            assert coverage(session).share == 0
        assert changing.ids("budget") == ""
    closed = threading.Event()
    for _ in range(2):  # a damaged file is found to be so once
        changing.search.keep_up(closed, 0)
    assert changing.ids("budget") == "s6 s1"


def test_one_process_at_a_time_indexes(changing: Indexed) -> None:
    other = Search(changing.store)
    changing.change("UPDATE messages SET content = 'gold' WHERE id = 's1m0'")
    changing.store.refresh()
    with other._index.alone() as alone:
        assert alone
        assert not changing.search.keep_up(threading.Event(), 0)
        assert changing.ids("gold") == ""
    changing.search.keep_up(threading.Event(), 0)
    assert changing.ids("gold") == "s1"


@pytest.mark.parametrize(
    "held",
    [
        "CAST(x'4dfc6c6c6572' AS TEXT)",
        "CAST(x'eda080' AS TEXT)",
        "x'00ff'",
        "CAST(x'610062' AS TEXT)",
        "17",
        "NULL",
    ],
)
def test_whatever_a_row_holds_the_others_are_found(held: str, changing: Indexed) -> None:
    with closing(sqlite3.connect(changing.path)) as database:  # columns that hold anything
        database.executescript(
            "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(replace(sql,"
            " 'content TEXT NOT NULL', 'content'), 'title VARCHAR(500)', 'title')"
        )
    changing.change(f"UPDATE messages SET content = {held} WHERE session_id = 's6'")
    changing.change(f"UPDATE sessions SET title = {held} WHERE id = 's5'")
    changing.update()
    assert changing.ids("money") == "s1"
    assert changing.ids("hiring") == "s2"
    with changing.store.session() as session:
        assert (coverage(session).is_complete, coverage(session).skipped) == (True, 0)
        assert set(snippets(session, "budget 東京", ["s5", "s6"])) == {"s5", "s6"}


def test_a_word_of_5_mb_and_100_000_words_are_indexed(changing: Indexed) -> None:
    changing.change("UPDATE messages SET content = ? WHERE id = 's1m0'", "x" * 5_000_000)
    many = " ".join(f"w{n}" for n in range(100_000))
    changing.change("UPDATE messages SET content = ? WHERE id = 's2m0'", many)
    changing.update()
    with changing.store.session() as session:
        for asked in ("xxx*", "w0 w99999", "budget"):
            assert count_activities(session, ActivityQuery(search=asked)), asked


def failing(search: Search, fault: Exception, *of: str) -> None:
    """Let the index fail to write these conversations."""
    write_all = search._index.write

    def write_some(ids: Any, texts: Any, state: Any) -> None:
        if set(of) & set(texts):
            raise fault
        write_all(ids, texts, state)

    search._index.write = write_some  # type: ignore[method-assign]


def test_a_conversation_that_cannot_be_indexed_is_left_out_and_counted(
    changing: Indexed, caplog: pytest.LogCaptureFixture
) -> None:
    failing(changing.search, UnicodeError("secret words"), "s6", "s2")
    changing.store.rebuild()
    changing.search.keep_up(threading.Event(), 0)
    assert not changing.store.search_problem
    with changing.store.session() as session:
        assert (coverage(session).is_complete, coverage(session).skipped) == (True, 2)
    assert changing.ids("budget") == "s1"
    assert changing.ids("job") == ""
    assert not changing.search.step()  # it is not tried again until it changes
    assert "secret" not in caplog.text


def test_a_database_that_cannot_be_written_leaves_nothing_out(changing: Indexed) -> None:
    failing(changing.search, sqlite3.OperationalError("secret words"), "s6")
    changing.store.rebuild()
    changing.search.keep_up(threading.Event(), 0)
    assert changing.store.search_problem
    del changing.search._index.write
    changing.search.keep_up(threading.Event(), 0)
    with changing.store.session() as session:
        assert coverage(session).skipped == 0
    assert changing.ids("budget") == "s6 s1"


# --- shown --------------------------------------------------------------------------------------


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
    with service().store().session() as session:  # as the API and the CSV have it
        stored = activity(session, "s", NOW)
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


# --- against a plain search of the raw rows -----------------------------------------------------

WORDS = (
    "Alpha", "beta", "BETA", "gamma", "Ünï", "al", "東京", "e-mail", "x_y", "Łódź", "R&amp;D",
    "ทุกวัน", "\u26a0\ufe0fBeta", "al\u200bpha",
)  # fmt: skip
ASKED = (
    "alpha",
    "al*",
    "beta gamma",
    '"beta gamma"',
    "uni",
    "東",
    "email",
    '"e mail" x',
    "x_y",
    "京 al*",
    "lodz",
    "R&D",
    "กวั beta",
)


def plain(text: str) -> list[str]:
    """The words of a text, found without the product's code."""
    words, word = [], ""
    seen = re.sub("[\u200b\ufe0f]", "", html.unescape(text).lower().replace("ł", "l"))
    for char in unicodedata.normalize("NFKD", seen):
        if "\u3400" <= char <= "\u9fff" or "\u0e00" <= char <= "\u0eff":
            words += [word, char]
            word = ""
        elif char.isalnum():
            word += char
        elif not unicodedata.combining(char):
            words.append(word)
            word = ""
    return [w for w in [*words, word] if w]


def oracle(database: sqlite3.Connection, asked: str) -> str:
    """Conversations that have every word, phrase and prefix, newest first."""
    found = []
    rows = database.execute(
        "SELECT sessions.id, title FROM sessions JOIN users ON users.id = user_id"
        " WHERE started_at IS NOT NULL ORDER BY started_at DESC, sessions.id DESC"
    )
    for id_, title in rows:
        texts = database.execute("SELECT content FROM messages WHERE session_id = ?", [id_])
        parts = [plain(title or ""), *(plain(row[0]) for row in texts)]
        if all(
            any(_has(part, plain(quoted or word), word.endswith("*")) for part in parts)
            for quoted, word in re.findall(r'"([^"]*)"|([^\s"]+)', asked)
        ):
            found.append(id_)
    return " ".join(found)


def _has(words: list[str], wanted: list[str], is_prefix: bool) -> bool:
    last = len(wanted) - 1
    return any(
        words[at : at + last] == wanted[:last]
        and (
            words[at + last].startswith(wanted[last])
            if is_prefix
            else words[at + last] == wanted[last]
        )
        for at in range(len(words) - last)
    )


def random_change(draw: random.Random, at: int) -> tuple[str, list[Any]]:
    """Some statement that inserts, edits, moves or deletes."""
    said = " ".join(draw.choices(WORDS, k=draw.randint(0, 6)))
    session, other = (f"s{draw.randint(0, 9)}" for _ in range(2))
    user = draw.choice(["ann", "bob", "nobody"])
    day = f"2026-03-0{draw.randint(1, 9)} 09:00:00"
    started = draw.choice([day, day, None])
    return draw.choice(
        [
            (
                "INSERT OR REPLACE INTO sessions"
                " (id, user_id, twin_id, platform, title, started_at)"
                " VALUES (?, ?, 't0', 'slack', ?, ?)",
                [session, user, said, started],
            ),
            (
                "INSERT INTO messages (id, session_id, sender_type, content)"
                " VALUES (?, ?, 'user', ?)",
                [f"n{at}", session, said],
            ),
            ("UPDATE messages SET content = ? WHERE session_id = ?", [said, session]),
            ("UPDATE messages SET session_id = ? WHERE session_id = ?", [other, session]),
            ("UPDATE sessions SET user_id = ?, title = ? WHERE id = ?", [user, said, session]),
            ("DELETE FROM sessions WHERE id = ?", [session]),
            ("DELETE FROM messages WHERE session_id = ?", [session]),
            ("DELETE FROM users WHERE id = 'bob'", []),
            ("INSERT OR IGNORE INTO users (id, email, full_name) VALUES ('bob', 'b', 'B')", []),
        ]
    )


@pytest.mark.parametrize("seed", range(int(os.environ.get("SEARCH_SEEDS", "1"))))
def test_random_changes_end_in_what_a_plain_search_finds(
    seed: int, changing: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analytics.search, "_AT_ONCE", 4)
    draw = random.Random(seed + 1)  # noqa: S311
    found = 0
    for round_ in range(8):
        with closing(sqlite3.connect(changing.path)) as database:
            for n in range(draw.randint(1, 20)):
                database.execute(*random_change(draw, 100 * round_ + n))
            database.commit()
        if draw.random() < 0.2:
            changing.store.rebuild()
        changing.store.refresh()
        if draw.random() < 0.3:
            changing.search.step()  # killed after it
            changing.search = Search(changing.store)
            continue
        changing.search.update()
        with closing(sqlite3.connect(changing.path)) as database:
            for asked in ASKED:
                expected = oracle(database, asked)
                assert changing.ids(asked) == expected, asked
                found += len(expected.split())
    assert found > 20


# --- on PostgreSQL ------------------------------------------------------------------------------

FOUND = (
    "budget", '"job ad"', '"ad job"', "budg*", "e-mail", '"lost e"', "οδυσσευς", "東京", "हिन्दी",
    "O'Neil", "strasse nass", "the money", "a' | 'b & !(c)", "the", "unheard", *CHATTED,
)  # fmt: skip


@pytest.mark.slow
def test_postgresql_finds_the_same(
    postgres: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analytics.search, "_AT_ONCE", 4)
    changing = Indexed(tmp_path, spoken())
    engine, store = on_postgres(postgres, spoken())
    search = Search(store)

    def same() -> None:
        search.update()
        changing.update()
        with store.session() as session:
            assert coverage(session).is_complete
            for words in FOUND:
                ask = ActivityQuery(search=words)
                found = activities(session, ask, NOW, 1, 3)
                ids = [item.id for item in all_activities(session, ask, NOW)]
                assert " ".join(ids) == changing.ids(words), words
                assert [item.id for item in found.items] == ids[:3]
                assert found.total == len(ids)
                assert all(isinstance(i, FoundItem) and i.snippet for i in found.items)

    same()
    for statement in (
        "UPDATE messages SET content = 'the gold budget' WHERE id = 's2m0'",
        "DELETE FROM sessions WHERE id = 's6'",
        "UPDATE sessions SET user_id = 'bob' WHERE id = 's5'",
        "UPDATE messages SET session_id = 's4' WHERE id = 's3m0'",
    ):
        with engine.begin() as connection:
            connection.execute(text(statement))
        changing.change(statement)
    store.refresh()
    same()
    store.rebuild()
    same()
    engine.dispose()
    store.close()
    changing.store.close()


def on_postgres(server: URL, raw: Raw) -> tuple[Engine, Store]:
    """An engine that changes the rows of a database, and the store that reads them."""
    engine = create_engine(server, poolclass=NullPool)
    with engine.begin() as connection:
        create_tables(connection)
        write_to_postgres(raw, connection)
    store = open_database(Settings(database_url=server.render_as_string(hide_password=False)))
    store.refresh()
    return engine, store


@pytest.mark.slow
def test_postgresql_goes_on_after_a_conversation_that_it_cannot_hold(
    postgres: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = talks()
    raw.messages.append(a_text("huge", "s6", " ".join(f"word{n:020}" for n in range(100_000))))
    engine, store = on_postgres(postgres, raw)
    monkeypatch.setattr(analytics.search, "_BYTES", 10_000_000)
    search = Search(store)
    search.keep_up(threading.Event(), 0)
    assert not store.search_problem
    with store.session() as session:
        assert (coverage(session).is_complete, coverage(session).skipped) == (True, 1)
        ids = [i.id for i in all_activities(session, ActivityQuery(search="budget"), NOW)]
    assert ids == ["s1"]
    engine.dispose()
    store.close()


@pytest.mark.slow
def test_postgresql_matches_what_sqlite_matches(postgres: URL) -> None:
    chat = st.text("aAłŁøéßıİ\u0301\u200b\ufe0f\u26a0&;amplt<'’“”\"* ทุกวั東京кК", max_size=12)

    to_postgres = analytics.search._tsquery
    ask = text("SELECT CAST(:held AS tsvector) @@ CAST(:asked AS tsquery)")

    with create_engine(postgres, poolclass=NullPool).connect() as connection:
        long = fold("ประชุมวันจันทร์ทำงาน" * 600 + "กรุงเทพ" + " x")
        for asked in ("กรุงเทพ", "เทพ x", "ก", "พ", "ซ", "วันจันทร์ทำงาน"):
            query = {"held": analytics.search._tsvector(long), "asked": to_postgres(terms(asked))}
            assert connection.scalar(ask, query) == fts_matches(long, terms(asked)), asked

        @settings(max_examples=300)
        @given(st.lists(chat, max_size=6), chat)
        def same(held: list[str], asked: str) -> None:
            wanted, folded = terms(asked), fold(" ".join(held))
            if not wanted:
                return
            values = {"held": analytics.search._tsvector(folded), "asked": to_postgres(wanted)}
            assert connection.scalar(ask, values) == fts_matches(folded, wanted)

        same()


@given(st.text(max_size=200))
def test_a_tsvector_holds_words_within_the_limits_of_postgresql(words: str) -> None:
    made = analytics.search._tsvector(fold(words))
    assert made.count("'") % 2 == 0
    assert "\\" not in made
    long = analytics.search._tsvector("again " * 20_000 + "x" * 5_000)
    assert long.startswith("'again':1,2,3,")
    assert len(long) < 3_000
