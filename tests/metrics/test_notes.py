"""Notes with before and after, by hand and by the oracle."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from analytics.app.notes import Note, add_note, delete_note
from analytics.app.store import AppStore, app_store
from analytics.metrics.notes import RESULT, NoteRow, notes, told
from analytics.period import Period
from analytics.query import NO_DEPARTMENT, NO_ORGANIZATION, Query
from analytics.reading.notes import listed, read_names, titles_on, written_names
from analytics.reading.reader import Reader, Scope, reading
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import Store
from tests.conftest import Shelf
from tests.databases import (
    COMPANIES,
    DEPARTMENTS,
    TABLES,
    Raw,
    a_session,
    a_user,
    databases,
    days_of,
    narrowings,
    queries,
)
from tests.deleting import Slice, in_pairs, of_people
from tests.metrics.rows import ask, column
from tests.metrics.test_drill_through import differences
from tests.oracle import Oracle, Row, quotient

EXAMPLES = int(os.environ.get("EXACTNESS_EXAMPLES", "30"))
DAY = timedelta(1)


# --- the oracle -------------------------------------------------------------------------------


def expected(
    oracle: Oracle, query: Query, kept: Iterable[Note] = (), weeks: int = 4
) -> list[dict[str, Any]]:
    """What every row must hold; `kept` are the latest first."""
    about = [
        note
        for note in kept
        if common(note.organizations, query.organizations) != []
        and common(note.departments, query.departments) != []
    ]
    rows = []
    for note in about:
        if any(note.first <= day <= note.last for day in days_between(query.period)):
            rows.append(row_of(oracle, query, note, about, weeks))
    return rows


def days_between(period: Period) -> list[date]:
    return [period.start + n * DAY for n in range(period.days)]


def common(named: Iterable[Any], asked: Iterable[Any]) -> list[Any] | None:
    """The names that are in both; None where one of them names nobody, so that all are left."""
    if not named or not asked:
        return None
    return [name for name in named if name in asked]


def row_of(
    oracle: Oracle, query: Query, note: Note, about: list[Note], weeks: int
) -> dict[str, Any]:
    """One note; its windows are lists of their days, as numbers."""
    first, last = note.first.toordinal(), note.last.toordinal()
    before = [first - n for n in range(weeks * 7, 0, -1)]
    after = [last + n for n in range(1, weeks * 7 + 1)]
    near = {*before, *range(first, last + 1), *after}
    overlaps = [
        other.title
        for other in about
        if other.id != note.id
        and near
        & {*range(other.first.toordinal() - weeks * 7, other.last.toordinal() + weeks * 7 + 1)}
    ]
    row: dict[str, Any] = dict.fromkeys(NoteRow.model_fields)
    row |= {
        "id": note.id, "title": note.title, "first_day": note.first, "last_day": note.last,
        "organizations": written_names(note.organizations, NO_ORGANIZATION),
        "departments": written_names(note.departments, NO_DEPARTMENT),
        "weeks": weeks, "remark": "", "overlaps": listed(overlaps),
    }  # fmt: skip
    begins, today = oracle.first_active_day, query.period.today.toordinal()
    if begins is None:
        return {**row, "remark": "nobody was active yet"}
    if before[0] < begins.toordinal():
        said = f"{begins.day} {begins:%b} {begins.year}"
        return {**row, "remark": f"not compared: the data begin on {said}"}
    if after[-1] >= today:
        if after[-1] >= date.max.toordinal():
            return {**row, "remark": "not compared: the calendar ends before"}
        at = date.fromordinal(after[-1] + 1)
        said = f"can be compared from {at.day} {at:%b} {at.year}"
        return {**row, "remark": said, "comparable_from": at}
    left = oracle.left(query)
    chosen = left.chosen(query)
    theirs = {
        user
        for user in chosen
        if (not note.organizations or (left.users[user]["company"] or None) in note.organizations)
        and (not note.departments or (left.users[user]["department"] or None) in note.departments)
    }
    is_everybody = (
        {*(common(note.organizations, query.organizations) or query.organizations)}
        == {*query.organizations}
        and {*(common(note.departments, query.departments) or query.departments)}
        == {*query.departments}
        and (not note.organizations or bool(query.organizations))
        and (not note.departments or bool(query.departments))
    )
    for when, window in (("before", before), ("after", after)):
        start, end = date.fromordinal(window[0]), date.fromordinal(window[-1])
        row |= {f"{when}_start": start, f"{when}_end": end}
        groups = {"": theirs} if is_everybody else {"": theirs, "other_": chosen - theirs}
        for prefix, people in groups.items():
            active = len(left.active(people, start, end))
            conversations = len(left.happened("sessions", people, start, end))
            row |= {
                f"{prefix}accounts_{when}": accounts(oracle, people, end),
                f"{prefix}active_users_{when}": active,
                f"{prefix}conversations_{when}": conversations,
                f"{prefix}per_person_{when}": quotient(conversations, active),
            }
    return row


def accounts(oracle: Oracle, people: set[str], end: date) -> int:
    """Who had an account on a day, whatever conversations are asked for."""
    count = 0
    for user in people:
        at = oracle.local(oracle.users[user].get("created_at"))
        active = oracle.active_days[user]
        count += at is None or at.date() <= end or any(day <= end for day in active)
    return count


def seen(kept: Iterable[Note], pairs: Iterable[Slice]) -> tuple[Note, ...]:
    """The notes that a scope leaves, pair by pair of those whom it may see."""
    found = []
    for note in kept:
        organizations, departments, is_seen = [], [], not (note.organizations or note.departments)
        for pair in pairs:
            of = [name for name in note.organizations if name == pair[0]]
            parts = [name for name in note.departments if len(pair) == 1 or name == pair[1]]
            if (of or not note.organizations) and (parts or not note.departments):
                is_seen = True
                organizations += of
                departments += parts
        if is_seen:
            found.append(
                replace(
                    note,
                    organizations=tuple(n for n in note.organizations if n in organizations),
                    departments=tuple(n for n in note.departments if n in departments),
                )
            )
    return tuple(found)


# --- any database, any notes ------------------------------------------------------------------

Case = tuple[Raw, tuple[Slice, ...], tuple[Query, ...], tuple[Note, ...], int]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A nasty database whose people have dates, a scope, questions, notes, and their windows."""
    raw = draw(databases())
    moments = [None, "soon", *(f"{day} 23:30:00" for day in days_of(raw))]
    for user in raw.users:
        user["created_at"] = draw(st.sampled_from(moments))
    pairs = {(row["company"] or None, row["department"] or None) for row in raw.users}
    chosen = draw(st.sets(st.sampled_from(sorted(pairs, key=repr) or [(None, None)]), min_size=1))
    scope = [pair[:1] if draw(st.booleans()) else pair for pair in sorted(chosen, key=repr)]
    asked = draw(st.lists(queries(raw), min_size=2, max_size=2))
    questions = tuple(
        replace(query, against=None, period=wide(query.period, draw)) for query in asked
    )
    questions += tuple(replace(query, **draw(narrowings(raw))) for query in questions)
    kept = draw(st.lists(a_note(raw), max_size=4))
    kept.sort(key=lambda note: (note.first, note.last), reverse=True)
    found = tuple(replace(note, id=str(n)) for n, note in enumerate(kept))
    return raw, tuple(scope), questions, found, draw(st.sampled_from((1, 1, 2, 3)))


