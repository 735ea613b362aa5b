"""The reference data that the tests make; the real files, where they lie beside the checkout."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests import reference
from tests.conftest import Shelf
from tests.postgres import rows_of
from tests.reading.test_exactness import compare_reference
from tests.test_oracle import check_reference

REAL = Path(__file__).parents[2] / "shared/data"


def asked(path: Path, sql: str) -> list[Any]:
    """What a file answers that may not be written."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def test_the_rows_are_always_the_same_and_belong_together(
    reference_db: Path, older_db: Path
) -> None:
    made = rows_of(reference_db)
    assert made == reference.rows()
    for path in (reference_db, older_db):
        assert asked(path, "PRAGMA foreign_key_check") == []
    for row in made.messages:
        del row["message_type"]
    assert rows_of(older_db) == made


@pytest.mark.skipif(not REAL.exists(), reason=f"no real reference data at {REAL}")
def test_the_real_files_have_the_same_schema_and_figures(
    store_of: Shelf, reference_db: Path, older_db: Path
) -> None:
    real, older = REAL / "reference.db", REAL / "reference_before_message_type.db"
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
    assert asked(reference_db, schema) == asked(real, schema)
    assert asked(older_db, schema) == asked(older, schema)
    check_reference(real)
    for zone in ("UTC", "America/New_York"):
        compare_reference(store_of, real, zone)
