"""The reference backend's database, made anew: its schema, its kinds of rows and its key figures.

12 people in 4 companies talk with 8 twins for 60 days, the first 30 compared with the last 30.
Always the same rows. By construction the real file's: how many conversations everybody starts, and
how many messages, documents and queries there are, in each half; and when everybody begins. By the
choice of SEED: how many come back after 1, 7 and 30 days. All else is only alike.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from tests.databases import Raw, Row, write

SEED = 499
DAYS = 30
FIRST_DAY, MIDDLE = date(2026, 9, 23), date(2026, 10, 23)
LAST_DAY = MIDDLE + timedelta(DAYS - 1)
MICROSECOND = 370449  # of every moment that was counted back from when the data were made

# E-mail, name, organization, department, the day they begin on, conversations in each half.
PEOPLE = (
    ("kristen.page", "Carol Jones", "Acme Corp", "Sales", 0, 59, 64),
    ("brian.brown", "Ann Pope", "Digital Dynamics", "Marketing", 0, 67, 65),
    ("heidi.holmes", "Jason Jacobs", "Global Solutions", "Product", 0, 61, 62),
    ("wesley.king", "Tanya Day", "Digital Dynamics", "Sales", 0, 62, 62),
    ("joseph.lopez", "Kayla White", "Digital Dynamics", "Marketing", 0, 47, 66),
    ("nicholas.mcdowell", "Maria Donovan", "Acme Corp", "Marketing", 0, 59, 58),
    ("patricia.pennington", "Jenna Davis", "Tech Innovations", "Engineering", 0, 65, 52),
    ("sarah.washington", "Suzanne Hamilton", "Tech Innovations", "Operations", 1, 63, 80),
    ("bobby.smith", "Shawn Hamilton", "Digital Dynamics", "Operations", 0, 70, 50),
    ("jessica.serrano", "Rick Pena", "Digital Dynamics", "Sales", 0, 59, 56),
    ("brenda.mills", "John Mcclain", "Global Solutions", "Marketing", 5, 53, 60),
    ("james.tucker", "Crystal Williams", "Tech Innovations", "Operations", 0, 63, 51),
)
# The place of the owner above, the name, whether others may use it.
TWINS = (
    (0, "Carol's AI Assistant", 1),
    (1, "Ann's Work Twin", 1),
    (1, "Ann's Personal AI", 0),
    (2, "Jason's Smart Helper", 1),
    (3, "Tanya's Knowledge Bot", 1),
    (3, "Tanya's Research Helper", 0),
    (4, "Kayla's Meeting Twin", 1),
    (5, "Maria's Email Twin", 1),
)
# Messages, documents and queries in each half.
HALVES = ((5708, 715, 639), (5795, 720, 620))

TOPICS = (
    "client meeting prep", "Q4 planning strategy", "project status update", "quarterly goals",
    "marketing campaign", "product roadmap", "team schedule", "performance review",
    "budget discussion",
)  # fmt: skip
REQUESTS = (
    "Can you draft a document about this?", "Find me relevant emails about this topic",
    "What are the next steps?", "Thanks, that's helpful!", "Can you provide more details?",
    "What information do we have on this?", "Can you revise that document?",
    "Search for documents related to this",
)  # fmt: skip
FOUND = "Here are the documents I found in your knowledge base..."
DRAFTED = (
    "I'll draft that document for you right away.",
    "I've created the document. Would you like me to revise anything?",
)
SEARCHED = (
    "I found 5 relevant emails. Let me summarize them...",
    "I found information about {topic}. Here's what I found...",
)
TALKED = (
    "Based on your previous communications, here are the key details...",
    "I've analyzed your recent activity and can provide these insights...",
    "You're welcome! Let me know if you need anything else.",
)
# What twins say, by `messages.message_type`, which names what refers to the message.
ANSWERS = {
    "document": (*DRAFTED, *DRAFTED, FOUND),
    "query": (*SEARCHED, *SEARCHED, FOUND),
    "document,query": (FOUND,),
    "general": (*TALKED, *TALKED, *DRAFTED, *SEARCHED, FOUND),
}
DOCUMENT_TYPES = ("email", "proposal", "presentation", "summary", "report")
QUERY_TYPES = ("document_search", "email_search", "general")
QUERIES = (
    "{} information", "documents related to {}", "emails about {}", "search {}",
    "previous discussions on {}",
)  # fmt: skip


def make(path: Path) -> Path:
    """Write the database."""
    write(rows(), path)
    return path


def make_older(path: Path) -> Path:
    """Write the same rows as they were before `messages.message_type`."""
    with closing(sqlite3.connect(make(path))) as database:
        database.executescript(
            "DROP INDEX ix_messages_message_type;"
            "ALTER TABLE messages DROP COLUMN message_type; VACUUM"
        )
    return path


def counted(path: Path, sql: str) -> tuple[Any, ...]:
    """The first row of what plain SQL answers, for tests to compare with."""
    with closing(sqlite3.connect(path)) as database:
        row: tuple[Any, ...] = database.execute(sql).fetchone()
    return row


def rows() -> Raw:
    """The rows of the six tables."""
    dice = Random(SEED)  # noqa: S311 - sample data
    raw = Raw(users=list(_users(dice)))
    raw.twins = list(_twins(raw.users, dice))
    plan = _plan(dice)
    raw.sessions = list(_sessions(plan, raw, dice))
    for row in raw.sessions:
        last = next(user for user in raw.users if user["id"] == row["user_id"])
        last["last_login_at"] = max(last["last_login_at"] or "", row["started_at"])
    for half, totals in enumerate(HALVES):
        _talk([row for row in raw.sessions if _half(row) == half], *totals, raw, dice)
    return raw


def _id(dice: Random) -> str:
    return str(UUID(int=dice.getrandbits(128), version=4))


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


def _half(row: Row) -> bool:
    return str(row["started_at"]) >= str(MIDDLE)


def _users(dice: Random) -> Iterator[Row]:
    """Accounts made one to four months before the first conversation."""
    for email, name, company, department, *_ in PEOPLE:
        before = timedelta(dice.uniform(30, 120))
        yield {
            "id": _id(dice),
            "email": f"{email}@company.com",
            "full_name": name,
            "company": company,
            "department": department,
            "created_at": _text(datetime.combine(FIRST_DAY, time()) - before),
            "last_login_at": None,
        }


def _twins(users: Sequence[Row], dice: Random) -> Iterator[Row]:
    """Twins made between their owner's account and the first conversation."""
    for place, name, shared in TWINS:
        owner = users[place]
        since = datetime.fromisoformat(owner["created_at"])
        span = datetime.combine(FIRST_DAY, time()) - since
        yield {
            "id": _id(dice),
            "user_id": owner["id"],
            "name": name,
            "description": f"AI Twin for {owner['full_name']}",
            "is_shared": shared,
            "created_at": _text(since + span * dice.random()),
        }


