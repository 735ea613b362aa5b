"""`python -m analytics migrate`, `rebuild` and `unmark`."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from analytics.__main__ import _duration, main
from analytics.settings import load_settings
from analytics.storage.store import open_database
from tests.databases import Raw, a_session, a_user, write

pytestmark = pytest.mark.usefixtures("new_process")


@pytest.fixture
def old(tmp_path: Path, older_db: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database from before `messages.message_type`, named by DATABASE_URL."""
    path = tmp_path / "old.db"
    shutil.copyfile(older_db, path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    return path


def test_migrate_brings_an_old_database_up_to_date(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate"]) == 0
    said = capsys.readouterr()
    assert said.out == f"sqlite:///{old}: applied 0001_reference_schema, 0002_message_type.\n"
    assert "100 %" in said.err
    with closing(sqlite3.connect(old)) as database:
        kinds = database.execute("SELECT DISTINCT message_type FROM messages ORDER BY 1").fetchall()
    assert set(kinds) <= {("document",), ("query",), ("document,query",), ("general",)}
    assert len(kinds) > 1


def test_migrate_says_when_there_is_nothing_to_do(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["migrate"])
    capsys.readouterr()
    before = old.read_bytes()
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out == f"sqlite:///{old} was up to date.\n"
    assert old.read_bytes() == before


def test_a_missing_database_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    assert main(["migrate"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"There is no database file {tmp_path / 'none.db'}" in said.err
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_bad_setting_is_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "me:secret@host")
    assert main(["migrate"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("DATABASE_URL: is no database address;")
    assert "secret" not in said.err + said.out


def test_unmark_takes_everything_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data.db"
    write(Raw(users=[a_user("ann")]), path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")

    def schema() -> list[tuple[str, str]]:
        with closing(sqlite3.connect(path)) as database:
            return database.execute(
                "SELECT name, sql FROM sqlite_master WHERE name != 'sqlite_sequence' ORDER BY 1"
            ).fetchall()

    before = schema()
    store = open_database(load_settings())
    store.refresh()
    store.close()
    assert len(schema()) == len(before) + 1 + 3 * 6
    assert main(["unmark"]) == 0
    assert schema() == before
    assert capsys.readouterr().out == f"sqlite:///{path}: removed rollup_marks and its triggers.\n"
    assert main(["unmark"]) == 0
    assert capsys.readouterr().out == f"sqlite:///{path} had no marks.\n"
    path.unlink()
    assert main(["unmark"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("There is no database file here")


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database of one conversation, named by DATABASE_URL."""
    path = tmp_path / "data.db"
    sessions = [a_session("s0", "ann", "2026-03-10 09:00:00")]
    write(Raw(users=[a_user("ann")], sessions=sessions), path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    return path


def test_rebuild_counts_everything_anew_and_says_how_long(
    talk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_database(load_settings())
    store.refresh()
    first = store.freshness()
    assert main(["rebuild"]) == 0
    said = capsys.readouterr()
    assert re.fullmatch(rf"sqlite:///{talk}: rebuilt in \d+\.\d s\.\n", said.out)
    assert "Reading conversations: 0 of 1 people" in said.err
    assert "100 %" in said.err
    second = store.freshness()  # without opening it again
    assert first and second
    assert second.version != first.version
    store.close()


def test_rebuild_waits_for_another_process_and_says_so(
    talk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_database(load_settings())
    store.refresh()
    with closing(sqlite3.connect(talk.with_name("data.rollup.lock"))) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr("analytics.rollups.keeper.time.sleep", lambda _: lock.rollback())
        assert main(["rebuild"]) == 0
    assert (
        "Waiting: another process (a dashboard or a command) is counting this database"
        in capsys.readouterr().err
    )
    store.close()


def test_rebuild_stopped_from_the_keyboard_leaves_the_last_state(
    talk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_database(load_settings())
    store.refresh()
    first = store.freshness()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("analytics.rollups.sqlite_keeper.build", stop)
    assert main(["rebuild"]) == 130
    assert "Stopped; the last state is still there." in capsys.readouterr().err
    assert store.freshness() == first
    store.close()


@pytest.mark.parametrize(
    "seconds, text", [(0.04, "0.0 s"), (59.9, "59.9 s"), (119.9, "2 min 0 s"), (125, "2 min 5 s")]
)
def test_a_duration_is_short(seconds: float, text: str) -> None:
    assert _duration(seconds) == text


@pytest.mark.parametrize("arguments", [[], ["frobnicate"]])
def test_an_unknown_command_lists_the_known(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "migrate" in capsys.readouterr().err
