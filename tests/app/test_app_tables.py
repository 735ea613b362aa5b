"""What people make: the schema `app`, its migrations, saved views and notes in it."""

import multiprocessing
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from analytics.app import migrations
from analytics.app import names as app_names
from analytics.app.notes import (
    KeptNote,
    Note,
    add_note,
    all_notes,
    change_note,
    delete_note,
    restore_note,
)
from analytics.app.store import AppStore
from analytics.app.views import (
    SavedView,
    delete_view,
    rename_view,
    restore_view,
    save_view,
    saved_view,
    saved_views,
)
from analytics.errors import QueryError
from analytics.models import table_of
from analytics.settings import Settings
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import open_database
from seed import generate
from tests.conftest import settings_for
from tests.databases import Raw, a_user, write
from tests.postgres import postgres, postgres_server  # noqa: F401

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FORK = multiprocessing.get_context("fork")
NOBODY = 65_534
AXES = "organization=Acme&organization=Umbrella"


@pytest.fixture
def app(tmp_path: Path) -> AppStore:
    """The store of a database in an empty folder."""
    return AppStore(settings_for(tmp_path / "company.db"))


def keep(app: AppStore, name: str = "Board", **more: Any) -> SavedView:
    values = {"page": "", "preset": "Last 30 days", "parameters": AXES} | more
    return save_view(app, name, now=NOW, **values)


def names(app: AppStore) -> list[str]:
    return [view.name for view in saved_views(app)]


# --- the views --------------------------------------------------------------------------------


def test_a_view_is_kept_found_renamed_and_deleted(app: AppStore) -> None:
    board = keep(app)
    keep(app, "acme weekly", page="activities", preset=None, parameters="type=With+documents")
    assert names(app) == ["acme weekly", "Board"]
    again = AppStore(app_settings(app))
    found = saved_view(again, board.id)
    assert found is not None
    assert found.model_dump() == {
        "id": board.id,
        "name": "Board",
        "name_key": "board",
        "page": "",
        "preset": "Last 30 days",
        "parameters": AXES,
        "saved_at": 63_930_936_600_000_000,  # microseconds since the year 1
    }
    rename_view(app, board.id, "Zebra")
    assert names(again) == ["acme weekly", "Zebra"]
    deleted = delete_view(app, board.id)
    assert deleted is not None
    assert names(again) == ["acme weekly"]
    assert saved_view(app, board.id) is None
    restore_view(app, deleted)
    assert names(again) == ["acme weekly", "Zebra"]
    assert saved_view(app, board.id) is not None
    assert delete_view(app, "nobody") is None


def app_settings(app: AppStore) -> Settings:
    """The settings of the same database, as another process has them."""
    return settings_for(Path(app.where).with_name("company.db"))


def test_a_name_is_taken_whatever_its_case(app: AppStore) -> None:
    board = keep(app, "Straße")
    for same in ("Straße", "STRASSE", "  straße ", "stra\u00ad\u200bße"):
        with pytest.raises(QueryError, match="another view has this name; choose a different one"):
            keep(app, same)
    other = keep(app, "Other")
    with pytest.raises(QueryError, match="another view has this name"):
        rename_view(app, other.id, "strasse")
    rename_view(app, board.id, "STRASSE")  # its own name in other letters
    assert names(app) == ["Other", "STRASSE"]
    deleted = delete_view(app, other.id)
    keep(app, "OTHER")
    assert deleted is not None
    with pytest.raises(QueryError, match="another view has this name"):
        restore_view(app, deleted)
    assert names(app) == ["OTHER", "STRASSE"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  two\n lines\t", "two lines"),
        ("a" * 80, "a" * 80),
        ("\x00nul\x1b[31m", "nul [31m"),
        ("right \u202eto left", "right to left"),
        ("👩\u200d💻 team", "👩\u200d💻 team"),
        ("<b>x</b>'; DROP TABLE saved_views", "<b>x</b>'; DROP TABLE saved_views"),
        ("cafe\u0301", "café"),
    ],
)
def test_names_are_one_visible_line(app: AppStore, given: str, kept: str) -> None:
    keep(app, given)
    assert names(app) == [kept]


