"""`python -m analytics migrate`."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from analytics.__main__ import main

pytestmark = pytest.mark.usefixtures("new_process")

OLD = Path(__file__).parents[2] / "shared/data/reference_before_message_type.db"


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database from before `messages.message_type`, named by DATABASE_URL."""
    if not OLD.exists():
        pytest.skip(f"no reference data at {OLD}")
    path = tmp_path / "old.db"
    shutil.copyfile(OLD, path)
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


@pytest.mark.parametrize("arguments", [[], ["frobnicate"]])
def test_an_unknown_command_lists_the_known(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "migrate" in capsys.readouterr().err
