"""Whole columns at once: instants, local times and ids as the database stores them."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Columns = dict[str, list[Any]]
"""Column name to values, all of one length."""

SECOND = 1_000_000  # instants are microseconds
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

STAMP_LENGTH = len("2026-01-31 09:30:00.000000")
UUID_LENGTH = 36
HEX_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
HEX_PLACES = np.array([place for place in range(UUID_LENGTH) if place not in (8, 13, 18, 23)])


def midnight(day: date) -> int:
    """The start of a UTC day, in microseconds since 1970."""
    return int(np.datetime64(day, "us").astype(np.int64))


def stamps(instants: Ints) -> list[str]:
    """UTC microseconds since 1970 as `YYYY-MM-DD HH:MM:SS.ffffff`."""
    if not len(instants):
        return []
    text = np.datetime_as_string(instants.view("datetime64[us]"))
    letters = text.view(np.uint32).reshape(len(text), -1)[:, :STAMP_LENGTH].copy()
    letters[:, 10] = ord(" ")
    values: list[str] = letters.view(f"U{STAMP_LENGTH}").ravel().tolist()
    return values


def uuids(rng: np.random.Generator, instants: Ints) -> list[str]:
    """A version 7 UUID for each instant: its millisecond, then random bits.

    Rows made in time order so get ids in nearly ascending order; with wholly random ids the
    primary key of a large table would be filled in all over the file.
    """
    count = len(instants)
    raw = rng.integers(0, 256, (count, 16), dtype=np.uint8)
    milliseconds = (instants // 1000).astype(">u8")
    raw[:, :6] = milliseconds.view(np.uint8).reshape(count, 8)[:, 2:]
    raw[:, 6] = raw[:, 6] & 0x0F | 0x70
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    digits = HEX_DIGITS[np.stack([raw >> 4, raw & 0x0F], axis=2)].reshape(count, 32)
    letters = np.full((count, UUID_LENGTH), ord("-"), dtype=np.uint8)
    letters[:, HEX_PLACES] = digits
    text = letters.tobytes().decode("ascii")
    return [text[at : at + UUID_LENGTH] for at in range(0, len(text), UUID_LENGTH)]


def to_utc(local: Ints, zones: Ints, names: tuple[str, ...]) -> Ints:
    """Local microseconds to UTC; `zones` holds each one's place in `names`.

    A time skipped by a clock change moves to its end; a doubled one is the second.
    """
    result = np.empty_like(local)
    for zone, name in enumerate(names):
        here = zones == zone
        times = pd.DatetimeIndex(local[here].view("datetime64[us]"))
        standard = np.zeros(len(times), dtype=bool)
        aware = times.tz_localize(name, ambiguous=standard, nonexistent="shift_forward")
        utc = aware.tz_convert("UTC").tz_localize(None)
        result[here] = utc.to_numpy(dtype="datetime64[us]").view(np.int64)
    return result
