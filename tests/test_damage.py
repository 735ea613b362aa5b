"""A short form of `make damage`: no damage and no character ends the process or is a 500."""

import logging
from pathlib import Path

import pytest

from tests import damage

ALL_AT_ONCE = b"".join(damage.CHARACTERS)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return damage.small(tmp_path_factory.mktemp("source") / "source.db")


@pytest.fixture(autouse=True)
def no_line_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("analytics.access"), "disabled", True)


def test_every_surface_is_found() -> None:
    asked = damage.addresses(["x"], pictures=True)
    assert {"/api/metrics", "/api/people?format=csv", "/api/activities/x"} <= set(asked)
    assert any(address.startswith("/download/results/topics.svg") for address in asked)
    assert {"overview", "conversation", "views"} <= set(damage.PAGES)
    assert ("messages", "content") in damage.COLUMNS


def test_damaged_files(source: Path, tmp_path: Path) -> None:
    found = damage.damage(source, tmp_path, 3, 1, drawn=False)
    assert found.asked > 150
    assert found.failed == []


def test_foreign_characters_in_every_text(source: Path, tmp_path: Path) -> None:
    found = damage.everywhere(source, tmp_path, [ALL_AT_ONCE], drawn=False)
    assert found.asked > 50
    assert found.failed == []


@pytest.mark.slow
def test_foreign_characters_as_every_parameter(source: Path, tmp_path: Path) -> None:
    found = damage.parameters(source, tmp_path, [b"\x0b", b"\xed\xa0\x80"], drawn=False)
    assert found.asked > 1_000
    assert found.failed == []


@pytest.mark.slow
def test_foreign_characters_on_pages_and_pictures(source: Path, tmp_path: Path) -> None:
    assert damage.everywhere(source, tmp_path, [ALL_AT_ONCE]).failed == []
    assert damage.parameters(source, tmp_path, [b"\x0b"]).failed == []


@pytest.mark.slow
def test_pages_of_damaged_files(source: Path, tmp_path: Path) -> None:
    assert damage.damage(source, tmp_path, 8, 100).failed == []
