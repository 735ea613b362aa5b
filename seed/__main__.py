"""The command `python -m seed`: make a database of sample data.

Exits with 0, 1 when the database exists or can't be written, 2 for options that can't be used,
128 + the signal's number when it was stopped.
"""

import argparse
import contextlib
import signal
import sys
from datetime import date
from pathlib import Path
from types import FrameType
from typing import NoReturn

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from tqdm import tqdm

from seed import Summary, generate
from seed.options import (
    DEFAULT_DAYS,
    DEFAULT_ORGANIZATIONS,
    DEFAULT_SEED,
    DEFAULT_USERS,
    MAX_DAYS,
    SHOWCASE_DAYS,
    SHOWCASE_USERS,
    OptionError,
    SeedError,
)

DEFAULT_DATABASE = "./ai_twin_analytics.db"
BAR_LAYOUT = "{percentage:3.0f} %|{bar:30}| {elapsed} < {remaining}  {desc}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of the whole usage."""
        self.exit(2, f"seed: {message} (see python -m seed --help)\n")


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number; write it like 12") from None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it like 2026-01-31") from None


def _database(text: str) -> Path:
    """A file's path, or a `sqlite:///` address. Other addresses may hold a password: not shown."""
    if "://" not in text:
        if not text:
            raise argparse.ArgumentTypeError("'' is no file name; write it like ./sample.db")
        return Path(text).expanduser()
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise argparse.ArgumentTypeError(
            "no database address; write a file name or sqlite:///./sample.db"
        ) from None
    if url.get_backend_name() != "sqlite":
        raise argparse.ArgumentTypeError(
            f"{url.get_backend_name()} addresses are not supported, only SQLite for now;"
            " write a file name or sqlite:///./sample.db"
        )
    if url.database in (None, "", ":memory:"):
        raise argparse.ArgumentTypeError(
            f"{text!r} names no file; write it like sqlite:///./sample.db"
        )
    return Path(str(url.database))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m seed",
        description="Make a SQLite database of realistic sample data. The same options make the"
        " same rows; a database that exists is never overwritten without --force.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--showcase",
        action="store_true",
        help="people with habits as in real companies, and notes of what changed them (where"
        " nobody keeps notes yet): what the first start of the dashboard makes",
    )
    for option, default, larger, meaning in (
        ("--users", DEFAULT_USERS, SHOWCASE_USERS, "people"),
        ("--days", DEFAULT_DAYS, SHOWCASE_DAYS, f"length of the period, at most {MAX_DAYS}"),
    ):
        parser.add_argument(
            option,
            type=_whole_number,
            metavar="N",
            help=f"{meaning} (default: {default}, with --showcase {larger})",
        )
    parser.add_argument(
        "--seed",
        type=_whole_number,
        default=DEFAULT_SEED,
        metavar="N",
        help=f"where the dice start: another number, other rows (default: {DEFAULT_SEED})",
    )
    parser.add_argument(
        "--organizations",
        type=_whole_number,
        metavar="N",
        help=f"at most as many as people (default: {DEFAULT_ORGANIZATIONS}, or fewer)",
    )
    parser.add_argument(
        "--end-date",
        type=_date,
        metavar="YYYY-MM-DD",
        help="last day of the period (default: yesterday in UTC)",
    )
    parser.add_argument(
        "--database",
        type=_database,
        default=DEFAULT_DATABASE,
        metavar="FILE",
        help="file name or sqlite:/// address (default: %(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="replace the database if it exists")
    return parser


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """Leave by an exception, so that the temporary file is removed on the way out."""
    raise SystemExit(128 + number)


def _report(summary: Summary) -> str:
    rows = [
        ("organizations", summary.organizations),
        ("users", summary.users),
        ("twins", summary.twins),
        ("conversations", summary.conversations),
        ("messages", summary.messages),
        ("documents", summary.documents),
        ("queries", summary.queries),
    ]
    if summary.notes:
        rows.append(("notes", summary.notes))
    lines = [f"  {name:<14}{count:>12,}" for name, count in rows]
    period = f"{summary.start_date} to {summary.end_date}"
    return "\n".join(
        [f"Sample data, {period}:", *lines, f"Saved {summary.path} in {summary.seconds:.1f} s."]
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        with contextlib.ExitStack() as stack:
            bar: tqdm[NoReturn] | None = None

            def show(fraction: float, text: str) -> None:
                nonlocal bar
                if bar is None:  # not before the options are known to be good
                    bar = stack.enter_context(
                        tqdm(total=1.0, bar_format=BAR_LAYOUT, mininterval=0.2)
                    )
                bar.set_description_str(text, refresh=False)
                bar.update(fraction - bar.n)

            summary = generate(
                chosen.database,
                users=chosen.users,
                organizations=chosen.organizations,
                days=chosen.days,
                end_date=chosen.end_date,
                seed=chosen.seed,
                showcase=chosen.showcase,
                force=chosen.force,
                progress=show,
            )
    except OptionError as error:
        parser.error(str(error))
    except SeedError as error:
        print(f"seed: {error}", file=sys.stderr)
        return 1
    except SystemExit:  # from _stop
        print(f"seed: stopped; {chosen.database} is as it was", file=sys.stderr)
        raise
    print(_report(summary))
    return 0


def run(arguments: list[str] | None = None) -> NoReturn:
    """Run the command as a process of its own: signals end it cleanly."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(arguments))


if __name__ == "__main__":
    run()
