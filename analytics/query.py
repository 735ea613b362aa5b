"""What a result is asked for: one frozen `Query` of a period and filters.

Nothing here reads the clock or the database: `today` is passed in at the edge (page, API), and
`Span` says what days the data have.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

MAX_DAYS = 3_660
YEAR_DAYS = 364  # 52 weeks: the same weekdays a year earlier
DEFAULT_PRESET = "Last 30 days"
NO_ORGANIZATION = "No organization"
NO_DEPARTMENT = "No department"
NAMELESS = {"organization": NO_ORGANIZATION, "department": NO_DEPARTMENT}


class QueryError(ValueError):
    """A question that can't be asked: names the parameter, the value and the remedy."""

    def __init__(self, parameter: str, value: object, remedy: str) -> None:
        self.parameter, self.value, self.remedy = parameter, value, remedy
        super().__init__(f"{parameter} = {value}: {remedy}")


@dataclass(frozen=True)
class Period:
    """The days `start … end`, both included, seen on the day `today`.

    Raises QueryError when the dates are reversed, or span more than 3,660 days; but a list may be
    of any days, with either end open (`open_period`).
    """

    start: date
    end: date
    today: date
    has_start: bool = True
    has_end: bool = True
    of_list: bool = False

    def __post_init__(self) -> None:
        """Refuse what has no answer."""
        if self.end < self.start:
            raise QueryError(
                "end_date", self.end, f"the period ends before it starts ({self.start}); swap them"
            )
        if not self.of_list and self.days > MAX_DAYS:
            raise QueryError(
                "start_date",
                self.start,
                f"the period has {self.days:,} days; choose at most {MAX_DAYS:,}",
            )

    @property
    def days(self) -> int:
        """Number of days, both ends included."""
        return (self.end - self.start).days + 1

    @property
    def previous(self) -> "Period":
        """The same number of days, ending the day before `start`.

        Raises QueryError where that would lie before the year 1.
        """
        if self.start.toordinal() <= self.days:
            raise QueryError(
                "start_date",
                self.start,
                "there is no period before it to compare with; start later",
            )
        return replace(self, start=self.start - timedelta(self.days), end=self.start - timedelta(1))

    @property
    def year_earlier(self) -> "Period":
        """The same weekdays 52 weeks (364 days) earlier.

        Raises QueryError where that would lie before the year 1.
        """
        if self.start.toordinal() <= YEAR_DAYS:
            raise QueryError(
                "start_date",
                self.start,
                "there are no days 52 weeks before it to compare with; start later",
            )
        year = timedelta(YEAR_DAYS)
        return replace(self, start=self.start - year, end=self.end - year)

    def shift_to(self, other: "Period") -> int:
        """How many days lie between a day of this period and the day of `other` it stands beside.

        The first days stand beside each other, unless `other` is long enough to put every day
        beside the same weekday a few days later. Days that then fall outside `other` have none.
        """
        between = (self.start - other.start).days
        weeks = between // 7 * 7
        return weeks if between - weeks <= other.days - self.days else between

    @property
    def complete_end(self) -> date:
        """The last complete day of the period: before today. Before `start` if there is none."""
        return min(self.end, self.today - timedelta(1))

    @property
    def complete_days(self) -> int:
        """Number of complete days (those before today)."""
        return max(0, (self.complete_end - self.start).days + 1)

    @property
    def includes_today(self) -> bool:
        """Whether days that are not over yet count."""
        return self.end >= self.today

    def dates(self) -> list[date]:
        """Every day of the period, in order."""
        return [self.start + timedelta(n) for n in range(self.days)]


def open_period(start: date | None, end: date | None, today: date) -> Period:
    """The days of a list, from `start` to `end`, either of which may be open."""
    has = start is not None, end is not None
    return Period(start or date.min, end or date.max, today, *has, of_list=True)


