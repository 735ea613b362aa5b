"""What a PostgreSQL database holds beside the six tables, or in their place: left alone, named."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Connection, text

from analytics.lists.activities import count_activities
from analytics.reading.reader import reading
from analytics.search.index import Search
from analytics.search.matching import check_search
from analytics.settings import Settings
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import Store, open_database
from tests.databases import Raw, a_message, a_session, a_twin, a_user, activity_query
from tests.postgres import a_database, administering, create_tables, write

pytestmark = pytest.mark.slow


@pytest.fixture
def place(postgres_server: URL) -> Iterator[URL]:
    with a_database(postgres_server) as url:
        with administering(url) as connection:
            create_tables(connection)
            sessions = [a_session(f"s{n}", "ann", f"2026-03-0{n + 1} 09:00:00") for n in range(3)]
            messages = [a_message("m0", "s0", "2026-03-01 09:00:00")]
            write(Raw([a_user("ann")], [a_twin("t0", "ann")], sessions, messages), connection)
        yield url


def run(url: URL, statements: str) -> None:
    with administering(url) as connection:
        for statement in statements.split(";;"):
            connection.execute(text(statement))


def store_of(url: URL) -> Store:
    return open_database(Settings(database_url=url.render_as_string(hide_password=False)))


def objects(connection: Connection) -> list[tuple[str, ...]]:
    """All that is in the schemas of the owner, by name."""
    return [
        tuple(row)
        for row in connection.execute(
            text(
                "SELECT nspname, relname, relkind::text FROM pg_class JOIN pg_namespace AS n"
                " ON n.oid = relnamespace WHERE nspname !~ '^pg_|^information' UNION"
                " SELECT nspname, proname, prosrc FROM pg_proc JOIN pg_namespace AS n"
                " ON n.oid = pronamespace WHERE nspname !~ '^pg_|^information' UNION"
                " SELECT '', nspname, '' FROM pg_namespace UNION"
                " SELECT 'trigger', tgname, '' FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
            )
        )
    ]


FUNCTION = "CREATE FUNCTION {} RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
STRANGERS = {
    "The table rollup_marks": "CREATE TABLE rollup_marks (id bigint, kind text, key text)",
    "The function rollup_mark_users": FUNCTION.format("rollup_mark_users()"),
    "The trigger rollup_insert_users": FUNCTION.format("mine()")
    + ";;CREATE TRIGGER rollup_insert_users AFTER INSERT ON users EXECUTE FUNCTION mine()",
    "The schema rollup": "CREATE SCHEMA rollup;;CREATE TABLE rollup.build (mine text)",
    "The schema rollup_building": "CREATE SCHEMA rollup_building;;"
    "CREATE VIEW rollup_building.mine AS SELECT 1 AS one",
}


@pytest.mark.parametrize("name", STRANGERS)
def test_an_object_of_somebody_else_is_named_and_kept(name: str, place: URL) -> None:
    run(place, STRANGERS[name])
    with administering(place) as connection:
        before = objects(connection)
    store = store_of(place)
    with pytest.raises(DatabaseProblem) as caught:
        store.refresh()
    assert caught.value.what.startswith(f"{name} isn't recognised as the dashboard's own")
    if "schema" not in name:
        with pytest.raises(DatabaseProblem, match="isn't recognised"):
            store.remove_log()
    store.close()
    with administering(place) as connection:
        after = objects(connection)
    assert [each for each in before if each not in after] == []
    if "schema" not in name:
        assert after == before


def test_a_schema_of_somebody_else_in_the_place_of_the_index(place: URL) -> None:
    run(place, "CREATE SCHEMA search;;CREATE TABLE search.state (mine text)")
    store = store_of(place)
    search = Search(store)
    store.refresh()
    search.keep_up(threading.Event(), 0)
    with pytest.raises(DatabaseProblem, match="The schema search isn't recognised"):
        check_search(store)
    run(place, "SELECT mine FROM search.state;;DROP SCHEMA search CASCADE")
    search.keep_up(threading.Event(), 0)
    check_search(store)
    store.close()


def test_names_that_only_look_alike_are_no_business_of_ours(place: URL) -> None:
    run(place, FUNCTION.format("rollup_note()") + ";;CREATE TRIGGER rollup_note AFTER INSERT ON"
        " users EXECUTE FUNCTION rollup_note()")  # fmt: skip
    store = store_of(place)
    store.refresh()
    first = store.freshness()
    store.refresh()
    assert store.freshness() == first
    assert store.remove_log()
    store.close()
    with administering(place) as connection:
        assert ("trigger", "rollup_note", "") in objects(connection)


@pytest.mark.parametrize(
    ("statements", "what", "remedy"),
    [
        (
            'ALTER TABLE users RENAME TO "USERS"',
            'The table users is called "USERS" here',
            'Rename it: ALTER TABLE "USERS" RENAME TO users.',
        ),
        (
            "ALTER TABLE queries RENAME TO asked;;CREATE VIEW queries AS SELECT * FROM asked",
            "queries is a view or a foreign table, in which changes can't be noticed",
            "make a table of it.",
        ),
        (
            "ALTER TABLE queries RENAME TO asked;;"
            "CREATE MATERIALIZED VIEW queries AS SELECT * FROM asked",
            "queries is a view or a foreign table, in which changes can't be noticed",
            "make a table of it.",
        ),
    ],
)
def test_what_can_not_be_watched_is_named(
    statements: str, what: str, remedy: str, place: URL
) -> None:
    run(place, statements)
    with pytest.raises(DatabaseProblem) as caught:
        store_of(place)
    assert caught.value.what == what
    assert caught.value.remedy.endswith(remedy)


def test_doubled_rows_are_counted_in_words(place: URL) -> None:
    run(place, "ALTER TABLE sessions DROP CONSTRAINT sessions_pkey CASCADE;;"
        "INSERT INTO sessions SELECT * FROM sessions WHERE id > 's0'")  # fmt: skip
    store = store_of(place)
    with pytest.raises(DatabaseProblem, match="in several: 2 in the table sessions"):
        store.refresh()
    run(place, "DELETE FROM sessions AS a USING sessions AS b WHERE a.id = b.id"
        " AND a.ctid > b.ctid")  # fmt: skip
    store.refresh()
    with reading(store) as reader:
        assert count_activities(reader, activity_query()) == 3
    run(place, "INSERT INTO sessions SELECT * FROM sessions WHERE id > 's1'")
    with pytest.raises(DatabaseProblem, match="in several: 1 in the table sessions"):
        store.refresh()
    store.close()
