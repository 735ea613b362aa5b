"""All that a Reader tells, one answer after the other, by name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from analytics.lists import activities as of_activities
from analytics.lists.conversation import activity
from analytics.lists.messages import count_messages
from analytics.lists.people import person
from analytics.lists.registry import LISTS
from analytics.metrics.registry import RESULTS
from analytics.metrics.sources import apart
from analytics.period import Period
from analytics.query import Query
from analytics.reading import known
from analytics.reading.cells import first_active
from analytics.reading.filters import FILTERS
from analytics.reading.reader import Reader
from analytics.search.snippets import snippets
from tests.databases import Raw

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
TABLES = (
    "users", "twins", "sessions", "messages", "documents", "queries", "members", "accounts",
    "activities", "hours", "drafted", "user_days", "installations", "loaded",
)  # fmt: skip
# What the lists can be asked beside filters.
CHOICES: Mapping[str, Sequence[dict[str, str]]] = {
    "people": (
        {"activity": "active"},
        {"activity": "all", "sort": "name"},
        {"activity": "inactive", "sort": "last_active"},
        {"activity": "all", "search": "A", "sort": "messages", "order": "asc"},
    )
}
Answers = Iterator[tuple[str, Any]]


@dataclass(frozen=True)
class Asking:
    """What is asked: questions to results and lists, words to search for, and whom to open."""

    questions: Sequence[Query]
    people: Sequence[str]
    twins: Sequence[str]
    conversations: Sequence[str]
    words: Sequence[str] = ()

    @classmethod
    def about(cls, raw: Raw, questions: Sequence[Query], *words: str) -> "Asking":
        """These questions, and everything of a database by its id; one id names nothing."""
        ids = ([*(row["id"] for row in rows), "?"] for rows in (raw.users, raw.twins, raw.sessions))
        return cls(questions, *ids, words)


def fits(query: Query, kind: str) -> bool:
    """Whether all filters of a question narrow a kind of list."""
    return not any(one.is_set(query) and kind not in one.lists for one in FILTERS)


def fits_results(query: Query) -> bool:
    """Whether results can be asked it; `messages` changes nothing but that facts answer."""
    return not any(
        one.is_set(query) and not one.results and one.name != "messages" for one in FILTERS
    )


def told(reader: Reader, asking: Asking) -> Answers:
    """Every answer, one after the other: who looks for a difference may stop early."""
    yield from of_everything(reader)
    yield from by_id(reader, asking)
    for words in asking.words:
        whenever = Query(Period(date(2026, 1, 1), date(2026, 12, 31), NOW.date()), search=words)
        yield from of_conversations(reader, whenever)
        yield f"snippets {words}", snippets(reader, words, asking.conversations)
    for n, query in enumerate(asking.questions):
        yield from of_results(reader, query)
        yield from of_lists(reader, query, n)
        if fits(query, "conversations"):
            yield from of_conversations(reader, query)


def named(what: str, query: Query) -> str:
    """The name of an answer, of no other question too."""
    filters = {one.name: one.texts(query) for one in FILTERS if one.is_set(query)}
    return f"{what} {filters} {query.period} against {query.against}"


def rows(answer: Any) -> Any:
    """What is compared, and read when it differs."""
    if isinstance(answer, list | tuple):
        return [rows(each) for each in answer]
    return answer.model_dump() if hasattr(answer, "model_dump") else answer


def of_results(reader: Reader, query: Query) -> Answers:
    """Every result."""
    if fits_results(query):
        for result in RESULTS:
            yield named(result.slug, query), rows(result.rows(reader, query, limit=1_000))


def of_lists(reader: Reader, query: Query, n: int = 0) -> Answers:
    """Every list but that of conversations, the n-th choice of each: a page, and all at once."""
    for one in LISTS:
        if fits(query, one.kind):
            choices = CHOICES.get(one.slug, ({},))
            chosen = choices[n % len(choices)]
            name = named(f"{one.slug} {chosen}", query)
            yield f"{name} page", rows(one.read(reader, query, page=2, limit=3, **chosen))
            yield name, rows(list(one.all(reader, query, **chosen)))


def of_conversations(reader: Reader, query: Query) -> Answers:
    """The activity list, in each way it can be read."""
    name = named("activities", query)
    found = of_activities.activities(reader, query, NOW, 2, 3)
    yield f"{name} page", rows(found)
    if cursor := found.next_cursor:
        after = of_activities.activities(reader, query, NOW, 3, 3, cursor=cursor)
        yield f"{name} after", rows(after)
    yield name, rows(list(of_activities.all_activities(reader, query, NOW)))
    yield f"{name} count", of_activities.count_activities(reader, query)
    if query.type == "all":
        yield f"{name} latest", rows(of_activities.latest_activities(reader, query, NOW))
    if not query.search:
        yield f"{name} messages", count_messages(reader, query)


def of_everything(reader: Reader) -> Answers:
    """What is known whatever is asked."""
    yield "span", known.span(reader, NOW.date())
    yield "extent", known.extent(reader)
    yield "first active", first_active(reader)
    yield "organizations", known.organization_names(reader)
    yield "departments", known.department_names(reader)
    yield "loaded", known.loaded_rows(reader)
    yield "apart", apart(reader)


def by_id(reader: Reader, asking: Asking) -> Answers:
    """One after the other by its id."""
    period = Query(Period(date(2026, 3, 1), date(2026, 3, 31), NOW.date()))
    for id_ in asking.people:
        yield f"person {id_}", rows(person(reader, period, id_))
        yield f"person's name {id_}", known.person_name(reader, id_)
    for id_ in asking.twins:
        yield f"twin's name {id_}", known.twin_name(reader, id_)
    for id_ in asking.conversations:
        yield f"conversation {id_}", rows(activity(reader, id_, NOW))
    ids = asking.conversations
    yield "people of conversations", of_activities.people_of(reader, ids)


def of_tables(reader: Reader) -> Answers:
    """What the tables hold that the Reader hands out."""
    for name in TABLES:
        table = getattr(reader, name)
        yield name, sorted(map(repr, map(tuple, reader.execute(select(table)))))


def first_difference(answers: Answers, expected: Mapping[str, Any]) -> str:
    """The first answer that isn't the expected one, and the expected one; "" where all are."""
    seen = 0
    for name, answer in answers:
        seen += 1
        if name not in expected:
            return f"{name}: {answer} was not told"
        if answer != expected[name]:
            return f"{name}:\n {answer}\nbut should be\n {expected[name]}"
    return "" if seen == len(expected) else f"{seen} answers, but {len(expected)} expected"
