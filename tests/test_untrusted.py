"""Text of databases and requests: read leniently, drawn safely."""

from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest

from analytics.untrusted import as_text, printable, unescaped
from ui.inert import inert


@pytest.mark.parametrize(
    ("held", "text"),
    [
        (None, None),
        ("", ""),
        ("Müller", "Müller"),
        (b"M\xc3\xbcller", "Müller"),
        (b"M\xfcller", "M\ufffdller"),
        (memoryview(b"x\x00"), "x\x00"),
        (17, "17"),
        (1.5, "1.5"),
        ("\ud800x", "\ufffdx"),
    ],
)
def test_whatever_a_column_holds_has_a_text(held: object, text: str | None) -> None:
    assert as_text(held) == text


def test_every_text_can_be_encoded() -> None:
    every = "".join(map(chr, range(0x11_000)))
    assert (as_text(every) or "").encode("utf-8")


def test_what_is_printable_stands_in_xml() -> None:
    every = "".join(map(chr, range(0x11_000)))
    kept = printable(every)
    assert len(kept) == len(every)
    ElementTree.fromstring(f"<a>{escape(kept)}</a>")  # noqa: S314 - our own text
    assert {"\t", "\n", "\r"} <= set(kept)
    assert printable("Ünï😀") == "Ünï😀"
    assert printable("North\x0bSouth\x85") == "North\ufffdSouth\ufffd"


def test_no_name_turns_the_words_after_it_around() -> None:
    assert printable("a\u202eb\u2067c") == "a\ufffdb\ufffdc"
    assert inert("a\u202eb accounts for") == "a\ufffdb accounts for"
    assert inert("\u05e9\u05dc\u05d5\u05dd\u200f") == "\u05e9\u05dc\u05d5\u05dd\u200f"


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("R&amp;D", "R&D"),
        ("&lt;b&gt;", "<b>"),
        ("&amp;lt;", "&lt;"),  # once: the writer saw this
        ("&quot; &#38; &AMP; &amp &", "&quot; &#38; &AMP; &amp &"),
    ],
)
def test_what_slack_escapes_and_nothing_else_is_unescaped(stored: str, written: str) -> None:
    assert unescaped(stored) == written
