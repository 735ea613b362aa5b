"""Notes: what happened on some days (a rollout, a training), shared by everybody as views are."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import Field, SQLModel, col

from analytics.app.names import clean_name
from analytics.app.store import AppStore
from analytics.errors import QueryError
from analytics.period import MAX_DAYS

MAX_NAMES = 100
Names = tuple[str | None, ...]


@dataclass(frozen=True)
class Note:
    """A title for the local days `first … last`, both included.

    It is about people of any of `organizations` and `departments` (None: without one), about
    everybody where none are named. `id` is "" until it is kept.
    """

    title: str
    first: date
    last: date
    organizations: Names = ()
    departments: Names = ()
    id: str = ""


class KeptNote(SQLModel, table=True):
    """A note as it is stored; names as JSON in ASCII, which every database's encoding has."""

    __tablename__ = "notes"
    __table_args__ = ({"schema": "app"},)

    id: str = Field(primary_key=True)
    title: str
    first_day: date
    last_day: date
    organizations: str
    departments: str


def all_notes(app: AppStore) -> tuple[Note, ...]:
    """Every note, the latest first. Raises DatabaseProblem."""
    with app.reading() as session:
        if session is None:
            return ()
        c = KeptNote
        latest = col(c.first_day).desc(), col(c.last_day).desc(), col(c.id)
        try:
            return tuple(map(_note, session.scalars(select(c).order_by(*latest))))
        except (ValueError, TypeError):  # a day or names that can't be read
            raise app.damaged from None


def add_note(app: AppStore, note: Note) -> Note:
    """Keep a note; it gets an id. Raises QueryError for what can't be kept, and DatabaseProblem."""
    kept = replace(checked(note), id=secrets.token_urlsafe(9))
    restore_note(app, kept)
    return kept


def restore_note(app: AppStore, note: Note) -> None:
    """Put a deleted note back as it was; one that is there stays. Raises DatabaseProblem."""
    with app.writing() as session:
        if session.get(KeptNote, note.id) is None:
            session.add(KeptNote(**_columns(note)))


def change_note(app: AppStore, note: Note) -> bool:
    """Write a note anew; whether it was still there. Raises as `add_note` does."""
    note = checked(note)
    with app.writing() as session:
        changed = session.execute(
            update(KeptNote).where(col(KeptNote.id) == note.id).values(_columns(note))
        )
        return bool(changed.rowcount)  # type: ignore[attr-defined]


def delete_note(app: AppStore, note_id: str) -> Note | None:
    """Take a note away; what it was, for `restore_note`. Raises DatabaseProblem."""
    with app.writing() as session:
        kept = session.get(KeptNote, note_id)
        if kept is None:
            return None
        session.execute(delete(KeptNote).where(col(KeptNote.id) == note_id))
        return _note(kept)


def checked(note: Note) -> Note:
    """The note as it is kept: its title on one line, names sorted and once.

    Raises QueryError that names the field.
    """
    title = clean_name(note.title, "title", "give the note a title")
    if note.last < note.first:
        raise QueryError(
            "last_day", note.last, f"the note ends before it begins ({note.first}); swap them"
        )
    days = (note.last - note.first).days + 1
    if days > MAX_DAYS:
        raise QueryError(
            "first_day", note.first, f"the note has {days:,} days; choose at most {MAX_DAYS:,}"
        )
    return replace(
        note,
        title=title,
        organizations=_names("organizations", note.organizations),
        departments=_names("departments", note.departments),
    )


def _names(field: str, names: Iterable[str | None]) -> Names:
    found = sorted(set(names), key=lambda name: (name is None, name or ""))
    if len(found) > MAX_NAMES:
        raise QueryError(
            field, f"{len(found):,} names", f"choose at most {MAX_NAMES}, or none for everybody"
        )
    return tuple(found)


def _columns(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "title": note.title,
        "first_day": note.first,
        "last_day": note.last,
        "organizations": json.dumps(note.organizations),
        "departments": json.dumps(note.departments),
    }


def _note(kept: KeptNote) -> Note:
    return Note(
        title=kept.title,
        first=kept.first_day,
        last=kept.last_day,
        organizations=tuple(json.loads(kept.organizations)),
        departments=tuple(json.loads(kept.departments)),
        id=kept.id,
    )
