"""Tables: registered results as data frames with their CSV."""

import datetime
from collections.abc import Sequence
from functools import partial
from typing import Any, get_args

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from analytics.fields import Meaning
from analytics.metrics.registry import BY_SLUG
from analytics.query import NAMELESS, Query, filter_label
from ui.charts import SHOW, drill_through, empty, heading
from ui.links import choose_row
from ui.page_context import page_context
from ui.results import rows, table

ROW_HEIGHT = 35
MAX_ROWS = 20


def _kinds(kind: Any) -> set[Any]:
    return {kind, *get_args(kind)}


def _moments(found: pd.Series) -> pd.Series:
    """Moments as the reporting time zone's clocks show them."""
    return pd.to_datetime(found, utc=True).dt.tz_convert(page_context().store.settings.zone.key)


def _column(meaning: Meaning, kind: Any) -> ColumnConfig:
    """How a field's column looks, by its meaning and its type."""
    kinds, look = _kinds(kind), st.column_config
    called: dict[str, Any] = {"label": meaning.label, "help": meaning.description}
    if bool in kinds:
        return look.CheckboxColumn(**called)
    if int in kinds:
        return look.NumberColumn(**called, format="localized")
    if meaning.format == "change" or float in kinds:
        is_change = meaning.format == "change"
        return look.NumberColumn(**called, format="%+.1f %%" if is_change else "%.1f")
    if datetime.datetime in kinds:
        called["help"] += f" In the time zone {page_context().freshness.zone}."
        return look.DatetimeColumn(**called, format="D MMM YYYY, HH:mm")
    if datetime.date in kinds:
        return look.DateColumn(**called, format="D MMM YYYY")
    return look.TextColumn(**called)


def report_table(slug: str, query: Query | None = None, hide: Sequence[str] = ()) -> None:
    """A card with a registered result as a table, as tall as its rows up to a limit."""
    result = BY_SLUG[slug]
    with st.container(border=True):
        heading(result, query)
        with st.skeleton(height=ROW_HEIGHT * 6):
            found = rows(slug, query)
        if not found:
            empty(result)
            return
        fields, meanings = result.row.model_fields, result.fields
        data = table(found).drop(
            columns=[name for name, one in meanings.items() if one.is_hidden or name in hide]
        )
        for name, none in NAMELESS.items():
            if name in data:
                data[name] = [filter_label(getattr(one, name), none) for one in found]
        for name in data.columns:
            if datetime.datetime in _kinds(fields[name].annotation):
                data[name] = _moments(data[name])
        if "owner_email" in data:  # long, and rarely what is looked for
            data["owner_email"] = data.pop("owner_email")
        asked = query or page_context().query
        counted = drill_through(result, asked)
        key, more = f"table-{slug}", dict[str, Any]()
        if counted:
            keys = [one.key for one in counted]
            # The grid selects positions: where other rows stand, its selection starts anew.
            key += f"-{hash((asked, *keys))}"
            more["on_select"] = partial(_selected, key, f"choose-{slug}", keys)
            more["selection_mode"] = "single-row"
        st.dataframe(
            data,
            hide_index=True,
            column_config={n: _column(meanings[n], fields[n].annotation) for n in data.columns},
            height=(min(len(data), MAX_ROWS) + 1) * ROW_HEIGHT + 3,
            key=key,
            placeholder="new" if any(meanings[str(n)].format == "change" for n in data) else None,
            alt=result.title,
            **more,
        )
        if counted:
            choose_row(
                SHOW,
                counted,
                f"choose-{slug}",
                "Choose a row, here or in the table",
            )


def _selected(table: str, choice: str, keys: Sequence[tuple[str, ...]]) -> None:
    """A row of the grid was clicked: choose it where the keyboard can, too."""
    picked = st.session_state[table]["selection"]["rows"]
    st.session_state[choice] = keys[picked[0]] if picked else None
