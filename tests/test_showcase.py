"""The showcase: what real companies have, whatever the seed and the day on which it ends."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import pytest

import seed
from analytics.app.notes import Note, add_note, all_notes, delete_note
from analytics.app.store import AppStore
from analytics.models import RAW_TABLES
from seed.__main__ import main
from tests.conftest import settings_for

END = date(2026, 3, 31)
# Another seed for each weekday, across a year's end, a leap day and both clock changes.
CASES = [
    (42, END),
    (0, date(2026, 1, 4)),
    (1, date(2028, 2, 28)),
    (2, date(2026, 4, 1)),
    (3, date(2026, 11, 19)),
    (4, date(2026, 12, 4)),
    (5, date(2027, 1, 2)),
    (6, date(2025, 6, 15)),
]
WINDOW = 28


def rows(path: Path) -> dict[str, list[tuple]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
            for table in RAW_TABLES
        }


def notes_of(path: Path) -> tuple[Note, ...]:
    return all_notes(AppStore(settings_for(path)))


@dataclass(frozen=True)
class Sample:
    """A showcase, read again from its rows."""

    path: Path
    end: date

    def ask(self, sql: str) -> list[tuple]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(sql).fetchall()

    @cached_property
    def days(self) -> dict[str, set[date]]:
        """Everybody's active days."""
        found: dict[str, set[date]] = {user: set() for (user,) in self.ask("SELECT id FROM users")}
        for user, day in self.ask(
            "SELECT user_id, date(started_at) FROM sessions UNION"
            " SELECT user_id, date(created_at) FROM messages m JOIN sessions s"
            " ON s.id = m.session_id WHERE sender_type = 'user'"
        ):
            found[user].add(date.fromisoformat(day))
        return found

    @cached_property
    def created(self) -> dict[str, date]:
        asked = self.ask("SELECT id, date(created_at) FROM users")
        return {user: date.fromisoformat(day) for user, day in asked}

    @cached_property
    def anchor(self) -> date:
        """The last day with data, on which "the last 28 days" end."""
        return max(day for days in self.days.values() for day in days)

    def window(self, back: int = 0) -> tuple[date, date]:
        """The last 28 days, or those so many before."""
        last = self.anchor - timedelta(WINDOW * back)
        return last - timedelta(WINDOW - 1), last

    def active(self, first: date, last: date) -> set[str]:
        return {
            user for user, days in self.days.items() if any(first <= day <= last for day in days)
        }

    def conversations(self, first: date, last: date) -> Counter[str]:
        inside = f"date(started_at) BETWEEN '{first}' AND '{last}'"
        return Counter(user for (user,) in self.ask(f"SELECT user_id FROM sessions WHERE {inside}"))


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]:%a}")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    number, end = request.param
    path = tmp_path_factory.mktemp("showcase") / "showcase.db"
    seed.generate(path, showcase=True, seed=number, end_date=end)
    return Sample(path, end)


# --- who there is -----------------------------------------------------------------------------


def test_sizes(made: Sample) -> None:
    assert made.ask("SELECT count(*), count(DISTINCT company) FROM users") == [(30, 4)]
    assert made.end - timedelta(2) <= made.anchor <= made.end  # at most a weekend is quiet
    first = min(day for days in made.days.values() for day in days)
    assert timedelta(0) <= first - (made.end - timedelta(179)) <= timedelta(5)
    [(conversations,)] = made.ask("SELECT count(*) FROM sessions")
    assert 1_200 <= conversations <= 2_000  # about as many as the default, made as quickly


def test_some_accounts_are_never_used_and_some_people_try_once(made: Sample) -> None:
    counts = Counter(len(days) for days in made.days.values())
    assert 2 <= counts[0] <= 5
    assert 2 <= counts[1] <= 6
    never = "SELECT count(*) FROM users WHERE last_login_at IS NULL"
    assert made.ask(never) == [(counts[0],)]


def test_people_come_stay_come_back_and_leave(made: Sample) -> None:
    now, before = made.active(*made.window()), made.active(*made.window(1))
    earlier = made.active(date.min, made.window(2)[1])
    assert len(now & before) >= 8
    assert len(now - before - earlier) >= 3
    assert len((now - before) & earlier) >= 2
    assert len(before - now) >= 2
    assert len(earlier - before - now) >= 1  # and some have left for long


def test_some_come_again_on_the_next_day(made: Sample) -> None:
    again = [min(days) + timedelta(1) in days for days in made.days.values() if days]
    assert 0 < sum(again) < len(again) / 2


