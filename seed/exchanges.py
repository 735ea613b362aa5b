"""What is said in a conversation: exchanges, and when their messages come."""

import numpy as np
from numpy.typing import NDArray

from seed.columns import SECOND, Ints
from seed.rhythm import (
    CLOSING_SHARE,
    DRAFT_SHARE,
    LENGTHS,
    MORE_SHARE,
    QUERY_SHARE,
    REVISION_SHARE,
)
from seed.topics import VARIANTS

# An exchange is what the user says and what the twin answers.
OPENING, FOLLOW_UP, DOCUMENT, QUERY, BOTH, REVISION, CLOSING = range(7)
MESSAGE_TYPES = np.array(
    ["general", "general", "document", "query", "document,query", "general", "general"],
    dtype=object,
)


def exchanges(count: int, rng: np.random.Generator) -> tuple[Ints, NDArray[np.bool_]]:
    """The kind of every exchange, and which exist: [conversation, exchange].

    About 60 % of the conversations get a document and half a query; where both fall on the same
    exchange, one answer brings both.
    """
    most = len(LENGTHS)
    length = rng.choice(most, count, p=LENGTHS / LENGTHS.sum()) + 1
    slot = np.arange(most)[None, :]
    exists = slot < length[:, None]
    kinds = np.full((count, most), FOLLOW_UP)

    closed = (length > 2) & (rng.random(count) < CLOSING_SHARE)  # noqa: PLR2004
    middle = length - 1 - closed  # exchanges between opening and closing
    drafts = (middle > 0) & (rng.random(count) < DRAFT_SHARE)
    asks = (middle > 0) & (rng.random(count) < QUERY_SHARE)
    document = 1 + np.floor(rng.random(count) * middle).astype(np.int64)
    query = 1 + np.floor(rng.random(count) * middle).astype(np.int64)
    more = rng.random((count, most))
    between = (slot > 0) & (slot <= middle[:, None])
    at_document = drafts[:, None] & between & ((slot == document[:, None]) | (more < MORE_SHARE))
    at_query = asks[:, None] & between & ((slot == query[:, None]) | (more > 1 - MORE_SHARE))
    # A topic has three documents and queries; nobody asks twice for the same.
    at_document &= np.cumsum(at_document, axis=1) <= VARIANTS
    at_query &= np.cumsum(at_query, axis=1) <= VARIANTS

    kinds[at_document] = DOCUMENT
    kinds[at_query] = QUERY
    kinds[at_document & at_query] = BOTH
    after = np.zeros_like(at_document)
    after[:, 1:] = at_document[:, :-1]
    revised = after & (kinds == FOLLOW_UP) & (rng.random((count, most)) < REVISION_SHARE)
    kinds[revised] = REVISION
    kinds[:, 0] = OPENING
    kinds[closed, length[closed] - 1] = CLOSING
    return kinds, exists


def rank(chosen: NDArray[np.bool_]) -> Ints:
    """How many of the chosen came before in the same conversation."""
    ranks: Ints = np.cumsum(chosen, axis=1) - chosen
    return ranks


def message_times(
    started: Ints, conversation: Ints, said: NDArray[np.bool_], end: int, rng: np.random.Generator
) -> Ints:
    """UTC microseconds of every message, [line, speaker], strictly ascending in a conversation.

    A user takes about a minute to write, a twin about fifteen seconds to answer.
    """
    lines = len(conversation)
    seconds = np.stack(
        [
            np.exp(rng.normal(4.2, 0.8, lines)).clip(5, 1200),
            np.exp(rng.normal(2.6, 0.5, lines)).clip(2, 90),
        ],
        axis=1,
    )
    first = np.concatenate([[True], conversation[1:] != conversation[:-1]])[:lines]
    seconds[first, 0] = 0  # the first message starts the conversation
    gaps = (seconds * SECOND).astype(np.int64).ravel()
    passed = np.cumsum(gaps).reshape(lines, 2)
    opening = np.flatnonzero(first)
    passed = passed - passed[opening, 0][np.cumsum(first) - 1][:, None]

    # What would run past the end of the period is said faster.
    total = np.zeros(len(started), dtype=np.int64)
    np.maximum.at(total, conversation, passed.max(axis=1))
    speed = np.minimum(1.0, (end - started - SECOND) / np.maximum(total, 1))
    times: Ints = started[conversation][:, None] + (passed * speed[conversation][:, None]).astype(
        np.int64
    )
    return times
