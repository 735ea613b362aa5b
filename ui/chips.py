"""What is left, in words, each with a button that takes it out."""

import streamlit as st

from analytics.format import count, days
from analytics.lists.messages import count_messages
from analytics.query import (
    Query,
)
from analytics.reading.filters import chosen_names, in_words
from analytics.reading.known import person_name, twin_name
from analytics.reading.reader import reading
from ui.address import DATES, IN, remove
from ui.arriving import link_notices, question, slices_of
from ui.inert import inert
from ui.page_context import page_context


def chips(kind: str, asked: Query) -> None:
    """What a list is narrowed to, in words, each with a button that takes it out."""
    link_notices()
    said = _question_in_words() | in_words(asked, _Known())
    if said:
        with st.container(horizontal=True, gap="small"):
            for names, words in said.items():
                st.button(
                    inert(words),
                    key=f"chip-{names[0]}",
                    icon=":material/close:",
                    icon_position="right",
                    help="Remove this from the list",
                    on_click=remove,
                    args=(names,),
                )
    if kind == "conversations" and (asked.messages or asked.hour is not None):
        with reading(page_context().store) as reader:
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


def _question_in_words() -> dict[tuple[str, ...], str]:
    """Where the list keeps to another period or other filters than the frame."""
    asked, shown = question(), page_context().query
    if asked == shown:
        return {}
    said = [days(asked.period)] if asked.period != shown.period else []
    if slices_of(asked) != slices_of(shown):
        said.append(", ".join(chosen_names(asked)) or "everybody, whatever the filters")
    return {(*DATES, *IN): f"Only {', '.join(said)}"}


class _Known:
    """How people and twins are called, as the page's database has them."""

    def person(self, id_: str) -> str:
        """The name of a person."""
        with reading(page_context().store) as reader:
            return person_name(reader, id_)

    def twin(self, id_: str) -> str:
        """The name of a twin."""
        with reading(page_context().store) as reader:
            return twin_name(reader, id_)
