"""What is behind each figure: what it counts, and the question and detail that list it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analytics.format import count, day, short_day
from analytics.metrics import Metrics
from analytics.query import NO_DEPARTMENT, Filters, Period, Query, filter_label
from analytics.reading.details import NO_TOPIC, NO_TYPE, NOTHING, Detail
from analytics.retention import RETENTION_DAYS, Retention
from analytics.untrusted import unescaped


@dataclass(frozen=True)
class Behind:
    """A figure's name for people, and what it counts.

    `counts` has the kinds of lists ("people", "conversations", "messages", "documents", "queries",
    "installations") with how many each has; None where the figure doesn't say. `query` and `detail`
    list exactly these. Names are other people's words. `key` says what it is about, whatever was
    counted and wherever it stands among the rows of its result. `is_before` where the figure is the
    one that is compared with.
    """

    name: str
    counts: Mapping[str, int | None]
    query: Query
    detail: Detail = NOTHING
    key: tuple[str, ...] = ()
    is_before: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it counts nothing."""
        return not any(number is None or number > 0 for number in self.counts.values())


def behind(slug: str, row: Any, query: Query) -> Behind:
    """What is behind a row of a registered result: a day, a bar, an hour, a cell, a table's row."""
    return _OF_ROW[slug](row, query)


def has_behind(slug: str) -> bool:
    """Whether the rows of a registered result count what can be listed."""
    return slug in _OF_ROW


def _day(**counts: str) -> Callable[[Any, Query], Behind]:
    """Of a day: the kinds with the fields that count them."""

    def of_day(row: Any, query: Query) -> Behind:
        found = {kind: getattr(row, field) for kind, field in counts.items()}
        only = Period(row.date, row.date, query.period.today)
        key = (row.date.isoformat(),)
        return Behind(short_day(row.date), found, replace(query, period=only), key=key)

    return of_day


def _feature(row: Any, query: Query) -> Behind:
    kind = {
        "Questions Asked": "conversations",
        "Documents Drafted": "documents",
        "Information Retrieved": "queries",
    }[row.name]
    return Behind(row.name, {kind: row.value}, query, key=(row.name,))


def _hour(row: Any, query: Query) -> Behind:
    name = f"{row.hour:02}:00\u2013{row.hour:02}:59"
    # The figure is a mean a day: the list says how many there are.
    counts = {"messages": None if row.value else 0}
    return Behind(name, counts, query, Detail(hour=row.hour), (str(row.hour),))


def _in_organization(query: Query, name: str | None) -> Query:
    return replace(query, filters=replace(query.filters, organizations=(name,)))


def _leader(row: Any, query: Query) -> Behind:
    counts = {"people": row.active_users, "conversations": row.total_activities}
    return Behind(
        filter_label(row.name), counts, _in_organization(query, row.name), key=(row.name,)
    )


def _cell(row: Any, query: Query) -> Behind:
    first = f"First active in the week of {day(row.first_week)}"
    key = row.first_week.isoformat()
    if row.active_users is None or row.week == 0:
        detail = Detail(cohort=row.first_week)
        return Behind(first, {"people": row.users}, query, detail, (key,))
    detail = Detail(cohort=row.first_week, week=row.week)
    name = f"{first}, active {count(row.week, 'week')} later"
    return Behind(name, {"people": row.active_users}, query, detail, (key, str(row.week)))


def _topic(row: Any, query: Query) -> Behind:
    detail = Detail(topics=(row.topic,))
    name = filter_label(row.topic, NO_TOPIC)
    return Behind(unescaped(name), {"conversations": row.conversations}, query, detail, (name,))


def _type(row: Any, query: Query) -> Behind:
    detail = Detail(document_types=(row.document_type,))
    name = filter_label(row.document_type, NO_TYPE)
    return Behind(unescaped(name), {"documents": row.documents}, query, detail, (name,))


def _all_counts(row: Any) -> dict[str, int | None]:
    return {
        "people": row.active_users,
        "conversations": row.conversations,
        "documents": row.documents,
        "queries": row.queries,
    }


def _organization(row: Any, query: Query) -> Behind:
    name = filter_label(row.organization)
    inside = _in_organization(query, row.organization)
    return Behind(name, _all_counts(row), inside, key=(name,))


def _department(row: Any, query: Query) -> Behind:
    chosen = Filters((row.organization,), (row.department,))
    names = filter_label(row.department, NO_DEPARTMENT), filter_label(row.organization)
    return Behind(
        ", ".join(names), _all_counts(row), replace(query, filters=chosen), key=names[::-1]
    )


def _twin(row: Any, query: Query) -> Behind:
    name = f"{row.name} ({row.owner_email})" if row.owner_email else row.name
    detail = Detail(twin=row.id or "", unknown_twin=row.id is None)
    return Behind(name, _all_counts(row), query, detail, () if row.id is None else (row.id,))


_OF_ROW: dict[str, Callable[[Any, Query], Behind]] = {
    "active-users": _day(people="active_users"),
    "conversations": _day(conversations="conversations", messages="messages"),
    "engagement": _day(
        conversations="question_asked", queries="info_retrieved", documents="documents_drafted"
    ),
    "feature-usage": _feature,
    "hourly-activity": _hour,
    "leaderboard": _leader,
    "cohorts": _cell,
    "topics": _topic,
    "document-types": _type,
    "organizations": _organization,
    "departments": _department,
    "twins": _twin,
}


# --- cards -------------------------------------------------------------------------------------


def behind_metrics(row: Metrics, query: Query) -> list[Sequence[Behind]]:
    """What is behind each headline figure, and behind the one it is compared with."""
    kinds = (
        ("people", row.total_active_users, row.previous_active_users),
        ("conversations", row.total_conversations, row.previous_conversations),
        ("documents", row.documents_drafted, row.previous_documents),
        ("installations", row.twin_installations, row.previous_installations),
    )
    return [
        (
            Behind("", {kind: now}, query),
            Behind(BEFORE, {kind: before}, query.previous, is_before=True),
        )
        for kind, now, before in kinds
    ]


BEFORE = "Before"


def behind_retention(
    row: Retention, returned: Sequence[int], used: Metrics, query: Query
) -> list[Sequence[Behind]]:
    """What is behind each retention figure, in the order of the cards: those who came back and
    those who could, what sessions and durations are means of, and power users.

    `returned` has how many came back on day 1, 7 and 30, `used` the headline figures of the same
    question.
    """
    people, conversations = used.total_active_users, used.total_conversations
    days: list[Sequence[Behind]] = []
    for n, came in zip(RETENTION_DAYS, returned, strict=True):
        eligible: int = getattr(row, f"day{n}_eligible")
        days.append((
            Behind(f"Came back on day {n}", {"people": came}, query, Detail(returned=n)),
            Behind(f"Could come back on day {n}", {"people": eligible}, query, Detail(eligible=n)),
        ))  # fmt: skip
    per_user = Behind("", {"conversations": conversations, "people": people}, query)
    power = Behind("", {"people": row.power_users}, query, Detail(power_users=True))
    everybody = Behind("All active", {"people": people}, query)
    lasted = Behind("", {"conversations": conversations}, query)
    return [*days, (per_user,), (power, everybody), (lasted,)]
