"""Commands on the database of DATABASE_URL: `python -m analytics COMMAND`."""

import argparse
import errno
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tqdm import tqdm

from analytics.errors import QueryError
from analytics.metrics.pages import FIRST, PAGES
from analytics.migrations import MigrationError, migrate
from analytics.output.export import PictureProblem
from analytics.output.pdf import printed_pdf
from analytics.output.text_report import summary_text
from analytics.output.whole_file import write_whole
from analytics.period import (
    DEFAULT_PRESET,
    Period,
    Span,
    compared_period,
    parse_date,
    preset_period,
)
from analytics.query import NO_DEPARTMENT, Query, filter_label
from analytics.reading.filters import OF_RESULTS, filtered
from analytics.reading.known import department_names, organization_names, span
from analytics.reading.reader import Reader, reading
from analytics.rollups.build import Progress, silent
from analytics.settings import Settings, SettingsError, load_settings, shown_url
from analytics.storage.faults import DatabaseProblem
from analytics.storage.store import Store, open_database
from analytics.untrusted import printable

ALL_PAGES = "all"
COMPARISONS = ("previous", "year", "none")
FORMATS = ("html", "pdf", "text")
SUMMARY = "summary"
_SHOWN_NAMES = 10
_MINUTE = 60
_WEEK = 7


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when it succeeded, 1 when it says on stderr why not."""
    asked = _parser().parse_args(arguments)
    try:
        print(asked.run(load_settings(), asked))
    except (DatabaseProblem, MigrationError, PictureProblem, QueryError, SettingsError) as error:
        print(printable(str(error)), file=sys.stderr)  # it may quote names of the database
        return 1
    except KeyboardInterrupt:
        print("Stopped; the last state is still there.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analytics", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="{migrate,rebuild,unmark,report}")

    command = commands.add_parser("migrate", help="bring the schema of the database up to date")
    command.set_defaults(run=_migrate)

    command = commands.add_parser(
        "rebuild",
        help="count everything anew; an open dashboard shows the last state until it is complete",
    )
    command.set_defaults(run=_rebuild)

    command = commands.add_parser(
        "unmark",
        help="take the change log (rollup_marks) and its triggers out of the database; stop the"
        " dashboard first, or it puts them back",
    )
    command.set_defaults(run=_unmark)

    command = commands.add_parser(
        "report", help="write pages of the dashboard as one HTML file, as PDF, or as plain text"
    )
    command.set_defaults(run=_report)
    add = command.add_argument
    add("--output", metavar="FILE", help="a name in .html or .pdf (default: report.html; .pdf needs"
        " Chromium), or any for text (default: it is printed)")  # fmt: skip
    add("--format", metavar="|".join(FORMATS), help="html, pdf, or text: the summary for mails and"
        " scripts (default: as the output's name ends)")  # fmt: skip
    add("--last", metavar="DAYS", help="as 30d or 4w: so many days or weeks up to the last complete"
        " day with data")  # fmt: skip
    add("--preset", metavar="NAME", help=f'as on the page (default: "{DEFAULT_PRESET}")')
    add("--start", metavar="DATE", help="first day, YYYY-MM-DD")
    add("--end", metavar="DATE", help="last day, YYYY-MM-DD; without it the last one with data")
    add("--compare", metavar="|".join(COMPARISONS), help="with the period before, with the same"
        " weekdays a year (52 weeks) earlier, or with none (default: previous)")  # fmt: skip
    add("--compare-start", metavar="DATE", help="first day of a chosen period to compare with")
    add("--compare-end", metavar="DATE", help="its last day")
    for one in OF_RESULTS:
        option = f"--{one.name.replace('_', '-')}"
        if one.schema["type"] == "boolean":
            add(option, action="append_const", const="true", default=[], help=one.description)
        else:
            again = "can be repeated" if one.repeatable else one.description
            add(option, action="append", default=[], metavar="NAME", help=again)
    add("--page", help=f"{', '.join(PAGES)} or {ALL_PAGES} (default: overview; of text summary,"
        " which tells of days that are over)")  # fmt: skip
    add("--theme", default="light", help="light or dark (default: light; print is always light)")
    return parser


@contextmanager
def _bar() -> Iterator[Progress]:
    with tqdm(total=100, unit="%", bar_format="{desc} {bar} {n:.0f} %") as bar:

        def show(share: float, doing: str) -> None:
            bar.set_description(doing)
            bar.update(max(0.0, share * 100 - bar.n))

        yield show


def _migrate(settings: Settings, _: argparse.Namespace) -> str:
    with _bar() as show:
        applied = migrate(settings.url, show)
    where = shown_url(settings.url)
    return f"{where}: applied {', '.join(applied)}." if applied else f"{where} was up to date."


def _rebuild(settings: Settings, _: argparse.Namespace) -> str:
    begun = time.monotonic()
    with _opened(settings) as store, _bar() as show:
        store.rebuild(show)
    return f"{store.where}: rebuilt in {_duration(time.monotonic() - begun)}."


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s"


def _unmark(settings: Settings, _: argparse.Namespace) -> str:
    with _opened(settings) as store:
        removed = store.remove_log()
    if removed:
        return f"{store.where}: removed rollup_marks and its triggers."
    return f"{store.where} had no marks."


@contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    store = open_database(settings)
    try:
        yield store
    finally:
        store.close()


def _report(settings: Settings, asked: argparse.Namespace) -> str:
    from analytics.output.html_report import page_html  # noqa: PLC0415 - loads what draws

    kind = _format(asked)
    path = Path(asked.output or "report.html")
    if kind != "text":
        _one_of("output", path.suffix, *_SUFFIXES[kind], shown=path.name)
    dark = _one_of("theme", asked.theme, "light", "dark") == "dark"
    page = asked.page or (SUMMARY if kind == "text" else FIRST)
    _one_of("page", page, *PAGES, ALL_PAGES)
    if kind == "text" and page != SUMMARY:
        raise QueryError(
            "page", page, f"can't be told in words; choose {SUMMARY}, or html or pdf as format"
        )
    _one_of("compare", asked.compare or COMPARISONS[0], *COMPARISONS)
    if not path.absolute().parent.is_dir():
        raise QueryError("output", path, "is in no folder that exists; make the folder first")
    now = datetime.now(UTC)
    today = now.astimezone(settings.zone).date()
    compares = asked.compare != "none"
    watched = nullcontext(silent) if kind == "text" else _bar()  # a mail has no bars
    with _opened(settings) as store:
        with watched as show:
            store.refresh(show)
        with reading(store) as reader:
            period = _period(asked, span(reader, today), today)
            query = _filtered(reader, Query(period, against=_against(asked, period)), asked)
        if page == SUMMARY:
            _refuse_unfinished(asked, period)
        _ = query.previous  # refuses a period that nothing can be compared with
        if kind == "text":
            text = summary_text(store, query, compares=compares)
            if not asked.output:
                return text
            made = f"{text}\n".encode()
        else:
            with _bar() as show:
                html = page_html(
                    store, query, list(PAGES) if page == ALL_PAGES else [page], now,
                    compares=compares, dark=dark, progress=show,
                )  # fmt: skip
            made = printed_pdf(html, path.name) if kind == "pdf" else html.encode()
    try:
        write_whole(path, made)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = (
            "can't be written: the disk is full; make room or choose another place"
            if full
            else f"can't be written ({error.strerror}); choose another name"
        )
        raise QueryError("output", path, why) from None
    return f"{path}: {max(1, round(len(made) / 1024)):,} KB."


_SUFFIXES = {"html": (".html", ".htm"), "pdf": (".pdf",)}


def _format(asked: argparse.Namespace) -> str:
    """The format that is asked for, else that of the output's name."""
    if asked.format:
        return _one_of("format", asked.format, *FORMATS)
    suffix = Path(asked.output or "report.html").suffix
    _one_of("output", suffix, ".html", ".htm", ".pdf", shown=asked.output)
    return "pdf" if suffix == ".pdf" else "html"


