# ruff: noqa: F811, RUF001 - fixtures of another module are arguments; words of many scripts
"""The index on PostgreSQL finds what the one on SQLite finds, within limits."""

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from analytics.lists.activities import activities, all_activities
from analytics.lists.activity_rows import FoundItem
from analytics.reading.reader import reading
from analytics.search import postgres as dialect
from analytics.search import walk
from analytics.search.index import Search
from analytics.search.matching import coverage
from analytics.search.words import fold, terms
from analytics.settings import Settings
from analytics.storage.store import Store, open_database
from tests.databases import Raw, activity_query
from tests.postgres import create_tables, postgres, postgres_server  # noqa: F401 - fixtures
from tests.postgres import write as write_to_postgres
from tests.searching import CHATTED, NOW, Indexed, a_text, fts_matches, spoken, talks

FOUND = (
    "budget", '"job ad"', '"ad job"', "budg*", "e-mail", '"lost e"', "οδυσσευς", "東京", "हिन्दी",
    "O'Neil", "strasse nass", "the money", "a' | 'b & !(c)", "the", "unheard", *CHATTED,
)  # fmt: skip


@pytest.mark.slow
def test_postgresql_finds_the_same(
    postgres: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_AT_ONCE", 4)
    changing = Indexed(tmp_path, spoken())
    engine, store = on_postgres(postgres, spoken())
    search = Search(store)

    def same() -> None:
        search.update()
        changing.update()
        with reading(store) as reader:
            assert coverage(reader).is_complete
            for words in FOUND:
                ask = activity_query(search=words)
                found = activities(reader, ask, NOW, 1, 3)
                ids = [item.id for item in all_activities(reader, ask, NOW)]
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
    monkeypatch.setattr(dialect, "_BYTES", 10_000_000)
    search = Search(store)
    search.keep_up(threading.Event(), 0)
    assert not store.search_problem
    with reading(store) as reader:
        assert (coverage(reader).is_complete, coverage(reader).skipped) == (True, 1)
        ids = [i.id for i in all_activities(reader, activity_query(search="budget"), NOW)]
    assert ids == ["s1"]
    engine.dispose()
    store.close()


@pytest.mark.slow
def test_postgresql_matches_what_sqlite_matches(postgres: URL) -> None:
    chat = st.text("aAłŁøéßıİ\u0301\u200b\ufe0f\u26a0&;amplt<'’“”\"* ทุกวั東京кК", max_size=12)

    to_postgres = dialect._tsquery
    ask = text("SELECT CAST(:held AS tsvector) @@ CAST(:asked AS tsquery)")

    with create_engine(postgres, poolclass=NullPool).connect() as connection:
        long = fold("ประชุมวันจันทร์ทำงาน" * 600 + "กรุงเทพ" + " x")
        for asked in ("กรุงเทพ", "เทพ x", "ก", "พ", "ซ", "วันจันทร์ทำงาน"):
            query = {"held": dialect._tsvector(long), "asked": to_postgres(terms(asked))}
            assert connection.scalar(ask, query) == fts_matches(long, terms(asked)), asked

        @settings(max_examples=300)
        @given(st.lists(chat, max_size=6), chat)
        def same(held: list[str], asked: str) -> None:
            wanted, folded = terms(asked), fold(" ".join(held))
            if not wanted:
                return
            values = {"held": dialect._tsvector(folded), "asked": to_postgres(wanted)}
            assert connection.scalar(ask, values) == fts_matches(folded, wanted)

        same()


@given(st.text(max_size=200))
def test_a_tsvector_holds_words_within_the_limits_of_postgresql(words: str) -> None:
    made = dialect._tsvector(fold(words))
    assert made.count("'") % 2 == 0
    assert "\\" not in made
    long = dialect._tsvector("again " * 20_000 + "x" * 5_000)
    assert long.startswith("'again':1,2,3,")
    assert len(long) < 3_000
