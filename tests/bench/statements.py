"""Every answer once more as ONE statement over the raw tables, for SQLite and DuckDB alike.

Days are UTC days (the benchmark's reporting zone). No row of the benchmark's databases is orphaned,
so that the statements need no joins to prove it. `day_of(x)`, `hour_of(x)` and `micros(x)` are
written in each dialect; parameters are `$start` and `$after` (the day after the period), `$before`
(the first day of the previous period), `$window` and `$earlier` (the first of the 28 days that end
on its last day, and of the 28 before), `$company`, `$offset`.

An `Answer` turns the statement's rows into those of the report, rounded by `analytics.arithmetic`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from analytics.arithmetic import average, change, percentage, rounded
from analytics.format import duration_text
from analytics.query import MOST_ASKED, Query
from analytics.reading.known import by_name

Rows = Sequence[Sequence[Any]]
PAGE = 20


@dataclass(frozen=True)
class Answer:
    """A statement and how its rows read as the report's."""

    sql: str
    rows: Callable[[Rows, Query], list[dict[str, Any]]]


def _date(day: date | str) -> date:
    """DuckDB has dates, SQLite texts."""
    return day if isinstance(day, date) else date.fromisoformat(day)


DIALECTS = {
    "sqlite": {
        "day_of": r"substr(\1, 1, 10)",
        "hour_of": r"CAST(substr(\1, 12, 2) AS INTEGER)",
        "micros": r"(strftime('%s', substr(\1, 1, 19)) * 1000000 + substr(\1, 21))",
    },
    "duckdb": {
        "day_of": r"CAST(\1 AS DATE)",
        "hour_of": r"hour(\1)",
        "micros": r"epoch_us(\1)",
    },
}


def statement(answer: Answer, dialect: str, *, filtered: bool) -> str:
    """The text for one database, with or without the filter on one organization."""
    names = {}
    for table in ("messages", "documents", "queries"):
        joined = " JOIN sessions s ON s.id = e.session_id"
        names[table] = f"{table} e{joined if filtered else ''}"
    whose = "(SELECT id FROM users WHERE company = $company)"
    text = answer.sql.format(
        during="e.created_at >= $start AND e.created_at < $after",
        started="s.started_at >= $start AND s.started_at < $after",
        people=f" AND s.user_id IN {whose}" if filtered else "",
        owners=f" AND t.user_id IN {whose}" if filtered else "",
        members=" AND u.company = $company" if filtered else "",
        **names,
    )
    for name, written in DIALECTS[dialect].items():
        text = re.sub(rf"\b{name}\(([^()]*(?:\([^()]*\))?)\)", written, text)
    return text


def _acted(since: str = "$start", columns: str = "s.user_id") -> str:
    """What makes people active: conversations started (1) and messages sent (0)."""
    bounds = "{0} >= " + since + " AND {0} < $after" if since else "{0} IS NOT NULL"
    return (
        f"(SELECT {columns}, s.started_at AS moment, 1 AS started FROM sessions s"
        f" WHERE {bounds.format('s.started_at')}{{people}}"
        f" UNION ALL SELECT {columns}, e.created_at, 0"
        " FROM messages e JOIN sessions s ON s.id = e.session_id"
        f" WHERE e.sender_type = 'user' AND {bounds.format('e.created_at')}{{people}})"
    )


def _daily(table: str) -> str:
    """Events of a table by day."""
    if table == "sessions":
        return (
            "(SELECT day_of(s.started_at) AS day, count(*) AS n FROM sessions s"
            " WHERE {started}{people} GROUP BY 1)"
        )
    return (
        f"(SELECT day_of(e.created_at) AS day, count(*) AS n FROM {{{table}}}"
        " WHERE {during}{people} GROUP BY 1)"
    )


_CALENDAR = "FROM calendar c {} WHERE c.day >= $start AND c.day < $after ORDER BY c.day"


def _series(**tables: str) -> str:
    """Each day of the period with the number of events of each table."""
    columns = "".join(f", coalesce({name}.n, 0)" for name in tables)
    joins = " ".join(
        f"LEFT JOIN {_daily(table)} {name} ON {name}.day = c.day" for name, table in tables.items()
    )
    return f"SELECT c.day{columns} {_CALENDAR.format(joins)}"


# --- metrics ------------------------------------------------------------------------------------

_METRICS = f"""
WITH acted AS {_acted("$before")}
SELECT count(DISTINCT CASE WHEN moment >= $start THEN user_id END),
       count(DISTINCT CASE WHEN moment < $start THEN user_id END),
       coalesce(sum(CASE WHEN moment >= $start THEN started END), 0),
       coalesce(sum(CASE WHEN moment < $start THEN started END), 0),
       (SELECT count(*) FROM {{documents}} WHERE {{during}}{{people}}),
       (SELECT count(*) FROM {{documents}}
        WHERE e.created_at >= $before AND e.created_at < $start{{people}}),
       (SELECT count(*) FROM twins t WHERE t.created_at < $after{{owners}}),
       (SELECT count(*) FROM twins t WHERE t.created_at < $start{{owners}})
FROM acted
"""


