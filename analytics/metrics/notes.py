"""Notes, and what was before and after them."""

import datetime
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from analytics.app.notes import Note
from analytics.arithmetic import average
from analytics.fields import Meaning, Ratio, Row
from analytics.format import day, days, number
from analytics.metrics.result import Choice, Drawing, DrillThrough, Result, Told
from analytics.period import Period
from analytics.query import NO_DEPARTMENT, NO_ORGANIZATION, Query
from analytics.reading.cells import first_active
from analytics.reading.figures import accounts_until, totals
from analytics.reading.notes import about, concerned, listed, notes_of, read_names, written_names
from analytics.reading.reader import Reader

WEEKS = 4
MAX_WEEKS = 26
_WEEK = 7


def _count(label: str, description: str) -> Meaning:
    return Meaning(label, description, total="distinct")


def _a_person(label: str, description: str, prefix: str, when: str) -> Meaning:
    total = Ratio(f"{prefix}conversations_{when}", f"{prefix}active_users_{when}")
    return Meaning(label, description, total=total)


class Beside(Row):
    """The same figures of everybody else whom the question asks for."""

    other_accounts_before: Annotated[
        int | None, _count("Accounts before, others", "Accounts of everybody else.")
    ]
    other_accounts_after: Annotated[
        int | None, _count("Accounts after, others", "Accounts of everybody else.")
    ]
    other_active_users_before: Annotated[
        int | None, _count("Active users before, others", "Active users among everybody else.")
    ]
    other_active_users_after: Annotated[
        int | None, _count("Active users after, others", "Active users among everybody else.")
    ]
    other_conversations_before: Annotated[
        int | None, Meaning("Conversations before, others", "Conversations of everybody else.")
    ]
    other_conversations_after: Annotated[
        int | None, Meaning("Conversations after, others", "Conversations of everybody else.")
    ]
    other_per_person_before: Annotated[
        float | None,
        _a_person("Per person before, others", "Conversations / active users.", "other_", "before"),
    ]
    other_per_person_after: Annotated[
        float | None,
        _a_person("Per person after, others", "Conversations / active users.", "other_", "after"),
    ]
    comparable_from: Annotated[
        datetime.date | None,
        Meaning(
            "Comparable from",
            "The first day on which both windows are over; none where they are, or where the data"
            " begin too late.",
        ),
    ]
    remark: Annotated[str, Meaning("Remark", 'Why nothing is compared; "" where something is.')]
    overlaps: Annotated[
        str,
        Meaning(
            "Overlaps",
            "The titles of other notes whose days or windows overlap with this one's, separated by"
            " commas.",
        ),
    ]


class Windows(Row):
    """The figures of those whom a note is about, in the weeks before and after it."""

    weeks: Annotated[int, Meaning("Weeks", "Length of each window.", unit="weeks")]
    before_start: Annotated[
        datetime.date | None, Meaning("Before from", "First day of the window before the note.")
    ]
    before_end: Annotated[
        datetime.date | None, Meaning("Before to", "Last day of the window before the note.")
    ]
    after_start: Annotated[
        datetime.date | None, Meaning("After from", "First day of the window after the note.")
    ]
    after_end: Annotated[
        datetime.date | None, Meaning("After to", "Last day of the window after the note.")
    ]
    accounts_before: Annotated[
        int | None,
        _count("Accounts before", "Accounts of those concerned at the end of the window before."),
    ]
    accounts_after: Annotated[
        int | None,
        _count("Accounts after", "Accounts of those concerned at the end of the window after."),
    ]
    active_users_before: Annotated[
        int | None,
        _count("Active users before", "Those concerned who were active in the window before."),
    ]
    active_users_after: Annotated[
        int | None,
        _count("Active users after", "Those concerned who were active in the window after."),
    ]
    conversations_before: Annotated[
        int | None, Meaning("Conversations before", "Their conversations in the window before.")
    ]
    conversations_after: Annotated[
        int | None, Meaning("Conversations after", "Their conversations in the window after.")
    ]
    per_person_before: Annotated[
        float | None,
        _a_person("Per person before", "Conversations / active users; none without.", "", "before"),
    ]
    per_person_after: Annotated[
        float | None,
        _a_person("Per person after", "Conversations / active users; none without.", "", "after"),
    ]


