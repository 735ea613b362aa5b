"""What is chosen and not there any more."""

import streamlit as st

from analytics.query import (
    NAMELESS,
    Query,
    filter_label,
)
from ui.asked import cut, notice
from ui.filter_bar import without
from ui.page_context import page_context


def gone(query: Query) -> list[tuple[str, str | None]]:
    """The chosen names that nobody has any more, each with its parameter."""
    names = page_context().names
    return [
        *(("organization", name)
          for name in query.organizations if name not in names.organizations),
        *(("department", name)
          for name in query.departments if name not in names.departments),
    ]  # fmt: skip


def gone_notices() -> None:
    """The names among the frame's filters that nobody has any more, each with a way out."""
    for key, name in gone(page_context().query):
        button = f"remove-{key}-{filter_label(name, NAMELESS[key])}"
        notice(gone_words(key, name), "Remove", button, _unchoose, key, name)


def gone_words(key: str, name: str | None) -> str:
    """That nobody belongs to an organization or a department."""
    if name is None:
        return f"Nobody is without {key} any more."
    called = filter_label(name, NAMELESS[key])
    return f"No {key} is called {cut(called)} any more: nobody counts for it."


def _unchoose(key: str, name: str | None) -> None:
    st.session_state[key] = without(st.session_state[key], key, name)
