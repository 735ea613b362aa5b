"""What the tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import URL

from analytics.database import Store, open_database
from analytics.service import service
from analytics.settings import Settings, load_settings
from tests.databases import Raw, a_user, write

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
    """One database file whose rows change; its stores are kept, because opening costs more."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "data.db"
        self.stores: dict[str, Store] = {}

    def __call__(self, raw: Raw, zone: str = "UTC") -> Store:
        """The store of these rows alone, its rollups built in a reporting time zone."""
        if zone not in self.stores:
            # A file without a single row is refused, so it gets one to be opened with.
            write(Raw(users=[a_user("first")]), self.path)
            self.stores[zone] = open_database(settings_for(self.path, zone))
        write(raw, self.path)
        self.stores[zone].refresh()
        return self.stores[zone]


@pytest.fixture(scope="session")
def store_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Opens a database of the rows it is given. The next rows take their place."""
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    yield shelf
    for store in shelf.stores.values():
        store.close()