@pytest.mark.parametrize("name", ["", "  ", "\n", "\u200b\u200d", "\x00"])
def test_a_view_needs_a_name(app: AppStore, name: str) -> None:
    with pytest.raises(QueryError, match="give the view a name"):
        keep(app, name)
    assert not Path(app.where).exists()


def test_a_name_can_be_too_long(app: AppStore) -> None:
    with pytest.raises(QueryError, match="it has 81 characters; use at most 80"):
        keep(app, "a" * 81)


def test_an_address_can_be_too_long(app: AppStore) -> None:
    keep(app, parameters="x" * 8_000)
    with pytest.raises(QueryError, match=r"view = 8,001 characters: .* choose fewer"):
        keep(app, "Longer", parameters="x" * 8_001)


# --- the notes --------------------------------------------------------------------------------

ROLLOUT = Note("Rollout", date(2026, 11, 2), date(2026, 11, 6), (None, "Acme"), ("Sales",))


def test_a_note_is_kept_changed_deleted_and_put_back(app: AppStore) -> None:
    assert all_notes(app) == ()
    assert not Path(app.where).exists()
    training = add_note(app, Note("  two\n lines ", date(2026, 1, 2), date(2026, 1, 2)))
    rollout = add_note(app, ROLLOUT)
    again = AppStore(app_settings(app))
    assert all_notes(again) == (
        replace(ROLLOUT, id=rollout.id, organizations=("Acme", None)),
        Note("two lines", date(2026, 1, 2), date(2026, 1, 2), id=training.id),
    )
    moved = replace(rollout, title="Späte 👩\u200d💻", first=date(2025, 1, 1), organizations=())
    assert change_note(app, moved)
    assert all_notes(again) == (training, moved)
    assert delete_note(app, training.id) == training
    assert all_notes(again) == (moved,)
    assert delete_note(app, training.id) is None
    assert not change_note(app, training)
    restore_note(app, training)
    restore_note(app, training)  # a click that came twice
    assert all_notes(again) == (training, moved)
    assert add_note(app, training).id != training.id  # two may have one title


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": " "}, r"title = ' ': give the note a title"),
        ({"title": "x" * 81}, r"title = x+…: it has 81 characters; use at most 80"),
        ({"last": date(2026, 11, 1)}, r"last_day = 2026-11-01: .*before it begins \(2026-11-02\)"),
        ({"last": date(2036, 11, 10)}, r"first_day = 2026-11-02: .* 3,662 days; choose at most"),
        ({"departments": tuple(map(str, range(101)))}, r"departments = 101 names: choose at most"),
    ],
)
def test_a_note_that_cant_be_kept(app: AppStore, wrong: dict[str, Any], said: str) -> None:
    kept = add_note(app, ROLLOUT)
    for act in (add_note, change_note):
        with pytest.raises(QueryError, match=said):
            act(app, replace(kept, **wrong))
    assert all_notes(app) == (kept,)


@pytest.mark.parametrize(
    "damage", ["first_day = 'soon'", "organizations = '[\"'", "departments = 1"]
)
def test_a_damaged_note(app: AppStore, damage: str) -> None:
    add_note(app, ROLLOUT)
    query(Path(app.where), f"UPDATE notes SET {damage}")
    with pytest.raises(DatabaseProblem, match="are damaged"):
        all_notes(app)


def test_an_id_is_not_given_twice(app: AppStore) -> None:
    first = keep(app)
    delete_view(app, first.id)
    assert keep(app).id != first.id


# --- the file ---------------------------------------------------------------------------------


def test_looking_makes_no_file(app: AppStore, tmp_path: Path) -> None:
    assert saved_views(app) == []
    assert saved_view(app, "x") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("database", "kept_in"),
    [
        ("company.db", "company.app.db"),
        ("company", "company-app.db"),
        ("company.sqlite", "company.sqlite-app.db"),
    ],
)
def test_the_file_lies_beside_the_database(tmp_path: Path, database: str, kept_in: str) -> None:
    keep(AppStore(settings_for(tmp_path / database)))
    assert [path.name for path in tmp_path.iterdir()] == [kept_in]
    # The rollback journal: WAL is not safe with every SQLite.
    assert query(tmp_path / kept_in, "PRAGMA journal_mode") == [("delete",)]


