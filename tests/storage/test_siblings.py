"""Who may read the files beside a database: nobody who may not read the database."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from analytics.app.store import AppStore
from analytics.app.views import save_view
from analytics.search.index import Search
from analytics.storage import siblings, sqlite_files
from analytics.storage.store import open_database
from tests.conftest import settings_for
from tests.databases import Raw, a_message, a_session, a_twin, a_user, write

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def used(path: Path) -> dict[str, int]:
    """The rights of what stands beside a database of which everything was used."""
    settings = settings_for(path)
    store = open_database(settings)
    store.refresh()
    Search(store).update()
    app = AppStore(settings)
    save_view(app, uuid4().hex, page="", preset=None, parameters="", now=datetime.now(UTC))
    found = {file.name: mode(file) for file in path.parent.iterdir() if file != path}
    store.close()
    return found


def talk() -> Raw:
    start = "2026-03-10 09:00:00"
    return Raw(
        users=[a_user("ann", "Acme")],
        twins=[a_twin("t", "ann", start)],
        sessions=[a_session("s", "ann", start, twin_id="t")],
        messages=[a_message("m", "s", start)],
    )


@pytest.mark.parametrize("rights", [0o600, 0o640, 0o644, 0o660, 0o666, 0o700])
def test_the_files_beside_a_database_have_its_rights(
    rights: int, umask: int, tmp_path: Path
) -> None:
    path = tmp_path / "data.db"
    write(talk(), path)
    path.chmod(rights)
    found = used(path)
    assert {"data.rollup.db", "data.search.db", "data.app.db", "data.rollup.lock"} <= found.keys()
    for name, got in found.items():
        assert got == rights & 0o666, (name, oct(got))


def test_what_was_open_to_more_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "data.sqlite"
    write(talk(), path)
    path.chmod(0o640)
    used(path)
    for file in tmp_path.iterdir():
        file.chmod(0o666)
    path.chmod(0o600)
    mine = tmp_path / "data.sqlite-notes.txt"
    mine.touch()
    mine.chmod(0o644)
    assert set(used(path).values()) == {0o600, 0o644}
    assert mode(mine) == 0o644


def test_rights_that_an_administrator_took_away_stay_away(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    write(talk(), path)
    path.chmod(0o644)
    used(path)
    (tmp_path / "data.app.db").chmod(0o600)
    assert used(path)["data.app.db"] == 0o600


def test_elsewhere_they_are_of_their_owner_alone(
    umask: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    data = tmp_path / "data"
    data.mkdir()
    write(talk(), data / "data.db")
    (data / "data.db").chmod(0o644)
    monkeypatch.setattr(sqlite_files, "_usable", lambda path: path.parent == cache)
    monkeypatch.setattr(sqlite_files, "user_cache_path", lambda *_, **__: cache)
    store = open_database(settings_for(data / "data.db"))
    store.refresh()
    Search(store).update()
    found = {file.name: mode(file) for file in cache.iterdir()}
    store.close()
    assert len(found) >= 3
    assert set(found.values()) == {0o600}


def test_another_group_gets_no_more_than_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, beside = tmp_path / "data.db", tmp_path / "data.app.db"
    path.touch()
    other = path.stat().st_gid + 1
    real = Path.stat

    def of_another_group(self: Path, **more: bool) -> os.stat_result:
        found = list(real(self, **more))
        if self == path:
            found[stat.ST_GID] = other
        return os.stat_result(found)

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "stat", of_another_group)
    monkeypatch.setattr(os, "chown", refused)
    for rights, expected in ((0o640, 0o600), (0o664, 0o644), (0o666, 0o666)):
        path.chmod(rights)
        beside.unlink(missing_ok=True)
        siblings.make(beside, path)
        assert mode(beside) == expected
