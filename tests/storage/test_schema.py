"""What the raw tables must be like, and what is said of those that aren't."""

from pathlib import Path

import pytest

from analytics.models import RAW_MODELS, table_of
from tests.conftest import settings_for
from tests.databases import SCHEMA, Raw, a_user, write
from tests.opening import conversations, opened, problem_with, run, talks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


def test_another_programs_database(path: Path) -> None:
    run(path, "CREATE TABLE bookmarks (id)")
    problem = problem_with(path)
    assert problem.what == "This database has none of the tables of AI Twin Analytics"
    assert "DATABASE_URL" in problem.remedy


def test_missing_tables_and_columns_are_named(path: Path) -> None:
    write(talks(1), path)
    run(path, "DROP TABLE documents; ALTER TABLE messages DROP COLUMN content;"
        "ALTER TABLE users DROP COLUMN department;")  # fmt: skip
    problem = problem_with(path)
    assert problem.what == (
        "This database lacks the column users.department, the column messages.content,"
        " the table documents"
    )
    assert "README" in problem.remedy


def test_one_table_of_six(path: Path) -> None:
    run(path, "CREATE TABLE users (id, email, full_name, company, department, created_at)")
    assert problem_with(path).what.startswith(
        "This database lacks the column users.last_login_at, the table twins, the table sessions"
    )


def test_tables_without_rows_and_recovery_with_the_first(path: Path) -> None:
    run(path, SCHEMA)
    problem = problem_with(path)
    assert problem.what == "This database is empty: its tables hold no rows"
    assert "python -m seed" in problem.remedy
    write(Raw(users=[a_user("ann")]), path)
    store = opened(settings_for(path))
    assert conversations(store) == 0
    store.close()


def test_the_readme_lists_the_columns_that_are_needed() -> None:
    """The page for a database that lacks some leads there."""
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    for model in RAW_MODELS:
        table = table_of(model)
        [row] = [line for line in readme.splitlines() if line.startswith(f"| `{table.name}` |")]
        for column in table.columns:
            assert f"`{column.name}`" in row