def test_active_users_rose_beyond_every_earlier_change(made: Sample) -> None:
    assert made.window(5)[0] >= min(day for days in made.days.values() for day in days)
    active = [len(made.active(*made.window(back))) for back in range(6)]
    changes = [later - earlier for later, earlier in pairwise(active)]
    assert changes[0] >= 2
    assert changes[0] > max(changes[1:])


def test_an_organization_explains_most_of_the_change(made: Sample) -> None:
    company = dict(made.ask("SELECT id, company FROM users"))
    now, before = made.active(*made.window()), made.active(*made.window(1))
    split = Counter(company[user] for user in now)
    split.subtract(company[user] for user in before)
    [(trained,)] = [note.organizations for note in notes_of(made.path) if note.departments]
    assert split[trained] == max(split.values()) >= 3


def test_there_are_accounts_enough_for_a_rate(made: Sample) -> None:
    for back in (0, 1):
        last = made.window(back)[1]
        accounts = sum(day <= last for day in made.created.values())
        assert accounts >= 20
        assert len(made.active(*made.window(back))) < accounts
    assert made.window()[0] <= max(made.created.values())  # the accounts grow too


def test_activation_has_people_enough(made: Sample) -> None:
    first, last = (day - timedelta(WINDOW) for day in made.window())
    group = {user for user, day in made.created.items() if first <= day <= last}
    assert len(group) >= 10
    started = {
        user
        for user in group
        if any((day - made.created[user]).days < WINDOW for day in made.days[user])
    }
    again = {
        user
        for user in started
        if any(
            day - min(made.days[user]) >= timedelta(7) and (day - made.created[user]).days < WINDOW
            for day in made.days[user]
        )
    }
    assert len(group) > len(started) > len(again) > 0
    assert 2 * len(started) >= len(group)  # there is a median