def _plan(dice: Random) -> list[tuple[date, int]]:
    """The day and the place of the person of every conversation, by day."""
    plan = []
    for place, (*_, begin, first, second) in enumerate(PEOPLE):
        for start, count, off in ((FIRST_DAY, first, begin), (MIDDLE, second, None)):
            days = [start + timedelta(n) for n in range(off or 0, DAYS)]
            chosen = [] if off is None else [days.pop(0)] * dice.randint(2, 5)
            dice.shuffle(days)
            while len(chosen) < count:
                if not days:
                    chosen.append(dice.choice(chosen))
                    continue
                day = days.pop(0)
                works = day.weekday() < 5
                if dice.random() < (0.75 if works else 0.35):
                    chosen += [day] * (dice.randint(2, 5) if works else dice.randint(1, 3))
                else:
                    days.append(day)
            plan += [(day, place) for day in chosen[:count]]
    dice.shuffle(plan)
    return sorted(plan, key=lambda one: one[0])


def _sessions(plan: Sequence[tuple[date, int]], raw: Raw, dice: Random) -> Iterator[Row]:
    """Conversations between 8 and 19 o'clock, no two at one moment."""
    taken = set()
    for day, place in plan:
        seconds = dice.randrange(8 * 3600, 19 * 3600)
        at = datetime.combine(day, time(microsecond=MICROSECOND)) + timedelta(seconds=seconds)
        while at in taken:
            at += timedelta(seconds=1)
        taken.add(at)
        user = raw.users[place]["id"]
        own = [twin for twin in raw.twins if twin["user_id"] == user]
        others = [twin for twin in raw.twins if twin["is_shared"] and twin not in own]
        twin = dice.choice(own if own and dice.random() < 0.8 else others)
        topic = dice.choice(TOPICS)
        yield {
            "id": _id(dice),
            "user_id": user,
            "twin_id": twin["id"],
            "platform": "slack",
            "title": f"Discussion about {topic}",
            "topic": topic,
            "is_shared_twin": int(twin not in own),
            "started_at": _text(at),
        }


def _talk(  # noqa: PLR0913, PLR0917
    sessions: Sequence[Row], messages: int, documents: int, queries: int, raw: Raw, dice: Random
) -> None:
    """4 to 12 messages a conversation, one each 30 seconds; twins' bring documents and queries."""
    lengths = [dice.randint(4, 12) for _ in sessions]
    while (missing := messages - sum(lengths)) != 0:
        n = dice.randrange(len(lengths))
        lengths[n] = min(12, max(4, lengths[n] + (1 if missing > 0 else -1)))
    twins = sum(length // 2 for length in lengths)
    with_document = set(dice.sample(range(twins), documents))
    with_query = set(dice.sample(range(twins), queries))
    answer = -1
    for session, length in zip(sessions, lengths, strict=True):
        begun = datetime.fromisoformat(session["started_at"])
        topic = session["topic"]
        for n in range(length):
            base = {
                "session_id": session["id"],
                "created_at": _text(begun + timedelta(seconds=30 * n)),
            }
            message = {"id": _id(dice), **base}
            raw.messages.append(message)
            if n % 2 == 0:
                opening = f"Hey, can you help me with {topic}?"
                said = dice.choice(REQUESTS) if n else opening
                message |= {"sender_type": "user", "content": said, "message_type": "general"}
                continue
            answer += 1
            kinds = []
            about = {**base, "message_id": message["id"]}
            if answer in with_document:
                kinds.append("document")
                raw.documents.append({"id": _id(dice), **about, **_document(topic, dice)})
            if answer in with_query:
                kinds.append("query")
                raw.queries.append({"id": _id(dice), **about, **_query(topic, dice)})
            kind = ",".join(kinds) or "general"
            said = dice.choice(ANSWERS[kind]).format(topic=topic)
            message |= {"sender_type": "twin", "content": said, "message_type": kind}


def _document(topic: str, dice: Random) -> Row:
    kinds = [f"{topic.title()} {kind}" for kind in ("Analysis", "Proposal", "Report")]
    return {
        "document_type": dice.choice(DOCUMENT_TYPES),
        "title": dice.choice([*kinds, f"Email Draft: {topic}", f"Summary: {topic}"]),
        "word_count": dice.randint(100, 800),
    }


def _query(topic: str, dice: Random) -> Row:
    return {
        "query_text": dice.choice(QUERIES).format(topic),
        "query_type": dice.choice(QUERY_TYPES),
        "results_count": dice.randint(3, 12),
    }
