"""Tables: registered results as data frames with their CSV."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from analytics.behind import behind, has_behind
from analytics.query import NO_DEPARTMENT, NO_ORGANIZATION, Query
from analytics.reports import BY_SLUG
from analytics.text import change
from ui.charts import empty, heading
from ui.drill import choose_behind
from ui.frame import frame
from ui.results import rows, table

ROW_HEIGHT = 35
MAX_ROWS = 20


def _count(label: str, help: str | None = None) -> ColumnConfig:  # noqa: A002 - as Streamlit calls it
    return st.column_config.NumberColumn(label, help=help, format="localized")


COLUMNS: dict[str, Any] = {
    "organization": "Organization",
    "department": "Department",
    "people": _count("People"),
    "active_users": _count("Active users"),
    "conversations": _count("Conversations"),
    "previous_conversations": _count("Before"),
    "conversations_change": "Change",
    "conversations_by_others": _count(
        "By others", "Conversations that somebody else than the owner started"
    ),
    "documents": _count("Documents"),
    "queries": _count("Queries"),
    "name": "Twin",
    "owner_name": "Owner",
    "owner_email": "Owner's e-mail",
    "is_shared": st.column_config.CheckboxColumn("Shared"),
    "installed_on": st.column_config.DateColumn("Installed", format="D MMM YYYY"),
    "last_used": st.column_config.DateColumn("Last used", format="D MMM YYYY"),
    "table": "Table",
    "rows": _count("Rows"),
    "first": st.column_config.DatetimeColumn("First", format="D MMM YYYY, HH:mm"),
    "last": st.column_config.DatetimeColumn("Last", format="D MMM YYYY, HH:mm"),
    "undated": _count("Undated", "Left out: no readable timestamp"),
    "orphaned": _count("Orphaned", "Left out: the user or conversation they belong to is missing"),
}
_NAMELESS = {"organization": NO_ORGANIZATION, "department": NO_DEPARTMENT}


def report_table(slug: str, query: Query | None = None, hide: Sequence[str] = ("id",)) -> None:
    """A card with a registered result as a table, as tall as its rows up to a limit."""
    report = BY_SLUG[slug]
    with st.container(border=True):
        heading(report, query)
        with st.skeleton(height=ROW_HEIGHT * 6):
            found = rows(slug, query)
        if not found:
            empty(report)
            return
        data = table(found).drop(columns=[name for name in hide if name in report.row.model_fields])
        for name, label in _NAMELESS.items():
            if name in data:
                data[name] = data[name].fillna(label)
        if "conversations_change" in data:
            data["conversations_change"] = [change(one.conversations_change) for one in found]
        if "owner_email" in data:  # long, and rarely what is looked for
            data["owner_email"] = data.pop("owner_email")
        look = has_behind(slug)
        asked = query or frame().query
        key = f"table-{slug}"
        if look:
            # Rows are selected by position: with other rows the selection starts anew.
            key += f"-{hash((asked, len(found)))}"
        more: dict[str, Any] = (
            {"on_select": partial(_selected, key, f"behind-{slug}"), "selection_mode": "single-row"}
            if look
            else {}
        )
        st.dataframe(
            data,
            hide_index=True,
            column_config={name: COLUMNS.get(name, name) for name in data.columns},
            height=(min(len(data), MAX_ROWS) + 1) * ROW_HEIGHT + 3,
            key=key,
            alt=report.title,
            **more,
        )
        if look:
            choose_behind(
                "Look behind a row",
                [behind(slug, one, asked) for one in found],
                f"behind-{slug}",
                "Choose a row, here or in the table",
            )


def _selected(table: str, choice: str) -> None:
    """A row of the grid was clicked: choose it where the keyboard can, too."""
    picked = st.session_state[table]["selection"]["rows"]
    st.session_state[choice] = picked[0] if picked else None
