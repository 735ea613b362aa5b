"""The benchmark's three ways agree, and it notices when they don't."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.bench.databases import Made, make
from tests.bench.questions import PRODUCT, SQL, Comparison, Question, questions

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    return make("S", tmp_path_factory.mktemp("bench"))


def differences(made: Made, asked: list[Question]) -> list[str]:
    comparison = Comparison(made, patience=60)
    found = []
    for question in asked:
        answers = {way: answer() for way, answer in comparison.ways(question).items()}
        found.append(comparison.difference(question, answers))
    comparison.close()
    return list(filter(None, found))


@pytest.mark.parametrize("filtered", [False, True])
def test_every_statement_gives_the_answer_of_the_product(made: Made, filtered: bool) -> None:
    asked = questions("30", filtered=filtered)
    assert len(asked) > 15
    assert differences(made, asked) == []


def test_a_result_without_a_statement_is_timed_only(made: Made) -> None:
    comparison = Comparison(made, patience=60)
    question = Question("rolling-users", "30")
    ways = comparison.ways(question)
    assert list(ways) == [PRODUCT]
    assert comparison.difference(question, {PRODUCT: ways[PRODUCT]()}) == ""
    comparison.close()


def test_what_is_loaded_is_the_same_too(made: Made) -> None:
    assert differences(made, [Question("sources", "all")]) == []


def test_a_difference_is_reported(made: Made, tmp_path: Path) -> None:
    other = Made("S", tmp_path)
    for name in ("raw", "columnar", "indexed"):
        getattr(other, name).write_bytes(getattr(made, name).read_bytes())
    with closing(sqlite3.connect(other.indexed)) as database, database:
        database.execute("DELETE FROM sessions WHERE id = (SELECT max(id) FROM sessions)")
    (found,) = differences(other, [Question("conversations", "7")])
    assert f"the product has 7 rows, {SQL} 7" in found


def test_sql_is_stopped_when_patience_ends(made: Made) -> None:
    comparison = Comparison(made, patience=0)
    question = Question("retention", "all")
    answers = {way: answer() for way, answer in comparison.ways(question).items()}
    assert answers[PRODUCT] and answers[SQL] is None
    assert comparison.difference(question, answers) == ""
    comparison.close()
