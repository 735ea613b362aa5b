"""The Streamlit script: navigation, period and filters, and the page inside an error boundary."""

import streamlit as st

from analytics.query import QueryError
from analytics.storage.faults import DatabaseProblem
from ui.asked import refusals
from ui.drill import arrive, back_link
from ui.faults import FAULT_REMEDY, log_fault
from ui.page_context import gone_notices, make_frame, period_line
from ui.saving import save_page
from ui.startup import notices, open_store, problem_page
from ui.views import save_control

# The plain icon comes first: a material icon of a page would be fetched as favicon.
st.set_page_config(page_title="AI Twin Analytics", page_icon="📊", layout="wide")
PAGES = {
    "overview": st.Page(
        "../pages/overview.py", title="Overview", icon=":material/monitoring:", default=True
    ),
    "retention": st.Page(
        "../pages/retention.py", title="Retention", icon=":material/event_repeat:"
    ),
    "organizations": st.Page(
        "../pages/organizations.py", title="Organizations", icon=":material/corporate_fare:"
    ),
    "twins": st.Page("../pages/twins.py", title="Twins", icon=":material/smart_toy:"),
    "people": st.Page("../pages/people.py", title="People", icon=":material/group:"),
    "activities": st.Page("../pages/activities.py", title="Activities", icon=":material/forum:"),
    "documents": st.Page("../pages/documents.py", title="Documents", icon=":material/description:"),
    "queries": st.Page("../pages/queries.py", title="Queries", icon=":material/search:"),
    "installations": st.Page(
        "../pages/installations.py", title="Installed twins", visibility="hidden"
    ),
    "person": st.Page("../pages/person.py", title="Person", visibility="hidden"),
    "conversation": st.Page("../pages/conversation.py", title="Conversation", visibility="hidden"),
    "views": st.Page("../pages/views.py", title="Saved views", icon=":material/bookmarks:"),
    "data": st.Page("../pages/data.py", title="Data", icon=":material/database:"),
}
page = st.navigation({"AI Twin Analytics": list(PAGES.values())})
st.set_page_config(page_title=f"{page.title} · AI Twin Analytics")
try:
    store = open_store()
    st.session_state["_page"] = page.url_path or "overview"
    arrive()
    made = make_frame(store)
    with st.sidebar:
        save_control(page.url_path)
    # One place for all that comes and goes, or the page's charts would be drawn anew with it.
    with st.container():
        back_link()
        st.title(page.title, anchor=False)
        if page.url_path not in ("conversation", "views", "data"):
            period_line(made)
            gone_notices()
        notices(store, made.freshness.version)
        refused = st.container()
    page.run()
    with refused:
        refusals()
    with st.sidebar:
        save_page(page.url_path or "overview")
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
