"""The migration of a database from before `messages.message_type`."""

import hashlib
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url

from analytics import migrations
from analytics.migrations import MigrationError, migrate, pending

ROOT = Path(__file__).parents[1]
TABLES = ("users", "twins", "sessions", "messages", "documents", "queries")
REVISIONS = ["0001_reference_schema", "0002_message_type"]

# The schema of the reference, as far as the migration looks at it.
SMALL = """
    CREATE TABLE users (id VARCHAR NOT NULL PRIMARY KEY);
    CREATE TABLE twins (id VARCHAR NOT NULL PRIMARY KEY);
    CREATE TABLE sessions (id VARCHAR NOT NULL PRIMARY KEY);
    CREATE TABLE messages (id VARCHAR NOT NULL PRIMARY KEY, content TEXT NOT NULL);
    CREATE TABLE documents (id VARCHAR NOT NULL PRIMARY KEY, message_id VARCHAR);
    CREATE TABLE queries (id VARCHAR NOT NULL PRIMARY KEY, message_id VARCHAR);
    CREATE INDEX ix_documents_message_id ON documents (message_id);
    CREATE INDEX ix_queries_message_id ON queries (message_id);
    INSERT INTO messages (id, content) VALUES
        ('', 'm'), ('none', 'm'), ('doc', 'm'), ('query', 'm'), ('both', 'm'), ('twice', 'm');
    INSERT INTO documents VALUES ('d1', 'doc'), ('d2', 'both'), ('d3', 'twice'), ('d4', 'twice'),
        ('d5', 'no such message'), ('d6', 'zzz'), ('d7', NULL), ('d8', '');
    INSERT INTO queries VALUES ('q1', 'query'), ('q2', 'both'), ('q3', 'no such message'),
        ('q4', NULL);
"""
SMALL_TYPES = {
    "": "document",
    "none": "general",
    "doc": "document",
    "query": "query",
    "both": "document,query",
    "twice": "document",
}
# Enough messages for three batches, and for SQLite's cache to overflow where it may.
MANY = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
        INSERT INTO messages (id, content)
        SELECT printf('%08x', i * 2654435761 % 4294967296), printf('%.*c', 400, 'm') FROM n;
    INSERT INTO documents SELECT 'd-' || id, id FROM messages WHERE rowid % 7 = 0;
    INSERT INTO queries SELECT 'q-' || id, id FROM messages WHERE rowid % 5 = 0;
