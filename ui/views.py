"""Saved views: keeping the page as it is now, the list of what was kept, and its links.

A link `/view/ID` leads to the page's own address, so it opens the same view in any browser.
"""

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

import streamlit as st
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from analytics.app.names import MAX_NAME
from analytics.app.store import AppStore, app_store
from analytics.app.views import (
    SavedView,
    delete_view,
    rename_view,
    restore_view,
    save_view,
    saved_view,
    saved_views,
)
from analytics.errors import QueryError
from analytics.format import count, days, moment
from analytics.metrics.pages import FIRST, NAVIGATION
from analytics.period import DEFAULT_PRESET, PRESET_NAMES, Period, parse_date
from analytics.reading.filters import SLICES
from analytics.service import service
from analytics.settings import SettingsError
from analytics.sql.timestamps import from_instant
from analytics.storage.faults import DatabaseProblem
from ui.address import ONLY
from ui.asked import page_number
from ui.inert import inert
from ui.kept_filters import with_filters
from ui.page_context import page_context
from ui.words import filter_words

PATH = "views"  # of the page that lists them
PAGE_SIZE = 20
_DATES = "dates"  # the parameter of the period's widget
_GONE = "gone"  # the parameter that names a link's view that is no longer there
_SHARED = "Everybody who reaches this dashboard sees saved views and can change them."


# --- links ------------------------------------------------------------------------------------


def open_view(request: Request) -> RedirectResponse:
    """Lead from a view's link to its page."""
    view_id = request.path_params["view_id"]
    try:
        store = service().store()
        view = saved_view(app_store(store.settings), view_id)
        if view is None:
            return _lead(f"/{PATH}?{urlencode({_GONE: view_id})}")
        return _lead(address(view))
    except (DatabaseProblem, SettingsError):
        return _lead(f"/{PATH}")  # which says what is wrong


def _lead(path: str) -> RedirectResponse:
    return RedirectResponse(path, headers={"Cache-Control": "no-store"})


ROUTES = [Route("/view/{view_id}", open_view, methods=["GET"])]


def address(view: SavedView) -> str:
    """The path and query string that show a view."""
    page = view.page if view.page in NAVIGATION and view.page != FIRST else ""
    pairs = parse_qsl(view.parameters, keep_blank_values=True)
    if view.preset and view.preset != DEFAULT_PRESET:
        pairs.append(("preset", view.preset))
    return f"/{page}?{urlencode(pairs)}" if pairs else f"/{page}"


def _link(view: SavedView) -> str:
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}/view/{view.id}" if here.netloc else f"/view/{view.id}"


# --- saving -----------------------------------------------------------------------------------


def save_control(page: str) -> None:
    """The control that keeps the page as it is now under a name."""
    if page == PATH:
        return
    preset, parameters = _current()
    with st.popover("Save this view", icon=":material/bookmark_add:"):
        st.caption(
            f"Keeps {_title(page)} as it is now: {_described(preset, parameters)}. {_SHARED}"
        )
        with st.form("save-view", border=False):
            name = st.text_input("Name of the view", max_chars=MAX_NAME, key="view_name")
            if st.form_submit_button("Save", type="primary"):
                with _said_on_the_page():
                    st.session_state["_saved_view"] = save_view(
                        _app(),
                        name,
                        page=page,
                        preset=preset,
                        parameters=parameters,
                        now=page_context().now,
                    )
        saved = st.session_state.get("_saved_view")
        if saved and (saved.page, saved.preset, saved.parameters) == (page, preset, parameters):
            st.success(f"Saved as “{inert(saved.name)}”. Its link:", icon=":material/check:")
            st.code(_link(saved), language=None, wrap_lines=True)
        st.page_link(f"../pages/{PATH}.py", label="All saved views", icon=":material/bookmarks:")


def _current() -> tuple[str | None, str]:
    """The preset that is chosen, if one is, and the rest of the address."""
    preset = st.session_state.get("preset")
    moves = preset in PRESET_NAMES
    pairs = [
        (name, value)
        for name in st.query_params
        if not (moves and name in ("preset", _DATES))
        for value in st.query_params.get_all(name)
    ]
    return (preset if moves else None), urlencode(pairs)


def _app() -> AppStore:
    return app_store(page_context().store.settings)