def query(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        return database.execute(sql).fetchall()


def test_two_names_of_a_database_share_their_views(tmp_path: Path) -> None:
    (tmp_path / "company.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "company.db")
    keep(AppStore(settings_for(tmp_path / "company.db")))
    assert names(AppStore(settings_for(tmp_path / "link.db"))) == ["Board"]


def test_views_outlive_rebuilds_new_data_and_unmarking(tmp_path: Path) -> None:
    path = tmp_path / "company.db"
    write(Raw(users=[a_user("ann")]), path)
    app = AppStore(settings_for(path))
    keep(app)
    store = open_database(settings_for(path))
    store.refresh()
    store.rebuild()
    store.remove_log()
    store.close()
    generate(path, users=4, days=2, force=True)
    assert names(app) == ["Board"]


def test_the_migrations_make_the_tables_that_the_code_expects(app: AppStore) -> None:
    keep(app)
    engine = create_engine(f"sqlite:///{app.where}", poolclass=NullPool)
    inspector = inspect(engine)
    assert set(inspector.get_table_names()) == {"saved_views", "notes", "app_version"}
    for model in (SavedView, KeptNote):
        expected = table_of(model)
        made = {column["name"]: column for column in inspector.get_columns(expected.name)}
        assert {name: column["nullable"] for name, column in made.items()} == {
            column.name: column.nullable for column in expected.columns
        }
    assert query(Path(app.where), "SELECT * FROM app_version") == [("0002_notes",)]


def test_a_file_with_views_alone_gets_room_for_notes(app: AppStore) -> None:
    """As the release before notes left it."""
    keep(app)
    query(Path(app.where), "DROP TABLE notes")
    query(Path(app.where), "UPDATE app_version SET version_num = '0001_saved_views'")
    assert all_notes(app) == ()
    assert names(app) == ["Board"]
    kept = add_note(app, ROLLOUT)
    assert all_notes(app) == (kept,)


# --- what can be wrong with it ----------------------------------------------------------------


def problem(app: AppStore) -> DatabaseProblem:
    """What saving says, and that looking says so too or works."""
    with pytest.raises(DatabaseProblem) as caught:
        keep(app, "Another")
    assert str(Path(app.where)) == caught.value.where
    return caught.value


def test_a_damaged_file(app: AppStore, tmp_path: Path) -> None:
    content = b"not a database, but long enough to look at" * 30
    (tmp_path / "company.app.db").write_bytes(content)
    assert problem(app).what == "The saved views and notes are damaged"
    with pytest.raises(DatabaseProblem, match="Restore this file from a backup, or move it away"):
        saved_views(app)
    assert (tmp_path / "company.app.db").read_bytes() == content


def test_a_torn_file(app: AppStore, tmp_path: Path) -> None:
    for n in range(60):
        keep(app, f"View {n}", parameters="x" * 500)
    path = tmp_path / "company.app.db"
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(DatabaseProblem, match="damaged"):
        saved_views(app)


def test_another_programs_file(app: AppStore, tmp_path: Path) -> None:
    query(tmp_path / "company.app.db", "CREATE TABLE alembic_version (version_num)")
    before = (tmp_path / "company.app.db").read_bytes()
    assert "belongs to another program" in problem(app).what
    with pytest.raises(DatabaseProblem, match="Rename it"):
        saved_views(app)
    assert (tmp_path / "company.app.db").read_bytes() == before


def test_a_newer_releases_file(app: AppStore, tmp_path: Path) -> None:
    keep(app)
    query(tmp_path / "company.app.db", "UPDATE app_version SET version_num = '0099_keys'")
    assert problem(app).what == "The saved views and notes were written by a newer release"
    with pytest.raises(DatabaseProblem, match="or a newer one"):
        saved_views(app)


def test_an_older_releases_file_is_upgraded_by_looking(
    app: AppStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(app)
    newer = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, newer)
    (newer / "versions/r0003_next.py").write_text(
        "from alembic import op\nrevision, down_revision = '0003_next', '0002_notes'\n"
        "def upgrade(): op.execute('CREATE TABLE app.next (x INTEGER)')\n"
    )
    monkeypatch.setattr(migrations, "__file__", str(newer / "__init__.py"))
    migrations._revisions.cache_clear()
    try:
        assert names(app) == ["Board"]
        assert query(Path(app.where), "SELECT * FROM app_version, next") == []
        assert query(Path(app.where), "SELECT * FROM app_version") == [("0003_next",)]
    finally:
        migrations._revisions.cache_clear()


def test_a_file_that_another_program_holds(
    app: AppStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analytics.app.store.BUSY_SECONDS", 0.1)
    keep(app)
    with closing(sqlite3.connect(tmp_path / "company.app.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert problem(app).what == "The saved views and notes are locked by another program"
        assert names(app) == ["Board"]


def test_a_folder_in_its_place(app: AppStore, tmp_path: Path) -> None:
    (tmp_path / "company.app.db").mkdir()
    assert problem(app).what == "The saved views and notes can't be read"


def test_a_full_disk(app: AppStore, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(app)
    # As full: the file may not grow by a page.
    attached = AppStore._attached

    def small(self: AppStore, mode: str) -> sqlite3.Connection:
        connection = attached(self, mode)
        connection.execute("PRAGMA app.max_page_count = 1")
        return connection

    monkeypatch.setattr(AppStore, "_attached", small)
    with pytest.raises(DatabaseProblem, match=r"the disk is full.*Free some space"):
        keep(app, "Long", parameters="x" * 8_000)
    assert names(app) == ["Board"]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that an account without rights may enter, with a data folder for it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    for name in ("data", "home"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "home"))
    yield folder
    (folder / "data").chmod(0o755)
    shutil.rmtree(folder)


def without_rights(place: Path) -> Any:
    """What saving and looking answer without root's rights."""
    if os.geteuid() != 0:
        return _saved_and_listed(place)
    ours, theirs = FORK.Pipe()

    def child() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        theirs.send(_saved_and_listed(place))

    process = FORK.Process(target=child)
    process.start()
    process.join(20)
    return ours.recv()


def _saved_and_listed(place: Path) -> tuple[str, list[str], str]:
    app = AppStore(settings_for(place / "data/company.db"))
    try:
        keep(app)
        saved = "saved"
    except DatabaseProblem as error:
        saved = error.what
    return saved, names(app), str(Path(app.where).relative_to(place).parent)


@pytest.fixture
def _imported(app: AppStore) -> None:
    keep(app)  # imports what is needed while everything can be read


@pytest.mark.usefixtures("_imported")
def test_a_folder_that_cant_be_written(place: Path) -> None:
    (place / "data").chmod(0o555)
    assert without_rights(place) == ("saved", ["Board"], "home/ai-twin-analytics")


@pytest.mark.usefixtures("_imported")
def test_a_file_that_cant_be_written_can_be_read(place: Path) -> None:
    keep(AppStore(settings_for(place / "data/company.db")), "Kept before")
    (place / "data/company.app.db").chmod(0o444)
    (place / "data").chmod(0o555)
    assert without_rights(place) == (
        "The saved views and notes can't be written",
        ["Kept before"],
        "data",
    )


@pytest.mark.usefixtures("_imported")
def test_nowhere_to_write(place: Path) -> None:
    (place / "data").chmod(0o555)
    (place / "home").chmod(0o555)
    assert without_rights(place) == (
        "The saved views and notes can't be written", [], "home/ai-twin-analytics",
    )  # fmt: skip


# --- several processes ------------------------------------------------------------------------


def saver(path: Path, name: str, count: int) -> tuple[Any, Any]:
    """Another process that saves views from now on, and the pipe that says which it has."""
    ours, theirs = FORK.Pipe()

    def child() -> None:
        app = AppStore(settings_for(path))
        for n in range(count):
            keep(app, f"{name} {n}")
            theirs.send(n)

    process = FORK.Process(target=child)
    process.start()
    theirs.close()
    return process, ours


def test_several_processes_make_the_tables_at_once(tmp_path: Path) -> None:
    path = tmp_path / "company.db"
    for process, _ in [saver(path, name, 2) for name in "abc"]:
        process.join(30)
        assert process.exitcode == 0
    assert names(AppStore(settings_for(path))) == ["a 0", "a 1", "b 0", "b 1", "c 0", "c 1"]


def test_a_process_killed_while_saving_loses_nothing_that_it_said_was_saved(tmp_path: Path) -> None:
    for round_ in range(5):
        path = tmp_path / f"round{round_}.db"
        process, pipe = saver(path, "view", 10_000)
        time.sleep(0.01 + 0.04 * round_)  # the first one before the tables are made
        process.kill()
        process.join(20)
        said = 0
        with suppress(EOFError):
            while True:
                pipe.recv()
                said += 1
        app = AppStore(settings_for(path))
        assert said <= len(names(app)) <= said + 1
        keep(app)
        assert query(Path(app.where), "PRAGMA integrity_check") == [("ok",)]


# --- PostgreSQL -------------------------------------------------------------------------------


def on(url: URL) -> AppStore:
    return AppStore(Settings(database_url=url.render_as_string(hide_password=False)))


@pytest.mark.slow
def test_postgresql_keeps_views_in_a_schema_of_its_own(postgres: URL) -> None:  # noqa: F811
    app = on(postgres)
    assert saved_views(app) == []
    engine = create_engine(postgres, poolclass=NullPool)
    assert "app" not in inspect(engine).get_schema_names()  # looking makes nothing
    board = keep(app, "\x00Board")
    with pytest.raises(QueryError, match="another view has this name"):
        keep(app, "BOARD")
    other = keep(app, "<i>Other</i>", preset=None)
    with pytest.raises(QueryError, match="another view has this name"):
        rename_view(app, other.id, "board")
    rename_view(app, board.id, "Zebra")
    assert names(app) == ["<i>Other</i>", "Zebra"]
    deleted = delete_view(app, other.id)
    assert deleted is not None
    restore_view(app, deleted)
    assert saved_view(app, other.id) is not None
    assert saved_view(app, "\x00") is None
    rollout = add_note(app, replace(ROLLOUT, title="\x00Rollout", departments=("\ud800",)))
    assert all_notes(app) == (rollout,)
    assert change_note(app, replace(rollout, last=rollout.first))
    assert delete_note(app, rollout.id) == replace(rollout, last=rollout.first)
    restore_note(app, rollout)
    assert all_notes(app) == (rollout,)
    assert set(inspect(engine).get_table_names("app")) == {"saved_views", "notes", "app_version"}
    with engine.begin() as connection:
        connection.execute(text("UPDATE app.app_version SET version_num = '0099_keys'"))
    with pytest.raises(DatabaseProblem, match="newer release"):
        saved_views(app)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA app CASCADE"))
    _two_savers_on_a_new_schema(postgres)
    _a_user_without_rights(postgres)


def _two_savers_on_a_new_schema(url: URL) -> None:
    def save(name: str, pipe: Any) -> None:
        try:
            keep(on(url), name)
            pipe.send("saved")
        except Exception as error:
            pipe.send(repr(error))

    pipes = []
    for name in ("a", "b", "c"):
        ours, theirs = FORK.Pipe()
        FORK.Process(target=save, args=(name, theirs)).start()
        pipes.append(ours)
    assert [pipe.recv() for pipe in pipes] == ["saved"] * 3
    assert names(on(url)) == ["a", "b", "c"]


def _a_user_without_rights(url: URL) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA app CASCADE"))
        connection.execute(text("CREATE ROLE views_reader LOGIN PASSWORD 'x'"))
    reader = on(url.set(username="views_reader", password="x"))  # noqa: S106
    try:
        assert saved_views(reader) == []
        with pytest.raises(DatabaseProblem, match=r"lacks the rights.*CREATE SCHEMA app"):
            keep(reader)
        keep(on(url))
        with pytest.raises(DatabaseProblem, match="lacks the rights"):
            saved_views(reader)
        with engine.begin() as connection:
            connection.execute(text("GRANT USAGE ON SCHEMA app TO views_reader"))
            connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA app TO views_reader"))
        assert names(reader) == ["Board"]
        with pytest.raises(DatabaseProblem, match="lacks the rights"):
            keep(reader, "Another")
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP OWNED BY views_reader"))
            connection.execute(text("DROP ROLE views_reader"))


def test_an_unreachable_server_is_a_problem() -> None:
    app = AppStore(Settings(database_url="postgresql+psycopg://me:secret@127.0.0.1:1/none"))
    with pytest.raises(DatabaseProblem, match="can't be reached") as caught:
        saved_views(app)
    assert "secret" not in str(caught.value)


def test_the_longest_name_is_what_the_page_allows() -> None:
    assert app_names.MAX_NAME == 80
