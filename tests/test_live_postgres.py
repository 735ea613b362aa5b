"""On PostgreSQL too: whatever is done to the raw tables, refreshed equals rebuilt."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import URL, create_engine, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from analytics.models import RAW_MODELS, RAW_TABLES, table_of
from analytics.reading.reader import reading
from analytics.settings import Settings
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import Store, open_database
from tests.databases import Raw, a_message, a_session, a_twin, a_user
from tests.postgres import administering, create_tables, typed, write
from tests.test_live import COLUMNS, IDS, ROLLUPS, VALUES, version

pytestmark = pytest.mark.slow
EXAMPLES = int(os.environ.get("LIVE_EXAMPLES", "4"))
MODELS = dict(zip(RAW_TABLES, map(table_of, RAW_MODELS), strict=True))


def opened(url: URL) -> Store:
    """The product's store of a database."""
    address = url.render_as_string(hide_password=False)
    return open_database(Settings(database_url=address, reporting_timezone="America/New_York"))


def contents(store: Store) -> dict[str, list[Any]]:
    """All rows of all rollup tables, but for the version."""
    with reading(store) as reader:
        return {
            table: sorted(
                tuple("" if value is None else str(value) for value in row)
                for row in reader.execute(text(f"SELECT * FROM rollup.{table}"))
            )
            for table in ROLLUPS
        }


def assert_exact(store: Store) -> None:
    """The rollups are those that a build makes."""
    found = contents(store)
    store.rebuild()
    wanted = contents(store)
    for table in ROLLUPS:
        assert found[table] == wanted[table], table


def power_users() -> Raw:
    """Two that are close to being power users, and active on consecutive days."""
    sessions = [
        a_session(f"p{user}{n}", user, f"2026-03-{8 + n % 3:02} 12:00:00.000000")
        for user in ("u0", "u1")
        for n in range(10)
    ]
    users = [a_user("u0", email="a@x"), a_user("u1", None, email="b@x")]
    return Raw(users, [a_twin("t0", "u0")], sessions)


class Life(RuleBasedStateMachine):
    """Programs write to a database that a store is kept for."""

    url: URL

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine(self.url, poolclass=NullPool)
        with self.engine.begin() as connection:
            create_tables(connection)
            write(power_users(), connection)
        self.store = opened(self.url)
        self.store.refresh()

    def run(self, *statements: Any) -> None:
        """One transaction; what a constraint forbids isn't done."""
        with suppress(IntegrityError), self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement) if isinstance(statement, str) else statement)

    def row(self, table: str, data: st.DataObject) -> dict[str, Any]:
        names = ("id", *COLUMNS[table])
        return typed(
            {
                name: data.draw(
                    st.sampled_from(IDS[table] if name == "id" else VALUES.get(name, ("x",)))
                )
                for name in names
            }
        )

    @rule(
        table=st.sampled_from((*RAW_TABLES, "sessions", "messages")),
        how=st.sampled_from(("insert", "update", "update", "nothing")),
        rows=st.integers(1, 3),
        data=st.data(),
    )
    def insert(self, table: str, how: str, rows: int, data: st.DataObject) -> None:
        values = list(
            {row["id"]: row for row in (self.row(table, data) for _ in range(rows))}.values()
        )
        if how == "insert":
            self.run(insert(MODELS[table]).values(values))
            return
        adding = upsert(MODELS[table]).values(values)
        sets = {name: adding.excluded[name] for name in COLUMNS[table]}
        self.run(
            adding.on_conflict_do_nothing()
            if how == "nothing"
            else adding.on_conflict_do_update(index_elements=["id"], set_=sets)
        )

    @rule(table=st.sampled_from(RAW_TABLES), all_rows=st.booleans(), data=st.data())
    def update(self, table: str, all_rows: bool, data: st.DataObject) -> None:
        row = self.row(table, data)
        names = data.draw(st.lists(st.sampled_from(sorted(row)), min_size=1, unique=True))
        changed = MODELS[table].update().values({name: row[name] for name in names})
        if not all_rows:
            changed = changed.where(MODELS[table].c.id == data.draw(st.sampled_from(IDS[table])))
        self.run(changed)

    @rule(table=st.sampled_from(RAW_TABLES), data=st.data())
    def delete(self, table: str, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(IDS[table]))
        self.run(MODELS[table].delete().where(MODELS[table].c.id == key))

    @rule(table=st.sampled_from(RAW_TABLES), what=st.integers(0, 15))
    def do_worse(self, table: str, what: int) -> None:
        """Seldom: most runs should refresh, not rebuild."""
        worse = (
            (f"DELETE FROM {table}",),
            (f"TRUNCATE {table} CASCADE",),
            (f"DROP TRIGGER IF EXISTS rollup_insert_{table} ON {table}",),
            (f"ALTER TABLE {table} DISABLE TRIGGER ALL",),
            (
                f"CREATE TABLE other (LIKE {table} INCLUDING ALL)",
                f"INSERT INTO other SELECT * FROM {table}",
                f"DROP TABLE {table}",
                f"ALTER TABLE other RENAME TO {table}",
            ),
        )
        if what < len(worse):
            self.run(*worse[what])

    @rule()
    def refresh(self) -> None:
        self.store.refresh()

    def teardown(self) -> None:
        self.run("INSERT INTO queries (id, session_id, query_text) VALUES ('q', 's', '')")
        self.store.refresh()
        assert_exact(self.store)
        self.store.close()


