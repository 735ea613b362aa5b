"""A server that can't be opened."""

import sys
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError

from analytics.storage import postgres
from tests.opening import problem_with

SERVER = "postgresql+psycopg://me:secret@127.0.0.1:1/name?password=secret"


class Refusing:
    """An engine whose server says no."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def connect(self) -> Any:
        raise self.error


def test_a_server_that_can_not_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    error = OperationalError("SELECT", {}, OSError("no route for me:secret"))
    monkeypatch.setattr(postgres, "server_engine", lambda *_, **__: Refusing(error))
    problem = problem_with(SERVER)
    assert problem.what == "The database server can't be reached, or refuses the login"
    assert problem.where == "postgresql+psycopg://me:***@127.0.0.1:1/name"
    assert "secret" not in str(problem)


def test_a_server_that_gives_no_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ProgrammingError("SELECT", {}, RuntimeError("permission denied for secret"))
    monkeypatch.setattr(postgres, "server_engine", lambda *_, **__: Refusing(error))
    problem = problem_with(SERVER)
    assert problem.what == "The database server refused what the dashboard asked"
    assert "create the schema `rollup`" in problem.remedy
    assert "secret" not in str(problem)


@pytest.mark.parametrize("address", [SERVER, "postgresql+nonsense://me:secret@host/name"])
def test_a_server_without_its_driver(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    problem = problem_with(address)
    assert problem.what == "The driver for PostgreSQL is not installed"
    assert 'pip install "psycopg[binary]"' in problem.remedy
    assert "secret" not in str(problem)
