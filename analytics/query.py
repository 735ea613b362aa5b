"""What a result is asked for: one frozen `Query` of a period and filters.

Nothing here reads the clock or the database: `today` is passed in at the edge (page, API), and
`Span` says what days the data have.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
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

    Raises QueryError when the dates are reversed or span more than 3,660 days.
    """

    start: date
    end: date
    today: date

    def __post_init__(self) -> None:
        """Refuse what has no answer."""
        if self.end < self.start:
            raise QueryError(
                "end_date", self.end, f"the period ends before it starts ({self.start}); swap them"
            )
        if self.days > MAX_DAYS:
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


def compared_period(start: date, end: date, today: date) -> Period:
    """A chosen period to compare with; raises QueryError that names `compare_…_date`."""
    try:
        return Period(start, end, today)
    except QueryError as error:
        name = f"compare_{error.parameter}"
        raise QueryError(name, error.value, error.remedy) from None


@dataclass(frozen=True)
class Filters:
    """Whose activity counts: users of any of `organizations` and any of `departments`.

    Empty means everybody; None stands for "No organization" (NULL or '').
    """

    organizations: tuple[str | None, ...] = ()
    departments: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Query:
    """One frozen question: every result is a function of a session and one of these.

    Results that compare do so with the period `against`; None is the previous period.
    """

    period: Period
    filters: Filters = field(default_factory=Filters)
    against: Period | None = None

    @property
    def previous(self) -> "Query":
        """The same question about the period that this one is compared with.

        Raises QueryError where that would lie before the year 1.
        """
        return replace(self, period=self.against or self.period.previous, against=None)

    @property
    def compares_a_year_earlier(self) -> bool:
        """Whether it compares with the same weekdays 52 weeks earlier (`Period.year_earlier`)."""
        if self.against is None or self.against.days != self.period.days:
            return False
        return (self.period.start - self.against.start).days == YEAR_DAYS


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


def filter_names(query: Query) -> list[str]:
    """The organizations and departments that are chosen, as the page and the API name them."""
    return [
        *(filter_label(name) for name in query.filters.organizations),
        *(filter_label(name, NO_DEPARTMENT) for name in query.filters.departments),
    ]
