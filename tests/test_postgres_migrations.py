"""The migration of a PostgreSQL database from before `messages.message_type`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from analytics import migrations
from analytics.__main__ import main
from analytics.migrations import MigrationError, migrate
from analytics.settings import Settings
from analytics.storage.store import open_database
from tests.databases import Raw, a_document, a_message, a_query, a_session, a_twin, a_user
from tests.postgres import administering, create_tables, rows_of, write

pytestmark = pytest.mark.slow
REVISIONS = ["0001_reference_schema", "0002_message_type"]
TYPES = {
    "a": "general",
    "B": "document",
    "ä": "query",
    "both": "document,query",
    "z": "general",
}
AT = "2026-03-01 09:00:00"


def some() -> Raw:
    """Messages that documents and queries refer to; ids in which locales differ."""
    return Raw(
        [a_user("ann")],
        [a_twin("t0", "ann")],
        [a_session("s", "ann", AT)],
        [a_message(key, "s", AT) for key in TYPES],
        [a_document(f"d{key}", "s", AT, message_id=key) for key in ("B", "both", "both ", None)],
        [a_query(f"q{key}", "s", AT, message_id=key) for key in ("ä", "both", None)],
    )


@pytest.fixture
def old(postgres: URL) -> Iterator[URL]:
    """A database of the older schema."""
    with administering(postgres) as connection:
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        create_tables(connection)
        write(some(), connection)
        connection.execute(text("ALTER TABLE messages DROP COLUMN message_type"))
    yield postgres
    with administering(postgres) as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS rollup CASCADE"))


def types(url: URL) -> dict[str, str]:
    with administering(url) as connection:
        rows = connection.execute(text("SELECT id, message_type FROM messages"))
        return {row[0]: row[1] for row in rows}


def columns(url: URL) -> set[str]:
    with administering(url) as connection:
        found = "SELECT column_name FROM information_schema.columns WHERE table_name = 'messages'"
        return set(connection.scalars(text(found)))


def test_classifies_and_is_safe_to_repeat(old: URL) -> None:
    shares: list[float] = []
    assert migrate(old, lambda share, _: shares.append(share)) == REVISIONS
    assert types(old) == TYPES
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert migrate(old) == []
    assert types(old) == TYPES


def test_agrees_with_the_reference(postgres: URL, reference_db: Path, older_db: Path) -> None:
    raw = rows_of(older_db)
    with create_engine(postgres, poolclass=NullPool).begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        create_tables(connection, foreign_keys=True)
        write(raw, connection)
        connection.execute(text("ALTER TABLE messages DROP COLUMN message_type"))
    migrate(postgres)
    assert types(postgres) == {
        row["id"]: row["message_type"] for row in rows_of(reference_db).messages
    }


def test_only_nulls_of_an_existing_column_are_filled(old: URL) -> None:
    with administering(old) as connection:
        connection.execute(text("ALTER TABLE messages ADD COLUMN message_type VARCHAR(20)"))
        connection.execute(text("UPDATE messages SET message_type = 'kept' WHERE id IN ('a', 'B')"))
    migrate(old)
    assert types(old) == {**TYPES, "a": "kept", "B": "kept"}


def test_a_dashboard_stays_exact_and_rebuilds_nothing(old: URL) -> None:
    address = old.render_as_string(hide_password=False)
    store = open_database(Settings(database_url=address))
    assert store.lacks_message_type
    store.refresh()
    before = store.freshness()
    migrate(old)
    store.refresh()
    assert store.freshness() == before
    again = open_database(Settings(database_url=address))
    assert not again.lacks_message_type
    again.refresh()
    assert again.freshness() == before
    again.close()
    store.close()


def test_the_command_says_what_it_did(
    old: URL, new_process: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", old.render_as_string(hide_password=False))
    assert main(["migrate"]) == 0
    assert f"applied {', '.join(REVISIONS)}." in capsys.readouterr().out
    assert types(old) == TYPES


@pytest.mark.parametrize("share", [0.0, 0.9, 0.99])
def test_an_exception_half_way_undoes_everything(old: URL, share: float) -> None:
    def stop(done: float, _: str) -> None:
        if done >= share:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(old, stop)
    assert "message_type" not in columns(old)
    assert migrate(old) == REVISIONS


def test_a_locked_table(old: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "BUSY_SECONDS", 0.2)
    with create_engine(old, poolclass=NullPool).begin() as other:
        other.execute(text("LOCK TABLE messages IN ROW EXCLUSIVE MODE"))
        with pytest.raises(MigrationError, match="is locked by another program"):
            migrate(old)
    assert "message_type" not in columns(old)


def test_who_does_not_own_the_tables_is_told(old: URL) -> None:
    role = f"guest_{old.database}"
    with administering(old) as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"))
        connection.execute(text(f"GRANT ALL ON SCHEMA public TO {role}"))
    with pytest.raises(MigrationError, match="Use a database user who owns the tables"):
        migrate(old.set(username=role))
    with administering(old) as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))
    assert "message_type" not in columns(old)


def test_missing_tables_are_named(old: URL) -> None:
    with administering(old) as connection:
        connection.execute(text("DROP TABLE queries"))
    with pytest.raises(MigrationError, match=r"it lacks the table\(s\) queries"):
        migrate(old)
