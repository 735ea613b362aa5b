"""Time as integers: instants, and the local days and hours they fall on.

An *instant* is microseconds since 0001-01-01 00:00 UTC; a *day* is Python's proleptic ordinal of
the local date (`date.toordinal()`), so that every database can compare and subtract them.
"""

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    select,
)
from sqlmodel import Field, SQLModel

MICROSECONDS = 1_000_000
HOUR = 3_600 * MICROSECONDS
DAY = 24 * HOUR
_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
UNIX_EPOCH_SECONDS = int((datetime(1970, 1, 1, tzinfo=UTC) - _YEAR_ONE).total_seconds())


def to_instant(moment: datetime) -> int:
    """The instant of an aware datetime."""
    return (moment - _YEAR_ONE) // timedelta(microseconds=1)


def from_instant(at: int) -> datetime:
    """The aware UTC datetime of an instant."""
    return _YEAR_ONE + timedelta(microseconds=at)


class ZoneOffset(SQLModel, table=True):
    """From the instant `since` on, local time is UTC plus `offset` microseconds."""

    __tablename__ = "zone_offset"
    __table_args__ = {"schema": "rollup"}

    since: int = Field(primary_key=True, sa_type=BigInteger)
    offset: int = Field(sa_type=BigInteger)


@lru_cache(maxsize=8)
def zone_offsets(zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    """(since, offset) of every clock change of `zone`, from the first known ones to the year 2200.

    Read from `zoneinfo` a day at a time and narrowed to the second; later dates keep the last.
    """

    def offset(seconds: int) -> timedelta:
        return (_YEAR_ONE + timedelta(seconds=seconds)).astimezone(zone).utcoffset() or timedelta()

    start, end = (
        int(to_instant(datetime(y, 1, 1, tzinfo=UTC)) / MICROSECONDS) for y in (1840, 2200)
    )
    changes = [(0, offset(start))]
    day = DAY // MICROSECONDS
    for before in range(start, end, day):
        if offset(before + day) != changes[-1][1]:
            moment = _first_true(before, before + day, lambda at: offset(at) != changes[-1][1])
            changes.append((moment, offset(moment)))
    return tuple(
        (since * MICROSECONDS, offset // timedelta(microseconds=1)) for since, offset in changes
    )


def _first_true(low: int, high: int, holds: Callable[[int], bool]) -> int:
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def local(at: ColumnElement[int]) -> ColumnElement[int]:
    """Local microseconds of an instant column, by the built zone table."""
    offset = (
        select(ZoneOffset.offset)  # type: ignore[call-overload]
        .where(ZoneOffset.since <= at)
        .order_by(ZoneOffset.since.desc())  # type: ignore[attr-defined]
        .limit(1)
        .scalar_subquery()
    )
    return at + offset  # type: ignore[no-any-return]


def day_of(local_at: ColumnElement[int]) -> ColumnElement[int]:
    """The day (ordinal) of a local microseconds column."""
    return local_at // DAY + 1


def hour_of(local_at: ColumnElement[int]) -> ColumnElement[int]:
    """The hour of day, 0-23, of a local microseconds column."""
    return local_at // HOUR % 24


def local_date(zone: ZoneInfo) -> Callable[[int], date]:
    """What `day_of(local(at))` is in SQL: the local date of an instant."""
    since, offsets = zip(*zone_offsets(zone), strict=True)
    return lambda at: date.fromordinal((at + offsets[bisect_right(since, at) - 1]) // DAY + 1)
