"""What can be chosen about the sample data, and what is said when it can't be had."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

DEFAULT_USERS = 12
DEFAULT_ORGANIZATIONS = 4
DEFAULT_DAYS = 60
DEFAULT_SEED = 42
SHOWCASE_USERS = 30
SHOWCASE_DAYS = 180

MAX_USERS = 1_000_000
MAX_DAYS = 3_660  # the longest period the dashboard shows
FIRST_END, LAST_END = date(1990, 1, 1), date(2199, 12, 31)


class SeedError(Exception):
    """Sample data can't be made; the message is one line: what, and the remedy."""


class OptionError(SeedError, ValueError):
    """An option has a value that can't be used."""


class DatabaseExistsError(SeedError, FileExistsError):
    """There is a file already, and nobody said `--force`."""


def yesterday() -> date:
    """The last complete day in UTC: the default end, so that a seed keeps its rows for a day."""
    return datetime.now(UTC).date() - timedelta(days=1)


@dataclass(frozen=True)
class Options:
    """The size of the sample, its last day and its seed; equal options make equal rows.

    A showcase has what real companies have and a summary tells of: see `seed.showcase`.

    Raises OptionError, naming the command's option, its value and the remedy.
    """

    users: int = DEFAULT_USERS
    organizations: int = DEFAULT_ORGANIZATIONS
    days: int = DEFAULT_DAYS
    end_date: date = field(default_factory=yesterday)
    seed: int = DEFAULT_SEED
    showcase: bool = False

    def __post_init__(self) -> None:
        """Refuse what can't be made."""
        if not 1 <= self.users <= MAX_USERS:
            raise OptionError(f"--users {self.users}: choose from 1 to {MAX_USERS}")
        if not 1 <= self.organizations <= self.users:
            raise OptionError(
                f"--organizations {self.organizations}: choose from 1 to {self.users}, the number"
                " of users; every organization needs somebody"
            )
        if not 1 <= self.days <= MAX_DAYS:
            raise OptionError(f"--days {self.days}: choose from 1 to {MAX_DAYS}")
        if not FIRST_END <= self.end_date <= LAST_END:
            raise OptionError(f"--end-date {self.end_date}: choose from {FIRST_END} to {LAST_END}")
        if self.seed < 0:
            raise OptionError(f"--seed {self.seed}: choose 0 or more")

    @property
    def start_date(self) -> date:
        """The first day of the period."""
        return self.end_date - timedelta(days=self.days - 1)
