# ruff: noqa: RUF001 - words of many scripts
"""What a search means, and how words are folded."""

import re
import unicodedata

import pytest

from analytics.errors import QueryError
from analytics.search.words import Term, fold, terms


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("budget", [Term(("budget",))]),
        ("  Money   BUDGET ", [Term(("money",)), Term(("budget",))]),
        ('"job ad"', [Term(("job", "ad"))]),
        ('the "job ad" now', [Term(("the",)), Term(("job", "ad")), Term(("now",))]),
        ("bud*", [Term(("bud",), is_prefix=True)]),
        ("e-mail", [Term(("e", "mail"))]),
        ("e-ma*", [Term(("e", "ma"), is_prefix=True)]),
        ('"bud*"', [Term(("bud",))]),
        ("b*", [Term(("b",))]),
        ('half "open', [Term(("half",)), Term(("open",))]),
        ("budget AND NOT money", [Term((w,)) for w in ("budget", "and", "not", "money")]),
        ("a OR (b)", [Term(("a",)), Term(("or",)), Term(("b",))]),
        ("title:x ^y -z", [Term(("title", "x")), Term(("y",)), Term(("z",))]),
        ("again again", [Term(("again",))]),
        ("+++ word ***", [Term(("word",))]),
        ("plan*\u200b", [Term(("plan",), is_prefix=True)]),
        ("วัน*", [Term(("ว", "ั", "น"))]),  # each is a word: it may go on anyway
        (
            "O\u2019Neil dogs\u2019 bones\u2019",
            [Term(("o", "neil")), Term(("dogs",)), Term(("bones",))],
        ),
        ("O\u02bcNeil", [Term(("o", "neil"))]),
        ("\u2018don\u2019t panic\u2019 now", [Term(("don", "t", "panic")), Term(("now",))]),
        ("\u2018half open", [Term(("half",)), Term(("open",))]),
        ('"the \u2018job ad\u2019 now"', [Term(("the", "job", "ad", "now"))]),
        ("R&D", [Term(("r", "d"))]),
        ("R&amp;D", [Term(("r", "d"))]),
    ],
)
def test_words_phrases_and_prefixes(asked: str, expected: list[Term]) -> None:
    assert list(terms(asked)) == expected


@pytest.mark.parametrize(
    "pair", ["“”", "„“", "«»", "»«", "‹›", "‘’", "‚‘", "’’", "＂＂", "「」", '""']
)
def test_quotes_of_every_language_are_quotes(pair: str) -> None:
    phrase = f"{pair[0]}job ad{pair[1]}"
    assert terms(f"the {phrase} now") == (Term(("the",)), Term(("job", "ad")), Term(("now",)))


def test_a_very_long_search_is_refused() -> None:
    with pytest.raises(QueryError, match="has more than 200 characters; shorten it"):
        terms("x" * 201)
    assert terms("x" * 200)


@pytest.mark.parametrize(
    ("words", "folded"),
    [
        ("Café Ünïcode", "cafe unicode"),
        ("Straße NASS", "strasse nass"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
        ("ﬁne ½", "fine 1 2"),
        ("zero\u200bwidth so\u00adft", "zerowidth soft"),
        ("a_b.c", "a b c"),
        ("東京x", "東 京 x"),
        ("हिन्दी", "हिन्दी"),
        ("\ue000 \x00 \ud800", ""),
        ("Łódź Đà Nẵng Øst Ħ Ŧ ɨ", "lodz da nang ost h t i"),
        ("İI ıi ȷ", "ii ii j"),
        ("Ð Þ Æ Œ ẞ ß Ŋ ǽ", "d th ae oe ss ss n ae"),
        ("Ғ Қ Ґ Й", "г к г и"),
        ("ทุกx๒๕", "ท ุ ก x๒๕"),
        (
            "\u26a0\ufe0fUp 1\ufe0f\u20e3Go \u2139\ufe0fSee \U0001f44d\U0001f3fdok",
            "up 1 go i see ok",
        ),
        ("Acme™ 3½ ①x", "acme tm 3 1 2 1 x"),
        ("\u2060a\u200d\u200cb\ufeffc\u180bd", "abcd"),
        ("R&amp;D &lt;b&gt; &amp;lt; &quot;", "r d b lt quot"),
        (b"caf\xc3\xa9 M\xfcller", "cafe m ller"),
        (17, "17"),
        (None, ""),
    ],
)
def test_folding(words: object, folded: str) -> None:
    assert " ".join(fold(words).split()) == unicodedata.normalize("NFKD", folded)


def test_every_letter_with_a_stroke_folds_to_one_without() -> None:
    for char in map(chr, range(0x250)):
        name = unicodedata.name(char, "")
        if re.match("LATIN (SMALL|CAPITAL) LETTER (?!LAMBDA).* WITH .*STROKE", name):
            assert re.fullmatch("[a-z]+", fold(char)), name