def test_refreshed_equals_rebuilt_after_any_operations(postgres: URL) -> None:
    Life.url = postgres
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),  # shrinking takes many minutes; ask for it by hand
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def store(postgres: URL) -> Any:
    """A store of a few conversations, with foreign keys."""
    engine = create_engine(postgres, poolclass=NullPool)
    with engine.begin() as connection:
        create_tables(connection, foreign_keys=True)
        raw = power_users()
        raw.messages = [
            a_message(f"m{n}", f"pu{n % 2}{n % 10}", f"2026-03-0{1 + n % 9} 10:00:00")
            for n in range(40)
        ]
        write(raw, connection)
    store = opened(postgres)
    store.refresh()
    yield store
    store.close()


def test_cascading_deletes_are_marked(store: Store) -> None:
    first = version(store)
    with store.keeper._refresher.begin() as connection:
        connection.execute(text("DELETE FROM users WHERE id = 'u0'"))
        left = connection.scalar(text("SELECT count(*) FROM messages"))
    assert left == 0  # all were with a twin of u0
    store.refresh()
    assert version(store) != first
    assert_exact(store)


def test_a_change_that_commits_late_is_not_lost(store: Store) -> None:
    """Its mark has a lower id than those that a refresh has applied and deleted meanwhile."""
    late = store.keeper._refresher.connect()
    late.execute(text("UPDATE users SET company = 'Late' WHERE id = 'u0'"))
    with store.keeper._refresher.begin() as connection:
        connection.execute(text("UPDATE users SET company = 'Soon' WHERE id = 'u1'"))
    store.refresh()
    late.commit()
    late.close()
    store.refresh()
    assert_exact(store)


def test_who_may_only_write_rows_can_write(store: Store) -> None:
    with store.keeper._refresher.begin() as connection:
        connection.execute(text("CREATE ROLE writer"))
        connection.execute(text("GRANT SELECT, INSERT, UPDATE ON users TO writer"))
        connection.execute(text("SET LOCAL ROLE writer"))
        connection.execute(text("UPDATE users SET company = 'Theirs' WHERE id = 'u0'"))
        connection.execute(text("RESET ROLE"))
        connection.execute(text("DROP OWNED BY writer"))
        connection.execute(text("DROP ROLE writer"))
    store.refresh()
    assert_exact(store)


def test_writers_and_refreshers_at_once_end_exact(store: Store, postgres: URL) -> None:
    stop, other = threading.Event(), opened(postgres)

    def write_on() -> None:
        turn = 0
        while not stop.is_set():
            with store.keeper._refresher.begin() as connection:
                connection.execute(
                    text("UPDATE sessions SET user_id = :user WHERE id = :id"),
                    {"user": f"u{turn % 2}", "id": f"pu{turn // 2 % 2}{turn % 10}"},
                )
            turn += 1

    def refresh_on(one: Store) -> None:
        while not stop.is_set():
            one.refresh()

    threads = [
        threading.Thread(target=write_on),
        threading.Thread(target=refresh_on, args=(store,)),
        threading.Thread(target=refresh_on, args=(other,)),
    ]
    for thread in threads:
        thread.start()
    time.sleep(3)
    stop.set()
    for thread in threads:
        thread.join()
    store.refresh()
    assert_exact(store)
    other.close()


def test_marks_can_be_removed_and_come_back(store: Store) -> None:
    store.remove_log()
    with store.keeper._refresher.begin() as connection:
        found = text("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'rollup%'")
        assert connection.scalars(found).all() == []
        connection.execute(text("DELETE FROM messages WHERE id < 'm3'"))
    store.refresh()
    assert_exact(store)
    with reading(store) as reader:
        assert reader.scalar(select(text("count(*) FROM rollup_marks WHERE id > 0"))) == 0


# --- what ends a refresh, and what comes back --------------------------------------------------

