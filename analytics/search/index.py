"""The index's upkeep: it follows every change, in the background."""

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from sqlalchemy import select

from analytics.models import table_of
from analytics.rollups.state import Build
from analytics.search.postgres import PostgresIndex
from analytics.search.sqlite import SqliteIndex
from analytics.search.state import is_there, read_state
from analytics.search.tables import END, State, id_of
from analytics.search.walk import next_conversations, texts_of
from analytics.storage.faults import DatabaseProblem
from analytics.storage.sqlite import SqliteDatabase
from analytics.storage.store import Store

logger = logging.getLogger(__name__)

BUILD = table_of(Build)


class _Index(Protocol):
    """Where documents are kept."""

    @property
    def remedy(self) -> str:
        """What to do where it can't be written."""

    def alone(self) -> AbstractContextManager[bool]:
        """Whether nobody else indexes, in any process, while this lasts."""

    def prepare(self) -> None:
        """Make sure that there are tables that this release can use."""

    def write(self, ids: Sequence[str], texts: dict[str, tuple[str, str]], state: State) -> None:
        """Make the documents of these conversations the given ones, and keep the state."""


class Search:
    """The index of an open store: what keeps it up to date. One thread uses it.

    Made before the store is read from: on SQLite it lets the store's sessions see the index.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._index: _Index = (
            SqliteIndex(store.database)
            if isinstance(store.database, SqliteDatabase)
            else PostgresIndex(store.database)
        )

    def keep_up(self, closed: threading.Event, seconds: float) -> bool:
        """Index for up to so many seconds, wait out the rest; whether `closed` was set.

        With 0 seconds it returns when all is indexed. Whoever finds another process at it leaves
        the work to that one.
        """
        end = time.monotonic() + seconds
        try:
            with self._index.alone() as alone:
                while alone and self.step() and not closed.is_set():
                    if seconds and time.monotonic() >= end:
                        break
            self._store.search_problem = ""
        except Exception as error:
            self._store.search_problem = (
                f"{error.what}. {error.remedy}"
                if isinstance(error, DatabaseProblem)
                else self._index.remedy
            )
            # Its type only: the text may hold what somebody wrote.
            logger.warning("The search index was not updated: %s", type(error).__name__)
        return closed.wait(max(0.0, end - time.monotonic()))

    def update(self) -> None:
        """Index everything that is not yet."""
        with self._index.alone() as alone:
            while alone and self.step():
                pass

    def step(self) -> bool:
        """Index some conversations, in one transaction; whether there may be more.

        The rows are read after the state that is recorded, and nothing is held while it is
        written: at worst a conversation is indexed again.
        """
        self._index.prepare()
        with self._store.session() as session:
            if not is_there(
                session.connection()
            ):  # else what is written would be written again for ever
                raise DatabaseProblem(
                    "The search index can't be read", self._store.where, self._index.remedy
                )
            now = session.execute(select(BUILD.c.build_id, BUILD.c.refresh)).one()
            state = read_state(session.connection())
            if state is None or state.lineage != now.build_id:
                state = State(now.build_id, now.refresh, "", END, "", 0, 0, 0)
            ids, reached = next_conversations(session, state)
            texts = texts_of(session, ids)
        if reached == state:
            return False
        self._write([id_of(one) for one in ids], texts, state, reached)
        return True

    def _write(
        self, ids: list[str], texts: dict[str, tuple[str, str]], before: State, reached: State
    ) -> State:
        """Write these conversations, by halves where one can't be: that one is left out, counted.

        The state stays `before` until all are written. Returns the one that it is then.
        """
        try:
            self._index.write(ids, {id_: texts[id_] for id_ in ids if id_ in texts}, reached)
            return reached
        except ValueError as error:
            if not ids:
                raise
            problem = type(error).__name__
        if len(ids) > 1:
            half = len(ids) // 2
            before = self._write(ids[:half], texts, before, before)
            return self._write(ids[half:], texts, before, replace(reached, skipped=before.skipped))
        logger.warning("A conversation is left out of search: %s", problem)
        reached = replace(reached, skipped=reached.skipped + 1)
        self._index.write(ids, {}, reached)
        return reached
