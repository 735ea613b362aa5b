"""How other people's words are written."""

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Markdown makes links of bare addresses even where their punctuation is escaped.
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_JOINER = "\u2060"  # takes no room and breaks no line


def inert(words: object) -> str:
    """Text for an element that reads markdown: nothing in it formats, links or loads."""
    return _PUNCTUATION.sub(r"\\\1", _ADDRESS.sub(_JOINER, " ".join(str(words).split())))