def _metrics(rows: Rows, query: Query) -> list[dict[str, Any]]:
    row = rows[0]
    names = (
        ("total_active_users", "active_users_change", "previous_active_users"),
        ("total_conversations", "conversations_change", "previous_conversations"),
        ("documents_drafted", "documents_change", "previous_documents"),
        ("twin_installations", "installations_change", "previous_installations"),
    )
    answer: dict[str, Any] = {}
    for number, (now, changed, before) in enumerate(names):
        current, previous = int(row[2 * number]), int(row[2 * number + 1])
        answer |= {now: current, changed: change(current, previous), before: previous}
    return [answer]


# --- series and distributions -------------------------------------------------------------------

_ACTIVE_USERS = f"""
WITH days AS (
    SELECT day, count(*) AS users
    FROM (SELECT DISTINCT user_id, day_of(moment) AS day FROM {_acted("$lead")} AS acted) AS seen
    GROUP BY day
), first AS (
    SELECT min(day) AS day FROM (
        SELECT day_of(min(started_at)) AS day FROM sessions
        UNION ALL SELECT day_of(min(created_at)) FROM messages WHERE sender_type = 'user'
    ) AS firsts
), week AS (
    SELECT c.day, coalesce(days.users, 0) AS users,
           sum(CASE WHEN c.day >= first.day THEN coalesce(days.users, 0) END) OVER last7 AS total,
           count(CASE WHEN c.day >= first.day THEN 1 END) OVER last7 AS days
    FROM calendar c CROSS JOIN first LEFT JOIN days ON days.day = c.day
    WHERE c.day >= $lead AND c.day < $after
    WINDOW last7 AS (ORDER BY c.day ROWS 6 PRECEDING)
)
SELECT day, users, total, days FROM week WHERE day >= $start ORDER BY day
"""


def _dated(day: Any, **counts: Any) -> dict[str, Any]:
    """A row of a series; every day of the benchmark's periods is complete."""
    return {"date": _date(day), "complete": True, **counts}


def _active_users(rows: Rows, query: Query) -> list[dict[str, Any]]:
    return [
        _dated(day, active_users=users, average=average(int(total or 0), days))
        for day, users, total, days in rows
    ]


def _conversations(rows: Rows, query: Query) -> list[dict[str, Any]]:
    means = [average(sum(row[n] for row in rows), len(rows)) for n in (1, 2)]
    return [
        _dated(
            day,
            conversations=started,
            messages=sent,
            avg_conversations=means[0],
            avg_messages=means[1],
        )
        for day, started, sent in rows
    ]


def _engagement(rows: Rows, query: Query) -> list[dict[str, Any]]:
    return [
        _dated(day, question_asked=asked, info_retrieved=retrieved, documents_drafted=drafted)
        for day, asked, retrieved, drafted in rows
    ]


_INSTALLATIONS = """
SELECT c.day, (SELECT count(*) FROM twins t WHERE t.created_at < $start{owners})
              + sum(coalesce(made.n, 0)) OVER (ORDER BY c.day)
""" + _CALENDAR.format(
    "LEFT JOIN (SELECT day_of(t.created_at) AS day, count(*) AS n FROM twins t"
    " WHERE t.created_at >= $start AND t.created_at < $after{owners} GROUP BY 1) made"
    " ON made.day = c.day"
)


def _installations(rows: Rows, query: Query) -> list[dict[str, Any]]:
    return [_dated(day, installations=int(count)) for day, count in rows]


_FEATURES = """
SELECT (SELECT count(*) FROM sessions s WHERE {started}{people}),
       (SELECT count(*) FROM {documents} WHERE {during}{people}),
       (SELECT count(*) FROM {queries} WHERE {during}{people})
"""


def _features(rows: Rows, query: Query) -> list[dict[str, Any]]:
    names = "Questions Asked", "Documents Drafted", "Information Retrieved"
    counts = zip(names, rows[0], strict=True)
    return [{"name": name, "value": value} for name, value in counts] if any(rows[0]) else []


_HOURS = (
    "SELECT hour_of(e.created_at) AS hour, count(*) FROM {messages}"
    " WHERE {during}{people} GROUP BY 1"
)


def _hours(rows: Rows, query: Query) -> list[dict[str, Any]]:
    counts, days = {row[0]: row[1] for row in rows}, query.period.complete_days
    return [{"hour": hour, "value": average(counts.get(hour, 0), days)} for hour in range(24)]


