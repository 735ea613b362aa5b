"""A registered result's chart as SVG and PNG, made without a browser and without the internet.

Needs the extra `images` (vl-convert-python), which a process of its own loads on first use: with
its JavaScript engine it takes about 150 MB.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.util import find_spec
from typing import Any

import pandas as pd

from analytics.app.notes import Note
from analytics.fields import Row
from analytics.format import days
from analytics.metrics.registry import BY_SLUG
from analytics.metrics.result import Result
from analytics.output.chart_data import Compared, chart_data
from analytics.output.chart_notes import notes_on, sentence, with_notes
from analytics.output.chart_spec import height, specs
from analytics.output.chart_summary import summary
from analytics.output.drawing_process import drawing_process
from analytics.output.export import PictureProblem
from analytics.output.theme import FONT, GAP, PADDING, theme
from analytics.query import Query
from analytics.reading.filters import chosen_names
from analytics.untrusted import printable

WIDTH = 760
SCALE = 2
REMEDY = "pip install 'vl-convert-python==1.9.*' (the extra images), or start with make run"
_TITLE_SIZE = 18

_LINE_SIZE = 13

_LINE = 19
_CHARACTER = 0.56  # of the size: a little more than letters of Liberation Sans take on average
_MAX_LINES = 4


class ImagesMissing(PictureProblem):
    """The extra `images` is not installed."""

    def __init__(self) -> None:
        super().__init__(f"Charts outside the page need vl-convert-python: {REMEDY}.")


@dataclass(frozen=True)
class Svg:
    """An SVG picture and its size in pixels."""

    text: str
    width: float
    height: float


@cache
def available() -> bool:
    """Whether the extra `images` is installed."""
    return find_spec("vl_convert") is not None


def chart_svgs(  # noqa: PLR0913 - a chart, and how it looks
    result: Result,
    data: pd.DataFrame,
    *,
    dark: bool,
    compared: str = "",
    width: int = WIDTH,
    notes: Sequence[Note] = (),
    place: str = "",
) -> list[Svg]:
    """The charts of `chart_data`, one or one a panel, without title; none where there are no rows.

    `compared` is the name of what its days are compared with, `notes` stand on them. Ids inside
    begin with the `place` and the slug, so that several charts, and one on several pages, can stand
    in one document. Raises ImagesMissing without the extra `images`, PictureProblem where it can't
    be drawn.
    """
    if data.empty:
        return []
    values = _values(data)
    tall = height(result, data)
    made = with_notes(
        specs(result.slug, dark=dark, compared=compared), result, data, notes, dark=dark
    )
    return [
        _svg(_still(spec, values, width, tall), f"{place}{result.slug}-{n}-")
        for n, spec in enumerate(made)
    ]


def svg(  # noqa: PLR0913 - a picture, and how it looks
    slug: str,
    rows: Sequence[Row],
    query: Query,
    *,
    dark: bool,
    compared: Compared | None = None,
    only: str | None = None,
    notes: Iterable[Note] = (),
) -> str:
    """The chart as a picture to paste: title, period, filters and legend inside.

    `only` is what the filters leave, in words; unsaid, organizations and departments are named.
    Of `notes`, those of the question stand on it.
    Raises ImagesMissing without the extra `images`, PictureProblem where it can't be drawn.
    """
    result, look = BY_SLUG[slug], theme(dark=dark)
    data = chart_data(result, rows, compared)
    shown = notes_on(result, notes, query)
    name = compared.name if compared else ""
    charts = chart_svgs(result, data, dark=dark, compared=name, notes=shown)
    inner = WIDTH - 2 * PADDING
    lines = _wrapped(_under(query, compared, only), inner) + _wrapped(sentence(shown), inner)
    if not charts:
        lines.append(result.empty)
    y: float = PADDING + _TITLE_SIZE
    body = [_text(result.title, y, _TITLE_SIZE, look.text, "bold")]
    for line in lines:
        y += _LINE
        body.append(_text(line, y, _LINE_SIZE, look.muted))
    y += PADDING
    wide = max([WIDTH, *(one.width + 2 * PADDING for one in charts)])
    for one in charts:
        body.append(one.text.replace("<svg ", f'<svg x="{PADDING}" y="{y:g}" ', 1))
        y += one.height + GAP
    y += PADDING - GAP
    said = summary(result, data, compared) if charts else result.title
    said = " ".join(filter(None, (said, sentence(shown))))
    return printable(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}" height="{y:g}"'
        f' viewBox="0 0 {wide:g} {y:g}" role="img" aria-label="{escape(said)}">'
        f'<rect width="100%" height="100%" fill="{look.background}"/>{"".join(body)}</svg>'
    )


def png(  # noqa: PLR0913 - as `svg`
    slug: str,
    rows: Sequence[Row],
    query: Query,
    *,
    dark: bool,
    compared: Compared | None = None,
    only: str | None = None,
    notes: Iterable[Note] = (),
) -> bytes:
    """The picture of `svg` at twice its size, for slides.

    Raises ImagesMissing without the extra `images`, PictureProblem where it can't be drawn.
    """
    picture = svg(slug, rows, query, dark=dark, compared=compared, only=only, notes=notes)
    made: bytes = _draw("svg_to_png", svg=picture, scale=SCALE)
    return made


def _draw(function: str, **arguments: Any) -> Any:
    if not available():
        raise ImagesMissing
    return drawing_process().draw(function, **arguments)


def _values(data: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(data.to_json(orient="records", date_format="iso"))
    return found


def _still(
    spec: dict[str, Any], values: list[dict[str, Any]], width: int, tall: int
) -> dict[str, Any]:
    """The spec without what answers to a pointer, with its rows and its size."""
    config = spec["config"] | {"font": FONT, "aria": False, "background": "transparent"}
    return {
        **_without_pointer(spec),
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": config,
        "data": {"values": values},
        "width": width - 2 * PADDING,
        "height": tall,
    }


def _without_pointer(part: dict[str, Any]) -> dict[str, Any]:
    """A spec or layer as it looks while nothing is selected; layers that then are unseen go."""
    still = {key: value for key, value in part.items() if key != "params"}
    if "encoding" in part:
        still["encoding"] = {
            name: _unselected(channel)
            for name, channel in part["encoding"].items()
            if name != "tooltip"
        }
    if "layer" in part:
        still["layer"] = [_without_pointer(layer) for layer in part["layer"] if _is_seen(layer)]
    return still


def _unselected(channel: Any) -> Any:
    if isinstance(channel, dict) and _asks_selection(channel.get("condition")):
        return {key: value for key, value in channel.items() if key != "condition"}
    return channel


def _is_seen(layer: dict[str, Any]) -> bool:
    opacity = _unselected(layer.get("encoding", {}).get("opacity", {}))
    return opacity.get("value") != 0 and not _asks_selection(layer.get("transform"))


def _asks_selection(part: Any) -> bool:
    if isinstance(part, dict):
        return "param" in part or any(map(_asks_selection, part.values()))
    return isinstance(part, list) and any(map(_asks_selection, part))


_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"')
_TAG = re.compile(r"<[^>]*>")  # words between tags have their < and > escaped
_ID = re.compile(r'(\bid="|url\(#|href="#)([^")]+)')
_ROLE = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')


def _svg(spec: dict[str, Any], prefix: str) -> Svg:
    # No address is allowed: a chart draws the rows it is given.
    text: str = _draw("vegalite_to_svg", vl_spec=spec, allowed_base_urls=[])
    size = _SIZE.match(text)
    if size is None:
        raise ValueError("vl-convert made an SVG without a size")
    numbers: dict[str, int] = {}

    def tag(found: re.Match[str]) -> str:
        # Vega counts its ids on from one picture to the next: here they start anew.
        own = _ID.sub(lambda m: f"{m[1]}{prefix}{numbers.setdefault(m[2], len(numbers))}", found[0])
        return _ROLE.sub("", own)  # the picture as a whole has a name, its parts have none

    return Svg(_TAG.sub(tag, text), float(size[1]), float(size[2]))


def recoloured(svg: str, names: dict[str, str]) -> str:
    """The picture with `names` in place of colours."""

    def tag(found: re.Match[str]) -> str:
        return _COLOUR.sub(lambda m: f'{m[1]}="{names.get(m[2], m[2])}"', found[0])

    return _TAG.sub(tag, svg)


_COLOUR = re.compile(r'(fill|stroke)="(#[0-9a-f]{6})"')


def _under(query: Query, compared: Compared | None, only: str | None) -> str:
    """Period, what it is compared with, and filters in a line."""
    chosen = ", ".join(chosen_names(query)) if only is None else only
    parts = [days(query.period)]
    if compared:
        parts.append(f"compared with {days(query.previous.period)}")
    if query.period.includes_today:
        parts.append("includes today so far")
    if chosen:
        parts.append(f"only {chosen}")
    return " · ".join(parts)


def _wrapped(line: str, width: float) -> list[str]:
    return textwrap.wrap(
        printable(line),  # before what it takes for a space is one
        int(width / (_LINE_SIZE * _CHARACTER)),
        max_lines=_MAX_LINES,
        placeholder=" …",
    )


def _text(words: str, y: float, size: int, colour: str, weight: str = "normal") -> str:
    return (
        f'<text x="{PADDING}" y="{y:g}" font-family="{FONT}" font-size="{size}"'
        f' font-weight="{weight}" fill="{colour}">{escape(words)}</text>'
    )