def compared_period(start: date, end: date, today: date) -> Period:
    """A chosen period to compare with; raises QueryError that names `compare_…_date`."""
    try:
        return Period(start, end, today)
    except QueryError as error:
        name = f"compare_{error.parameter}"
        raise QueryError(name, error.value, error.remedy) from None


# The types that an activity can carry; every one is a conversation.
TYPES = ("all", "conversation", "document", "query", "shared_twin")
RETENTION_DAYS = (1, 7, 30)
_MAX_WEEK = 10_000  # beyond 190 years
_LAST_HOUR = 23
Names = tuple[str | None, ...]


@dataclass(frozen=True)
class Query:
    """One frozen question: the only language for "which rows".

    Results that compare do so with the period `against`; None is the previous period. All else are
    filters, empty where nothing is asked; `reading.filters` has each with its parameter, its words
    and its condition.

    Whose activity counts: people of any of `organizations` and `departments` (None: without one),
    those whose e-mail contains `user`, one `person` (a user id), a cohort cell (people first active
    in the week that begins on the Monday `cohort`, active `week` weeks later; week 0 is all of
    them), `eligible` or `returned` for day 1, 7 or 30 (as `retention` counts them), `power_users`.

    What happened: a `twin` (its id) or `unknown_twin` (twins that are gone), `by_others` than the
    twin's owner, `topics` of the conversation (None: without one), a `type` that it carries, words
    of it to `search` for, an `hour` 0-23 of the complete days, `document_types`. `messages`:
    conversations that hold messages of the period, whenever they started; an hour means that too.

    Raises QueryError for a value that has no meaning.
    """

    period: Period
    organizations: Names = ()
    departments: Names = ()
    against: Period | None = None
    user: str = ""
    person: str = ""
    twin: str = ""
    unknown_twin: bool = False
    by_others: bool = False
    topics: Names = ()
    type: str = "all"
    search: str = ""
    hour: int | None = None
    document_types: Names = ()
    messages: bool = False
    cohort: date | None = None
    week: int | None = None
    eligible: int | None = None
    returned: int | None = None
    power_users: bool = False

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.type not in TYPES:
            raise QueryError("type", self.type, f"choose one of {', '.join(TYPES)}")
        if self.hour is not None and not 0 <= self.hour <= _LAST_HOUR:
            raise QueryError("hour", self.hour, "choose an hour of the day, 0 to 23")
        if self.twin and self.unknown_twin:
            raise QueryError("unknown_twin", "true", "a twin is chosen too; leave one of them out")
        if self.by_others and self.unknown_twin:
            raise QueryError(
                "by_others", "true", "nobody knows who owned a twin that is gone; leave it out"
            )
        if self.cohort and self.cohort.weekday():
            monday = self.cohort - timedelta(self.cohort.weekday())
            raise QueryError("cohort", self.cohort, f"is no Monday; the week begins on {monday}")
        if self.week is not None and self.cohort is None:
            raise QueryError("week", self.week, "counts from a first week; add cohort")
        if self.week is not None and not 0 <= self.week <= _MAX_WEEK:
            raise QueryError("week", self.week, f"choose 0 to {_MAX_WEEK:,}")
        for name in ("eligible", "returned"):
            days = getattr(self, name)
            if days is not None and days not in RETENTION_DAYS:
                raise QueryError(name, days, "choose 1, 7 or 30")

    @property
    def previous(self) -> "Query":
        """The same question about the period that this one is compared with.

        Raises QueryError where that would lie before the year 1.
        """
        return replace(self, period=self.against or self.period.previous, against=None)

    @property
    def slices(self) -> "Query":
        """The same question of everybody in its organizations and departments."""
        return Query(self.period, self.organizations, self.departments, self.against)

    @property
    def is_of_slices(self) -> bool:
        """Whether it asks for organizations and departments at most, of which cells know all."""
        return self == self.slices

    @property
    def everything(self) -> "Query":
        """The same question of the whole database."""
        return Query(self.period, against=self.against)

    @property
    def of_people(self) -> "Query":
        """The same question without its event filters: accounts and installations ignore them."""
        return replace(
            self, twin="", unknown_twin=False, by_others=False, topics=(), type="all", search="",
            hour=None, document_types=(), messages=False,
        )  # fmt: skip

    @property
    def names_people(self) -> bool:
        """Whether it says who is meant, active in the period or not."""
        return bool(
            self.person or self.cohort or self.eligible or self.returned or self.power_users
        )

    @property
    def names_events(self) -> bool:
        """Whether it says what must have happened."""
        return bool(
            self.twin or self.unknown_twin or self.by_others or self.topics
            or self.hour is not None or self.document_types or self.search or self.type != "all"
        )  # fmt: skip


