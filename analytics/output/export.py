"""What is taken along: names of files, and rows as CSV that spreadsheets open correctly."""

import csv
import datetime
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args
from zoneinfo import ZoneInfo

from analytics.fields import Row
from analytics.format import local
from analytics.period import Period

BOM = "\ufeff"  # tells Excel that the file is UTF-8
ZONE = "timeZone"  # the column that says where the moments of a line are local
# What spreadsheets take for a formula, full-width signs too, after anything that they skip or that
# nobody sees; tab and line ends begin a cell of their own where a file is read leniently.
_FORMULA = re.compile(
    "[\t\n\r]|[\\s\x00-\x1f\x7f-\xa0\u200b-\u200f\u2060\ufeff]*[=+@\uff1d\uff0b\uff0d\uff20-]"
)


class PictureProblem(RuntimeError):
    """A picture or a document of a page can't be made; the message says what to do."""


def file_name(
    slug: str, start: datetime.date | None, end: datetime.date | None, kind: str = "csv"
) -> str:
    """`slug_start_end.csv`, with "first" and "last" for open ends."""
    return f"{slug}_{start or 'first'}_{end or 'last'}.{kind}"


def period_file_name(slug: str, period: Period, kind: str = "csv") -> str:
    """`slug_start_end.csv` of a period."""
    start = period.start if period.has_start else None
    return file_name(slug, start, period.end if period.has_end else None, kind)


def csv_text(row_type: type[Row], rows: Iterable[Row], zone: ZoneInfo) -> str:
    """The whole CSV, a header and a line a row, with a byte order mark for Excel."""
    return "".join(csv_lines(row_type, rows, zone))


def csv_lines(row_type: type[Row], rows: Iterable[Row], zone: ZoneInfo) -> Iterator[str]:
    """The CSV a line at a time: names as in JSON, ISO dates, empty for None.

    Moments are local to `zone`, `2026-11-21 18:33:05`: spreadsheets read that as a moment, as they
    don't read an offset. Rows that have any end with `timeZone`, as `Europe/Berlin (UTC+01:00)`.

    Text that a spreadsheet would take for a formula (it begins with = + - @, also full-width or
    after blanks, or with tab or a line end) gets an apostrophe before it. Numbers stay numbers.
    """
    names = list(row_type.model_fields)
    moments = [name for name in names if _is_moment(row_type.model_fields[name].annotation)]
    head = [row_type.model_fields[name].alias or name for name in names]
    yield BOM + _line([*head, ZONE] if moments else head)
    for row in rows:
        cells = [_cell(getattr(row, name), zone) for name in names]
        if moments:
            cells.append(_zone(zone, [getattr(row, name) for name in moments]))
        yield _line(cells)


def _is_moment(kind: Any) -> bool:
    return kind is datetime.datetime or datetime.datetime in get_args(kind)


def _zone(zone: ZoneInfo, moments: Iterable[datetime.datetime | None]) -> str:
    """The zone with its offset at these moments: two where the clocks changed between them."""
    offsets = dict.fromkeys(f"UTC{_seconds(at, zone)[19:]}" for at in moments if at)
    return f"{zone.key} ({', '.join(offsets)})" if offsets else zone.key


def _seconds(at: datetime.datetime, zone: ZoneInfo) -> str:
    """As 2026-11-21 18:33:05+01:00."""
    return local(at, zone).isoformat(" ", "seconds")


def _line(cells: Iterable[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


def _cell(value: Any, zone: ZoneInfo) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return _seconds(value, zone)[:19]
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, list):
        value = ",".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
