"""All organizations, and one of them opened into its departments."""

from dataclasses import replace

import streamlit as st

from analytics.query import filter_label
from ui.frame import frame
from ui.results import rows
from ui.tables import report_table
from ui.text import inert

found = rows("organizations")
report_table("organizations")
if found:
    names = {filter_label(row.organization): row.organization for row in found}
    opened = st.selectbox("Open an organization", list(names), key="open", bind="query-params")
    query = frame().query
    inside = replace(query, filters=replace(query.filters, organizations=(names[opened],)))
    st.subheader(f"Departments of {inert(opened)}", anchor=False)
    report_table("departments", inside, hide=("organization",))
