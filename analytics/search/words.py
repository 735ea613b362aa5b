"""What a search means, and the words of a text: without case, accents and strokes."""

import re
import unicodedata
from dataclasses import dataclass

from analytics.errors import QueryError
from analytics.untrusted import as_text, unescaped

MAX_SEARCH = 200

# Marks that are left out of words: accents, those around symbols, half ones.
_ACCENT = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20dc\u20e5-\u20ff\ufe20-\ufe2f]"
)
# Scripts written without spaces (Chinese, Japanese, Thai, Lao, Myanmar, Khmer, Tai): each letter
# and mark is a word, so that words inside a sentence are phrases.
_ALONE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3040-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaadf\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
# Beside the category Cf: fillers and selectors of variants, which are not seen either.
_UNSEEN = re.compile("[\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_APOSTROPHES = "\u02b9\u02bb\u02bc\u02bd"  # letters, as Unicode sees them
# Letters that Unicode doesn't take apart, and that its names don't tell the base of.
_LETTERS = {"æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ŋ": "n", "ĸ": "k"}
_STROKE = re.compile("(?:LATIN|GREEK|CYRILLIC) SMALL LETTER .*")
# Around phrases, beside the plain ones; and single ones, which are apostrophes inside words.
_QUOTES = str.maketrans(
    dict.fromkeys(
        "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\uff02"  # “ ” „ ‟ « » and so on
        "\u300c\u300d\u300e\u300f\u301d\u301e\u301f",  # 「 」 『 』 〝 〞 〟
        '"',
    )
)
_SINGLE = "[\u2018-\u201b]"
_SINGLE_QUOTED = re.compile(rf'("[^"]*")|(?<!\w){_SINGLE}([^"]*?){_SINGLE}(?!\w)')
BOUNDARY = "\ue000"  # between messages, so that no phrase reaches over; never part of a word


class _Folding(dict[int, str]):
    """What becomes of each character: lower case without accents, a blank for what is no word."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(char: str) -> str:
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    folded = "".join(map(_part, parts))
    # A symbol, such as ™ or ①, is no part of the word that it is glued to.
    form = unicodedata.decomposition(char)
    apart = unicodedata.category(char) == "So" or form.startswith(("<circle>", "<fraction>"))
    return f" {folded} " if apart or char == "\N{INFORMATION SOURCE}" else folded


def _is_unseen(char: str) -> bool:
    """Whether it is a soft hyphen, a joiner, a selector: not seen, not written."""
    return unicodedata.category(char) == "Cf" or bool(_UNSEEN.match(char))


def is_alone(word: str) -> bool:
    """Whether it is a letter or mark of a script without spaces."""
    return len(word) == 1 and not word.isdecimal() and bool(_ALONE.match(word))


def _part(char: str) -> str:
    category = unicodedata.category(char)
    if _is_unseen(char) or _ACCENT.match(char):
        return ""
    if not (char.isalnum() or category in ("Mn", "Mc")) or char in _APOSTROPHES:
        return " "
    if is_alone(char):
        return f" {char} "
    return _LETTERS.get(plain := _without_stroke(char), plain)


def _without_stroke(char: str) -> str:
    """The letter that one "with stroke" (or hook, tail, ...) is made of, by its name; a dotless i
    is an i."""
    name = unicodedata.name(char, "")
    if not _STROKE.fullmatch(name):
        return char
    try:
        base = unicodedata.lookup(re.sub("DOTLESS | WITH .*", "", name))
    except KeyError:
        return char
    return unicodedata.normalize("NFKD", base)


FOLDING = _Folding()


def fold(held: object) -> str:
    """The words of a text between blanks: lower case, no accents or strokes, no punctuation.

    Of whatever a column holds; what is no character, such as a lone surrogate, is a blank.
    """
    words = held if isinstance(held, str) else as_text(held) or ""
    return unescaped(words).translate(FOLDING)


@dataclass(frozen=True)
class Term:
    """Words that must follow each other; the last one may go on where it is a prefix."""

    words: tuple[str, ...]
    is_prefix: bool = False


def terms(asked: str) -> tuple[Term, ...]:
    """What a search means: words and "phrases", all of which must occur; `wo*` is a prefix.

    A prefix has two characters or more. Quotes of every language are quotes.

    Everything else is literal: what is neither letter nor digit separates words, and words that
    are written together, such as e-mail, are a phrase. Raises QueryError for more than 200
    characters.
    """
    if len(asked) > MAX_SEARCH:
        raise QueryError(
            "search", f"{asked[:40]}…", f"has more than {MAX_SEARCH} characters; shorten it"
        )
    seen = "".join(char for char in asked if not _is_unseen(char)).translate(_QUOTES)
    quoted = _SINGLE_QUOTED.sub(lambda found: found[1] or f'"{found[2]}"', seen)
    found = []
    for phrase, word in re.findall(r'"([^"]*)"|([^\s"]+)', quoted):
        words = tuple(fold(phrase or word).split())
        if words:
            found.append(Term(words, word.endswith("*") and len(words[-1]) > 1))
    return tuple(dict.fromkeys(found))
