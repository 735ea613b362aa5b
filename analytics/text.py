"""How numbers and dates are written, on the page and in what is taken from it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from analytics.query import Period

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


def change(value: float | None) -> str:
    """A change in percent with its sign and arrow; "new" where there was nothing before."""
    if value is None:
        return "new"
    if value == 0:
        return "0.0 %"
    return f"{'↑ +' if value > 0 else '↓ '}{percent(value)}"


def day(value: date | None) -> str:
    """As 21 Nov 2026."""
    return f"{value.day} {value:%b %Y}" if value else "never"


def days(period: Period) -> str:
    """As 23 Oct - 21 Nov 2026, or one day."""
    if period.days == 1:
        return day(period.start)
    start = f"{period.start.day} {period.start:%b}"
    if period.start.year != period.end.year:
        start += f" {period.start.year}"
    return f"{start} \u2013 {day(period.end)}"


def count(value: int, noun: str, plural: str = "") -> str:
    """As 1 day, 2 days."""
    return f"{number(value)} {noun if value == 1 else plural or noun + 's'}"


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """Local date and time as 21 Nov 2026, 18:33."""
    if at is None:
        return "no date"
    local = at.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"
