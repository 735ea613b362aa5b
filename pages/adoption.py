"""Who could use a twin, who does, who stays, and whether it is a habit."""

import streamlit as st

from ui.links import view
from ui.page_context import page_context
from ui.page_results import page_results
from ui.table_card import report_table

_ELSEWHERE = (  # on the page Organizations
    "people", "conversations", "previous_conversations", "conversations_change", "documents",
    "queries",
)  # fmt: skip


def organizations() -> None:
    """The rate of each organization, and where that of each department is."""
    report_table("organizations", hide=_ELSEWHERE)
    st.page_link(
        "../pages/organizations.py",
        label="Adoption by department",
        icon=":material/corporate_fare:",
        width="content",
        query_params=view(page_context().query),
    )


page_results("adoption", {"organizations": organizations})
