"""Small, nasty databases for Hypothesis, and the questions to ask of them."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from analytics.period import Period, open_period
from analytics.query import Query

Row = dict[str, Any]

# The tables as the reference backend makes them, byte for byte.
SCHEMA = (Path(__file__).parent / "reference.sql").read_text("utf-8")


@dataclass
class Raw:
    """The rows of the six tables; the time zone and the moment they are interesting in."""

    users: list[Row] = field(default_factory=list)
    twins: list[Row] = field(default_factory=list)
    sessions: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    queries: list[Row] = field(default_factory=list)
    zone: str = "UTC"
    middle: datetime = datetime(2026, 3, 11, 12, tzinfo=UTC)


TABLES = ("users", "twins", "sessions", "messages", "documents", "queries")


def write(raw: Raw, path: Path) -> None:
    """Make the database file, or its content anew. Foreign keys aren't checked: orphans may be."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous = OFF")
        dropped = "".join(f"DROP TABLE IF EXISTS {table};" for table in TABLES)
        database.executescript(f"BEGIN; {dropped} {SCHEMA} COMMIT;")
        for table in TABLES:
            for row in getattr(raw, table):
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                values = tuple(row.values())
                database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
        database.commit()


# Rows with all columns, so that hand-written cases need to name only what matters.


def a_user(id: str, company: str | None = "Acme", **more: Any) -> Row:  # noqa: A002
    """A row of `users`."""
    return {
        "id": id,
        "email": f"{id}@example.com",
        "full_name": id.title(),
        "company": company,
        "department": None,
        **more,
    }


def a_twin(id: str, user_id: str, created_at: Any = None, **more: Any) -> Row:  # noqa: A002
    """A row of `twins`."""
    return {"id": id, "user_id": user_id, "name": id.title(), "created_at": created_at, **more}


def a_session(id: str, user_id: str, started_at: Any, **more: Any) -> Row:  # noqa: A002
    """A row of `sessions`."""
    base = {"id": id, "user_id": user_id, "twin_id": "t0", "platform": "slack"}
    return {**base, "started_at": started_at, **more}


def a_message(id: str, session_id: str, created_at: Any, sender: str = "user") -> Row:  # noqa: A002
    """A row of `messages`."""
    base = {"id": id, "session_id": session_id, "sender_type": sender, "content": "Hello"}
    return {**base, "created_at": created_at}


def a_document(id: str, session_id: str, created_at: Any, **more: Any) -> Row:  # noqa: A002
    """A row of `documents`."""
    base = {"id": id, "session_id": session_id, "word_count": 10}
    return {**base, "created_at": created_at, **more}


def a_query(id: str, session_id: str, created_at: Any, **more: Any) -> Row:  # noqa: A002
    """A row of `queries`."""
    base = {"id": id, "session_id": session_id, "query_text": "SELECT"}
    return {**base, "created_at": created_at, **more}


# What to draw from