class Noted(Row):
    """A note: its title, its days, and whom it names."""

    id: Annotated[str, Meaning("Id", "The note's own.", is_hidden=True)]
    title: Annotated[str, Meaning("Note", "What happened.")]
    first_day: Annotated[datetime.date, Meaning("From", "The note's first day.")]
    last_day: Annotated[datetime.date, Meaning("To", "The note's last day.")]
    organizations: Annotated[
        str,
        Meaning(
            "Organizations",
            'The organizations that it names, as filters write them, separated by commas; "": all.',
        ),
    ]
    departments: Annotated[
        str, Meaning("Departments", 'The departments that it names, written alike; "": all.')
    ]


# Pydantic puts the fields of the last base first.
class NoteRow(Beside, Windows, Noted):
    """A note with the figures of the weeks before and after it; none where they aren't compared."""


class _Figures(NamedTuple):
    """What a window is compared by."""

    accounts: int
    active_users: int
    conversations: int


def notes(reader: Reader, query: Query, weeks: int = WEEKS) -> list[NoteRow]:
    """Notes whose days overlap the period, the latest first, with the weeks before and after them.

    Compared are whole weeks (4 unless chosen) directly before a note's first day and as many
    directly after its last; the days between are left out. Accounts are those at the end of a
    window, active users are counted once in it, conversations per person are conversations /
    active users. Beside those whom the note concerns stands everybody else, where there is anybody:
    without that, what changed for all alike would look like the note's doing. Only windows that are
    over and don't begin before the first active day are compared. Filters by organization and
    department leave out notes that name only others. These are sums, never causes.
    """
    if reader.notes.problem:
        raise reader.notes.problem
    began = first_active(reader)
    related = about(reader.notes.found, query)
    return [
        _row(reader, query, note, weeks, began, _overlapping(note, related, weeks))
        for note in notes_of(related, query)
    ]


def _row(  # noqa: PLR0913, PLR0917 - a note, and what was asked of it
    reader: Reader, query: Query, note: Note, weeks: int, began: int | None, overlaps: list[str]
) -> NoteRow:
    remark, comparable_from = _why_not(note, weeks, began, query.period.today)
    given: dict[str, Any] = dict.fromkeys(NoteRow.model_fields)
    given |= {
        "id": note.id,
        "title": note.title,
        "first_day": note.first,
        "last_day": note.last,
        "organizations": written_names(note.organizations, NO_ORGANIZATION),
        "departments": written_names(note.departments, NO_DEPARTMENT),
        "weeks": weeks,
        "comparable_from": comparable_from,
        "remark": remark,
        "overlaps": listed(overlaps),
    }
    if remark:
        return NoteRow(**given)
    theirs = concerned(note, query)
    windows = _windows(note, weeks, query.period.today)
    for when, window in windows.items():
        given |= {f"{when}_start": window.start, f"{when}_end": window.end}
        own = _figures(reader, replace(theirs, period=window, against=None))
        given |= _named(own, "", when)
        if theirs != query:  # else there is nobody else
            # Everybody has one organization and one department: distinct people subtract.
            every = _figures(reader, replace(query, period=window, against=None))
            others = _Figures(*(a - b for a, b in zip(every, own, strict=True)))
            given |= _named(others, "other_", when)
    return NoteRow(**given)


def _named(found: _Figures, prefix: str, when: str) -> dict[str, Any]:
    made = {f"{prefix}{name}_{when}": value for name, value in found._asdict().items()}
    a_person = average(found.conversations, found.active_users)
    return {**made, f"{prefix}per_person_{when}": a_person}


def _figures(reader: Reader, query: Query) -> _Figures:
    def find() -> _Figures:
        found = totals(reader, query, until="conversations")
        return _Figures(accounts_until(reader, query), found.active_users, found.conversations)

    return reader.staged(("notes", query), find)  # notes share windows


