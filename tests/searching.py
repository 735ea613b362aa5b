# ruff: noqa: RUF001 - words of many scripts
"""Conversations to search in, and databases of them with their index."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analytics.lists.activities import (
    all_activities,
    count_activities,
    first_activities,
)
from analytics.reading.reader import reading
from analytics.search import sqlite
from analytics.search.index import Search
from analytics.search.matching import coverage
from analytics.search.words import Term
from analytics.service import Service
from analytics.storage.store import Store, open_database
from tests.conftest import settings_for
from tests.databases import Raw, Row, a_message, a_session, a_twin, a_user, activity_query, write

NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)


def a_text(id_: str, session_id: str, content: str) -> Row:
    return a_message(id_, session_id, "2026-03-11 09:00:00") | {"content": content}


def talks() -> Raw:
    """Six conversations of two people, from the newest, s6, to the oldest, s1."""
    raw = Raw(users=[a_user("ann", "Acme"), a_user("bob", "Zebra")], twins=[a_twin("t0", "ann")])
    said = {
        "s1": ("Budget 2026", ["Where does the money go?", "Mostly to the café."]),
        "s2": ("Hiring", ["A job ad, please", "Here is the ad for the job."]),
        "s3": (None, ["The e-mail of O'Neil is lost", "E mail him again"]),
        "s4": ("Ünïcode", ["Die Straße ist naß", "ΟΔΥΣΣΕΥΣ und Ἀθήνα"]),
        "s5": ("文書の検索", ["東京都の予算を見せて", "हिन्दी में लिखो"]),
        "s6": ("Budget plan", ["plan the budget", "money is no object"]),
    }
    for n, (id_, (title, messages)) in enumerate(said.items(), 1):
        owner = "bob" if id_ == "s2" else "ann"
        raw.sessions.append(a_session(id_, owner, f"2026-03-0{n} 09:00:00", title=title))
        raw.messages += [a_text(f"{id_}m{m}", id_, text) for m, text in enumerate(messages)]
    return raw


def spoken() -> Raw:
    """The same, and four of the same two people in other scripts, with all that chats hold."""
    raw = talks()
    said = {
        "s7": ("Łódź office", ["Meeting at Østerbro in Đà Nẵng", "İstanbul'da ışık, þing, Cæsar"]),
        "s8": ("ประชุมวันจันทร์", ["ทีมของเราใช้Slackทุกวัน", "ພວກເຮົາຢູ່ວຽງຈັນ", "យើងនៅភ្នំពេញ ရန်ကုန်မြို့"]),
        "s9": (
            "\u26a0\ufe0fDowntime",
            [
                "1\ufe0f\u20e3Restart \U0001f680launch Acme™",
                "ze\u200bro so\u00adft\u2060ware \ufeffmark",
            ],
        ),
        "s10": ("R&amp;D &lt;plans&gt;", ["O\u2019Neil\u2019s \u201cdear\u201d O\u02bcBrien"]),
    }
    for n, (id_, (title, messages)) in enumerate(said.items(), 7):
        raw.sessions.append(a_session(id_, "bob", f"2026-03-{n:02} 09:00:00", title=title))
        raw.messages += [a_text(f"{id_}m{m}", id_, text) for m, text in enumerate(messages)]
    return raw


class Indexed:
    """A database whose rows change, and its index."""

    def __init__(self, folder: Path, raw: Raw) -> None:
        self.path = folder / "data.db"
        write(raw, self.path)
        self.store: Store = open_database(settings_for(self.path))
        self.search = Search(self.store)
        self.update()

    @property
    def index(self) -> Path:
        return self.path.with_name("data.search.db")

    def update(self) -> None:
        self.store.refresh()
        self.search.update()

    def change(self, statement: str, *values: Any) -> None:
        with closing(sqlite3.connect(self.path)) as database:
            database.execute(statement, values)
            database.commit()

    def ids(self, words: str, **more: Any) -> str:
        with reading(self.store) as reader:
            ask = activity_query(search=words, **more)
            found = [item.id for item in all_activities(reader, ask, NOW)]
            assert count_activities(reader, ask) == len(found)
            assert [item.id for item in first_activities(reader, ask, NOW, 100)] == found
            return " ".join(found)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    made = Indexed(tmp_path_factory.mktemp("talk"), talks())
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    made = Indexed(tmp_path_factory.mktemp("chats"), spoken())
    yield made
    made.store.close()


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Indexed]:
    made = Indexed(tmp_path, talks())
    yield made
    made.store.close()


CHATTED = {
    "lodz": "s7", "łódz": "s7", "LODZ": "s7", "osterbro": "s7", "ØSTERBRO": "s7", "da nang": "s7",
    '"đà nang"': "s7", "ISTANBUL": "s7", "istanbul": "s7", "isik": "s7", "ISIK": "s7",
    "thing": "s7", "cæsar caesar": "s7", "øster*": "s7", "café": "s1", "strasse": "s4",
    "วันจันทร์": "s8", "จันทร์": "s8", "ประชุม*": "s8", '"ประชุม วัน"': "s8", "เราใช้slack": "s8",
    "slack": "s8", "ทุกวัน": "s8", "วันทุก": "", "ວຽງຈັນ": "s8", "ພວກ*": "s8", "ភ្នំពេញ": "s8",
    "ရန်ကုန်": "s8", "東京": "s5",
    "downtime": "s9", "\u26a0\ufe0fdowntime": "s9", "restart launch acme": "s9", "downt*": "s9",
    "zero software": "s9", "zer\u200bo": "s9", "\ufeffmark\u00ad": "s9", "soft": "",
    "R&D": "s10", "R&amp;D": "s10", "r&d <plans>": "s10", "amp": "", "lt": "",
    "\u201cneil s dear\u201d": "s10", "\u2018dear O\u2019Brien\u2019": "s10", "O'Brien": "s10",
    "\u00abdear neil\u00bb": "", "O\u2019Neil": "s10 s3",
}  # fmt: skip


def fts_matches(folded: str, query: tuple[Term, ...]) -> bool:
    """Whether SQLite finds a text."""
    if not query:
        return False
    with closing(sqlite3.connect(":memory:")) as index:
        index.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize='ascii')")
        index.execute("INSERT INTO words VALUES (?)", [folded])
        match = "SELECT count(*) FROM words WHERE words MATCH ?"
        return bool(index.execute(match, [sqlite._fts(query)]).fetchone()[0])


def wait_until_built(made: Service) -> None:
    for _ in range(200):
        with reading(made.store()) as reader:
            if coverage(reader).is_complete:
                return
        time.sleep(0.05)
    raise AssertionError("the index was not built")
