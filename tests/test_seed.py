"""The sample data: repeatable, believable, and never written over something else."""

import hashlib
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from faker import Faker
from sqlalchemy import create_engine
from sqlmodel import SQLModel

import seed
from analytics.models import RAW_MODELS, RAW_TABLES, SAMPLE_APPLICATION_ID
from seed.__main__ import main, run
from seed.company import Company, build_company
from seed.conversations import expected_conversations
from seed.options import Options

END = date(2026, 3, 31)  # a Tuesday; clocks change in Europe and America within the 60 days
LATEST = "2026-03-31 23:59:59.999999"


FORK = multiprocessing.get_context("fork")  # a fresh interpreter would import for seconds


def rows(path: Path) -> dict[str, list[tuple]]:
    with sqlite3.connect(path) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
            for table in RAW_TABLES
        }


def company(options: Options) -> Company:
    faker = Faker("en_US", use_weighting=False)
    faker.seed_instance(options.seed)
    return build_company(options, np.random.default_rng(options.seed), faker)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seed")


@pytest.fixture(scope="module")
def sample(folder: Path) -> Path:
    path = folder / "default.db"
    seed.generate(path, end_date=END)
    return path


@pytest.fixture(scope="module")
def larger(folder: Path) -> Path:
    path = folder / "larger.db"
    seed.generate(path, users=60, organizations=10, end_date=END, seed=7)
    return path


@pytest.fixture(scope="module")
def showcase(folder: Path) -> Path:
    path = folder / "showcase.db"
    seed.generate(path, showcase=True, end_date=END)
    return path


@pytest.fixture
def query(sample: Path) -> Iterator:
    connection = sqlite3.connect(sample)
    yield lambda sql: connection.execute(sql).fetchall()
    connection.close()


# --- the rows ---------------------------------------------------------------------------------


def test_same_seed_same_rows(sample: Path, tmp_path: Path) -> None:
    seed.generate(tmp_path / "again.db", end_date=END)
    assert rows(tmp_path / "again.db") == rows(sample)


@pytest.mark.slow
def test_another_process_makes_the_same_rows(sample: Path, tmp_path: Path) -> None:
    path = tmp_path / "command.db"
    command = [sys.executable, "-m", "seed", "--database", str(path), "--end-date", str(END)]
    subprocess.run(command, check=True, capture_output=True)
    assert rows(path) == rows(sample)


def test_another_seed_other_rows(sample: Path, tmp_path: Path) -> None:
    seed.generate(tmp_path / "other.db", end_date=END, seed=43)
    other, first = rows(tmp_path / "other.db"), rows(sample)
    assert not set(other["users"]) & set(first["users"])
    assert not set(other["messages"]) & set(first["messages"])


def test_the_default_keeps_its_rows(sample: Path) -> None:
    """What it had before there was a showcase: bookmarks, benchmarks and recordings rest on it."""
    made = rows(sample)
    assert {table: len(made[table]) for table in RAW_TABLES} == {
        "users": 12, "twins": 8, "sessions": 1_324, "messages": 11_239,
        "documents": 905, "queries": 794,
    }  # fmt: skip
    # Without names and texts, which are Faker's and the topics'.
    kept = [(row[0], row[-1]) for table in RAW_TABLES for row in made[table]]
    digest = hashlib.sha256(repr(kept).encode()).hexdigest()
    assert digest == "873886882b410aa7fdd6903de21175dd16264caace6a09a5cfb36d5da2a8709b"