ORDINARY = (datetime(2026, 3, 11, 12, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
# Zone -> the UTC moments of its clock changes in 2026.
CLOCK_CHANGES = {
    "UTC": (datetime(2024, 2, 29, tzinfo=UTC),),
    "Europe/Berlin": (
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    ),
    "America/New_York": (
        datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=UTC),
    ),
    "Asia/Kolkata": (datetime(2026, 6, 30, 18, 30, tzinfo=UTC),),
    "Pacific/Auckland": (
        datetime(2026, 4, 4, 14, tzinfo=UTC),
        datetime(2026, 9, 26, 14, tzinfo=UTC),
    ),
    "Australia/Lord_Howe": (
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    ),
}
ZONES = tuple(CLOCK_CHANGES)
COMPANIES = (
    None, None, None, "", "", "", "Acme", "Acme", "acme", "Acme ", "=", "=x", "=Acme",
    "No organization", "a%", "a_",
    "O'Neil \"Q\"; --", "Ünï", "\U0001f600", "\uff5e", " ", "0",
)  # fmt: skip
DEPARTMENTS = (
    None,
    None,
    "",
    "",
    "Sales",
    "sales",
    "=",
    "=Sales",
    "No department",
    'R&D, "x"',
    "Ünï",
)
TOPICS = (None, "", "Billing", "billing", "=", "No topic", "Ünï", "\U0001f600", "\uff5e")
SENDERS = ("user", "user", "user", "twin", "twin", "User", "system", "")
EMAILS = ("ann", "Ann_", "a%n", "ÉLAN", "élan", "o'neil", "x\\y")
NAMES = ("Helper", "helper", "Unknown twin", "", "Ünï")
MICROSECOND = timedelta(microseconds=1)
NEAR = (
    timedelta(), timedelta(), -MICROSECOND, MICROSECOND, timedelta(seconds=-1),
    timedelta(seconds=1), timedelta(minutes=-30), timedelta(minutes=30), timedelta(hours=-1),
    timedelta(hours=1), timedelta(hours=2), timedelta(hours=-2),
)  # fmt: skip
LATER = (
    timedelta(), MICROSECOND, timedelta(seconds=59, microseconds=999_999), timedelta(minutes=10),
    timedelta(minutes=75, seconds=3), timedelta(hours=3), timedelta(hours=26), timedelta(days=1),
    timedelta(days=7), timedelta(days=30), timedelta(minutes=-5),
)  # fmt: skip
DAYS = (0, 0, 0, 1, 1, -1, 2, -2, 3, 5, 6, 7, 8, 9, 14, 29, 30, 31, -7, -30, 61)
UNREADABLE = (
    "", "not a date", "2026-02-30 10:00:00.000000", "0000-01-01 00:00:00.000000",
    "2026-13-01 10:00:00", "2026-03-11 24:00:00", "2026-03-11 23:59:60", "2026-03-11 12:00:00 noon",
    "now", "2026", 177323040, 17732304000, -1773230400, 2461111.5, "2026-03-11T12:00:00+2",
)  # fmt: skip
FAR = ("0001-01-02 12:00:00.000000", "1969-12-31 12:59:59.999999", "9999-12-30 10:00:00.000000")
FORMATS = (
    "plain", "plain", "plain", "plain", "short", "milli", "T", "Z", "T offset", "-offset",
    "comma", "lower", "compact", "hours", "blank", "epoch", "epoch float", "epoch milli",
    "epoch micro",
)  # fmt: skip


def text(moment: datetime, style: str = "plain") -> Any:
    """A UTC moment as deployments have written it."""
    micros = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND
    ahead = moment.astimezone(timezone(timedelta(hours=2)))
    behind = moment.astimezone(timezone(-timedelta(hours=5, minutes=30)))
    return {
        "plain": f"{moment:%Y-%m-%d %H:%M:%S.%f}",
        "short": f"{moment:%Y-%m-%d %H:%M:%S}",
        "milli": f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03}",
        "T": f"{moment:%Y-%m-%dT%H:%M:%S.%f}",
        "Z": f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z",
        "T offset": ahead.isoformat(),
        "-offset": behind.isoformat(" ", "microseconds"),
        "comma": f"{moment:%Y-%m-%d %H:%M:%S,%f}",
        "lower": f"{moment:%Y-%m-%dt%H:%M:%S.%f}z",
        "compact": f"{behind:%Y-%m-%dT%H:%M:%S.%f%z}",
        "hours": f"{ahead:%Y-%m-%d %H:%M:%S}+02",
        "blank": f"{behind:%Y-%m-%d %H:%M:%S.%f %z}",
        "epoch": micros // 1_000_000,
        "epoch float": micros / 1_000_000,
        "epoch milli": micros // 1_000,
        "epoch micro": micros,
    }[style]


def stored(draw: st.DrawFn, moment: datetime) -> Any:
    """Mostly the moment as text; sometimes NULL, unreadable or far away."""
    kind = draw(st.sampled_from(("moment",) * 12 + ("null", "unreadable", "far")))
    if kind == "null":
        return None
    if kind == "moment":
        return text(moment, draw(st.sampled_from(FORMATS)))
    return draw(st.sampled_from(UNREADABLE if kind == "unreadable" else FAR))


def near(draw: st.DrawFn, raw: Raw) -> datetime:
    """A moment close to a local midnight, to the middle, or anywhere in the days around it."""
    zone, day = ZoneInfo(raw.zone), timedelta(draw(st.sampled_from(DAYS)))
    kind = draw(st.sampled_from(("midnight", "middle", "any")))
    if kind == "any":
        return raw.middle + day + timedelta(minutes=draw(st.integers(-720, 720)))
    moment = raw.middle + day
    if kind == "midnight":
        local = datetime.combine(moment.astimezone(zone).date(), time(), zone)
        moment = local.astimezone(UTC)
    return moment + draw(st.sampled_from(NEAR))


