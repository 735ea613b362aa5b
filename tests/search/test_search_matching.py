# ruff: noqa: F811 - fixtures of another module are arguments
"""What a search finds, and what is said where nothing can be."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.errors import QueryError
from analytics.lists.activities import activities, first_activities
from analytics.reading.reader import reading
from analytics.search.matching import check_search
from analytics.search.words import terms
from analytics.service import Service
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import open_database
from tests.conftest import settings_for
from tests.databases import activity_query, write
from tests.searching import CHATTED, NOW, Indexed, chats, talk, talks  # noqa: F401 - fixtures too


@pytest.mark.parametrize("asked", ["***", '""', " ", "?!", "\x00", "\ue000"])
def test_a_search_without_a_word_finds_nothing(asked: str, talk: Indexed) -> None:
    assert terms(asked) == ()
    assert talk.ids(asked) == ""


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


@pytest.mark.parametrize("asked", CHATTED)
def test_words_are_found_however_they_are_written(asked: str, chats: Indexed) -> None:
    assert chats.ids(asked) == CHATTED[asked]


def test_a_search_is_a_filter_like_the_others(talk: Indexed) -> None:
    assert talk.ids("the") == "s6 s3 s2 s1"
    assert talk.ids("the", organizations=("Zebra",)) == "s2"
    assert talk.ids("the", user="ann") == "s6 s3 s1"
    assert talk.ids("the", start=datetime(2026, 3, 2, tzinfo=UTC).date(), twin="t0") == "s6 s3 s2"
    assert talk.ids("the", type="document") == ""


def test_pages_of_a_search(talk: Indexed) -> None:
    with reading(talk.store) as reader:
        pages = [activities(reader, activity_query(search="the"), NOW, n, 3) for n in (1, 2, 3)]
        assert [[item.id for item in page.items] for page in pages] == [
            ["s6", "s3", "s2"], ["s1"], [],
        ]  # fmt: skip
        assert {(page.total, page.total_pages) for page in pages} == {(4, 2)}
        cursor = pages[0].next_cursor
        assert cursor
        after = activities(reader, activity_query(search="the"), NOW, 2, 3, cursor=cursor)
        assert [item.id for item in after.items] == ["s1"]


@settings(max_examples=150)
@given(st.text(max_size=40) | st.text("\"*'\\:&|!<>()-^{}+ abeg", max_size=20))
@example('"')
@example("\\' | !(a) <-> 'b':*AB")
@example('a" OR "b')
@example("NEAR(a b, 2)")
@example("\ud800x")
def test_nothing_that_is_written_breaks_a_search(talk: Indexed, words: str) -> None:
    with reading(talk.store) as reader:
        assert first_activities(reader, activity_query(search=words), NOW) is not None


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
