"""The endpoints of the lists behind the figures: one a list of `analytics.lists.registry`."""

from typing import Any

from fastapi import APIRouter, Request, Response

from analytics.lists.paging import MAX_LIMIT
from analytics.lists.registry import LISTS, Listed
from analytics.output.export import period_file_name
from analytics.reading.reader import reading
from analytics.web import parameters as p
from analytics.web.api.endpoints import (
    REFUSED,
    UNAVAILABLE,
    UNCHANGED,
    UNSTORED,
    ClockDep,
    ServiceDep,
    attached,
    documented,
    live_answer,
    wants_csv,
)
from analytics.web.parameters import Asked
from analytics.web.responses import streamed_csv

router = APIRouter()
ROWS = p.number("limit", "Rows a page.", MAX_LIMIT, 20)


def _add_list(listed: Listed) -> None:
    own = p.of_a_list(listed)
    known: tuple[p.Parameter[Any], ...] = (p.PAGE, ROWS, p.START_DATE, p.END_DATE, *own, p.FORMAT)

    def endpoint(request: Request, get_service: ServiceDep, now: ClockDep) -> Response:
        asked = Asked(request.scope["query_string"], known)
        values = p.texts_of(asked, own)
        chosen = listed.chosen(values)
        store = get_service().store()
        with reading(store) as reader:
            today = now.astimezone(store.settings.zone).date()
            query = listed.narrowed(p.period_query(asked, reader, today), values)
            # What can't be asked is refused here, where one can still say so.
            is_csv = wants_csv(request, asked)
            found = listed.read(
                reader,
                query,
                **chosen,
                page=1 if is_csv else asked.one(p.PAGE),
                limit=1 if is_csv else asked.one(ROWS),
            )
        if not is_csv:
            return live_answer(request, found)
        headers = attached(period_file_name(listed.slug, query.period)) | UNSTORED
        return streamed_csv(
            store,
            listed.row,
            lambda reader: listed.rows(reader, query, values),
            headers | {"Vary": "Accept"},
        )

    router.add_api_route(
        f"/api/{listed.slug}",
        endpoint,
        response_model=listed.page,
        summary=listed.title,
        description=listed.definition,
        tags=["Lists"],
        **documented(listed.slug, REFUSED | UNAVAILABLE | UNCHANGED, known, csv=True),
    )


for _listed in LISTS:
    _add_list(_listed)
