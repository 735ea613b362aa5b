"""The head of every page: its title, what is asked and how fresh the answer is, and the controls.

Two lines on a desktop: title, words and small buttons; and the bar of period, comparison and
filters. On a phone the bar is folded away behind the words, which `ui/style.css` sees to: widgets
that aren't drawn would lose what the address says. What comes and goes is said under the bar.
"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.metrics.pages import FIRST, NAVIGATION
from analytics.storage.store import Store
from ui.chips import page_chips
from ui.gone import gone_notices
from ui.links import back_link
from ui.page_context import freshness_bar, make_page_context, watch
from ui.period_line import period_line, zoom_button
from ui.saving import save_page
from ui.startup import notices
from ui.views import save_control

# The button of the folded bar needs no answer of the server, and stays as it is while words change.
_FOLD = (
    '<details><summary aria-label="Change period, comparison and filters">Change</summary>'
    "</details>"
)


def head(store: Store, name: str) -> DeltaGenerator:
    """Draw the head of a page and make its context; the place for what was refused."""
    page = NAVIGATION[name]
    # One place for all that comes and goes, or the page's charts would be drawn anew with it.
    with st.container(key="head"):
        back = st.container()
        first = st.container(key="first", horizontal=True, vertical_alignment="center", gap="small")
        bar = st.container(key="asked", horizontal=True, gap="xsmall")
        under = st.container(key="under")
        with bar:
            made = make_page_context(store, under)
        with back:
            back_link()
        with first:
            st.title(page.title, anchor=False, width="content")
            with st.container(
                key="small-doings",
                horizontal=True,
                vertical_alignment="center",
                gap="xsmall",
                width="content",
            ):
                freshness_bar(made)
                save_control("" if name == FIRST else name)
                save_page(name)
            if page.asks:
                with st.container(key="said", horizontal=True, gap="small"):
                    with st.container(key="fold", width="content"):
                        st.html(_FOLD)
                    period_line(made)
        with under:
            if page.asks:
                with st.container(horizontal=True, gap="small"):
                    zoom_button(made)
                    page_chips()
                gone_notices()
            watch(made)
            notices(store, made.freshness.version)
            return st.container()
