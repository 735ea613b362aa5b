"""How cells are looked up."""

from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import event

from analytics.period import Period
from analytics.query import Query
from analytics.reading.account_cells import ever_active_by
from analytics.reading.cells import sums
from analytics.reading.reader import reading
from analytics.storage.store import open_database
from tests.conftest import settings_for
from tests.databases import Raw, a_session, a_user, write

TODAY = date(2026, 3, 12)


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_departments_are_looked_up_in_their_own_organization_only(tmp_path: Path) -> None:
    """Twice as many take twice the steps of the database, not four times."""
    steps: list[int] = []
    query = Query(Period(day("2026-03-05"), day("2026-03-11"), TODAY))
    for n in (100, 200):
        raw = Raw(
            users=[a_user(f"u{i}", f"Org {i}", department=f"Dep {i}") for i in range(n)],
            sessions=[a_session(f"s{i}", f"u{i}", "2026-03-10 09:00:00") for i in range(n)],
        )
        path = tmp_path / f"{n}.db"
        write(raw, path)
        with closing(open_database(settings_for(path))) as store:
            store.refresh()
            with reading(store) as reader:
                raw_connection: Any = reader.connection.connection.driver_connection
                taken = 0

                def count() -> None:
                    nonlocal taken
                    taken += 1

                raw_connection.set_progress_handler(count, 10)
                found = sums(reader, query, "days", ["conversations"], ("company", "department"))
                raw_connection.set_progress_handler(None, 0)
        assert found == {(f"=Org {i}", f"=Dep {i}"): (1,) for i in range(n)}
        steps.append(taken)
    assert 0 < steps[1] < 3 * steps[0]


def test_departments_are_summed_without_sorting(tmp_path: Path) -> None:
    query, by = (
        Query(Period(day("2026-03-05"), day("2026-03-11"), TODAY)),
        ("company", "department"),
    )
    asked: list[tuple[str, Any]] = []
    path = tmp_path / "one.db"
    write(Raw(users=[a_user("ann", "Acme", department="Legal")]), path)
    with closing(open_database(settings_for(path))) as store:
        store.refresh()
        with reading(store) as reader:
            event.listen(
                reader.connection.engine,
                "before_cursor_execute",
                lambda *of: asked.append(of[2:4]),
            )
            sums(reader, query, "days", ["conversations"], by)
            ever_active_by(reader, query, by)
            plans = [
                reader.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
                for statement, values in tuple(asked)
            ]
    assert len(plans) == 2
    assert not [step for plan in plans for step in plan if "TEMP B-TREE" in step.detail]
