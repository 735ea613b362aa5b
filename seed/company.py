"""Who there is: organizations, their people and the people's twins."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

import numpy as np
from faker import Faker
from numpy.typing import NDArray

from seed.columns import DAY, HOUR, MINUTE, Columns, Ints, midnight, stamps, to_utc, uuids
from seed.options import Options
from seed.showcase import Habit, Habits, build_habits, choose_habits

DEPARTMENTS = (
    "Sales", "Marketing", "Engineering", "Product",
    "Finance", "Customer Success", "Operations", "People",
)  # fmt: skip
TRAINED, NEIGHBOURS = DEPARTMENTS.index("Customer Success"), DEPARTMENTS.index("Operations")
DEPARTMENT_SHARES = (0.19, 0.12, 0.24, 0.12, 0.08, 0.12, 0.08, 0.05)
ZONES = (
    "Europe/London", "America/New_York", "Europe/Berlin", "America/Chicago",
    "America/Los_Angeles", "Asia/Singapore", "Asia/Kolkata", "Australia/Sydney",
)  # fmt: skip
"""Offices: an organization sits in one zone, some of its people in another."""

ELSEWHERE_SHARE = 0.2
FIRST_NAMES, LAST_NAMES = 400, 800
EARLY_SHARE = 0.5  # of an organization's people are there when it starts
LAST_START = 0.4  # of the period, for organizations
LAST_JOINING = 0.96  # of the period, for people
SHARED_SHARE = 0.3  # of the twins beyond the first one of an organization
PRIVATE_NAMES = ("{first}'s Assistant", "{first}'s Work Twin", "{first}'s Writing Partner")
SHARED_NAMES = ("{first}'s {department} Twin", "Ask {first}", "{first}'s Knowledge Twin")
SATURDAY = 5


@dataclass(frozen=True, eq=False)
class Company:
    """The rows of people and twins, and what conversations need to know about them.

    Arrays hold one value a user or a twin; instants are UTC microseconds, days count from the
    first of the period, users, twins and organizations are places in their lists.
    """

    users: Columns
    twins: Columns
    user_organization: Ints
    user_department: Ints
    user_zone: Ints
    user_created: Ints
    user_weight: NDArray[np.float64]
    """How much they use their twins, compared with each other."""
    first_day: Ints
    last_day: Ints
    """The day they go quiet, or the last of the period."""
    private_twin: Ints
    """The user's own private twin, or -1."""
    twin_owner: Ints
    twin_created: Ints
    twin_shared: NDArray[np.bool_]
    habits: Habits | None = None
    """A showcase's."""


def build_company(options: Options, rng: np.random.Generator, faker: Faker) -> Company:
    """Found the organizations, let people join, and give some of them twins."""
    users = options.users
    organization = _organizations_of_users(options, rng)
    department = rng.choice(len(DEPARTMENTS), users, p=DEPARTMENT_SHARES)
    elsewhere = rng.random(users) < ELSEWHERE_SHARE
    zone = np.where(elsewhere, rng.integers(0, len(ZONES), users), organization % len(ZONES))

    habits = None
    if options.showcase:
        habit = choose_habits(options, rng)
        late = habit == Habit.LATE
        # Who leaves has been there for long.
        left = np.isin(habit, (Habit.LEAVING, Habit.RETURNING))
        left[: options.organizations] = False
        organization[left] %= (options.organizations + 1) // 2
        organization[late] = 0
        department[(organization == 0) & (department == TRAINED)] = NEIGHBOURS
        department[late] = TRAINED
        # Who is named in a note starts on its day in UTC too.
        zone[late | (organization == options.organizations - 1)] = 0
        habits = build_habits(options, habit, start_shares(options, organization), rng)
    joined = habits.joined if habits else _joining_days(options, organization, rng)
    morning = rng.integers(7 * HOUR, 9 * HOUR - 10 * MINUTE, users)
    created = to_utc(midnight(options.start_date) + joined * DAY + morning, zone, ZONES)
    first_day = habits.first_day if habits else np.maximum(joined, 0)

    names = [f"{first} {last}" for first, last in _people(users, rng, faker)]
    companies = _companies(options.organizations, faker)
    columns: Columns = {
        "id": uuids(rng, created),
        "email": _emails(names, companies, organization),
        "full_name": names,
        "company": [companies[index] for index in organization],
        "department": [DEPARTMENTS[index] for index in department],
        "created_at": stamps(created),
    }
    owner, shared, twin_created = _twins(options, organization, created, rng)
    private = np.full(users, -1)
    private[owner[~shared]] = np.flatnonzero(~shared)
    return Company(
        users=columns,
        twins=_twin_columns(columns, owner, shared, twin_created, rng),
        user_organization=organization,
        user_department=department,
        user_zone=zone,
        user_created=created,
        user_weight=0.2 - np.log(1 - _spread(users, rng)),
        first_day=first_day,
        last_day=habits.last_day if habits else _last_days(options, first_day, rng),
        private_twin=private,
        twin_owner=owner,
        twin_created=twin_created,
        twin_shared=shared,
        habits=habits,
    )