# Each statement finds the rows that break a promise.
BREACHES = {
    "session without user": "SELECT 1 FROM sessions WHERE user_id NOT IN (SELECT id FROM users)",
    "session without twin": "SELECT 1 FROM sessions WHERE twin_id NOT IN (SELECT id FROM twins)",
    "twin without owner": "SELECT 1 FROM twins WHERE user_id NOT IN (SELECT id FROM users)",
    "message without session": (
        "SELECT 1 FROM messages WHERE session_id NOT IN (SELECT id FROM sessions)"
    ),
    "session without message": (
        "SELECT 1 FROM sessions WHERE id NOT IN (SELECT session_id FROM messages)"
    ),
    "document not at a twin's message of its session and time": """
        SELECT 1 FROM documents d LEFT JOIN messages m ON m.id = d.message_id
        WHERE m.id IS NULL OR m.session_id <> d.session_id OR m.sender_type <> 'twin'
           OR m.created_at <> d.created_at""",
    "query not at a twin's message of its session and time": """
        SELECT 1 FROM queries q LEFT JOIN messages m ON m.id = q.message_id
        WHERE m.id IS NULL OR m.session_id <> q.session_id OR m.sender_type <> 'twin'
           OR m.created_at <> q.created_at""",
    "message type that disagrees with what refers to it": """
        SELECT 1 FROM messages m
        WHERE message_type <> CASE
            (m.id IN (SELECT message_id FROM documents)) * 2
            + (m.id IN (SELECT message_id FROM queries))
            WHEN 3 THEN 'document,query' WHEN 2 THEN 'document' WHEN 1 THEN 'query'
            ELSE 'general' END""",
    "wrong is_shared_twin": """
        SELECT 1 FROM sessions s JOIN twins t ON t.id = s.twin_id
        WHERE s.is_shared_twin <> t.is_shared""",
    "private twin used by somebody else": """
        SELECT 1 FROM sessions s JOIN twins t ON t.id = s.twin_id
        WHERE NOT t.is_shared AND t.user_id <> s.user_id""",
    "shared twin used by another organization": """
        SELECT 1 FROM sessions s JOIN twins t ON t.id = s.twin_id
        JOIN users a ON a.id = s.user_id JOIN users b ON b.id = t.user_id
        WHERE a.company <> b.company""",
    "twin older than its owner": """
        SELECT 1 FROM twins t JOIN users u ON u.id = t.user_id WHERE t.created_at < u.created_at""",
    "conversation before its user or twin": """
        SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id JOIN twins t ON t.id = s.twin_id
        WHERE s.started_at < u.created_at OR s.started_at < t.created_at""",
    "conversation not starting with its first message": """
        SELECT 1 FROM sessions s JOIN messages m ON m.session_id = s.id
        GROUP BY s.id HAVING min(m.created_at) <> s.started_at""",
    "speakers that don't alternate from the user on": """
        SELECT 1 FROM (
            SELECT sender_type, row_number() OVER (
                PARTITION BY session_id ORDER BY created_at, id) AS place FROM messages)
        WHERE sender_type <> CASE place % 2 WHEN 1 THEN 'user' ELSE 'twin' END""",
    "messages not seconds to minutes apart": """
        SELECT 1 FROM (
            SELECT created_at, lag(created_at) OVER (
                PARTITION BY session_id ORDER BY created_at) AS previous FROM messages)
        WHERE (julianday(created_at) - julianday(previous)) * 86400 NOT BETWEEN 0.05 AND 1201""",
    "last login that is not the last conversation": """
        SELECT 1 FROM users u WHERE last_login_at IS NOT
            (SELECT max(started_at) FROM sessions s WHERE s.user_id = u.id)""",
    "empty text": """
        SELECT 1 FROM users WHERE full_name = '' OR company IS NULL OR department IS NULL
        UNION ALL SELECT 1 FROM sessions WHERE title = '' OR topic IS NULL
        UNION ALL SELECT 1 FROM messages WHERE content = ''""",
    "unfilled brace": """
        SELECT 1 FROM messages WHERE content LIKE '%{%' OR content LIKE '%}%'
        UNION ALL SELECT 1 FROM sessions WHERE title LIKE '%{%'
        UNION ALL SELECT 1 FROM documents WHERE title LIKE '%{%'
        UNION ALL SELECT 1 FROM queries WHERE query_text LIKE '%{%'""",
    "e-mail that could reach somebody": "SELECT 1 FROM users WHERE email NOT LIKE '%_@_%.example'",
    "words or results out of range": """
        SELECT 1 FROM documents WHERE word_count NOT BETWEEN 50 AND 2500
        UNION ALL SELECT 1 FROM queries WHERE results_count NOT BETWEEN 1 AND 50""",
    "unknown kinds": """
        SELECT 1 FROM documents
        WHERE document_type NOT IN ('report', 'email', 'presentation', 'summary', 'proposal')
        UNION ALL SELECT 1 FROM queries
        WHERE query_type NOT IN ('document_search', 'email_search', 'general')
        UNION ALL SELECT 1 FROM sessions WHERE platform <> 'slack'""",
    "the same document or query twice in a conversation": """
        SELECT 1 FROM documents GROUP BY session_id, title HAVING count(*) > 1
        UNION ALL SELECT 1 FROM queries GROUP BY session_id, query_text HAVING count(*) > 1""",
    "revision before there is a document": """
        SELECT 1 FROM messages m WHERE content = 'Can you make it a bit shorter?' AND NOT EXISTS (
            SELECT 1 FROM documents d
            WHERE d.session_id = m.session_id AND d.created_at < m.created_at)""",
    "answer that names another number of results": """
        SELECT 1 FROM queries q JOIN messages m ON m.id = q.message_id
        WHERE message_type = 'query' AND instr(m.content, q.results_count) = 0""",
    "draft that names another title": """
        SELECT 1 FROM documents d JOIN messages m ON m.id = d.message_id
        WHERE instr(m.content, d.title) = 0""",
}
STAMPS = (
    ("users", "created_at"), ("users", "last_login_at"), ("twins", "created_at"),
    ("sessions", "started_at"), ("messages", "created_at"), ("documents", "created_at"),
    ("queries", "created_at"),
)  # fmt: skip


