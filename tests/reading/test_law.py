"""The law for scopes and filters: the answer equals that of a database from which all other rows
were deleted."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, Table
from sqlmodel import SQLModel

from analytics.lists.conversation import activity
from analytics.lists.people import person
from analytics.models import Conversation, Document, Message, Retrieval, Twin, User, table_of
from analytics.period import Period
from analytics.query import GROUPS, Query
from analytics.reading import cells, habits, known
from analytics.reading.reader import Reader, Scope, reading
from analytics.rollups.account_tables import Account, Activation
from analytics.rollups.depth_tables import Depth, FeaturePair
from analytics.rollups.habit_tables import HabitDays, HabitTier, Volume
from analytics.rollups.name_tables import DocumentTypeDay, TopicDay
from analytics.rollups.tables import (
    Activity,
    ActivityDocument,
    ActivityHour,
    Cohort,
    CohortWeek,
    Daily,
    Headcount,
    Hourly,
    Installation,
    Listing,
    Loaded,
    Member,
    Pair,
    PowerPair,
    UserDay,
)
from analytics.search.index import Search
from analytics.storage.store import Store
from tests.conftest import Shelf
from tests.databases import TABLES as RAW_TABLES
from tests.databases import Raw, databases, queries
from tests.deleting import Slice, in_pairs, of_people, rich
from tests.telling import NOW, TABLES, Asking, first_difference, of_tables, told

EXAMPLES = int(os.environ.get("LAW_EXAMPLES", "4"))
TODAY = date(2026, 4, 1)
MAIN = Period(date(2026, 3, 9), date(2026, 3, 31), TODAY)
PERIODS = (
    Period(date(2026, 3, 10), date(2026, 3, 14), TODAY),  # much before and after
    Period(date(2026, 2, 1), date(2026, 3, 20), TODAY),  # nothing before
    Period(date(2026, 3, 20), date(2026, 4, 30), TODAY),  # nothing after
)
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"messages": True},
    {"organizations": ("Acme",)},
    {"organizations": ("Zebra", None)},
    {"departments": ("Sales",)},
    {"departments": (None,)},
    {"organizations": ("Acme",), "departments": ("Sales", None)},
    {"user": "a"},
    {"user": "zoe@"},
    {"person": "ann"},
    {"person": "zoe"},
    {"twin": "t_ann"},
    {"twin": "t_zoe"},
    {"twin": "t_ghost"},
    {"unknown_twin": True},
    {"by_others": True},
    {"own_twin": True},
    {"topics": ("Budget",)},
    {"topics": (None,)},
    {"organizations": ("Acme",), "topics": ("Budget", "Travel")},
)
# Of lists alone.
NARROWED: tuple[dict[str, Any], ...] = (
    {"hour": 10},
    {"document_types": ("report",)},
    {"document_types": (None,), "twin": "t_ann"},
    {"cohort": date(2026, 3, 2)},
    {"cohort": date(2026, 3, 2), "week": 1},
    {"cohort": date(2026, 3, 2), "topics": ("Budget",)},
    {"eligible": 7},
    {"returned": 7},
    {"returned": 7, "by_others": True},
    {"power_users": True},
    *({"group": name} for name in GROUPS),
    {"group": "gone", "since": date(2026, 2, 20)},
    {"asked": 1},
    {"asked": 20, "topics": ("Budget",)},
    {"unanswered": True},
    {"first_meetings": True},
    {"first_meetings": True, "topics": ("Budget",)},
    {"active_days": 4},
    {"group": "busiest", "departments": ("Sales",)},
    {"type": "document"},
    {"type": "shared_twin", "organizations": ("Acme",)},
)
QUESTIONS = (
    *(Query(MAIN, **filters) for filters in (*FILTERS, *NARROWED)),
    *(Query(period, **filters) for period in PERIODS for filters in FILTERS[:3]),
    Query(MAIN, against=Period(date(2026, 3, 1), date(2026, 3, 4), TODAY)),
)
BOTH: tuple[Slice, ...] = (("Acme", "Sales"), ("Zebra",))
SCOPES: dict[str, tuple[Slice, ...]] = {
    "an organization and a department": BOTH,
    "an organization": (("Acme",),),
    "a department": (("Zebra", "Sales"),),
    "people without organization": ((None,),),
    "departments": (("Acme", None), ("Acme", "R&D")),
    "nobody": (("Nowhere",),),
    "nothing": (),
}


@dataclass
class Kept:
    """A database of these tests, and its index."""

    shelf: Shelf
    searches: dict[int, Search] = field(default_factory=dict)

    def __call__(self, raw: Raw) -> Store:
        """The store of these rows, all of them indexed."""
        store = self.shelf(raw, raw.zone)
        self.searches.setdefault(id(store), Search(store)).update()
        return store


def asking_of(pairs: tuple[Slice, ...]) -> Asking:
    """What is asked under a scope: everything of one; of the others a third each, in turns."""
    n = [*SCOPES.values()].index(pairs)
    questions = QUESTIONS[n % 3 :: 3] if n else QUESTIONS
    return Asking.about(rich(), questions, *("budget", '"budget of zoe"', "plan*"))


@pytest.fixture(scope="module")
def full(new_shelf: Callable[[], Shelf]) -> Store:
    """The rich database."""
    return Kept(new_shelf())(rich())


Answers = dict[str, Any]
Deleted = Callable[[tuple[Slice, ...]], tuple[Answers, Answers]]


@pytest.fixture(scope="module")
def deleted(new_shelf: Callable[[], Shelf]) -> Deleted:
    """What a database without everybody outside a scope tells, and what its tables hold."""
    kept = Kept(new_shelf())
    known: dict[tuple[Slice, ...], tuple[Answers, Answers]] = {}

    def answers(pairs: tuple[Slice, ...]) -> tuple[Answers, Answers]:
        if pairs not in known:
            with reading(kept(of_people(rich(), in_pairs(*pairs)))) as reader:
                known[pairs] = dict(told(reader, asking_of(pairs))), dict(of_tables(reader))
        return known[pairs]

    return answers


def broken(full: Store, deleted: Deleted, pairs: tuple[Slice, ...]) -> str:
    """The first answer under a scope that isn't that of the database without all others."""
    with reading(full, Scope.of(*pairs)) as reader:
        return first_difference(told(reader, asking_of(pairs)), deleted(pairs)[0])


