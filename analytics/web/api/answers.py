"""What the endpoints share: how an answer is documented, chosen, tagged and kept."""

import hashlib
import json
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field

from analytics.fields import example
from analytics.metrics.registry import BY_SLUG
from analytics.web import parameters as p
from analytics.web.accepting import qualities
from analytics.web.asker import Asker
from analytics.web.questions import Asked
from analytics.web.responses import CSV, KEPT, UNSTORED, saved

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"
VERSION: str = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["version"]
EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
JSON = "application/json"
AskerDep = Annotated[Asker, Depends(Asker)]


# --- how it is documented ----------------------------------------------------------------------


class Problem(BaseModel):
    """Why there is no answer, and what to do about it."""

    detail: Annotated[str, Field(description="What is wrong, and the remedy.")]


class Fault(BaseModel):
    """A parameter that can't be used: which, its value, and the remedy."""

    type: Annotated[str, Field(description="Always `value_error`.")]
    loc: Annotated[list[str], Field(description="`query`, and the parameter.")]
    msg: Annotated[str, Field(description="The parameter, its value and the remedy.")]
    input: Annotated[str, Field(description="The value.")]


class Refusal(BaseModel):
    """Why a request has no answer."""

    detail: Annotated[list[Fault], Field(description="Each parameter that can't be used.")]


Documented = dict[int | str, dict[str, Any]]
UNCHANGED: Documented = {304: {"description": "As the client has it (`If-None-Match`)"}}
REFUSED: Documented = {422: {"model": Refusal, "description": "A parameter that can't be used"}}
UNKNOWN: Documented = {404: {"model": Problem, "description": "No such thing"}}
UNAVAILABLE: Documented = {503: {"model": Problem, "description": "The database can't be read"}}


def documented(
    slug: str, errors: Documented, parameters: Iterable[p.Parameter[Any]] = (), *, csv: bool = False
) -> dict[str, Any]:
    """What the documentation says beside the answer's model: parameters, examples and errors."""
    kept = EXAMPLES.get(slug)
    if kept is None and slug in BY_SLUG:  # a result that was added since
        made = example(BY_SLUG[slug].row)
        kept = made if BY_SLUG[slug].is_single else [made]
    content: dict[str, Any] = {JSON: {} if kept is None else {"example": kept}}
    if csv:
        content["text/csv"] = {"schema": {"type": "string"}}
    return {
        "operation_id": slug,
        "responses": {200: {"content": content}, **errors},
        "openapi_extra": {"parameters": p.documented(p.model_of(slug, parameters))},
    }


# --- how it is given ----------------------------------------------------------------------------


def wants_csv(request: Request, asked: Asked) -> bool:
    """Whether `format` or else `Accept` asks for CSV; JSON where neither prefers one."""
    if chosen := asked.one(p.FORMAT):
        return chosen == "csv"
    quality = qualities(request.headers.get("accept", ""))
    return quality.get("text/csv", 0) > quality.get(JSON, 0)


def tag_of(asker: Asker, *parts: object) -> str:
    """The ETag of an answer that is the same as long as these parts are."""
    text = "\n".join(map(str, (VERSION, asker.seen, *parts)))
    # Weak: the same answer is sent compressed and plain.
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _is_known(request: Request, tag: str) -> bool:
    tags = [known.strip() for known in request.headers.get("if-none-match", "").split(",")]
    return "*" in tags or tag.removeprefix("W/") in (known.removeprefix("W/") for known in tags)


def answer(
    request: Request, tag: str, body: Callable[[], bytes], media: str, name: str
) -> Response:
    """The body, or 304 where the client has it already; `name` is that of a CSV file."""
    headers = {"ETag": tag, "Vary": "Accept"}
    if _is_known(request, tag):
        return Response(status_code=304, headers=headers)
    if media == CSV:
        headers |= saved(name, KEPT)
    return Response(body(), media_type=media, headers=headers)


def live_answer(request: Request, asker: Asker, found: BaseModel) -> Response:
    """An answer of rows that are read as they are now."""
    # Names, titles and messages are read as they are now, and "2h ago" moves: the text is the tag.
    text = found.model_dump_json(by_alias=True)
    made = answer(request, tag_of(asker, text), text.encode, JSON, "")
    made.headers["Cache-Control"] = UNSTORED
    return made


def live_csv(file: Response) -> Response:
    """The same as a file, of a resource that is JSON too."""
    file.headers["Vary"] = "Accept"
    return file
