# ruff: noqa: F811 - fixtures of another module are arguments
"""The upkeep of the index: who does it, and what it does where it can't."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from analytics.reading.reader import reading
from analytics.search.index import Search
from analytics.search.matching import check_search, coverage
from analytics.service import Service
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import open_database
from tests.conftest import settings_for
from tests.databases import write
from tests.searching import Indexed, changing, talks, wait_until_built  # noqa: F401 - fixtures too


def test_the_service_builds_the_index_even_where_nothing_is_refreshed(tmp_path: Path) -> None:
    write(talks(), tmp_path / "data.db")
    made = Service(settings_for(tmp_path / "data.db").model_copy(update={"refresh_seconds": 0}))
    wait_until_built(made)
    check_search(made.store())
    made.close()


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
    with reading(changing.store) as reader:
        assert (coverage(reader).is_complete, coverage(reader).skipped) == (True, 2)
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
    with reading(changing.store) as reader:
        assert coverage(reader).skipped == 0
    assert changing.ids("budget") == "s6 s1"
