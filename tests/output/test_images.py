"""Charts as pictures: everything inside, nothing from outside."""

import re
import struct
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from analytics.metrics.active_users import ActiveUsersDay
from analytics.metrics.cohorts import CohortCell
from analytics.metrics.conversations import ConversationsDay
from analytics.metrics.document_types import DocumentTypeCount
from analytics.metrics.leaderboard import LeaderboardEntry
from analytics.metrics.registry import BY_SLUG
from analytics.metrics.topics import TopicCount
from analytics.output import images
from analytics.output.chart_data import chart_data, compared_with
from analytics.output.export import PictureProblem
from analytics.output.images import ImagesMissing, chart_svgs, png, svg
from analytics.output.theme import theme
from analytics.period import Period
from analytics.query import Query

pytest.importorskip("vl_convert", reason="the extra `images` is not installed")

DAYS = [date(2026, 3, 2) + timedelta(n) for n in range(5)]
NASTY = '"><script>alert(1)</script><img src="http://example.com/x">&amp; **bold**'


def asked(*organizations: str | None, today: date = date(2026, 3, 20)) -> Query:
    return Query(Period(DAYS[0], DAYS[-1], today), organizations=organizations)


def users(today: date = date(2026, 3, 20)) -> list[ActiveUsersDay]:
    return [
        ActiveUsersDay(date=d, active_users=n, average=n / 2, complete=d < today)
        for n, d in enumerate(DAYS)
    ]


@pytest.fixture(scope="module")
def light() -> str:
    """The picture of the active users."""
    return svg("active-users", users(), asked(), dark=False)


def words(picture: str) -> list[str]:
    return [e.text for e in ET.fromstring(picture).iter() if e.text and e.text.strip()]  # noqa: S314


def test_title_period_filters_and_legend_stand_in_the_picture() -> None:
    said = words(svg("active-users", users(), asked("Acme", None), dark=False))
    assert said[:2] == [
        "Daily active users",
        "2 Mar \u2013 6 Mar 2026 · only Acme, No organization",
    ]
    assert {"Active users", "7-day average"} <= set(said)
    assert "2 Mar" in said


def test_days_that_are_not_over_are_dashed_and_said(light: str) -> None:
    today = DAYS[-1]
    picture = svg("active-users", users(today), asked(today=today), dark=False)
    assert words(picture)[1] == "2 Mar \u2013 6 Mar 2026 · includes today so far"
    assert 'stroke-dasharray="4,3"' in picture
    assert "stroke-dasharray" not in light


def test_what_it_is_compared_with_is_drawn_and_said(light: str) -> None:
    def earlier(query: Query) -> list[ActiveUsersDay]:
        return [
            ActiveUsersDay(date=d, active_users=7, average=7, complete=True)
            for d in query.period.dates()
        ]

    beside = compared_with(BY_SLUG["active-users"], asked(), earlier)
    assert beside
    assert (beside.name, beside.shift, len(beside.rows)) == ("Previous period", 5, 5)
    picture = svg("active-users", users(), asked(), dark=False, compared=beside)
    said = words(picture)
    assert said[1] == "2 Mar \u2013 6 Mar 2026 · compared with 25 Feb \u2013 1 Mar 2026"
    assert "Previous period" in said
    assert f'stroke="{theme(dark=False).compared}"' in picture
    assert f'stroke="{theme(dark=False).compared}"' not in light
    assert compared_with(BY_SLUG["topics"], asked(), earlier) is None


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_picture_has_the_colours_of_the_page(dark: bool) -> None:
    look, other = theme(dark=dark), theme(dark=not dark)
    picture = svg("active-users", users(), asked(), dark=dark)
    for colour in (look.background, look.text, look.muted, look.border, *look.categorical[:2]):
        assert colour in picture
    for colour in (other.background, other.text, other.muted, *other.categorical[:2]):
        assert colour not in picture


def test_a_png_has_twice_the_size(light: str) -> None:
    made = png("active-users", users(), asked(), dark=False)
    drawing = ET.fromstring(light)  # noqa: S314
    assert made.startswith(b"\x89PNG")
    assert drawing.get("width") == "760"
    size = struct.unpack(">II", made[16:24])
    assert size == (1520, round(float(drawing.get("height", "0")) * 2))


