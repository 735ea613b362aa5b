"""The look of page, pictures and report, light and dark, in one place.

What Streamlit can be told stands in `.streamlit/config.toml` and is read from there. Charts get
their colours and sizes here, so that a picture looks like the page's chart.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CONFIG = Path(__file__).parents[2] / ".streamlit/config.toml"
# Outside the page: vl-convert carries Liberation Sans, and Arial is as wide wherever that lacks.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
LABEL_SIZE = 12

TITLE_SIZE = 14
GAP = 8

PADDING = 16
RADIUS = 8

_COMPARED = {False: "#8a93a0", True: "#76818f"}


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb. `muted` is text of less weight, `surface` lies on the background.

    `compared` draws what is compared with: 3:1 on the background, and behind everything else.
    """

    background: str
    surface: str
    text: str
    muted: str
    compared: str
    border: str
    link: str
    positive: str
    negative: str
    categorical: tuple[str, ...]
    sequential: tuple[str, ...]


@cache
def theme(*, dark: bool) -> Theme:
    """The light or the dark theme."""
    told = tomllib.loads(CONFIG.read_text("utf-8"))["theme"]["dark" if dark else "light"]
    return Theme(
        background=told["backgroundColor"],
        surface=told["secondaryBackgroundColor"],
        text=told["textColor"],
        muted=told["grayTextColor"],
        compared=_COMPARED[dark],
        border=told["borderColor"],
        link=told["linkColor"],
        positive=told["greenTextColor"],
        negative=told["redTextColor"],
        categorical=tuple(told["chartCategoricalColors"]),
        sequential=tuple(told["chartSequentialColors"]),
    )


def chart_config(*, dark: bool) -> dict[str, Any]:
    """The Vega-Lite config of every chart. The font is the page's, or the picture's."""
    look = theme(dark=dark)
    words = {
        "labelColor": look.muted,
        "titleColor": look.muted,
        "labelFontWeight": "normal",
        "titleFontWeight": "normal",
        "titleFontSize": TITLE_SIZE,
        "labelPadding": PADDING,
    }
    return {
        "autosize": {"type": "fit", "contains": "padding"},
        "axis": {
            **words,
            "labelFontSize": LABEL_SIZE,
            "titlePadding": PADDING,
            "labelSeparation": 4,
            "labelOverlap": True,
            "labelFlush": True,
            "labelFlushOffset": 1,
            "labelBound": False,
            "labelLimit": 100,
            "gridColor": look.border,
            "domain": False,
            "ticks": False,
        },
        **{
            kind: {"grid": False}
            for kind in ("axisDiscrete", "axisXPoint", "axisTemporal", "axisXBand")
        },
        "legend": {
            **words,
            "labelFontSize": TITLE_SIZE,
            "titlePadding": GAP,
            "columnPadding": GAP,
            "rowPadding": 4,
            "padding": GAP,
            "symbolStrokeWidth": 4,
        },
        "range": {
            "category": list(look.categorical),
            "ramp": list(look.sequential),
            "heatmap": list(look.sequential),
        },
        "view": {"strokeWidth": 0},
        "mark": {"color": look.categorical[0]},
        "bar": {"binSpacing": 4, "discreteBandSize": {"band": 0.85}},
    }


def variables(*, dark: bool) -> dict[str, str]:
    """Name to colour of every colour, as CSS variables without their dashes."""
    look = theme(dark=dark)
    return {
        "background": look.background,
        "surface": look.surface,
        "text": look.text,
        "muted": look.muted,
        "compared": look.compared,
        "border": look.border,
        "link": look.link,
        "positive": look.positive,
        "negative": look.negative,
        **{f"series-{n}": colour for n, colour in enumerate(look.categorical, 1)},
        **{f"share-{n}": colour for n, colour in enumerate(look.sequential, 1)},
    }


def css_variables(*, dark: bool) -> str:
    """The colours as CSS declarations: `--text: #111827; …`."""
    return " ".join(f"--{name}: {colour};" for name, colour in variables(dark=dark).items())
