"""The look: readable by everybody, and the same on the page and off it."""

from itertools import combinations

import pytest

from analytics.metrics.registry import RESULTS
from analytics.output.chart_spec import specs
from analytics.output.theme import Theme, chart_config, css_variables, theme

Triple = tuple[float, float, float]
TEXT, GRAPHICS = 4.5, 3.0  # WCAG 2 AA
APART = 15  # CIE76; adjacent shades of one colour differ by about 2
FADED = 0.6  # Streamlit's captions
# Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB.
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}

both = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


def rgb(colour: str) -> Triple:
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return red, green, blue


def linear(colour: Triple) -> Triple:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return red, green, blue


def contrast(one: Triple, other: Triple) -> float:
    def luminance(colour: Triple) -> float:
        red, green, blue = linear(colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def faded(colour: Triple, on: Triple) -> Triple:
    red, green, blue = (FADED * c + (1 - FADED) * b for c, b in zip(colour, on, strict=True))
    return red, green, blue


def lab(colour: Triple) -> Triple:
    red, green, blue = colour
    xyz = (
        (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047,
        0.2126729 * red + 0.7151522 * green + 0.0721750 * blue,
        (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883,
    )
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str, vision: str) -> float:
    def seen(colour: str) -> Triple:
        light = linear(rgb(colour))
        red, green, blue = (
            min(1, max(0, sum(a * b for a, b in zip(row, light, strict=True))))
            for row in VISION[vision]
        )
        return lab((red, green, blue))

    return sum((a - b) ** 2 for a, b in zip(seen(one), seen(other), strict=True)) ** 0.5


def backgrounds(look: Theme) -> tuple[Triple, Triple]:
    return rgb(look.background), rgb(look.surface)


def test_contrast_is_computed_as_wcag_says() -> None:
    assert round(contrast(rgb("#000000"), rgb("#ffffff")), 2) == 21
    assert round(contrast(rgb("#777777"), rgb("#ffffff")), 2) == 4.48


@both
def test_text_is_readable_on_both_backgrounds(dark: bool) -> None:
    look = theme(dark=dark)
    for ground in backgrounds(look):
        for words in (look.text, look.muted, look.link, look.positive, look.negative):
            assert contrast(rgb(words), ground) >= TEXT, words
        assert contrast(faded(rgb(look.text), ground), ground) >= TEXT, "captions"


@both
def test_the_share_is_readable_on_every_shade_of_the_heatmap(dark: bool) -> None:
    look = theme(dark=dark)
    assert [c for c in look.sequential if contrast(rgb(look.text), rgb(c)) < TEXT] == []


@both
def test_marks_stand_out_from_both_backgrounds(dark: bool) -> None:
    look = theme(dark=dark)
    for colour in look.categorical:
        assert min(contrast(rgb(colour), g) for g in backgrounds(look)) >= GRAPHICS, colour


@both
@pytest.mark.parametrize("vision", VISION)
def test_colour_blind_readers_tell_the_categories_apart(vision: str, dark: bool) -> None:
    for one, other in combinations(theme(dark=dark).categorical, 2):
        assert distance(one, other, vision) >= APART, (one, other)


def test_blue_and_violet_of_one_lightness_would_be_refused() -> None:
    assert distance("#1f6fb5", "#8b5cb8", "normal") >= APART
    assert distance("#1f6fb5", "#8b5cb8", "protanopia") < APART


@both
def test_every_chart_is_drawn_in_the_theme(dark: bool) -> None:
    drawn = [r for r in RESULTS if r.is_chart]
    for report in drawn:
        for spec in specs(report.slug, dark=dark):
            assert spec["config"] == chart_config(dark=dark), report.slug


def test_the_report_gets_the_colours_as_variables() -> None:
    assert css_variables(dark=False).startswith(
        "--background: #ffffff; --surface: #f4f6f9; --text: #111827; --muted: #596474;"
    )