KILLED = """
import sys
from analytics.storage.store import open_database
from analytics.settings import Settings
store = open_database(Settings(database_url=sys.argv[1], reporting_timezone="America/New_York"))
print("ready", flush=True)
while True:
    getattr(store, sys.argv[2])()
"""
TURNS = int(os.environ.get("LIVE_KILLS", "3"))


def run(store: Store, *statements: str) -> None:
    """As another program, in one transaction."""
    with store.keeper._refresher.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def change(store: Store, turn: int) -> None:
    """Enough for a refresh to take a while."""
    run(
        store,
        f"UPDATE messages SET created_at = '2026-05-{turn + 1:02} 10:00:00'",
        f"UPDATE users SET company = 'Company {turn}'",
        f"INSERT INTO messages (id, session_id, sender_type, content)"
        f" SELECT id || '-{turn}', session_id, 'user', 'x' FROM messages WHERE id < 'm2'",
    )


def nobody_refreshes(store: Store) -> bool:
    """Whether the server has noticed that the one who did is gone."""
    with reading(store) as reader:
        held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        return reader.scalar(held) == 0


@pytest.mark.parametrize("what", ["refresh", "rebuild"])
def test_a_kill_at_any_moment_does_no_harm(store: Store, postgres: URL, what: str) -> None:
    address = postgres.render_as_string(hide_password=False)
    for turn in range(TURNS):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, address, what], stdout=subprocess.PIPE
        )
        assert process.stdout
        process.stdout.readline()
        change(store, turn)
        time.sleep(0.03 + 0.11 * turn)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        contents(store)  # readers go on
        while not nobody_refreshes(store):
            time.sleep(0.05)
        store.refresh()
        assert_exact(store)


@pytest.mark.parametrize("what", ["refresh", "rebuild"])
def test_an_administrator_may_end_any_connection(store: Store, postgres: URL, what: str) -> None:
    """Also that of the lock alone: then two refresh at once, and one of them gives up."""
    worker = opened(postgres)
    ended: list[int] = []

    def work() -> None:
        with suppress(DatabaseProblem):
            getattr(worker, what)()

    for turn in range(TURNS * 3):
        change(store, turn)
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.02 + 0.04 * turn)
        with administering(postgres) as connection:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            if turn % 3 == 2:  # only who waits with the lock in hand
                others += " AND state = 'idle'"
            ending = f"SELECT pg_terminate_backend(pid), pid FROM pg_stat_activity WHERE {others}"
            ended += connection.scalars(text(ending))
        with suppress(DatabaseProblem):
            store.refresh()
        thread.join()
        store.refresh()
        assert_exact(store)
    assert ended
    worker.close()


def test_a_restored_backup_is_read_anew(store: Store) -> None:
    """Its tables, triggers and marks are those of the backup; the rollups are newer."""
    tables = ("rollup_marks", *RAW_TABLES)
    run(store, *(f"CREATE TABLE kept_{table} AS TABLE {table}" for table in tables))
    run(store, "UPDATE users SET company = 'Newer'", "DELETE FROM messages WHERE id < 'm3'")
    store.refresh()
    # As pg_restore: nothing fires while the rows come back.
    run(
        store,
        "SET LOCAL session_replication_role = replica",
        f"TRUNCATE {', '.join(tables)}",
        *(f"INSERT INTO {table} SELECT * FROM kept_{table}" for table in RAW_TABLES),
        "INSERT INTO rollup_marks OVERRIDING SYSTEM VALUE SELECT * FROM kept_rollup_marks",
    )
    store.refresh()
    assert_exact(store)
    with reading(store) as reader:
        assert (
            reader.scalar(text("SELECT count(*) FROM rollup.member WHERE company = '=Newer'")) == 0
        )


def test_tables_made_anew_are_read_anew(store: Store) -> None:
    with store.keeper._refresher.begin() as connection:
        create_tables(connection)
        write(
            Raw([a_user("new", "New")], [], [a_session("s", "new", "2026-03-01 10:00:00")]),
            connection,
        )
    store.refresh()
    assert_exact(store)
    assert contents(store)["member"] == [("new", "=New", "=")]
    run(store, "TRUNCATE sessions CASCADE")
    store.refresh()
    assert_exact(store)
    assert contents(store)["activity"] == []


def test_rollups_that_somebody_dropped_come_back(store: Store) -> None:
    before = contents(store)
    run(store, "DROP SCHEMA rollup CASCADE")
    store.refresh()
    assert contents(store) == before


def test_two_processes_build_one_after_the_other(store: Store, postgres: URL) -> None:
    run(store, "DROP SCHEMA rollup CASCADE")
    others = [opened(postgres) for _ in range(3)]
    threads = [threading.Thread(target=other.refresh) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({version(other) for other in others}) == 1
    assert_exact(store)
    for other in others:
        other.close()