def test_panels_stand_below_each_other_with_ids_of_their_own() -> None:
    rows = [
        ConversationsDay(
            date=d, conversations=n, messages=9 * n, avg_conversations=1, avg_messages=1,
            complete=True,
        )
        for n, d in enumerate(DAYS)
    ]  # fmt: skip
    picture = ET.fromstring(svg("conversations", rows, asked(), dark=False))  # noqa: S314
    panels = [e for e in picture if e.tag.endswith("svg")]
    first, second = (float(panel.get("y", "0")) for panel in panels)
    assert second >= first + float(panels[0].get("height", "0"))
    ids = [e.get("id") for e in picture.iter() if e.get("id")]
    assert len(ids) == len(set(ids))


def test_other_peoples_words_are_only_words() -> None:
    rows = [TopicCount(topic=NASTY, conversations=3)]
    picture = svg("topics", rows, asked(NASTY), dark=False)
    tags = {e.tag.rpartition("}")[2] for e in ET.fromstring(picture).iter()}  # noqa: S314
    assert tags <= {"svg", "g", "path", "rect", "text", "line", "defs", "clipPath"}
    assert any(word.startswith('"><script>') for word in words(picture))


def test_a_long_list_of_filters_is_wrapped_and_cut() -> None:
    names = tuple(f"Organization number {n}" for n in range(200))
    picture = svg("active-users", users(), asked(*names), dark=False)
    lines = [word for word in words(picture) if "Organization number" in word]
    assert len(lines) == 4
    assert lines[-1].endswith("…")


def test_no_rows_are_said_in_words() -> None:
    said = words(svg("topics", [], asked(), dark=False))
    assert said == ["Topics", "2 Mar \u2013 6 Mar 2026", "Nothing happened in this period."]


# Every kind of character that a renderer stumbles over.
ODD = [*"\x00\x01\x08\x0b\x0c\x1f\x7f\x80\x85\x9f\ufffe\uffff\udc80\ud800"]


def test_no_character_of_a_name_or_a_filter_ends_anything() -> None:
    names = [f"North{odd}South" for odd in ODD]
    topics = [TopicCount(topic=name, conversations=3) for name in names]
    for slug, rows in (
        ("topics", topics),
        ("document-types", [DocumentTypeCount(document_type=n, documents=1) for n in names]),
        ("leaderboard", [leader(name) for name in names]),
    ):
        picture = svg(slug, rows, asked(*names[:2]), dark=False)
        said = words(picture)  # it is XML
        assert said[1].endswith("only North\ufffdSouth, North\ufffdSouth")
        assert said.count("North\ufffdSouth") == len(names)  # a bar each
    assert png("topics", topics, asked(*names), dark=False).startswith(b"\x89PNG")


def leader(name: str) -> LeaderboardEntry:
    return LeaderboardEntry(
        id="1", name=name, active_users=1, total_activities=1, avg_activities_per_user=1
    )


# --- what an axis and a cell have room for -------------------------------------------------------


def counted(slug: str, last: date, days: int) -> list[Any]:
    """A day's row of each of the days up to the last."""
    fields = dict.fromkeys(BY_SLUG[slug].drawing.fields, 1)
    return [
        BY_SLUG[slug].row(date=last - timedelta(n), complete=True, **fields)
        for n in reversed(range(days))
    ]


def days_of(slug: str, last: date, days: int, width: int) -> list[str]:
    """The days that are seen below a chart, as 12 Jan, or 12 Jan 2026 on two lines."""
    report = BY_SLUG[slug]
    data = chart_data(report, counted(slug, last, days))
    [one] = chart_svgs(report, data, dark=False, width=width)
    labels = [
        " ".join(["".join(label.itertext())] if not len(label) else [t.text or "" for t in label])
        for label in ET.fromstring(one.text).iter()  # noqa: S314
        if label.tag.endswith("}text") and label.get("opacity") != "0"
    ]
    return [label for label in labels if re.match(r"\d+ [A-Z]", label)]