@pytest.mark.parametrize("pairs", SCOPES.values(), ids=SCOPES)
def test_a_scope_answers_as_if_all_others_were_deleted(
    full: Store, deleted: Deleted, pairs: tuple[Slice, ...]
) -> None:
    assert broken(full, deleted, pairs) == ""


@pytest.mark.parametrize("pairs", SCOPES.values(), ids=SCOPES)
def test_every_table_holds_what_the_database_without_others_holds(
    full: Store, deleted: Deleted, pairs: tuple[Slice, ...]
) -> None:
    with reading(full, Scope.of(*pairs)) as reader:
        assert first_difference(of_tables(reader), deleted(pairs)[1]) == ""


def test_nobody_outside_can_be_opened(full: Store) -> None:
    everybody = Query(MAIN)
    with reading(full, Scope.of(("Acme",))) as reader:
        assert person(reader, everybody, "ann") is not None
        assert known.twin_name(reader, "t_ann") == "T_Ann"
        for id_ in ("zoe", "ned", "nobody"):
            assert person(reader, everybody, id_) is None
            assert known.person_name(reader, id_) == ""
        assert known.twin_name(reader, "t_zoe") == ""
        opened = {
            row["id"]: activity(reader, row["id"], NOW) is not None for row in rich().sessions
        }
        assert opened == {id_: id_.endswith(("_ann", "_abe", "_amy")) for id_ in opened}


# --- without a condition the law is broken -----------------------------------------------------