"""


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _rows(path: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def _types(path: Path) -> dict[str, str]:
    return dict(_rows(path, "SELECT id, message_type FROM messages"))


def _columns(path: Path, table: str) -> list[str]:
    return [row[1] for row in _rows(path, f"PRAGMA table_info({table})")]


def _contents(path: Path) -> dict[str, list[tuple]]:
    """Every row of the six tables, `message_type` apart, with its rowid."""
    names = {t: [c for c in _columns(path, t) if c != "message_type"] for t in TABLES}
    return {
        table: _rows(path, f"SELECT rowid, {', '.join(columns)} FROM {table} ORDER BY rowid")
        for table, columns in names.items()
    }


def _small(path: Path, more: str = "") -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SMALL + more)
    return path


@pytest.fixture
def before(tmp_path: Path, older_db: Path) -> Path:
    return Path(shutil.copy(older_db, tmp_path))


@pytest.fixture
def reference(tmp_path: Path, reference_db: Path) -> Path:
    return Path(shutil.copy(reference_db, tmp_path))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    # A name with every character that means something in a URL.
    return _small(tmp_path / "small ?#%20.db")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return _small(tmp_path / "many.db", MANY)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "BUSY_SECONDS", 0.2)


def _classified(path: Path) -> dict[str, str]:
    """What the types should be, in plain Python."""
    referred = {
        kind: {row[0] for row in _rows(path, f"SELECT message_id FROM {table}")}
        for kind, table in (("document", "documents"), ("query", "queries"))
    }
    return {
        row[0]: ",".join(kind for kind, ids in referred.items() if row[0] in ids) or "general"
        for row in _rows(path, "SELECT id FROM messages")
    }


@pytest.mark.parametrize("name", ["before", "many"])
def test_classifies_and_changes_nothing_else(name: str, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue(name)
    untouched, expected = _contents(path), _classified(path)
    assert migrate(_url(path)) == REVISIONS
    assert set(expected.values()) == {"document", "query", "document,query", "general"}
    assert _types(path) == expected
    assert _contents(path) == untouched
    assert _rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert ("ix_messages_message_type",) in _rows(
        path, "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'messages'"
    )


def test_agrees_with_the_reference(before: Path, reference: Path) -> None:
    migrate(_url(before))
    assert _types(before) == _types(reference)


def test_a_repeat_does_nothing(small: Path) -> None:
    migrate(_url(small))
    digest = _digest(small)
    assert migrate(_url(small)) == []
    assert _digest(small) == digest


def test_a_database_with_the_column_keeps_its_rows(reference: Path) -> None:
    rows, types = _contents(reference), _types(reference)
    assert migrate(_url(reference)) == REVISIONS
    assert (_contents(reference), _types(reference)) == (rows, types)


def test_edge_cases(small: Path) -> None:
    rows = _contents(small)
    migrate(_url(small))
    assert _types(small) == SMALL_TYPES
    assert _contents(small) == rows
    with closing(sqlite3.connect(small)) as connection:
        connection.execute("INSERT INTO messages (id, content) VALUES ('new', 'm')")
        new = connection.execute("SELECT message_type FROM messages WHERE id = 'new'").fetchone()
    assert new == ("general",)


@pytest.mark.parametrize("emptied", ["documents", "documents, queries, messages"])
def test_empty_tables(tmp_path: Path, emptied: str) -> None:
    deletes = "".join(f"DELETE FROM {table};" for table in emptied.split(", "))
    path = _small(tmp_path / "empty.db", deletes)
    expected = {"": "general", "none": "general", "doc": "general", "query": "query"}
    expected |= {"both": "query", "twice": "general"}
    assert migrate(_url(path)) == REVISIONS
    assert _types(path) == ({} if "messages" in emptied else expected)


@pytest.mark.parametrize("indexed", [True, False])
def test_only_nulls_of_an_existing_column_are_filled(tmp_path: Path, indexed: bool) -> None:
    column = """
        ALTER TABLE messages ADD COLUMN message_type VARCHAR(20);
        UPDATE messages SET message_type = 'general' WHERE id = 'doc';
        UPDATE messages SET message_type = '' WHERE id = 'query';
    """
    index = "CREATE INDEX ix_messages_message_type ON messages (message_type);" if indexed else ""
    path = _small(tmp_path / "nulls.db", column + index)
    migrate(_url(path))
    assert _types(path) == SMALL_TYPES | {"doc": "general", "query": ""}


def test_progress_rises_to_one(many: Path) -> None:
    seen: list[tuple[float, str]] = []
    migrate(_url(many), lambda share, doing: seen.append((share, doing)))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert len(set(shares)) >= 5
    assert all(doing for _, doing in seen)


class _StopError(Exception):
    pass


@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
def test_an_exception_half_way_undoes_everything(many: Path, share: float) -> None:
    digest = _digest(many)

    def stop(done: float, doing: str) -> None:
        if done >= share:
            raise _StopError

    with pytest.raises(_StopError):
        migrate(_url(many), stop)
    assert _digest(many) == digest
    assert "message_type" not in _columns(many, "messages")
    assert list(many.parent.iterdir()) == [many]


@pytest.mark.slow
def test_killed_half_way_the_file_is_untouched(many: Path) -> None:
    digest, rows = _digest(many), _contents(many)
    code = """
import sys
from sqlalchemy import URL
from analytics.migrations import migrate

def halt(done, doing):
    if done >= 0.99:  # all but the commit
        print("half way", flush=True)
        sys.stdin.read()

migrate(URL.create("sqlite", database=sys.argv[1]), halt)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, many],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "half way\n"
        process.kill()
        assert process.wait() == -signal.SIGKILL

    assert _digest(many) == digest
    assert _contents(many) == rows  # opened read-only, beside whatever the kill left
    assert _digest(many) == digest
    assert migrate(_url(many)) == REVISIONS
    assert len(set(_types(many).values())) == 4
    assert len(list(many.parent.iterdir())) == 1


def test_the_journal_mode_stays(small: Path) -> None:
    with closing(sqlite3.connect(small)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
    assert migrate(_url(small)) == REVISIONS
    assert _types(small) == SMALL_TYPES
    assert _rows(small, "PRAGMA journal_mode") == [("wal",)]


def test_a_file_killed_while_committing_is_restored_and_migrated(many: Path) -> None:
    rows = _contents(many)
    # A tiny cache that spills writes to the file within the transaction, as a commit does.
    code = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 300")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE messages SET content = upper(content)")
