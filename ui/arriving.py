"""What a link asks: its question on the page that it leads to, and the way back."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from analytics.errors import QueryError
from analytics.format import days
from analytics.period import PRESET_NAMES, Period, parse_date
from analytics.query import NO_DEPARTMENT, NO_ORGANIZATION, Query
from analytics.reading.filters import BY_NAME, SLICES, filtered, of_list
from ui.address import CHOSEN, DATES, DEFAULT_COMPARISON, IN, ONLY, WIDGETS, forget, remove, unbound
from ui.asked import notice, refuse
from ui.filter_bar import read_names, without
from ui.gone import gone, gone_words
from ui.kept_filters import kept, read_kept, set_kept, with_filters
from ui.page_context import page_context
from ui.period_bar import COMPARISONS, CUSTOM, are_dates


def question() -> Query:
    """What a list is asked: the period and filters of its link, else those of every page.

    Whoever changes those afterwards means them; a preset that moves on changes nothing. A link that
    says what they say goes with them.
    """
    asked = page_context().query
    given = _given(asked)
    if given is None:
        return asked
    said = [st.query_params.get_all(name) for name in (*DATES, *IN)]
    chosen = [kept(), *(st.session_state.get(name) for name in CHOSEN)]
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
    """The question in the address, if there is one: of the page's days where its own are none."""
    given = st.query_params
    if not any(given.get(name) for name in (*DATES, *IN)):
        return None
    try:
        period = _given_period(asked.period)
    except QueryError:  # `link_notices` says so
        period = asked.period
    names = page_context().names
    organizations = read_names(
        given.get_all("in_organization"), names.organizations, NO_ORGANIZATION
    )
    departments = read_names(given.get_all("in_department"), names.departments, NO_DEPARTMENT)
    found, refused = with_filters(
        Query(period, organizations, departments, asked.against), read_kept("in_")
    )
    for name, (text, why) in refused.items():
        refuse(f"in_{ONLY[name]}", text, why, {None: "everything"}, page=True)
    if refused:
        forget(f"in_{ONLY[name]}" for name in refused)
    return found


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
    for key, name in [one for one in gone(asked) if one not in gone(shown)]:
        button = f"remove-in-{key}-{BY_NAME[key].write(name)}"
        notice(gone_words(key, name), "Remove", button, _unname, key, name)


def _unname(key: str, name: str | None) -> None:
    """Take a name out of the link's own filters."""
    given, own = unbound(), f"in_{ONLY.get(key, key)}"
    given[own] = without(given[own], key, name)
    st.query_params.from_dict(given)


def arrive() -> None:
    """Give every page back the period, filters and comparison of a view that was left, before they
    are drawn."""
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
    set_kept(read_kept("in_"))
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


def narrowed(kind: str) -> Query:
    """What a list's page is asked: its question with the filters in its address.

    Raises QueryError as the API does.
    """
    filters = [one for one in of_list(kind) if one.name not in WIDGETS]
    given = {one.name: st.query_params.get_all(one.name) for one in filters}
    asked = question()
    if kind == "installations":
        asked = asked.of_people
    if any(given.get("unknown_twin", ())):  # the list's own means another twin
        asked = replace(asked, twin="", by_others=False, own_twin=False)
    elif any((*given.get("twin", ()), *given.get("by_others", ()), *given.get("own_twin", ()))):
        asked = replace(asked, unknown_twin=False)
    if any(given.get("own_twin", ())):
        asked = replace(asked, by_others=False)
    elif any(given.get("by_others", ())):
        asked = replace(asked, own_twin=False)
    return filtered(asked, given, filters)
