"""The filters that a visitor keeps from page to page, beside organization and department.

They stand in the address as `only_…`, written here and not by widgets: a box of all twins would
have tens of thousands. Chips show them; rows, charts and the bar choose them.
"""

from collections.abc import Mapping, Sequence

import streamlit as st

from analytics.errors import QueryError
from analytics.query import Query
from analytics.reading.filters import BY_NAME, SLICES, filtered
from ui.address import ONLY, first_page, forget, unbound
from ui.asked import cut, refuse
from ui.period_bar import is_from_address

Texts = Mapping[str, Sequence[str]]
# A twin that is gone has no id, and nobody knows whose it was.
_EXCLUDED = {
    "twin": ("unknown_twin",),
    "unknown_twin": ("twin", "by_others", "own_twin"),
    "by_others": ("unknown_twin", "own_twin"),
    "own_twin": ("unknown_twin", "by_others"),
}


def kept() -> dict[str, list[str]]:
    """The texts of each filter that is kept, by its name."""
    held: dict[str, list[str]] = st.session_state.get("_kept", {})
    return held


def set_kept(texts: Texts) -> None:
    """Keep these and no others."""
    st.session_state["_kept"] = {name: list(texts[name]) for name in ONLY if name in texts}


def read_kept(prefix: str = "") -> dict[str, list[str]]:
    """What the address says of them, or with a prefix what a link says of its own."""
    said = {name: st.query_params.get_all(f"{prefix}{key}") for name, key in ONLY.items()}
    return {name: given for name, texts in said.items() if (given := [*filter(None, texts)])}


def keep(values: Texts) -> None:
    """Filter every page by these from now on; a filter without texts is taken away.

    What a list was narrowed to by a filter of the same name ends: the visitor means this one.
    """
    held = dict(kept())
    for name, texts in values.items():
        if name in SLICES:
            st.session_state[name] = list(texts)
            continue
        held.pop(name, None)
        if texts:
            held[name] = list(texts)
            for other in _EXCLUDED.get(name, ()):
                held.pop(other, None)
    set_kept(held)
    forget(values)
    first_page()


def follow_address() -> None:
    """Keep what the address says at first, and where the history leads back to."""
    if is_from_address():
        set_kept(read_kept())


def with_kept(query: Query) -> Query:
    """A question with the filters that are kept; the address says them, whatever page came.

    One that has no meaning is said and kept no longer.
    """
    query, refused = with_filters(query, kept())
    for name, (text, why) in refused.items():
        refuse(ONLY[name], text, why, {None: "everything"})
    set_kept({name: texts for name, texts in kept().items() if name not in refused})
    if read_kept() != kept():
        said = {name: texts for name, texts in unbound().items() if name not in ONLY.values()}
        said |= {ONLY[name]: texts for name, texts in kept().items()}
        st.query_params.from_dict(said)
    return query


def with_filters(query: Query, given: Texts) -> tuple[Query, dict[str, tuple[str, str]]]:
    """A question with filters, and those that have no meaning: their text and why."""
    refused = {}
    for name, texts in given.items():
        try:
            query = filtered(query, {name: texts}, (BY_NAME[name],))
        except QueryError as error:
            refused[name] = cut(", ".join(texts)), error.remedy
    return query, refused
