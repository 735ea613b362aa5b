"""What an open store knows of its database."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.models import SAMPLE_APPLICATION_ID
from analytics.storage.store import open_database
from tests.conftest import settings_for
from tests.databases import write
from tests.opening import conversations, opened, problem_with, run, talks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


def test_an_unsupported_scheme_and_no_password() -> None:
    problem = problem_with("mysql://me:secret@host/name?password=secret")
    assert problem.what == "mysql databases can't be opened"
    assert problem.where == "mysql://me:***@host/name"
    assert problem.remedy == (
        "Use an address that begins with sqlite:/// or postgresql+psycopg://."
    )


def test_sample_data_is_known_by_its_mark(path: Path) -> None:
    write(talks(1), path)
    assert not open_database(settings_for(path)).is_sample
    run(path, f"PRAGMA application_id = {SAMPLE_APPLICATION_ID}")
    assert open_database(settings_for(path)).is_sample


def test_a_database_from_before_message_type_is_read_and_noted(path: Path) -> None:
    write(talks(1), path)
    assert not open_database(settings_for(path)).lacks_message_type
    run(path, "DROP INDEX ix_messages_message_type; ALTER TABLE messages DROP COLUMN message_type")
    store = opened(settings_for(path))
    assert store.lacks_message_type
    assert conversations(store) == 1
    store.close()


def test_freshness_says_what_the_rollups_hold(path: Path) -> None:
    write(talks(1), path)
    store = open_database(settings_for(path, "Europe/Berlin"))
    assert store.freshness() is None
    before = datetime.now(UTC)
    store.refresh()
    first = store.freshness()
    store.refresh()
    assert store.freshness() == first  # nothing was written
    store.rebuild()
    second = store.freshness()
    assert first and second
    assert before <= first.built_at <= second.built_at <= datetime.now(UTC)
    assert first.zone == "Europe/Berlin"
    assert first.version != second.version
    store.close()
