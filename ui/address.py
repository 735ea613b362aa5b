"""The parameters of a page's address: what each is for, and changes in one step."""

from collections.abc import Iterable

import streamlit as st

from analytics.reading.filters import OF_RESULTS, SLICES
from ui.period_bar import COMPARISONS

DATES = ("start_date", "end_date")
COMPARISON = ("compare", "compare_dates")
CHOSEN = (*SLICES, *COMPARISON, "preset")  # what widgets of every page are bound to, but dates
BOUND = {"dates", *CHOSEN}
# The other filters of every page. `twin` alone is what one list is narrowed to.
ONLY = {one.name: f"only_{one.name}" for one in OF_RESULTS if one.name not in SLICES}
IN = tuple(f"in_{name}" for name in (*CHOSEN, *ONLY.values()))  # a link's own
DEFAULT_COMPARISON = next(iter(COMPARISONS))
WIDGETS = (*SLICES, "type", "user", "search")  # filters that pages have widgets for


def current_page() -> str:
    """The name of the page that runs."""
    name: str = st.session_state.get("_page", "overview")
    return name


def unbound() -> dict[str, list[str]]:
    """The parameters that no widget of every page is bound to."""
    return {name: st.query_params.get_all(name) for name in st.query_params if name not in BOUND}


def forget(names: Iterable[str]) -> None:
    """Take parameters out of the address, in one step: each would be one in the history."""
    gone = set(names)
    kept = {name: texts for name, texts in unbound().items() if name not in gone}
    st.query_params.from_dict(kept)


def first_page() -> None:
    """Show a list from its beginning, where one is shown."""
    if "page" in st.session_state:
        st.session_state["page"] = 1


def remove(names: Iterable[str]) -> None:
    """Take out what narrows a list."""
    forget(names)
    first_page()