RAW = {
    "users": User, "twins": Twin, "sessions": Conversation, "messages": Message,
    "documents": Document, "queries": Retrieval, "members": Member, "accounts": Account,
    "activities": Activity, "hours": ActivityHour, "drafted": ActivityDocument,
    "user_days": UserDay, "installations": Installation, "loaded": Loaded,
}  # fmt: skip
# They are read with people, conversations or hours only, which have the condition too.
INSIDE = ("accounts", "documents", "queries", "drafted")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_its_condition_is_noticed(
    full: Store, deleted: Deleted, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(Reader, name, property(lambda _: table_of(RAW[name])))
    if name not in INSIDE:
        assert broken(full, deleted, BOTH) != ""
    with reading(full, Scope.of(*BOTH)) as reader:
        assert first_difference(of_tables(reader), deleted(BOTH)[1]).startswith(f"{name}:")


CELLS = (
    Headcount, Daily, Hourly, Listing, Depth, Pair, PowerPair, FeaturePair, Cohort, CohortWeek,
    TopicDay, DocumentTypeDay,
    HabitDays, HabitTier, Volume, Activation,
)  # fmt: skip


@pytest.fixture
def no_statements() -> Iterator[None]:
    """No statement of cells is known before and after."""
    statements = {**vars(cells), **vars(habits)}.values()
    kept = [each for each in statements if hasattr(each, "cache_clear")]
    assert kept
    for each in kept:
        each.cache_clear()
    yield
    for each in kept:
        each.cache_clear()


@pytest.mark.usefixtures("no_statements")
@pytest.mark.parametrize("model", CELLS)
def test_cells_without_their_condition_are_noticed(
    full: Store, deleted: Deleted, monkeypatch: pytest.MonkeyPatch, model: type[SQLModel]
) -> None:
    which = cells.Slices.which

    def of_all(slices: cells.Slices, table: Table, *split: str) -> ColumnElement[bool]:
        return which(slices._replace(scope=None) if table is mutated else slices, table, *split)

    mutated = table_of(model)
    deleted(BOTH)
    monkeypatch.setattr(cells.Slices, "which", of_all)
    assert broken(full, deleted, BOTH) != ""


# --- on databases made to break it -------------------------------------------------------------

Case = tuple[Raw, tuple[Slice, ...], list[Query]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A nasty database, a scope that some of its people are in, and questions."""
    raw = draw(databases())
    pairs = {(row["company"] or None, row["department"] or None) for row in raw.users}
    chosen = draw(st.sets(st.sampled_from(sorted(pairs, key=repr) or [(None, None)]), min_size=1))
    scope = [pair[:1] if draw(st.booleans()) else pair for pair in sorted(chosen, key=repr)]
    asked = draw(st.lists(queries(raw), min_size=2, max_size=2))
    twins = [row["twin_id"] for row in raw.sessions] or ["nothing"]
    topics = [row["topic"] or None for row in raw.sessions] or [None]
    more: list[dict[str, Any]] = [
        {"messages": True},
        {"twin": draw(st.sampled_from(twins))},
        {"topics": (draw(st.sampled_from(topics)),)},
        {"by_others": True},
        {"own_twin": True},
        {"unknown_twin": True},
        {"user": draw(st.sampled_from(("a", "n_", "1")))},
    ]
    narrowed = [replace(query, **draw(st.sampled_from(more))) for query in asked]
    return raw, tuple(scope), list(dict.fromkeys([*asked, *narrowed]))


@pytest.fixture(scope="module")
def two_shelves(new_shelf: Callable[[], Shelf]) -> tuple[Shelf, Shelf]:
    """One for a database, one for what is left of it."""
    return new_shelf(), new_shelf()


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(cases())
def test_a_scope_of_any_database_answers_as_if_all_others_were_deleted(
    two_shelves: tuple[Shelf, Shelf], case: Case
) -> None:
    raw, pairs, questions = case
    assume(any(getattr(raw, table) for table in RAW_TABLES))
    of_all, left = two_shelves
    asking = Asking.about(raw, questions)
    with reading(left(of_people(raw, in_pairs(*pairs)), raw.zone)) as reader:
        answers, tables = dict(told(reader, asking)), dict(of_tables(reader))
    with reading(of_all(raw, raw.zone), Scope.of(*pairs)) as reader:
        assert first_difference(of_tables(reader), tables) == ""
        assert first_difference(told(reader, asking), answers) == ""
