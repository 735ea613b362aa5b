"""The stretch of a text that shows what was looked for."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

from sqlalchemy import select

from analytics.fields import Meaning, Row
from analytics.reading.reader import Reader
from analytics.search.tables import id_of
from analytics.search.words import FOLDING, Term, fold, terms
from analytics.untrusted import as_text, unescaped

_AROUND, _SNIPPET = 60, 240


class SnippetPart(Row):
    """A piece of a snippet, plain text; `match` says whether it is what was looked for."""

    text: Annotated[str, Meaning("Text", "The piece, plain text.")]
    match: Annotated[bool, Meaning("Match", "Whether it is what was looked for.")]


def snippets(reader: Reader, asked: str, ids: Sequence[str]) -> dict[str, list[SnippetPart]]:
    """For each conversation the place that shows most of what was looked for, as it is now."""
    m, s = reader.messages.c, reader.sessions.c
    patterns = _patterns(asked)
    best: dict[str, tuple[int, object]] = {}
    texts = select(m.session_id, m.content).where(m.session_id.in_(ids))
    titles = select(s.id, s.title).where(s.id.in_(ids))
    for rows in (texts.order_by(m.session_id, m.id), titles):
        for held, content in reader.execute(rows):
            id_, folded = id_of(held), fold(content)
            found = sum(pattern.search(folded) is not None for pattern in patterns)
            if found > best.get(id_, (0, ""))[0]:
                best[id_] = found, content
    return {id_: marked(as_text(content) or "", patterns) for id_, (_, content) in best.items()}


def _patterns(asked: str) -> list[re.Pattern[str]]:
    return [_pattern(term) for term in terms(asked)]


def _pattern(term: Term) -> re.Pattern[str]:
    words = " +".join(map(re.escape, term.words))
    return re.compile(rf"(?<![^ ]){words}{'[^ ]*' if term.is_prefix else ''}(?![^ ])")


def marked(content: str, patterns: Sequence[re.Pattern[str]]) -> list[SnippetPart]:
    """A stretch of the text around the first match, in pieces; unescaped, as a page shows it."""
    content = unescaped(content)
    folded = content.translate(FOLDING)
    matches = [match.span() for pattern in patterns for match in pattern.finditer(folded)]
    origin = [at for at, char in enumerate(content) for _ in FOLDING[ord(char)]] if matches else []
    spans = sorted(
        (origin[first], min(origin[last - 1] + 1, origin[first] + _SNIPPET))
        for first, last in matches
    )
    start = max(0, (spans[0][0] if spans else 0) - _AROUND)
    if start:
        start = content.rfind(" ", start, start + 20) + 1 or start
    end = start + _SNIPPET
    if end < len(content):
        end = max(content.rfind(" ", end - 20, end), spans[0][1] if spans else 0, end - 20)
    pieces: list[tuple[str, bool]] = [("… " if start else "", False)]
    at = start
    for first, last in spans:
        if first < at or last > end:
            continue
        pieces += [(content[at:first], False), (content[first:last], True)]
        at = last
    pieces += [(content[at:end], False), (" …" if end < len(content) else "", False)]
    return [
        SnippetPart(text=re.sub(r"\s+", " ", piece), match=match)
        for piece, match in pieces
        if piece
    ]


def parts_of(texts: Iterable[str], asked: str) -> list[list[SnippetPart]]:
    """Of each text the stretch around the first words that a search asks for; empty without any."""
    patterns = _patterns(asked)
    found = (marked(text, patterns) if patterns else [] for text in texts)
    return [parts if any(part.match for part in parts) else [] for parts in found]
