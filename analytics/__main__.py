"""Commands on the database of DATABASE_URL: `python -m analytics migrate`, or `unmark`."""

import argparse
import sys

from tqdm import tqdm

from analytics.database import DatabaseProblem, open_database
from analytics.migrations import MigrationError, migrate
from analytics.settings import Settings, SettingsError, load_settings, shown_url


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when it succeeded, 1 when it says on stderr why not."""
    parser = argparse.ArgumentParser(prog="python -m analytics", description=__doc__)
    parser.add_argument(
        "command",
        choices=["migrate", "unmark"],
        help="migrate: bring the schema of the database up to date. unmark: take the table"
        " rollup_marks and the triggers out of it; stop the dashboard first, or it puts them back",
    )
    wanted = parser.parse_args(arguments).command
    try:
        settings = load_settings()
        if wanted == "unmark":
            return _unmark(settings)
        with tqdm(total=100, unit="%", bar_format="{desc} {bar} {n:.0f} %") as bar:

            def show(share: float, doing: str) -> None:
                bar.set_description(doing)
                bar.update(share * 100 - bar.n)

            applied = migrate(settings.url, show)
    except (DatabaseProblem, MigrationError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    where = shown_url(settings.url)
    print(f"{where}: applied {', '.join(applied)}." if applied else f"{where} was up to date.")
    return 0


def _unmark(settings: Settings) -> int:
    store = open_database(settings)
    try:
        removed = store.remove_marks()
    finally:
        store.close()
    print(f"{store.where}: removed rollup_marks and its triggers." if removed else
          f"{store.where} had no marks.")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
