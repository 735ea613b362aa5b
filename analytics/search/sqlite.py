"""The index on SQLite: FTS5 in a file of its own; what it finds, and its upkeep."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import astuple
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, event, exists, func, select, tuple_

from analytics.reading.reader import Reader
from analytics.search.tables import DOCUMENT, FORMAT, STATE, WORDS, State
from analytics.search.words import Term
from analytics.storage import siblings
from analytics.storage.faults import BUSY_SECONDS, is_damaged
from analytics.storage.locks import file_lock
from analytics.storage.ownership import OWN_APPLICATION_ID, own_or_free
from analytics.storage.sqlite import SqliteDatabase
from analytics.storage.sqlite_files import identity, index_path

_MANY_MATCHES = 20_000
_STATE_COLUMNS = ", ".join(column.name for column in STATE.columns)
_OWN_TABLES = {"document", "words", "state"}


def found(
    reader: Reader, wanted: Sequence[Term], activity: FromClause, *, every: bool
) -> ColumnElement[bool]:
    """The activities whose conversation holds every term."""
    a, c, w = activity.c, DOCUMENT.c, WORDS.c
    matches = w.words.bool_op("MATCH")(_fts(wanted))
    rows = select(w.rowid).where(matches)
    most = _MANY_MATCHES * 5 if every else _MANY_MATCHES
    some = select(func.count()).select_from(rows.limit(most + 1).subquery())
    if (reader.scalar(some) or 0) <= most:
        documents = select(c.user_id, c.session_id).where(c.id.in_(rows))
        return tuple_(a.user_id, a.session_id).in_(documents)
    document = exists().where(c.session_id == a.session_id)
    if every or any(term.is_prefix for term in wanted):
        return document.where(c.id.in_(rows)).correlate(activity)
    # So many that some of the newest activities are among them: those are looked up one by one.
    return document.where(w.rowid == c.id, matches).correlate(activity)


def _fts(wanted: Sequence[Term]) -> str:
    # Folded words have no quotes.
    return " AND ".join(
        f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}' for term in wanted
    )


def held_format(connection: Connection) -> object:
    """The format of the index that a connection sees; None without any."""
    attached = [row[1] for row in connection.exec_driver_sql("PRAGMA database_list")]
    if "search" not in attached:
        return None
    return connection.exec_driver_sql("PRAGMA search.user_version").scalar()


class SqliteIndex:
    """`NAME.search.db` beside the rollups, written through a connection of its own."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._rollups = database.rollup_path
        self.path = index_path(database.rollup_path)
        self.remedy = f"Check that {self.path.name} and its folder can be written and have space."
        self._encoding = database.encoding  # what is attached must have the raw file's
        event.listen(database.engine, "checkout", self._attach)

    def _attach(self, dbapi: sqlite3.Connection, record: Any, proxy: Any) -> None:
        # Deleted or made anew, the file is another one: a connection still reads the old one.
        now = identity(self.path)
        held = record.info.get("search")
        if held and held != now:
            self._detach(dbapi, record)
            held = None
        if not any(now):
            return
        try:
            if not held:
                dbapi.execute("ATTACH ? AS search", [f"{self.path.absolute().as_uri()}?mode=ro"])
                record.info["search"] = now
            dbapi.execute(f"SELECT {_STATE_COLUMNS} FROM search.state").fetchone()  # noqa: S608
        except sqlite3.DatabaseError as error:
            # It may not be opened, is half made, or damaged: nobody but a search shall notice.
            if "search" in record.info and (not held or is_damaged(error)):
                self._detach(dbapi, record)

    def _detach(self, dbapi: sqlite3.Connection, record: Any) -> None:
        del record.info["search"]
        dbapi.execute("DETACH search")

    def alone(self) -> AbstractContextManager[bool]:
        """A lock that ends with its process."""
        siblings.make_lock(self.path, self._rollups)
        return file_lock(self.path)

    def prepare(self) -> None:
        """Make the file, anew where it is another release's or damaged."""
        if self._is_ready():
            siblings.narrow(self.path, self._rollups)
            return
        self._remove()
        siblings.make(self.path, self._rollups)
        with self._writing() as connection:
            for statement in (
                "CREATE TABLE document"
                " (id INTEGER PRIMARY KEY, session_id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL)",
                # Folded words stand between blanks; beyond ASCII all is part of a word to FTS5.
                "CREATE VIRTUAL TABLE words USING fts5(text, tokenize='ascii', columnsize=0)",
                f"CREATE TABLE state ({_STATE_COLUMNS})",
                f"PRAGMA user_version = {FORMAT}",
                f"PRAGMA application_id = {OWN_APPLICATION_ID}",
            ):
                connection.execute(statement)

    def _is_ready(self) -> bool:
        if not self.path.exists():
            return False
        own_or_free(self.path, _OWN_TABLES)
        with self._writing() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            encoding = connection.execute("PRAGMA encoding").fetchone()[0]
        return bool((version, encoding) == (FORMAT, self._encoding))

    def _remove(self) -> None:
        own_or_free(self.path, _OWN_TABLES)
        for path in (self.path.with_name(f"{self.path.name}-journal"), self.path):
            path.unlink(missing_ok=True)

    def write(self, ids: Sequence[str], texts: dict[str, tuple[str, str]], state: State) -> None:
        """Write what differs: FTS5 deletes the old words by the text that it keeps."""
        with self._writing() as connection:
            known: dict[str, tuple[int, str, str]] = {}
            for id_ in ids:
                row = connection.execute(
                    "SELECT id, user_id, text FROM document JOIN words ON words.rowid = id"
                    " WHERE session_id = ?",
                    [id_],
                ).fetchone()
                if row:
                    known[id_] = row
            # In the order of the rows: FTS5 writes out what it has gathered at each step back.
            for id_, (row_id, user, old) in sorted(known.items(), key=lambda item: item[1][0]):
                now_user, now_text = texts.get(id_, (None, None))
                if now_text is None:
                    connection.execute("DELETE FROM words WHERE rowid = ?", [row_id])
                    connection.execute("DELETE FROM document WHERE id = ?", [row_id])
                elif now_text != old:
                    connection.execute(
                        "UPDATE words SET text = ? WHERE rowid = ?", [now_text, row_id]
                    )
                if now_text is not None and now_user != user:
                    connection.execute(
                        "UPDATE document SET user_id = ? WHERE id = ?", [now_user, row_id]
                    )
            for id_ in dict.fromkeys(ids):
                if id_ in texts and id_ not in known:
                    made = connection.execute(
                        "INSERT INTO document (session_id, user_id) VALUES (?, ?)",
                        [id_, texts[id_][0]],
                    )
                    connection.execute(
                        "INSERT INTO words (rowid, text) VALUES (?, ?)",
                        [made.lastrowid, texts[id_][1]],
                    )
            connection.execute("DELETE FROM state")
            values = astuple(state)
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO state VALUES ({marks})", values)  # noqa: S608

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(
                sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            ) as connection:
                connection.execute(f"PRAGMA encoding = '{self._encoding}'")  # of a new file
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA cache_spill = OFF")  # else readers would be locked out
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            if is_damaged(error):  # the next step makes it anew
                self._remove()
            raise
