"""How much the twins are used: headline figures, how they moved, and who leads."""

import streamlit as st

from ui.activities import latest
from ui.cards import headline_cards
from ui.page_results import page_results
from ui.startup import unless_locked


def headline() -> None:
    """The four headline figures."""
    with st.container(key="headline"):  # a name for `ui/head.html`
        headline_cards()


page_results("overview", {"metrics": headline})
with unless_locked():
    latest()
