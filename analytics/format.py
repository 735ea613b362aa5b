"""How numbers and dates are written, on the page and in what is taken from it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from analytics.period import Period
from analytics.query import Query

_MINUS = "\u2212"


def number(value: float | None) -> str:
    """With thousands separators, one decimal for fractions; "n/a" for None."""
    if value is None:
        return "n/a"
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    return text.replace("-", _MINUS)


def percent(value: float | None) -> str:
    """One decimal and the unit; "n/a" for None."""
    return "n/a" if value is None else f"{number(float(value))} %"


def signed(value: float) -> str:
    """A number with its sign; zero has none."""
    return f"+{number(value)}" if value > 0 else number(value)


def difference(value: float, previous: float, percents: float | None) -> str:
    """As "+12 (+16.7 %)"; "new" where there was nothing."""
    if percents is None:
        return "new"
    if value == previous:
        return "0 (0.0 %)"
    return f"{signed(value - previous)} ({signed(float(percents))} %)"


def points(change: float | None) -> str:
    """A difference of rates, as "+1.2 pp"; "new" where there was nothing to compare with."""
    return "new" if change is None else f"{signed(change)} pp"


def change(value: float | None) -> str:
    """A change in percent with its sign and arrow; "new" where there was nothing before."""
    if value is None:
        return "new"
    if value == 0:
        return "0.0 %"
    return f"{'↑ +' if value > 0 else '↓ '}{percent(value)}"


def moved(value: float, previous: float, percents: float | None) -> str:
    """How a figure moved, with the figure it came to, as "rose 12.0 % to 84"."""
    if value == previous:
        return f"stayed at {number(value)}"
    if percents is None or percents == 0:  # from nothing, or by less than can be written
        verb = "rose" if value > previous else "fell"
        return f"{verb} from {number(previous)} to {number(value)}"
    return f"{'rose' if percents > 0 else 'fell'} {percent(abs(percents))} to {number(value)}"


def day(value: date | None) -> str:
    """As 21 Nov 2026."""
    return f"{value.day} {value:%b %Y}" if value else "never"


def short_day(value: date) -> str:
    """As Tue 4 Nov 2026."""
    return f"{value:%a} {value.day} {value:%b} {value.year}"


def long_day(value: date, *, year: bool = True) -> str:
    """As Tuesday 4 November 2026."""
    return f"{value:%A} {value.day} {value:%B}" + (f" {value.year}" if year else "")


def days(period: Period) -> str:
    """As 23 Oct - 21 Nov 2026, or one day."""
    if period.days == 1:
        return day(period.start)
    start = f"{period.start.day} {period.start:%b}"
    if period.start.year != period.end.year:
        start += f" {period.start.year}"
    return f"{start} \u2013 {day(period.end)}"


def compared_name(query: Query) -> str:
    """What a question is compared with: "Previous period", "52 weeks earlier", or its dates."""
    if query.against is None:
        return "Previous period"
    if query.compares_a_year_earlier:
        return "52 weeks earlier"
    return days(query.against)


def count(value: int, noun: str, plural: str = "") -> str:
    """As 1 day, 2 days."""
    return f"{number(value)} {noun if value == 1 else plural or noun + 's'}"


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """Local date and time as 21 Nov 2026, 18:33."""
    if at is None:
        return "no date"
    shown = local(at, zone)
    return f"{day(shown.date())}, {shown:%H:%M}"


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """A moment in a time zone; as it is where that would lie before the year 1 or after 9999."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at


def duration_text(microseconds: int) -> str:
    """Minutes and floored seconds, as "5m 30s"."""
    minutes, seconds = divmod(microseconds // 1_000_000, 60)
    return f"{minutes}m {seconds}s"
