"""The registry of results is complete and consistent."""

import inspect
import re
from datetime import date, datetime
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import pytest

from analytics.fields import Row
from analytics.metrics.pages import PAGES
from analytics.metrics.registry import BY_SLUG, RESULTS
from analytics.metrics.result import Result
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user

by_slug = pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.slug)
CELLS = {str, int, float, bool, date, datetime}


def test_slugs_titles_and_paths_are_unique() -> None:
    for name in ("slug", "title", "path"):
        values = [getattr(result, name) for result in RESULTS]
        assert len(set(values)) == len(values)
    assert list(BY_SLUG) == [result.slug for result in RESULTS]
    assert all(BY_SLUG[result.slug] is result for result in RESULTS)


@by_slug
def test_a_slug_is_kebab_case_and_a_path_needs_no_quoting(result: Result) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", result.slug)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*(/[a-z]+(-[a-z]+)*)*", result.path)


@by_slug
def test_every_result_has_a_test_file_that_asks_it(result: Result) -> None:
    module, name = result.function.__module__, result.function.__name__
    tests = Path(__file__).with_name(f"test_{module.rpartition('.')[2]}.py").read_text("utf-8")
    assert re.search(rf"from {re.escape(module)} import .*\b{name}\b", tests)
    assert f"{name}(reader, " in tests


@by_slug
def test_every_result_says_what_its_numbers_mean(result: Result) -> None:
    assert result.definition == inspect.getdoc(result.function)
    assert result.definition.rstrip().endswith(".")
    assert result.title
    assert result.empty.endswith(".")


@by_slug
def test_every_row_is_documented_and_made_of_plain_cells(result: Result) -> None:
    assert issubclass(result.row, Row)
    assert inspect.getdoc(result.row) != inspect.getdoc(Row)
    for field in result.row.model_fields.values():
        kinds: Any = field.annotation
        is_optional = get_origin(kinds) is UnionType
        for kind in set(get_args(kinds)) - {type(None)} if is_optional else {kinds}:
            assert kind in CELLS


@by_slug
def test_a_drawing_names_fields_of_its_row(result: Result) -> None:
    drawing, fields = result.drawing, result.row.model_fields
    assert set(drawing.fields) | set(drawing.thin) <= set(fields)
    assert {drawing.x, drawing.y} - {""} <= set(fields)
    assert set(drawing.thin) <= set(drawing.fields)
    assert result.is_chart == bool(drawing.fields)


def test_rows_are_a_list_cut_to_the_limit(store_of: Shelf) -> None:
    names = "abcdefg"
    raw = Raw(users=[a_user(name, name) for name in names])
    raw.sessions += [a_session(name, name, "2026-03-10 09:00:00") for name in names]
    query = Query(Period(date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 11)))
    with reading(store_of(raw)) as reader:
        leaders = [BY_SLUG["leaderboard"].rows(reader, query, limit) for limit in (None, 2, 100)]
        assert [len(rows) for rows in leaders] == [5, 2, 7]
        assert [row.name for row in leaders[1]] == ["a", "b"]
        assert len(BY_SLUG["organizations"].rows(reader, query)) == 7
        [row] = BY_SLUG["metrics"].rows(reader, query)
        assert row.total_conversations == 7
        for result in RESULTS:
            assert all(type(row) is result.row for row in result.rows(reader, query))


def test_only_cards_are_single() -> None:
    assert [result.slug for result in RESULTS if result.is_single] == [
        "metrics", "retention", "adoption", "lifecycle", "activation-time",
        "habit", "depth-summary", "reach", "concentration",
    ]  # fmt: skip


def test_no_page_has_more_than_nine_charts() -> None:
    assert {name: len(page.charts) for name, page in PAGES.items() if len(page.charts) > 9} == {}
