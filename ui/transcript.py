"""One conversation, message by message. Its words are other people's: they are only ever text."""

from dataclasses import replace

import streamlit as st

from analytics.format import count, moment
from analytics.lists.conversation import (
    ActivityDetail,
    DocumentCreated,
    MessageItem,
    QueryExecuted,
    activity,
)
from analytics.query import filter_label
from analytics.reading.filter_texts import NO_TOPIC
from analytics.search.snippets import SnippetPart, parts_of
from analytics.search.words import MAX_SEARCH
from analytics.untrusted import unescaped
from ui.arriving import question
from ui.asked import cut
from ui.inert import highlighted, inert
from ui.links import link, only_this, person_link
from ui.page_context import page_context

SHOWN_AT_ONCE = 200


def conversation() -> None:
    """The conversation whose id stands in the address."""
    made = page_context()
    st.page_link("../pages/activities.py", label="All activities", icon=":material/forum:")
    wanted = st.query_params.get("id", "")
    with made.data.reading() as reader:
        found = activity(reader, wanted, made.now) if wanted else None
    if found is None:
        st.info(
            "Choose a conversation from the activities."
            if not wanted
            else f"There is no conversation with the id {inert(wanted)}. It may have been deleted;"
            " choose another one from the activities.",
            icon=":material/forum:",
        )
        return
    _head(found)
    asked = st.query_params.get("found", "")[:MAX_SEARCH]
    marks = parts_of((message.content for message in found.messages), asked)
    messages = list(zip(found.messages, marks, strict=True))
    holding = [n for n, parts in enumerate(marks) if parts]
    if asked:
        _said_of_search(asked, len(holding))
    if len(messages) > SHOWN_AT_ONCE:
        pages, first = -(-len(messages) // SHOWN_AT_ONCE), next(iter(holding), 0) // SHOWN_AT_ONCE
        start = (st.pagination(pages, default=first + 1, key="messages") - 1) * SHOWN_AT_ONCE
        messages = messages[start : start + SHOWN_AT_ONCE]
    if not messages:
        st.caption("This conversation has no messages.")
    for message, parts in messages:
        _message(message, found, parts)
    if found.other_documents or found.other_queries:
        st.subheader("Not tied to a message", anchor=False)
        _made(found.other_documents, found.other_queries)


def _head(found: ActivityDetail) -> None:
    made = page_context()
    zone = made.store.settings.zone
    with st.container(border=True):
        st.subheader(inert(unescaped(found.action)), anchor=False)
        place = ", ".join(name for name in (found.department, found.organization) if name)
        owner = found.twin_owner_name or found.twin_owner
        facts = {
            "Who": f"{found.user} <{found.user_email}>" + (f", {place}" if place else ""),
            "Twin": (found.twin_name or "Unknown twin")
            + (f" of {owner}" if owner else "")
            + (" (shared)" if found.is_shared else ""),
            "When": f"{moment(found.started_at, zone)} ({zone.key}), {found.time}",
            "Topic": unescaped(filter_label(found.topic or None, NO_TOPIC)),
            "Where": found.platform,
        }
        for name, value in facts.items():
            with st.container(horizontal=True, gap="small"):
                st.markdown(f"**{name}**", width=60)
                st.text(value)
        with st.container(horizontal=True, gap="small"):
            person_link(found.user_id, found.user)
            if found.twin_id:
                name = found.twin_name or "Twin"
                with_it = replace(question(), twin=found.twin_id, unknown_twin=False)
                link("conversations", None, with_it, f"Show conversations with {cut(name)}")
            if found.twin_owner_id and found.twin_owner_id != found.user_id:
                person_link(found.twin_owner_id, f"{found.twin_owner_name}, the twin's owner")
        with st.container(horizontal=True, gap="small"):
            asked = made.query
            only_this(replace(asked, person=found.user_id), "person")
            if found.twin_id:
                only_this(replace(asked, twin=found.twin_id, unknown_twin=False), "twin")
            only_this(replace(asked, topics=(found.topic or None,)), "topic")
        with st.container(horizontal=True):
            st.badge(count(found.message_count, "message"), color="gray")
            st.badge(count(found.document_count, "document"), color="blue")
            st.badge(count(found.query_count, "query", "queries"), color="green")
            st.badge(found.duration, icon=":material/schedule:", color="gray")


def _said_of_search(asked: str, number: int) -> None:
    hold = "holds" if number == 1 else "hold"
    told = f"{count(number, 'message')} {hold} words of" if number else "No message holds words of"
    st.caption(f":material/search: {told} the search {inert(asked)}")


def _message(message: MessageItem, found: ActivityDetail, parts: list[SnippetPart]) -> None:
    by_user = message.sender == "user"
    name = found.user if by_user else found.twin_name or "Twin"
    zone = page_context().store.settings.zone
    with st.chat_message("user" if by_user else "assistant"):
        when = moment(message.sent_at, zone) if message.sent_at else "no date"
        st.caption(f"**{inert(name)}** · {when}")
        if parts:
            st.markdown(f":material/search: {highlighted(parts)}")
        st.text(unescaped(message.content))
        _made(message.documents_created, message.queries_executed)


def _made(documents: list[DocumentCreated], queries: list[QueryExecuted]) -> None:
    for document in documents:
        with st.container(border=True):
            kind, words = unescaped(document.type), count(document.word_count, "word")
            st.caption(f":material/description: Document drafted · {inert(kind)} · {words}")
            st.text(unescaped(document.title))
    for query in queries:
        with st.container(border=True):
            results = (
                "results not recorded"
                if query.results_count is None
                else count(query.results_count, "result")
            )
            kind = f" · {inert(query.type)}" if query.type else ""
            st.caption(f":material/search: Query run{kind} · {results}")
            st.text(unescaped(query.query))
