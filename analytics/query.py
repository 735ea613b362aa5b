"""What a result is asked for: one frozen `Query` of a period and filters.

Nothing here reads the clock or the database: `today` is passed in at the edge (page, API), and
`Span` says what days the data have.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from analytics.errors import QueryError
from analytics.period import YEAR_DAYS, Period

NO_ORGANIZATION = "No organization"
NO_DEPARTMENT = "No department"
NAMELESS = {"organization": NO_ORGANIZATION, "department": NO_DEPARTMENT}


# The types that an activity can carry; every one is a conversation.
TYPES = ("all", "conversation", "document", "query", "shared_twin")
RETENTION_DAYS = (1, 7, 30)
# People whom a figure of adoption counts; `reading.groups` says who they are.
GROUPS = (
    "new", "returning", "back", "gone",
    "accounts", "ever_active", "never_active",
    "activation_due", "activation_used", "activation_drafted", "activation_came_again",
    "most_days", "weekly", "every_week", "occasional", "starters", "busiest",
    "used_others_twin", "drafted", "retrieved",
)  # fmt: skip
MOST_ASKED = 20  # stands for as many messages of the person and more
_MAX_WEEK = 10_000  # beyond 190 years
_LAST_HOUR = 23
_HABIT_DAYS = 28
Names = tuple[str | None, ...]


@dataclass(frozen=True)
class Query:
    """One frozen question: the only language for "which rows".

    Results that compare do so with the period `against`; None is the previous period. All else are
    filters, empty where nothing is asked; `reading.filters` has each with its parameter, its words
    and its condition.

    Whose activity counts: people of any of `organizations` and `departments` (None: without one),
    those whose e-mail contains `user`, one `person` (a user id), a cohort cell (people first active
    in the week that begins on the Monday `cohort`, active `week` weeks later; week 0 is all of
    them), `eligible` or `returned` for day 1, 7 or 30 (as `retention` counts them), `power_users`,
    a `group` of adoption, by the complete days of the period and, where it compares, those
    before them that begin `since` (None: as many days), those with so many `active_days` or more in
    the 28 days that end on the last complete day of the period.

    What happened: a `twin` (its id) or `unknown_twin` (twins that are gone), `by_others` than the
    twin's owner or with people's `own_twin`, `topics` of the conversation (None: without one), a
    `type` that it carries, words of it to `search` for, an `hour` 0-23 of the complete days,
    `document_types`. `messages`: conversations that hold messages of the period, whenever they
    started; an hour means that too. `asked`: those with so many messages of the person
    (`MOST_ASKED`: or more), `unanswered`: with some of the person and none of the twin,
    `first_meetings`: the first ones of a person and a twin.

    Raises QueryError for a value that has no meaning.
    """

    period: Period
    organizations: Names = ()
    departments: Names = ()
    against: Period | None = None
    user: str = ""
    person: str = ""
    twin: str = ""
    unknown_twin: bool = False
    by_others: bool = False
    own_twin: bool = False
    topics: Names = ()
    type: str = "all"
    search: str = ""
    hour: int | None = None
    document_types: Names = ()
    messages: bool = False
    asked: int | None = None
    unanswered: bool = False
    first_meetings: bool = False
    cohort: date | None = None
    week: int | None = None
    eligible: int | None = None
    returned: int | None = None
    power_users: bool = False
    group: str = ""
    since: date | None = None
    active_days: int | None = None

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.type not in TYPES:
            raise QueryError("type", self.type, f"choose one of {', '.join(TYPES)}")
        if self.hour is not None and not 0 <= self.hour <= _LAST_HOUR:
            raise QueryError("hour", self.hour, "choose an hour of the day, 0 to 23")
        if self.twin and self.unknown_twin:
            raise QueryError("unknown_twin", "true", "a twin is chosen too; leave one of them out")
        if self.by_others and self.unknown_twin:
            raise QueryError(
                "by_others", "true", "nobody knows who owned a twin that is gone; leave it out"
            )
        if self.cohort and self.cohort.weekday():
            monday = self.cohort - timedelta(self.cohort.weekday())
            raise QueryError("cohort", self.cohort, f"is no Monday; the week begins on {monday}")
        if self.week is not None and self.cohort is None:
            raise QueryError("week", self.week, "counts from a first week; add cohort")
        if self.week is not None and not 0 <= self.week <= _MAX_WEEK:
            raise QueryError("week", self.week, f"choose 0 to {_MAX_WEEK:,}")
        if self.group not in ("", *GROUPS):
            raise QueryError("group", self.group, f"choose one of {', '.join(GROUPS)}")
        if self.since and not self.group:
            raise QueryError("since", self.since, "says what a group is compared with; add group")
        if self.active_days is not None and not 1 <= self.active_days <= _HABIT_DAYS:
            raise QueryError("active_days", self.active_days, f"choose 1 to {_HABIT_DAYS}")
        for name in ("eligible", "returned"):
            days = getattr(self, name)
            if days is not None and days not in RETENTION_DAYS:
                raise QueryError(name, days, "choose 1, 7 or 30")

        self._check_conversations()

    def _check_conversations(self) -> None:
        if self.own_twin and (self.by_others or self.unknown_twin):
            raise QueryError(
                "own_twin", "true", "other people's or unknown twins are chosen too; leave it out"
            )
        if self.asked is not None and not 0 <= self.asked <= MOST_ASKED:
            raise QueryError("asked", self.asked, f"choose 0 to {MOST_ASKED}, which is or more")

    @property
    def previous(self) -> "Query":
        """The same question about the period that this one is compared with.

        Raises QueryError where that would lie before the year 1.
        """
        return replace(self, period=self.against or self.period.previous, against=None)

    @property
    def complete(self) -> "Query | None":
        """The same question of the complete days of its period, compared with nothing of its own;
        None where there is none."""
        days = self.period.complete
        return replace(self, period=days, against=None) if days else None

    @property
    def slices(self) -> "Query":
        """The same question of everybody in its organizations and departments."""
        return Query(self.period, self.organizations, self.departments, self.against)

    @property
    def is_of_slices(self) -> bool:
        """Whether it asks for organizations and departments at most, of which cells know all."""
        return self == self.slices

    @property
    def everything(self) -> "Query":
        """The same question of the whole database."""
        return Query(self.period, against=self.against)

    @property
    def of_people(self) -> "Query":
        """The same question without its event filters: accounts and installations ignore them."""
        return replace(
            self, twin="", unknown_twin=False, by_others=False, own_twin=False, topics=(),
            type="all", search="", hour=None, document_types=(), messages=False, asked=None,
            unanswered=False, first_meetings=False,
        )  # fmt: skip

    @property
    def names_people(self) -> bool:
        """Whether it says who is meant, active in the period or not."""
        return bool(
            self.person
            or self.cohort
            or self.eligible
            or self.returned
            or self.power_users
            or self.group
            or self.active_days
        )

    @property
    def names_events(self) -> bool:
        """Whether it says what must have happened."""
        return bool(
            self.twin or self.unknown_twin or self.by_others or self.own_twin or self.topics
            or self.hour is not None or self.document_types or self.search or self.type != "all"
        )  # fmt: skip

    @property
    def compares_a_year_earlier(self) -> bool:
        """Whether it compares with the same weekdays 52 weeks earlier (`Period.year_earlier`)."""
        if self.against is None or self.against.days != self.period.days:
            return False
        return (self.period.start - self.against.start).days == YEAR_DAYS


def filter_label(name: str | None, none: str = NO_ORGANIZATION) -> str:
    """How a filter value is written on the page, in links and in the API.

    None is written as `none`; a real name that reads the same, or begins with '=', gets a '='
    before it, so that no name can be mistaken for another.
    """
    if name is None:
        return none
    return f"={name}" if name == none or name.startswith("=") else name


def filter_values(labels: Iterable[str], none: str = NO_ORGANIZATION) -> tuple[str | None, ...]:
    """Read back what `filter_label` wrote, sorted and without repeats: equal asks are equal."""
    names = {
        None if label == none else label.removeprefix("=") if label.startswith("=") else label
        for label in labels
    }
    return tuple(sorted(names, key=lambda name: (name is None, name or "")))