@dataclass(frozen=True)
class Span:
    """Which days the whole database has data on, filters ignored, up to today.

    A day has data when a conversation, message, document or query falls on it.
    """

    first: date | None
    last: date | None
    last_before_today: date | None

    def anchor(self, today: date) -> date:
        """The day that presets end on: the earlier of the last complete day and the last with data.

        With no data before today it is today.
        """
        if self.last is None or self.last_before_today is None:
            return today
        return min(today - timedelta(1), self.last)


def _last_days(days: int) -> Callable[[date, Span], date]:
    return lambda anchor, _: date.fromordinal(max(1, anchor.toordinal() - days + 1))


# Preset -> its first day, given the anchor (on which it ends) and the days with data.
PRESETS: dict[str, Callable[[date, Span], date]] = {
    "Last 7 days": _last_days(7),
    "Last 28 days": _last_days(28),
    "Last 30 days": _last_days(30),
    "Last 90 days": _last_days(90),
    "Month to date": lambda anchor, _: anchor.replace(day=1),
    "Quarter to date": lambda anchor, _: anchor.replace(
        month=(anchor.month - 1) // 3 * 3 + 1, day=1
    ),
    "Year to date": lambda anchor, _: anchor.replace(month=1, day=1),
    "All": lambda anchor, span: min(anchor, span.first or anchor),
}
PRESET_NAMES = ("Today", *PRESETS, "Previous month")


def preset_period(name: str, span: Span, today: date) -> Period:
    """The period that a preset means on the day `today`.

    "Today" is today; "Previous month" is the calendar month before the anchor's; all others end on
    the anchor. "All" is cut to the latest 3,660 days. Raises QueryError for an unknown name.
    """
    if name == "Today":
        return Period(today, today, today)
    anchor = span.anchor(today)
    if name == "Previous month":
        # The first month of the calendar has none before it.
        end = date.fromordinal(max(31, anchor.replace(day=1).toordinal() - 1))
        return Period(end.replace(day=1), end, today)
    if name not in PRESETS:
        raise QueryError("preset", name, f"choose one of {', '.join(PRESET_NAMES)}")
    start = PRESETS[name](anchor, span)
    return Period(max(start, _last_days(MAX_DAYS)(anchor, span)), anchor, today)


def parse_date(parameter: str, text: str) -> date:
    """A calendar date written `YYYY-MM-DD`; raises QueryError for anything else."""
    try:
        parsed = date.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.isoformat() != text:
        raise QueryError(
            parameter, text, "is no calendar date; write it as YYYY-MM-DD, for example 2026-11-21"
        )
    return parsed


def filter_label(name: str | None, none: str = NO_ORGANIZATION) -> str:
    """How a filter value is written on the page, in links and in the API.

    None is written as `none`; a real name that reads the same, or begins with '=', gets a '='
    before it, so that no name can be mistaken for another.
    """
    if name is None:
        return none
    return f"={name}" if name == none or name.startswith("=") else name


def filter_values(labels: Iterable[str], none: str = NO_ORGANIZATION) -> tuple[str | None, ...]:
    """Read back what `filter_label` wrote, sorted and without repeats: equal asks are equal."""
    names = {
        None if label == none else label.removeprefix("=") if label.startswith("=") else label
        for label in labels
    }
    return tuple(sorted(names, key=lambda name: (name is None, name or "")))
