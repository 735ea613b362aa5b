"""Code and documents say the same: names, paths, words, and how long a module is."""

import re
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from analytics.lists.registry import LISTS
from analytics.metrics import pages, registry
from analytics.metrics.registry import RESULTS
from analytics.reading.filters import FILTERS
from analytics.settings import Settings
from analytics.web.api import create_app
from tests.conftest import Shelf

ROOT = Path(__file__).parents[1]
CODE = ("analytics", "ui", "pages", "seed")
MODULES = sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py"))
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
MOST_LINES = 350
EXAMPLE = "documents_per_conversation"  # of CONTRIBUTING, which is nowhere but there
# Pattern -> where it may stand (parts of paths), and what is said instead.
OLD_WORDS = {
    r"\blook(s|ed|ing)?[ -]behind\b": ((), "drill-through; on the page: Show people, …"),
    r"\bbehind (a|the|every) (figure|number|card)": ((), "what a figure counts"),
    r"\bhas_behind\b|\bbehind_\w+|\banalytics\.behind\b": ((), "leads_to, drill-through"),
    r"\bmanners\b": ((), "middleware"),
    r"\bstrays?\b": ((), "orphans"),
    # The column of indexes that are already there keeps its name.
    r"\blineage\b": (("analytics/search/",), "build id"),
    r"\bcourses?\b(?<!of course)": ((), "sparkline"),
    r"\bmake_frame\b|\bframe\(\)|\bclass Frame\b": ((), "page context"),
    r"(?-i:\b(ActivityQuery|Narrowed|class (Filters|Detail))\b)": ((), "Query"),
    # Table and command have their names in users' databases and habits.
    r"\b(the|more|delete|takes?|took) marks\b|\btable of marks\b": (
        ("ui/",),
        "change log, entries",
    ),
    r"\breports?\.py\b|\banalytics\.reports\b": ((), "the registry of results"),
}


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def rows_of(text: str, first: str) -> dict[str, list[str]]:
    """Rows of the table whose header begins with `first`: the first cell, bare, and the others."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"| {first} |"):
            break
    found = {}
    for line in lines:
        if not line.startswith("|"):
            break
        name, *others = (cell.strip() for cell in line.strip("|").split("|"))
        found[name.strip("`")] = others
    return {name: cells for name, cells in found.items() if set(name) != {"-"}}


def test_metrics_has_a_line_for_every_result_in_their_order() -> None:
    written = rows_of(read("docs/metrics.md"), "slug")
    assert [(slug, cells[0].strip("`")) for slug, cells in written.items()] == [
        (result.slug, f"/api/{result.path}") for result in RESULTS
    ]
    assert all(definition for _, definition in written.values())


def test_metrics_has_a_line_for_every_list() -> None:
    written = rows_of(read("docs/metrics.md"), "list")
    assert list(written) == ["activities", *(listed.slug for listed in LISTS)]


def test_metrics_has_a_line_for_every_filter_in_their_order() -> None:
    written = rows_of(read("docs/metrics.md"), "filter")
    kinds = ("person" if f.people else "event" if f.events else "list" for f in FILTERS)
    assert [(name, cells[0], cells[1] == "all") for name, cells in written.items()] == [
        (one.name, kind, one.results) for one, kind in zip(FILTERS, kinds, strict=True)
    ]


def test_the_contract_names_every_endpoint_parameter_and_field() -> None:
    """Results that were added since may stand in metrics.md alone; those here keep their fields."""
    contract, results = read("docs/rest-contract.md"), read("docs/metrics.md")
    schema = create_app().openapi()
    for path, operations in schema["paths"].items():
        assert f"`GET {path}`" in contract or f"| `{path}` |" in results, path
        for parameter in operations["get"].get("parameters", []):
            assert re.search(rf"[`{{]{parameter['name']}[`}}]", contract), (path, parameter["name"])
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert f"`GET {path}`" in contract
    for result in RESULTS:
        lines = [line for line in contract.splitlines() if f"`GET /api/{result.path}`" in line]
        for line, (name, field) in product(lines, result.row.model_fields.items()):
            if not re.match("previous_|.*_change$", name) and "the same" not in line:
                assert re.search(rf"\b{field.alias}\b", line), (result.slug, field.alias)


def test_the_readme_and_the_data_page_name_every_setting() -> None:
    written = rows_of(read("README.md"), "variable")
    assert list(written) == [name.upper() for name in Settings.model_fields]


def paths_in(text: str) -> Iterator[str]:
    for quoted in re.findall(r"`([^`\n]+)`|\]\(([^)#]+)\)", text):
        name = "".join(quoted).split(" ")[0]
        if re.fullmatch(r"(analytics|ui|pages|seed|tests|docs)/[\w./-]*|[\w/-]+\.md", name):
            yield name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_is_there(document: Path) -> None:
    for name in paths_in(document.read_text("utf-8")):
        there = (ROOT / name).exists() or (document.parent / name).exists()
        assert there or EXAMPLE in name, f"{document.name} names {name}"


def test_the_tree_of_the_architecture_names_every_package_and_every_module_above_them() -> None:
    tree = read("docs/architecture.md").split("```")[1]
    packages = {path.parent for path in MODULES if path.name == "__init__.py"}
    for package in packages:
        own = f"{package.name}/"
        inside = any(part in package.parts for part in ("versions", "migrations"))
        assert inside or re.search(rf"^ *{re.escape(own)} ", tree, re.MULTILINE), own
    for module in (ROOT / "analytics").glob("[!_]*.py"):
        if module.name != "api.py":  # its name is what a server is started with
            assert re.search(rf"[ ]{module.name}\b", tree), module.name
    for folder in ("pages", "ui", "analytics", "seed", "tests", "docs"):
        assert f"\n{folder}/" in tree


@pytest.mark.parametrize("old", OLD_WORDS)
def test_old_words_are_gone(old: str) -> None:
    but, instead = OLD_WORDS[old]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in [*MODULES, ROOT / "dashboard_app.py", *DOCUMENTS]
        if not str(path.relative_to(ROOT)).startswith(but or ("-",))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(old, line, re.IGNORECASE)
    ]
    assert found == [], f"say {instead}"


def test_no_module_is_longer_than_can_be_read() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in MODULES
    }
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


# --- the example of CONTRIBUTING ---------------------------------------------------------------


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Both modules of the example, as if they were written where it says."""
    made, test = re.findall(r"```python\n(.*?)```", read("CONTRIBUTING.md"), re.DOTALL)
    module = ModuleType(f"analytics.metrics.{EXAMPLE}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(made, module.__name__, "exec"), vars(module))  # noqa: S102 - our own text
    names: dict[str, Any] = {"__name__": f"test_{EXAMPLE}"}
    exec(compile(test, "CONTRIBUTING.md", "exec"), names)  # noqa: S102
    return names | {"RESULT": vars(module)["RESULT"]}


def test_the_example_of_contributing_does_what_it_says(
    example: dict[str, Any], store_of: Shelf
) -> None:
    tests: list[Callable[[Shelf], None]] = [
        value for name, value in example.items() if name.startswith("test_")
    ]
    assert len(tests) == 1
    tests[0](store_of)
    result = example["RESULT"]
    assert (result.slug.replace("-", "_"), result.is_chart) == (EXAMPLE, True)
    text = read("CONTRIBUTING.md")
    for module in (registry, pages):
        assert f"analytics/metrics/{module.__name__.rpartition('.')[2]}.py" in text
