"""What a page needs: the database, the one Query of its period and filters, and the time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlencode

import streamlit as st

from analytics.format import count, moment
from analytics.metrics.result import Result
from analytics.period import Span
from analytics.query import NO_DEPARTMENT, NO_ORGANIZATION, Query
from analytics.reading.filters import parameters
from analytics.reading.known import department_names, extent, organization_names, span
from analytics.reading.notes import Notes
from analytics.reading.reader import Scope
from analytics.service import LOOK, service
from analytics.storage.database import Freshness
from analytics.storage.store import Store
from ui.access import Data, visible
from ui.cache import shared
from ui.filter_bar import choose_names
from ui.inert import inert
from ui.kept_filters import follow_address, with_kept
from ui.period_bar import compare_bar, period_bar
from ui.startup import look_every, problem_page, shown_by
from ui.typed_filters import more_filters


class Names(NamedTuple):
    """The organizations and the departments that somebody belongs to."""

    organizations: tuple[str | None, ...] = ()
    departments: tuple[str | None, ...] = ()


NOBODY = Names()


@dataclass(frozen=True)
class PageContext:
    """What a page needs: the store, the question, the data's version and days, and the time.

    `compares` is false where the reader wants no comparison; `query` then keeps its default.
    `scope` is what the reader may see; None is everything.
    """

    store: Store
    query: Query
    freshness: Freshness
    span: Span
    now: datetime
    compares: bool = True
    names: Names = NOBODY
    scope: Scope | None = None

    @property
    def data(self) -> Data:
        """The data as the reader may see them."""
        return Data(self.store, self.freshness.version, self.scope)

    @cached_property
    def notes(self) -> Notes:
        """The notes as the reader may see them, read once a run: nobody's version tells of them."""
        return self.data.notes()


def page_context() -> PageContext:
    """The page context of this run."""
    made: PageContext = st.session_state["_page_context"]
    return made


@shared(max_entries=32)
def _known(today: date, data: Data) -> tuple[Span, list[date], Names]:
    with data.reading(counted=True) as reader:
        names = Names(tuple(organization_names(reader)), tuple(department_names(reader)))
        return span(reader, today), extent(reader), names


def make_page_context(store: Store) -> PageContext:
    """Draw the period and filter bar and keep what it says for the page."""
    freshness = store.freshness()
    if freshness is None:
        problem_page(
            "The rollup tables are missing", store.where, "Reload; they are built at the start."
        )
        raise AssertionError("problem_page stops the script")
    now = datetime.now(UTC)
    today = now.astimezone(store.settings.zone).date()
    data = visible(store, freshness.version)
    known, days_, names = _known(today, data)
    follow_address()
    with st.sidebar:
        period = period_bar(known, days_, today)
        compare, against = compare_bar(period)
        organizations = choose_names("organization", names.organizations, NO_ORGANIZATION)
        departments = choose_names("department", names.departments, NO_DEPARTMENT)
        more_filters(data)
        _freshness_bar(store, freshness)
    query = with_kept(Query(period, organizations, departments, against))
    made = PageContext(store, query, freshness, known, now, compare != "none", names, data.scope)
    st.session_state["_page_context"] = made
    return made


def _freshness_bar(store: Store, freshness: Freshness) -> None:
    at = moment(freshness.built_at, store.settings.zone)
    if st.button(
        "Refresh",
        icon=":material/refresh:",
        help="Read the database again, so that what was written meanwhile counts too.",
        width="stretch",
    ):
        place = st.empty()
        place.progress(0.0, "Reading the database …")
        store.refresh(shown_by(place))
        st.rerun()
    st.caption(f"As of {at} ({inert(freshness.zone)})")
    if store.settings.refresh_seconds:
        _watch(store, freshness.version)


def _watch(store: Store, version: str) -> None:
    """Show what was written meanwhile within a refresh, without a click."""

    def look() -> None:
        held = store.freshness()
        if held is not None and held.version != version:
            st.rerun()
        if problem := service().refresh_problem:
            since = moment(problem.since, store.settings.zone)
            st.warning(
                f"Not refreshed since {since}: {inert(problem.reason)}",
                icon=":material/sync_problem:",
            )
            return
        st.caption(
            f"New data is looked for every {count(round(store.settings.refresh_seconds), 'second')}"
        )

    look_every(store.settings.refresh_seconds * LOOK, look)


def query_string(query: Query, **more: str) -> str:
    """A question as the API and the downloads are asked it."""
    pairs = [
        ("start_date", query.period.start.isoformat()),
        ("end_date", query.period.end.isoformat()),
        *more.items(),
        *((name, text) for name, texts in parameters(query).items() for text in texts),
    ]
    return urlencode([(name, value) for name, value in pairs if value])


def own_choice(result: Result) -> int | None:
    """What is chosen of the result's own parameter; None: nothing, or it has none."""
    chosen = st.session_state.get(result.choice.name) if result.choice else None
    return int(chosen) if chosen else None


def own_parameter(result: Result) -> dict[str, str]:
    """The same as the API and the downloads are asked it."""
    chosen = own_choice(result)
    return {result.choice.name: str(chosen)} if result.choice and chosen else {}


def comparison(query: Query) -> dict[str, str]:
    """What a question is compared with, as the API is asked it."""
    if query.against is None:
        return {}
    if query.compares_a_year_earlier:
        return {"compare": "year"}
    return {
        "compare_start_date": query.against.start.isoformat(),
        "compare_end_date": query.against.end.isoformat(),
    }
