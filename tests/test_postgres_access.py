"""What rights the product needs on PostgreSQL, and what it serves with fewer of them."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, text

from analytics.lists.activities import count_activities
from analytics.reading.reader import reading
from analytics.service import Service
from analytics.settings import Settings
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import Store, open_database
from tests.databases import Raw, a_message, a_session, a_twin, a_user, activity_query
from tests.postgres import administering, create_tables, write

pytestmark = pytest.mark.slow

# As the README gives them.
WRITER = """
CREATE ROLE {writer} LOGIN PASSWORD 'w';
GRANT CREATE, TEMPORARY ON DATABASE {database} TO {writer};
GRANT USAGE, CREATE ON SCHEMA public TO {writer};
GRANT SELECT, TRIGGER ON users, twins, sessions, messages, documents, queries TO {writer};
"""
READER = """
CREATE ROLE {reader} LOGIN PASSWORD 'r';
GRANT SELECT ON users, twins, sessions, messages, documents, queries TO {reader};
ALTER DEFAULT PRIVILEGES FOR ROLE {writer} GRANT USAGE ON SCHEMAS TO {reader};
ALTER DEFAULT PRIVILEGES FOR ROLE {writer} GRANT SELECT ON TABLES TO {reader};
"""


class Place:
    """A database with a role that may write rollups and one that may only read."""

    def __init__(self, url: URL) -> None:
        self.url = url
        names = {"writer": f"writer_{url.database}", "reader": f"reader_{url.database}"}
        self.names = {**names, "database": str(url.database)}
        self.stores: list[Store] = []
        with administering(url) as connection:
            create_tables(connection, foreign_keys=True)
            connection.execute(text("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
            connection.execute(
                text("REVOKE ALL ON DATABASE {database} FROM PUBLIC".format_map(self.names))
            )
            connection.execute(
                text("GRANT CONNECT ON DATABASE {database} TO PUBLIC".format_map(self.names))
            )
            connection.execute(text("GRANT USAGE ON SCHEMA public TO PUBLIC"))
            sessions = [a_session(f"s{n}", "ann", f"2026-03-0{n + 1} 09:00:00") for n in range(3)]
            messages = [a_message("m0", "s0", "2026-03-01 09:00:00")]
            write(Raw([a_user("ann")], [a_twin("t0", "ann")], sessions, messages), connection)

    def run(self, statements: str) -> None:
        """As the administrator."""
        with administering(self.url) as connection:
            for statement in statements.format_map(self.names).strip().split(";"):
                if statement.strip():
                    connection.execute(text(statement))

    def address(self, role: str, **more: str) -> URL:
        """The address with which a role connects."""
        url = self.url.set(username=self.names.get(role, role), password=role[0])
        return url.update_query_dict(more)

    def opened(self, role: str, zone: str = "UTC", **more: str) -> Store:
        """The product's store for a role."""
        address = self.address(role, **more).render_as_string(hide_password=False)
        self.stores.append(open_database(Settings(database_url=address, reporting_timezone=zone)))
        return self.stores[-1]


@pytest.fixture
def place(postgres: URL) -> Iterator[Place]:
    made = Place(postgres)
    yield made
    for store in made.stores:
        store.close()
    with administering(postgres) as connection:
        for role in ("writer", "reader"):
            name = made.names[role]
            if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :n"), {"n": name}):
                connection.execute(text(f"DROP OWNED BY {name} CASCADE"))
                connection.execute(text(f"DROP ROLE {name}"))
        connection.execute(text("DROP SCHEMA IF EXISTS rollup CASCADE"))


def listed(store: Store) -> int:
    """How many conversations a store shows."""
    with reading(store) as reader:
        return count_activities(reader, activity_query())


ADD = (
    "INSERT INTO sessions (id, user_id, twin_id, platform, started_at)"
    " VALUES ('{}', 'ann', 't0', 'slack', '2026-03-05 09:00:00')"
)


def test_the_rights_of_the_readme_are_enough_to_build_and_refresh(place: Place) -> None:
    place.run(WRITER)
    store = place.opened("writer")
    store.refresh()
    assert listed(store) == 3
    place.run(ADD.format("new"))
    before = store.freshness()
    store.refresh()
    assert listed(store) == 4
    assert store.freshness() != before
    store.rebuild()
    assert listed(store) == 4