@pytest.mark.parametrize("back", [0, 1])
def test_habits_differ(made: Sample, back: int) -> None:
    first, last = made.window(back)
    tiers: Counter[str] = Counter()
    for days in made.days.values():
        inside = {day for day in days if first <= day <= last}
        weeks = {(day - first).days // 7 for day in inside}
        if len(weeks) == 4:
            tiers["most days" if len(inside) >= 12 else "weekly"] += 1
        elif inside:
            tiers["occasional"] += 1
    assert tiers["most days"] >= 3
    assert tiers["weekly"] >= 1
    assert tiers["occasional"] >= 4


@pytest.mark.parametrize("back", [0, 1])
def test_a_heavy_minority_starts_half_of_the_conversations(made: Sample, back: int) -> None:
    counts = made.conversations(*made.window(back))
    assert len(counts) >= 10
    most, half = sorted(counts.values(), reverse=True), 0
    while 2 * sum(most[:half]) < counts.total():
        half += 1
    assert half <= len(counts) / 4
    assert Fraction(1, 3) <= top_tenth(most) <= Fraction(2, 3)


def top_tenth(counts: Iterable[int]) -> Fraction:
    """The share of the tenth of the people who start most, with a part of a person."""
    most = sorted(counts, reverse=True)
    tenth = Fraction(len(most), 10)
    whole = int(tenth)
    return (sum(most[:whole]) + (tenth - whole) * most[whole]) / sum(most)


@pytest.mark.parametrize("back", [0, 1])
def test_some_conversations_are_unanswered(made: Sample, back: int) -> None:
    first, last = made.window(back)
    [(silent, every)] = made.ask(f"""
        SELECT sum(answers = 0 AND asked > 0), count(*) FROM (
            SELECT sum(sender_type = 'twin') AS answers, sum(sender_type = 'user') AS asked
            FROM sessions s JOIN messages m ON m.session_id = s.id
            WHERE date(started_at) BETWEEN '{first}' AND '{last}' GROUP BY s.id)""")
    assert 0.01 <= silent / every <= 0.15


@pytest.mark.parametrize("back", [0, 1])
def test_documents_are_drafted_and_twins_of_others_used(made: Sample, back: int) -> None:
    first, last = made.window(back)
    inside = f"date(started_at) BETWEEN '{first}' AND '{last}'"
    [(own, others)] = made.ask(f"""
        SELECT sum(t.user_id = s.user_id), sum(t.user_id <> s.user_id)
        FROM sessions s JOIN twins t ON t.id = s.twin_id WHERE {inside}""")
    assert min(own, others) >= 0.1 * (own + others)
    [(drafters,)] = made.ask(f"""
        SELECT count(DISTINCT user_id) FROM sessions s JOIN documents d ON d.session_id = s.id
        WHERE {inside}""")
    assert 5 <= drafters < 30


def test_working_days_are_busier_than_weekends(made: Sample) -> None:
    days = dict(made.ask("SELECT strftime('%w', started_at), count(*) FROM sessions GROUP BY 1"))
    weekend = max(days.pop("0", 0), days.pop("6", 0))
    assert weekend < min(days.values()) / 2


# --- the notes --------------------------------------------------------------------------------


def test_a_team_starts_on_the_day_of_its_training(made: Sample) -> None:
    [note] = [note for note in notes_of(made.path) if note.departments]
    [organization], [department] = note.organizations, note.departments
    team = [user for user, *_ in made.ask(
        f"SELECT id FROM users WHERE company = '{organization}' AND department = '{department}'"
    )]  # fmt: skip
    assert len(team) >= 5
    assert min(day for user in team for day in made.days[user]) == note.first
    assert all(made.created[user] < note.first for user in team)
    # Four whole weeks on both sides: it can be compared, and most of the team came afterwards.
    weeks = timedelta(WINDOW)
    assert note.last + weeks <= made.anchor
    after = made.active(note.last + timedelta(1), note.last + weeks)
    assert len(after & set(team)) > len(made.active(note.first, note.last) & set(team))


def test_an_organization_starts_with_its_rollout(made: Sample) -> None:
    [note] = [note for note in notes_of(made.path) if note.title.startswith("Rollout")]
    people = made.ask(f"SELECT id FROM users WHERE company = '{note.organizations[0]}'")
    assert min(made.created[user] for (user,) in people) == note.first
    assert (note.first.weekday(), note.last.weekday()) == (0, 4)


def test_some_come_back_after_a_talk_in_the_last_28_days(made: Sample) -> None:
    [note] = [note for note in notes_of(made.path) if not note.organizations]
    first, last = made.window()
    assert first <= note.first == note.last <= last
    back = made.active(first, last) - made.active(*made.window(1))
    back &= made.active(date.min, made.window(2)[1])
    assert all(min(day for day in made.days[user] if day >= first) >= note.first for user in back)


def test_notes_that_people_keep_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "again.db"
    first = seed.generate(path, showcase=True, end_date=END)
    app = AppStore(settings_for(path))
    assert first.notes == len(all_notes(app)) == 3
    for note in all_notes(app):
        delete_note(app, note.id)
    mine = add_note(app, Note("Mine", END, END))
    assert seed.generate(path, showcase=True, end_date=END, force=True).notes == 0
    assert all_notes(app) == (mine,)


def test_sample_data_is_made_where_notes_can_not_be_kept(tmp_path: Path) -> None:
    (tmp_path / "made.app.db").write_text("somebody's, and no database")
    path = tmp_path / "made.db"
    assert seed.generate(path, showcase=True, end_date=END).notes == 0
    assert len(rows(path)["users"]) == 30
    assert (tmp_path / "made.app.db").read_text() == "somebody's, and no database"


def test_only_a_showcase_has_notes(tmp_path: Path) -> None:
    path = tmp_path / "plain.db"
    assert seed.generate(path, end_date=END).notes == 0
    assert list(tmp_path.iterdir()) == [path]


# --- options ----------------------------------------------------------------------------------


def test_same_seed_same_rows_and_notes(tmp_path: Path) -> None:
    one, other, third = (tmp_path / f"{name}.db" for name in ("one", "other", "third"))
    seed.generate(one, showcase=True, end_date=END)
    assert main(["--showcase", "--end-date", str(END), "--database", str(other)]) == 0
    assert rows(one) == rows(other)
    assert notes_of(one) == notes_of(other)
    seed.generate(third, showcase=True, end_date=END, seed=43)
    assert not set(rows(one)["users"]) & set(rows(third)["users"])


@pytest.mark.parametrize("days", [1, 28, 84, 400])
@pytest.mark.parametrize(("users", "organizations"), [(1, 1), (2, 2), (40, 40), (200, 20)])
def test_every_size_can_be_had(users: int, organizations: int, days: int, tmp_path: Path) -> None:
    path = tmp_path / "any.db"
    sizes = {"users": users, "organizations": organizations, "days": days, "end_date": END}
    summary = seed.generate(path, showcase=True, **sizes)
    made = rows(path)
    assert len(made["users"]) == users
    assert len({row[3] for row in made["users"]}) == organizations
    assert len(made["messages"]) == summary.messages
    active = {row[-1][:10] for row in made["messages"]}
    assert all(str(summary.start_date) <= day <= str(END) for day in active)
    assert all(summary.start_date < note.first <= note.last <= END for note in notes_of(path))


def test_the_command_says_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "small.db"
    assert (
        main(["--showcase", "--users", "12", "--end-date", str(END), "--database", str(path)]) == 0
    )
    words = capsys.readouterr().out.split()
    assert words[words.index("users") + 1] == "12"
    assert words[words.index("notes") + 1] == "3"
    assert words[2:5] == ["2025-10-03", "to", "2026-03-31:"]