def _spread(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Evenly spread over 0…1, in random order: a small company has its heavy users too."""
    return (rng.permutation(count) + 0.5) / count


def _organizations_of_users(options: Options, rng: np.random.Generator) -> Ints:
    """Everybody's organization: at least one person each, the first ones larger."""
    size = 1 / (np.arange(options.organizations) + 1.5) ** 0.6
    rest = options.users - options.organizations
    chosen = rng.choice(options.organizations, rest, p=size / size.sum())
    return np.concatenate([np.arange(options.organizations), chosen])


def _joining_days(options: Options, organization: Ints, rng: np.random.Generator) -> Ints:
    """The day each user joins, negative before the period.

    Half of the organizations are there from the start; the others follow one by one.
    """
    start = start_shares(options, organization)
    later = np.maximum(0, _spread(options.users, rng) - EARLY_SHARE) / (1 - EARLY_SHARE)
    later[: options.organizations] = 0  # the first user of each
    day = np.floor((start + (LAST_JOINING - start) * later) * options.days).astype(np.int64)
    before = (start == 0) & (later == 0)
    day[before] = -rng.integers(5, 90, int(before.sum()))
    weekday = (day + options.start_date.weekday()) % 7
    return day - np.maximum(0, weekday - SATURDAY + 1)  # weekends move to the Friday before


def start_shares(options: Options, organization: Ints) -> NDArray[np.float64]:
    """The share of the period after which each one's organization starts."""
    rank = (organization + 0.5) / options.organizations
    starts: NDArray[np.float64] = LAST_START * np.maximum(0, 2 * rank - 1)
    return starts


def _last_days(options: Options, first_day: Ints, rng: np.random.Generator) -> Ints:
    """One early user in six goes quiet around the middle of the period."""
    last = np.full(options.users, options.days - 1)
    early = np.flatnonzero(first_day <= 0.4 * options.days)
    quiet = max(1, options.users // 6) if options.users > 2 else 0  # noqa: PLR2004
    leaving = rng.choice(early, min(quiet, len(early)), replace=False)
    last[leaving] = np.floor(rng.uniform(0.45, 0.7, len(leaving)) * options.days)
    return last


def _people(count: int, rng: np.random.Generator, faker: Faker) -> list[tuple[str, str]]:
    """First and last names, combined from pools: Faker is slow for each of 50,000 people."""
    firsts = list(dict.fromkeys(faker.first_name() for _ in range(FIRST_NAMES)))
    lasts = list(dict.fromkeys(faker.last_name() for _ in range(LAST_NAMES)))
    pairs = zip(
        rng.integers(0, len(firsts), count), rng.integers(0, len(lasts), count), strict=True
    )
    return [(firsts[first], lasts[last]) for first, last in pairs]


def _companies(count: int, faker: Faker) -> list[str]:
    """Different company names."""
    drawn = (faker.company() for _ in iter(int, 1))  # endless
    unique: dict[str, str] = {}
    for name in islice(drawn, 1000 + 100 * count):
        unique.setdefault(_slug(name, "-"), name)
        if len(unique) == count:
            break
    else:
        # Only with tens of thousands of companies: number them.
        names = list(unique.values())
        for index in range(count - len(names)):
            name = f"{names[index % len(names)]} {index // len(names) + 2}"
            unique[_slug(name, "-")] = name
    return list(unique.values())


def _slug(text: str, separator: str) -> str:
    return re.sub(r"[^a-z0-9]+", separator, text.lower()).strip(separator)


def _emails(names: list[str], companies: list[str], organization: Ints) -> list[str]:
    """`first.last@company.example`; namesakes are numbered. `.example` can't reach anybody."""
    domains = [f"{_slug(company, '-')}.example" for company in companies]
    taken: Counter[tuple[str, int]] = Counter()
    emails = []
    for name, place in zip(names, organization.tolist(), strict=True):
        local = ".".join(_slug(part, "") for part in name.split())
        taken[local, place] += 1
        number = taken[local, place]
        emails.append(f"{local}{number if number > 1 else ''}@{domains[place]}")
    return emails


def _twins(
    options: Options, organization: Ints, created: Ints, rng: np.random.Generator
) -> tuple[Ints, NDArray[np.bool_], Ints]:
    """Owners, whether shared, and when made: a shared one of each organization's first user,
    then two to five for six users, most of them private."""
    by_time = np.lexsort((created, organization))
    founders = by_time[np.unique(organization[by_time], return_index=True)[1]]
    low, high = round(options.users * 2 / 3), round(options.users * 5 / 6)
    rest = max(0, int(rng.integers(low, high + 1)) - len(founders))
    owner = np.concatenate([founders, rng.permutation(options.users)[:rest]])
    shared = np.arange(len(owner)) < len(founders) + int(rest * SHARED_SHARE)

    soon = created[owner] + rng.integers(10 * MINUTE, 50 * MINUTE, len(owner))
    later = soon + 7 * DAY * rng.integers(0, 4, len(owner)) + rng.integers(0, 6 * HOUR, len(owner))
    end = midnight(options.end_date) + DAY
    wait = (np.arange(len(owner)) >= len(founders)) & (later < end)
    return owner, shared, np.where(wait, later, soon)


def _twin_columns(
    users: Columns, owner: Ints, shared: NDArray[np.bool_], created: Ints, rng: np.random.Generator
) -> Columns:
    """The rows of the twins."""
    style = rng.integers(0, len(PRIVATE_NAMES), len(owner)).tolist()
    names, descriptions = [], []
    for person, public, kind in zip(owner.tolist(), shared.tolist(), style, strict=True):
        first = users["full_name"][person].split()[0]
        department, company = users["department"][person], users["company"][person]
        pattern = (SHARED_NAMES if public else PRIVATE_NAMES)[kind]
        names.append(pattern.format(first=first, department=department))
        descriptions.append(
            f"Answers {company}'s questions about {department} in {first}'s place."
            if public
            else f"Helps {first} with everyday work in {department}."
        )
    return {
        "id": uuids(rng, created),
        "user_id": [users["id"][person] for person in owner],
        "name": names,
        "description": descriptions,
        "is_shared": shared.tolist(),
        "created_at": stamps(created),
    }
