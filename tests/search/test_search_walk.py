# ruff: noqa: F811 - fixtures of another module are arguments
"""An index that follows every change, from the newest conversations on."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from analytics.lists.activities import all_activities
from analytics.reading.reader import reading
from analytics.search import walk
from analytics.search.index import Search
from analytics.search.matching import coverage
from analytics.search.snippets import snippets
from analytics.storage.store import open_database
from tests.conftest import settings_for
from tests.databases import activity_query, write
from tests.searching import NOW, Indexed, changing, talks  # noqa: F401 - fixtures too


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
    assert changing.ids("東京", organizations=("Zebra",)) == "s5"


def test_what_enters_the_list_without_being_changed_is_found(changing: Indexed) -> None:
    changing.change("UPDATE sessions SET user_id = 'eve', started_at = NULL WHERE id = 's1'")
    changing.store.rebuild()
    changing.search.update()
    assert changing.ids("budget") == "s6"
    changing.change("UPDATE sessions SET started_at = '2026-03-01 10:00:00' WHERE id = 's1'")
    changing.change("INSERT INTO users (id, email, full_name) VALUES ('eve', 'e@x.org', 'Eve')")
    changing.update()
    assert changing.ids("budget") == "s6 s1"


def test_after_a_rebuild_nothing_is_shown_before_it_was_looked_at_again(
    changing: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_AT_ONCE", 2)
    changing.change("UPDATE messages SET content = 'gold' WHERE id = 's1m0'")
    changing.store.rebuild()
    assert changing.ids("money") == ""
    assert changing.search.step()
    assert changing.ids("money") == "s6"  # s6 and s5 were looked at; only newer than s5 is sure
    changing.search.update()
    assert changing.ids("money") == "s6"
    assert changing.ids("gold") == "s1"


def test_it_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "_AT_ONCE", 1)
    write(talks(), tmp_path / "data.db")
    store = open_database(settings_for(tmp_path / "data.db"))
    store.refresh()
    seen = []
    for _ in range(4):
        Search(store).step()  # as another process would
        with reading(store) as reader:
            now = coverage(reader)
            seen.append((round(now.share, 2), now.is_complete))
    assert seen == [(0.17, False), (0.33, False), (0.5, False), (0.67, False)]
    Search(store).update()
    with reading(store) as reader:
        assert coverage(reader).is_complete
        found = all_activities(reader, activity_query(search="budget"), NOW)
        assert [item.id for item in found] == ["s6", "s1"]
    store.close()


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
    with reading(changing.store) as reader:
        assert (coverage(reader).is_complete, coverage(reader).skipped) == (True, 0)
        assert set(snippets(reader, "budget 東京", ["s5", "s6"])) == {"s5", "s6"}
