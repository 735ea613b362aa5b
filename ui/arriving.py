"""What a link asks: its question on the page that it leads to, and the way back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from analytics.format import days
from analytics.query import (
    NAMELESS,
    NO_DEPARTMENT,
    NO_ORGANIZATION,
    PRESET_NAMES,
    Period,
    Query,
    QueryError,
    filter_label,
    parse_date,
)
from analytics.reading.filters import SLICES, filtered, of_list
from ui.address import BOUND, CHOSEN, DATES, DEFAULT_COMPARISON, IN, WIDGETS, forget, remove
from ui.asked import notice, refuse
from ui.filter_bar import read_names, without
from ui.gone import gone, gone_words
from ui.page_context import page_context
from ui.period_bar import COMPARISONS, CUSTOM, are_dates

# --- arriving ----------------------------------------------------------------------------------


def question() -> Query:
    """What a list is asked: the period and filters of its link, else those of the frame.

    Whoever changes the frame afterwards means the frame; a preset that moves on changes nothing. A
    link that says what the frame says goes with it.
    """
    asked = page_context().query
    given = _given(asked)
    if given is None:
        return asked
    said = [st.query_params.get_all(name) for name in (*DATES, *IN)]
    chosen = [st.session_state.get(name) for name in CHOSEN]
    if chosen[-1] == CUSTOM:
        chosen.append(st.session_state.get("dates"))
    came = st.session_state.get("_came")
    if came is None or came[0] != said:
        st.session_state["_came"] = came = (said, chosen, given == asked)
    if came[1] != chosen:
        forget((*DATES, *IN))
        return asked
    return asked if came[2] else given


def _given(asked: Query) -> Query | None:
    """The question in the address, if there is one: of the frame's days where its own are none."""
    given = st.query_params
    if not any(given.get(name) for name in (*DATES, *IN)):
        return None
    try:
        period = _given_period(asked.period)
    except QueryError:  # `link_notices` says so
        period = asked.period
    names = page_context().names
    return replace(
        asked,
        period=period,
        organizations=read_names(
            given.get_all("in_organization"), names.organizations, NO_ORGANIZATION
        ),
        departments=read_names(given.get_all("in_department"), names.departments, NO_DEPARTMENT),
    )


def _given_period(shown: Period) -> Period:
    """The days in the address, or those shown where it has none. Raises QueryError."""
    given = st.query_params
    if not any(given.get(name) for name in DATES):
        return shown
    start, end = (parse_date(name, given.get(name, "")) for name in DATES)
    period = Period(start, end, shown.today)
    _ = period.previous
    return period


def link_notices() -> None:
    """What a link asks for that has no meaning, or is not there any more."""
    shown = page_context().query
    try:
        _given_period(shown.period)
    except QueryError as error:
        words = f"{error}. Shown instead: {days(shown.period)}."
        notice(words, "Remove", "remove-dates", remove, DATES)
    asked = question()
    for key, name in gone(asked) if slices_of(asked) != slices_of(shown) else ():
        button = f"remove-in-{key}-{filter_label(name, NAMELESS[key])}"
        notice(gone_words(key, name), "Remove", button, _unname, key, name)


def slices_of(query: Query) -> tuple[Any, Any]:
    return query.organizations, query.departments


def _unname(key: str, name: str | None) -> None:
    """Take a name out of the link's own filters."""
    given = {own: st.query_params.get_all(own) for own in st.query_params if own not in BOUND}
    given[f"in_{key}"] = without(given[f"in_{key}"], key, name)
    st.query_params.from_dict(given)


def arrive() -> None:
    """Give the frame back the period, filters and comparison of a view that was left, before it is
    drawn."""
    if "restore" not in st.query_params:
        return
    given = st.query_params
    preset = given.get("in_preset")
    if preset in PRESET_NAMES:
        st.session_state["preset"] = preset
    elif _set_dates("dates", [given.get(name, "") for name in DATES]):
        st.session_state["preset"] = CUSTOM
    for name in SLICES:
        st.session_state[name] = [*filter(None, given.get_all(f"in_{name}"))]
    choice = given.get("in_compare", DEFAULT_COMPARISON)
    if choice in COMPARISONS:
        st.session_state["compare"] = choice
    else:
        refuse("compare", choice, f"is none of {', '.join(COMPARISONS)}", COMPARISONS)
    _set_dates("compare_dates", given.get_all("in_compare_dates"))
    forget(("restore", *DATES, *IN))


def _set_dates(key: str, texts: Sequence[str]) -> bool:
    """Give a widget its dates, if these are some."""
    texts = [*filter(None, texts)]
    if not are_dates(key, texts):
        return False
    st.session_state[key] = (parse_date(key, texts[0]), parse_date(key, texts[-1]))
    return True


# --- on the list's page ------------------------------------------------------------------------


def narrowed(kind: str) -> Query:
    """What a list's page is asked: its question with the filters in its address.

    Raises QueryError as the API does.
    """
    given, filters = st.query_params, [one for one in of_list(kind) if one.name not in WIDGETS]
    return filtered(question(), {one.name: given.get_all(one.name) for one in filters}, filters)
