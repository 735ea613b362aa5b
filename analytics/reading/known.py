"""What there is, whatever is asked: the days with data, the zone, and how all is called.

All of it within the reader's scope.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select

from analytics.models import table_of
from analytics.period import Span
from analytics.reading.cells import BY_NAME, DAILY, HEADCOUNT
from analytics.reading.reader import Reader
from analytics.reading.slices import Slices
from analytics.rollups.state import Build
from analytics.rollups.tables import Source, slice_name
from analytics.sql.collation import by_code_point, contains_caseless
from analytics.sql.stored import is_key


def span(reader: Reader, today: date) -> Span:
    """The days with a conversation, message, document or query up to today, filters ignored."""
    d = DAILY.c
    some = d.conversations + d.messages + d.documents + d.queries > 0
    up_to = and_(Slices(reader.scope).which(DAILY), some, d.day <= today.toordinal())
    first, last = reader.execute(select(func.min(d.day), func.max(d.day)).where(up_to)).one()
    before = reader.scalar(select(func.max(d.day)).where(up_to, d.day < today.toordinal()))
    return Span(*(date.fromordinal(day) if day else None for day in (first, last, before)))


def extent(reader: Reader) -> list[date]:
    """The first and the last day that any number is of, however far away; empty without data."""
    days = select(func.min(DAILY.c.day), func.max(DAILY.c.day))
    found = reader.execute(days.where(Slices(reader.scope).which(DAILY))).one()
    return [date.fromordinal(day) for day in found if day]


def zone_name(reader: Reader) -> str:
    """The reporting time zone that the days and hours were built in."""
    return str(reader.execute(select(table_of(Build).c.zone)).scalar_one())


def data_version(reader: Reader) -> str:
    """The version of the rollups: another one may hold other numbers."""
    return str(reader.execute(select(table_of(Build).c.version)).scalar_one())


def loaded_rows(reader: Reader) -> dict[str, tuple[int, ...]]:
    """Rows of each raw table, and how many are undated, orphaned and unreadable."""
    of: Any = table_of(Source).c
    counts = select(of.table, of.rows, of.undated, of.orphaned, of.unreadable)
    if reader.scope is not None:
        of = reader.loaded.c
        sums = (func.sum(of[name]) for name in ("rows", "undated", "orphaned", "unreadable"))
        counts = select(of.table, *sums).group_by(of.table)
    return {table: tuple(map(int, numbers)) for table, *numbers in reader.execute(counts)}


def organization_names(reader: Reader) -> list[str | None]:
    """Every organization that has a user, by name; None last if a user has none."""
    return _names(reader, "company")


def department_names(reader: Reader) -> list[str | None]:
    """Every department that has a user, by name; None last if a user has none."""
    return _names(reader, "department")


def _names(reader: Reader, column: str) -> list[str | None]:
    keys = HEADCOUNT.c[column]
    which = Slices(reader.scope).which(HEADCOUNT, column)
    names = {slice_name(key) for key in reader.scalars(select(keys).where(which))}
    return sorted(names, key=by_name)


def topic_names(reader: Reader) -> list[str | None]:
    """Every topic of a dated conversation, by name; None last if one has none."""
    topics, _ = BY_NAME["topic"]
    which = Slices(reader.scope).which(topics)
    keys = reader.scalars(select(topics.c.topic).distinct().where(which))
    return sorted(map(slice_name, keys), key=by_name)


class NamedTwin(NamedTuple):
    """A twin, and the e-mail of its owner ("" where nobody knows it)."""

    id: str
    name: str
    owner: str


def twins_called(reader: Reader, text: str, limit: int) -> list[NamedTwin]:
    """The twins that a text means: the one of this id, else those of exactly this name, else those
    whose name holds it, whatever its case, the shortest names first."""
    t, users = reader.twins.c, reader.users.c
    known = (
        select(t.id, t.name, users.email)
        .select_from(reader.twins.outerjoin(reader.users, users.id == t.user_id))
        .where(is_key(t.id))
        .order_by(func.length(t.name), by_code_point(t.name), by_code_point(t.id))
    )
    ways: tuple[ColumnElement[bool], ...] = (
        t.id == text, t.name == text, contains_caseless(t.name, text),
    )  # fmt: skip
    for which in ways:
        if found := reader.execute(known.where(which).limit(limit)).all():
            return [NamedTwin(id_, name or "", owner or "") for id_, name, owner in found]
    return []


def by_name(name: str | None) -> tuple[bool, str]:
    """Sort key for names: by code point, none last."""
    return name is None, name or ""


def person_name(reader: Reader, id_: str) -> str:
    """What a person is called; "" where there is none."""
    users = reader.users.c
    return _called(reader, users.full_name, users.id, id_)


def twin_name(reader: Reader, id_: str) -> str:
    """What a twin is called; "" where there is none."""
    twins = reader.twins.c
    return _called(reader, twins.name, twins.id, id_)


@dataclass(frozen=True)
class Called:
    """How people and twins are called, as a reader has them."""

    reader: Reader

    def person(self, id_: str) -> str:
        """The name of a person; "" where there is none."""
        return person_name(self.reader, id_)

    def twin(self, id_: str) -> str:
        """The name of a twin; "" where there is none."""
        return twin_name(self.reader, id_)


def _called(reader: Reader, name: object, column: object, id_: str) -> str:
    found = reader.execute(select(name).where(column == id_)).one_or_none()  # type: ignore[call-overload]
    return (str(found[0]) or "No name") if found else ""