@pytest.mark.parametrize("slug", ["active-users", "engagement"])
def test_an_axis_over_years_names_them(slug: str) -> None:
    for days, width in ((30, 760), (400, 340), (1500, 480)):
        labels = days_of(slug, date(2026, 1, 12), days, width)
        assert len(labels) >= 3
        assert len(set(labels)) == len(labels)
        assert all(re.fullmatch(r"\d+ [A-Z][a-z]{2} \d{4}", label) for label in labels)


@pytest.mark.parametrize("slug", ["active-users", "engagement"])
def test_an_axis_within_a_year_names_each_day_once(slug: str) -> None:
    for days in (1, 2, 3, 7):
        shown = {f"{n} Dec" for n in range(32 - days, 32)}
        assert days_of(slug, date(2025, 12, 31), days, 760) == sorted(
            shown, key=lambda d: int(d[:2])
        )
    assert len(days_of(slug, date(2025, 12, 31), 365, 760)) >= 6


@pytest.mark.parametrize("slug", ["active-users", "engagement"])
def test_an_axis_knows_years_that_are_far_away(slug: str) -> None:
    for year in (1, 1969, 9999):
        assert days_of(slug, date(year, 12, 31), 2, 760) == ["30 Dec", "31 Dec"]
    assert days_of(slug, date(2, 1, 1), 2, 760) == ["31 Dec 0001", "1 Jan 0002"]


def test_a_number_stands_in_its_cell_only_where_it_fits() -> None:
    report = BY_SLUG["cohorts"]

    def numbers(weeks: int, width: int) -> int:
        rows = [
            CohortCell(first_week=DAYS[0] + timedelta(7 * first), users=5, week=week,
                       active_users=5, share=100.0)
            for first in range(weeks) for week in range(weeks - first)
        ]  # fmt: skip
        [one] = chart_svgs(report, chart_data(report, rows), dark=False, width=width)
        return words(one.text).count("100")

    for weeks, width, fits in ((4, 340, True), (13, 480, True), (13, 340, False),
                               (30, 760, False)):  # fmt: skip
        cells = weeks * (weeks + 1) // 2
        assert numbers(weeks, width) == (cells if fits else 0)


def test_a_cohort_whose_week_is_not_over_has_no_share_yet() -> None:
    cell = CohortCell(first_week=DAYS[0], users=3, week=0, active_users=None, share=None)
    said = words(svg("cohorts", [cell], asked(), dark=False))
    assert "n/a" in said
    assert "null" not in said


def test_a_chart_can_fetch_nothing() -> None:
    # vl-convert would fetch this address, were any allowed.
    spec: dict[str, Any] = {"data": {"url": "http://127.0.0.1:9/x.csv"}, "mark": "point"}
    with pytest.raises(PictureProblem) as caught:
        images._svg(spec, "")
    assert "External data url not allowed" in str(caught.value.__cause__)


def test_what_answers_a_pointer_is_drawn_as_if_nothing_were_selected() -> None:
    chosen = {"param": "focus", "value": 1}
    spec: dict[str, Any] = {
        "params": [{"name": "focus"}],
        "layer": [
            {
                "mark": "bar",
                "params": [{"name": "near"}],
                "encoding": {
                    "tooltip": [{"field": "a"}],
                    "x": {"field": "a"},
                    "fillOpacity": {"condition": [chosen], "value": 0.3},
                },
            },
            {"mark": "rule", "encoding": {"opacity": {"condition": chosen, "value": 0}}},
            {"mark": "text", "transform": [{"filter": {"param": "focus"}}]},
        ],
    }
    assert images._without_pointer(spec) == {
        "layer": [{"mark": "bar", "encoding": {"x": {"field": "a"}, "fillOpacity": {"value": 0.3}}}]
    }


def test_threads_draw_the_same_picture(light: str) -> None:
    def draw(_: int) -> str:
        return svg("active-users", users(), asked(), dark=False)

    with ThreadPoolExecutor(2) as threads:
        assert set(threads.map(draw, range(2))) == {light}


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "available", lambda: False)
    report = BY_SLUG["active-users"]
    with pytest.raises(ImagesMissing, match=r"vl-convert-python.*the extra images"):
        chart_svgs(report, chart_data(report, users()), dark=False)
