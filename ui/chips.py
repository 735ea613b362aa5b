"""What is left, in words, each with a button that takes it out."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from analytics.format import count, days
from analytics.lists.messages import count_messages
from analytics.query import Query
from analytics.reading.filters import BY_NAME
from ui.address import DATES, IN, ONLY, remove
from ui.arriving import link_notices, question
from ui.inert import inert
from ui.kept_filters import keep
from ui.page_context import page_context
from ui.words import filter_words, only_words


def page_chips() -> None:
    """The filters of every page that the bar has no box for."""
    _chips(filter_words(page_context().query), "only", "Remove this filter", _unkeep)


def _unkeep(names: Sequence[str]) -> None:
    keep(dict.fromkeys(names, ()))


def chips(kind: str, asked: Query) -> None:
    """What a list is narrowed to beside the filters of every page."""
    link_notices()
    said = _question_in_words() | filter_words(_beside(asked, question()))
    _chips(said, "chip", "Remove this from the list", remove)
    if kind == "conversations" and (asked.messages or asked.hour is not None):
        with page_context().data.reading() as reader:
            found = count_messages(reader, asked)
        line = (
            f"**{count(found.messages, 'message')} in"
            f" {count(found.conversations, 'conversation')}**"
        )
        if found.undated:
            line += (
                f"; {count(found.undated, 'conversation')} without a date"
                f" {'is' if found.undated == 1 else 'are'} not in the list"
            )
        st.markdown(line)


def _chips(
    said: dict[tuple[str, ...], str], key: str, tip: str, click: Callable[[Sequence[str]], None]
) -> None:
    if not said:
        return
    with st.container(horizontal=True, gap="small"):
        for names, words in said.items():
            st.button(
                inert(words),
                key=f"{key}-{names[0]}",
                icon=":material/close:",
                icon_position="right",
                help=tip,
                on_click=click,
                args=(names,),
            )


def _beside(asked: Query, own: Query) -> Query:
    """A question without the filters that another one has, too."""
    nothing = Query(asked.period)
    same = [BY_NAME[name].field for name in ONLY]
    same = [field for field in same if getattr(asked, field) == getattr(own, field)]
    return replace(asked, **{field: getattr(nothing, field) for field in same})


def _question_in_words() -> dict[tuple[str, ...], str]:
    """Where the list keeps to another period or other filters than every page."""
    asked, shown = question(), page_context().query
    if asked == shown:
        return {}
    said = [days(asked.period)] if asked.period != shown.period else []
    if replace(asked, period=shown.period, against=shown.against) != shown:
        said.append(only_words(asked) or "everybody, whatever the filters")
    return {(*DATES, *IN): f"Only {', '.join(said)}"}
