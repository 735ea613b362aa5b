"""The Streamlit script: navigation, period and filters, and the page inside an error boundary."""

import streamlit as st

from analytics.errors import QueryError
from analytics.metrics.pages import FIRST, NAVIGATION
from analytics.storage.faults import DatabaseProblem
from analytics.web.faults import FAULT_REMEDY, log_fault
from ui.arriving import arrive
from ui.asked import refusals
from ui.chips import page_chips
from ui.gone import gone_notices
from ui.links import back_link
from ui.page_context import make_page_context
from ui.period_line import period_line
from ui.saving import save_page
from ui.startup import notices, open_store, problem_page
from ui.views import save_control

# The plain icon comes first: a material icon of a page would be fetched as favicon.
st.set_page_config(page_title="AI Twin Analytics", page_icon="📊", layout="wide")
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
page = st.navigation({"AI Twin Analytics": list(PAGES.values())})
st.set_page_config(page_title=f"{page.title} · AI Twin Analytics")
try:
    store = open_store()
    st.session_state["_page"] = page.url_path or FIRST
    arrive()
    made = make_page_context(store)
    with st.sidebar:
        save_control(page.url_path)
    # One place for all that comes and goes, or the page's charts would be drawn anew with it.
    with st.container():
        back_link()
        st.title(page.title, anchor=False)
        if page.url_path not in ("conversation", "views", "data"):
            period_line(made)
        page_chips()
        if page.url_path not in ("conversation", "views", "data"):
            gone_notices()
        notices(store, made.freshness.version)
        refused = st.container()
    page.run()
    with refused:
        refusals()
    with st.sidebar:
        save_page(page.url_path or FIRST)
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