def _windows(note: Note, weeks: int, today: datetime.date) -> dict[str, Period]:
    """The days before and after a note."""
    one, length = datetime.timedelta(1), datetime.timedelta(weeks * _WEEK)
    return {
        "before": Period(note.first - length, note.first - one, today),
        "after": Period(note.last + one, note.last + length, today),
    }


def _why_not(
    note: Note, weeks: int, began: int | None, today: datetime.date
) -> tuple[str, datetime.date | None]:
    """Why a note isn't compared, and the day from which it can be; nothing where it is."""
    length = weeks * _WEEK
    if began is None:
        return "nobody was active yet", None
    if note.first.toordinal() - length < began:
        return f"not compared: the data begin on {day(datetime.date.fromordinal(began))}", None
    over = note.last.toordinal() + length + 1
    if over <= today.toordinal():
        return "", None
    if over > datetime.date.max.toordinal():
        return "not compared: the calendar ends before", None
    at = datetime.date.fromordinal(over)
    return f"can be compared from {day(at)}", at


def _overlapping(note: Note, others: tuple[Note, ...], weeks: int) -> list[str]:
    """The titles of the other notes whose days or windows overlap with a note's."""
    both = 2 * weeks * _WEEK  # a window each
    return [
        other.title
        for other in others
        if other.id != note.id
        and (other.first - note.last).days <= both
        and (note.first - other.last).days <= both
    ]


# --- for people -------------------------------------------------------------------------------

_SHOWN = {
    "Accounts": "accounts",
    "Active users": "active_users",
    "Conversations": "conversations",
    "Per person": "per_person",
}


def figures(row: NoteRow) -> list[tuple[str, list[str], list[str]]]:
    """What each figure is called, before and after, for those concerned and everybody else."""

    def both(name: str) -> list[str]:
        return [number(getattr(row, f"{name}_{when}")) for when in ("before", "after")]

    return [(label, both(name), both(f"other_{name}")) for label, name in _SHOWN.items()]


def told(row: NoteRow) -> Told:
    """Two lines: those whom a note concerns, and everybody else."""
    of = [name for name in (row.organizations, row.departments) if name]
    overlaps = row.overlaps and f"overlaps with {row.overlaps}"
    first = {
        "Note": row.title,
        "Days": days(Period(row.first_day, row.last_day, row.last_day)),
        "Who": " · ".join(of) or "Everybody",
    }
    remark = {"Remark": "; ".join(filter(None, (row.remark, overlaps)))}
    if row.remark:
        return [{**first, **dict.fromkeys(_SHOWN, ""), **remark}]
    own = {label: " → ".join(texts) for label, texts, _ in figures(row)}
    lines = [{**first, **own, **remark}]
    if row.other_accounts_after is not None:
        others = {label: " → ".join(texts) for label, _, texts in figures(row)}
        lines.append({"Note": "", "Days": "", "Who": "Everybody else", **others, "Remark": ""})
    return lines


def _leads_to(row: Any, query: Query) -> DrillThrough:
    of = read_names(row.organizations, NO_ORGANIZATION)
    parts = read_names(row.departments, NO_DEPARTMENT)
    note = Note(row.title, row.first_day, row.last_day, of, parts)
    theirs = replace(concerned(note, query), against=None)
    if row.remark:
        return DrillThrough(row.title, {"people": 0}, theirs, (row.id,))
    after = _windows(note, row.weeks, query.period.today)["after"]
    return DrillThrough(
        row.title, {"people": row.active_users_after}, replace(theirs, period=after), (row.id,)
    )


RESULT = Result(
    "notes",
    "Before and after",
    "notes",
    notes,
    Drawing("table"),
    empty="No note overlaps this period.",
    leads_to=_leads_to,
    told=told,
    choice=Choice(
        "weeks", "Whole weeks before and after a note that are compared.", MAX_WEEKS, WEEKS
    ),
    reads_notes=True,
)