@pytest.mark.parametrize(
    "lacking",
    [
        "REVOKE CREATE ON DATABASE {database} FROM {writer}",
        "REVOKE TEMPORARY ON DATABASE {database} FROM {writer}",
        "REVOKE CREATE ON SCHEMA public FROM {writer}",
        "REVOKE TRIGGER ON messages FROM {writer}",
        "REVOKE SELECT ON queries FROM {writer}",
    ],
)
def test_without_one_of_them_the_remedy_is_said(place: Place, lacking: str) -> None:
    place.run(WRITER + lacking)
    with pytest.raises(DatabaseProblem, match="Give its user the rights to read the six tables"):
        place.opened("writer").refresh()


def test_who_may_only_read_serves_what_others_refresh(place: Place) -> None:
    place.run(WRITER + READER)
    writer = place.opened("writer")
    writer.refresh()
    reader = place.opened("reader")
    reader.refresh()
    assert listed(reader) == 3
    place.run(ADD.format("new"))
    reader.refresh()
    assert listed(reader) == 3
    writer.refresh()
    assert listed(reader) == 4
    writer.rebuild()  # new tables, with the same rights
    reader.refresh()
    assert listed(reader) == 4
    assert reader.freshness() == writer.freshness()


def test_a_connection_that_takes_no_writes_serves_what_others_refresh(place: Place) -> None:
    place.run(WRITER)
    place.opened("writer").refresh()
    reader = place.opened("writer", options="-c default_transaction_read_only=on")
    reader.refresh()
    assert listed(reader) == 3
    with pytest.raises(DatabaseProblem, match="takes no writes"):
        reader.rebuild()


def test_a_reader_of_nothing_is_told_what_is_missing(place: Place) -> None:
    place.run(WRITER + READER)
    remedy = "Run one dashboard of this release with a user who may write, with REPORTING_TIMEZONE="
    with pytest.raises(DatabaseProblem, match=remedy + "UTC"):
        place.opened("writer", options="-c default_transaction_read_only=on").refresh()
    place.opened("writer").refresh()
    with pytest.raises(DatabaseProblem, match=remedy + "Europe/Berlin"):
        place.opened("reader", "Europe/Berlin").refresh()
    place.run("REVOKE USAGE ON SCHEMA rollup FROM {reader}")
    with pytest.raises(DatabaseProblem, match="let this user read the schema `rollup`"):
        place.opened("reader").refresh()


def test_the_service_of_a_reader_shows_what_a_writer_refreshed(place: Place) -> None:
    place.run(WRITER + READER)
    writer = place.opened("writer")
    writer.refresh()
    address = place.address("reader").render_as_string(hide_password=False)
    service = Service(Settings(database_url=address, refresh_seconds=0.05))
    assert listed(service.store()) == 3
    place.run(ADD.format("new"))
    writer.refresh()
    assert listed(service.store()) == 4
    service.close()


def test_the_first_host_that_answers_is_asked(place: Place) -> None:
    place.run(WRITER)
    host = place.url.query["host"]
    store = place.opened("writer", host=f"/nowhere,{host}", target_session_attrs="read-write")
    store.refresh()
    assert listed(store) == 3
    with pytest.raises(DatabaseProblem, match="can't be reached"):
        place.opened("writer", host=f"/nowhere,{host}", target_session_attrs="standby")


def test_a_build_never_shows_half_of_itself(place: Place) -> None:
    """A reader that has looked at the raw tables first finds the old rollups beside them."""
    place.run(WRITER)
    store = place.opened("writer")
    store.refresh()
    stop, counts = threading.Event(), set[int]()

    def read() -> None:
        while not stop.is_set():
            with reading(store) as reader:
                reader.execute(text("SELECT count(*) FROM users")).all()
                reader.execute(text("SELECT pg_sleep(0.005)")).all()
                counts.add(count_activities(reader, activity_query()))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(6):
        store.rebuild()
    stop.set()
    for reader in readers:
        reader.join()
    assert counts == {3}
