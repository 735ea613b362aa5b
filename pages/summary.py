"""What there is to say in a minute: the last whole weeks in sentences, and what happened."""

import streamlit as st

from analytics.metrics.pages import PAGES
from ui.charts import chart
from ui.sentences import has_change, note_lines, sentence_list, summarized

said, beside = st.columns([2, 1], gap="medium")
with said:
    sentence_list()
with beside, st.container(key="beside-sentences"):
    for slug in PAGES["summary"].charts if has_change() else ():
        chart(slug, summarized())
    note_lines()
