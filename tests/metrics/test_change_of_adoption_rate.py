"""What a change of the adoption rate is made of, by hand and by the oracle."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from analytics.metrics.adoption import adoption
from analytics.metrics.change_of_adoption_rate import change_of_adoption_rate
from analytics.query import Query
from analytics.reading.reader import reading
from tests.changes import groups, shown, split_by
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user
from tests.metrics.rows import ask, column
from tests.oracle import Oracle, compared, name_key, one_decimal, quotient


def accounts(oracle: Oracle, people: set[str], end: date) -> int:
    """People created or active by a day, and those whose creation nobody can read."""
    found = 0
    for user in people:
        created = oracle.local(oracle.users[user].get("created_at"))
        active = any(day <= end for day in oracle.active_days[user])
        found += created is None or created.date() <= end or active
    return found


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    left = oracle.left(query)
    yesterday = query.period.today - timedelta(1)
    days = (query.period.start, min(query.period.end, yesterday))
    then = (compared(query)[0], min(compared(query)[1], yesterday))
    began = oracle.first_active_day
    if days[0] > days[1] or then[0] > then[1] or began is None or then[0] < began:
        return []
    rows = []
    for name, people in groups(left, query).items():
        # Accounts ignore what conversations the event filters leave.
        row = {
            "kind": split_by(query)[0],
            "name": name,
            "accounts_before": accounts(oracle, people, then[1]),
            "accounts": accounts(oracle, people, days[1]),
            "before": len(left.active(people, *then)),
            "now": len(left.active(people, *days)),
        }
        if row["accounts_before"] or row["accounts"]:
            rows.append(row)
    rows.sort(key=lambda row: name_key(row["name"]) if row["name"] is not None else (False, ""))
    wholes = [sum(row[name] for row in rows) for name in ("accounts_before", "accounts")]
    if not all(wholes):
        return []
    parts = []
    for row in rows:
        weights = [
            Fraction(row[n], w)
            for n, w in zip(("accounts_before", "accounts"), wholes, strict=True)
        ]
        if row["accounts_before"] and row["accounts"]:
            rates = [Fraction(row["before"], row["accounts_before"]),
                     Fraction(row["now"], row["accounts"])]  # fmt: skip
            parts += [
                100 * (rates[1] - rates[0]) * sum(weights) / 2,
                100 * (weights[1] - weights[0]) * sum(rates) / 2,
            ]
        else:
            parts += [
                Fraction(0),
                Fraction(100 * row["now"], wholes[1]) - Fraction(100 * row["before"], wholes[0]),
            ]
        row["rate_before"] = quotient(100 * row["before"], row["accounts_before"])
        row["rate"] = quotient(100 * row["now"], row["accounts"])
    change = one_decimal(sum(parts, Fraction(0)))
    tenths = shown(parts, change)
    for n, row in enumerate(rows):
        row["by_rate"], row["by_weight"] = tenths[2 * n : 2 * n + 2]
        row["difference"] = round(row["by_rate"] + row["by_weight"], 1)
        row["change"] = change
    rows.sort(key=lambda row: (-abs(row["difference"]), -row["accounts"], name_key(row["name"])))
    return rows


# Acme: 2 of 4 accounts, then 3 of 6. Beta: 1 of 4 both times. Late: nobody, then 2 of 2.
RATES = Raw(
    users=[
        *(a_user(f"a{n}", "Acme", created_at="2026-03-01 08:00:00") for n in range(4)),
        *(a_user(f"a{n}", "Acme", created_at="2026-03-10 08:00:00") for n in (4, 5)),
        *(a_user(f"b{n}", "Beta", created_at=None) for n in range(4)),
        *(a_user(f"l{n}", "Late", created_at="2026-03-10 08:00:00") for n in range(2)),
    ],
    sessions=[
        a_session(f"{user}{day}", user, f"2026-03-{day:02} 09:00:00")
        for day, users in {
            8: ("a0",), 9: ("a0", "a1", "b0"), 10: ("a0", "a1", "a4", "b1", "l0", "l1"),
        }.items()
        for user in users
    ],
)  # fmt: skip
TENTH = ask("2026-03-10", "2026-03-10", "2026-03-20")
FIELDS = ("name", "rate_before", "rate", "by_rate", "by_weight", "difference")


def test_rates_of_their_own_and_weights(store_of: Shelf) -> None:
    with reading(store_of(RATES)) as reader:
        rows = change_of_adoption_rate(reader, TENTH)
        whole = adoption(reader, TENTH)
    # From 3 of 8 (37.5 %) to 6 of 12 (50 %). Acme weighs half as before at the same rate; Beta's
    # weight fell from 1/2 to 1/3 at 25 %: -4.17; Late came with 1/6 at 100 %: +16.67.
    assert whole.adoption_rate_change == 12.5
    assert column(rows, *FIELDS) == [
        ("Late", None, 100.0, 0.0, 16.7, 16.7),
        ("Beta", 25.0, 25.0, 0.0, -4.2, -4.2),
        ("Acme", 50.0, 50.0, 0.0, 0.0, 0.0),
    ]
    assert {row.change for row in rows} == {12.5}
    assert round(sum(row.difference for row in rows), 1) == 12.5


def test_without_days_to_compare_with_there_is_none(store_of: Shelf) -> None:
    with reading(store_of(RATES)) as reader:
        assert change_of_adoption_rate(reader, ask("2026-03-08", "2026-03-08", "2026-03-20")) == []
        assert change_of_adoption_rate(reader, ask("2026-03-10", "2026-03-10", "2026-03-10")) == []
        # Two days against the two before, of which the first lies before the data.
        assert change_of_adoption_rate(reader, ask("2026-03-09", "2026-03-10", "2026-03-20")) == []
        one = change_of_adoption_rate(
            reader, ask("2026-03-10", "2026-03-10", "2026-03-20", person="a4")
        )
    assert one == []  # without an account before there was no rate


def test_today_is_left_out_of_both(store_of: Shelf) -> None:
    running = Query(ask("2026-03-10", "2026-03-11", "2026-03-11").period, against=ask(
        "2026-03-09", "2026-03-09", "2026-03-11").period)  # fmt: skip
    with reading(store_of(RATES)) as reader:
        assert column(change_of_adoption_rate(reader, running), *FIELDS) == column(
            change_of_adoption_rate(reader, TENTH), *FIELDS
        )
