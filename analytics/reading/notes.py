"""The notes that somebody may see, and those that a question is about."""

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from io import StringIO

from analytics.app.notes import Note
from analytics.query import Names, Query, filter_label, filter_values
from analytics.rollups.tables import ALL, slice_key
from analytics.storage.faults import DatabaseProblem


@dataclass(frozen=True)
class Notes:
    """Notes, the latest first; or the problem for which they can't be read, and none."""

    found: tuple[Note, ...] = ()
    problem: DatabaseProblem | None = None


def seen_notes(
    kept: Callable[[], Iterable[Note]], pairs: frozenset[tuple[str, str]] | None
) -> Notes:
    """The kept notes as somebody with these pairs of a scope sees them; None: everything.

    Numbers don't depend on them: where they can't be read, the problem is told with them.
    """
    try:
        notes = tuple(kept())
    except DatabaseProblem as problem:
        return Notes(problem=problem)
    if pairs is None:
        return Notes(notes)
    return Notes(tuple(filter(None, (_within(note, pairs) for note in notes))))


def _within(note: Note, pairs: frozenset[tuple[str, str]]) -> Note | None:
    """What may be seen of a note: the names within; None where all that it names lie outside."""
    organizations, departments = set[str | None](), set[str | None]()
    for company, part in pairs:
        here = [n for n in note.organizations if slice_key(n) == company]
        there = [n for n in note.departments if part in (ALL, slice_key(n))]
        if (here or not note.organizations) and (there or not note.departments):
            organizations |= {*here}
            departments |= {*there}
    of = [name for name in note.organizations if name in organizations]
    parts = [name for name in note.departments if name in departments]
    if (note.organizations and not of) or (note.departments and not parts):
        return None
    return replace(note, organizations=tuple(of), departments=tuple(parts))


def notes_of(notes: Iterable[Note], query: Query) -> tuple[Note, ...]:
    """The notes whose days overlap the period, of those that the question is about."""
    period = query.period
    return tuple(
        note
        for note in about(notes, query)
        if note.first <= period.end and note.last >= period.start
    )


def about(notes: Iterable[Note], query: Query) -> tuple[Note, ...]:
    """The notes of any day that name nobody, or somebody whom the question asks for."""
    return tuple(
        note
        for note in notes
        if _meet(note.organizations, query.organizations)
        and _meet(note.departments, query.departments)
    )


def _meet(named: Names, asked: Names) -> bool:
    return not named or not asked or not set(named).isdisjoint(asked)


def concerned(note: Note, query: Query) -> Query:
    """The question about those whom one of its notes is about."""
    return replace(
        query,
        organizations=_both(note.organizations, query.organizations),
        departments=_both(note.departments, query.departments),
    )


def _both(named: Names, asked: Names) -> Names:
    if not named or not asked:
        return named or asked
    return tuple(name for name in named if name in asked)


def titles_on(notes: Iterable[Note], day: date, until: date | None = None) -> list[str]:
    """The titles of the notes of a day, or of days up to `until`, the earliest note first."""
    last = until or day
    return [note.title for note in reversed([*notes]) if note.first <= last and day <= note.last]


def written_names(names: Names, none: str) -> str:
    """Names in one text, as filters write them, separated by commas and quoted where need be."""
    return listed(filter_label(name, none) for name in names)


def listed(texts: Iterable[str]) -> str:
    """Several texts in one: separated by commas, and quoted where they hold one."""
    return ", ".join(
        text
        if text == text.strip() and not re.search('[",\r\n]', text)
        else '"' + text.replace('"', '""') + '"'
        for text in texts
    )


def read_names(text: str, none: str) -> Names:
    """The names that `written_names` wrote."""
    rows = csv.reader(StringIO(text, newline=""), skipinitialspace=True)
    return filter_values(next(rows, []), none)