os.kill(os.getpid(), 9)
"""
    digest = _digest(many)
    killed = subprocess.run([sys.executable, "-c", code, many], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert _digest(many) != digest
    assert migrate(_url(many)) == REVISIONS
    assert _contents(many) == rows


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_database(small: Path, lock: str) -> None:
    digest = _digest(small)
    with closing(sqlite3.connect(small, isolation_level=None)) as other:
        other.execute(f"BEGIN {lock}")
        started = time.monotonic()
        with pytest.raises(MigrationError, match=r"locked.*Close the other program"):
            migrate(_url(small))
        assert time.monotonic() - started < 2
    assert _digest(small) == digest
    assert migrate(_url(small)) == REVISIONS


@pytest.mark.usefixtures("impatient")
def test_a_reader_that_stays_blocks_the_commit_only(small: Path) -> None:
    digest, reported = _digest(small), []
    with closing(sqlite3.connect(small, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM messages").fetchone()
        with pytest.raises(MigrationError, match="locked"):
            migrate(_url(small), lambda share, doing: reported.append(share))
        reader.execute("COMMIT")
    assert reported[-1] == 0.99
    assert _digest(small) == digest


def test_it_waits_five_seconds_for_a_lock() -> None:
    assert migrations.BUSY_SECONDS == 5


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.db", tmp_path / "no folder/missing.db", tmp_path):
        with pytest.raises(MigrationError, match=r"no database file.*Check DATABASE_URL"):
            migrate(_url(path))
    with pytest.raises(MigrationError, match="no database file"):
        migrate(make_url("sqlite://"))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("This is no database. " * 200)
    digest = _digest(path)
    with pytest.raises(MigrationError, match=r"not a SQLite database.*Check DATABASE_URL"):
        migrate(_url(path))
    assert _digest(path) == digest


def test_missing_tables_are_named(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    path.touch()
    with pytest.raises(MigrationError, match=f"lacks.*{', '.join(TABLES)}"):
        migrate(_url(path))
    assert path.stat().st_size == 0
    _small(path, "DROP TABLE twins;")
    digest = _digest(path)
    with pytest.raises(MigrationError, match=r"lacks the table\(s\) twins\."):
        migrate(_url(path))
    assert _digest(path) == digest


def test_an_unknown_schema_version(tmp_path: Path) -> None:
    more = """CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
        INSERT INTO alembic_version VALUES ('9999_from_the_future');"""
    path = _small(tmp_path / "newer.db", more)
    with pytest.raises(MigrationError, match="9999_from_the_future"):
        migrate(_url(path))
    assert "message_type" not in _columns(path, "messages")


@pytest.fixture
def unprivileged(tmp_path: Path) -> Iterator[Path]:
    """A folder that everybody may enter, and a process without root's rights."""
    migrate(_url(_small(tmp_path / "first.db")))  # imports while everything can be read
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    root = os.geteuid() == 0
    _small(folder / "x.db").chmod(0o644 if root else 0o444)
    if root:
        os.seteuid(65534)
    try:
        if not os.access(migrations.__file__, os.R_OK, effective_ids=True):
            pytest.skip("nobody but root may read this checkout")
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_file_or_folder_without_permission(unprivileged: Path) -> None:
    path = unprivileged / "x.db"
    digest = _digest(path)
    with pytest.raises(MigrationError, match=r"can't be written.*may write the file and its"):
        migrate(_url(path))
    assert _digest(path) == digest
    assert stat.S_IMODE(path.stat().st_mode) in {0o444, 0o644}


def test_a_folder_that_takes_no_journal(unprivileged: Path) -> None:
    path = unprivileged / "x.db"
    if os.geteuid() == 65534:
        os.seteuid(0)
        path.chmod(0o666)
        os.seteuid(65534)
    else:
        path.chmod(0o644)
        unprivileged.chmod(0o555)
    digest = _digest(path)
    with pytest.raises(MigrationError, match="can't be written"):
        migrate(_url(path))
    assert _digest(path) == digest


def test_other_databases_and_unreachable_servers() -> None:
    with pytest.raises(MigrationError, match="mysql databases are not supported"):
        migrate(make_url("mysql://user:secret@localhost/name"))
    with pytest.raises(MigrationError) as raised:
        migrate(make_url("postgresql+psycopg://user:secret@127.0.0.1:1/name"))
    assert "secret" not in str(raised.value)


def test_pending(small: Path) -> None:
    engine = create_engine(_url(small))
    with engine.connect() as connection:
        assert pending(connection)
    migrate(_url(small))
    with engine.connect() as connection:
        assert not pending(connection)
    engine.dispose()
