"""Full-text search over titles and messages: what it finds, the index, and the index's upkeep.

A document is a conversation: its title and messages, folded to words without case, accents and
strokes, so that both databases match the same words. On SQLite the index is FTS5 in a file of its
own, `NAME.search.db` beside the rollups; on PostgreSQL it is a `tsvector` in the schema `search`.
Either can be deleted at any time: it is built again in the background, newest conversations first.

PostgreSQL has limits: in one conversation it finds phrases among the first 16,383 words only and
among the first 255 times of a word, and words among the first 900,000 bytes of different ones.
There, in scripts written without spaces, each pair of letters is such a word.
"""

import logging
import re
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    delete,
    event,
    exists,
    false,
    func,
    insert,
    literal,
    select,
    text,
    true,
    tuple_,
    type_coerce,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.exc import DataError, DBAPIError
from sqlmodel import Session

from analytics.fields import Row
from analytics.models import Conversation, Message, table_of
from analytics.query import QueryError
from analytics.rollups.tables import ALL, Activity, Build, Changed, Listing
from analytics.sql.instants import by_code_point, is_key, key
from analytics.storage import siblings
from analytics.storage.database import Database
from analytics.storage.engines import UTF8, can_encode, codec_of
from analytics.storage.faults import BUSY_SECONDS, DatabaseProblem, is_damaged
from analytics.storage.locks import advisory_lock, file_lock
from analytics.storage.ownership import OWN_APPLICATION_ID, own_or_free, own_or_free_schema
from analytics.storage.sqlite import SqliteDatabase
from analytics.storage.sqlite_files import identity, index_path
from analytics.storage.store import Store
from analytics.untrusted import as_text, unescaped

logger = logging.getLogger(__name__)

ACTIVITY, LISTING = table_of(Activity), table_of(Listing)
BUILD, CHANGED = table_of(Build), table_of(Changed)
SESSION, MESSAGE = table_of(Conversation), table_of(Message)

MAX_SEARCH = 200
_FORMAT = 2  # of the index; another one is built anew
_AT_ONCE = 2_000  # conversations of a transaction
_MANY_MATCHES = 20_000
_AROUND, _SNIPPET = 60, 240
SWITCHED_OFF = "search is switched off; set SEARCH=true where this is served, and start it again"
CANNOT_BUILD = "Search can't be built"
_ADVISORY_LOCK = 0x41545753  # on PostgreSQL: whoever holds it indexes

