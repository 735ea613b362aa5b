"""The pinned requirements install with the pip that Python 3.11 brings, not with uv alone."""

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FILES = ("requirements.txt", "requirements-dev.txt")
PINS = {file: (ROOT / file).read_text("utf-8") for file in FILES}


def pins(text: str) -> dict[str, set[str]]:
    """The extras that each pinned package is pinned with."""
    found = re.findall(r"^([\w.-]+)(?:\[([\w.,-]+)\])?==", text, re.MULTILINE)
    return {canonicalize_name(name): set(filter(None, extras.split(","))) for name, extras in found}


def asked_of(name: str, extras: set[str]) -> list[Requirement]:
    """What a package with these extras asks for on this machine."""
    try:
        asked = map(Requirement, requires(name) or ())
    except PackageNotFoundError:  # for another system
        return []
    return [
        one
        for one in asked
        if not one.marker or any(one.marker.evaluate({"extra": e}) for e in extras | {""})
    ]


def unpinned(held: dict[str, set[str]]) -> list[str]:
    """Whatever a pinned package asks for that no pin answers, extras included."""
    return [
        f"{name} asks for {one}"
        for name, extras in held.items()
        for one in asked_of(name, extras)
        if not one.extras <= held.get(canonicalize_name(one.name), set())
        or canonicalize_name(one.name) not in held
    ]


@pytest.mark.parametrize("file", FILES)
def test_every_extra_that_a_package_asks_for_is_pinned(file: str) -> None:
    """Pip takes a pin without it for another requirement, and refuses it without a hash."""
    held = pins(PINS[file])
    assert {"streamlit", "pandas", "psycopg"} <= set(held)
    assert unpinned(held) == []


def test_a_pin_without_its_extra_is_found() -> None:
    held = pins(PINS["requirements-dev.txt"].replace("coverage[toml]==", "coverage=="))
    assert any(line.startswith("pytest-cov asks for coverage[toml]") for line in unpinned(held))


@pytest.mark.parametrize("file", FILES)
def test_pins_name_no_host_and_carry_hashes(file: str) -> None:
    assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links", PINS[file])
    for pin in re.split(r"^(?=[\w.-]+(?:\[|==))", PINS[file], flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in pin, pin.splitlines()[0]


def test_what_runs_is_pinned_alike_in_both() -> None:
    both = [dict(re.findall(r"^([\w.-]+)(?:\[.*?\])?==(\S+)", PINS[file], re.M)) for file in FILES]
    assert both[0].items() <= both[1].items()
