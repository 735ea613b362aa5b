"""The Reader: the only way to a table for whoever asks a question.

It holds a session and the scope of its asker, and hands out the tables to select from: those of the
database where the scope is everything, else what the scope leaves of them. Whoever reads through it
gets the answers of a database from which everybody else's rows were deleted.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    FromClause,
    Table,
    and_,
    case,
    exists,
    false,
    or_,
    select,
)
from sqlmodel import Session, SQLModel

from analytics.app.notes import Note, all_notes
from analytics.app.store import app_store
from analytics.models import (
    Conversation,
    Document,
    Message,
    Retrieval,
    Twin,
    User,
    table_of,
)
from analytics.reading.notes import Notes, seen_notes
from analytics.rollups.account_tables import Account
from analytics.rollups.tables import (
    ALL,
    OTHERS,
    UNKNOWN,
    Activity,
    ActivityDocument,
    ActivityHour,
    Installation,
    Loaded,
    Member,
    UserDay,
    slice_key,
)
from analytics.storage.store import Store

T = TypeVar("T")
MEMBER, SESSION = table_of(Member), table_of(Conversation)
HOUR, TWIN = table_of(ActivityHour), table_of(Twin)


@dataclass(frozen=True)
class Scope:
    """Whose rows somebody may see: pairs of slice keys, an organization and a department.

    `ALL` in place of the department is the whole organization. No pair is part of another one.
    """

    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, *names: tuple[str | None] | tuple[str | None, str | None]) -> "Scope":
        """The scope of organizations, each whole or one of its departments (None: without one)."""
        keys = {tuple(map(slice_key, pair)) for pair in names}
        whole = {pair[0] for pair in keys if len(pair) == 1}
        parts = {pair for pair in keys if len(pair) == 2 and pair[0] not in whole}  # noqa: PLR2004
        return cls(frozenset({(name, ALL) for name in whole} | parts))


class Reader:
    """A session and what its asker may see; `scope` None is everything.

    Its tables are named for what a row is. Raw rows whose person is not in the scope, or not there,
    are in none of them; where everything may be seen, they are the tables themselves.
    """

    def __init__(
        self,
        session: Session,
        scope: Scope | None = None,
        kept_notes: Callable[[], Iterable[Note]] = tuple,
    ) -> None:
        self._session = session
        self._kept_notes = kept_notes
        self.scope = scope
        self._staged: dict[Hashable, Any] = {}

    # --- asking ------------------------------------------------------------------------------

    @property
    def connection(self) -> Connection:
        """The connection that it reads with."""
        return self._session.connection()

    @property
    def dialect(self) -> str:
        """The name of the database's kind."""
        return self._session.get_bind().dialect.name

    def execute(self, statement: Executable) -> Any:
        """The rows of a statement."""
        return self._session.execute(statement)

    def scalar(self, statement: Executable) -> Any:
        """The first value of a statement, or None."""
        return self._session.scalar(statement)

    def scalars(self, statement: Executable) -> Any:
        """The first value of each row."""
        return self._session.scalars(statement)

    def rest(self) -> None:
        """End the transaction, so that a slow reader blocks no writer; the next read begins one."""
        self._session.rollback()

    def beside(self, session: Session) -> "Reader":
        """The same asker on another session."""
        return Reader(session, self.scope, self._kept_notes)

    def staged(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was found out once for all that this reader is asked."""
        if key not in self._staged:
            self._staged[key] = make()
        found: T = self._staged[key]
        return found

    # --- what may be seen --------------------------------------------------------------------

    @cached_property
    def notes(self) -> Notes:
        """Notes, read when they are first asked for."""
        return seen_notes(self._kept_notes, self.scope.pairs if self.scope else None)

    @cached_property
    def users(self) -> FromClause:
        """People."""
        return self._theirs(User, "id")

    @cached_property
    def twins(self) -> FromClause:
        """Twins, by their owner: one of somebody outside is an unknown twin."""
        return self._theirs(Twin, "user_id")

    @cached_property
    def sessions(self) -> FromClause:
        """Conversations, dated or not."""
        return self._theirs(Conversation, "user_id")

    @cached_property
    def messages(self) -> FromClause:
        """Messages."""
        return self._of_conversations(Message)

    @cached_property
    def documents(self) -> FromClause:
        """Documents."""
        return self._of_conversations(Document)

    @cached_property
    def queries(self) -> FromClause:
        """Queries that were run."""
        return self._of_conversations(Retrieval)

    @cached_property
    def members(self) -> FromClause:
        """People with the keys of their slices."""
        return self._seen(MEMBER, _in_pairs(MEMBER, self.scope)) if self.scope else MEMBER

    @cached_property
    def accounts(self) -> FromClause:
        """People with the days of their accounts."""
        return self._theirs(Account)

    @cached_property
    def activities(self) -> FromClause:
        """Dated conversations."""
        return self._theirs(Activity)

    @cached_property
    def hours(self) -> FromClause:
        """What happened in a conversation in an hour; a twin of somebody outside is unknown."""
        if self.scope is None:
            return HOUR
        inside = exists().where(TWIN.c.id == HOUR.c.twin_id, TWIN.c.user_id.in_(self._people()))
        unknown = (HOUR.c.whose == OTHERS) & ~inside
        whose = case((unknown, UNKNOWN), else_=HOUR.c.whose).label("whose")
        columns = (whose if column is HOUR.c.whose else column for column in HOUR.c)
        theirs = select(*columns).where(HOUR.c.user_id.in_(self._people()))
        return theirs.subquery(HOUR.name)

    @cached_property
    def drafted(self) -> FromClause:
        """Documents of a conversation and a day, by type."""
        return self._theirs(ActivityDocument)

    @cached_property
    def user_days(self) -> FromClause:
        """Active days."""
        return self._theirs(UserDay)

    @cached_property
    def installations(self) -> FromClause:
        """Twins that somebody installed on a day."""
        return self._theirs(Installation)

    @cached_property
    def loaded(self) -> FromClause:
        """How many raw rows somebody has."""
        return self._theirs(Loaded)

    def of_scope(self, table: Table, user_id: str = "user_id") -> FromClause:
        """What the scope leaves of another table with a person in each row."""
        if self.scope is None:
            return table
        return self._seen(table, table.c[user_id].in_(self._people()))

    def _theirs(self, model: type[SQLModel], user_id: str = "user_id") -> FromClause:
        return self.of_scope(table_of(model), user_id)

    def _of_conversations(self, model: type[SQLModel]) -> FromClause:
        table = table_of(model)
        if self.scope is None:
            return table
        sessions = select(SESSION.c.id).where(SESSION.c.user_id.in_(self._people()))
        return self._seen(table, table.c.session_id.in_(sessions))

    def _people(self) -> Any:
        assert self.scope is not None  # noqa: S101 - for the type checker
        return select(MEMBER.c.user_id).where(_in_pairs(MEMBER, self.scope))

    @staticmethod
    def _seen(table: Table, which: ColumnElement[bool]) -> FromClause:
        return select(table).where(which).subquery(table.name)


def _in_pairs(table: Table, scope: Scope) -> ColumnElement[bool]:
    c = table.c
    return or_(
        false(),  # nobody, where there are no pairs
        *(
            c.company == company
            if department == ALL
            else and_(c.company == company, c.department == department)
            for company, department in sorted(scope.pairs)
        ),
    )


@contextmanager
def reading(store: Store, scope: Scope | None = None, *, counted: bool = False) -> Iterator[Reader]:
    """A Reader of an open store; `counted` as `Store.session` has it."""
    with store.session(counted=counted) as session:
        yield Reader(session, scope, partial(all_notes, app_store(store.settings)))
