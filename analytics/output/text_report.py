"""The summary as plain text, for mails and scripts."""

import textwrap
from collections.abc import Iterator
from typing import cast

from analytics.format import day
from analytics.metrics.notes import NoteRow
from analytics.metrics.registry import BY_SLUG
from analytics.metrics.summary import (
    days_words,
    note_title,
    note_words,
    notes_query,
    told,
    whole_weeks,
)
from analytics.metrics.summary_row import Sentence
from analytics.query import Query
from analytics.reading.filters import only_words
from analytics.reading.known import Called, span
from analytics.reading.reader import Reader, Scope, reading
from analytics.storage.store import Store
from analytics.untrusted import printable

WIDTH = 78
_FIGURE = 9  # the column of figures


def summary_text(
    store: Store, query: Query, *, compares: bool = True, scope: Scope | None = None
) -> str:
    """The summary of a question, its sentences one below the other.

    Without `compares` nothing is said of the days compared with. Raises DatabaseProblem while the
    database can't be read.
    """
    with reading(store, scope) as reader:
        return printable("\n".join(_lines(store, reader, query, compares=compares)))


def _lines(store: Store, reader: Reader, query: Query, *, compares: bool) -> Iterator[str]:
    asked, result = whole_weeks(query), BY_SLUG["summary"]
    yield f"Summary: {days_words(asked, compares=compares)}"
    if only := only_words(asked, Called(reader)):
        yield from textwrap.wrap(f"Only {only}", WIDTH)
    yield ""
    found = cast("list[Sentence]", result.rows(reader, asked))
    for row in told(found, compares=compares):
        yield from _beside(row.figure, f"{row.sentence} {row.comparison}")
    if not found:
        yield result.empty
    if compares and (notes := told_notes(reader, asked)):
        yield from ("", "Notes")
        for title, words in notes:
            yield from textwrap.wrap(f"- {title}: {words}", WIDTH, subsequent_indent="  ")
    yield ""
    last = span(reader, query.period.today).last
    sample = " Sample data: these people and conversations are invented." * store.is_sample
    yield f"{f'Data through {day(last)}.' if last else 'No data yet.'}{sample}"


def told_notes(reader: Reader, query: Query) -> list[tuple[str, str]]:
    """The notes that are told with a summary: their titles, and what was before and after."""
    if reader.notes.problem:
        return []
    found = cast("list[NoteRow]", BY_SLUG["notes"].rows(reader, notes_query(query)))
    return [(note_title(row), note_words(row)) for row in found]


def _beside(figure: str, words: str) -> list[str]:
    """Words beside their figure, in lines."""
    first, rest = f"{figure:>{_FIGURE}}  ", " " * (_FIGURE + 2)
    return textwrap.wrap(words.strip(), WIDTH, initial_indent=first, subsequent_indent=rest)
