"""What is read on another connection beside a reader."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from analytics.models import User, table_of
from analytics.reading.beside import beside
from analytics.reading.reader import Reader, reading
from analytics.rollups.state import Build
from analytics.rollups.tables import Member
from analytics.storage.store import open_database
from tests.conftest import settings_for
from tests.databases import Raw, a_user, write

BUILD, MEMBER, USER = table_of(Build), table_of(Member), table_of(User)


def test_what_is_read_beside_a_reader_is_of_the_readers_state(tmp_path: Path) -> None:
    write(Raw(users=[a_user("ann")]), tmp_path / "data.db")
    store = open_database(settings_for(tmp_path / "data.db"))
    store.refresh()

    def state(reader: Reader) -> str:
        return str(reader.execute(select(BUILD.c.version)).scalar_one())

    with reading(store) as reader:
        before = state(reader)
        assert beside(reader, state)() == before
        write(Raw(users=[a_user("ann"), a_user("bob")]), tmp_path / "data.db")
        store.refresh()
        with reading(store) as another:
            assert state(another) != before
        assert beside(reader, state)() == before
        asked: list[Reader] = []
        beside(reader, asked.append, pays=False)()
        assert asked == [reader]
    store.close()


def test_nobody_waits_in_a_circle_where_a_writer_comes_between(tmp_path: Path) -> None:
    """The writer waits for the reader, and lets no new connection look at the raw tables."""
    write(Raw(users=[a_user("ann")]), tmp_path / "data.db")
    store = open_database(settings_for(tmp_path / "data.db"))
    store.refresh()
    read_by = []

    def names(reader: Reader) -> list[str]:
        read_by.append(reader)
        return list(reader.scalars(select(MEMBER.c.user_id)))

    with (
        closing(sqlite3.connect(tmp_path / "data.db", timeout=0)) as writer,
        reading(store) as reader,
    ):
        assert reader.scalars(select(USER.c.id)).all() == ["ann"]
        writer.execute("UPDATE users SET full_name = 'Ann B.'")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            writer.commit()
        assert beside(reader, names)() == ["ann"]
        assert read_by == [reader]
        reader.rest()
        writer.commit()
        assert beside(reader, names)() == ["ann"]
        assert read_by[1:] != [reader]
    store.close()
