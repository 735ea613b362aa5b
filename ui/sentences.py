"""The summary: sentences, each with its figure and a link to whom or what it counts."""

import streamlit as st

from analytics.metrics.pages import NAVIGATION
from analytics.metrics.registry import BY_SLUG
from analytics.metrics.summary import (
    days_words,
    is_compared,
    note_title,
    note_words,
    notes_query,
    told,
    whole_weeks,
)
from analytics.metrics.summary_row import Sentence
from analytics.query import Query
from ui.charts import buttons, card_head, empty, explanation, menu
from ui.inert import inert
from ui.links import link, page_link
from ui.page_context import page_context
from ui.results import rows
from ui.saving import csv_link

RESULT = BY_SLUG["summary"]


def summarized() -> Query:
    """The question of the page's whole weeks."""
    return whole_weeks(page_context().query)


def has_change() -> bool:
    """Whether there is a change of these weeks to draw."""
    return page_context().compares and is_compared(rows(RESULT.slug))


def sentence_list() -> None:
    """The sentences of the page's whole weeks, one below the other."""
    made, found = page_context(), rows(RESULT.slug)
    with card_head():
        st.markdown(f"**{days_words(summarized(), compares=made.compares)}**", width="content")
        with buttons(RESULT.slug):
            menu("Explain", "info", "explain-summary", lambda: explanation(RESULT))
            menu("Save", "download", "save-summary", lambda: csv_link(RESULT))
    if not found:
        empty(RESULT)
    with st.container(gap=None):
        for row in told(found, compares=made.compares):
            _sentence(row)


def _sentence(row: Sentence) -> None:
    name = row.name.lower().replace(" ", "-")
    with st.container(key=f"sentence-{name}"):
        st.markdown(_unbroken(row.figure))
        st.markdown(_unbroken(f"{row.sentence} {row.comparison}"))
        with st.container(key=f"links-{name}", horizontal=True, gap="xsmall", width="content"):
            _links(row)


def _unbroken(words: str) -> str:
    """Inert words, in which no line ends before a percent sign."""
    return inert(words).replace(" \\%", "\u00a0\\%")


def _links(row: Sentence) -> None:
    """Whom or what the figure counts, and the page that has its result on the same days."""
    assert RESULT.leads_to  # noqa: S101 - every sentence says what it counts
    counted = RESULT.leads_to(row, page_context().query)
    if not counted.is_empty:
        [(kind, number)] = counted.counts.items()
        link(kind, number, counted.query, small=True)
    pages = [name for name, page in NAVIGATION.items() if row.result in page.slugs]
    for name in pages[-1:]:  # not this one, which comes first
        page_link(name, NAVIGATION[name].title, summarized())


def note_lines() -> None:
    """The notes of the days and of those compared with: what was before and after each."""
    made = page_context()
    if made.notes.problem:
        return  # the page of notes says why
    found = rows("notes", notes_query(summarized()))
    if not found:
        return
    with card_head():
        st.subheader("Notes", anchor=False, width="content")
        page_link("notes", "All notes", made.query)
    for row in found:
        st.markdown(f"**{inert(note_title(row))}**  \n{inert(note_words(row))}")
