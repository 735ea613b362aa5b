"""The filters, as the bar above each page offers them."""

from collections.abc import Iterable, Sequence

import streamlit as st

from analytics.query import (
    NAMELESS,
    filter_label,
    filter_values,
)
from analytics.reading.filter_texts import NO_TOPIC
from analytics.untrusted import REPLACEMENT


def choose_names(key: str, names: Sequence[str | None], none: str) -> tuple[str | None, ...]:
    """The chosen names. One that nobody has any more stays chosen, so nobody counts for it."""
    label = f"{key.capitalize()}s"
    options = [filter_label(name, none) for name in names]
    asked = [*st.query_params.get_all(key), *st.session_state.get(key, [])]
    known = set(options)
    options += dict.fromkeys(text for text in asked if text and text not in known)
    chosen = st.multiselect(
        label,
        options,
        key=key,
        placeholder=f"All {label.lower()}",
        bind="query-params",
        label_visibility="collapsed",
    )
    return read_names(chosen, names, none)


def read_names(
    texts: Iterable[str], names: Sequence[str | None], none: str
) -> tuple[str | None, ...]:
    """Names as the address has them.

    Nobody is asked for NUL that no name has: PostgreSQL refuses it, and it is no name either.
    """
    read = filter_values(filter(None, texts), none)
    return tuple(
        name if name is None or "\0" not in name or name in names
        else name.replace("\0", REPLACEMENT)
        for name in read
    )  # fmt: skip


def without(texts: Iterable[str], key: str, name: str | None) -> list[str]:
    """Names as the address has them, but for one."""
    none = NAMELESS.get(key, NO_TOPIC)
    return [text for text in texts if read_names([text], (), none) != (name,)]