@pytest.mark.parametrize("breach", BREACHES)
@pytest.mark.parametrize("size", ["sample", "larger", "showcase"])
def test_no_row_breaks_the_rules(breach: str, size: str, request: pytest.FixtureRequest) -> None:
    with sqlite3.connect(request.getfixturevalue(size)) as connection:
        assert connection.execute(BREACHES[breach]).fetchall() == []


@pytest.mark.parametrize(("table", "column"), STAMPS)
@pytest.mark.parametrize("size", ["sample", "larger", "showcase"])
def test_timestamps_are_utc_text_up_to_the_end(
    table: str, column: str, size: str, request: pytest.FixtureRequest
) -> None:
    digit = "[0-9]"
    pattern = "-".join([digit * 4, digit * 2, digit * 2]) + " "
    pattern += ":".join([digit * 2] * 3) + "." + digit * 6
    with sqlite3.connect(request.getfixturevalue(size)) as connection:
        latest, good, dated = connection.execute(
            f"SELECT max({column}), sum({column} GLOB '{pattern}'), count({column}) FROM {table}"
        ).fetchone()
    assert latest <= LATEST
    assert good == dated > 0


def test_the_schema_is_the_models_schema(sample: Path, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    tables = [SQLModel.metadata.tables[model.__tablename__] for model in RAW_MODELS]
    SQLModel.metadata.create_all(engine, tables=tables)
    engine.dispose()

    def schema(path: Path) -> set[tuple]:
        with sqlite3.connect(path) as connection:
            found = connection.execute("SELECT type, name, trim(sql) FROM sqlite_master")
            return set(found.fetchall())

    assert schema(sample) == schema(tmp_path / "models.db")


def test_the_file_says_it_is_sample_data_and_is_sound(query) -> None:
    assert query("PRAGMA application_id") == [(SAMPLE_APPLICATION_ID,)]
    assert query("PRAGMA integrity_check") == [("ok",)]
    assert query("PRAGMA foreign_key_check") == []


# --- a real-looking company -------------------------------------------------------------------


def test_default_sizes(query) -> None:
    assert query("SELECT count(*), count(DISTINCT company) FROM users") == [(12, 4)]
    [(twins, shared)] = query("SELECT count(*), sum(is_shared) FROM twins")
    assert 8 <= twins <= 10
    assert 0 < shared < twins
    [(conversations,)] = query("SELECT count(*) FROM sessions")
    assert 1200 <= conversations <= 1500
    [(recent,)] = query("SELECT count(*) FROM sessions WHERE started_at >= '2026-03-02'")
    assert 600 <= recent <= 850
    assert query("SELECT count(*) FROM users WHERE last_login_at IS NULL") == [(0,)]


@pytest.mark.parametrize("number", range(20))
def test_eight_to_ten_twins_some_shared_for_every_seed(number: int) -> None:
    shared = company(Options(end_date=END, seed=number)).twin_shared
    assert 8 <= len(shared) <= 10
    assert 4 <= sum(shared) < len(shared)


def test_people_join_over_time(query) -> None:
    [(before, during, days)] = query("""
        SELECT sum(created_at < '2026-01-31'), sum(created_at >= '2026-01-31'),
               count(DISTINCT CASE WHEN created_at >= '2026-01-31' THEN date(created_at) END)
        FROM users""")
    assert before >= 2
    assert during >= 4
    assert days >= 3


def test_somebody_goes_quiet_and_somebody_is_a_heavy_user(query) -> None:
    assert query("SELECT 1 FROM users WHERE last_login_at < '2026-03-17'")
    counts = sorted(n for (n,) in query("SELECT count(*) FROM sessions GROUP BY user_id"))
    assert counts[-1] > 2 * counts[len(counts) // 2]
    assert counts[-1] > 5 * counts[0]


def test_working_days_and_office_hours(query) -> None:
    weekdays = dict(query("SELECT strftime('%w', started_at), count(*) FROM sessions GROUP BY 1"))
    weekend = weekdays.pop("0", 0) + weekdays.pop("6", 0)
    assert weekend < min(weekdays.values()) / 2
    hours = dict(query("SELECT strftime('%H', created_at), count(*) FROM messages GROUP BY 1"))
    day = sum(count for hour, count in hours.items() if "08" <= hour < "23")
    assert day > 0.75 * sum(hours.values())


def test_offices_lie_in_different_time_zones(larger: Path) -> None:
    with sqlite3.connect(larger) as connection:
        means = connection.execute("""
            SELECT avg(strftime('%H', started_at)) FROM sessions s JOIN users u ON u.id = s.user_id
            GROUP BY company HAVING count(*) > 30""").fetchall()
    assert max(means)[0] - min(means)[0] > 4


def test_conversations_have_documents_and_queries_like_the_reference(query) -> None:
    [(all_of_them,)] = query("SELECT count(*) FROM sessions")
    [(drafted,)] = query("SELECT count(DISTINCT session_id) FROM documents")
    [(asked,)] = query("SELECT count(DISTINCT session_id) FROM queries")
    [(messages,)] = query("SELECT count(*) FROM messages")
    assert 0.55 < drafted / all_of_them < 0.65
    assert 0.45 < asked / all_of_them < 0.55
    assert 7.5 < messages / all_of_them < 9
    assert len(query("SELECT DISTINCT message_type FROM messages")) == 4


def test_some_conversations_run_past_midnight(larger: Path) -> None:
    with sqlite3.connect(larger) as connection:
        [(crossing, total)] = connection.execute("""
            SELECT sum(first < last), count(*) FROM (
                SELECT min(date(created_at)) AS first, max(date(created_at)) AS last
                FROM messages GROUP BY session_id)""")
    assert 0 < crossing < total / 20


def test_departments_talk_about_their_own_topics(larger: Path) -> None:
    with sqlite3.connect(larger) as connection:
        talks = dict(
            connection.execute("""
                SELECT department, count(*) FROM sessions s JOIN users u ON u.id = s.user_id
                WHERE topic = 'Monthly closing' GROUP BY department""").fetchall()
        )
    assert talks.pop("Finance") > max(talks.values())


@pytest.mark.parametrize(
    ("users", "days", "conversations"),
    [(12, 60, 1_350), (12, 7, 158), (50_000, 730, 1_150_000), (5_000, 365, 180_000)],
)
def test_large_companies_are_mostly_light_users(users: int, days: int, conversations: int) -> None:
    options = Options(users, min(users, 500), days, END)
    assert expected_conversations(options) == pytest.approx(conversations, rel=0.05)


@pytest.mark.parametrize(
    ("users", "organizations", "days", "end"),
    [(1, 1, 1, END), (1, 1, 1, date(2026, 3, 29)), (5, 5, 1, END), (1, 1, 3660, END)],
)
def test_extreme_sizes(users: int, organizations: int, days: int, end: date, tmp_path) -> None:
    path = tmp_path / "extreme.db"
    summary = seed.generate(path, users=users, organizations=organizations, days=days, end_date=end)
    made = rows(path)
    assert len(made["users"]) == users == summary.users
    assert len({row[3] for row in made["users"]}) == organizations
    assert len(made["messages"]) == summary.messages
    days_used = {row[-1][:10] for row in made["messages"]}
    assert all(str(summary.start_date) <= day <= str(end) for day in days_used)


def test_namesakes_have_different_addresses() -> None:
    people = company(Options(users=6000, organizations=2, days=1, end_date=END)).users
    assert len(set(zip(people["full_name"], people["company"], strict=True))) < 6000
    assert len(set(people["email"])) == 6000


def test_thousands_of_companies_have_different_names() -> None:
    people = company(Options(users=3000, organizations=3000, days=1, end_date=END)).users
    assert len(set(people["company"])) == 3000
    assert len({email.split("@")[1] for email in people["email"]}) == 3000


# --- the file ---------------------------------------------------------------------------------


def test_never_overwrites_without_force(tmp_path: Path) -> None:
    path = tmp_path / "mine.db"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match=r"mine\.db exists already; use --force"):
        seed.generate(path, end_date=END)
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_a_database_made_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "race.db"

    def somebody_is_faster(fraction: float, _text: str) -> None:
        if fraction > 0.5:
            path.write_text("precious")

    with pytest.raises(seed.DatabaseExistsError):
        seed.generate(path, days=5, end_date=END, progress=somebody_is_faster)
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_force_replaces_a_database(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE old (x)")
    connection.close()
    path.chmod(0o600)
    seed.generate(path, days=5, end_date=END, force=True)
    assert len(rows(path)["users"]) == 12
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_force_replaces_no_other_kind_of_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("precious, and no database")
    with pytest.raises(seed.SeedError, match="no SQLite database"):
        seed.generate(path, end_date=END, force=True)
    assert path.read_text() == "precious, and no database"


def test_force_does_not_replace_a_database_that_is_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seed.database.LOCK_WAIT", 0.0)
    path = tmp_path / "busy.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TABLE old (x)")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO old VALUES (1)")
    with pytest.raises(seed.SeedError, match="in use"):
        seed.generate(path, days=2, end_date=END, force=True)
    connection.execute("COMMIT")
    assert connection.execute("SELECT x FROM old").fetchall() == [(1,)]
    connection.close()
    assert list(tmp_path.iterdir()) == [path]


def test_journals_of_a_deleted_database_are_not_played_into_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    journals = [tmp_path / f"new.db{suffix}" for suffix in ("-wal", "-shm", "-journal")]
    for journal in journals:
        journal.write_bytes(b"stale")
    seed.generate(path, days=2, end_date=END)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("old", [False, True])
def test_a_failing_run_leaves_the_old_database_or_none(
    old: bool, sample: Path, tmp_path: Path
) -> None:
    path = tmp_path / "half.db"
    if old:
        shutil.copy(sample, path)
    before = path.read_bytes() if old else None

    def fail(fraction: float, _text: str) -> None:
        if fraction > 0.5:
            raise RuntimeError("the browser was closed")

    with pytest.raises(RuntimeError, match="browser"):
        seed.generate(path, days=30, end_date=END, force=True, progress=fail)
    assert list(tmp_path.iterdir()) == ([path] if old else [])
    if old:
        assert path.read_bytes() == before


@pytest.mark.parametrize(("moment", "old"), [(0.4, False), (0.4, True), (0.99, True)])
def test_a_killed_run_leaves_the_old_database_or_none(
    moment: float, old: bool, sample: Path, tmp_path: Path
) -> None:
    path = tmp_path / "killed.db"
    if old:
        shutil.copy(sample, path)
    before = path.read_bytes() if old else None

    def die(fraction: float, _text: str) -> None:
        if fraction >= moment:
            os.kill(os.getpid(), signal.SIGKILL)

    sizes = {"users": 60, "days": 30, "end_date": END, "force": old, "progress": die}
    process = FORK.Process(target=seed.generate, args=(path,), kwargs=sizes)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert path.exists() == old
    if old:
        assert path.read_bytes() == before
    assert len(list(tmp_path.glob(".killed.db.seed-*.tmp"))) == 1  # nobody could remove it…
    seed.generate(path, days=2, end_date=END, force=old)
    assert list(tmp_path.iterdir()) == [path]  # …until the next run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_command_cleans_up(number: signal.Signals, tmp_path: Path, capfd) -> None:
    path = tmp_path / "stopped.db"
    sizes = ["--users", "500", "--days", "365"]
    command = FORK.Process(target=run, args=(["--database", str(path), *sizes],))
    command.start()
    while not list(tmp_path.iterdir()):
        assert command.is_alive()
        time.sleep(0.01)
    os.kill(command.pid, number)
    command.join()
    assert command.exitcode == 128 + number
    assert list(tmp_path.iterdir()) == []
    output, errors = capfd.readouterr()
    assert output == ""
    assert "Traceback" not in errors
    assert errors.endswith("stopped.db is as it was\n")


def test_a_running_run_keeps_its_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "twice.db"

    def start_another(fraction: float, _text: str) -> None:
        if fraction > 0.5 and not path.exists():
            seed.generate(path, days=2, end_date=END, seed=1)

    seed.generate(path, days=2, end_date=END, seed=2, force=True, progress=start_another)
    assert list(tmp_path.iterdir()) == [path]
    seed.generate(tmp_path / "second.db", days=2, end_date=END, seed=2)
    assert rows(path) == rows(tmp_path / "second.db")


def test_progress_rises_to_one(tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    seed.generate(tmp_path / "seen.db", end_date=END, progress=lambda *step: seen.append(step))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert len(fractions) > 30
    assert all(text for _, text in seen)


def test_summary_counts_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "counted.db"
    summary = seed.generate(path, users=30, organizations=7, days=31, end_date=END)
    made = rows(path)
    assert summary.path == path
    assert (summary.start_date, summary.end_date) == (date(2026, 3, 1), END)
    counted = (summary.users, summary.twins, summary.conversations)
    counted += (summary.messages, summary.documents, summary.queries)
    assert counted == tuple(len(made[table]) for table in RAW_TABLES)
    assert summary.organizations == len({row[3] for row in made["users"]})


# --- the command ------------------------------------------------------------------------------


def test_command_reports_and_exits_with_zero(tmp_path: Path, capsys) -> None:
    address = f"sqlite:///{tmp_path / 'out.db'}"
    assert main(["--database", address, "--days", "5", "--end-date", "2026-03-31"]) == 0
    output = capsys.readouterr()
    assert output.out.startswith("Sample data, 2026-03-27 to 2026-03-31:\n")
    for word in ("organizations", "users", "twins", "conversations", "messages", "out.db"):
        assert word in output.out
    assert "100 %" in output.err
    with sqlite3.connect(tmp_path / "out.db") as connection:
        [(text,)] = connection.execute("SELECT content FROM messages LIMIT 1")
    assert text not in output.out + output.err


def test_command_makes_fewer_organizations_for_fewer_people(tmp_path: Path, capsys) -> None:
    path = tmp_path / "two.db"
    assert main(["--database", str(path), "--users", "2", "--days", "5"]) == 0
    assert len({row[3] for row in rows(path)["users"]}) == 2


def test_command_refuses_an_existing_database_with_one(tmp_path: Path, capsys) -> None:
    path = tmp_path / "there.db"
    path.touch()
    assert main(["--database", str(path)]) == 1
    errors = capsys.readouterr().err
    assert "there.db exists already; use --force" in errors
    assert path.read_bytes() == b""


def test_command_needs_the_folder(tmp_path: Path, capsys) -> None:
    assert main(["--database", str(tmp_path / "no" / "x.db")]) == 1
    assert "does not exist; create it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--users", "0"], "--users 0: choose from 1"),
        (["--users", "many"], "'many' is no whole number; write it like 12"),
        (["--organizations", "13"], "--organizations 13: choose from 1 to 12"),
        (["--organizations", "0"], "--organizations 0: choose from 1"),
        (["--days", "0"], "--days 0: choose from 1 to 3660"),
        (["--days", "3661"], "--days 3661: choose from 1 to 3660"),
        (["--end-date", "31.12.2026"], "'31.12.2026' is no date; write it like 2026-01-31"),
        (["--end-date", "0001-01-05"], "--end-date 0001-01-05: choose from 1990-01-01"),
        (["--seed", "-1"], "--seed -1: choose 0 or more"),
        (["--database", "postgresql://me:secret@host/x"], "only SQLite for now"),
        (["--database", "sqlite://"], "'sqlite://' names no file"),
        (["--database", ""], "'' is no file name"),
        (["--database", "nonsense://x"], "only SQLite for now"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
    ],
)
def test_bad_options_exit_with_two_and_one_line(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert message in errors
    assert "secret" not in errors
    assert list(tmp_path.iterdir()) == []
