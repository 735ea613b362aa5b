"""What the rollups hold is named by a digest: whatever is changed, they are built again."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import BindParameter
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import visitors

from analytics.rollups import build, triggers
from analytics.rollups.build import definition, statements, written
from analytics.sql import collation, stored, timestamps

UTC = ZoneInfo("UTC")
DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}


def constants() -> list[tuple[Any, BindParameter[Any]]]:
    """Every value that is bound in a statement, once, with one that binds it."""
    found = {}
    for statement in statements():
        for part in visitors.iterate(statement):
            if isinstance(part, BindParameter) and id(part) not in found:
                found[id(part)] = statement, part
    return list(found.values())


def other(value: Any) -> Any:
    if isinstance(value, list):
        return [*value, "other"]
    return value + 1 if isinstance(value, int) else f"{value}!"


@pytest.mark.parametrize("database", DIALECTS)
def test_every_constant_changes_the_digest(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = constants()
    assert len(bound) > 200
    values = [part.value for _, part in bound]
    assert all(value in values for value in (1, 7, 30, 9, 10, "user", ["users"]))
    compiled: dict[int, Any] = {}
    for statement, part in bound:
        if id(statement) not in compiled:
            compiled[id(statement)] = statement.compile(dialect=DIALECTS[database])
        at = compiled[id(statement)]
        before = written(at)
        with monkeypatch.context() as patch:
            patch.setattr(part, "value", other(part.value))
            assert written(at) != before, (part.key, part.value)
        assert written(at) == before
    digest = definition.__wrapped__
    before = digest(database, UTC)
    assert before == digest(database, UTC)
    with monkeypatch.context() as patch:
        patch.setattr(bound[0][1], "value", other(bound[0][1].value))
        assert digest(database, UTC) != before


@pytest.mark.parametrize("database", DIALECTS)
def test_so_do_triggers_functions_and_the_zone(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = definition.__wrapped__
    before = digest(database, UTC)
    assert digest(database, ZoneInfo("Europe/Berlin")) != before
    with monkeypatch.context() as patch:
        patch.setitem(triggers.LOGGED, "messages", ((triggers.USER, "session_id"),))
        assert digest(database, UTC) != before
    for module in (stored, timestamps, collation, build.untrusted):
        with monkeypatch.context() as patch:
            source = build.inspect.getsource
            patch.setattr(
                build.inspect,
                "getsource",
                lambda of: source(of) + " " * (of is module),  # noqa: B023
            )
            assert digest(database, UTC) != before
