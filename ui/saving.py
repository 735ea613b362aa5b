"""Links to what is taken along: rows as CSV, a chart as a picture, the page as one file.

`analytics.web.downloads` makes the files when a link is followed. Streamlit's own download buttons
forget what they offered whenever the page runs again: a click that meets a run saves nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from analytics.metrics.pages import PAGES
from analytics.metrics.registry import BY_SLUG
from analytics.metrics.result import Result
from analytics.output.export import period_file_name
from analytics.output.images import available
from analytics.query import Query
from analytics.web.downloads import PICTURES, page_path, result_path
from ui.page_context import comparison, own_parameter, page_context, query_string

_PURPOSES = {"png": "for slides", "svg": "sharp at any size"}


def save_link(label: str, address: str, tip: str, icon: str = "download") -> None:
    """A small link to a file."""
    st.link_button(label, address, type="tertiary", icon=f":material/{icon}:", help=tip)


def csv_link(result: Result, query: Query | None = None) -> None:
    """A link to the rows drawn, as `slug_start_end.csv`."""
    asked = query or page_context().query
    name = period_file_name(result.slug, asked.period)
    more = comparison(asked) | own_parameter(result)
    address = f"{result_path(result.slug, 'csv')}?{query_string(asked, **more)}"
    save_link("CSV", address, f"Save these rows as {name}")


def image_links(result: Result, query: Query | None = None) -> None:
    """Links to the chart as PNG and SVG; none where it can't be drawn."""
    if not (available() and result.is_chart):
        return
    asked = query or page_context().query
    for kind in PICTURES:
        name = period_file_name(result.slug, asked.period, kind)
        save_link(
            kind.upper(),
            f"{result_path(result.slug, kind)}?{_as_seen(asked)}",
            f"Save this chart as {name}, {_PURPOSES[kind]}",
            "image",
        )


def save_page(page: str) -> None:
    """A link that saves a page of `PAGES` as one HTML file; none for other pages."""
    if page not in PAGES or not available():
        return
    own = [own_parameter(BY_SLUG[slug]) for slug in PAGES[page].slugs]
    seen = _as_seen(page_context().query, dict(pair for one in own for pair in one.items()))
    st.link_button(
        "Save this page",
        f"{page_path(page)}?{seen}",
        icon=":material/file_save:",
        help="Save charts, tables and definitions of this page as one file, to send or to print."
        " It opens without the internet.",
        width="stretch",
    )


def _as_seen(asked: Query, own: Mapping[str, str] = MappingProxyType({})) -> str:
    """A question with the visitor's theme, and whether anything is compared."""
    compares = "" if page_context().compares else "false"
    return query_string(
        asked, **comparison(asked), **own, compares=compares, theme="dark" if is_dark() else ""
    )


def is_dark() -> bool:
    """Whether the visitor's theme is the dark one."""
    return st.context.theme.type == "dark"
