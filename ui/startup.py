"""From a database address to an open store: progress, sample data, a page for each problem."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.format import count, number
from analytics.metrics.sources import Apart, apart
from analytics.rollups.build import Progress
from analytics.service import service
from analytics.settings import SettingsError
from analytics.storage.faults import DatabaseLocked, DatabaseMissing, DatabaseProblem
from analytics.storage.store import Store
from analytics.web.faults import FAULT_REMEDY, log_fault
from ui.access import Data, visible
from ui.cache import shared
from ui.inert import inert

RETRY_SECONDS = 5
# One line; `ui/head.html` puts it away for this browser, and asks no server for it.
_SAMPLE = (
    "<p><strong>Sample data</strong>: invented people and conversations."
    "<span> To see your own, set <code>DATABASE_URL</code> and start again: README, “Your own"
    " database”.</span></p>"
    '<button type="button" aria-label="Put the notice of sample data away">✕</button>'
)


def open_store() -> Store:
    """The open store; shows progress while it is being made ready, and stops on a problem."""
    place = st.empty()
    try:
        opened = service()
        show = shown_by(place)
        try:
            store = opened.store(show)
        except DatabaseMissing:
            if not opened.settings.is_default_database:
                raise
            _make_sample(Path(opened.settings.url.database or ""), show)
            store = opened.store(show)
    except SettingsError as error:
        place.empty()
        problem_page("A setting can't be used", str(error), "Correct it, then start again.")
    except DatabaseProblem as error:
        place.empty()
        problem_page(error.what, error.where, error.remedy)
    place.empty()
    return store


def shown_by(place: DeltaGenerator) -> Progress:
    """Progress that a place on the page shows as soon as there is some."""

    def show(share: float, label: str) -> None:
        place.progress(min(1.0, share), f"{label} …")

    return show


def _make_sample(path: Path, show: Progress) -> None:
    from seed import generate  # noqa: PLC0415 - Faker takes a while to load, and is rarely needed

    try:
        generate(
            path,
            showcase=True,
            progress=lambda share, label: show(
                share, f"No database yet: making sample data. {label}"
            ),
        )
    except FileExistsError:
        pass  # another visitor's page made it meanwhile
    except OSError as error:
        raise DatabaseProblem(
            "The sample database can't be written",
            str(path.absolute()),
            f"{error.strerror}: start in a folder that can be written, or set DATABASE_URL.",
        ) from None


def problem_page(what: str, where: str, remedy: str, *, may_pass: bool = True) -> None:
    """One page that says what is wrong, where, and what to do, and stops the script.

    Where the problem `may_pass` while nobody touches the page, it looks again by itself.
    """
    st.title("The dashboard can't show its numbers")
    with st.container(border=True):
        st.subheader(inert(what))
        st.markdown("**Where**")
        st.text(where)
        st.markdown("**What to do**")
        st.text(remedy)
    st.button("Try again", type="primary", icon=":material/refresh:")
    if may_pass:
        st.caption(f"This page looks again every {RETRY_SECONDS} seconds; nothing needs a restart.")
        _look_again()
    st.stop()


def _look_again() -> None:
    is_drawn = False

    def look() -> None:
        nonlocal is_drawn
        again, is_drawn = is_drawn, True
        if not again:  # what fails may be this page's own: at once it would be drawn without end
            return
        with suppress(DatabaseProblem, SettingsError):
            service().store()
            st.rerun()

    look_every(RETRY_SECONDS, look)


def look_every(seconds: float | None, look: Callable[[], None]) -> None:
    """Draw what `look` draws, and again every so many seconds, without the rest of the page.

    Where the database can't be read then, the page is drawn anew, and says what is wrong; where it
    is only locked, what was counted before stays.
    """
    is_drawn = False

    @st.fragment(run_every=seconds)
    def guarded() -> None:
        nonlocal is_drawn
        again, is_drawn = is_drawn, True
        try:
            look()
        except DatabaseLocked as error:
            st.caption(f"{inert(error.what)}. What was counted before is shown.")
        except DatabaseProblem:
            if again:
                st.rerun()
        except Exception as error:
            log_fault(error)
            st.caption(f"Something went wrong here ({type(error).__name__}). {FAULT_REMEDY}")

    guarded()


@contextmanager
def unless_locked() -> Iterator[None]:
    """What reads raw rows says so where they are locked: what was counted stands beside it."""
    try:
        yield
    except DatabaseLocked as error:
        st.warning(f"{inert(error.what)}. {inert(error.remedy)}", icon=":material/lock:")


def notices(store: Store, version: str) -> None:
    """What the reader should know about this database before reading its numbers."""
    if store.is_sample:
        with st.container(key="sample"):
            st.html(_SAMPLE)
    if store.lacks_message_type:
        st.warning(
            "**An older database**, from before `messages.message_type`. Everything is shown, "
            "because documents and queries point at their message. To bring the schema up to "
            "date, stop the programs that write to it and run `python -m analytics migrate`.",
            icon=":material/upgrade:",
        )
    if said := _said_apart(_apart(visible(store, version))):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.caption(f":material/info: {said}", width="content")
            st.page_link("../pages/data.py", label="Data", width="content", query_params={})


@shared(max_entries=8)
def _apart(data: Data) -> Apart:
    with data.reading(counted=True) as reader:
        return apart(reader)


def _said_apart(found: Apart) -> str:
    """How many rows are left out and why, or hold what can't be read; nothing where none is."""
    reasons = (
        (found.undated, "without a readable timestamp"),
        (found.orphaned, "whose user or conversation is gone"),
    )
    why = " and ".join(f"{number(rows)} {reason}" for rows, reason in reasons if rows)
    left, verb = found.left_out, "is" if found.left_out == 1 else "are"
    said = [f"{count(left, 'row')} {verb} left out of the numbers: {why}."] if left else []
    if found.unreadable:
        holds = "holds" if found.unreadable == 1 else "hold"
        said.append(f"{count(found.unreadable, 'row')} {holds} unreadable text (�).")
    return " ".join(said)
