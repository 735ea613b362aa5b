"""Filters that are typed: part of an e-mail, a topic, a twin by its name or id."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from analytics.query import filter_label
from analytics.reading.filter_texts import MAX_EMAIL, NO_TOPIC
from analytics.reading.filters import BY_NAME
from analytics.reading.known import topic_names, twins_called
from analytics.sql.collation import caseless
from analytics.untrusted import REPLACEMENT, unescaped
from ui.access import Data
from ui.asked import cut
from ui.cache import shared
from ui.inert import inert
from ui.kept_filters import keep, kept

OFFERED = 5
_BOXES = {"user": "name@company", "topic": "One topic", "twin": "Name or id"}


@dataclass(frozen=True)
class _Offer:
    """What may have been meant: the filter, what to say, and the texts and labels to choose."""

    name: str
    words: str
    choices: Sequence[tuple[str, str]] = ()


def more_filters(data: Data) -> None:
    """Boxes for the filters that have no list to choose from; what is typed becomes a chip."""
    with st.popover("More filters", icon=":material/filter_alt:", width="content"):
        st.caption("Kept on every page, as marks above it. Click a mark to remove it.")
        for name, example in _BOXES.items():
            st.text_input(
                BY_NAME[name].label,
                key=f"typed-{name}",
                placeholder=example,
                max_chars=MAX_EMAIL,
                on_change=_take,
                args=(name,),
            )
            if st.session_state.get("_typed", ("",))[0] == name:
                st.session_state["_offer"] = _meant(name, st.session_state.pop("_typed")[1], data)
            offer: _Offer | None = st.session_state.get("_offer")
            if offer and offer.name == name:
                _draw(offer)


def _take(name: str) -> None:
    """Note what was typed and empty the box: what it means is read where errors are shown."""
    text = st.session_state[f"typed-{name}"].replace("\0", REPLACEMENT).strip()
    st.session_state[f"typed-{name}"] = ""
    st.session_state.pop("_offer", None)
    if text:
        st.session_state["_typed"] = name, text


def _meant(name: str, text: str, data: Data) -> _Offer | None:
    """Filter by what a text means, or say what it may mean."""
    if name == "topic":
        return _topic(text, data)
    if name == "twin":
        return _twin(text, data)
    keep({name: [text]})
    return None


def _topic(text: str, data: Data) -> _Offer | None:
    names = {filter_label(name, NO_TOPIC): caseless(name or NO_TOPIC) for name in all_topics(data)}
    same = [text] if text in names else [one for one in names if names[one] == caseless(text)]
    if len(same) == 1:
        _add_topic(same[0])
        return None
    near = same or [one for one in names if caseless(text) in names[one]]
    return _Offer(
        "topic",
        f"No topic is called {cut(text)}. {_or_these(len(near))}",
        [(one, unescaped(one)) for one in near[:OFFERED]],
    )


@shared(max_entries=8)
def all_topics(data: Data) -> list[str | None]:
    """Every topic of a dated conversation."""
    with data.reading(counted=True) as reader:
        return topic_names(reader)


def _add_topic(text: str) -> None:
    keep({"topic": [*dict.fromkeys((*kept().get("topic", ()), text))]})


def _twin(text: str, data: Data) -> _Offer | None:
    with data.reading() as reader:
        found = twins_called(reader, text, OFFERED + 1)
    same = [one for one in found if one.id == text or caseless(one.name) == caseless(text)]
    if len(same) == 1:
        keep({"twin": [same[0].id]})
        return None
    words = (
        f"Several twins are called {cut(text)}. Which one?"
        if same
        else f"No twin has the name or the id {cut(text)}. {_or_these(len(found))}"
    )
    if len(found) > OFFERED:
        words += f" The first {OFFERED} are shown; the id of another one leads to it, too."
    choices = [
        (one.id, f"{cut(one.name)} of {cut(one.owner) or 'nobody known'}, id {one.id}")
        for one in found[:OFFERED]
    ]
    return _Offer("twin", words, choices)


def _or_these(number: int) -> str:
    return "Did you mean this?" if number else "Try a part of it."


def _draw(offer: _Offer) -> None:
    st.caption(inert(offer.words))
    for text, label in offer.choices:
        st.button(
            inert(label),
            key=f"meant-{offer.name}-{text}",
            type="tertiary",
            on_click=_choose,
            args=(offer.name, text),
        )


def _choose(name: str, text: str) -> None:
    st.session_state.pop("_offer", None)
    if name == "topic":
        _add_topic(text)
    else:
        keep({name: [text]})
