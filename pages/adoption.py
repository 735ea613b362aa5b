"""Who could use a twin, who does, who stays, and whether it is a habit."""

import streamlit as st

from analytics.metrics.pages import PAGES
from ui.cards import result_cards
from ui.charts import chart
from ui.links import view
from ui.page_context import page_context

result_cards("adoption")
st.page_link(
    "../pages/organizations.py",
    label="Adoption by organization and department",
    icon=":material/corporate_fare:",
    width="content",
    query_params=view(page_context().query),
)
result_cards("lifecycle")
result_cards("activation-time")
with st.grid(2, min_column_width=380):
    for slug in PAGES["adoption"].charts:
        chart(slug)