def _refuse_unfinished(asked: argparse.Namespace, period: Period) -> None:
    """Refuse to sum up days that are not over."""
    if not period.includes_today:
        return
    given = [name for name in ("end", "start", "preset") if getattr(asked, name)]
    if given:  # else there is nothing that is over, which the summary says
        over = f"{period.end} is not over; choose days up to {period.today - timedelta(1)}"
        raise QueryError(given[0], getattr(asked, given[0]), over)


def _one_of(name: str, value: str, *choices: str, shown: str = "") -> str:
    if value not in choices:
        raise QueryError(name, shown or value, f"choose one of {', '.join(choices)}")
    return value


def _period(asked: argparse.Namespace, known: Span, today: date) -> Period:
    """The period of --last, --preset, or --start and --end; the default preset without any."""
    ways = [name for name in ("last", "preset") if getattr(asked, name) is not None]
    ways += ["start"] if asked.start or asked.end else []
    if len(ways) > 1:
        raise QueryError(
            ways[0],
            getattr(asked, ways[0]),
            f"can't stand beside --{ways[1]}; choose one",
        )
    anchor = known.anchor(today)
    if asked.last is not None:
        found = re.fullmatch(r"([1-9][0-9]{0,3})([dw])", asked.last)
        if not found:
            raise QueryError(
                "last", asked.last, "write a number of days such as 30d, or of weeks such as 4w"
            )
        length = int(found[1]) * (_WEEK if found[2] == "w" else 1)
        return Period(anchor - timedelta(length - 1), anchor, today)
    if not (asked.start or asked.end):
        return preset_period(asked.preset or DEFAULT_PRESET, known, today)
    if not asked.start:
        raise QueryError("end", asked.end, "has no first day; add --start")
    start = parse_date("start", asked.start)
    return Period(start, parse_date("end", asked.end) if asked.end else max(start, anchor), today)


def _against(asked: argparse.Namespace, period: Period) -> Period | None:
    """The period of --compare, or of --compare-start and --compare-end; None for the previous."""
    start, end = asked.compare_start, asked.compare_end
    if asked.compare and (start or end):
        raise QueryError(
            "compare",
            asked.compare,
            "can't stand beside --compare-start and --compare-end; choose one",
        )
    if start and not end:
        raise QueryError("compare-start", start, "has no last day; add --compare-end")
    if end and not start:
        raise QueryError("compare-end", end, "has no first day; add --compare-start")
    if start:
        days = parse_date("compare-start", start), parse_date("compare-end", end)
        return compared_period(*days, period.today)
    return period.year_earlier if asked.compare == "year" else None


def _filtered(reader: Reader, query: Query, asked: argparse.Namespace) -> Query:
    """The question with the filters of the command line; a name that nobody has is refused."""
    values = {one.name: vars(asked)[one.name] for one in OF_RESULTS}
    for parameter, known in (
        ("organization", [filter_label(n) for n in organization_names(reader)]),
        ("department", [filter_label(n, NO_DEPARTMENT) for n in department_names(reader)]),
    ):
        for label in values[parameter]:
            if label not in known:
                some = ", ".join(known[:_SHOWN_NAMES]) + (" …" if known[_SHOWN_NAMES:] else "")
                raise QueryError(parameter, label, f"nobody belongs to it; choose one of {some}")
    return filtered(query, values)


if __name__ == "__main__":
    sys.exit(main())
