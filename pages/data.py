"""What is loaded and how fresh it is, the settings in force, and what every number means."""

import streamlit as st

from analytics.format import count, day, moment
from analytics.metrics.registry import RESULTS
from ui.inert import inert
from ui.page_context import page_context
from ui.table_card import report_table

made = page_context()
zone = made.store.settings.zone
report_table("sources")
st.caption(
    "Left-out rows are counted in no dated number; undated conversations can still be opened by"
    " their id."
)

st.subheader("Freshness", anchor=False)
age = count(int((made.now - made.freshness.built_at).total_seconds() // 60), "minute")
st.markdown(
    f"Read {moment(made.freshness.built_at, zone)} ({age} ago), in the time zone"
    f" {inert(made.freshness.zone)}. Data through {day(made.span.last)}, from"
    f" {day(made.span.first)} on."
    " **Refresh** at the top of the page reads the database again."
)

st.subheader("Settings in force", anchor=False)
for name, value in made.store.settings.shown().items():
    with st.container(horizontal=True, gap="small"):
        st.markdown(f"`{name}`", width=220)
        st.text(value)
st.caption("Passwords are not shown. The README lists every setting with its default.")

st.subheader("What every number means", anchor=False)
for result in RESULTS:
    with st.expander(result.title):
        st.markdown(result.definition)
        st.caption(f"CSV `{result.slug}_start_end.csv` · API `/api/{result.path}`")
