"""Time as integers, and the local day and hour it falls on."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, column, create_engine, insert, select, table
from sqlmodel import SQLModel

from analytics.models import table_of
from analytics.sql.timestamps import (
    ZoneOffset,
    day_of,
    from_instant,
    hour_of,
    local,
    to_instant,
    zone_offsets,
)

MOMENT = table("moment", column("at", BigInteger))


def test_instants_count_from_year_one() -> None:
    assert to_instant(datetime(1, 1, 1, tzinfo=UTC)) == 0
    assert to_instant(datetime(1, 1, 2, 0, 0, 0, 1, UTC)) == 86_400_000_001
    berlin = datetime(2026, 7, 1, 2, tzinfo=ZoneInfo("Europe/Berlin"))
    assert from_instant(to_instant(berlin)) == datetime(2026, 7, 1, tzinfo=UTC)


def changes(zone: str, year: int) -> list[tuple[str, float]]:
    """The clock changes of a year: the UTC moment, and the hours ahead of UTC from then on."""
    offsets = zone_offsets(ZoneInfo(zone))
    return [
        (f"{from_instant(since):%Y-%m-%d %H:%M:%S}", offset / 3_600_000_000)
        for since, offset in offsets
        if from_instant(since).year == year
    ]


def test_utc_has_no_clock_changes() -> None:
    assert zone_offsets(ZoneInfo("UTC")) == ((0, 0),)


def test_clock_changes_are_known_to_the_second() -> None:
    assert changes("Europe/Berlin", 2026) == [
        ("2026-03-29 01:00:00", 2.0),
        ("2026-10-25 01:00:00", 1.0),
    ]
    assert changes("Europe/Berlin", 1893) == [("1893-03-31 23:06:32", 1.0)]
    assert changes("Australia/Lord_Howe", 2026) == [
        ("2026-04-04 15:00:00", 10.5),
        ("2026-10-03 15:30:00", 11.0),
    ]
    assert changes("Asia/Kolkata", 2026) == []


def local_times(zone: str, *moments: str) -> list[tuple[date, int]]:
    """The local day and hour of UTC moments, as the database computes them."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql("ATTACH ':memory:' AS rollup")
        SQLModel.metadata.create_all(connection, tables=[table_of(ZoneOffset)])
        offsets = [{"since": at, "offset": by} for at, by in zone_offsets(ZoneInfo(zone))]
        connection.execute(insert(ZoneOffset), offsets)
        connection.exec_driver_sql("CREATE TEMP TABLE moment (at INTEGER)")
        times = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in moments]
        connection.execute(insert(MOMENT), [{"at": to_instant(time)} for time in times])
        at = local(MOMENT.c.at)
        rows = connection.execute(select(day_of(at), hour_of(at)).select_from(MOMENT))
        found = [(date.fromordinal(day), hour) for day, hour in rows]
    engine.dispose()
    return found


def test_spring_forward_leaves_an_hour_out_and_keeps_the_day() -> None:
    sunday = date(2026, 3, 29)
    assert local_times(
        "Europe/Berlin",
        "2026-03-28 22:59:59.999999",
        "2026-03-28 23:00:00",
        "2026-03-29 00:59:59.999999",
        "2026-03-29 01:00:00",
        "2026-03-29 21:59:59.999999",
        "2026-03-29 22:00:00",
    ) == [
        (sunday - timedelta(1), 23),
        (sunday, 0),
        (sunday, 1),
        (sunday, 3),
        (sunday, 23),
        (sunday + timedelta(1), 0),
    ]


def test_fall_back_repeats_an_hour_of_the_same_day() -> None:
    sunday = date(2026, 10, 25)
    assert local_times(
        "Europe/Berlin",
        "2026-10-24 22:00:00",
        "2026-10-25 00:00:00",
        "2026-10-25 01:00:00",
        "2026-10-25 22:59:59.999999",
        "2026-10-25 23:00:00",
    ) == [(sunday, 0), (sunday, 2), (sunday, 2), (sunday, 23), (sunday + timedelta(1), 0)]


def test_days_before_the_first_offset_and_before_1970() -> None:
    assert local_times("UTC", "0001-01-02 00:00:00", "1969-12-31 23:59:59.999999") == [
        (date(1, 1, 2), 0),
        (date(1969, 12, 31), 23),
    ]
