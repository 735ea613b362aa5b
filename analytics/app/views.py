"""Saved views: a page's address under a name, shared by everybody who reaches the dashboard.

A view keeps the page and every parameter of its address. Saved on a preset ("Last 30 days") it
keeps the preset in place of the dates, so that it moves with the calendar.
"""

import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col

from analytics.app.names import clean_name
from analytics.app.store import AppStore
from analytics.errors import QueryError
from analytics.sql.timestamps import to_instant

MAX_PARAMETERS = 8_000


class SavedView(SQLModel, table=True):
    """A named view.

    `page` is the page's path ("" for the Overview), `preset` the period that moves with the
    calendar or None for fixed dates, `parameters` the rest of the address as a query string,
    `saved_at` an instant.
    """

    __tablename__ = "saved_views"
    __table_args__ = ({"schema": "app"},)

    id: str = Field(primary_key=True)
    name: str
    name_key: str = Field(unique=True)  # names are compared without regard to case
    page: str
    preset: str | None = None
    parameters: str
    saved_at: int = Field(sa_type=BigInteger)


def saved_views(app: AppStore) -> Sequence[SavedView]:
    """All views by name. Raises DatabaseProblem."""
    with app.reading() as session:
        if session is None:
            return []
        return session.scalars(select(SavedView).order_by(col(SavedView.name_key))).all()


def saved_view(app: AppStore, view_id: str) -> SavedView | None:
    """The view with this id, if there is one. Raises DatabaseProblem."""
    with app.reading() as session:
        if session is None or "\0" in view_id:  # PostgreSQL refuses to be asked for that
            return None
        return session.get(SavedView, view_id)


def save_view(  # noqa: PLR0913 - the fields of a view
    app: AppStore, name: str, *, page: str, preset: str | None, parameters: str, now: datetime
) -> SavedView:
    """Keep a view under a name that no other one has.

    Raises QueryError for the name or an address that is too long, and DatabaseProblem.
    """
    if len(parameters) > MAX_PARAMETERS:
        raise QueryError(
            "view",
            f"{len(parameters):,} characters",
            f"its filters are too long to be kept; choose fewer (up to {MAX_PARAMETERS:,})",
        )
    name = clean_name(name)
    view = SavedView(
        id=secrets.token_urlsafe(9),
        name=name,
        name_key=_key(name),
        page=page,
        preset=preset,
        parameters=parameters,
        saved_at=to_instant(now),
    )
    restore_view(app, view)
    return view


def restore_view(app: AppStore, view: SavedView) -> None:
    """Put a deleted view back; links to it work again. Raises as `save_view` does."""
    with app.writing() as session:
        session.add(SavedView(**view.model_dump()))
        _flush(session, view.name)


def rename_view(app: AppStore, view_id: str, name: str) -> None:
    """Give a view another name; links to it stay. Raises as `save_view` does."""
    name = clean_name(name)
    with app.writing() as session:
        try:
            session.execute(
                update(SavedView)
                .where(col(SavedView.id) == view_id)
                .values(name=name, name_key=_key(name))
            )
        except IntegrityError:
            raise _taken(name) from None


def delete_view(app: AppStore, view_id: str) -> SavedView | None:
    """Take a view away; what it was, for `restore_view`. Raises DatabaseProblem."""
    with app.writing() as session:
        view = session.get(SavedView, view_id)
        if view is None:
            return None
        kept = SavedView(**view.model_dump())
        session.delete(view)
        return kept


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _flush(session: Session, name: str) -> None:
    try:
        session.flush()
    except IntegrityError:
        raise _taken(name) from None


def _taken(name: str) -> QueryError:
    return QueryError("name", name, "another view has this name; choose a different one")
