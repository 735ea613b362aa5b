"""Hand-written rows that both the product and the oracle are asked about, and how to ask."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from analytics.period import Period
from analytics.query import Query
from tests.databases import Raw, a_document, a_message, a_query, a_session, a_twin, a_user


def ask(start: str, end: str, today: str, **filters: Any) -> Query:
    """The question of a period, seen on a day."""
    days = (date.fromisoformat(text) for text in (start, end, today))
    return Query(Period(*days), **filters)


def column(rows: Iterable[Any], *names: str) -> list[Any]:
    """Some fields of every row, of the product or of the oracle."""
    dicts = [row if isinstance(row, dict) else row.model_dump() for row in rows]
    if len(names) == 1:
        return [row[names[0]] for row in dicts]
    return [tuple(row[name] for name in names) for row in dicts]


# A thread that crosses midnight, and the next.
MIDNIGHT = Raw(
    users=[a_user("ann")],
    sessions=[a_session("s", "ann", "2026-03-10 23:59:59.999999")],
    messages=[
        a_message("m1", "s", "2026-03-10 23:59:59.999999"),
        a_message("m2", "s", "2026-03-11 00:00:00", "twin"),
        a_message("m3", "s", "2026-03-12 01:15:02.999998"),
    ],
    documents=[a_document("d", "s", "2026-03-11 00:00:01")],
)

_BERLIN = ("2026-10-24 22:00:00", "2026-10-25 00:30:00", "2026-10-25 01:30:00",
           "2026-10-25 22:59:59.999999", "2026-10-25 23:00:00")  # fmt: skip
# Berlin's hour that comes twice, in a conversation without a date.
TWICE = Raw(
    users=[a_user("ann")],
    sessions=[a_session("s", "ann", None)],
    messages=[a_message(f"m{n}", "s", stamp) for n, stamp in enumerate(_BERLIN)],
)

_NEW_YORK = ("2026-03-08 04:59:59", "2026-03-08 06:59:59", "2026-03-08 07:00:00",
             "2026-03-09 03:59:59", "2026-03-09 04:00:00")  # fmt: skip
# New York's hour that never comes.
NEVER = Raw(
    users=[a_user("ann")],
    sessions=[a_session(f"s{n}", "ann", stamp) for n, stamp in enumerate(_NEW_YORK)],
    messages=[a_message(f"m{n}", f"s{n}", stamp) for n, stamp in enumerate(_NEW_YORK)],
)

# Somebody was active before the organization that is asked for.
BEGINNING = Raw(
    users=[a_user("ann"), a_user("bob", "Beta")],
    sessions=[
        a_session("s1", "ann", "2026-03-02 10:00:00"),
        a_session("s2", "bob", "2026-03-03 10:00:00"),
        a_session("s3", "bob", "2026-03-10 10:00:00"),
        a_session("s4", "bob", "2026-03-11 10:00:00"),
    ],
)

# What happens after today.
FUTURE = Raw(
    users=[a_user("ann")],
    twins=[
        a_twin("t0", "ann", "2026-03-01 00:00:00"),
        a_twin("t1", "ann", "2026-03-20 00:00:00"),
        a_twin("t2", "ann", None),
    ],
    sessions=[
        a_session("s1", "ann", "2026-03-10 10:00:00"),
        a_session("s2", "ann", "2026-03-20 10:00:00"),
    ],
)

_VISITS = {
    "ann": ("2026-03-02", "2026-03-03", "2026-03-09", "2026-03-16"),
    "bob": ("2026-03-03", "2026-03-10"),
    "cat": ("2026-03-04", "2026-03-05"),
    "dan": ("2026-03-09",),
    "eve": ("2026-03-16",),
}
# First active: ann Mon 2, bob Tue 3, cat Wed 4 (a week's rows), dan Mon 9 March.
VISITS = Raw(
    users=[a_user(name) for name in _VISITS],
    sessions=[
        a_session(f"{name}{day}", name, f"{day} 12:00:00")
        for name, days in _VISITS.items()
        for day in days
    ],
)

# Ten conversations make a power user.
HABITS = Raw(
    users=[a_user("ann"), a_user("bob"), a_user("cat"), a_user("idle")],
    sessions=[
        *(a_session(f"a{n}", "ann", f"2026-03-{n + 1:02} 00:00:00") for n in range(10)),
        a_session("b", "bob", "2026-03-10 09:00:00"),
        a_session("c", "cat", None),
    ],
    messages=[
        a_message("m1", "a0", "2026-03-01 00:00:00"),
        a_message("m2", "a0", "2026-03-01 01:15:03.999999", "twin"),
        a_message("m3", "a1", "2026-03-02 00:00:00"),
        a_message("m4", "a1", "2026-02-30 00:00:00"),
        a_message("m5", "c", "2026-03-05 00:00:00"),
    ],
)

# People with and without names, of twins that are gone too.
PEOPLE = Raw(
    users=[
        a_user("ann", "Zeta", department="Sales"),
        a_user("bob", "Äther", department=None),
        a_user("cat", "", department=""),
        a_user("dan", None, department="Sales"),
        a_user("eve", "Acme", department="Sales"),
        a_user("fay", "Zeta", department="IT"),
    ],
    twins=[
        a_twin("t0", "ann", "2026-03-01 00:00:00", is_shared=1),
        a_twin("t1", "gone", "2026-03-01 00:00:00", name="Orphan"),
        a_twin("t2", "eve", "2026-03-01 00:00:00"),
    ],
    sessions=[
        a_session("s1", "ann", "2026-03-10 10:00:00", topic="b"),
        a_session("s2", "bob", "2026-03-10 10:00:00", topic="", is_shared_twin=1),
        a_session("s3", "cat", "2026-03-10 10:00:00", twin_id="t1", topic="B"),
        a_session("s4", "dan", "2026-03-10 09:59:59.999999", twin_id="lost", topic=None),
        a_session("s5", "gone", "2026-03-10 10:00:00", topic="b"),
        a_session("s6", "fay", None),
    ],
    messages=[
        a_message("m1", "s6", "2026-03-09 10:00:00"),
        a_message("m2", "s5", "2026-03-10 10:00:00"),
        a_message("m3", "nowhere", "2026-03-10 10:00:00"),
        a_message("m4", "s1", None),
        a_message("m5", "s1", "2026-03-10 10:00:00", "User"),
    ],
    documents=[
        a_document("d1", "s2", None, document_type="report"),
        a_document("d2", "s4", "2026-03-10 10:00:00", document_type="report"),
        a_document("d3", "s5", "2026-03-10 10:00:00", document_type="lost"),
        a_document("d4", "s1", "2026-03-10 10:00:00", document_type=""),
    ],
    queries=[a_query("q1", "s2", "2026-03-10 10:00:00"), a_query("q2", "s2", "x")],
)