_LEADERS = f"""
SELECT u.company, count(*) AS users, sum(each.conversations) AS conversations
FROM (SELECT user_id, sum(started) AS conversations FROM {_acted()} AS acted GROUP BY 1) AS each
JOIN users u ON u.id = each.user_id
WHERE u.company <> '' GROUP BY 1 ORDER BY 3 DESC, 2 DESC, 1
"""


def _leaders(rows: Rows, query: Query) -> list[dict[str, Any]]:
    return [
        {
            "id": str(rank),
            "name": name,
            "active_users": users,
            "total_activities": int(count),
            "avg_activities_per_user": average(int(count), users),
        }
        for rank, (name, users, count) in enumerate(rows, 1)
    ]


def _named(name: str, count: str) -> Callable[[Rows, Query], list[dict[str, Any]]]:
    def answer(rows: Rows, query: Query) -> list[dict[str, Any]]:
        found = [{name: key or None, count: total} for key, total in rows]
        return sorted(found, key=lambda row: (-row[count], *by_name(row[name])))

    return answer


_TOPICS = (
    "SELECT coalesce(s.topic, ''), count(*) FROM sessions s WHERE {started}{people} GROUP BY 1"
)
_DOCUMENT_TYPES = (
    "SELECT coalesce(e.document_type, ''), count(*) FROM {documents}"
    " WHERE {during}{people} GROUP BY 1"
)

# --- retention ----------------------------------------------------------------------------------

_RETURNED = ", ".join(
    f"count(DISTINCT CASE WHEN f.first + {n} >= span.since AND f.first + {n} <= span.until"
    " THEN f.user_id END),"
    f" count(CASE WHEN a.day = f.first + {n} AND a.day >= span.since AND a.day <= span.until"
    " THEN 1 END)"
    for n in (1, 7, 30)
)
_ACTIVE_DAYS = f"""
active AS (
    SELECT seen.user_id, c.ordinal AS day, c.week
    FROM (SELECT DISTINCT user_id, day_of(moment) AS day FROM {_acted("")} AS acted) AS seen
    JOIN calendar c ON c.day = seen.day
)"""
_RETENTION = f"""
WITH {_ACTIVE_DAYS}, firsts AS (
    SELECT user_id, min(day) AS first FROM active GROUP BY user_id
), span AS (
    SELECT min(ordinal) AS since, max(ordinal) AS until FROM calendar
    WHERE day >= $start AND day < $after
), each AS (
    SELECT user_id, sum(started) AS conversations FROM {_acted()} AS acted GROUP BY 1
), spent AS (
    SELECT coalesce(sum(micros(last) - micros(first)), 0) AS micros
    FROM (SELECT s.id, min(e.created_at) AS first, max(e.created_at) AS last
          FROM sessions s JOIN messages e ON e.session_id = s.id
          WHERE {{started}}{{people}} GROUP BY s.id) AS lengths
)
SELECT returned.*, spent.micros, each.*
FROM (SELECT {_RETURNED} FROM firsts f JOIN active a ON a.user_id = f.user_id
      CROSS JOIN span) AS returned
CROSS JOIN spent
CROSS JOIN (SELECT count(*), coalesce(sum(conversations), 0),
                   count(CASE WHEN conversations >= 10 THEN 1 END) FROM each) AS each
"""


