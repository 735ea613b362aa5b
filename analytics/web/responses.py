"""Files to save: their headers, how long they may be kept, and CSV, whole or streamed."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from itertools import islice

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from analytics.fields import Row
from analytics.lists.activities import all_activities
from analytics.lists.activity_rows import ActivityItem
from analytics.lists.registry import Listed
from analytics.output.export import csv_lines, period_file_name
from analytics.query import Query
from analytics.reading.reader import Reader
from analytics.web.asker import Asker
from analytics.web.faults import log_fault
from analytics.web.questions import Texts

CSV = "text/csv; charset=utf-8"
KEPT = "private, no-cache"  # results: a cache may keep them, and must ask again
UNSTORED = "private, no-store"  # lists, conversations and pages: people's words
LINES = 500  # of a streamed CSV, sent at a time


def saved(name: str, kept: str = UNSTORED) -> dict[str, str]:
    """The headers of a file to save."""
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": kept}


def whole_file(content: bytes | str, media: str, name: str, kept: str = UNSTORED) -> Response:
    """A file that is held in memory."""
    return Response(content, media_type=media, headers=saved(name, kept))


class _CutOff(Exception):
    """What is left of an answer can't be read."""


class _Stream(StreamingResponse):
    """Ends without an end of the body where lines can't be read: the server hangs up.

    Nobody takes what came for the whole.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(_CutOff):
            await super().__call__(scope, receive, send)


def streamed_csv(
    asker: Asker, row: type[Row], rows: Callable[[Reader], Iterable[Row]], name: str
) -> Response:
    """The CSV of rows that may be too many to hold in memory.

    The first lines are read here, where one can still say that the database can't be read.
    """

    def lines() -> Generator[str, None, None]:
        with asker.reading() as reader:
            yield from csv_lines(row, rows(reader), asker.store.settings.zone)

    found = lines()
    first = "".join(islice(found, LINES))

    def texts() -> Iterator[str]:
        text = first
        with closing(found):
            while text:
                yield text
                try:
                    text = "".join(islice(found, LINES))
                except Exception as error:
                    log_fault(error)
                    raise _CutOff from None

    return _Stream(texts(), media_type=CSV, headers=saved(name))


def activities_csv(asker: Asker, query: Query) -> Response:
    """Every activity of a question."""
    name = period_file_name("activities", query.period)
    return streamed_csv(
        asker, ActivityItem, lambda reader: all_activities(reader, query, asker.now), name
    )


def list_csv(asker: Asker, listed: Listed, query: Query, values: Texts) -> Response:
    """Every row of a list that figures lead to."""
    with asker.reading() as reader:  # what can't be asked is refused before the first line
        listed.read(reader, query, **listed.chosen(values), limit=1)
    name = period_file_name(listed.slug, query.period)
    return streamed_csv(asker, listed.row, lambda reader: listed.rows(reader, query, values), name)