def wide(period: Period, draw: st.DrawFn) -> Period:
    """Mostly a period that notes may lie in, seen late enough for their windows to be over."""
    if draw(st.sampled_from((True, True, False))):
        weeks = draw(st.sampled_from((1, 3, 6)))
        return replace(period, end=period.end + 40 * DAY, today=period.end + weeks * 7 * DAY)
    return period


@st.composite
def a_note(draw: st.DrawFn, raw: Raw) -> Note:
    """A note near the rows' days, about some of their people or about nobody of them."""

    def names(column: str, others: tuple[Any, ...]) -> tuple[str | None, ...]:
        known = [row[column] or None for row in raw.users]
        some = st.sampled_from([*known, *known, *(one or None for one in others)])
        found = draw(st.sets(some, max_size=3)) if draw(st.booleans()) else set()
        return tuple(sorted(found, key=lambda name: (name is None, name or "")))

    first = draw(st.sampled_from(days_of(raw))) + draw(st.integers(-3, 25)) * DAY
    return Note(
        draw(st.sampled_from(("Rollout", "Training", "=1", 'a, "b"'))),
        first,
        first + draw(st.sampled_from((0, 0, 1, 6, 20))) * DAY,
        names("company", COMPANIES),
        names("department", DEPARTMENTS),
    )


@contextmanager
def noted(store: Store, kept: tuple[Note, ...], scope: Scope | None = None) -> Iterator[Reader]:
    """A Reader of a store where these notes are kept."""
    with store.session() as session:
        yield Reader(session, scope, lambda: kept)


@settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(cases())
def test_notes_of_any_database_equal_the_oracle(store_of: Shelf, case: Case) -> None:
    raw, pairs, questions, kept, weeks = case
    assume(any(getattr(raw, table) for table in TABLES))

    def answers(reader: Reader) -> list[list[Row]]:
        return [[r.model_dump() for r in notes(reader, query, weeks)] for query in questions]

    store = store_of(raw, raw.zone)
    oracle = Oracle(store_of.path, ZoneInfo(raw.zone))
    with noted(store, kept, Scope.of(*pairs)) as reader:
        of_scope = answers(reader)
    with noted(store, kept) as reader:
        assert answers(reader) == [expected(oracle, query, kept, weeks) for query in questions]
        for query in questions:
            for row in notes(reader, query, weeks):
                assert RESULT.leads_to
                led = RESULT.leads_to(row, query)
                assert led.is_empty or differences(reader, led) == []
    # A scope sees what a database without all others would hold.
    left = of_people(raw, in_pairs(*pairs))
    if not any(getattr(left, table) for table in TABLES):
        return
    store_of(left, raw.zone)
    oracle = Oracle(store_of.path, ZoneInfo(raw.zone))
    kept = seen(kept, pairs)
    assert of_scope == [expected(oracle, query, kept, weeks) for query in questions]


# --- by hand ----------------------------------------------------------------------------------

NOTE = Note("Training", date(2026, 3, 16), date(2026, 3, 17), ("Acme",), id="n")
QUERY = ask("2026-03-01", "2026-03-31", "2026-03-26")
TALKS = {
    "ann": ("03-09", "03-15", "03-16", "03-18", "03-24", "03-25"),
    "bob": ("03-08", "03-20"),
    "zoe": ("03-08", "03-10", "03-18"),
}


def training() -> Raw:
    """Acme has Ann and Bob, who came on the 12th; Zoe is of nobody."""
    return Raw(
        users=[
            a_user("ann"),
            a_user("bob", created_at="2026-03-12 10:00:00"),
            a_user("cat", created_at="2026-03-24 23:59:59"),
            a_user("zoe", None, created_at="2026-03-25 00:00:00"),
        ],
        sessions=[
            a_session(f"{name}{day}", name, f"2026-{day} 12:00:00")
            for name, days in TALKS.items()
            for day in days
        ],
    )


def test_the_weeks_around_a_note(store_of: Shelf) -> None:
    with noted(store_of(training()), (NOTE,)) as reader:
        [row] = notes(reader, QUERY, 1)
        assert row.model_dump() == {
            "id": "n", "title": "Training", "first_day": date(2026, 3, 16),
            "last_day": date(2026, 3, 17), "organizations": "Acme", "departments": "",
            "weeks": 1, "before_start": date(2026, 3, 9), "before_end": date(2026, 3, 15),
            "after_start": date(2026, 3, 18), "after_end": date(2026, 3, 24),
            "accounts_before": 2, "accounts_after": 3,
            "active_users_before": 1, "active_users_after": 2,
            "conversations_before": 2, "conversations_after": 3,
            "per_person_before": 2.0, "per_person_after": 1.5,
            "other_accounts_before": 1, "other_accounts_after": 1,
            "other_active_users_before": 1, "other_active_users_after": 1,
            "other_conversations_before": 1, "other_conversations_after": 1,
            "other_per_person_before": 1.0, "other_per_person_after": 1.0,
            "comparable_from": None, "remark": "", "overlaps": "",
        }  # fmt: skip
        assert told(row) == [
            {"Note": "Training", "Days": "16 Mar \u2013 17 Mar 2026", "Who": "Acme",
             "Accounts": "2 → 3", "Active users": "1 → 2", "Conversations": "2 → 3",
             "Per person": "2.0 → 1.5", "Remark": ""},
            {"Note": "", "Days": "", "Who": "Everybody else",
             "Accounts": "1 → 1", "Active users": "1 → 1", "Conversations": "1 → 1",
             "Per person": "1.0 → 1.0", "Remark": ""},
        ]  # fmt: skip


def test_only_complete_windows_are_compared(store_of: Shelf) -> None:
    def said(today: str, weeks: int = 1) -> tuple[Any, ...]:
        [row] = notes(reader, ask("2026-03-01", "2026-03-31", today), weeks)
        return row.remark, row.comparable_from, row.accounts_after

    with noted(store_of(training()), (NOTE,)) as reader:
        assert said("2026-03-25") == ("", None, 3)  # the last day of the window is the 24th
        at = date(2026, 3, 25)
        assert said("2026-03-24") == ("can be compared from 25 Mar 2026", at, None)
        # Weeks before a note begin on the first active day at the earliest, filters ignored.
        assert said("2026-12-01", 2) == ("not compared: the data begin on 8 Mar 2026", None, None)
    early = replace(NOTE, first=date(2026, 3, 15), last=date(2026, 3, 15))
    with noted(store_of(training()), (early,)) as reader:
        assert said("2026-12-01") == ("", None, 2)
    with noted(store_of(training()), (replace(early, first=date(2026, 3, 14)),)) as reader:
        assert said("2026-12-01")[0] == "not compared: the data begin on 8 Mar 2026"
    with noted(store_of(Raw(users=[a_user("ann")])), (NOTE,)) as reader:
        assert said("2026-12-01") == ("nobody was active yet", None, None)


