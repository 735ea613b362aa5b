"""Who talks when about what: first the plan of all conversations, then their rows by batches.

The plan is a handful of arrays, small even for a million conversations; texts, ids and timestamps
are only made for one batch at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seed.columns import DAY, HOUR, SECOND, Columns, Ints, midnight, stamps, to_utc, uuids
from seed.company import ZONES, Company
from seed.exchanges import (
    BOTH,
    CLOSING,
    DOCUMENT,
    FOLLOW_UP,
    MESSAGE_TYPES,
    OPENING,
    QUERY,
    REVISION,
    exchanges,
    message_times,
    rank,
)
from seed.options import Options
from seed.rhythm import (
    ANSWERED_SHARE,
    BUSY_DAYS,
    BUSY_RATE,
    FIRST_HOUR,
    HOUR_WEIGHTS,
    PRIVATE_SHARE,
    ROOM,
    THINNING,
    UNANSWERED_SHARE,
    WEEKDAY_WEIGHTS,
)
from seed.showcase import Habit, Habits
from seed.topics import VARIANTS, Library


@dataclass(frozen=True, eq=False)
class Plan:
    """All conversations in the order of their start: one value each."""

    user: Ints
    twin: Ints
    topic: Ints
    started: Ints
    """UTC microseconds"""
    is_answered: NDArray[np.bool_]
    """Else it is one message of the person."""

    def __len__(self) -> int:
        """The number of conversations."""
        return len(self.started)


@dataclass(frozen=True)
class Batch:
    """Some conversations with everything that belongs to them, ready to be written."""

    conversations: Columns
    messages: Columns
    documents: Columns
    queries: Columns


def expected_conversations(options: Options) -> int:
    """How many conversations to plan (up to 3 % are dropped at the edges of the period).

    A showcase's follow from its people's habits instead.

    People of a small company are shown at 1.9 conversations per person and day, so that 12 users
    fill a page. Beyond 720 person-days the rate falls with their power 0.376, as a large company
    is mostly light users: 12 users in 60 days have 1,350 conversations, 50,000 users in 730 days
    1.16 million (23 each, 10 million messages). Short periods follow their weekdays.
    """
    person_days = options.users * options.days
    rate = BUSY_RATE * min(1.0, float((BUSY_DAYS / person_days) ** THINNING))
    weekdays = WEEKDAY_WEIGHTS[_weekdays(options)]
    days = float(weekdays.sum() / WEEKDAY_WEIGHTS.mean())
    return round(rate * options.users * days)


def plan_conversations(
    options: Options, company: Company, library: Library, rng: np.random.Generator
) -> Plan:
    """Decide who talks to which twin, when, and about what.

    Nothing lies outside the period or before its user or twin; private twins serve their owner
    only, shared ones their organization.
    """
    user, local = _local_starts(options, company, rng)
    started = to_utc(local, company.user_zone[user], ZONES)
    begin, end = midnight(options.start_date), midnight(options.end_date) + DAY
    fits = (started >= begin) & (started <= end - ROOM) & (started >= company.user_created[user])
    user, started = user[fits], started[fits]

    twin = _choose_twins(company, user, started, rng)
    order = np.flatnonzero(twin >= 0)
    order = order[np.argsort(started[order], kind="stable")]
    user, twin, started = user[order], twin[order], started[order]

    likelihood = np.cumsum(library.department_shares, axis=1)
    draw = rng.random(len(user))
    topic = np.zeros(len(user), dtype=np.int64)
    for department, steps in enumerate(likelihood):
        here = company.user_department[user] == department
        topic[here] = np.searchsorted(steps, draw[here])
    topic = np.minimum(topic, len(library.names) - 1)
    is_answered = np.ones(len(user), dtype=bool)
    if options.showcase:
        is_answered = rng.random(len(user)) >= UNANSWERED_SHARE
    return Plan(user=user, twin=twin, topic=topic, started=started, is_answered=is_answered)


def last_conversation(plan: Plan, users: int) -> list[str | None]:
    """When each user started their last conversation, None for those who never did."""
    last = np.zeros(users, dtype=np.int64)
    np.maximum.at(last, plan.user, plan.started)
    return [text if at else None for text, at in zip(stamps(last), last.tolist(), strict=True)]


def batches(
    options: Options, company: Company, library: Library, plan: Plan, rng: np.random.Generator
) -> Iterator[Batch]:
    """The rows of the plan, in time order, about a hundred batches or more.

    The batch size depends on the plan alone, so the same options make the same rows.
    """
    size = min(4000, max(50, len(plan) // 100))
    end = midnight(options.end_date) + DAY
    for at in range(0, len(plan), size):
        part = slice(at, at + size)
        some = replace(
            plan,
            user=plan.user[part],
            twin=plan.twin[part],
            topic=plan.topic[part],
            started=plan.started[part],
            is_answered=plan.is_answered[part],
        )
        yield _rows(some, company, library, end, rng)


def _weekdays(options: Options) -> Ints:
    return (np.arange(options.days) + options.start_date.weekday()) % 7


def _local_starts(
    options: Options, company: Company, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """The user of every conversation and its start on their own clock, in microseconds."""
    weights = WEEKDAY_WEIGHTS[_weekdays(options)] * rng.normal(1, 0.12, options.days).clip(0.6, 1.4)
    steps = np.concatenate([[0.0], np.cumsum(weights)])
    since, until = steps[company.first_day], steps[company.last_day + 1]
    if company.habits:
        user, place, is_first = _by_habit(company.habits, since, until, steps, rng)
    else:
        share = company.user_weight * (until - since)
        counts = rng.multinomial(expected_conversations(options), share / share.sum())
        user = np.repeat(np.arange(options.users), counts)
        place = since[user] + rng.random(len(user)) * (until - since)[user]
        is_first = np.zeros(len(user), dtype=bool)

    day = np.searchsorted(steps, place, side="right") - 1
    day = np.clip(day, company.first_day[user], company.last_day[user])
    hour = rng.choice(24, len(user), p=HOUR_WEIGHTS / HOUR_WEIGHTS.sum())
    hour[is_first] = FIRST_HOUR
    within = rng.integers(0, HOUR, len(user))
    return user, midnight(options.start_date) + day * DAY + hour * HOUR + within


def _by_habit(
    habits: Habits,
    since: NDArray[np.float64],
    until: NDArray[np.float64],
    steps: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[Ints, NDArray[np.float64], NDArray[np.bool_]]:
    """The user of every conversation, its place in the period, and whether it is a first one.

    Conversations are spread evenly over the days that somebody is there, so who has a few a week
    has some in every week. Who starts within the period does so on their first day, and often comes
    again soon.
    """
    away, back = steps[habits.away_from], steps[habits.away_until]
    length = until - since - (back - away)
    week = WEEKDAY_WEIGHTS.sum()
    counts = np.floor(habits.pace * length / week + rng.random(len(length))).astype(np.int64)
    counts = np.where(habits.habit == Habit.NEVER, 0, np.maximum(counts, 1))
    user = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(user)) - (np.cumsum(counts) - counts)[user]
    starts = (habits.first_day > 0)[user]
    is_first = starts & (number == 0)
    within = rng.random(len(user))
    turn = np.where(is_first, 0.0, np.where(starts & (number == 1), 2 * within, number + within))
    place = since[user] + turn / counts[user] * length[user]
    return user, np.where(place >= away[user], place + (back - away)[user], place), is_first


def _choose_twins(company: Company, user: Ints, started: Ints, rng: np.random.Generator) -> Ints:
    """A twin for each conversation that existed when it started, or -1."""
    private = company.private_twin[user]
    has_private = (private >= 0) & (company.twin_created[private] <= started)

    # Shared twins sorted by organization and age: those to choose from are a run of places.
    shared = np.flatnonzero(company.twin_shared)
    organization = company.user_organization[company.twin_owner[shared]]
    epoch = int(company.twin_created.min())
    span = 2**31  # more seconds than any period has
    key = organization * span + -((epoch - company.twin_created[shared]) // SECOND)
    order = np.argsort(key, kind="stable")
    run = company.user_organization[user] * span
    low = np.searchsorted(key[order], run)
    high = np.searchsorted(key[order], run + (started - epoch) // SECOND, side="right")
    # Colleagues go to the older, better known twins more often.
    place = low + ((high - low) * rng.random(len(user)) ** 1.7).astype(np.int64)
    has_shared = high > low
    colleague = shared[order][np.minimum(place, len(shared) - 1)]

    alone = has_private & ((rng.random(len(user)) < PRIVATE_SHARE) | ~has_shared)
    return np.where(alone, private, np.where(has_shared, colleague, -1))


def _rows(
    plan: Plan, company: Company, library: Library, end: int, rng: np.random.Generator
) -> Batch:
    """The rows of one batch; the comments call an exchange's two messages a line."""
    count = len(plan)
    kinds, exists = exchanges(count, rng)
    exists[~plan.is_answered, 1:] = False
    facts = rng.integers(0, library.titles.shape[2], count)
    offset = rng.integers(0, 60, count)

    # Which document, query or phrase: counted on within a conversation, so none comes twice.
    start = offset[:, None]
    document = (start + rank(np.isin(kinds, (DOCUMENT, BOTH)))) % VARIANTS
    query = (start + rank(np.isin(kinds, (QUERY, BOTH)))) % VARIANTS
    follow = rank(kinds == FOLLOW_UP)
    general = library.follow_ups.shape[1] - VARIANTS
    follow = np.where(
        follow < VARIANTS, (start + follow) % VARIANTS, VARIANTS + (start + follow) % general
    )
    other = start + rank(kinds == REVISION)

    # From here on, one value a line: those of one conversation follow each other.
    conversation, slot = np.nonzero(exists)
    kind = kinds[conversation, slot]
    document, query = document[conversation, slot], query[conversation, slot]
    follow, other = follow[conversation, slot], other[conversation, slot]
    topic, fact = plan.topic[conversation], facts[conversation]

    talk = np.empty((len(kind), 2), dtype=object)
    for number, (texts, *places) in {
        OPENING: (library.openings, topic, other % library.openings.shape[1], fact),
        FOLLOW_UP: (library.follow_ups, topic, follow, fact),
        DOCUMENT: (library.document_talk, topic, document, fact),
        QUERY: (library.query_talk, topic, query, fact),
        BOTH: (library.both_talk, topic, document, query, fact),
        REVISION: (library.revisions, other % library.revisions.shape[0], fact),
        CLOSING: (library.closings, other % library.closings.shape[0], fact),
    }.items():
        here = kind == number
        talk[here] = texts[tuple(place[here] for place in places)]

    # From lines to messages: user, twin, user, twin, …; some thanks stay without an answer.
    said = np.ones((len(kind), 2), dtype=bool)
    said[:, 1] = (kind != CLOSING) | (rng.random(len(kind)) < ANSWERED_SHARE)
    said[:, 1] &= plan.is_answered[conversation]
    created = message_times(plan.started, conversation, said, end, rng)
    speaker = np.tile(np.array(["user", "twin"], dtype=object), (len(kind), 1))[said]
    message_type = np.stack([np.full(len(kind), "general", object), MESSAGE_TYPES[kind]], axis=1)

    session_ids = np.array(uuids(rng, plan.started), dtype=object)
    message_ids = np.full((len(kind), 2), None, dtype=object)
    message_ids[said] = uuids(rng, created[said])
    session_of = session_ids[conversation]

    drafted = np.isin(kind, (DOCUMENT, BOTH))
    words = library.document_words[topic[drafted], document[drafted]]
    found = np.isin(kind, (QUERY, BOTH))
    answered = created[:, 1]
    return Batch(
        conversations={
            "id": session_ids.tolist(),
            "user_id": [company.users["id"][place] for place in plan.user.tolist()],
            "twin_id": [company.twins["id"][place] for place in plan.twin.tolist()],
            "platform": ["slack"] * count,
            "title": library.titles[
                plan.topic, offset // 2 % library.titles.shape[1], facts
            ].tolist(),
            "topic": library.names[plan.topic].tolist(),
            "is_shared_twin": company.twin_shared[plan.twin].tolist(),
            "started_at": stamps(plan.started),
        },
        messages={
            "id": message_ids[said].tolist(),
            "session_id": np.stack([session_of, session_of], axis=1)[said].tolist(),
            "sender_type": speaker.tolist(),
            "content": talk[said].tolist(),
            "message_type": message_type[said].tolist(),
            "created_at": stamps(created[said]),
        },
        documents={
            "id": uuids(rng, answered[drafted]),
            "session_id": session_of[drafted].tolist(),
            "message_id": message_ids[drafted, 1].tolist(),
            "document_type": library.document_types[topic[drafted], document[drafted]].tolist(),
            "title": library.document_titles[
                topic[drafted], document[drafted], fact[drafted]
            ].tolist(),
            "word_count": rng.integers(words[:, 0], words[:, 1]).tolist(),
            "created_at": stamps(answered[drafted]),
        },
        queries={
            "id": uuids(rng, answered[found]),
            "session_id": session_of[found].tolist(),
            "message_id": message_ids[found, 1].tolist(),
            "query_text": library.query_texts[topic[found], query[found], fact[found]].tolist(),
            "query_type": library.query_types[topic[found], query[found]].tolist(),
            "results_count": library.results[fact[found], query[found]].tolist(),
            "created_at": stamps(answered[found]),
        },
    )
