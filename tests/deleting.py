"""Databases from which rows were deleted, and a rich one to delete from.

What is answered under a scope or a filter must equal what these answer unasked.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.databases import Raw, Row, a_document, a_message, a_query, a_session, a_twin, a_user

Slice = tuple[str | None] | tuple[str | None, str | None]
Stays = Callable[[Row], bool]


def in_pairs(*pairs: Slice) -> Stays:
    """The people of these organizations, each whole or one of its departments."""

    def stays(row: Row) -> bool:
        slices = row["company"] or None, row["department"] or None
        return slices in pairs or slices[:1] in pairs

    return stays


def of_people(raw: Raw, stays: Stays) -> Raw:
    """Only these people, and their twins and conversations with all in them."""
    users = [row for row in raw.users if stays(row)]
    ids = {row["id"] for row in users}
    twins = [row for row in raw.twins if row["user_id"] in ids]
    return of_conversations(
        replace(raw, users=users, twins=twins), lambda row: row["user_id"] in ids
    )


def of_people_and_used(raw: Raw, stays: Stays) -> Raw:
    """The same, and the twins of others that these people used, with their owners: a filter takes
    nothing away of what it tells about somebody's twin."""
    left = of_people(raw, stays)
    theirs = {row["id"] for row in left.users}
    used = {row["twin_id"] for row in left.sessions}
    twins = [row for row in raw.twins if row["user_id"] in theirs or row["id"] in used]
    owners = theirs | {row["user_id"] for row in twins}
    return replace(left, users=[row for row in raw.users if row["id"] in owners], twins=twins)


def of_conversations(raw: Raw, stays: Stays) -> Raw:
    """Only these conversations with all in them; people and twins stay."""
    sessions = [row for row in raw.sessions if stays(row)]
    ids = {row["id"] for row in sessions}

    def within(rows: list[Row]) -> list[Row]:
        return [row for row in rows if row["session_id"] in ids]

    return replace(
        raw,
        sessions=sessions,
        messages=within(raw.messages),
        documents=within(raw.documents),
        queries=within(raw.queries),
    )


# --- a rich database ---------------------------------------------------------------------------

PEOPLE = (
    a_user("ann", "Acme", department="Sales", created_at="2026-02-16 10:00:00"),
    a_user("abe", "Acme", department="R&D", created_at="2026-02-27 10:00:00"),
    a_user("amy", "Acme", created_at="2026-03-20 10:00:00"),  # after her first use
    a_user("ida", "Acme", department="Sales", created_at="2026-03-12 10:00:00"),  # never active
    a_user("zoe", "Zebra", department="Sales", created_at="2026-03-02 10:00:00"),
    a_user("zac", "Zebra", department="", created_at="2026-02-23 10:00:00"),
    a_user("zed", "Zebra", department="Sales", created_at="2026-03-25 10:00:00"),  # never active
    a_user("ned", None),
    a_user("nan", "", department="Sales", created_at="2026-02-01 10:00:00"),
)
# Days between somebody's conversations: some are active often enough to be power users.
PACE = {"ann": 2, "abe": 9, "amy": 5, "zoe": 2, "zac": 7, "ned": 2, "nan": 4}
TWINS = ("t_ann", "t_zoe", "t_abe", "t_ned", "t_ghost", "t_zac", "gone")
TOPICS = ("Budget", None, "Travel", "", "Budget", "=")
KINDS = ("report", None, "memo", "")
FIRST = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
DAYS = 40


def at(moment: datetime) -> str:
    """A moment as SQLite has it."""
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def rich() -> Raw:
    """Three organizations, one of them nameless, with departments; everybody uses everybody's
    twins. In each: undated conversations with dated messages, and rows without a date; beside
    them rows whose person or conversation is missing."""
    raw = Raw(users=[dict(row) for row in PEOPLE], zone="Europe/Berlin")
    for n, owner in enumerate(("ann", "zoe", "abe", "ned", "ghost", "zac")):
        raw.twins.append(a_twin(f"t_{owner}", owner, at(FIRST + timedelta(3 * n)), is_shared=n % 2))
    raw.twins += [a_twin(f"t_new_{one}", one) for one in ("ann", "zed", "ned")]  # undated
    raw.twins += [a_twin(f"t_two_{one}", one, at(FIRST + timedelta(20))) for one in PACE]
    for n, (person, pace) in enumerate(PACE.items()):
        for step in range(n, DAYS, pace):
            _add(raw, person, FIRST + timedelta(step, hours=(n * 5 + step) % 14), step + n)
        _add(raw, person, None, n)
    for missing in ("ghost", "phantom"):
        _add(raw, missing, FIRST + timedelta(9), 1)
    raw.messages.append(a_message("m_lost", "nowhere", at(FIRST)))
    raw.documents.append(a_document("d_lost", "nowhere", at(FIRST)))
    raw.queries.append(a_query("q_lost", "nowhere", None))
    return raw


def _add(raw: Raw, person: str, moment: datetime | None, n: int) -> None:
    """A conversation with what belongs to it, more or less by its number."""
    id_ = f"s{len(raw.sessions):02}_{person}"
    more: dict[str, Any] = {
        "twin_id": TWINS[n % len(TWINS)],
        "topic": TOPICS[n % len(TOPICS)],
        "title": f"Plan {n} of {person}" if n % 3 else None,
        "is_shared_twin": n % 2,
    }
    raw.sessions.append(a_session(id_, person, moment and at(moment), **more))
    began = moment or FIRST + timedelta(12, hours=n)
    for m in range(1 + n % 3):
        said = began + timedelta(minutes=7 * m) + timedelta(m // 2)  # the third on the next day
        content = f"The budget of {person}, {m}"
        message = a_message(f"m{m}_{id_}", id_, at(said), "twin" if m == 1 else "user")
        raw.messages.append(message | {"content": content})
    if n % 2:
        made = began + timedelta(n % 4 // 2, minutes=3)
        kind = {"document_type": KINDS[n // 2 % len(KINDS)], "message_id": f"m0_{id_}"}
        raw.documents.append(a_document(f"d_{id_}", id_, at(made), **kind))
    if n % 3 == 0:
        raw.queries.append(a_query(f"q_{id_}", id_, at(began + timedelta(minutes=2))))
    if n % 5 == 0:  # undated
        raw.messages.append(a_message(f"m_{id_}", id_, None))
        raw.documents.append(a_document(f"d0_{id_}", id_, "not a date"))
