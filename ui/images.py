"""What is taken along: a chart as a picture, and the page as one file. Both made on a click."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from analytics.drawing import compared_with
from analytics.export import period_file_name
from analytics.html_report import page_html
from analytics.images import available, png, svg
from analytics.query import Query
from analytics.reports import PAGES, Report
from ui.frame import frame
from ui.results import report_rows

Draw = Callable[..., bytes | str]
KINDS: dict[str, tuple[Draw, str, str]] = {
    "png": (png, "image/png", "for slides"),
    "svg": (svg, "image/svg+xml", "sharp at any size"),
}


def image_buttons(report: Report, query: Query | None = None) -> None:
    """Small buttons that save the chart as PNG and SVG; none where it can't be drawn."""
    if not (available() and report.is_chart):
        return
    made, dark = frame(), is_dark()
    asked = query or made.query
    for kind, (draw, mime, purpose) in KINDS.items():

        def picture(draw: Draw = draw) -> bytes | str:
            rows = partial(report_rows, report, made=made)
            beside = compared_with(report, asked, rows) if made.compares else None
            return draw(report.slug, rows(asked), asked, dark=dark, compared=beside)

        name = period_file_name(report.slug, asked.period, kind)
        st.download_button(
            kind.upper(),
            picture,
            file_name=name,
            mime=mime,
            key=f"{kind}-{report.slug}",
            on_click="ignore",
            type="tertiary",
            icon=":material/image:",
            help=f"Save this chart as {name}, {purpose}",
        )


def save_page(page: str) -> None:
    """A button that saves a page of `PAGES` as one HTML file; none for other pages."""
    if page not in PAGES or not available():
        return
    made, dark = frame(), is_dark()

    def document() -> str:
        return page_html(
            made.store, made.query, [page], datetime.now(UTC), compares=made.compares, dark=dark
        )

    st.download_button(
        "Save this page",
        document,
        file_name=period_file_name(page, made.query.period, "html"),
        mime="text/html",
        key=f"file-{page}",
        on_click="ignore",
        icon=":material/file_save:",
        help="Save charts, tables and definitions of this page as one file, to send or to print."
        " It opens without the internet.",
        width="stretch",
    )


def is_dark() -> bool:
    """Whether the visitor's theme is the dark one."""
    return st.context.theme.type == "dark"
