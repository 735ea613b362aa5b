"""Depth, reach and first meetings stay exact when messages, twins and their owners change."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.metrics.depth_summary import depth_summary
from analytics.metrics.reach import reach
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from analytics.storage.store import Store
from tests.databases import Raw, a_document, a_message, a_query, a_session, a_twin, a_user, write
from tests.metrics.test_reach import numbers
from tests.rollups.test_facts import build_id_of
from tests.test_live import assert_exact, opened

ASKED = Query(Period(date(2026, 3, 9), date(2026, 3, 12), date(2026, 4, 1)))


def talks() -> Raw:
    """Ann has a twin, Bob none; both use Ann's and one that nobody has yet."""
    raw = Raw(users=[a_user("ann"), a_user("bob", "Beta")], twins=[a_twin("ta", "ann")])
    for id_, who, twin, day in (
        ("s0", "ann", "ta", 9), ("s1", "bob", "ta", 9), ("s2", "bob", "ta", 10),
        ("s3", "ann", "later", 10), ("s4", "bob", "later", 11),
    ):  # fmt: skip
        raw.sessions.append(a_session(id_, who, f"2026-03-{day:02} 12:00:00", twin_id=twin))
        raw.messages.append(a_message(f"q-{id_}", id_, f"2026-03-{day:02} 12:01:00"))
    raw.messages.append(a_message("a-s0", "s0", "2026-03-09 12:02:00", "twin"))
    raw.documents.append(a_document("d", "s1", "2026-03-09 12:03:00"))
    raw.queries.append(a_query("r", "s1", "2026-03-09 12:03:00"))
    return raw


class Kept:
    """A database, its store, and what is answered of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        write(talks(), path)
        self.store: Store = opened(path)
        self.store.refresh()

    def after(self, *statements: str) -> tuple[list[Any], list[Any]]:
        """Depth and reach after these, refreshed one after the other and never built anew."""
        build = build_id_of(self.store)
        for statement in statements:
            with closing(sqlite3.connect(self.path)) as database:
                database.execute(statement)
                database.commit()
            self.store.refresh()
            assert_exact(self.store, self.path)
        assert build_id_of(self.store) == build
        with reading(self.store) as reader:
            depth = depth_summary(reader, ASKED)
            found = [depth.messages, depth.one_message, depth.unanswered]
            return found, numbers(reach(reader, ASKED))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "data.db")
    yield made
    made.store.close()


def test_as_it_was(kept: Kept) -> None:
    assert kept.after() == ([5, 5, 4], [1, 2, 2, 1, 1, 1, 4])


def test_a_late_answer_an_edited_sender_and_deleted_messages(kept: Kept) -> None:
    late = (
        "INSERT INTO messages (id, session_id, sender_type, content, created_at)"
        " VALUES ('late', 's1', 'twin', 'x', '2026-05-01 10:00:00')"
    )
    assert kept.after(late)[0] == [5, 5, 3]
    assert kept.after("UPDATE messages SET sender_type = 'user' WHERE id = 'late'")[0] == [6, 4, 4]
    assert kept.after("DELETE FROM messages WHERE session_id = 's1'")[0] == [4, 4, 3]
    assert kept.after("DELETE FROM messages WHERE id = 'a-s0'")[0] == [4, 4, 4]
    assert kept.after("UPDATE messages SET sender_type = 'twin' WHERE id = 'q-s0'")[0] == [3, 3, 3]


def test_a_twin_that_comes_moves_and_goes_changes_the_conversations_of_others(kept: Kept) -> None:
    came = "INSERT INTO twins (id, user_id, name) VALUES ('later', 'ann', 'Later')"
    # No row of Bob is written in any of this.
    assert kept.after(came)[1] == [2, 3, 0, 1, 1, 1, 4]
    assert kept.after("UPDATE twins SET user_id = 'bob' WHERE id = 'later'")[1] == [
        2, 3, 0, 2, 1, 1, 4,
    ]  # fmt: skip
    assert kept.after("UPDATE twins SET id = 'other' WHERE id = 'ta'")[1] == [1, 1, 3, 1, 1, 1, 4]
    assert kept.after("DELETE FROM twins WHERE id = 'later'")[1] == [0, 0, 5, 0, 1, 1, 4]
    assert kept.after("UPDATE twins SET id = 'ta', user_id = 'nobody'")[1] == [
        0, 3, 2, 2, 1, 1, 4,
    ]  # fmt: skip


def test_a_twin_that_is_renamed_makes_no_conversation_be_read_again(kept: Kept) -> None:
    with closing(sqlite3.connect(kept.path)) as database:
        database.execute("UPDATE twins SET name = 'New'")
        database.commit()
    kept.store.refresh()
    with reading(kept.store) as reader:
        changed = reader.connection.exec_driver_sql("SELECT session_id FROM rollup.changed")
        assert changed.all() == []


def test_features_that_come_and_go(kept: Kept) -> None:
    assert kept.after("DELETE FROM documents")[1] == [1, 2, 2, 1, 0, 1, 4]
    assert kept.after("UPDATE queries SET created_at = '2026-03-13 10:00:00'")[1][5] == 0
    drawn = (
        "INSERT INTO documents (id, session_id, word_count, created_at)"
        " VALUES ('d1', 's3', 1, '2026-03-12 10:00:00'), ('d2', 's4', 1, '2026-03-20 10:00:00'),"
        " ('d3', 's4', 1, '2026-03-08 10:00:00')"
    )
    assert kept.after(drawn)[1][4] == 1
    assert kept.after("UPDATE sessions SET user_id = 'ann' WHERE id = 's1'")[1] == [
        2, 1, 2, 1, 1, 0, 4,
    ]  # fmt: skip


def test_an_earlier_conversation_takes_the_meeting_with_it(kept: Kept) -> None:
    earlier = (
        "INSERT INTO sessions (id, user_id, twin_id, platform, started_at)"
        " VALUES ('e', 'bob', 'ta', 'slack', '2026-03-01 10:00:00')"
    )
    assert kept.after(earlier)[1][6] == 3
    assert kept.after("UPDATE sessions SET twin_id = 'later' WHERE id = 'e'")[1][6] == 3
    assert kept.after("DELETE FROM sessions WHERE id = 'e'")[1][6] == 4
