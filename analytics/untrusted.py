"""What somebody else wrote, a database's text or a request's: read leniently, drawn safely.

A column can hold what its schema doesn't promise: bytes that are no UTF-8, a BLOB, a number. What
stands in it is shown, and nothing is refused for it.
"""

import re

REPLACEMENT = "\ufffd"
_ESCAPED = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ESCAPE = re.compile("|".join(_ESCAPED))
_SURROGATE = re.compile("[\ud800-\udfff]")
# C0 without tab and line ends, DEL and C1, lone surrogates, and the two that are no characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def as_text(value: object) -> str | None:
    """The text of whatever a column holds; None for NULL.

    Bytes are read as UTF-8. What can't be read, lone surrogates too, becomes U+FFFD: the text can
    always be encoded.
    """
    if value is None:
        return None
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return _SURROGATE.sub(REPLACEMENT, str(value))


def printable(text: str) -> str:
    """The text with U+FFFD for every character that a renderer, XML or a terminal stumbles over.

    Tabs and line ends stay. For what is drawn and printed only: names keep what they are made of
    wherever they are compared, filtered or exported as data.
    """
    return _UNPRINTABLE.sub(REPLACEMENT, text)


def unescaped(text: str) -> str:
    """The text as its writer saw it: Slack stores `&`, `<` and `>` escaped, and nothing else.

    Once only, and for what is searched and shown as inert text: names and stored data stay as they
    are.
    """
    return _ESCAPE.sub(lambda found: _ESCAPED[found[0]], text) if "&" in text else text