_METADATA = MetaData()
DOCUMENT = Table(
    "document",
    _METADATA,
    Column("user_id", String, primary_key=True),
    Column("session_id", String, primary_key=True),
    Column("id", BigInteger),  # SQLite: the row of `words`
    Column("words", TSVECTOR),  # PostgreSQL
    schema="search",
)
WORDS = Table(  # SQLite: FTS5; the column of its own name is what MATCH looks through
    "words",
    _METADATA,
    Column("rowid", Integer, primary_key=True),
    Column("text", String),
    Column("words", String),
    schema="search",
)
# How far the index has come. All conversations are walked through once for each lineage of the
# rollups: dated ones from the newest on, then (`at` = 0) the rest by id, then it is `done`; what
# changes meanwhile and later is taken from `changed`, after (`refresh`, `session_id`). `skipped` is
# how often one could not be indexed.
STATE = Table(
    "state",
    _METADATA,
    Column("lineage", String, nullable=False),
    Column("refresh", Integer, nullable=False),
    Column("session_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("after", String, nullable=False),
    Column("walked", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    schema="search",
)
_END = 2**62  # after every instant


# --- words -------------------------------------------------------------------------------------

# Marks that are left out of words: accents, those around symbols, half ones.
_ACCENT = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20dc\u20e5-\u20ff\ufe20-\ufe2f]"
)
# Scripts written without spaces (Chinese, Japanese, Thai, Lao, Myanmar, Khmer, Tai): each letter
# and mark is a word, so that words inside a sentence are phrases.
_ALONE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3040-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaadf\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
# Beside the category Cf: fillers and selectors of variants, which are not seen either.
_UNSEEN = re.compile("[\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_APOSTROPHES = "\u02b9\u02bb\u02bc\u02bd"  # letters, as Unicode sees them
# Letters that Unicode doesn't take apart, and that its names don't tell the base of.
_LETTERS = {"æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ŋ": "n", "ĸ": "k"}
_STROKE = re.compile("(?:LATIN|GREEK|CYRILLIC) SMALL LETTER .*")
# Around phrases, beside the plain ones; and single ones, which are apostrophes inside words.
_QUOTES = str.maketrans(
    dict.fromkeys(
        "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\uff02"  # “ ” „ ‟ « » and so on
        "\u300c\u300d\u300e\u300f\u301d\u301e\u301f",  # 「 」 『 』 〝 〞 〟
        '"',
    )
)
_SINGLE = "[\u2018-\u201b]"
_SINGLE_QUOTED = re.compile(rf'("[^"]*")|(?<!\w){_SINGLE}([^"]*?){_SINGLE}(?!\w)')
_BOUNDARY = "\ue000"  # between messages, so that no phrase reaches over; never part of a word


class _Folding(dict[int, str]):
    """What becomes of each character: lower case without accents, a blank for what is no word."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(char: str) -> str:
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    folded = "".join(map(_part, parts))
    # A symbol, such as ™ or ①, is no part of the word that it is glued to.
    form = unicodedata.decomposition(char)
    apart = unicodedata.category(char) == "So" or form.startswith(("<circle>", "<fraction>"))
    return f" {folded} " if apart or char == "\N{INFORMATION SOURCE}" else folded


def _is_unseen(char: str) -> bool:
    """Whether it is a soft hyphen, a joiner, a selector: not seen, not written."""
    return unicodedata.category(char) == "Cf" or bool(_UNSEEN.match(char))


def _is_alone(word: str) -> bool:
    """Whether it is a letter or mark of a script without spaces."""
    return len(word) == 1 and not word.isdecimal() and bool(_ALONE.match(word))


def _part(char: str) -> str:
    category = unicodedata.category(char)
    if _is_unseen(char) or _ACCENT.match(char):
        return ""
    if not (char.isalnum() or category in ("Mn", "Mc")) or char in _APOSTROPHES:
        return " "
    if _is_alone(char):
        return f" {char} "
    return _LETTERS.get(plain := _without_stroke(char), plain)


def _without_stroke(char: str) -> str:
    """The letter that one "with stroke" (or hook, tail, ...) is made of, by its name; a dotless i
    is an i."""
    name = unicodedata.name(char, "")
    if not _STROKE.fullmatch(name):
        return char
    try:
        base = unicodedata.lookup(re.sub("DOTLESS | WITH .*", "", name))
    except KeyError:
        return char
    return unicodedata.normalize("NFKD", base)


_FOLDING = _Folding()


def fold(held: object) -> str:
    """The words of a text between blanks: lower case, no accents or strokes, no punctuation.

    Of whatever a column holds; what is no character, such as a lone surrogate, is a blank.
    """
    words = held if isinstance(held, str) else as_text(held) or ""
    return unescaped(words).translate(_FOLDING)


@dataclass(frozen=True)
class Term:
    """Words that must follow each other; the last one may go on where it is a prefix."""

    words: tuple[str, ...]
    is_prefix: bool = False


def terms(asked: str) -> tuple[Term, ...]:
    """What a search means: words and "phrases", all of which must occur; `wo*` is a prefix.

    A prefix has two characters or more. Quotes of every language are quotes.

    Everything else is literal: what is neither letter nor digit separates words, and words that
    are written together, such as e-mail, are a phrase. Raises QueryError for more than 200
    characters.
    """
    if len(asked) > MAX_SEARCH:
        raise QueryError(
            "search", f"{asked[:40]}…", f"has more than {MAX_SEARCH} characters; shorten it"
        )
    seen = "".join(char for char in asked if not _is_unseen(char)).translate(_QUOTES)
    quoted = _SINGLE_QUOTED.sub(lambda found: found[1] or f'"{found[2]}"', seen)
    found = []
    for phrase, word in re.findall(r'"([^"]*)"|([^\s"]+)', quoted):
        words = tuple(fold(phrase or word).split())
        if words:
            found.append(Term(words, word.endswith("*") and len(words[-1]) > 1))
    return tuple(dict.fromkeys(found))


# --- what it finds -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """How much of the conversations the index holds: a share (0-1) and from which instant on."""

    share: float
    since: int | None  # None: all
    stamp: str = ""  # another one: something may be found that was not
    skipped: int = 0  # conversations that could not be indexed

    @property
    def is_complete(self) -> bool:
        """Whether every conversation can be found."""
        return self.since is None


def coverage(session: Session) -> Coverage:
    """What can be found now; a share of 0 where there is no index yet."""
    state = _state(session)
    lineage = session.scalar(select(BUILD.c.lineage))
    if state is None or state.lineage != lineage:
        return Coverage(0.0, _END)
    if state.done:
        return Coverage(1.0, None, str(state), state.skipped)
    total = session.scalar(
        select(func.sum(LISTING.c.activities)).where(
            LISTING.c.company == ALL, LISTING.c.department == ALL
        )
    )
    share = min(0.99, state.walked / max(1, int(total or 0)))
    return Coverage(share, state.at, str(state), state.skipped)


def check_search(store: Store) -> None:
    """Refuse to search what is not indexed: QueryError where search is switched off by a setting.

    Raises DatabaseProblem, which says how far it is, while the index is being built, and what to do
    where it can't be.
    """
    if not store.settings.search:
        raise QueryError("search", "(any)", SWITCHED_OFF)
    with store.session() as session:
        covered = coverage(session)
    if not covered.is_complete:
        if store.search_problem:
            raise DatabaseProblem(CANNOT_BUILD, store.where, store.search_problem)
        raise DatabaseProblem(
            f"Search is being built: {covered.share:.0%}",
            store.where,
            "Ask again in a while; without `search` everything is answered.",
        )


def matching(session: Session, asked: str, *, every: bool = False) -> ColumnElement[bool]:
    """The activities whose conversation matches, as far as the index covers them.

    A search without a word matches none. `every` says that more than the
    newest few are wanted.
    """
    wanted, c, a = terms(asked), DOCUMENT.c, ACTIVITY.c
    if not wanted:
        return false()
    covered = coverage(session)
    if covered.since == _END:  # there may be no index to ask
        return false()
    covers = true() if covered.since is None else a.started_at > covered.since
    if session.get_bind().dialect.name == "postgresql":
        codec = codec_of(session.connection())
        written = literal(_tsquery(wanted, codec), String)
        query = type_coerce(written.op("::")(text("tsquery")), TSQUERY)
        found = select(c.user_id, c.session_id).where(c.words.bool_op("@@")(query))
        return and_(covers, tuple_(a.user_id, a.session_id).in_(found))
    matches = WORDS.c.words.bool_op("MATCH")(_fts(wanted))
    rows = select(WORDS.c.rowid).where(matches)
    most = _MANY_MATCHES * 5 if every else _MANY_MATCHES
    some = select(func.count()).select_from(rows.limit(most + 1).subquery())
    if (session.scalar(some) or 0) <= most:
        found = select(c.user_id, c.session_id).where(c.id.in_(rows))
        return and_(covers, tuple_(a.user_id, a.session_id).in_(found))
    document = exists().where(c.session_id == a.session_id)
    if every or any(term.is_prefix for term in wanted):
        return and_(covers, document.where(c.id.in_(rows)).correlate(ACTIVITY))
    # So many that some of the newest activities are among them: those are looked up one by one.
    return and_(covers, document.where(WORDS.c.rowid == c.id, matches).correlate(ACTIVITY))


def _fts(wanted: Sequence[Term]) -> str:
    # Folded words have no quotes.
    return " AND ".join(
        f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}' for term in wanted
    )


def _tsquery(wanted: Sequence[Term], codec: str = UTF8) -> str:
    phrases = []
    for term in wanted:
        lexemes, is_prefix = _lexemes(term.words), term.is_prefix
        if _is_alone(term.words[-1]):  # whatever follows it
            if any(map(_is_alone, term.words[-2:-1])):
                lexemes.pop()  # the pair before holds it
            else:
                is_prefix = True
        words = " <-> ".join(f"'{_kept(lexeme, codec)}'" for lexeme in lexemes)
        phrases.append(f"({words}{':*' if is_prefix else ''})")
    return " & ".join(phrases)


def _lexemes(words: Sequence[str]) -> list[str]:
    """Words as PostgreSQL keeps them: letters of scripts without spaces each with the next one.

    There are too few letters: it keeps only the first 255 places of each.
    """
    alone = [_is_alone(word) for word in words]
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


class SnippetPart(Row):
    """A piece of a snippet, plain text; `match` says whether it is what was looked for."""

    text: str
    match: bool


def snippets(session: Session, asked: str, ids: Sequence[str]) -> dict[str, list[SnippetPart]]:
    """For each conversation the place that shows most of what was looked for, as it is now."""
    patterns = _patterns(asked)
    best: dict[str, tuple[int, object]] = {}
    texts = select(MESSAGE.c.session_id, MESSAGE.c.content).where(MESSAGE.c.session_id.in_(ids))
    titles = select(SESSION.c.id, SESSION.c.title).where(SESSION.c.id.in_(ids))
    for rows in (texts.order_by(MESSAGE.c.session_id, MESSAGE.c.id), titles):
        for held, content in session.execute(rows):
            id_, folded = _id(held), fold(content)
            found = sum(pattern.search(folded) is not None for pattern in patterns)
            if found > best.get(id_, (0, ""))[0]:
                best[id_] = found, content
    return {id_: marked(as_text(content) or "", patterns) for id_, (_, content) in best.items()}


def _patterns(asked: str) -> list[re.Pattern[str]]:
    return [_pattern(term) for term in terms(asked)]


def _pattern(term: Term) -> re.Pattern[str]:
    words = " +".join(map(re.escape, term.words))
    return re.compile(rf"(?<![^ ]){words}{'[^ ]*' if term.is_prefix else ''}(?![^ ])")


def marked(content: str, patterns: Sequence[re.Pattern[str]]) -> list[SnippetPart]:
    """A stretch of the text around the first match, in pieces; unescaped, as a page shows it."""
    content = unescaped(content)
    folded = content.translate(_FOLDING)
    matches = [match.span() for pattern in patterns for match in pattern.finditer(folded)]
    origin = [at for at, char in enumerate(content) for _ in _FOLDING[ord(char)]] if matches else []
    spans = sorted(
        (origin[first], min(origin[last - 1] + 1, origin[first] + _SNIPPET))
        for first, last in matches
    )
    start = max(0, (spans[0][0] if spans else 0) - _AROUND)
    if start:
        start = content.rfind(" ", start, start + 20) + 1 or start
    end = start + _SNIPPET
    if end < len(content):
        end = max(content.rfind(" ", end - 20, end), spans[0][1] if spans else 0, end - 20)
    pieces: list[tuple[str, bool]] = [("… " if start else "", False)]
    at = start
    for first, last in spans:
        if first < at or last > end:
            continue
        pieces += [(content[at:first], False), (content[first:last], True)]
        at = last
    pieces += [(content[at:end], False), (" …" if end < len(content) else "", False)]
    return [
        SnippetPart(text=re.sub(r"\s+", " ", piece), match=match)
        for piece, match in pieces
        if piece
    ]


def parts_of(texts: Iterable[str], asked: str) -> list[list[SnippetPart]]:
    """Of each text the stretch around the first words that a search asks for; empty without any."""
    patterns = _patterns(asked)
    found = (marked(text, patterns) if patterns else [] for text in texts)
    return [parts if any(part.match for part in parts) else [] for parts in found]


# --- upkeep ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _State:
    lineage: str
    refresh: int
    session_id: str
    at: int
    after: str
    walked: int
    done: int
    skipped: int


class Search:
    """The index of an open store: what keeps it up to date. One thread uses it.

    Made before the store is read from: on SQLite it lets the store's sessions see the index.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._index: _Index = (
            _SqliteIndex(store.database)
            if isinstance(store.database, SqliteDatabase)
            else _PostgresIndex(store.database)
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
            if not _is_there(session):  # else what is written would be written again for ever
                raise DatabaseProblem(
                    "The search index can't be read", self._store.where, self._index.remedy
                )
            now = session.execute(select(BUILD.c.lineage, BUILD.c.refresh)).one()
            state = _state(session)
            if state is None or state.lineage != now.lineage:
                state = _State(now.lineage, now.refresh, "", _END, "", 0, 0, 0)
            ids, reached = _next(session, state)
            texts = _texts(session, ids)
        if reached == state:
            return False
        self._write([_id(one) for one in ids], texts, state, reached)
        return True

    def _write(
        self, ids: list[str], texts: dict[str, tuple[str, str]], before: _State, reached: _State
    ) -> _State:
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


_FORMAT_ON_POSTGRES = text(
    "SELECT obj_description(c.oid, 'pg_class') FROM pg_class AS c JOIN pg_namespace AS n"
    " ON n.oid = relnamespace WHERE nspname = 'search' AND relname = 'state'"
)


def _is_there(session: Session) -> bool:
    """Whether the session can read the index's tables."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        attached = [row[1] for row in connection.exec_driver_sql("PRAGMA database_list")]
        held = None
        if "search" in attached:
            held = connection.exec_driver_sql("PRAGMA search.user_version").scalar()
    else:
        held = connection.scalar(_FORMAT_ON_POSTGRES)
    return str(held) == str(_FORMAT)  # else there is none, or another release's


def _state(session: Session) -> _State | None:
    row = session.execute(select(STATE)).one_or_none() if _is_there(session) else None
    return _State(*row) if row else None


def _next(session: Session, state: _State) -> tuple[list[str], _State]:
    """The conversations to look at next, and the state when that is done."""
    a, c = ACTIVITY.c, CHANGED.c
    changed = session.execute(
        select(c.refresh, c.session_id)
        .where(tuple_(c.refresh, c.session_id) > (state.refresh, state.session_id))
        .order_by(c.refresh, c.session_id)
        .limit(_AT_ONCE)
    ).all()
    if changed:
        refresh, id_ = changed[-1]
        return [row.session_id for row in changed], replace(state, refresh=refresh, session_id=id_)
    if state.done:
        return [], state
    if state.at > 0:
        walked = session.execute(
            select(a.started_at, a.session_id)
            .where(tuple_(a.started_at, by_code_point(a.session_id)) < (state.at, state.after))
            .order_by(a.started_at.desc(), by_code_point(a.session_id).desc())
            .limit(_AT_ONCE)
        ).all()
        if not walked:
            return [], replace(state, at=0, after="")
        at, id_ = walked[-1]
        more = state.walked + len(walked)
        return [row.session_id for row in walked], replace(state, at=at, after=id_, walked=more)
    # Those in no list now, because they have no date or no user, and documents of deleted ones.
    listed = exists().where(a.user_id == key(SESSION.c.user_id), a.session_id == key(SESSION.c.id))
    kept = exists().where(SESSION.c.id == DOCUMENT.c.session_id)
    id_ = key(SESSION.c.id)
    unlisted = select(id_.label("id")).where(is_key(SESSION.c.id), ~listed, id_ > state.after)
    deleted = select(DOCUMENT.c.session_id).where(~kept, DOCUMENT.c.session_id > state.after)
    rest = union(unlisted, deleted).subquery()
    ids = list(session.scalars(select(rest.c.id).order_by(rest.c.id).limit(_AT_ONCE)))
    return ids, replace(state, after=ids[-1]) if ids else replace(state, done=1)


def _id(held: object) -> str:
    """An id as the index has it: tables without types hold numbers and bytes too."""
    return held if isinstance(held, str) else str(as_text(held))


def _texts(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The user and the folded text of each of these conversations that there is."""
    parts: dict[str, list[str]] = {}
    owners: dict[str, str] = {}
    sessions = select(SESSION.c.id, SESSION.c.user_id, SESSION.c.title)
    for held, user, title in session.execute(sessions.where(SESSION.c.id.in_(ids))):
        id_ = _id(held)
        owners[id_] = as_text(user) or ""
        parts[id_] = [fold(title)]
    messages = select(MESSAGE.c.session_id, MESSAGE.c.content).where(MESSAGE.c.session_id.in_(ids))
    for held, content in session.execute(messages.order_by(MESSAGE.c.session_id, MESSAGE.c.id)):
        if (id_ := _id(held)) in parts:
            parts[id_].append(fold(content))
    return {id_: (owners[id_], f" {_BOUNDARY} ".join(folded)) for id_, folded in parts.items()}


_STATE_COLUMNS = ", ".join(column.name for column in STATE.columns)
_OWN_TABLES = {"document", "words", "state"}


class _Index(Protocol):
    """Where documents are kept."""

    @property
    def remedy(self) -> str:
        """What to do where it can't be written."""

    def alone(self) -> AbstractContextManager[bool]:
        """Whether nobody else indexes, in any process, while this lasts."""

    def prepare(self) -> None:
        """Make sure that there are tables that this release can use."""

    def write(self, ids: Sequence[str], texts: dict[str, tuple[str, str]], state: _State) -> None:
        """Make the documents of these conversations the given ones, and keep the state."""


class _SqliteIndex:
    """A file of its own, written through a connection of its own."""

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
                f"PRAGMA user_version = {_FORMAT}",
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
        return bool((version, encoding) == (_FORMAT, self._encoding))

    def _remove(self) -> None:
        own_or_free(self.path, _OWN_TABLES)
        for path in (self.path.with_name(f"{self.path.name}-journal"), self.path):
            path.unlink(missing_ok=True)

    def write(self, ids: Sequence[str], texts: dict[str, tuple[str, str]], state: _State) -> None:
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


class _PostgresIndex:
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
            if connection.scalar(_FORMAT_ON_POSTGRES) == str(_FORMAT):
                return
            own_or_free_schema(connection, "search", {"document", "state"})
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS search CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA search")
            kinds = {String: "text", Integer: "integer", BigInteger: "bigint"}
            columns = ", ".join(f'"{c.name}" {kinds[type(c.type)]}' for c in STATE.columns)
            for statement in (
                f"CREATE TABLE search.state ({columns})",
                f"COMMENT ON TABLE search.state IS '{_FORMAT}'",
                "CREATE TABLE search.document (user_id text, session_id text, words tsvector,"
                " PRIMARY KEY (user_id, session_id))",
                "CREATE INDEX ON search.document (session_id)",
                "CREATE INDEX ON search.document USING gin (words)",
            ):
                connection.exec_driver_sql(statement)

    def write(self, ids: Sequence[str], texts: dict[str, tuple[str, str]], state: _State) -> None:
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


_PROGRAM_LIMIT = "54"
_UPSERT = text(
    "INSERT INTO search.document (user_id, session_id, words)"
    " VALUES (:user, :session, CAST(:text AS tsvector))"
    " ON CONFLICT (user_id, session_id) DO UPDATE SET words = EXCLUDED.words"
    " WHERE document.words <> EXCLUDED.words"
)
_POSITIONS, _PER_WORD, _BYTES, _LONGEST = 16_383, 255, 900_000, 500


def _tsvector(folded: str, codec: str = UTF8) -> str:
    """The words with their places, as PostgreSQL writes a tsvector; within its limits."""
    places: dict[str, list[int]] = {}
    size = 0
    for place, word in enumerate(_lexemes(folded.split()), 1):
        if word == _BOUNDARY:
            continue
        lexeme = _kept(word, codec)
        if lexeme not in places:
            size += len(lexeme.encode()) + 8
            if size > _BYTES:
                continue
        found = places.setdefault(lexeme, [])
        if len(found) < _PER_WORD and place <= _POSITIONS:
            found.append(place)
    return " ".join(
        f"'{word}':{','.join(map(str, at))}" if at else f"'{word}'" for word, at in places.items()
    )
