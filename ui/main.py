"""The Streamlit script: navigation, what is asked, and the page inside an error boundary."""

import streamlit as st

from analytics.errors import QueryError
from analytics.metrics.pages import FIRST, NAVIGATION, SECTIONS
from analytics.storage.faults import DatabaseProblem
from analytics.web.faults import FAULT_REMEDY, log_fault
from ui.arriving import arrive
from ui.asked import refusals
from ui.head import head
from ui.startup import open_store, problem_page

SIDEBAR = 220  # pixels; `ui/head.html` keeps this room until it comes

# The plain icon comes first: a material icon of a page would be fetched as favicon.
st.set_page_config(
    page_title="AI Twin Analytics",
    page_icon="📊",
    layout="wide",
    initial_sidebar_state=SIDEBAR,
)
PAGES = {
    name: st.Page(
        f"../pages/{name}.py",
        title=one.title,
        default=name == FIRST,
        icon=f":material/{one.icon}:" if one.shown else None,
        visibility="visible" if one.shown else "hidden",
    )
    for name, one in NAVIGATION.items()
}
page = st.navigation(
    {
        section: [PAGES[name] for name, one in NAVIGATION.items() if one.section == section]
        for section in SECTIONS
    },
    expanded=True,
)
st.set_page_config(page_title=f"{page.title} · AI Twin Analytics")
try:
    store = open_store()
    st.session_state["_page"] = page.url_path or FIRST
    arrive()
    refused = head(store, page.url_path or FIRST)
    page.run()
    with refused:
        refusals()
except DatabaseProblem as error:
    problem_page(error.what, error.where, error.remedy)
except QueryError as error:
    problem_page(
        "This question can't be answered",
        f"{error.parameter} = {error.value}",
        error.remedy,
        may_pass=False,
    )
except Exception as error:
    log_fault(error)
    problem_page(
        "Something went wrong on this page",
        type(error).__name__,
        FAULT_REMEDY,
        may_pass=False,
    )
