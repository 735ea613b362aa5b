"""Commands on the database of DATABASE_URL: `python -m analytics migrate`, `rebuild`, `unmark`."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from analytics.database import DatabaseProblem, Store, open_database
from analytics.migrations import MigrationError, migrate
from analytics.settings import Settings, SettingsError, load_settings, shown_url

Progress = Callable[[float, str], None]
_MINUTE = 60


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when it succeeded, 1 when it says on stderr why not."""
    parser = argparse.ArgumentParser(prog="python -m analytics", description=__doc__)
    parser.add_argument(
        "command",
        choices=_COMMANDS,
        help="migrate: bring the schema of the database up to date. rebuild: count everything"
        " anew; a dashboard that is open shows the last state until it is complete. unmark: take"
        " the table rollup_marks and the triggers out of the database; stop the dashboard first,"
        " or it puts them back",
    )
    wanted = parser.parse_args(arguments).command
    try:
        print(_COMMANDS[wanted](load_settings()))
    except (DatabaseProblem, MigrationError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the last state is still there.", file=sys.stderr)
        return 130
    return 0


def _migrate(settings: Settings) -> str:
    with _bar() as show:
        applied = migrate(settings.url, show)
    where = shown_url(settings.url)
    return f"{where}: applied {', '.join(applied)}." if applied else f"{where} was up to date."


def _rebuild(settings: Settings) -> str:
    begun = time.monotonic()
    with _opened(settings) as store, _bar() as show:
        store.rebuild(show)
    return f"{store.where}: rebuilt in {_duration(time.monotonic() - begun)}."


def _unmark(settings: Settings) -> str:
    with _opened(settings) as store:
        removed = store.remove_marks()
    if removed:
        return f"{store.where}: removed rollup_marks and its triggers."
    return f"{store.where} had no marks."


_COMMANDS = {"migrate": _migrate, "rebuild": _rebuild, "unmark": _unmark}


@contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    store = open_database(settings)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _bar() -> Iterator[Progress]:
    with tqdm(total=100, unit="%", bar_format="{desc} {bar} {n:.0f} %") as bar:

        def show(share: float, doing: str) -> None:
            bar.set_description(doing)
            bar.update(max(0.0, share * 100 - bar.n))

        yield show


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s"


if __name__ == "__main__":
    sys.exit(main())