def test_the_ends_of_the_calendar(store_of: Shelf) -> None:
    first, last = (Note("x", day, day, id="x") for day in (date.min, date.max))
    with noted(store_of(training()), (last, first)) as reader:
        [row] = notes(reader, ask("9999-12-31", "9999-12-31", "9999-12-31"), 26)
        assert row.remark == "not compared: the calendar ends before"
        [row] = notes(reader, ask("0001-01-01", "0001-01-01", "9999-12-31"), 26)
        assert row.remark == "not compared: the data begin on 8 Mar 2026"


def test_notes_near_each_other_are_named(store_of: Shelf) -> None:
    def on(day: date, title: str) -> Note:
        return Note(title, day, day, id=title)

    near, far = on(NOTE.last + 14 * DAY, "a, b"), on(NOTE.last + 15 * DAY, "far")
    other = replace(on(NOTE.last, "Beta's"), organizations=("Beta",))
    kept = far, near, NOTE, other
    with noted(store_of(training()), kept) as reader:
        rows = notes(reader, QUERY, 1)
        assert column(rows, "title", "overlaps") == [
            ("a, b", "far, Training, Beta's"), ("Training", '"a, b", Beta\'s'),
            ("Beta's", '"a, b", Training'),
        ]  # fmt: skip
        assert told(rows[1])[0]["Remark"] == 'overlaps with "a, b", Beta\'s'
        # Whom nobody asks for, nothing is said of.
        asked = replace(QUERY, organizations=("Acme",))
        assert column(notes(reader, asked, 1), "title", "overlaps") == [
            ("a, b", "far, Training"), ("Training", '"a, b"'),
        ]  # fmt: skip


def test_a_scope_sees_the_names_within(store_of: Shelf) -> None:
    store = store_of(training())
    named = {
        "all": ((), ()), "two": (("Acme", "Beta"), ()), "other": (("Beta",), ()),
        "parts": ((), ("HR", "Sales")), "both": (("Acme", "Beta"), ("HR", "Sales")),
        "neither": (("Beta",), ("Sales",)),
    }  # fmt: skip
    kept = tuple(Note(t, NOTE.first, NOTE.last, *names, t) for t, names in named.items())

    def seen_by(*pairs: Slice) -> list[Any]:
        with noted(store, kept, Scope.of(*pairs)) as reader:
            found = reader.notes.found
            rows = notes(reader, QUERY)
            assert [note.title for note in found] == column(rows, "title")
            return column(rows, "title", "organizations", "departments")

    nobodys = ("all", "", "")
    assert seen_by() == [nobodys]
    assert seen_by(("Acme",)) == [
        nobodys, ("two", "Acme", ""), ("parts", "", "HR, Sales"), ("both", "Acme", "HR, Sales"),
    ]  # fmt: skip
    assert seen_by(("Acme", "HR"), ("Gamma", "Sales")) == [
        nobodys, ("two", "Acme", ""), ("parts", "", "HR, Sales"), ("both", "Acme", "HR"),
    ]  # fmt: skip
    assert seen_by(("Acme", "IT")) == [nobodys, ("two", "Acme", "")]


@given(st.lists(st.sampled_from((None, *COMPANIES, "a, b", "a\nb", '"', " x ", "No organization"))))
def test_names_in_one_text_can_be_read_again(names: list[str | None]) -> None:
    kept = tuple(sorted({n or None for n in names}, key=lambda name: (name is None, name or "")))
    assert read_names(written_names(kept, NO_ORGANIZATION), NO_ORGANIZATION) == kept


def test_the_titles_of_a_day() -> None:
    later = Note("Later", date(2026, 3, 17), date(2026, 3, 18))
    assert titles_on((later, NOTE), date(2026, 3, 17)) == ["Training", "Later"]
    assert titles_on((later, NOTE), date(2026, 3, 15)) == []


def test_what_is_kept_beside_the_database_is_read(store_of: Shelf) -> None:
    store = store_of(training())
    app = app_store(store.settings)
    kept = add_note(app, NOTE)
    with reading(store) as reader:
        assert reader.notes.found == (kept,)
        assert column(notes(reader, QUERY), "title") == ["Training"]
        delete_note(app, kept.id)
        assert reader.notes.found == (kept,)  # read once
    with reading(store) as reader:
        assert notes(reader, QUERY) == []


def test_what_cant_be_read_is_said_and_takes_nothing_else_down(
    store_of: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: AppStore) -> tuple[Note, ...]:
        raise DatabaseProblem("The saved views and notes are damaged", "there", "Restore it.")

    store = store_of(training())
    monkeypatch.setattr("analytics.reading.reader.all_notes", broken)
    with reading(store) as reader:
        assert reader.notes.found == ()
        assert reader.notes.problem
        with pytest.raises(DatabaseProblem, match="are damaged"):
            notes(reader, QUERY)
