"""How other people's words are written."""

import re
from collections.abc import Sequence

from analytics.search.snippets import SnippetPart
from analytics.untrusted import printable

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Markdown makes links of bare addresses even where their punctuation is escaped.
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_JOINER = "\u2060"  # takes no room and breaks no line


def inert(words: object) -> str:
    """Text for an element that reads markdown: nothing in it formats, links or loads."""
    said = printable(" ".join(str(words).split()))
    return _PUNCTUATION.sub(r"\\\1", _ADDRESS.sub(_JOINER, said))


def highlighted(parts: Sequence[SnippetPart]) -> str:
    """Markdown that shows a snippet as inert text, with its matches marked."""
    return "".join(
        f":orange-background[{inert(part.text)}]" if part.match else _with_edges(part.text)
        for part in parts
    )


def _with_edges(words: str) -> str:
    if not words.strip():
        return " " if words else ""
    before, after = (" " if edge.isspace() else "" for edge in (words[0], words[-1]))
    return f"{before}{inert(words)}{after}"
