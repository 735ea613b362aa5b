"""The results of a page in their order: cards and tables by themselves, charts side by side."""

from collections.abc import Callable, Mapping
from itertools import groupby

import streamlit as st

from analytics.metrics.pages import PAGES
from analytics.metrics.registry import BY_SLUG
from ui.cards import result_cards
from ui.charts import chart
from ui.table_card import report_table


def page_results(page: str, own: Mapping[str, Callable[[], None]] | None = None) -> None:
    """Draw the results of a page as `PAGES` has them; `own` draws those that the page does itself.

    A chart between others than charts has the whole width.
    """
    drawn_by = dict(own or {})
    for are_charts, run in groupby(PAGES[page].slugs, lambda slug: BY_SLUG[slug].is_chart):
        slugs = list(run)
        if are_charts:
            with st.grid(min(2, len(slugs)), min_column_width=380):
                for slug in slugs:
                    chart(slug)
            continue
        for slug in slugs:
            if slug in drawn_by:
                drawn_by[slug]()
            elif BY_SLUG[slug].is_single:
                result_cards(slug)
            else:
                report_table(slug)
