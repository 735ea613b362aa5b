"""What is chosen and not there any more."""

import streamlit as st

from analytics.query import Query
from analytics.reading.filters import BY_NAME
from ui.address import ONLY
from ui.asked import cut, notice
from ui.filter_bar import without
from ui.kept_filters import keep, kept
from ui.page_context import page_context
from ui.typed_filters import all_topics


def gone(query: Query) -> list[tuple[str, str | None]]:
    """The chosen names that nobody has any more, each with its parameter."""
    made, names = page_context(), page_context().names
    topics = all_topics(made.data) if query.topics else ()
    return [
        *(("organization", name)
          for name in query.organizations if name not in names.organizations),
        *(("department", name)
          for name in query.departments if name not in names.departments),
        *(("topic", name) for name in query.topics if name not in topics),
    ]  # fmt: skip


def gone_notices() -> None:
    """The names among the page's filters that nobody has any more, each with a way out."""
    for key, name in gone(page_context().query):
        button = f"remove-{key}-{BY_NAME[key].write(name)}"
        notice(gone_words(key, name), "Remove", button, _unchoose, key, name)


def gone_words(key: str, name: str | None) -> str:
    """That nobody belongs to an organization or a department, or that a topic is gone."""
    if key in ONLY:
        what = "without a topic" if name is None else f"on the topic {cut(name)}"
        return f"No conversation is {what} any more: nothing counts for it."
    if name is None:
        return f"Nobody is without {key} any more."
    called = BY_NAME[key].write(name)
    return f"No {key} is called {cut(called)} any more: nobody counts for it."


def _unchoose(key: str, name: str | None) -> None:
    held = kept() if key in ONLY else st.session_state
    keep({key: without(held[key], key, name)})
