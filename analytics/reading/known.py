"""What the whole database has: its days, its zone, its organizations and departments."""

from datetime import date

from sqlalchemy import (
    and_,
    func,
    select,
)
from sqlmodel import Session

from analytics.models import table_of
from analytics.query import Filters, Span
from analytics.reading.cells import _slice_keys, in_slices
from analytics.rollups.state import Build
from analytics.rollups.tables import Daily, slice_name

DAILY = table_of(Daily)


def span(session: Session, today: date) -> Span:
    """The days with a conversation, message, document or query up to today, filters ignored."""
    d = DAILY.c
    some = d.conversations + d.messages + d.documents + d.queries > 0
    up_to = and_(in_slices(DAILY, Filters()), some, d.day <= today.toordinal())
    first, last = session.execute(select(func.min(d.day), func.max(d.day)).where(up_to)).one()
    before = session.scalar(select(func.max(d.day)).where(up_to, d.day < today.toordinal()))
    return Span(*(date.fromordinal(day) if day else None for day in (first, last, before)))


def extent(session: Session) -> list[date]:
    """The first and the last day that any number is of, however far away; empty without data."""
    days = select(func.min(DAILY.c.day), func.max(DAILY.c.day)).where(in_slices(DAILY, Filters()))
    return [date.fromordinal(day) for day in session.execute(days).one() if day]


def zone_name(session: Session) -> str:
    """The reporting time zone that the days and hours were built in."""
    return str(session.execute(select(table_of(Build).c.zone)).scalar_one())


def organization_names(session: Session) -> list[str | None]:
    """Every organization that has a user, by name; None last if a user has none."""
    return _names(session, "company")


def department_names(session: Session) -> list[str | None]:
    """Every department that has a user, by name; None last if a user has none."""
    return _names(session, "department")


def _names(session: Session, column: str) -> list[str | None]:
    names = [slice_name(key) for key in session.scalars(_slice_keys(column))]
    return sorted(names, key=by_name)


def by_name(name: str | None) -> tuple[bool, str]:
    """Sort key for names: by code point, none last."""
    return name is None, name or ""
