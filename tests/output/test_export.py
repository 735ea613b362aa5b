"""The CSV: what spreadsheets get."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from analytics.fields import Row
from analytics.output.export import csv_lines, csv_text, file_name, period_file_name
from analytics.period import Period


class Line(Row):
    """A row of every kind of cell."""

    full_name: str | None = None
    count: int | None = None
    share: float | None = None
    is_shared: bool | None = None
    day: date | None = None
    started_at: datetime | None = None
    types: list[str] = Field(default=[])


UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
HEADER = "\ufefffullName,count,share,isShared,day,startedAt,types,timeZone\r\n"


def lines(*rows: Line, zone: ZoneInfo = UTC_ZONE) -> str:
    text = csv_text(Line, rows, zone)
    assert text.startswith(HEADER)
    return text.removeprefix(HEADER)


def cell(value: Any) -> str:
    """A cell between two others, as it is written."""

    class Three(Row):
        before: int = 1
        value: Any
        after: int = 2

    line = csv_text(Three, [Three(value=value)], UTC_ZONE).split("\r\n", 1)[1]
    return line.removeprefix("1,").removesuffix(",2\r\n")


def test_the_header_has_a_byte_order_mark_and_the_names_of_the_api() -> None:
    assert csv_text(Line, [], UTC_ZONE) == HEADER
    assert HEADER.encode()[:3] == b"\xef\xbb\xbf"


def test_every_kind_of_cell() -> None:
    full = Line(
        full_name="Ünï \U0001f600",
        count=1_234_567,
        share=-0.3,
        is_shared=True,
        day=date(2026, 3, 29),
        started_at=datetime(2026, 3, 29, 1, 0, 0, 5, UTC),
        types=["conversation", "document"],
    )
    assert lines(full, Line(), Line(is_shared=False, count=0, share=0.0, types=["query"])) == (
        "Ünï \U0001f600,1234567,-0.3,true,2026-03-29,2026-03-29 01:00:00,"
        '"conversation,document",UTC (UTC+00:00)\r\n'
        ",,,,,,,UTC\r\n"
        ",0,0.0,false,,,query,UTC\r\n"
    )


def test_a_moment_is_local_to_the_reporting_zone_and_as_spreadsheets_read_it() -> None:
    """Excel and LibreOffice take `YYYY-MM-DD HH:MM:SS` for a moment; a T or an offset makes text
    of it."""
    late = Line(started_at=datetime(2026, 11, 21, 23, 45, 59, 999_999, UTC))
    twice = (Line(started_at=datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1))
    assert lines(late, *twice, zone=BERLIN) == (
        ",,,,,2026-11-22 00:45:59,,Europe/Berlin (UTC+01:00)\r\n"
        ",,,,,2026-10-25 02:30:00,,Europe/Berlin (UTC+02:00)\r\n"
        ",,,,,2026-10-25 02:30:00,,Europe/Berlin (UTC+01:00)\r\n"
    )


def test_a_line_of_two_moments_has_the_offset_of_each() -> None:
    class Two(Row):
        first: datetime | None
        last: datetime | None

    row = Two(first=datetime(2026, 7, 1, tzinfo=UTC), last=datetime(2026, 12, 1, tzinfo=UTC))
    assert csv_text(Two, [row], BERLIN) == (
        "\ufefffirst,last,timeZone\r\n"
        '2026-07-01 02:00:00,2026-12-01 01:00:00,"Europe/Berlin (UTC+02:00, UTC+01:00)"\r\n'
    )


def test_a_moment_at_the_end_of_time_is_written_all_the_same() -> None:
    row = Line(started_at=datetime(1, 1, 1, tzinfo=UTC))
    assert lines(row, zone=ZoneInfo("America/New_York")) == (
        ",,,,,0001-01-01 00:00:00,,America/New_York (UTC+00:00)\r\n"
    )


def test_rows_without_a_moment_name_no_zone() -> None:
    class Counted(Row):
        day: date
        count: int

    row = Counted(day=date(2026, 3, 29), count=1)
    assert csv_text(Counted, [row], BERLIN) == "\ufeffday,count\r\n2026-03-29,1\r\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", '"\'\r=1"'),
        ('=HYPERLINK("http://x")', '"\'=HYPERLINK(""http://x"")"'),
        (["=1", "2"], '"\'=1,2"'),
        *((f"{sign}1", f"'{sign}1") for sign in "\uff1d\uff0b\uff0d\uff20"),
        ("  =1", "'  =1"),
        (" \t@A1", "' \t@A1"),
        ("\n1", '"\'\n1"'),
        ("\u3000\uff1d1", "'\u3000\uff1d1"),
        ("\xa0\u200b\ufeff+1", "'\xa0\u200b\ufeff+1"),
        ("\x00=1", "'\x00=1"),
        (" 1=1", " 1=1"),
        ("1=1", "1=1"),
        ("'quoted'", "'quoted'"),
        ("a-b", "a-b"),
    ],
)
def test_text_that_begins_like_a_formula_is_made_harmless(value: Any, written: str) -> None:
    assert cell(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(-12, "-12"), (-0.3, "-0.3"), (-100.0, "-100.0"), (10**18, "1" + "0" * 18), (0.1, "0.1")],
)
def test_numbers_stay_numbers(value: float, written: str) -> None:
    assert cell(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a,b", '"a,b"'),
        ('say "hi"', '"say ""hi"""'),
        ("two\nlines", '"two\nlines"'),
        ("two\r\nlines", '"two\r\nlines"'),
        (" blanks ", " blanks "),
        ("a;b", "a;b"),
        ("", ""),
    ],
)
def test_commas_quotes_and_line_breaks_are_quoted(value: str, written: str) -> None:
    assert cell(value) == written


def test_rows_are_written_as_they_come() -> None:
    def endless() -> Any:
        while True:
            yield Line(count=1)

    text = csv_lines(Line, endless(), UTC_ZONE)
    assert [next(text), next(text), next(text)] == [HEADER, *[",1,,,,,,UTC\r\n"] * 2]


def test_files_are_named_by_slug_and_period() -> None:
    start, end = date(2026, 3, 1), date(2026, 3, 31)
    assert period_file_name("active-users", Period(start, end, end)) == (
        "active-users_2026-03-01_2026-03-31.csv"
    )
    assert file_name("activities", None, end) == "activities_first_2026-03-31.csv"
    assert file_name("activities", start, None) == "activities_2026-03-01_last.csv"


TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text("=+-@\t\r\n,\"' a", max_size=9)


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2)))
def test_what_is_written_reads_back(cells: list[list[str]]) -> None:
    class Pair(Row):
        left: str
        right: str

    text = csv_text(Pair, (Pair(left=left, right=right) for left, right in cells), UTC_ZONE)
    header, *found = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header == ["\ufeffleft", "right"]
    assert [[cell.removeprefix("'") for cell in row] for row in found] == [
        [cell.removeprefix("'") for cell in row] for row in cells
    ]
    assert not [cell for row in found for cell in row if cell.strip()[:1] in tuple("=+-@")]
