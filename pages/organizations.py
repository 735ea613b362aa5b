"""All organizations, and one of them opened into its departments."""

from dataclasses import replace

import streamlit as st

from analytics.metrics.pages import PAGES
from analytics.query import filter_label, filter_values
from ui.charts import chart
from ui.gone import gone_words
from ui.inert import inert
from ui.page_context import page_context
from ui.results import rows
from ui.table_card import report_table

query, known = page_context().query, page_context().names.organizations
names = [filter_label(row.organization) for row in rows("organizations")]
report_table("organizations")
asked = [st.query_params.get("open"), st.session_state.get("open")]
# One that is not among them stays opened, and has nobody.
names += dict.fromkeys(name for name in asked if name and name not in names)
if names:
    opened = st.selectbox("Open an organization", names, key="open", bind="query-params")
    organizations = filter_values([opened])
    st.subheader(f"Departments of {inert(opened)}", anchor=False)
    if organizations[0] in known:
        inside = replace(query, organizations=organizations)
        report_table("departments", inside, hide=("organization",))
    else:
        st.warning(inert(gone_words("organization", organizations[0])), icon=":material/link_off:")
with st.grid(2, min_column_width=380):
    for slug in PAGES["organizations"].charts:
        chart(slug)
