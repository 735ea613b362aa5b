"""The endpoints of the lists that figures lead to: one a list of `analytics.lists.registry`."""

from typing import Any

from fastapi import APIRouter, Request, Response

from analytics.lists.paging import MAX_LIMIT
from analytics.lists.registry import LISTS, Listed
from analytics.web import parameters as p
from analytics.web.api.answers import (
    REFUSED,
    UNAVAILABLE,
    UNCHANGED,
    AskerDep,
    documented,
    live_answer,
    live_csv,
    wants_csv,
)
from analytics.web.questions import Asked, period_query, texts_of
from analytics.web.responses import list_csv

router = APIRouter()
ROWS = p.number("limit", "Rows a page.", MAX_LIMIT, 20)


def _add_list(listed: Listed) -> None:
    own = p.of_a_list(listed)
    known: tuple[p.Parameter[Any], ...] = (p.PAGE, ROWS, p.START_DATE, p.END_DATE, *own, p.FORMAT)

    def endpoint(request: Request, asker: AskerDep) -> Response:
        asked = Asked(request.scope["query_string"], known)
        values = texts_of(asked, own)
        with asker.reading() as reader:
            query = listed.narrowed(period_query(asked, reader, asker.today), values)
            if not wants_csv(request, asked):
                page, limit = asked.one(p.PAGE), asked.one(ROWS)
                found = listed.read(reader, query, **listed.chosen(values), page=page, limit=limit)
                return live_answer(request, asker, found)
        return live_csv(list_csv(asker, listed, query, values))

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
