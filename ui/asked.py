"""What the address asks for that has no meaning: said on the page, with what is shown instead.

Streamlit takes a value that its widget doesn't know out of the address without a word.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import streamlit as st

from analytics.format import count, day
from ui.inert import inert

_LONGEST = 80


@dataclass(frozen=True)
class _Refused:
    """A value of the address, why it has no meaning, and what its widget shows instead."""

    value: str
    why: str
    labels: Mapping[Any, str]
    page: str | None  # the page that has the widget; None for that of every page
    shown: Any = None


def option(key: str, labels: Mapping[str, str], *, page: bool = True) -> None:
    """Look at what the address asks of a box of options before it is drawn: a label, or its code.

    With `page` the box is one of this page, else of every page.
    """
    texts = [text for text in st.query_params.get_all(key) if text]
    if not texts or texts[-1] in labels.values():
        return
    if texts[-1] in labels:
        st.session_state[key] = texts[-1]
    else:
        choices = ", ".join(labels.values())
        refuse(key, texts[-1], f"is none of {choices}", labels, page=page)


def page_number(pages: int, key: str = "page") -> None:
    """Look at which page of a list the address asks for before the pages are drawn."""
    text = st.query_params.get(key, "")
    if not text or key in st.session_state:
        return
    if not re.fullmatch("[1-9][0-9]{0,8}", text) or int(text) > pages:
        refuse(key, text, f"the list has {count(pages, 'page')}", {None: "1"}, page=True)
        if pages == 1:  # no widget takes it out
            del st.query_params[key]


def refuse(
    key: str, value: str, why: str, labels: Mapping[Any, str] | None = None, *, page: bool = False
) -> None:
    """Say that a value was not understood, until its widget is given another one."""
    here = st.session_state.get("_page") if page else None
    held = st.session_state.setdefault("_refused", {})
    held[key] = _Refused(cut(value), why, labels or {}, here)


def cut(words: str) -> str:
    """Words of the address, as long as a sentence bears."""
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def refusals() -> None:
    """What was not understood, each with a button that takes the notice away.

    Comes last, when every widget has its value.
    """
    held: dict[str, _Refused] = st.session_state.get("_refused", {})
    for key, one in list(held.items()):
        if one.page not in (None, st.session_state.get("_page")):
            continue
        shown = st.session_state.get(key)
        if one.shown not in (None, shown):
            del held[key]
            continue
        held[key] = replace(one, shown=shown)
        words = f"{key} = {one.value}: {one.why}. Shown instead: {_written(shown, one.labels)}."
        notice(words, "Close", f"close-{key}", held.pop, key)


def _written(value: Any, labels: Mapping[Any, str]) -> str:
    if isinstance(value, tuple | list):
        return " \u2013 ".join(map(_of_one, value)) or "nothing"
    return labels.get(value) or _of_one(value)


def _of_one(value: Any) -> str:
    return day(value) if isinstance(value, date) else str(value)


def notice(words: str, label: str, key: str, click: Callable[..., Any], *args: Any) -> None:
    """A sentence that the reader should know, in inert text, and a button."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(inert(words), icon=":material/link_off:")
        st.button(label, key=key, on_click=click, args=args)
