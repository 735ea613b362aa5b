"""The parameters of a page's address."""

from collections.abc import Sequence

import streamlit as st

from analytics.reading.filters import SLICES
from ui.period_bar import COMPARISONS

DATES = ("start_date", "end_date")
COMPARISON = ("compare", "compare_dates")
CHOSEN = (*SLICES, *COMPARISON, "preset")  # what the frame's widgets are bound to, but dates
BOUND = {"dates", *CHOSEN}
IN = tuple(f"in_{key}" for key in CHOSEN)
DEFAULT_COMPARISON = next(iter(COMPARISONS))
WIDGETS = (*SLICES, "type", "user", "search")  # filters that pages have widgets for


def current_page() -> str:
    """The name of the page that runs."""
    name: str = st.session_state.get("_page", "overview")
    return name


def forget(names: Sequence[str]) -> None:
    """Take parameters out of the address, in one step: each would be one in the history."""
    kept = {
        name: st.query_params.get_all(name)
        for name in st.query_params
        if name not in names and name not in BOUND
    }
    st.query_params.from_dict(kept)


def remove(names: tuple[str, ...]) -> None:
    forget(names)
    st.session_state["page"] = 1
