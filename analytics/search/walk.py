"""Which conversations are indexed next, and what they say."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import exists, select, tuple_, union
from sqlmodel import Session

from analytics.models import Conversation, Message, table_of
from analytics.rollups.state import Changed
from analytics.rollups.tables import Activity
from analytics.search.tables import DOCUMENT, State, id_of
from analytics.search.words import BOUNDARY, fold
from analytics.sql.collation import by_code_point
from analytics.sql.stored import is_key, key
from analytics.untrusted import as_text

ACTIVITY, CHANGED = table_of(Activity), table_of(Changed)
SESSION, MESSAGE = table_of(Conversation), table_of(Message)

_AT_ONCE = 2_000  # conversations of a transaction


def next_conversations(session: Session, state: State) -> tuple[list[str], State]:
    """The conversations to look at next, and the state when that is done."""
    a, c = ACTIVITY.c, CHANGED.c
    changed = session.execute(
        select(c.refresh, c.session_id)
        .where(tuple_(c.refresh, c.session_id) > (state.refresh, state.session_id))
        .order_by(c.refresh, c.session_id)
        .limit(_AT_ONCE)
    ).all()
    if changed:
        refresh, id_ = changed[-1]
        return [row.session_id for row in changed], replace(state, refresh=refresh, session_id=id_)
    if state.done:
        return [], state
    if state.at > 0:
        walked = session.execute(
            select(a.started_at, a.session_id)
            .where(tuple_(a.started_at, by_code_point(a.session_id)) < (state.at, state.after))
            .order_by(a.started_at.desc(), by_code_point(a.session_id).desc())
            .limit(_AT_ONCE)
        ).all()
        if not walked:
            return [], replace(state, at=0, after="")
        at, id_ = walked[-1]
        more = state.walked + len(walked)
        return [row.session_id for row in walked], replace(state, at=at, after=id_, walked=more)
    # Those in no list now, because they have no date or no user, and documents of deleted ones.
    listed = exists().where(a.user_id == key(SESSION.c.user_id), a.session_id == key(SESSION.c.id))
    kept = exists().where(SESSION.c.id == DOCUMENT.c.session_id)
    id_ = key(SESSION.c.id)
    unlisted = select(id_.label("id")).where(is_key(SESSION.c.id), ~listed, id_ > state.after)
    deleted = select(DOCUMENT.c.session_id).where(~kept, DOCUMENT.c.session_id > state.after)
    rest = union(unlisted, deleted).subquery()
    ids = list(session.scalars(select(rest.c.id).order_by(rest.c.id).limit(_AT_ONCE)))
    return ids, replace(state, after=ids[-1]) if ids else replace(state, done=1)


def texts_of(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The user and the folded text of each of these conversations that there is."""
    parts: dict[str, list[str]] = {}
    owners: dict[str, str] = {}
    sessions = select(SESSION.c.id, SESSION.c.user_id, SESSION.c.title)
    for held, user, title in session.execute(sessions.where(SESSION.c.id.in_(ids))):
        id_ = id_of(held)
        owners[id_] = as_text(user) or ""
        parts[id_] = [fold(title)]
    messages = select(MESSAGE.c.session_id, MESSAGE.c.content).where(MESSAGE.c.session_id.in_(ids))
    for held, content in session.execute(messages.order_by(MESSAGE.c.session_id, MESSAGE.c.id)):
        if (id_ := id_of(held)) in parts:
            parts[id_].append(fold(content))
    return {id_: (owners[id_], f" {BOUNDARY} ".join(folded)) for id_, folded in parts.items()}