class _said_on_the_page:  # noqa: N801 - reads as the statement it is
    """What goes wrong with the views is said where it happens; the rest of the page works."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        """Show a problem that is known; pass others on."""
        if isinstance(error, QueryError):
            st.error(inert(f"{error.value}: {error.remedy}."), icon=":material/error:")
        elif isinstance(error, DatabaseProblem):
            st.error(
                f"**{inert(error.what)}.** {inert(error.where)}. {inert(error.remedy)}",
                icon=":material/error:",
            )
        else:
            return False
        return True


# --- the list ---------------------------------------------------------------------------------


def view_list() -> None:
    """Every view with its link, found by name; rename, share, delete and take back."""
    st.caption(_SHARED)
    if _GONE in st.query_params:
        st.warning("The view of this link is no longer there.", icon=":material/link_off:")
    if error := st.session_state.pop("_view_error", None):
        with _said_on_the_page():
            raise error
    _offer_undo()
    views = []
    with _said_on_the_page():
        views = list(saved_views(_app()))
        if not views:
            st.info(
                "No view is kept yet. Choose a page, a period and filters, then **Save this view**"
                " beside the page's title.",
                icon=":material/bookmark_add:",
            )
    if not views:
        return
    wanted = st.text_input(
        "Find a view", key="find", bind="query-params", placeholder="Part of its name"
    )
    found = [view for view in views if (wanted or "").strip().casefold() in view.name.casefold()]
    if not found:
        st.caption("No view has this in its name. Find a shorter part of it.")
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page_number(pages, "views_page")
    shown = 1
    if pages > 1:
        shown = min(
            pages, st.pagination(pages, key="views_page", bind="query-params", width="stretch")
        )
    st.subheader(count(len(found), "saved view"), anchor=False)
    for view in found[(shown - 1) * PAGE_SIZE : shown * PAGE_SIZE]:
        _row(view)


def _row(view: SavedView) -> None:
    with (
        st.container(border=True),
        st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ),
    ):
        with st.container(gap="xsmall", width="stretch"):
            # In this tab: a link of Streamlit's would open another one. The name is only text.
            where = f'href="/view/{escape(view.id)}" target="_self" style="color: inherit"'
            st.html(f"<a {where}><bdi>{escape(view.name)}</bdi></a>")
            st.caption(f"{_title(view.page)} · {_described(view.preset, view.parameters)}")
        menu = st.popover(
            "Share, edit",
            type="tertiary",
            icon=":material/more_horiz:",
            key=f"change-{view.id}",
            on_change="rerun",
        )
        if menu.open:
            with menu:
                _changes(view)


def _changes(view: SavedView) -> None:
    saved = moment(from_instant(view.saved_at), page_context().store.settings.zone)
    st.markdown("**Link**")
    st.code(_link(view), language=None, wrap_lines=True)
    st.caption(f"Saved {saved}")
    key = f"name-{view.id}"
    with st.form(f"rename-{view.id}", border=False):
        st.text_input("Name", value=view.name, max_chars=MAX_NAME, key=key)
        st.form_submit_button("Rename", on_click=_rename, args=(view.id, key))
    st.button(
        "Delete", icon=":material/delete:", key=f"delete-{view.id}",
        on_click=_delete, args=(view.id,),
    )  # fmt: skip


def _rename(view_id: str, key: str) -> None:
    try:
        rename_view(_app(), view_id, st.session_state[key])
    except (QueryError, DatabaseProblem) as error:
        st.session_state["_view_error"] = error


def _delete(view_id: str) -> None:
    try:
        st.session_state["_deleted_view"] = delete_view(_app(), view_id)
    except DatabaseProblem as error:
        st.session_state["_view_error"] = error


def _offer_undo() -> None:
    deleted = st.session_state.get("_deleted_view")
    if deleted is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Deleted “{inert(deleted.name)}”.", width="content")
        st.button("Undo", icon=":material/undo:", on_click=_undo)


def _undo() -> None:
    try:
        restore_view(_app(), st.session_state["_deleted_view"])
    except (QueryError, DatabaseProblem) as error:
        st.session_state["_view_error"] = error
    else:
        del st.session_state["_deleted_view"]


# --- words ------------------------------------------------------------------------------------


def _title(page: str) -> str:
    return NAVIGATION[page if page in NAVIGATION else FIRST].title


def _described(preset: str | None, parameters: str) -> str:
    """A view's period and filters, as inert text."""
    asked: dict[str, list[str]] = {}
    for name, value in parse_qsl(parameters):
        asked.setdefault(name, []).append(value)
    parts = [preset or _fixed(asked.pop(_DATES, []))]
    for name in SLICES:
        parts += [", ".join(asked.pop(name))] if name in asked else []
    given = {name: asked.pop(key) for name, key in ONLY.items() if key in asked}
    filtered, _ = with_filters(page_context().query.everything, given)
    parts += filter_words(filtered).values()
    parts += [f"{name}: {', '.join(values)}" for name, values in asked.items()]
    text = " · ".join(parts)
    return inert(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


_LONGEST = 240


def _fixed(dates: list[str]) -> str:
    try:
        start, end = (parse_date(_DATES, text) for text in dates)
        return days(Period(start, end, end))
    except ValueError:  # nothing, or what somebody wrote into the address
        return DEFAULT_PRESET
