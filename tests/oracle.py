"""Every number once more, the slow and obvious way: plain loops over the raw rows.

Written from METRICS.md alone. It shares no code with `analytics` but the value classes that ask the
question; where the two differ, one of them misreads METRICS.md.
"""

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from functools import wraps
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from analytics.period import Period
from analytics.query import Query

Row = dict[str, Any]
Answer = TypeVar("Answer")

TABLES = ("users", "twins", "sessions", "messages", "documents", "queries")
TYPES = ("conversation", "document", "query", "shared_twin")
TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:[.,]([0-9]{1,6}))?(?: ?[Zz]| ?([+-])([0-9]{2})(?::?([0-5][0-9]))?)?"
)
UNITS = {10: 1, 13: 1_000, 16: 1_000_000}  # digits of a number -> how many of it are a second
LAST = (True, "")
IDS = ("id", "user_id", "twin_id", "session_id")
# What is looked at for text that can't be read.
TEXTS = {
    "users": ("email", "full_name", "company", "department"),
    "twins": ("name",),
    "sessions": ("platform", "title", "topic"),
    "messages": ("content",),
    "documents": ("document_type", "title"),
    "queries": ("query_type", "query_text"),
}


class Damaged(str):
    """Text that was none."""


def driver_text(raw: bytes) -> str:
    """What the database holds as text."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return Damaged(raw.decode("utf-8", "replace"))


def shown(value: Any) -> Any:
    """The text of a value; NULL stays."""
    if isinstance(value, bytes):
        return driver_text(value)
    return value if value is None or isinstance(value, str) else str(value)


def nameable(id_: Any) -> bool:
    """Whether an id can be named."""
    return isinstance(id_, str) and not isinstance(id_, Damaged)


def yes(value: Any) -> bool:
    """Whether a column that holds yes or no says yes."""
    if isinstance(value, int | float):
        return value != 0
    return str(shown(value)).lower() in ("1", "t", "true", "y", "yes", "on")


@dataclass(frozen=True)
class Event:
    """A dated row that belongs to an existing user, on its local day and hour."""

    row: Row
    session: Row
    user_id: str
    at: datetime
    day: date
    hour: int


def read_timestamp(value: object) -> datetime | None:
    """What a stored timestamp says, in UTC; None if it says nothing."""
    if isinstance(value, bytes):
        value = shown(value)
    if isinstance(value, int | float):
        unit = UNITS.get(len(str(int(value)))) if value > 0 else None
        if unit is None:
            return None
        since = int(Fraction(str(value)) * 1_000_000 / unit)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=since)
    found = TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    *fields, fraction, sign, hours, minutes = found.groups()
    microsecond = int((fraction or "").ljust(6, "0"))
    try:
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
        return datetime(*map(int, fields), microsecond, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def one_decimal(value: Fraction) -> float:
    """Rounded to one decimal, half away from zero."""
    tenths = int(abs(value) * 10 + Fraction(1, 2))
    return float(Fraction(tenths if value >= 0 else -tenths, 10))


def percent(part: int, whole: int) -> float:
    """The share of `part` in `whole`."""
    return one_decimal(Fraction(part * 100, whole))


def quotient(part: int, whole: int) -> float | None:
    """`part` a `whole`; None where there is no whole."""
    return one_decimal(Fraction(part, whole)) if whole else None


def change(current: int, previous: int) -> float | None:
    """Change in percent; None from 0 to something."""
    if previous == 0:
        return 0.0 if current == 0 else None
    return one_decimal(Fraction((current - previous) * 100, previous))


def name_key(name: str | None) -> tuple[bool, str]:
    """Sorts by code point, None last."""
    return LAST if name is None else (False, name)


def monday(day: date) -> int:
    """The ordinal of the Monday of the week of `day` (an int: far dates can't overflow)."""
    return day.toordinal() - day.weekday()


def ascii_lower(text: str) -> str:
    """Lower case of ASCII letters only."""
    return "".join(chr(ord(char) + 32) if "A" <= char <= "Z" else char for char in text)


def of_conversations(
    method: Callable[["Oracle", Query], Answer],
) -> Callable[["Oracle", Query], Answer]:
    """A result of the conversations that the event filters leave, as if there were no others."""

    @wraps(method)
    def asked(oracle: "Oracle", query: Query) -> Answer:
        return method(oracle.left(query), query)

    return asked


class Oracle:
    """All rows of a database, and one method a result."""

    def __init__(self, path: Path, zone: ZoneInfo) -> None:
        """Read every row and date every event."""
        self.zone = zone
        self.rows: dict[str, list[Row]] = {}
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            database.text_factory = driver_text
            for table in TABLES:
                self.rows[table] = [dict(row) for row in database.execute(f"SELECT * FROM {table}")]
        self.unreadable = {
            table: sum(
                any(isinstance(shown(row[name]), Damaged) for name in TEXTS[table]) for row in rows
            )
            for table, rows in self.rows.items()
        }
        for table, rows in self.rows.items():
            for row, name in product(rows, (*IDS, "sender_type", *TEXTS[table])):
                if name in row and not (name in IDS and isinstance(row[name], bytes)):
                    row[name] = shown(row[name])
        self.users = {row["id"]: row for row in self.rows["users"] if nameable(row["id"])}
        self.twin_rows = {row["id"]: row for row in self.rows["twins"] if nameable(row["id"])}
        self.session_rows = {row["id"]: row for row in self.rows["sessions"]}
        self.happens(
            {
                table: list(filter(None, (self.event(table, row) for row in self.rows[table])))
                for table in ("sessions", "messages", "documents", "queries")
            }
        )
        days = (day for days in self.active_days.values() for day in days)
        self.first_active_day = min(days, default=None)  # of anybody, whatever is asked
        created = {user: self.local(row["created_at"]) for user, row in self.users.items()}
        self.created = {user: at.date() if at else None for user, at in created.items()}
        # The day from which an account counts; None: always.
        self.accounts = {
            user: min({day, *self.active_days[user]}) if day else None
            for user, day in self.created.items()
        }
        self.message_times: dict[str, list[datetime]] = defaultdict(list)
        for event in self.events["messages"]:
            self.message_times[event.session["id"]].append(event.at)

    def happens(self, events: dict[str, list[Event]]) -> None:
        """Make these all that ever happened."""
        self.events = events
        self.said = [e for e in events["messages"] if e.row["sender_type"] == "user"]
        self.active_days: dict[str, set[date]] = {user: set() for user in self.users}
        for event in events["sessions"] + self.said:
            self.active_days[event.user_id].add(event.day)

    def left(self, query: Query) -> "Oracle":
        """A database without the conversations that the event filters take away."""
        if not (
            query.twin or query.unknown_twin or query.by_others or query.own_twin or query.topics
        ):
            return self
        other = copy(self)
        other.happens(
            {
                table: [event for event in events if self.meant(event, query)]
                for table, events in self.events.items()
            }
        )
        return other

    def meant(self, event: Event, query: Query) -> bool:
        """Whether the event filters leave the conversation of an event."""
        twin = self.twin_rows.get(event.session["twin_id"])
        return not (
            (query.twin and event.session["twin_id"] != query.twin)
            or (query.unknown_twin and twin)
            or (query.by_others and (twin is None or twin["user_id"] == event.user_id))
            or (query.own_twin and (twin is None or twin["user_id"] != event.user_id))
            or (query.topics and (event.session["topic"] or None) not in query.topics)
        )

    # What the rows say

    def local(self, value: object) -> datetime | None:
        """A stored timestamp on the clock of the reporting zone."""
        at = read_timestamp(value)
        try:
            return at.astimezone(self.zone) if at else None
        except OverflowError:  # it falls outside the calendar there
            return None

    def event(self, table: str, row: Row) -> Event | None:
        """The row as an event; None if it is orphaned or undated."""
        at = self.local(row["started_at" if table == "sessions" else "created_at"])
        if at is None or self.orphaned(table, row):
            return None
        session = row if table == "sessions" else self.session_rows[row["session_id"]]
        return Event(row, session, session["user_id"], at.astimezone(UTC), at.date(), at.hour)

    def orphaned(self, table: str, row: Row) -> bool:
        """Whether the row's user can't be found, or the row itself can't be named."""
        if table == "users":
            return not nameable(row["id"])
        if table == "twins":
            return row["user_id"] not in self.users
        session = row if table == "sessions" else self.session_rows.get(row["session_id"])
        return not session or session["user_id"] not in self.users or not nameable(session["id"])

    def chosen(self, query: Query) -> set[str]:
        """Ids of the users that the person filters of results let through."""
        return {
            user["id"]
            for user in self.users.values()
            if (not query.organizations or (user["company"] or None) in query.organizations)
            and (not query.departments or (user["department"] or None) in query.departments)
            and ascii_lower(query.user) in ascii_lower(user["email"] or "")
            and (not query.person or user["id"] == query.person)
        }

    def happened(self, table: str, people: set[str], start: date, end: date) -> list[Event]:
        """The events of these users from `start` to `end`."""
        return [e for e in self.events[table] if e.user_id in people and start <= e.day <= end]

    def active(self, people: set[str], start: date, end: date) -> set[str]:
        """Which of these users were active from `start` to `end`."""
        return {
            user for user in people if any(start <= day <= end for day in self.active_days[user])
        }

    def accounts_of(self, people: set[str], end: date) -> set[str]:
        """Which of these users have an account by then, whatever event filters leave."""
        return {user for user in people if (self.accounts[user] or end) <= end}

    def ever_active(self, people: set[str], end: date) -> set[str]:
        """Which of these users were active until then."""
        return self.active(people, date.min, end)

    def installed(self, people: set[str], end: date) -> int:
        """Twins of these owners created up to `end`."""
        created = [
            self.local(twin["created_at"])
            for twin in self.rows["twins"]
            if twin["user_id"] in people
        ]
        return sum(at is not None and at.date() <= end for at in created)

    def adopted(self, people: set[str], period: Period) -> Row:
        """Accounts of a group of users, and how many are active and ever were, on the complete
        days of a period."""
        end = min(period.end, period.today - timedelta(1))
        if end < period.start:
            return dict.fromkeys(("accounts", "adoption_rate", "ever_active"))
        accounts = len(self.accounts_of(people, end))
        active = len(self.active(people, period.start, end))
        return {
            "accounts": accounts,
            "adoption_rate": quotient(active * 100, accounts),
            "ever_active": len(self.ever_active(people, end)),
        }

    def figures(self, people: set[str], query: Query) -> Row:
        """The numbers of a group of users, for the organization and department tables."""
        period, before = query.period, compared(query)
        conversations = len(self.happened("sessions", people, period.start, period.end))
        earlier = len(self.happened("sessions", people, *before))
        return {
            "people": len(people),
            "active_users": len(self.active(people, period.start, period.end)),
            "conversations": conversations,
            "previous_conversations": earlier,
            "conversations_change": change(conversations, earlier),
            "documents": len(self.happened("documents", people, period.start, period.end)),
            "queries": len(self.happened("queries", people, period.start, period.end)),
            **self.adopted(people, period),
        }

    # Results

    def span(self, today: date) -> tuple[date | None, date | None, date | None]:
        """First day, last day and last day before today with data, up to today."""
        days = [e.day for events in self.events.values() for e in events if e.day <= today]
        before = [day for day in days if day < today]
        return min(days, default=None), max(days, default=None), max(before, default=None)

    @of_conversations
    def metrics(self, query: Query) -> Row:
        """The four cards."""
        people = self.chosen(query)
        now, before = (query.period.start, query.period.end), compared(query)
        users, users_before = (len(self.active(people, *days)) for days in (now, before))
        talks, talks_before = (
            len(self.happened("sessions", people, *days)) for days in (now, before)
        )
        papers, papers_before = (
            len(self.happened("documents", people, *days)) for days in (now, before)
        )
        twins, twins_before = (self.installed(people, end) for _, end in (now, before))
        return {
            "total_active_users": users,
            "active_users_change": change(users, users_before),
            "previous_active_users": users_before,
            "total_conversations": talks,
            "conversations_change": change(talks, talks_before),
            "previous_conversations": talks_before,
            "documents_drafted": papers,
            "documents_change": change(papers, papers_before),
            "previous_documents": papers_before,
            "twin_installations": twins,
            "installations_change": change(twins, twins_before),
            "previous_installations": twins_before,
        }

    @of_conversations
    def active_users(self, query: Query) -> list[Row]:
        """Daily active users and their rolling average."""
        people = self.chosen(query)
        first, rows = self.first_active_day, []
        for day in days_of(query.period):
            complete = day < query.period.today
            average = None
            if complete and first is not None and first <= day:
                week = [day - timedelta(n) for n in range(min(7, (day - first).days + 1))]
                total = sum(len(self.active(people, each, each)) for each in week)
                average = one_decimal(Fraction(total, len(week)))
            rows.append(
                {
                    "date": day,
                    "active_users": len(self.active(people, day, day)),
                    "average": average,
                    "complete": complete,
                }
            )
        return rows

    @of_conversations
    def conversations(self, query: Query) -> list[Row]:
        """Conversations and messages a day, and their means over the complete days."""
        people, days = self.chosen(query), days_of(query.period)
        complete = [day for day in days if day < query.period.today]

        def count(table: str, day: date) -> int:
            return len(self.happened(table, people, day, day))

        def mean(table: str) -> float | None:
            total = sum(count(table, day) for day in complete)
            return one_decimal(Fraction(total, len(complete))) if complete else None

        means = {"avg_conversations": mean("sessions"), "avg_messages": mean("messages")}
        return [
            {
                "date": day,
                "conversations": count("sessions", day),
                "messages": count("messages", day),
                **means,
                "complete": day < query.period.today,
            }
            for day in days
        ]

    @of_conversations
    def engagement(self, query: Query) -> list[Row]:
        """The three features a day."""
        people = self.chosen(query)
        return [
            {
                "date": day,
                "question_asked": len(self.happened("sessions", people, day, day)),
                "info_retrieved": len(self.happened("queries", people, day, day)),
                "documents_drafted": len(self.happened("documents", people, day, day)),
                "complete": day < query.period.today,
            }
            for day in days_of(query.period)
        ]

    def installations(self, query: Query) -> list[Row]:
        """Twins installed up to the end of each day."""
        people = self.chosen(query)
        return [
            {
                "date": day,
                "installations": self.installed(people, day),
                "complete": day < query.period.today,
            }
            for day in days_of(query.period)
        ]

    @of_conversations
    def feature_usage(self, query: Query) -> list[Row]:
        """The three features over the period."""
        people, period = self.chosen(query), query.period
        tables = {
            "Questions Asked": "sessions",
            "Documents Drafted": "documents",
            "Information Retrieved": "queries",
        }
        rows = [
            {"name": name, "value": len(self.happened(table, people, period.start, period.end))}
            for name, table in tables.items()
        ]
        return rows if any(row["value"] for row in rows) else []

    @of_conversations
    def hourly_activity(self, query: Query) -> list[Row]:
        """Messages per complete day, by hour."""
        people, days = self.chosen(query), days_of(query.period)
        complete = {day for day in days if day < query.period.today}
        counts = [0] * 24
        for event in self.events["messages"]:
            if event.user_id in people and event.day in complete:
                counts[event.hour] += 1
        return [
            {"hour": n, "value": one_decimal(Fraction(count, len(complete))) if complete else None}
            for n, count in enumerate(counts)
        ]

    @of_conversations
    def leaderboard(self, query: Query) -> list[Row]:
        """Organizations that were active, busiest first."""
        period, found = query.period, []
        for name, people in self.grouped(query, lambda user: user["company"] or None).items():
            active = len(self.active(people, period.start, period.end))
            talks = len(self.happened("sessions", people, period.start, period.end))
            if name is not None and active:
                found.append((-talks, -active, name))
        return [
            {
                "id": str(rank),
                "name": name,
                "active_users": -active,
                "total_activities": -talks,
                "avg_activities_per_user": one_decimal(Fraction(talks, active)),
            }
            for rank, (talks, active, name) in enumerate(sorted(found), 1)
        ]

    def habits(self, people: set[str], start: date, end: date, today: date) -> dict[str, Fraction]:
        """The rates of a period as exact numbers; a rate of nobody is missing."""
        found: dict[str, Fraction] = {}
        for days in (1, 7, 30):
            eligible = returned = 0
            for user in people:
                active = {day.toordinal() for day in self.active_days[user]}
                due = min(active, default=0) + days
                if active and start.toordinal() <= due <= end.toordinal():
                    if due >= today.toordinal():
                        continue
                    eligible += 1
                    returned += due in active
            found[f"day{days}_eligible"] = Fraction(eligible)
            if eligible:
                found[f"day{days}"] = Fraction(100 * returned, eligible)
        talks = self.happened("sessions", people, start, end)
        active_users = self.active(people, start, end)
        total = sum((self.duration(talk.row["id"]) for talk in talks), timedelta())
        found["seconds"] = Fraction(total // timedelta(seconds=len(talks)) if talks else 0)
        if active_users:
            found["per_user"] = Fraction(len(talks), len(active_users))
            started = [sum(talk.user_id == user for talk in talks) for user in active_users]
            found["power"] = Fraction(100 * sum(n >= 10 for n in started), len(active_users))
        return found

    @of_conversations
    def retention(self, query: Query) -> Row:
        """Day-N retention, session length, sessions per user and power users, and what changed."""
        people, period = self.chosen(query), query.period
        now = self.habits(people, period.start, period.end, period.today)
        before = self.habits(people, *compared(query), period.today)
        row: Row = {}
        for rate in ("day1", "day7", "day30"):
            row[f"{rate}_eligible"] = int(now[f"{rate}_eligible"])
            row[rate] = one_decimal(now[rate]) if rate in now else None
            row[f"previous_{rate}"] = one_decimal(before[rate]) if rate in before else None
            both = rate in now and rate in before
            row[f"{rate}_change"] = one_decimal(now[rate] - before[rate]) if both else None
        for prefix, of in (("", now), ("previous_", before)):
            seconds = int(of["seconds"])
            row[f"{prefix}avg_session_duration"] = f"{seconds // 60}m {seconds % 60}s"
            mean = one_decimal(of.get("per_user", Fraction(0)))
            row[f"{prefix}sessions_per_user"] = f"{mean:.1f}"
            row[f"{prefix}power_users_percent"] = one_decimal(of.get("power", Fraction(0)))
        for name, key in (("sessions_per_user", "per_user"), ("power_users", "power")):
            more = now.get(key, Fraction(0)) - before.get(key, Fraction(0))
            is_new = key in now and key not in before
            row[f"{name}_change"] = None if is_new else one_decimal(more)
        is_new = "per_user" in now and "per_user" not in before
        longer = int(now["seconds"] - before["seconds"])
        row["avg_session_duration_change"] = None if is_new else longer
        return row

    @of_conversations
    def cohorts(self, query: Query) -> list[Row]:
        """Who of those who first came in a week were active in later weeks."""
        period, weeks = query.period, {}
        for user in self.chosen(query):
            if self.active_days[user]:
                weeks.setdefault(monday(min(self.active_days[user])), set()).add(user)
        rows: list[Row] = []
        for first, users in sorted(weeks.items()):
            if first > period.end.toordinal() or first + 6 < period.start.toordinal():
                continue
            head = {"first_week": date.fromordinal(first), "users": len(users)}
            over = (period.today.toordinal() - first) // 7  # weeks whose Sunday is before today
            for week in range(over):
                active = sum(
                    any(monday(day) == first + 7 * week for day in self.active_days[user])
                    for user in users
                )
                cell = {"active_users": active, "share": percent(active, len(users))}
                rows.append({**head, "week": week, **cell})
            if over <= 0:
                rows.append({**head, "week": 0, "active_users": None, "share": None})
        return rows

    @of_conversations
    def organizations(self, query: Query) -> list[Row]:
        """Every organization of the chosen users."""
        groups = self.grouped(query, lambda user: user["company"] or None)
        rows = [
            {"organization": name, **self.figures(people, query)} for name, people in groups.items()
        ]
        return sorted(
            rows,
            key=lambda row: (
                -row["conversations"], -row["active_users"], name_key(row["organization"]),
            ),
        )  # fmt: skip

    @of_conversations
    def departments(self, query: Query) -> list[Row]:
        """Every department of every organization of the chosen users."""
        groups = self.grouped(
            query, lambda user: (user["company"] or None, user["department"] or None)
        )
        rows = [
            {"organization": name, "department": part, **self.figures(people, query)}
            for (name, part), people in groups.items()
        ]
        return sorted(
            rows,
            key=lambda row: (
                name_key(row["organization"]),
                -row["conversations"], -row["active_users"], name_key(row["department"]),
            ),
        )  # fmt: skip

    @of_conversations
    def twins(self, query: Query) -> list[Row]:
        """Twins of the chosen owners, and those that chosen users used."""
        people = self.chosen(query)
        rows = []
        for twin_id in (*self.twin_rows, None):
            row = self.twin(twin_id, people, query.period)
            twin = self.twin_rows.get(twin_id, {})
            used = row["last_used"] is not None or row["documents"] or row["queries"]
            narrowed = query.organizations or query.departments or query.user or query.person
            if used or twin.get("user_id") in people or (twin and not narrowed):
                rows.append(row)
        return sorted(
            rows,
            key=lambda row: (
                -row["conversations"], -row["active_users"], row["name"], name_key(row["id"]),
            ),
        )  # fmt: skip

    def twin(self, twin_id: str | None, people: set[str], period: Period) -> Row:
        """One twin as these users used it; None stands for every missing twin."""
        twin = self.twin_rows.get(twin_id, {})
        owner = self.users.get(twin.get("user_id"), {})
        installed = self.local(twin.get("created_at"))

        def with_it(events: Iterable[Event]) -> list[Event]:
            return [
                event
                for event in events
                if event.user_id in people
                and (
                    event.session["twin_id"] == twin_id
                    or (twin_id is None and event.session["twin_id"] not in self.twin_rows)
                )
            ]

        def inside(events: list[Event]) -> list[Event]:
            return [event for event in events if period.start <= event.day <= period.end]

        started, said = with_it(self.events["sessions"]), with_it(self.said)
        others = [e for e in inside(started) if e.user_id != twin.get("user_id")]
        return {
            "id": twin_id,
            "name": (twin["name"] or "") if twin else "Unknown twin",
            "owner_name": owner.get("full_name"),
            "owner_email": owner.get("email"),
            "is_shared": yes(twin.get("is_shared")),
            "installed_on": installed.date() if installed else None,
            "active_users": len({event.user_id for event in inside(started + said)}),
            "conversations": len(inside(started)),
            "conversations_by_others": None if twin_id is None else len(others),
            "documents": len(inside(with_it(self.events["documents"]))),
            "queries": len(inside(with_it(self.events["queries"]))),
            "last_used": max((event.day for event in started + said), default=None),
        }

    @of_conversations
    def topics(self, query: Query) -> list[Row]:
        """Conversations by topic."""
        return self.counted(query, "sessions", "topic", "conversations")

    @of_conversations
    def document_types(self, query: Query) -> list[Row]:
        """Documents by type."""
        return self.counted(query, "documents", "document_type", "documents")

    def activities(self, query: Query) -> list[Row]:
        """The activity list, newest first, all of it."""
        events = self.behind("sessions", query)
        parents = {
            table: Counter(row["session_id"] for row in self.rows[table])
            for table in ("messages", "documents", "queries")
        }
        rows = []
        for event in sorted(events, key=lambda event: (event.at, event.row["id"]), reverse=True):
            session = event.row["id"]
            count = {table: parents[table][session] for table in parents}
            carried = (True, count["documents"], count["queries"], yes(event.row["is_shared_twin"]))
            types = [name for name, carries in zip(TYPES, carried, strict=True) if carries]
            if query.type in ("all", *types):
                rows.append(
                    {
                        "id": session,
                        "types": types,
                        "message_count": count["messages"],
                        "document_count": count["documents"],
                        "query_count": count["queries"],
                        "duration_seconds": self.duration(session) // timedelta(seconds=1),
                    }
                )
        return rows

    def left_out(self) -> dict[str, dict[str, int]]:
        """How many rows of each table there are, and stand in no dated number."""
        answer = {}
        for table in TABLES:
            rows = self.rows[table]
            kept = [row for row in rows if not self.orphaned(table, row)]
            column = "started_at" if table == "sessions" else "created_at"
            undated = sum(self.local(row[column]) is None for row in kept)
            answer[table] = {
                "rows": len(rows),
                "undated": 0 if table == "users" else undated,
                "orphaned": len(rows) - len(kept),
                "unreadable": self.unreadable[table],
            }
        return answer

    def sources(self, _: Query) -> list[Row]:
        """What is left out, a row a table."""
        return [{"table": table, **counts} for table, counts in self.left_out().items()]

    # What a figure leads to

    @of_conversations
    def group(self, query: Query) -> set[str]:
        """The users that the person filters let through."""
        period = query.period
        return {
            user
            for user in self.chosen(query)
            if (not query.cohort or self.in_cohort(user, query.cohort, query.week or 0))
            and (not query.eligible or self.due(user, period, query.eligible) is not None)
            and (
                not query.returned
                or self.due(user, period, query.returned)
                in {day.toordinal() for day in self.active_days[user]}
            )
            and (
                not query.power_users
                or len(self.happened("sessions", {user}, period.start, period.end)) >= 10
            )
            and (not query.group or self.in_named_group(query, user))
            and (not query.active_days or self.has_active_days(query, user))
        }

    def in_named_group(self, query: Query, user: str) -> bool:
        """Whether a user belongs to a group of adoption."""
        return bool(import_module("tests.groups").GROUPS[query.group](self, query, user))

    def has_active_days(self, query: Query, user: str) -> bool:
        """Whether a user has so many active days in the question's 28."""
        days = import_module("tests.groups").last_28_days(self, query, user)
        return len(days) >= (query.active_days or 0)

    def in_cohort(self, user: str, first: date, week: int) -> bool:
        """Whether a user came first in a week and was active so many weeks later."""
        weeks = {monday(day) for day in self.active_days[user]}
        began = first.toordinal()
        return bool(weeks) and min(weeks) == began and began + 7 * week in weeks

    def due(self, user: str, period: Period, days: int) -> int | None:
        """The day on which a user could return, if it is a complete one of the period."""
        if not self.active_days[user]:
            return None
        due = min(self.active_days[user]).toordinal() + days
        inside = period.start.toordinal() <= due <= period.end.toordinal()
        return due if inside and due < period.today.toordinal() else None

    def behind(self, table: str, query: Query) -> list[Event]:
        """The events of the period that the filters let through, newest first."""
        period, people, left = query.period, self.group(query), self.left(query)
        events = left.said if table == "said" else left.events[table]

        def fits(event: Event) -> bool:
            if event.user_id not in people or not period.start <= event.day <= period.end:
                return False
            if query.hour is not None and (event.hour != query.hour or event.day >= period.today):
                return False
            if table == "sessions" and not left.is_listed(event, query):
                return False
            return not query.document_types or (
                (event.row["document_type"] or None) in query.document_types
            )

        return sorted(filter(fits, events), key=lambda e: (e.day, e.at, e.row["id"]), reverse=True)

    def is_listed(self, event: Event, query: Query) -> bool:
        """Whether a conversation has the messages, and is the meeting, that a list asks for."""
        depth = import_module("tests.metrics.test_depth")
        asked, answered = depth.asked_and_answered(self, event.row["id"])
        return (
            (query.asked is None or min(asked, 20) == query.asked)
            and (not query.unanswered or (asked > 0 and not answered))
            and (not query.first_meetings or event in self.met_first())
        )

    def met_first(self) -> list[Event]:
        """The first conversation of each person with each twin that one names, there or gone."""
        found: dict[tuple[str, str], Event] = {}
        for event in sorted(
            self.events["sessions"], key=lambda e: (e.day, e.at, e.row["id"]), reverse=True
        ):
            if nameable(event.row["twin_id"]) and event.row["twin_id"]:  # "" names none
                found[event.user_id, event.row["twin_id"]] = event
        return list(found.values())

    def active_behind(self, query: Query) -> set[str]:
        """Who started a conversation or sent a message in it."""
        done = self.behind("sessions", query) + self.behind("said", query)
        return {event.user_id for event in done}

    def holding_messages(self, query: Query) -> set[str]:
        """The conversations with messages in it, those without a date too."""
        return {event.session["id"] for event in self.behind("messages", query)}

    def installed_twins(self, query: Query) -> set[str]:
        """The twins created up to the end of the period."""
        owners = self.group(query)
        created = {
            twin["id"]: self.local(twin["created_at"])
            for twin in self.rows["twins"]
            if twin["user_id"] in owners
        }
        return {id_ for id_, at in created.items() if at and at.date() <= query.period.end}

    # Shared steps

    def answer(self, slug: str, query: Query) -> Any:
        """What a result must answer: by the method of its name, else by `expected` of its test."""
        name = slug.replace("-", "_")
        if hasattr(self, name):
            return getattr(self, name)(query)
        return import_module(f"tests.metrics.test_{name}").expected(self, query)

    def grouped(self, query: Query, key: Callable[[Row], Any]) -> dict[Any, set[str]]:
        """The chosen users by a key of theirs."""
        groups: dict[Any, set[str]] = {}
        for user in self.chosen(query):
            groups.setdefault(key(self.users[user]), set()).add(user)
        return groups

    def counted(self, query: Query, table: str, column: str, figure: str) -> list[Row]:
        """Events of the period by the value of a column, most first."""
        people, period = self.chosen(query), query.period
        events = self.happened(table, people, period.start, period.end)
        values = [event.row[column] or None for event in events]
        rows = [{column: value, figure: values.count(value)} for value in set(values)]
        return sorted(rows, key=lambda row: (-row[figure], name_key(row[column])))

    def duration(self, session_id: str) -> timedelta:
        """Last minus first dated message of a conversation."""
        times = self.message_times.get(session_id)
        return max(times) - min(times) if times else timedelta()


def days_of(period: Period) -> list[date]:
    """Every day of the period."""
    return [period.start + timedelta(n) for n in range((period.end - period.start).days + 1)]


def compared(query: Query) -> tuple[date, date]:
    """First and last day of the period that a question compares with."""
    if query.against is not None:
        return query.against.start, query.against.end
    return previous(query.period)


def previous(period: Period) -> tuple[date, date]:
    """First and last day of the previous period."""
    days = (period.end - period.start).days + 1
    return period.start - timedelta(days), period.start - timedelta(1)
