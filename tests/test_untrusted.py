"""Text of databases and requests: read leniently, drawn safely."""

import xml.dom.minidom

import pytest

from analytics.untrusted import as_text, printable


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
    xml.dom.minidom.parseString(f"<a><![CDATA[{kept.replace(']]>', '')}]]></a>")
    assert "\t\n\r" in kept
    assert "Ünï😀" == printable("Ünï😀")
    assert printable("North\x0bSouth\x85") == "North\ufffdSouth\ufffd"
