"""Who could use a twin, who does, who stays, and whether it is a habit."""

import streamlit as st

from analytics.metrics.pages import PAGES
from ui.charts import chart

with st.grid(2, min_column_width=380):
    for slug in PAGES["adoption"].charts:
        chart(slug)
