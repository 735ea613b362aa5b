"""What the facts say, literally; that a refresh keeps them is seen in `test_live`."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlmodel import select

from analytics.models import table_of
from analytics.reading.reader import reading
from analytics.rollups.state import Build
from analytics.rollups.tables import Activity, ActivityHour
from analytics.storage.store import Store, open_database
from tests.conftest import Shelf, settings_for
from tests.databases import Raw, a_message, a_session, a_twin, a_user, write

HOUR = table_of(ActivityHour)


def of_topics() -> Raw:
    """Conversations with and without a topic, and with and without a date."""
    sessions = [
        a_session("about", "u", "2026-03-11 10:00:00", topic="Budget"),
        a_session("nothing", "u", "2026-03-11 10:00:00", topic=None),
        a_session("empty", "u", "2026-03-11 10:00:00", topic=""),
        a_session("undated", "u", None, topic="Travel"),
    ]
    messages = [
        a_message("m1", "about", "2026-03-11 10:01:00"),
        a_message("m2", "about", "2026-03-12 09:00:00"),
        a_message("m3", "undated", "2026-03-12 08:00:00"),
    ]
    return Raw([a_user("u")], [a_twin("t", "u")], sessions, messages)


def hours(store: Store) -> list[tuple[Any, ...]]:
    """Conversation, hour and topic of what was counted by hour."""
    found = select(HOUR.c.session_id, HOUR.c.hour, HOUR.c.topic)
    with reading(store) as reader:
        return sorted(map(tuple, reader.connection.execute(found)))


def build_id_of(store: Store) -> str:
    """The name of the build that the rollups go back to."""
    with reading(store) as reader:
        return str(reader.execute(select(Build.build_id)).scalar_one())


def test_every_hour_has_the_topic_of_its_conversation(store_of: Shelf) -> None:
    store = store_of(of_topics())
    assert hours(store) == [
        ("about", 9, "=Budget"),
        ("about", 10, "=Budget"),
        ("empty", 10, "="),
        ("nothing", 10, "="),
        ("undated", 8, "=Travel"),
    ]
    activity = table_of(Activity)
    same = select(activity.c.session_id, activity.c.topic)
    with reading(store) as reader:
        topics = {id_: topic for id_, _, topic in hours(store) if id_ != "undated"}
        assert dict(map(tuple, reader.connection.execute(same))) == topics


def test_another_topic_changes_all_hours(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    write(of_topics(), path)
    store = open_database(settings_for(path))
    store.refresh()
    build_id = build_id_of(store)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE sessions SET topic = 'Plans' WHERE id IN ('about', 'undated')")
        database.commit()
    store.refresh()
    assert [row for row in hours(store) if row[0] in ("about", "undated")] == [
        ("about", 9, "=Plans"),
        ("about", 10, "=Plans"),
        ("undated", 8, "=Plans"),
    ]
    assert build_id_of(store) == build_id  # refreshed, not built again
    store.close()
