"""What the tests share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import NullPool
from sqlalchemy.util import LRUCache
from streamlit.components.v2 import manifest_scanner

from analytics.service import service
from analytics.settings import Settings, load_settings
from analytics.storage import engines
from analytics.storage.store import Store, open_database
from tests import postgres as on_postgres
from tests import reference
from tests.databases import TABLES, Raw, a_user, write
from tests.postgres import postgres, postgres_server  # noqa: F401 - fixtures of every test

# The same examples each time, however slow the machine is just now.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")

SETTINGS_FILES = {name: Settings.model_config[name] for name in ("env_file", "toml_file")}


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_the_developer() -> Iterator[None]:
    """Neither the environment nor the settings files of this checkout reach a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
            patch.delenv(name, raising=False)
        for name in SETTINGS_FILES:
            patch.setitem(Settings.model_config, name, None)
        yield


@pytest.fixture(scope="session", autouse=True)
def done_once() -> Iterator[None]:
    """What a process does once is done once for all tests, though each opens stores and pages anew.

    Every engine would compile all statements again, and every page of AppTest would read the
    metadata of all installed packages, looking for components.
    """
    compiled = LRUCache[object, object](4_000)
    make = engines.create_engine

    def engine(*arguments: Any, **options: Any) -> Engine:
        made = make(*arguments, **options)
        if made.dialect.name == "sqlite":
            made._compiled_cache = compiled
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "create_engine", engine)
        # The cache asks for the dialect too; all of SQLite are made alike.
        patch.setattr(SQLiteDialect_pysqlite, "__hash__", lambda _: 0)
        patch.setattr(SQLiteDialect_pysqlite, "__eq__", lambda one, two: type(one) is type(two))
        patch.setattr(manifest_scanner, "scan_component_manifests", list)
        yield


@pytest.fixture(scope="session")
def reference_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference backend's database. Only to be read or copied: all tests have this one."""
    return reference.make(tmp_path_factory.mktemp("made") / "reference.db")


@pytest.fixture(scope="session")
def older_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same rows from before `messages.message_type`. Only to be read or copied."""
    return reference.make_older(tmp_path_factory.mktemp("made") / "older.db")


@pytest.fixture
def new_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """As in a process started in an empty folder, whose settings files are read. The folder."""

    def forget() -> None:
        if service.cache_info().currsize:
            service().close()
        service.cache_clear()
        load_settings.cache_clear()

    monkeypatch.chdir(tmp_path)
    for name, value in SETTINGS_FILES.items():
        monkeypatch.setitem(Settings.model_config, name, value)
    forget()
    yield tmp_path
    forget()


def settings_for(path: Path, zone: str = "UTC") -> Settings:
    """The settings that name a SQLite file and a reporting time zone."""
    address = URL.create("sqlite", database=str(path)).render_as_string()
    return Settings(database_url=address, reporting_timezone=zone)


class Shelf:
    """One database whose rows change; its stores are kept, because opening costs more.

    `path` is the SQLite file, or one that holds the same rows as the PostgreSQL database.
    """

    def __init__(self, folder: Path, server: URL | None = None) -> None:
        self.path = folder / "data.db"
        self.address = server or URL.create("sqlite", database=str(self.path))
        self._postgres = server and create_engine(server, poolclass=NullPool)
        self.stores: dict[str, Store] = {}
        if self._postgres:
            with self._postgres.begin() as connection:
                on_postgres.create_tables(connection)
        write(Raw(users=[a_user("first")]), self.path)

    def settings(self, zone: str = "UTC") -> Settings:
        """The settings that name the database and a reporting time zone."""
        address = self.address.render_as_string(hide_password=False)
        return Settings(database_url=address, reporting_timezone=zone)

    def write(self, raw: Raw) -> None:
        """Make these rows the only ones, as another program would."""
        if self._postgres:
            raw = on_postgres.readable(raw)
            with self._postgres.begin() as connection:
                connection.execute(text(f"TRUNCATE {', '.join(TABLES)} CASCADE"))
                on_postgres.write(raw, connection)
        write(raw, self.path)

    def __call__(self, raw: Raw, zone: str = "UTC") -> Store:
        """The store of these rows alone, its rollups built in a reporting time zone."""
        if zone not in self.stores:
            # A database without a single row is refused, so it gets one to be opened with.
            self.write(Raw(users=[a_user("first")]))
            self.stores[zone] = open_database(self.settings(zone))
        self.write(raw)
        store = self.stores[zone]
        store.keeper._has_counted = False  # as if just opened: another zone may have counted
        store.refresh()
        return store

    def close(self) -> None:
        """Close its stores."""
        for store in self.stores.values():
            store.close()


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]
)
def new_shelf(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Shelf]]:
    """Makes databases: what takes this runs on SQLite, and, as a slow test, on PostgreSQL."""
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    with ExitStack() as kept:

        def make() -> Shelf:
            url = kept.enter_context(on_postgres.a_database(server)) if server else None
            shelf = Shelf(tmp_path_factory.mktemp("shelf"), url)
            kept.callback(shelf.close)
            return shelf

        yield make


@pytest.fixture(scope="session")
def store_of(new_shelf: Callable[[], Shelf]) -> Shelf:
    """Opens a database of the rows it is given. The next rows take their place."""
    return new_shelf()
