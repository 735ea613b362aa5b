# ruff: noqa: F811, RUF001 - fixtures of another module are arguments; words of many scripts
"""The index on SQLite: what FTS5 finds, and a file that can be lost."""

import random
import sqlite3
import threading
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.lists.activities import activities, count_activities
from analytics.reading.reader import reading
from analytics.search import sqlite
from analytics.search.matching import coverage
from analytics.search.words import fold, terms
from tests.databases import activity_query
from tests.searching import NOW, Indexed, changing, fts_matches, talk  # noqa: F401 - fixtures too

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


@pytest.mark.parametrize("words", ["the", "bud*", "the money"])
def test_common_words_are_looked_up_otherwise_with_the_same_answer(
    words: str, talk: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = talk.ids(words)
    monkeypatch.setattr(sqlite, "_MANY_MATCHES", 0)
    assert talk.ids(words) == expected != ""


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
    with reading(changing.store) as reader:  # the rest of the page does without
        assert len(activities(reader, activity_query(), NOW).items) == 6
    if harm != "garbage":  # which is noticed when it is written to
        with reading(changing.store) as reader:
            assert coverage(reader).share == 0
        assert changing.ids("budget") == ""
    closed = threading.Event()
    for _ in range(2):  # a damaged file is found to be so once
        changing.search.keep_up(closed, 0)
    assert changing.ids("budget") == "s6 s1"


def test_a_word_of_5_mb_and_100_000_words_are_indexed(changing: Indexed) -> None:
    changing.change("UPDATE messages SET content = ? WHERE id = 's1m0'", "x" * 5_000_000)
    many = " ".join(f"w{n}" for n in range(100_000))
    changing.change("UPDATE messages SET content = ? WHERE id = 's2m0'", many)
    changing.update()
    with reading(changing.store) as reader:
        for asked in ("xxx*", "w0 w99999", "budget"):
            assert count_activities(reader, activity_query(search=asked)), asked