def _retention(rows: Rows, query: Query) -> list[dict[str, Any]]:
    *returned, spent, users, conversations, power = map(int, rows[0])
    answer: dict[str, Any] = {}
    for n, eligible, back in zip((1, 7, 30), returned[::2], returned[1::2], strict=True):
        answer |= {f"day{n}": percentage(back, eligible), f"day{n}_eligible": eligible}
    return [
        answer
        | {
            "avg_session_duration": duration_text(spent // max(1, conversations)),
            "sessions_per_user": str(rounded(conversations, users) if users else 0.0),
            "power_users_percent": percentage(power, users) or 0.0,
            "power_users": power,
        }
    ]


_COHORTS = f"""
WITH {_ACTIVE_DAYS}, weeks AS (
    SELECT DISTINCT user_id, week FROM active
), firsts AS (
    SELECT user_id, min(week) AS week FROM weeks GROUP BY user_id
)
SELECT f.week, w.week - f.week, count(*)
FROM firsts f JOIN weeks w ON w.user_id = f.user_id
CROSS JOIN (SELECT min(week) AS since, max(week) AS until FROM calendar
            WHERE day >= $start AND day < $after) AS span
WHERE f.week BETWEEN span.since AND span.until GROUP BY 1, 2 ORDER BY 1, 2
"""


def _cohorts(rows: Rows, query: Query) -> list[dict[str, Any]]:
    answer = []
    this_week = (query.period.today.toordinal() - 1) // 7
    for first, found in groupby(rows, key=lambda row: row[0]):
        active = {week: users for _, week, users in found}
        head = {"first_week": date.fromordinal(first * 7 + 1), "users": active[0]}
        if this_week <= first:
            answer.append({**head, "week": 0, "active_users": None, "share": None})
        for week in range(this_week - first):
            users = active.get(week, 0)
            share = percentage(users, active[0])
            answer.append({**head, "week": week, "active_users": users, "share": share})
    return answer


# --- adoption -----------------------------------------------------------------------------------

_ADOPTION = f"""
WITH each AS (
    SELECT user_id, min(moment) AS first,
           max(CASE WHEN moment >= $start AND moment < $after THEN 1 ELSE 0 END) AS active
    FROM {_acted("")} AS acted GROUP BY user_id
)
SELECT count(*), coalesce(sum(each.active), 0), count(each.user_id)
FROM users u LEFT JOIN each ON each.user_id = u.id AND each.first < $after
WHERE (u.created_at IS NULL OR u.created_at < $after OR each.user_id IS NOT NULL){{members}}
"""


def _adoption(rows: Rows, query: Query) -> list[dict[str, Any]]:
    accounts, active, ever = map(int, rows[0])
    return [
        {
            "accounts": accounts,
            "active_users": active,
            "adoption_rate": percentage(active, accounts),
            "ever_active": ever,
            "ever_active_rate": percentage(ever, accounts),
        }
    ]


_NEW_ACCOUNTS = f"""
WITH {_ACTIVE_DAYS}, begin AS (
    SELECT c.ordinal AS day FROM calendar c WHERE c.day = (SELECT min(day) FROM (
        SELECT day_of(min(started_at)) AS day FROM sessions
        UNION ALL SELECT day_of(min(created_at)) FROM messages WHERE sender_type = 'user'
    ) AS firsts)
), span AS (
    SELECT min(ordinal) - 28 AS since, max(ordinal) - 28 AS until FROM calendar
    WHERE day >= $start AND day < $after
), due AS (
    SELECT u.id, c.ordinal AS created
    FROM users u JOIN calendar c ON c.day = day_of(u.created_at) CROSS JOIN begin CROSS JOIN span
    WHERE c.ordinal BETWEEN span.since AND span.until AND c.ordinal >= begin.day{{members}}
), firsts AS (
    SELECT d.id, d.created, min(a.day) AS day
    FROM due d JOIN active a ON a.user_id = d.id GROUP BY 1, 2
), used AS (
    SELECT id, created, day FROM firsts WHERE day < created + 28
)
"""
_ACTIVATION = f"""{_NEW_ACCOUNTS}
SELECT (SELECT count(*) FROM due), (SELECT count(*) FROM used),
       (SELECT count(DISTINCT d.id) FROM due d JOIN sessions s ON s.user_id = d.id
        JOIN documents e ON e.session_id = s.id JOIN calendar c ON c.day = day_of(e.created_at)
        WHERE c.ordinal < d.created + 28),
       (SELECT count(DISTINCT u.id) FROM used u JOIN active a ON a.user_id = u.id
        WHERE a.day >= u.day + 7 AND a.day < u.created + 28)
"""


def _activation(rows: Rows, query: Query) -> list[dict[str, Any]]:
    names = "Account created", "First use", "Document drafted", "Active again"
    due = int(rows[0][0])
    return [
        {"step": name, "people": int(people), "share": percentage(int(people), due)}
        for name, people in zip(names if due else (), rows[0] if due else (), strict=True)
    ]


_FIRST_USE = f"""{_NEW_ACCOUNTS}
SELECT day - created, count(*) FROM used GROUP BY 1
UNION ALL SELECT NULL, count(*) FROM due
"""


def _first_use(rows: Rows, query: Query) -> list[dict[str, Any]]:
    due = next(count for lag, count in rows if lag is None)
    lags = sorted(max(0, lag) for lag, count in rows if lag is not None for _ in range(count))
    half = (due + 1) // 2
    median = lags[half - 1] if due and len(lags) >= half else None
    return [{"accounts": due, "used": len(lags), "median_days": median}]


_LIFECYCLE = f"""
WITH each AS (
    SELECT user_id, min(moment) AS first,
           max(CASE WHEN moment >= $start THEN 1 ELSE 0 END) AS inside,
           max(CASE WHEN moment >= $before AND moment < $start THEN 1 ELSE 0 END) AS earlier
    FROM {_acted("")} AS acted WHERE moment < $after GROUP BY user_id
)
SELECT coalesce(sum(inside), 0), coalesce(sum(earlier), 0), coalesce(sum(inside * earlier), 0),
       count(CASE WHEN first >= $start THEN 1 END),
       (SELECT min(day) FROM (
            SELECT day_of(min(started_at)) AS day FROM sessions
            UNION ALL SELECT day_of(min(created_at)) FROM messages WHERE sender_type = 'user'
        ) AS firsts)
FROM each
"""


def _lifecycle(rows: Rows, query: Query) -> list[dict[str, Any]]:
    active, before, returning, new = map(int, rows[0][:4])
    known = _date(rows[0][4]) <= query.previous.period.start
    groups = {
        "new": new,
        "returning": returning,
        "back": active - returning - new,
        "gone": before - returning,
        "active_before": before,
    }
    return [{"active_users": active, **{name: n if known else None for name, n in groups.items()}}]


_CHANGES = f"""
WITH each AS (
    SELECT user_id, max(CASE WHEN moment < $start THEN 1 ELSE 0 END) AS was_active,
           max(CASE WHEN moment >= $start THEN 1 ELSE 0 END) AS active,
           sum(CASE WHEN moment < $start THEN started ELSE 0 END) AS previous,
           sum(CASE WHEN moment >= $start THEN started ELSE 0 END) AS conversations
    FROM {_acted("$before")} AS acted GROUP BY user_id
)
SELECT coalesce(u.company, ''), coalesce(u.department, ''), sum(was_active), sum(active),
       sum(previous), sum(conversations)
FROM users u JOIN each ON each.user_id = u.id GROUP BY 1, 2
"""


def _changes(first: int) -> Callable[[Rows, Query], list[dict[str, Any]]]:
    """The two columns of `_CHANGES` from `first` on: by department in a single organization."""

    def answer(rows: Rows, query: Query) -> list[dict[str, Any]]:
        sums: dict[str, list[int]] = {}
        for row in rows:
            found = sums.setdefault(row[len(query.organizations)], [0, 0])
            found[0] += int(row[first])
            found[1] += int(row[first + 1])
        found_rows = [
            {"name": key or None, "before": before, "now": now, "difference": now - before}
            for key, (before, now) in sums.items()
        ]
        return sorted(
            found_rows,
            key=lambda row: (-abs(row["difference"]), -row["now"], *by_name(row["name"])),
        )

    return answer


# --- organizations and twins --------------------------------------------------------------------


def _per_user(table: str) -> str:
    return (
        f"(SELECT s.user_id, count(*) AS n FROM {table} e JOIN sessions s ON s.id = e.session_id"
        " WHERE {during}{people} GROUP BY 1)"
    )


def _groups(by: Sequence[str]) -> str:
    columns = ", ".join(f"coalesce(u.{name}, '')" for name in by)
    keys = ", ".join(str(n) for n in range(1, len(by) + 1))
    return f"""
WITH each AS (
    SELECT user_id, max(CASE WHEN moment >= $start THEN 1 ELSE 0 END) AS active,
           sum(CASE WHEN moment >= $start THEN started ELSE 0 END) AS conversations,
           sum(CASE WHEN moment < $start THEN started ELSE 0 END) AS previous
    FROM {_acted("$before")} AS acted GROUP BY user_id
)
SELECT {columns}, count(*), coalesce(sum(each.active), 0), coalesce(sum(each.conversations), 0),
       coalesce(sum(each.previous), 0), coalesce(sum(drafted.n), 0), coalesce(sum(ran.n), 0)
FROM users u LEFT JOIN each ON each.user_id = u.id
LEFT JOIN {_per_user("documents")} drafted ON drafted.user_id = u.id
LEFT JOIN {_per_user("queries")} ran ON ran.user_id = u.id
WHERE 1 = 1{{members}} GROUP BY {keys}
"""


def _grouped(*by: str) -> Callable[[Rows, Query], list[dict[str, Any]]]:
    def answer(rows: Rows, query: Query) -> list[dict[str, Any]]:
        found = []
        for row in rows:
            names = {name: key or None for name, key in zip(by, row, strict=False)}
            people, users, now, before, documents, queries = map(int, row[len(by) :])
            found.append(
                {
                    **names,
                    "people": people,
                    "active_users": users,
                    "conversations": now,
                    "previous_conversations": before,
                    "conversations_change": change(now, before),
                    "documents": documents,
                    "queries": queries,
                }
            )
        # Organizations by conversations; departments by organization, then conversations.
        *outer, last = by
        return sorted(
            found,
            key=lambda row: (
                *(by_name(row[name]) for name in outer),
                -row["conversations"],
                -row["active_users"],
                by_name(row[last]),
            ),
        )

    return answer


def _per_twin(table: str) -> str:
    return (
        f"(SELECT s.twin_id, count(*) AS n FROM {table} e JOIN sessions s ON s.id = e.session_id"
        " WHERE {during}{people} GROUP BY 1)"
    )


_INSIDE = "acted.moment >= $start AND acted.moment < $after"
_TWINS = f"""
WITH used AS (
    SELECT acted.twin_id, max(acted.moment) AS last,
           count(DISTINCT CASE WHEN {_INSIDE} THEN acted.user_id END) AS users,
           sum(CASE WHEN {_INSIDE} THEN started ELSE 0 END) AS conversations,
           sum(CASE WHEN {_INSIDE} AND acted.user_id <> t.user_id THEN started ELSE 0 END) AS others
    FROM {_acted("", "s.user_id, s.twin_id")} AS acted JOIN twins t ON t.id = acted.twin_id
    GROUP BY 1
)
SELECT t.id, t.name, o.full_name, o.email, t.is_shared, day_of(t.created_at),
       coalesce(used.users, 0), coalesce(used.conversations, 0), coalesce(used.others, 0),
       coalesce(drafted.n, 0), coalesce(ran.n, 0), day_of(used.last)
FROM twins t LEFT JOIN users o ON o.id = t.user_id
LEFT JOIN used ON used.twin_id = t.id
LEFT JOIN {_per_twin("documents")} drafted ON drafted.twin_id = t.id
LEFT JOIN {_per_twin("queries")} ran ON ran.twin_id = t.id
WHERE used.twin_id IS NOT NULL OR drafted.n > 0 OR ran.n > 0 OR (1 = 1{{owners}})
"""


def _twins(rows: Rows, query: Query) -> list[dict[str, Any]]:
    names = (
        "id", "name", "owner_name", "owner_email", "is_shared", "installed_on", "active_users",
        "conversations", "conversations_by_others", "documents", "queries", "last_used",
    )  # fmt: skip
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for row in found:
        row["id"], row["is_shared"] = str(row["id"]), bool(row["is_shared"])
        for name in ("installed_on", "last_used"):
            row[name] = row[name] and _date(row[name])
    return sorted(
        found, key=lambda r: (-r["conversations"], -r["active_users"], r["name"], r["id"])
    )


# --- 28 days ------------------------------------------------------------------------------------


def _of_28_days(counted: str) -> str:
    """How many people have each number in the 28 days, and in the 28 before; the first active day.

    `counted` is an aggregate of what makes them active, "…" where it is of one of the two.
    """
    now, before = (counted.replace("…", f"moment {sign} $window") for sign in (">=", "<"))
    return f"""
WITH each AS (
    SELECT user_id, {now} AS now, {before} AS before FROM {_acted("$earlier")} AS acted GROUP BY 1
), first AS (
    SELECT min(day) AS day FROM (
        SELECT day_of(min(started_at)) AS day FROM sessions
        UNION ALL SELECT day_of(min(created_at)) FROM messages WHERE sender_type = 'user'
    ) AS firsts
)
SELECT first.day, each.now, each.before, count(*) FROM each CROSS JOIN first GROUP BY 1, 2, 3
"""


_POWER_CURVE = _of_28_days("count(DISTINCT CASE WHEN … THEN day_of(moment) END)")
_CONCENTRATION = _of_28_days("coalesce(sum(CASE WHEN … THEN started END), 0)")


def _numbers(rows: Rows, query: Query) -> tuple[list[int], list[int]]:
    """The number of each person, most first, in the 28 days and in those before; none of days that
    begin before the data."""
    ends = [query.period.end - timedelta(28 * n) for n in (0, 1)]
    first = _date(rows[0][0]) if rows else date.max
    found = []
    for n, end in enumerate(ends, 1):
        numbers = (int(row[n]) for row in rows for _ in range(row[3]))
        known = end - timedelta(27) >= first
        found.append(sorted(filter(None, numbers), reverse=True) if known else [])
    return found[0], found[1]


def _power_curve(rows: Rows, query: Query) -> list[dict[str, Any]]:
    now, before = _numbers(rows, query)
    return [
        {
            "active_days": k,
            "people": sum(n >= k for n in now),
            "share": percentage(sum(n >= k for n in now), len(now)),
            "previous_people": sum(n >= k for n in before) if before else None,
            "previous_share": percentage(sum(n >= k for n in before), len(before)),
        }
        for k in (range(1, 29) if now else ())
    ]


def _concentration(rows: Rows, query: Query) -> list[dict[str, Any]]:
    answer: dict[str, Any] = {}
    for prefix, numbers in zip(("", "previous_"), _numbers(rows, query), strict=True):
        total, people, half = sum(numbers), len(numbers), 0
        while 2 * sum(numbers[:half]) < total:
            half += 1
        whole, part = divmod(people, 10)
        tenths = 10 * sum(numbers[:whole]) + part * (numbers[whole] if part else 0)
        answer |= {
            f"{prefix}conversations": total if numbers else None,
            f"{prefix}people": people if numbers else None,
            f"{prefix}half_people": half if numbers else None,
            f"{prefix}top_tenth_share": percentage(tenths, 10 * total) if whole else None,
        }
    return [answer]


# --- what is loaded -----------------------------------------------------------------------------


def _loaded(table: str) -> str:
    parents = {
        "users": ("", "e.id"),
        "twins": ("LEFT JOIN users u ON u.id = e.user_id", "u.id"),
        "sessions": ("LEFT JOIN users u ON u.id = e.user_id", "u.id"),
    }
    through = (
        "LEFT JOIN sessions s ON s.id = e.session_id LEFT JOIN users u ON u.id = s.user_id",
        "u.id",
    )
    joins, parent = parents.get(table, through)
    at = "e.started_at" if table == "sessions" else "e.created_at"
    kept = f"CASE WHEN {parent} IS NOT NULL THEN {at} END"
    undated = (
        "0"
        if table == "users"
        else f"count(CASE WHEN {parent} IS NOT NULL AND {at} IS NULL THEN 1 END)"
    )
    return (
        f"SELECT '{table}', count(*), min({kept}), max({kept}), {undated},"
        f" count(*) - count({parent}) FROM {table} e {joins}"
    )


_SOURCES = " UNION ALL ".join(
    map(_loaded, ("users", "twins", "sessions", "messages", "documents", "queries"))
)


def _sources(rows: Rows, query: Query) -> list[dict[str, Any]]:
    names = "table", "rows", "first", "last", "undated", "orphaned"
    found = {row[0]: dict(zip(names, row, strict=True)) for row in rows}
    for row in found.values():
        row["first"], row["last"] = _naive(row["first"]), _naive(row["last"])
    return [found[name] for name in ("users", "twins", "sessions", "messages", "documents",
                                     "queries")]  # fmt: skip


def _naive(at: object) -> str:
    """A moment as both databases write it."""
    text = str(at).removesuffix("+00:00")
    return text if "." in text else f"{text}.000000"


# --- depth and reach ----------------------------------------------------------------------------

_ASKED = """(
    SELECT s.id, count(CASE WHEN e.sender_type = 'user' THEN 1 END) AS asked,
           count(CASE WHEN e.sender_type = 'twin' THEN 1 END) AS answered
    FROM sessions s LEFT JOIN messages e ON e.session_id = s.id
    WHERE {started}{people} GROUP BY s.id
) AS talks"""
_DEPTH = f"""
SELECT CASE WHEN asked < {MOST_ASKED} THEN asked ELSE {MOST_ASKED} END, count(*)
FROM {_ASKED} GROUP BY 1
"""


def _depth(rows: Rows, query: Query) -> list[dict[str, Any]]:
    found, total = dict(map(tuple, rows)), sum(number for _, number in rows)
    return [
        {"asked": n, "conversations": found.get(n, 0), "share": percentage(found.get(n, 0), total)}
        for n in range(MOST_ASKED + 1 if total else 0)
    ]


_DEPTH_SUMMARY = f"""
SELECT count(*), coalesce(sum(asked), 0), count(CASE WHEN asked = 1 THEN 1 END),
       count(CASE WHEN asked > 0 AND answered = 0 THEN 1 END) FROM {_ASKED}
"""


def _depth_summary(rows: Rows, query: Query) -> list[dict[str, Any]]:
    conversations, messages, one, unanswered = map(int, rows[0])
    return [
        {
            "conversations": conversations,
            "messages": messages,
            "messages_per_conversation": average(messages, conversations),
            "one_message": one,
            "one_message_share": percentage(one, conversations),
            "unanswered": unanswered,
            "unanswered_share": percentage(unanswered, conversations),
        }
    ]


_MEETINGS = """(
    SELECT min(s.started_at) AS moment FROM sessions s
    WHERE s.twin_id IS NOT NULL{people} GROUP BY s.user_id, s.twin_id
) AS met"""
_REACH = f"""
SELECT (SELECT count(*) FROM sessions s JOIN twins t ON t.id = s.twin_id
        WHERE t.user_id = s.user_id AND {{started}}{{people}}),
       (SELECT count(*) FROM sessions s JOIN twins t ON t.id = s.twin_id
        WHERE t.user_id <> s.user_id AND {{started}}{{people}}),
       (SELECT count(*) FROM sessions s LEFT JOIN twins t ON t.id = s.twin_id
        WHERE t.id IS NULL AND {{started}}{{people}}),
       (SELECT count(DISTINCT acted.user_id)
        FROM {_acted("$start", "s.user_id, s.twin_id")} AS acted
        JOIN twins t ON t.id = acted.twin_id WHERE t.user_id <> acted.user_id),
       (SELECT count(DISTINCT s.user_id) FROM documents e JOIN sessions s ON s.id = e.session_id
        WHERE {{during}}{{people}}),
       (SELECT count(DISTINCT s.user_id) FROM queries e JOIN sessions s ON s.id = e.session_id
        WHERE {{during}}{{people}}),
       (SELECT count(*) FROM {_MEETINGS} WHERE moment >= $start AND moment < $after)
"""


def _reach(rows: Rows, query: Query) -> list[dict[str, Any]]:
    names = (
        "own_conversations", "others_conversations", "unknown_conversations", "others_twin_users",
        "document_users", "query_users", "first_meetings",
    )  # fmt: skip
    return [dict(zip(names, rows[0], strict=True))]


_FIRST_MEETINGS = "SELECT c.day, coalesce(met.n, 0) " + _CALENDAR.format(
    "LEFT JOIN (SELECT day_of(moment) AS day, count(*) AS n"
    f" FROM {_MEETINGS} GROUP BY 1) met ON met.day = c.day"
)


def _first_meetings(rows: Rows, query: Query) -> list[dict[str, Any]]:
    return [_dated(day, first_meetings=meetings) for day, meetings in rows]


# --- the activity list --------------------------------------------------------------------------


def _list(carrying: str = "") -> str:
    kind = f" AND EXISTS (SELECT 1 FROM {carrying} k WHERE k.session_id = s.id)" if carrying else ""
    wanted = f"FROM sessions s WHERE {{started}}{{people}}{kind}"
    return f"""
WITH page AS (
    SELECT s.id, s.user_id, s.twin_id, s.title, s.started_at {wanted}
    ORDER BY s.started_at DESC, s.id DESC LIMIT {PAGE} OFFSET $offset
), sent AS (
    SELECT e.session_id, count(*) AS n, min(e.created_at) AS first, max(e.created_at) AS last
    FROM messages e WHERE e.session_id IN (SELECT id FROM page) GROUP BY 1
)
SELECT p.id, u.full_name, u.email, t.name, o.email, coalesce(sent.n, 0),
       (SELECT count(*) FROM documents d WHERE d.session_id = p.id),
       (SELECT count(*) FROM queries q WHERE q.session_id = p.id),
       coalesce(micros(sent.last) - micros(sent.first), 0), (SELECT count(*) {wanted})
FROM page p JOIN users u ON u.id = p.user_id LEFT JOIN sent ON sent.session_id = p.id
LEFT JOIN twins t ON t.id = p.twin_id LEFT JOIN users o ON o.id = t.user_id
ORDER BY p.started_at DESC, p.id DESC
"""


def _activities(rows: Rows, query: Query) -> list[dict[str, Any]]:
    names = (
        "id", "user", "user_email", "twin_name", "twin_owner", "message_count", "document_count",
        "query_count", "duration", "total",
    )  # fmt: skip
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for row in found:
        row["id"], row["duration"] = str(row["id"]), duration_text(int(row["duration"]))
    return found


ANSWERS: dict[str, Answer] = {
    "metrics": Answer(_METRICS, _metrics),
    "active-users": Answer(_ACTIVE_USERS, _active_users),
    "conversations": Answer(_series(asked="sessions", sent="messages"), _conversations),
    "engagement": Answer(
        _series(asked="sessions", ran="queries", drafted="documents"), _engagement
    ),
    "installations": Answer(_INSTALLATIONS, _installations),
    "feature-usage": Answer(_FEATURES, _features),
    "hourly-activity": Answer(_HOURS, _hours),
    "leaderboard": Answer(_LEADERS, _leaders),
    "retention": Answer(_RETENTION, _retention),
    "cohorts": Answer(_COHORTS, _cohorts),
    "adoption": Answer(_ADOPTION, _adoption),
    "lifecycle": Answer(_LIFECYCLE, _lifecycle),
    "change-of-active-users": Answer(_CHANGES, _changes(2)),
    "change-of-conversations": Answer(_CHANGES, _changes(4)),
    "activation": Answer(_ACTIVATION, _activation),
    "activation-time": Answer(_FIRST_USE, _first_use),
    "depth": Answer(_DEPTH, _depth),
    "depth-summary": Answer(_DEPTH_SUMMARY, _depth_summary),
    "reach": Answer(_REACH, _reach),
    "first-meetings": Answer(_FIRST_MEETINGS, _first_meetings),
    "power-curve": Answer(_POWER_CURVE, _power_curve),
    "concentration": Answer(_CONCENTRATION, _concentration),
    "organizations": Answer(_groups(["company"]), _grouped("organization")),
    "departments": Answer(
        _groups(["company", "department"]), _grouped("organization", "department")
    ),
    "twins": Answer(_TWINS, _twins),
    "topics": Answer(_TOPICS, _named("topic", "conversations")),
    "document-types": Answer(_DOCUMENT_TYPES, _named("document_type", "documents")),
    "sources": Answer(_SOURCES, _sources),
    "activities": Answer(_list(), _activities),
    "activities of type document": Answer(_list("documents"), _activities),
}
