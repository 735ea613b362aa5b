# ruff: noqa: F811 - fixtures of another module are arguments
"""The stretch of a text that shows what was looked for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.lists.activities import activities
from analytics.lists.activity_rows import FoundItem
from analytics.reading.reader import reading
from analytics.search.snippets import _pattern, marked, snippets
from analytics.search.words import Term, fold, terms
from analytics.untrusted import unescaped
from tests.databases import activity_query
from tests.searching import NOW, Indexed, chats, talk  # noqa: F401 - fixtures too
from ui.inert import highlighted


def shown(talk: Indexed, words: str, id_: str) -> str:
    """A snippet with its matches in [brackets]."""
    with reading(talk.store) as reader:
        parts = snippets(reader, words, [id_])[id_]
    return "".join(f"[{part.text}]" if part.match else part.text for part in parts)


@pytest.mark.parametrize(
    ("words", "id_", "expected"),
    [
        ("money", "s1", "Where does the [money] go?"),
        ("cafe", "s1", "Mostly to the [café]."),
        ('"job ad"', "s2", "A [job ad], please"),
        ("e-mail", "s3", "The [e-mail] of O'Neil is lost"),
        ("strass*", "s4", "Die [Straße] ist naß"),
        ("東京", "s5", "[東京]都の予算を見せて"),
        ("2026", "s1", "[Budget 2026]".replace("[Budget 2026]", "Budget [2026]")),
        ("plan budget", "s6", "[plan] the [budget]"),
        ("r&d", "s10", "[R&D] <plans>"),
        ("lodz", "s7", "[Łódź] office"),
        ("ทุกวัน", "s8", "ทีมของเราใช้Slack[ทุกวัน]"),
        ("downtime", "s9", "\u26a0\ufe0f[Downtime]"),
    ],
)
def test_a_snippet_shows_the_matches(words: str, id_: str, expected: str, chats: Indexed) -> None:
    assert shown(chats, words, id_) == expected


def test_a_snippet_of_a_huge_word_is_short() -> None:
    (part, more) = marked("x" * 1_000_000, [_pattern(terms("xx*")[0])])
    assert (len(part.text), part.match, more.text) == (240, True, " …")


def test_a_snippet_of_a_long_text_is_a_stretch_around_the_match() -> None:
    text = "word " * 100 + "Needle\n\tin  hay " + "straw " * 100
    parts = marked(text, [_pattern(terms("needle")[0])])
    assert [part.match for part in parts] == [False, False, True, False, False]
    assert parts[0].text == "… "
    assert parts[2].text == "Needle"
    assert parts[3].text.startswith(" in hay straw")
    assert parts[-1].text == " …"
    assert len("".join(part.text for part in parts)) < 260


@given(st.text(min_size=1, max_size=60))
def test_the_pieces_of_a_snippet_are_the_text(content: str) -> None:
    parts = marked(content, [_pattern(Term(("a",), is_prefix=True))])
    plain = "".join(part.text for part in parts)
    assert "".join(plain.split()) == "".join(unescaped(content).split())
    assert all(fold(part.text).strip().startswith("a") for part in parts if part.match)


def test_items_have_a_snippet_only_when_searched(talk: Indexed) -> None:
    with reading(talk.store) as reader:
        found = activities(reader, activity_query(search="money"), NOW)
        plain = activities(reader, activity_query(), NOW)
    assert all(isinstance(item, FoundItem) for item in found.items)
    dumped = found.model_dump(mode="json", by_alias=True)["items"][0]
    assert dumped["snippet"] == [
        {"text": "money", "match": True}, {"text": " is no object", "match": False},
    ]  # fmt: skip
    assert "snippet" not in plain.model_dump(mode="json", by_alias=True)["items"][0]


@pytest.mark.parametrize(
    "content",
    [
        "<b>needle</b><script>needle()</script>",
        "**needle** _needle_ `needle` ~~needle~~",
        "[needle](http://x.example) ![needle](http://x.example/i.png)",
        ":red[needle] ]needle[ :material/needle: $needle$",
        "# needle\n\n| needle | b |\n|---|---|\n- needle",
        "http://x.example/needle www.needle.example needle@x.example",
    ],
)
def test_a_snippet_is_drawn_as_inert_text(content: str) -> None:
    parts = marked(content, [_pattern(Term(("needle",)))])
    drawn = highlighted(parts)
    assert drawn.count(":orange-background[needle]") == fold(content).split().count("needle")
    rest = drawn.replace(":orange-background[needle]", "")
    # All that could be markup has a backslash before it.
    assert not re.search(r"(?<!\\)(?:\\\\)*[!-/:-@\[\]^-`{-~]", rest)
    assert "\n" not in rest
