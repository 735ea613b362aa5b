"""What somebody else wrote, a database's text or a request's: read leniently, drawn safely.

A column can hold what its schema doesn't promise: bytes that are no UTF-8, a BLOB, a number. What
stands in it is shown, and nothing is refused for it.
"""

import math
import re
from datetime import UTC, datetime, timedelta, timezone

REPLACEMENT = "\ufffd"
_ESCAPED = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ESCAPE = re.compile("|".join(_ESCAPED))
_SURROGATE = re.compile("[\ud800-\udfff]")
# C0 without tab and line ends, DEL and C1, lone surrogates, the two that are no characters, and
# those that turn the direction of what follows: our own words after a name, too.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_TRUE = frozenset(("1", "t", "true", "y", "yes", "on"))
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[ Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]*))?)?"
    r" *(?:[Zz]|([+-])(0[0-9]|1[0-4])(?::?([0-5][0-9]))?)?)?"
)
# Seconds, milliseconds or microseconds since 1970: so many digits leave no doubt which.
_EPOCH = re.compile(r"([1-9](?:[0-9]{9}|[0-9]{12}|[0-9]{15}))(?:\.([0-9]*))?")
_MICROSECOND_DIGITS = 16
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
# Local dates must fit a calendar with years 1 to 9999 in every zone, so both ends lose a day.
FIRST_MOMENT, END_OF_MOMENTS = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def as_text(value: object) -> str | None:
    """The text of whatever a column holds; None for NULL.

    Bytes are read as UTF-8. What can't be read, lone surrogates too, becomes U+FFFD: the text can
    always be encoded.
    """
    if value is None:
        return None
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return _SURROGATE.sub(REPLACEMENT, str(value))


def as_words(value: object) -> str:
    """The text of whatever a column holds that promises some; "" for NULL."""
    return as_text(value) or ""


def as_count(value: object) -> int | None:
    """The whole number that a column holds; a fraction is rounded down, what is no number None."""
    if isinstance(value, int):
        return int(value)
    try:
        return math.floor(value if isinstance(value, float) else float(as_words(value)))
    except (ValueError, OverflowError):
        return None


def as_flag(value: object) -> bool | None:
    """Whether a column holds a yes: a number but 0, or one of 1, t, true, y, yes, on; None if NULL.

    `stored.flag` is the same in SQL.
    """
    if value is None:
        return None
    if isinstance(value, int | float):
        return value != 0
    return as_words(value).lower() in _TRUE


def as_moment(value: object) -> datetime | None:
    """The moment that a stored timestamp means, in UTC; None if it says nothing that is certain.

    Certain are calendar dates `YYYY-MM-DD`, alone or with `HH:MM` or `HH:MM:SS.ffffff` after a
    blank or 'T' (a comma may stand for the point), and after the time 'Z' or an offset as `+02:00`,
    `+0200` or `+02`; without one they mean UTC. And numbers of 10, 13 or 16 digits: seconds,
    milliseconds and microseconds since 1970. The years are 1 to 9999, without the first and the
    last day. Beyond microseconds fractions are cut off.
    """
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    text = as_words(value)
    try:
        if found := _EPOCH.fullmatch(text):
            digits = f"{found[1]}{found[2] or ''}".ljust(_MICROSECOND_DIGITS, "0")
            moment = _1970 + timedelta(microseconds=int(digits[:_MICROSECOND_DIGITS]))
        elif found := _TIMESTAMP.fullmatch(text):
            *fields, fraction, sign, hours, minutes = found.groups()
            offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
            year, month, day, hour, minute, second = (int(field or 0) for field in fields)
            microsecond = int((fraction or "").ljust(6, "0")[:6])
            zone = timezone(-offset if sign == "-" else offset)
            local = datetime(year, month, day, hour, minute, second, microsecond, zone)
            moment = local.astimezone(UTC)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return moment if FIRST_MOMENT <= moment < END_OF_MOMENTS else None


def printable(text: str) -> str:
    """The text with U+FFFD for every character that a renderer, XML or a terminal stumbles over, or
    that turns the words after it around.

    Tabs and line ends stay. For what is drawn and printed only: names keep what they are made of
    wherever they are compared, filtered or exported as data.
    """
    return _UNPRINTABLE.sub(REPLACEMENT, text)


def unescaped(text: str) -> str:
    """The text as its writer saw it: Slack stores `&`, `<` and `>` escaped, and nothing else.

    Once only, and for what is searched and shown as inert text: names and stored data stay as they
    are.
    """
    return _ESCAPE.sub(lambda found: _ESCAPED[found[0]], text) if "&" in text else text
