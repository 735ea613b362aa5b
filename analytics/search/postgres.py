"""The index on PostgreSQL: a `tsvector` in the schema `search`; what it finds, and its upkeep.

It has limits: in one conversation it finds phrases among the first 16,383 words only and among the
first 255 times of a word, and words among the first 900,000 bytes of different ones. In scripts
written without spaces, each pair of letters is such a word.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    String,
    delete,
    insert,
    literal,
    select,
    text,
    tuple_,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.exc import DataError, DBAPIError

from analytics.reading.reader import Reader
from analytics.search.tables import DOCUMENT, FORMAT, STATE, State
from analytics.search.words import BOUNDARY, Term, is_alone
from analytics.storage.database import Database
from analytics.storage.engines import UTF8, can_encode, codec_of
from analytics.storage.locks import advisory_lock
from analytics.storage.ownership import own_or_free_schema

_ADVISORY_LOCK = 0x41545753  # whoever holds it indexes
_POSITIONS, _PER_WORD, _BYTES, _LONGEST = 16_383, 255, 900_000, 500
_PROGRAM_LIMIT = "54"
_HELD_FORMAT = text(
    "SELECT obj_description(c.oid, 'pg_class') FROM pg_class AS c JOIN pg_namespace AS n"
    " ON n.oid = relnamespace WHERE nspname = 'search' AND relname = 'state'"
)
_UPSERT = text(
    "INSERT INTO search.document (user_id, session_id, words)"
    " VALUES (:user, :session, CAST(:text AS tsvector))"
    " ON CONFLICT (user_id, session_id) DO UPDATE SET words = EXCLUDED.words"
    " WHERE document.words <> EXCLUDED.words"
)


def found(reader: Reader, wanted: Sequence[Term], activity: FromClause) -> ColumnElement[bool]:
    """The activities whose conversation holds every term."""
    a, c = activity.c, DOCUMENT.c
    written = literal(_tsquery(wanted, codec_of(reader.connection)), String)
    query = type_coerce(written.op("::")(text("tsquery")), TSQUERY)
    documents = select(c.user_id, c.session_id).where(c.words.bool_op("@@")(query))
    return tuple_(a.user_id, a.session_id).in_(documents)


def _tsquery(wanted: Sequence[Term], codec: str = UTF8) -> str:
    phrases = []
    for term in wanted:
        lexemes, is_prefix = _lexemes(term.words), term.is_prefix
        if is_alone(term.words[-1]):  # whatever follows it
            if any(map(is_alone, term.words[-2:-1])):
                lexemes.pop()  # the pair before holds it
            else:
                is_prefix = True
        words = " <-> ".join(f"'{_kept(lexeme, codec)}'" for lexeme in lexemes)
        phrases.append(f"({words}{':*' if is_prefix else ''})")
    return " & ".join(phrases)


def _tsvector(folded: str, codec: str = UTF8) -> str:
    """The words with their places, as PostgreSQL writes a tsvector; within its limits."""
    places: dict[str, list[int]] = {}
    size = 0
    for place, word in enumerate(_lexemes(folded.split()), 1):
        if word == BOUNDARY:
            continue
        lexeme = _kept(word, codec)
        if lexeme not in places:
            size += len(lexeme.encode()) + 8
            if size > _BYTES:
                continue
        at = places.setdefault(lexeme, [])
        if len(at) < _PER_WORD and place <= _POSITIONS:
            at.append(place)
    return " ".join(
        f"'{word}':{','.join(map(str, at))}" if at else f"'{word}'" for word, at in places.items()
    )


def _lexemes(words: Sequence[str]) -> list[str]:
    """Words as PostgreSQL keeps them: letters of scripts without spaces each with the next one.

    There are too few letters: it keeps only the first 255 places of each.
    """
    alone = [is_alone(word) for word in words]
    pairs = zip(words, words[1:], alone, alone[1:], strict=False)
    joined = [
        word + after if is_one and next_is else word for word, after, is_one, next_is in pairs
    ]
    return [word[:_LONGEST] for word in (*joined, *words[-1:])]


def _kept(lexeme: str, codec: str) -> str:
    """A word as the encoding of a database can hold it, with characters that no word has.

    Words have characters that no text of that encoding has: a folded µ is a Greek letter.
    """
    if codec == UTF8 or lexeme.isascii():
        return lexeme
    return "".join(char if can_encode(char, codec) else f"_{ord(char):x}_" for char in lexeme)


def held_format(connection: Connection) -> object:
    """The format of the index that a connection sees; None without any."""
    return connection.scalar(_HELD_FORMAT)


class PostgresIndex:
    """The schema `search`."""

    remedy = "Check that the server takes writes, and that its user may create the schema `search`."

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self._problems = database.problems
        self._codec = database.codec

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """An advisory lock, which ends with its connection."""
        with self._problems(), advisory_lock(self._engine, _ADVISORY_LOCK) as alone:
            yield alone

    def prepare(self) -> None:
        """Make the schema, anew where it is another release's."""
        with self._problems(), self._engine.begin() as connection:
            if held_format(connection) == str(FORMAT):
                return
            own_or_free_schema(connection, "search", {"document", "state"})
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS search CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA search")
            kinds = {String: "text", Integer: "integer", BigInteger: "bigint"}
            columns = ", ".join(f'"{c.name}" {kinds[type(c.type)]}' for c in STATE.columns)
            for statement in (
                f"CREATE TABLE search.state ({columns})",
                f"COMMENT ON TABLE search.state IS '{FORMAT}'",
                "CREATE TABLE search.document (user_id text, session_id text, words tsvector,"
                " PRIMARY KEY (user_id, session_id))",
                "CREATE INDEX ON search.document (session_id)",
                "CREATE INDEX ON search.document USING gin (words)",
            ):
                connection.exec_driver_sql(statement)

    def write(self, ids: Sequence[str], texts: dict[str, tuple[str, str]], state: State) -> None:
        """Write what differs."""
        c = DOCUMENT.c
        rows = [
            {"user": user, "session": id_, "text": _tsvector(folded, self._codec)}
            for id_, (user, folded) in texts.items()
        ]
        stay = [(row["user"], row["session"]) for row in rows]
        with self._problems(), _of_a_text(), self._engine.begin() as connection:
            if ids:
                gone = delete(DOCUMENT).where(c.session_id.in_(ids))
                if stay:
                    gone = gone.where(tuple_(c.user_id, c.session_id).not_in(stay))
                connection.execute(gone)
            if rows:
                connection.execute(_UPSERT, rows)
            connection.execute(delete(STATE))
            connection.execute(insert(STATE), asdict(state))


@contextmanager
def _of_a_text() -> Iterator[None]:
    """A ValueError where the server refuses what is written, not to write: no retry mends it."""
    try:
        yield
    except DBAPIError as error:
        code = getattr(error.orig, "sqlstate", None) or ""
        if isinstance(error, DataError) or code.startswith(_PROGRAM_LIMIT):
            raise ValueError from None
        raise
