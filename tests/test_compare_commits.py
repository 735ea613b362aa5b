"""The comparison of two commits finds whatever differs, and asks the same each time."""

import json
from dataclasses import replace

import pytest

from analytics.web.api import app
from tests.compare_commits import QUESTIONS, Answer, differences, main, nasty
from tests.random_questions import known_values, questions
from tests.recording import CURSOR, MASKED, TAG, body_of
from tests.servers import ROOT

ONE = Answer("GET /api/metrics", 200, {"vary": "Accept", "etag": MASKED}, '{"totalActiveUsers":12}')
OTHER = Answer("GET /api/activities/x", 404, {}, '{"detail":"No activity"}')


def found(*after: Answer) -> str:
    """How these answers differ from the two above, which must be in one way."""
    (difference,) = differences([ONE, OTHER], after)
    return difference


def test_equal_answers_do_not_differ() -> None:
    assert differences([ONE, OTHER], [replace(ONE), replace(OTHER)]) == []


def test_one_byte_is_found() -> None:
    longer = "x" * 5_000
    before, after = (replace(ONE, body=f"{longer}{n}{longer}") for n in "12")
    (said,) = differences([before], [after])
    assert said.startswith("GET /api/metrics\n  body, from character 5,000: 'xxx")
    assert len(said) < 400
    assert "12" in found(replace(ONE, body=ONE.body + "\n"), OTHER)


def test_bytes_that_are_no_text_are_told_apart() -> None:
    bodies = [body_of("/api/metrics", body) for body in (b"\xff", b"\xfe", "\ufffd".encode())]
    kept = [json.loads(json.dumps(body)) for body in bodies]
    assert len({*kept}) == 3
    assert (
        "'\\udcff' -> '\\udcfe'"
        in differences([replace(ONE, body=kept[0])], [replace(ONE, body=kept[1])])[0]
    )


def test_a_status_is_found() -> None:
    assert found(replace(ONE, status=503), OTHER) == "GET /api/metrics\n  status: 200 -> 503"


def test_a_header_is_found() -> None:
    said = found(replace(ONE, headers={"vary": "Accept"}), OTHER)
    assert said == f"GET /api/metrics\n  etag: {MASKED!r} -> None"


def test_a_missing_answer_is_found() -> None:
    assert found(ONE) == "GET /api/activities/x\n  answered once only"


def test_only_the_version_of_the_product_is_masked() -> None:
    body = b'{"status":"healthy","version":"0.2.0"}'
    assert body_of("/", body) == f'{{"status":"healthy","version":"{MASKED}"}}'
    assert body_of("/api/metrics", body) == body.decode()


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    path = tmp_path_factory.mktemp("nasty") / "nasty.db"
    nasty(path)
    return known_values(path)


def test_questions_are_the_same_each_time_and_about_everything(known: dict[str, list[str]]) -> None:
    schema = app.openapi()
    asked = questions(schema, known, QUESTIONS, seed=1)
    assert asked == questions(schema, known, QUESTIONS, seed=1)
    assert asked != questions(schema, known, QUESTIONS, seed=2)
    urls = [question.url for question in asked]
    for path, about in schema["paths"].items():
        assert any(url.startswith(path.split("{")[0]) for url in urls)
        for parameter in about["get"].get("parameters", ()):
            if parameter["in"] == "query":
                assert any(f"{parameter['name']}=" in url for url in urls), parameter["name"]
    assert any(CURSOR in url for url in urls)
    assert any(TAG in question.headers.values() for question in asked)
    assert {question.method for question in asked} == {"GET", "HEAD", "POST"}


@pytest.mark.slow
def test_this_checkout_answers_as_itself(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(ROOT), "--questions", "20"]) == 0
    said = capfd.readouterr().out
    assert said.count(" 0 answered differently") == 2
    assert said.count(" x 200") == 2
