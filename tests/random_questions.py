"""Random questions to the API, from its schema and from what a database holds.

The same schema, values and seed make the same questions.
"""

import random
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.recording import CURSOR, TAG

KNOWN = {
    "organization": "SELECT company FROM users",
    "department": "SELECT department FROM users",
    "person": "SELECT id FROM users",
    "user": "SELECT substr(email, 1, 5) FROM users",
    "twin": "SELECT id FROM twins",
    "topic": "SELECT topic FROM sessions",
    "document_type": "SELECT document_type FROM documents",
    "activity_id": "SELECT id FROM sessions",
    "search": "SELECT content FROM messages UNION SELECT full_name FROM users",
}
LAST = date(2026, 4, 2)  # of what is asked about
NAMELESS = ("No organization", "No department", "No topic", "No type")
UNKNOWN = ("Nobody", "=", "=Acme", "%", "_", "Ünï", "\U0001f600", "\ufffd", "'; --")
# Percent-encoded already: what no parameter takes, or few do.
REFUSED = (
    "", "%00", "%FF", "%ED%A0%80", "0", "-1", "x", "true", "1.5", "999999999999", "2026-02-30",
    "0001-01-01", "9999-12-31", "json,csv", "a" * 400,
)  # fmt: skip
ACCEPTS = ("text/csv", "text/csv;q=0.5, application/json;q=0.4", "application/json", "*/*", "x")
# A parameter alone says nothing, or is refused, without another.
PARTNERS = {
    "compare_start_date": "compare_end_date", "compare_end_date": "compare_start_date",
    "week": "cohort", "since": "group", "group": "end_date",
    "eligible": "end_date", "returned": "end_date", "active_days": "end_date",
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A request; `{cursor}` and `{etag}` stand for the last ones that were answered."""

    method: str
    url: str
    headers: dict[str, str]


def shown(value: Any) -> str:
    """A value of the database as a client would send it back."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def known_values(path: Path) -> dict[str, list[str]]:
    """What each parameter that takes a name can be given, because it is there."""
    with closing(sqlite3.connect(path)) as database:
        database.text_factory = bytes
        found = {
            name: sorted({shown(row[0]) for row in database.execute(select) if row[0]})
            for name, select in KNOWN.items()
        }
    words = sorted({word for text in found["search"] for word in text.split()})
    pairs = [f"{one} {other}" for one, other in zip(words, words[7:], strict=False)]
    found["search"] = [*words, *(f"{word[:3]}*" for word in words), *pairs]
    return found


def value_of(
    name: str, schema: dict[str, Any], known: dict[str, list[str]], chance: random.Random
) -> str:
    """A value for a parameter, percent-encoded; mostly one that it takes."""
    odd = chance.random()
    if odd < 0.04:
        return chance.choice(REFUSED)
    if name in known:
        names: Sequence[str] = UNKNOWN if odd < 0.08 else NAMELESS if odd < 0.14 else known[name]
        return quote(chance.choice(names), safe="")
    return quote(chance.choice(suiting(name, schema.get("items", schema), chance)), safe="")


def suiting(name: str, schema: dict[str, Any], chance: random.Random) -> Sequence[str]:
    """Some values that a parameter's schema allows."""
    if "enum" in schema:
        return [str(value) for value in schema["enum"]]
    if schema["type"] == "boolean":
        return "true", "true", "false"
    if schema["type"] == "integer":
        first = schema.get("minimum", 0)
        last = min(schema.get("maximum", first + 6), first + 30)
        return [str(first), str(first + 1), str(chance.randint(first, last))]
    if schema.get("format") == "date":
        # Mostly a period that starts before it ends.
        back = chance.randint(0, 20) if "end" in name else chance.randint(15, 90)
        return [str(LAST - timedelta(back))]
    return *UNKNOWN, "12345.x"


def random_query(
    parameters: dict[str, Any], known: dict[str, list[str]], chance: random.Random
) -> list[str]:
    """Some of these parameters, each with a value."""
    names = chance.sample([*parameters], min(len(parameters), chance.randint(0, 4)))
    names += [PARTNERS[name] for name in names if name in PARTNERS and chance.random() < 0.9]
    return [
        f"{name}={value_of(name, parameters[name], known, chance)}"
        for name in dict.fromkeys(names)
        for _ in range(chance.randint(1, 3) if parameters[name].get("type") == "array" else 1)
    ]


def random_questions(
    path: str, parameters: dict[str, Any], known: dict[str, list[str]], chance: random.Random
) -> Iterator[Question]:
    """A question to this path, and sometimes one that follows from its answer."""
    path = re.sub(r"\{(\w+)\}", lambda found: value_of(found[1], {}, known, chance), path)
    pairs, headers = random_query(parameters, known, chance), {}
    if chance.random() < 0.1:
        headers["accept"] = chance.choice(ACCEPTS)
    kind = chance.random()
    if "cursor" in parameters and kind < 0.3:
        pairs = [pair for pair in pairs if pair.split("=")[0] not in ("cursor", "format", "limit")]
        pairs.append("limit=3")
        yield Question("GET", address(path, pairs), {})
        yield Question("GET", address(path, [*pairs, f"cursor={CURSOR}"]), {})
    elif kind > 0.9:
        yield Question("GET", address(path, pairs), headers)
        yield Question("GET", address(path, pairs), {**headers, "if-none-match": TAG})
    else:
        method = chance.choice(("GET",) * 30 + ("HEAD", "POST"))
        yield Question(method, address(path, pairs), headers)


def address(path: str, pairs: Sequence[str]) -> str:
    """The path with this query."""
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def questions(
    schema: dict[str, Any], known: dict[str, list[str]], count: int, seed: int
) -> list[Question]:
    """What is always asked, then so many random questions; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    paths = {
        path: {
            one["name"]: one["schema"]
            for one in about["get"].get("parameters", ())
            if one["in"] == "query"
        }
        for path, about in schema["paths"].items()
    }
    always = [path for path in paths if "{" not in path]
    always += [f"{path}?format=csv" for path in always if "format" in paths[path]]
    always += [
        f"/api/activities/{name}" for name in (quote(known["activity_id"][0], safe=""), "x", "%00")
    ]
    always += [
        f"{path}?{name}={value_of(name, its, known, chance)}"
        for path, parameters in paths.items()
        if "page" in parameters  # a list
        for name, its in parameters.items()
    ]
    made: list[Question] = []
    # A path with many parameters has more to ask.
    weights = [1 + len(parameters) for parameters in paths.values()]
    while len(made) < count:
        (path,) = chance.choices([*paths], weights)
        made += random_questions(path, paths[path], known, chance)
    return [*(Question("GET", url, {}) for url in always), *made[:count]]
