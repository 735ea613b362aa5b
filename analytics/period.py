"""Days: the period of a question, the days with data, and presets. Nothing here reads the clock."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from analytics.errors import QueryError

MAX_DAYS = 3_660
YEAR_DAYS = 364  # 52 weeks: the same weekdays a year earlier
DEFAULT_PRESET = "Last 30 days"


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
    def complete(self) -> "Period | None":
        """Its complete days; None where there is none."""
        return replace(self, end=self.complete_end) if self.complete_days else None

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
