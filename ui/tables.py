"""Tables: registered results as data frames with their CSV."""

import datetime
from collections.abc import Sequence
from functools import partial
from typing import Any, get_args

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from analytics.behind import behind, has_behind
from analytics.query import NAMELESS, Query, filter_label
from analytics.reports import BY_SLUG
from analytics.text import change, label
from ui.charts import empty, heading
from ui.drill import choose_behind
from ui.frame import frame
from ui.results import rows, table

ROW_HEIGHT = 35
MAX_ROWS = 20


_HELP = {
    "conversations_by_others": "Conversations that somebody else than the owner started",
    "undated": "Left out: no readable timestamp",
    "orphaned": "Left out: the user or conversation they belong to is missing",
}


def _column(field: str, kind: Any) -> ColumnConfig:
    """How a field's column looks, by its type."""
    kinds, look = {kind, *get_args(kind)}, st.column_config
    called: dict[str, Any] = {"label": label(field), "help": _HELP.get(field)}
    if bool in kinds:
        return look.CheckboxColumn(**called)
    if int in kinds:
        return look.NumberColumn(**called, format="localized")
    if datetime.datetime in kinds:
        return look.DatetimeColumn(**called, format="D MMM YYYY, HH:mm")
    if datetime.date in kinds:
        return look.DateColumn(**called, format="D MMM YYYY")
    return look.TextColumn(**called)


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
        fields = report.row.model_fields
        data = table(found).drop(columns=[name for name in hide if name in fields])
        for name, none in NAMELESS.items():
            if name in data:
                data[name] = [filter_label(getattr(one, name), none) for one in found]
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
            column_config={n: _column(n, fields[n].annotation) for n in data.columns},
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