@st.composite
def databases(draw: st.DrawFn) -> Raw:
    """A few rows in every table, with everything wrong that can be wrong."""

    def one(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    def size(most: int) -> range:
        return range(draw(st.integers(0, most)))

    zone = one(*ZONES)
    raw = Raw(zone=zone, middle=one(*CLOCK_CHANGES[zone], *CLOCK_CHANGES[zone], *ORDINARY))
    companies = draw(st.lists(st.sampled_from(COMPANIES), min_size=1, max_size=3))
    departments = draw(st.lists(st.sampled_from(DEPARTMENTS), min_size=1, max_size=2))
    for n in size(5):
        user = a_user(f"u{n}", one(*companies), department=one(*departments))
        user["created_at"] = stored(draw, near(draw, raw) - timedelta(one(0, 0, 7, 20, 28)))
        raw.users.append({**user, "email": f"{one(*EMAILS)}{n}@example.com"})
    users = [row["id"] for row in raw.users] or ["nobody"]
    for n in size(3):
        owner = one(*users, *users, *users, "nobody")
        more = {"name": one(*NAMES), "is_shared": one(0, 1, None)}
        raw.twins.append(a_twin(f"t{n}", owner, stored(draw, near(draw, raw)), **more))
    twins = [row["id"] for row in raw.twins] or ["nothing"]

    moments: dict[str, datetime] = {"nowhere": raw.middle}

    def add_session(user: str, moment: datetime, started_at: Any) -> None:
        key = f"{'sS'[len(raw.sessions) % 2]}{len(raw.sessions)}"
        moments[key] = moment
        more = {
            "twin_id": one(*twins, *twins, *twins, "nothing", "nil"),
            "topic": one(*TOPICS),
            "is_shared_twin": one(0, 1, None),
        }
        raw.sessions.append(a_session(key, user, started_at, **more))

    for _ in size(12):
        moment = near(draw, raw)
        add_session(one(*users, *users, *users, "nobody"), moment, stored(draw, moment))
    if one(False, True):  # somebody close to being a power user
        user, first, last = one(*users), near(draw, raw), near(draw, raw)
        for n in range(one(9, 10, 10, 11)):
            moment = last if n == 0 else first
            add_session(user, moment, text(moment))

    def child() -> tuple[str, Any]:
        key = one(*moments)
        moment = moments[key] + one(*LATER) if one(True, True, False) else near(draw, raw)
        return key, stored(draw, moment)

    for n in size(25):
        raw.messages.append(a_message(f"m{n}", *child(), one(*SENDERS)))
    for n in size(8):
        raw.documents.append(a_document(f"d{n}", *child(), document_type=one(*TOPICS)))
    for n in size(8):
        raw.queries.append(a_query(f"q{n}", *child()))
    return raw


def days_of(raw: Raw) -> list[date]:
    """The days that the rows name, roughly (the first ten characters), far ones left out."""
    middle, days = raw.middle.date(), {raw.middle.date()}
    for row in raw.sessions + raw.messages + raw.documents + raw.queries + raw.twins:
        try:
            day = date.fromisoformat(str(row.get("started_at", row.get("created_at")))[:10])
        except ValueError:
            continue
        if abs(day - middle) < timedelta(100):
            days.add(day)
    return sorted(days)


@st.composite
def narrowings(draw: st.DrawFn, raw: Raw) -> Row:
    """One to three filters of results beside organizations and departments, as `Query` has them."""

    def one(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    emails = [row["email"] for row in raw.users]
    topics = [row["topic"] or None for row in raw.sessions]
    choices: dict[str, Any] = {
        "user": lambda: one("ann", "_", "%", "É", "@EXAMPLE", *emails),
        "person": lambda: one(*(row["id"] for row in raw.users), "nobody"),
        "twin": lambda: one(*(row["id"] for row in raw.twins), "nothing"),
        "unknown_twin": lambda: True,
        "by_others": lambda: True,
        "own_twin": lambda: True,
        "topics": lambda: tuple({one(*topics, "Nothing"), one(*topics, None)}),
    }
    names = draw(st.lists(st.sampled_from(sorted(choices)), min_size=1, max_size=3, unique=True))
    if "unknown_twin" in names:
        names = [name for name in names if name not in ("twin", "by_others", "own_twin")]
    if "own_twin" in names:
        names = [name for name in names if name != "by_others"]
    return {name: choices[name]() for name in names}


@st.composite
def queries(draw: st.DrawFn, raw: Raw) -> Query:
    """A period that begins, ends or is seen on days that matter to the rows, and filters."""
    days = days_of(raw)

    def one(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    def names(column: str, *unknown: str | None) -> tuple[str | None, ...]:
        known = tuple(row[column] or None for row in raw.users)
        values = st.sampled_from((*known, *known, *unknown))
        chosen = draw(st.lists(values, max_size=3)) if one(False, True) else []
        return tuple(sorted(set(chosen), key=lambda name: (name is None, name or "")))

    start = one(*days) + timedelta(one(0, 0, 0, 1, -1, 7, 30, -7, -30, -60, 90))
    if one(False, False, False, True):  # a week's edge
        start += timedelta(7 - start.weekday())
    end = start + timedelta(one(1, 1, 2, 3, 7, 8, 28, 30, 31, 62, 100) - 1)
    if one(False, True):
        end = max(start, one(*days) + timedelta(one(0, 0, 1, -1)))
    today = one(*days) + timedelta(one(0, 1, 1, 2, 7, 8, 31, 40, 70, -1, -40))
    if one(False, False, False, True):
        today += timedelta(7 - today.weekday())
    against = None
    if one(False, True):
        first = one(*days) + timedelta(one(0, 0, 1, -1, -7, -364))
        against = Period(first, first + timedelta(one(0, 1, 6, 29)), today)
    return Query(
        Period(start, end, today),
        organizations=names("company", None, "Nobody", "="),
        departments=names("department", None, "Nobody", "="),
        against=against,
    )


def activity_query(
    start: date | None = None, end: date | None = None, today: date = date.max, **filters: Any
) -> Query:
    """Which activities: an absent date is no bound."""
    return Query(open_period(start, end, today), **filters)
