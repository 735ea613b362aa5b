"""Commands on the database of DATABASE_URL: `python -m analytics migrate`."""

import argparse
import sys

from tqdm import tqdm

from analytics.migrations import MigrationError, migrate
from analytics.settings import SettingsError, load_settings, shown_url


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when it succeeded, 1 when it says on stderr why not."""
    parser = argparse.ArgumentParser(prog="python -m analytics", description=__doc__)
    parser.add_argument(
        "command", choices=["migrate"], help="migrate: bring the schema of the database up to date"
    )
    parser.parse_args(arguments)
    try:
        settings = load_settings()
        with tqdm(total=100, unit="%", bar_format="{desc} {bar} {n:.0f} %") as bar:

            def show(share: float, doing: str) -> None:
                bar.set_description(doing)
                bar.update(share * 100 - bar.n)

            applied = migrate(settings.url, show)
    except (MigrationError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    where = shown_url(settings.url)
    print(f"{where}: applied {', '.join(applied)}." if applied else f"{where} was up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
