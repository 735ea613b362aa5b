"""What is taken along: names of files, and rows as CSV that spreadsheets open correctly."""

import csv
import datetime
import io
from collections.abc import Iterable, Iterator
from typing import Any

from analytics.query import Period
from analytics.results import Row

BOM = "\ufeff"  # tells Excel that the file is UTF-8
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class PictureProblem(RuntimeError):
    """A picture or a document of a page can't be made; the message says what to do."""


def file_name(
    slug: str, start: datetime.date | None, end: datetime.date | None, kind: str = "csv"
) -> str:
    """`slug_start_end.csv`, with "first" and "last" for open ends."""
    return f"{slug}_{start or 'first'}_{end or 'last'}.{kind}"


def period_file_name(slug: str, period: Period, kind: str = "csv") -> str:
    """`slug_start_end.csv` of a period."""
    return file_name(slug, period.start, period.end, kind)


def csv_text(row_type: type[Row], rows: Iterable[Row]) -> str:
    """The whole CSV, a header and a line a row, with a byte order mark for Excel."""
    return "".join(csv_lines(row_type, rows))


def csv_lines(row_type: type[Row], rows: Iterable[Row]) -> Iterator[str]:
    """The CSV a line at a time: names as in JSON, ISO dates, empty for None.

    Text that a spreadsheet would take for a formula (it begins with = + - @, tab or return) gets an
    apostrophe before it. Numbers stay numbers.
    """
    names = list(row_type.model_fields)
    yield BOM + _line(row_type.model_fields[name].alias or name for name in names)
    for row in rows:
        yield _line(_cell(getattr(row, name)) for name in names)


def _line(cells: Iterable[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, list):
        return _cell(",".join(map(str, value)))
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
