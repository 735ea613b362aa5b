"""What the owner's folder and database hold beside the six tables: left alone, and named."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from analytics.app.store import AppStore
from analytics.app.views import saved_views
from analytics.lists.activities import count_activities
from analytics.reading.reader import reading
from analytics.search.index import Search
from analytics.search.matching import check_search
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import Store, open_database
from tests.conftest import settings_for
from tests.databases import activity_query, write
from tests.opening import conversations, opened, problem_with, run, talks


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database of three conversations; caches are in the folder too."""
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    write(talks(3, messages=2), tmp_path / "data.db")
    return tmp_path / "data.db"


def schema(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 2").fetchall()


def found(store: Store, words: str) -> int:
    with reading(store) as reader:
        return count_activities(reader, activity_query(search=words))


# --- objects in the database ------------------------------------------------------------------

STRANGERS = {
    "table": "CREATE TABLE rollup_marks (id INTEGER PRIMARY KEY, kind TEXT, key TEXT, note TEXT);"
    " INSERT INTO rollup_marks VALUES (1, 'a', 'b', 'mine')",
    "table of the same columns": "CREATE TABLE Rollup_Marks (id INTEGER PRIMARY KEY, kind, key)",
    "view": "CREATE VIEW rollup_marks AS SELECT 1 AS id, 'user' AS kind, 'x' AS key",
    "trigger": "CREATE TABLE log (x); CREATE TRIGGER rollup_insert_users AFTER INSERT ON users"
    " BEGIN INSERT INTO log VALUES (1); END",
}


@pytest.mark.parametrize("made", STRANGERS.values(), ids=STRANGERS)
def test_an_object_of_somebody_else_is_named_and_kept(
    made: str, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(path, made)
    before = schema(path)
    problem = problem_with(path)
    named = "trigger rollup_insert_users" if "TRIGGER" in made else "table rollup_marks"
    assert problem.what.startswith(f"The {named} isn't recognised as the dashboard's own")
    assert problem.remedy.startswith("It was left as it is: rename it")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    with pytest.raises(DatabaseProblem, match="isn't recognised"):
        open_database(settings_for(path)).remove_log()
    assert schema(path) == before


def test_names_that_only_look_alike_are_no_business_of_ours(path: Path) -> None:
    run(path, "CREATE TABLE rollup_daily (x); CREATE TRIGGER rollup_note AFTER INSERT ON users"
        " BEGIN INSERT INTO rollup_daily VALUES (1); END")  # fmt: skip
    before = schema(path)
    store = opened(settings_for(path))
    first = store.freshness()
    store.refresh()
    assert store.freshness() == first  # nothing has to be built again for them
    assert store.remove_log()
    store.close()
    assert [row for row in schema(path) if row[1] != "sqlite_sequence"] == before


def test_marks_that_a_tool_has_written_down_anew_are_still_ours(path: Path) -> None:
    opened(settings_for(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        dump = "\n".join(connection.iterdump()).replace(
            "CREATE TABLE rollup_marks (", 'CREATE TABLE IF NOT EXISTS "rollup_marks"\n('
        )
    copy = path.with_name("copy.db")
    run(copy, dump.replace('DELETE FROM "sqlite_sequence";', ""))
    run(copy, "ALTER TABLE queries RENAME TO asked; ALTER TABLE asked RENAME TO queries")
    store = opened(settings_for(copy))
    assert conversations(store) == 3
    assert store.remove_log()
    store.close()


# --- files beside the database ----------------------------------------------------------------


def stranger(path: Path) -> bytes:
    run(path, "PRAGMA user_version = 1; CREATE TABLE state (x); INSERT INTO state VALUES (1)")
    return path.read_bytes()


def a_text(path: Path) -> bytes:
    path.write_text("my notes\n" * 100)
    return path.read_bytes()


@pytest.mark.parametrize("make", [stranger, a_text])
def test_a_file_in_the_place_of_the_rollups_is_named_and_kept(make: Any, path: Path) -> None:
    content = make(path.with_name("data.rollup.db"))
    problem = problem_with(path)
    assert problem.what.startswith("data.rollup.db isn't recognised as the dashboard's own")
    assert problem.where == str(path.with_name("data.rollup.db"))
    assert path.with_name("data.rollup.db").read_bytes() == content
    path.with_name("data.rollup.db").unlink()
    store = opened(settings_for(path))
    content = make(path.with_name("data.new"))
    path.with_name("data.new").replace(path.with_name("data.rollup.db"))  # while it is open
    with pytest.raises(DatabaseProblem, match=r"data\.rollup\.db isn't recognised"):
        store.refresh()
    assert path.with_name("data.rollup.db").read_bytes() == content
    store.close()


@pytest.mark.parametrize("make", [stranger, a_text])
def test_a_file_in_the_place_of_the_index_is_named_and_kept(make: Any, path: Path) -> None:
    content = make(path.with_name("data.search.db"))
    store = opened(settings_for(path))
    search = Search(store)
    assert conversations(store) == 3
    search.keep_up(threading.Event(), 0)
    with pytest.raises(DatabaseProblem, match=r"can't be built.*data\.search\.db isn't recognised"):
        check_search(store)
    assert path.with_name("data.search.db").read_bytes() == content
    path.with_name("data.search.db").unlink()
    search.keep_up(threading.Event(), 0)
    assert found(store, "xxx*") == 1
    store.close()


@pytest.mark.parametrize("make", [stranger, a_text])
def test_a_file_in_the_place_of_saved_views_is_kept(make: Any, path: Path) -> None:
    content = make(path.with_name("data.app.db"))
    app = AppStore(settings_for(path))
    with pytest.raises(DatabaseProblem, match="The saved views"):
        saved_views(app)
    with pytest.raises(DatabaseProblem, match="The saved views"), app.writing():
        pass
    assert path.with_name("data.app.db").read_bytes() == content


def test_files_of_releases_that_did_not_mark_them_are_known(path: Path) -> None:
    store = opened(settings_for(path))
    Search(store).update()
    store.close()
    for name in ("data.rollup.db", "data.search.db"):
        run(path.with_name(name), "PRAGMA application_id = 0")
    run(path.with_name("data.rollup.db"), "UPDATE build SET definition = 'older'")
    run(path.with_name("data.search.db"), "PRAGMA user_version = 99")
    store = opened(settings_for(path))
    assert conversations(store) == 3
    Search(store).update()
    assert found(store, "xxx*") == 1
    store.close()


NAMES = [
    f"data.{name}{tail}"
    for name, tails in (
        ("db", ("-wal", "-shm", "-journal")),
        ("rollup.db", ("", "-wal", "-shm", "-journal")),
        ("rollup.lock", ("", "-journal")),
        ("search.db", ("", "-wal", "-shm", "-journal")),
        ("search.lock", ("", "-journal")),
        ("app.db", ("", "-journal")),
    )
    for tail in tails
]


@pytest.mark.parametrize(
    ("kind", "mode", "name"),
    [
        *(("folder", "DELETE", name) for name in NAMES),
        *(("folder", "WAL", name) for name in NAMES[:3]),
        *(("text", mode, name) for mode in ("DELETE", "WAL") for name in NAMES[:3]),
        *(("text", "DELETE", name) for name in NAMES if name.endswith(("lock", "up.db-wal"))),
    ],
)
def test_whatever_takes_a_name_is_worked_around_or_named(
    kind: str, name: str, mode: str, path: Path
) -> None:
    run(path, f"PRAGMA journal_mode = {mode}")
    taken = path.with_name(name)
    if kind == "folder":
        taken.mkdir()
    else:
        a_text(taken)
    try:
        store = opened(settings_for(path))
        assert conversations(store) == 3
        Search(store).keep_up(threading.Event(), 0)
        if not store.search_problem:
            assert found(store, "xxx*") == 1
        else:
            assert name.partition("-")[0] in store.search_problem
        store.close()
    except DatabaseProblem as problem:
        assert name in problem.what, problem
    try:
        assert saved_views(AppStore(settings_for(path))) == []
    except DatabaseProblem as problem:
        assert name.startswith("data.app.db"), problem
        assert problem.where.endswith("data.app.db")
    assert taken.is_dir() == (kind == "folder")


def test_a_lock_of_somebody_else_is_no_rival(path: Path) -> None:
    content = a_text(path.with_name("data.rollup.lock"))
    problem = problem_with(path)
    assert problem.what.startswith("data.rollup.lock isn't recognised as the dashboard's own")
    assert path.with_name("data.rollup.lock").read_bytes() == content
