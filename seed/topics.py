"""What is said: the texts of `topics.toml` with their braces filled, ready to be picked by number.

Facts (a client, a colleague, a figure) come in sets; a conversation uses one set throughout, so its
title, messages, document titles and queries agree.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from faker import Faker
from numpy.typing import NDArray

from seed.company import DEPARTMENTS

FACT_SETS = 40
VARIANTS = 3  # documents and queries of a topic, and its own follow-ups
WORDS = {
    "email": (80, 260),
    "summary": (150, 420),
    "presentation": (300, 720),
    "report": (600, 1900),
    "proposal": (700, 2200),
}
"""Document type to its range of word counts."""
KINDS = {kind: f"{'an' if kind == 'email' else 'a'} {kind}" for kind in WORDS}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")

Texts = NDArray[np.object_]
Facts = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Library:
    """All texts. Axes are topic, variant, fact set, as each text depends on them.

    A pair's last axis holds what the user says and what the twin answers.
    """

    names: Texts
    """[topic]"""
    department_shares: NDArray[np.float64]
    """[department, topic]: how likely somebody of the department brings it up; a row sums to 1."""
    titles: Texts
    """[topic, variant, facts]"""
    openings: Texts
    """[topic, variant, facts, speaker]"""
    follow_ups: Texts
    """[topic, variant, facts, speaker]: the topic's own first, then those that always fit."""
    revisions: Texts
    """[variant, facts, speaker]"""
    closings: Texts
    """[variant, facts, speaker]"""
    document_talk: Texts
    """[topic, document, facts, speaker]"""
    query_talk: Texts
    """[topic, query, facts, speaker]"""
    both_talk: Texts
    """[topic, document, query, facts, speaker]"""
    document_types: Texts
    """[topic, document]"""
    document_words: NDArray[np.int64]
    """[topic, document, 2]: the range of the word count"""
    document_titles: Texts
    """[topic, document, facts]"""
    query_types: Texts
    """[topic, query]"""
    query_texts: Texts
    """[topic, query, facts]"""
    results: NDArray[np.int64]
    """[facts, query]: how many results a query finds; the twin's answer says the same."""


def load_library(rng: np.random.Generator, faker: Faker) -> Library:
    """Read the topics and fill them with fresh facts."""
    with Path(__file__).with_name("topics.toml").open("rb") as file:
        content = tomllib.load(file)
    topics, phrases = content["topic"], content["phrases"]
    results = rng.integers(2, 25, (FACT_SETS, VARIANTS))
    facts = _facts(rng, faker)

    def fill(pattern: str, known: list[Facts] = facts) -> list[str]:
        """The text for each fact set."""
        return [pattern.format_map(each) for each in known]

    def pair(said: list[str], known: list[Facts] = facts) -> list[tuple[str, str]]:
        return list(zip(fill(said[0], known), fill(said[1], known), strict=True))

    def pick(kind: str, number: int) -> list[str]:
        said: list[list[str]] = phrases[kind]
        return said[number % len(said)]

    general = [pair(said) for said in phrases["follow_ups"]]
    document_talk, query_talk, both_talk = [], [], []
    for number, topic in enumerate(topics):
        documents = [
            [{**known, "title": title.format_map(known), "a_kind": KINDS[kind]} for known in facts]
            for kind, title in topic["documents"]
        ]
        queries = [
            [
                {**known, "query": text.format_map(known), "found": found}
                for known, found in zip(facts, results[:, at].tolist(), strict=True)
            ]
            for at, (_, text) in enumerate(topic["queries"])
        ]
        document_talk.append(
            [pair(pick("documents", number + at), known) for at, known in enumerate(documents)]
        )
        query_talk.append(
            [
                pair(pick(kind, number + at), queries[at])
                for at, (kind, _) in enumerate(topic["queries"])
            ]
        )
        both_talk.append(
            [
                [
                    pair(pick("both", number + at + other), _merged(document, query))
                    for other, query in enumerate(queries)
                ]
                for at, document in enumerate(documents)
            ]
        )

    return Library(
        names=_texts([topic["name"] for topic in topics]),
        department_shares=_department_shares([topic["departments"] for topic in topics]),
        titles=_texts([[fill(title) for title in topic["titles"]] for topic in topics]),
        openings=_texts([[pair(said) for said in topic["openings"]] for topic in topics]),
        follow_ups=_texts(
            [[*(pair(said) for said in topic["follow_ups"]), *general] for topic in topics]
        ),
        revisions=_texts([pair(said) for said in phrases["revisions"]]),
        closings=_texts([pair(said) for said in phrases["closings"]]),
        document_talk=_texts(document_talk),
        query_talk=_texts(query_talk),
        both_talk=_texts(both_talk),
        document_types=_texts([[kind for kind, _ in topic["documents"]] for topic in topics]),
        document_words=np.array(
            [[WORDS[kind] for kind, _ in topic["documents"]] for topic in topics]
        ),
        document_titles=_texts(
            [[fill(title) for _, title in topic["documents"]] for topic in topics]
        ),
        query_types=_texts([[kind for kind, _ in topic["queries"]] for topic in topics]),
        query_texts=_texts([[fill(text) for _, text in topic["queries"]] for topic in topics]),
        results=results,
    )


def _texts(values: list[Any]) -> Texts:
    return np.array(values, dtype=object)


def _merged(some: list[Facts], more: list[Facts]) -> list[Facts]:
    return [one | other for one, other in zip(some, more, strict=True)]


def _facts(rng: np.random.Generator, faker: Faker) -> list[Facts]:
    return [
        {
            "client": faker.company(),
            "person": faker.first_name(),
            "day": DAYS[int(rng.integers(len(DAYS)))],
            "percent": int(rng.integers(6, 49)),
            "amount": f"${int(rng.integers(12, 180)) * 1000:,}",
            "count": int(rng.integers(12, 49)),
            "weeks": int(rng.integers(2, 9)),
        }
        for _ in range(FACT_SETS)
    ]


def _department_shares(departments: list[list[str]]) -> NDArray[np.float64]:
    """Mostly the department's own topics, often everybody's, now and then another one."""
    weights = np.array(
        [
            [3.0 if name in own else 0.2 if own else 1.5 for own in departments]
            for name in DEPARTMENTS
        ]
    )
    shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares
