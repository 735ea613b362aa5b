"""Who could use a twin, who does, who stays, and whether it is a habit."""

import streamlit as st

from ui.cards import result_cards
from ui.links import view
from ui.page_context import page_context
from ui.page_results import page_results


def adoption() -> None:
    """The rate, and where it stands for each organization."""
    result_cards("adoption")
    st.page_link(
        "../pages/organizations.py",
        label="Adoption by organization and department",
        icon=":material/corporate_fare:",
        width="content",
        query_params=view(page_context().query),
    )


page_results("adoption", {"adoption": adoption})
