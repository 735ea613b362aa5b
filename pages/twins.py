"""Every twin, its owner and its users; what they are asked about and what they draft."""

import streamlit as st

from analytics.metrics.pages import PAGES
from ui.cards import result_cards
from ui.charts import chart
from ui.table_card import report_table

report_table("twins")
result_cards("reach")
with st.grid(2, min_column_width=380):
    for slug in PAGES["twins"].charts:
        chart(slug)
