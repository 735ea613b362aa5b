"""How much the twins are used: headline figures, how they moved, and who leads."""

import streamlit as st

from analytics.metrics.pages import PAGES
from ui.activities import latest
from ui.cards import headline_cards, result_cards
from ui.charts import chart
from ui.startup import unless_locked

with st.container(key="headline"):  # a name for `ui/head.html`
    headline_cards()
result_cards("depth-summary")
with st.grid(2, min_column_width=380):
    for slug in PAGES["overview"].charts:
        chart(slug)
with unless_locked():
    latest()
