# ruff: noqa: F811 - fixtures of another module are arguments
"""Search against a plain one of the raw rows, after random changes."""

import html
import os
import random
import re
import sqlite3
import unicodedata
from contextlib import closing
from typing import Any

import pytest

from analytics.search import walk
from analytics.search.index import Search
from tests.searching import Indexed, changing  # noqa: F401 - fixtures too

WORDS = (
    "Alpha", "beta", "BETA", "gamma", "Ünï", "al", "東京", "e-mail", "x_y", "Łódź", "R&amp;D",
    "ทุกวัน", "\u26a0\ufe0fBeta", "al\u200bpha",
)  # fmt: skip

ASKED = (
    "alpha",
    "al*",
    "beta gamma",
    '"beta gamma"',
    "uni",
    "東",
    "email",
    '"e mail" x',
    "x_y",
    "京 al*",
    "lodz",
    "R&D",
    "กวั beta",
)


def plain(text: str) -> list[str]:
    """The words of a text, found without the product's code."""
    words, word = [], ""
    seen = re.sub("[\u200b\ufe0f]", "", html.unescape(text).lower().replace("ł", "l"))
    for char in unicodedata.normalize("NFKD", seen):
        if "\u3400" <= char <= "\u9fff" or "\u0e00" <= char <= "\u0eff":
            words += [word, char]
            word = ""
        elif char.isalnum():
            word += char
        elif not unicodedata.combining(char):
            words.append(word)
            word = ""
    return [w for w in [*words, word] if w]


def oracle(database: sqlite3.Connection, asked: str) -> str:
    """Conversations that have every word, phrase and prefix, newest first."""
    found = []
    rows = database.execute(
        "SELECT sessions.id, title FROM sessions JOIN users ON users.id = user_id"
        " WHERE started_at IS NOT NULL ORDER BY started_at DESC, sessions.id DESC"
    )
    for id_, title in rows:
        texts = database.execute("SELECT content FROM messages WHERE session_id = ?", [id_])
        parts = [plain(title or ""), *(plain(row[0]) for row in texts)]
        if all(
            any(_has(part, plain(quoted or word), word.endswith("*")) for part in parts)
            for quoted, word in re.findall(r'"([^"]*)"|([^\s"]+)', asked)
        ):
            found.append(id_)
    return " ".join(found)


def _has(words: list[str], wanted: list[str], is_prefix: bool) -> bool:
    last = len(wanted) - 1
    return any(
        words[at : at + last] == wanted[:last]
        and (
            words[at + last].startswith(wanted[last])
            if is_prefix
            else words[at + last] == wanted[last]
        )
        for at in range(len(words) - last)
    )


def random_change(draw: random.Random, at: int) -> tuple[str, list[Any]]:
    """Some statement that inserts, edits, moves or deletes."""
    said = " ".join(draw.choices(WORDS, k=draw.randint(0, 6)))
    session, other = (f"s{draw.randint(0, 9)}" for _ in range(2))
    user = draw.choice(["ann", "bob", "nobody"])
    day = f"2026-03-0{draw.randint(1, 9)} 09:00:00"
    started = draw.choice([day, day, None])
    return draw.choice(
        [
            (
                "INSERT OR REPLACE INTO sessions"
                " (id, user_id, twin_id, platform, title, started_at)"
                " VALUES (?, ?, 't0', 'slack', ?, ?)",
                [session, user, said, started],
            ),
            (
                "INSERT INTO messages (id, session_id, sender_type, content)"
                " VALUES (?, ?, 'user', ?)",
                [f"n{at}", session, said],
            ),
            ("UPDATE messages SET content = ? WHERE session_id = ?", [said, session]),
            ("UPDATE messages SET session_id = ? WHERE session_id = ?", [other, session]),
            ("UPDATE sessions SET user_id = ?, title = ? WHERE id = ?", [user, said, session]),
            ("DELETE FROM sessions WHERE id = ?", [session]),
            ("DELETE FROM messages WHERE session_id = ?", [session]),
            ("DELETE FROM users WHERE id = 'bob'", []),
            ("INSERT OR IGNORE INTO users (id, email, full_name) VALUES ('bob', 'b', 'B')", []),
        ]
    )


@pytest.mark.parametrize("seed", range(int(os.environ.get("SEARCH_SEEDS", "1"))))
def test_random_changes_end_in_what_a_plain_search_finds(
    seed: int, changing: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_AT_ONCE", 4)
    draw = random.Random(seed + 1)  # noqa: S311
    found = 0
    for round_ in range(8):
        with closing(sqlite3.connect(changing.path)) as database:
            for n in range(draw.randint(1, 20)):
                database.execute(*random_change(draw, 100 * round_ + n))
            database.commit()
        if draw.random() < 0.2:
            changing.store.rebuild()
        changing.store.refresh()
        if draw.random() < 0.3:
            changing.search.step()  # killed after it
            changing.search = Search(changing.store)
            continue
        changing.search.update()
        with closing(sqlite3.connect(changing.path)) as database:
            for asked in ASKED:
                expected = oracle(database, asked)
                assert changing.ids(asked) == expected, asked
                found += len(expected.split())
    assert found > 20
