"""Whoever answers a question reads through a Reader: above it are no raw tables and sessions."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ABOVE = ("metrics", "lists", "output", "web", "app")
# What a module above may take from those that know tables; of all others, everything.
MAY_TAKE = {
    "analytics.models": {"RAW_TABLES", "SAMPLE_APPLICATION_ID"},
    "analytics.rollups.tables": {
        "ALL", "DOCUMENT", "QUERY", "SHARED_TWIN", "slice_key", "slice_name",
    },
    "analytics.rollups.state": set(),
    "analytics.search.tables": set(),
    "analytics.reading.facts": None,
    "analytics.reading.cells": None,
}  # fmt: skip
SESSIONS = {"Session", "text", "table", "Table", "literal_column"}
# What people make is kept in a schema of its own, which has sessions of its own.
OWN_SCHEMA = {"analytics/app/store.py", "analytics/app/views.py", "analytics/app/notes.py"}


def broken_rules(code: str) -> list[str]:
    """What a module takes that it may not."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and node.attr == "session":
            found.append(f"line {node.lineno}: .session")
        if isinstance(node, ast.Import):
            found += [f"import {one.name}" for one in node.names if one.name in MAY_TAKE]
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        for one in node.names:
            taken = f"{node.module}.{one.name}"
            may = MAY_TAKE.get(node.module, {one.name})
            if taken in MAY_TAKE and MAY_TAKE[taken] is not None:
                found.append(taken)  # the module as a whole
            elif node.module.partition(".")[0] in ("sqlalchemy", "sqlmodel"):
                found += [taken] if one.name in SESSIONS else []
            elif one.name.isupper() if may is None else one.name not in may:
                found.append(taken)
    return found


def modules_above() -> list[str]:
    """Every module that answers somebody."""
    folders = [*(f"analytics/{name}" for name in ABOVE), "ui", "pages"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    names = {path.relative_to(ROOT).as_posix() for path in files}
    return sorted(name for name in names - OWN_SCHEMA if "/migrations/" not in name)


@pytest.mark.parametrize("name", modules_above())
def test_nothing_above_the_reader_reads_a_table_or_opens_a_session(name: str) -> None:
    assert broken_rules((ROOT / name).read_text("utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        "from analytics.models import table_of",
        "from analytics.models import User as Person",
        "from analytics import models",
        "import analytics.models",
        "from analytics.rollups import tables",
        "from analytics.rollups.tables import Daily, slice_key",
        "from analytics.rollups.state import Build",
        "from analytics.reading.cells import DAILY, in_days",
        "from analytics.search.tables import DOCUMENT",
        "from sqlmodel import Session",
        "from sqlalchemy.orm import Session",
        "from sqlalchemy import select, text",
        "with store.session() as session: pass",
    ],
)
def test_what_goes_around_the_reader_is_noticed(code: str) -> None:
    assert len(broken_rules(code)) == 1


def test_what_the_reader_hands_out_may_be_used() -> None:
    code = """
from sqlalchemy import select
from analytics.models import RAW_TABLES
from analytics.reading.cells import in_days
from analytics.reading.reader import Reader
from analytics.rollups.tables import slice_key
reader.scalar(select(reader.users.c.id))
"""
    assert broken_rules(code) == []
