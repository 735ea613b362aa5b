"""What a search finds, as far as the index has come."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, func, select, true

from analytics.errors import QueryError
from analytics.models import table_of
from analytics.reading.reader import Reader, reading
from analytics.rollups.state import Build
from analytics.rollups.tables import ALL, Listing
from analytics.search import postgres, sqlite
from analytics.search.state import read_state
from analytics.search.tables import END
from analytics.search.words import terms
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import Store

LISTING, BUILD = table_of(Listing), table_of(Build)

SWITCHED_OFF = "search is switched off; set SEARCH=true where this is served, and start it again"
CANNOT_BUILD = "Search can't be built"


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


def coverage(reader: Reader) -> Coverage:
    """What can be found now; a share of 0 where there is no index yet."""
    build, listing = BUILD.c, LISTING.c
    state = read_state(reader.connection)
    if state is None or state.lineage != reader.scalar(select(build.build_id)):
        return Coverage(0.0, END)
    if state.done:
        return Coverage(1.0, None, str(state), state.skipped)
    total = reader.scalar(
        select(func.sum(listing.activities)).where(
            listing.company == ALL, listing.department == ALL
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
    with reading(store) as reader:
        covered = coverage(reader)
    if not covered.is_complete:
        if store.search_problem:
            raise DatabaseProblem(CANNOT_BUILD, store.where, store.search_problem)
        raise DatabaseProblem(
            f"Search is being built: {covered.share:.0%}",
            store.where,
            "Ask again in a while; without `search` everything is answered.",
        )


def matching(reader: Reader, asked: str, *, every: bool = False) -> ColumnElement[bool]:
    """The activities whose conversation matches, as far as the index covers them.

    A search without a word matches none. `every` says that more than the newest few are wanted.
    """
    activity = reader.activities
    wanted = terms(asked)
    if not wanted:
        return false()
    covered = coverage(reader)
    if covered.since == END:  # there may be no index to ask
        return false()
    covers = true() if covered.since is None else activity.c.started_at > covered.since
    if reader.dialect == "postgresql":
        return and_(covers, postgres.found(reader, wanted, activity))
    return and_(covers, sqlite.found(reader, wanted, activity, every=every))
