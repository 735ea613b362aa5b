"""Which file a database is, who may read it, and where what is kept beside it stands."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analytics.settings import Settings
from analytics.storage.faults import DatabaseMissing
from tests.conftest import Shelf, settings_for
from tests.databases import write
from tests.opening import (
    FORK,
    conversations,
    digest,
    killed_while_writing,
    opened,
    problem_with,
    run,
    talks,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


def test_a_missing_file(path: Path) -> None:
    problem = problem_with(path)
    assert isinstance(problem, DatabaseMissing)
    assert problem.what == "There is no database file here"
    assert problem.where == str(path)
    assert "make sample data with `python -m seed" in problem.remedy
    assert list(path.parent.iterdir()) == []


def test_a_relative_address_is_shown_with_its_folder(new_process: Path) -> None:
    assert problem_with("sqlite:///./data.db").where == str(new_process / "data.db")


def test_a_missing_folder(path: Path) -> None:
    assert isinstance(problem_with(path / "no" / "such.db"), DatabaseMissing)


def test_a_folder(path: Path) -> None:
    path.mkdir()
    problem = problem_with(path)
    assert problem.what == "This is a folder, not a database file"
    assert problem.remedy == "Name the file inside it in DATABASE_URL."


def test_a_file_in_place_of_the_folder(path: Path) -> None:
    path.write_text("")
    assert problem_with(path / "data.db").what == "The database file can't be read"


@pytest.mark.parametrize("content", [b"name,email\n", b"x", b"PK\x03\x04" + bytes(10_000)])
def test_a_file_that_is_no_database(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    assert problem_with(path).what == "This file is no SQLite database"
    assert path.read_bytes() == content


def test_a_zero_byte_file(path: Path) -> None:
    path.touch()
    assert problem_with(path).what == "This database is empty: it has no tables"
    assert path.stat().st_size == 0


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory(address: str) -> None:
    problem = problem_with(address)
    assert problem.what == "A database in memory holds nothing to show"
    assert problem.where.startswith("sqlite://")
    assert "sqlite:///./ai_twin_analytics.db" in problem.remedy


# --- names and places -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a b'c;.db", "100%.db", "what?#1&x=%41.db", "Ünï \U0001f600.db"])
def test_odd_file_names(name: str, path: Path) -> None:
    odd = path.with_name(name)
    write(talks(1), odd)
    store = opened(settings_for(odd))
    assert conversations(store) == 1
    store.close()
    assert sorted(each.name for each in path.parent.iterdir()) == sorted(
        [name, name.replace(".db", ".rollup.db"), name.replace(".db", ".rollup.lock")]
    )


def test_a_folder_with_a_question_mark(new_process: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = new_process / "what? #1 100%"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write(talks(1), Path("data.db"))
    store = opened(Settings(database_url="sqlite:///data.db"))
    assert conversations(store) == 1
    store.close()


def test_a_symbolic_link(path: Path) -> None:
    write(talks(1), path)
    (path.parent / "links").mkdir()
    link = path.parent / "links/link.db"
    link.symlink_to(path)
    store = opened(settings_for(link))
    assert conversations(store) == 1
    assert store.database.rollup_path == path.parent / "links/link.rollup.db"
    store.close()


@pytest.mark.parametrize(
    "names",
    [
        ("a.db", "a.sqlite"),
        ("a.db", "a.db.db"),
        ("a.db", "a"),
    ],
)
def test_two_databases_never_share_their_rollups(names: tuple[str, str], path: Path) -> None:
    stores = []
    for count, name in enumerate(names, 1):
        write(talks(count), path.with_name(name))
        stores.append(opened(settings_for(path.with_name(name))))
    assert [conversations(store) for store in stores] == [1, 2]
    for store in stores:
        store.close()


# --- who may read and write -------------------------------------------------------------------


NOBODY = 65534


CACHED = "cache/ai-twin-analytics"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a readable database, and an empty cache folder beside it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    for name in ("data", "cache"):
        (folder / name).mkdir()
    (folder / "cache").chmod(0o777)
    write(talks(2), folder / "data/data.db")
    (folder / "data/data.db").chmod(0o644)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    yield folder
    (folder / "data").chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def answer(place: Path, tmp_path: Path) -> Callable[[], Any]:
    """Opens the place's database without root's rights: what is read and where the rollups are."""
    shelf = Shelf(tmp_path)
    shelf(talks(1))  # imports what is needed while everything can be read
    shelf.close()

    def ask() -> Any:
        if os.geteuid() != 0:
            return _answer(place)
        ours, theirs = FORK.Pipe()
        child = FORK.Process(target=_answer_as_nobody, args=(place, theirs))
        child.start()
        child.join(20)
        return ours.recv()

    return ask


def _answer_as_nobody(place: Path, pipe: Any) -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    pipe.send(_answer(place))


def _answer(place: Path) -> tuple[Any, str]:
    try:
        store = opened(settings_for(place / "data/data.db"))
    except Exception as error:
        return getattr(error, "what", repr(error)), getattr(error, "remedy", "")
    return conversations(store), str(store.database.rollup_path.parent.relative_to(place))


def test_a_file_without_permission(place: Path, answer: Callable[[], Any]) -> None:
    (place / "data/data.db").chmod(0)
    assert answer() == (
        "The database file can't be read",
        "Permission denied: give the account that runs the dashboard the right to read it.",
    )
    (place / "data/data.db").chmod(0o644)
    assert answer() == (2, CACHED if os.geteuid() == 0 else "data")


def test_a_folder_without_permission(place: Path, answer: Callable[[], Any]) -> None:
    (place / "data").chmod(0)
    assert answer()[0] == "The database file can't be read"


def test_a_read_only_file_in_a_read_only_folder(place: Path, answer: Callable[[], Any]) -> None:
    before = digest(place / "data/data.db")
    (place / "data/data.db").chmod(0o444)
    (place / "data").chmod(0o555)
    assert answer() == (2, CACHED)
    assert digest(place / "data/data.db") == before
    assert [path.name for path in (place / "data").iterdir()] == ["data.db"]


def test_a_read_only_file_in_a_folder_that_can_be_written(
    place: Path, answer: Callable[[], Any]
) -> None:
    (place / "data/data.db").chmod(0o444)
    (place / "data").chmod(0o777)
    assert answer() == (2, "data")


def test_a_wal_database_in_a_read_only_folder(place: Path, answer: Callable[[], Any]) -> None:
    run(place / "data/data.db", "PRAGMA journal_mode = WAL")
    (place / "data/data.db").chmod(0o444)
    (place / "data").chmod(0o555)
    assert answer() == (2, CACHED)


def test_a_wal_with_changes_in_a_read_only_folder_is_not_ignored(
    place: Path, answer: Callable[[], Any]
) -> None:
    path = place / "data/data.db"
    killed_while_writing(path, "PRAGMA journal_mode = WAL; DELETE FROM sessions;")
    path.with_name("data.db-shm").unlink()
    (place / "data").chmod(0o555)
    assert path.with_name("data.db-wal").stat().st_size > 0
    assert answer()[0] == "The database file can't be read"


def test_nowhere_to_write_the_rollups(place: Path, answer: Callable[[], Any]) -> None:
    (place / "data").chmod(0o555)
    (place / "cache/ai-twin-analytics").mkdir(mode=0o555)
    what, remedy = answer()
    assert what == (
        "The rollup tables can be written neither beside the database nor in the cache folder"
    )
    assert "the right to write to one of these folders" in remedy


def test_no_folder_at_all_that_can_be_written(
    place: Path, answer: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "data/none"))
    (place / "data").chmod(0o555)
    what, remedy = answer()
    assert what.startswith("The rollup tables can be written neither beside the database nor")
    assert "the right to write to one of these folders" in remedy


def test_an_account_without_a_home(
    place: Path, answer: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "~/.cache")  # as where nobody says which it is
    (place / "data").chmod(0o555)
    assert answer()[0].startswith("The rollup tables can be written neither beside")
    assert not Path("~").exists()


@pytest.mark.parametrize(
    "name", ["data.rollup.db", "data.rollup.lock", "data.rollup.db-shm", "data.search.db"]
)
def test_siblings_of_another_account_are_left_to_it(
    name: str, place: Path, answer: Callable[[], Any]
) -> None:
    (place / "data").chmod(0o777)
    (place / "data" / name).write_bytes(b"")
    (place / "data" / name).chmod(0)
    assert answer() == (2, CACHED)
    assert [path.name for path in (place / "data").iterdir() if path.name != name] == ["data.db"]


def test_rollups_go_to_the_cache_where_no_sibling_can_be(place: Path) -> None:
    path = place / "data/data.db"
    (place / "data/data.rollup.db").mkdir()
    for _ in range(2):
        store = opened(settings_for(path))
        assert conversations(store) == 2
        [cached] = (place / CACHED).glob("*.db")
        assert store.database.rollup_path == cached
        store.close()
        assert set((place / CACHED).iterdir()) == {cached, cached.with_suffix(".lock")}
    write(talks(3), place / "data/other.db")
    (place / "data/other.rollup.db").mkdir()
    other = opened(settings_for(place / "data/other.db"))
    assert len(list((place / CACHED).glob("*.db"))) == 2
    assert conversations(other) == 3
    other.close()


def test_neither_a_sibling_nor_the_cache_can_be(place: Path) -> None:
    (place / "data/data.rollup.db").mkdir()
    (place / "cache/ai-twin-analytics").mkdir(mode=0o755)
    digest_of_path = hashlib.sha256(str(place / "data/data.db").encode()).hexdigest()[:16]
    (place / CACHED / f"{digest_of_path}.rollup.db").mkdir()
    problem = problem_with(place / "data/data.db")
    assert problem.where == (
        f"{place}/data/data.rollup.db; {place}/{CACHED}/{digest_of_path}.rollup.db"
    )
