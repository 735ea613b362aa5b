"""The summary's sentences, by hand and by the oracle."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import event

from analytics.metrics.summary import summary, whole_weeks
from analytics.metrics.summary_row import Sentence
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_session, a_user
from tests.lifecycle import became
from tests.metrics.rows import ask, column
from tests.oracle import Oracle, one_decimal, percent, quotient

Span = tuple[date, date]


# --- by the oracle -----------------------------------------------------------------------------


def spans(query: Query) -> tuple[Span, Span]:
    """The days of the summary, and those compared with."""
    period, days = query.period, []
    day = period.start
    while day <= period.end and day < period.today:
        days.append(day)
        day += timedelta(1)
    while len(days) > 7 and len(days) % 7:
        del days[0]
    start, end = days[0], days[-1]
    against = query.against
    if against is None:
        return (start, end), (start - timedelta(len(days)), start - timedelta(1))
    if against.end - against.start != period.end - period.start:
        return (start, end), (against.start, against.end)
    ahead = against.start - period.start
    return (start, end), (start + ahead, end + ahead)


def written(day: date) -> str:
    """A day as people write it."""
    return f"{day.day} {day.strftime('%b %Y')}"


Figure = Callable[[date, date], int | None]


class Numbers:
    """A figure of any days, None where it isn't known, and what may be said of it."""

    def __init__(self, oracle: Oracle, query: Query, of: Figure, name: str) -> None:
        self.oracle, self.query, self.of, self.name = oracle, query, of, name
        (self.start, self.end), (self.since, self.until) = spans(query)
        self.length = timedelta((self.end - self.start).days + 1)
        self.now = of(self.start, self.end) or 0
        self.before = self.known(self.since, self.until)
        if self.until >= query.period.today:
            self.before = None

    def known(self, start: date, end: date) -> int | None:
        """None where the days begin before the data."""
        return self.of(start, end) if start >= self.oracle.first_active_day else None

    @property
    def is_alike(self) -> bool:
        return self.until - self.since == self.end - self.start

    @property
    def direction(self) -> str:
        if self.before is None or not self.is_alike:
            return ""
        changes = []
        for n in range(1, 9):
            one = self.known(self.start - n * self.length, self.end - n * self.length)
            two = self.known(self.since - n * self.length, self.until - n * self.length)
            if one is not None and two is not None:
                changes.append(one - two)
        if len(changes) < 4:
            return ""
        more = self.now - self.before
        enough = abs(more) > 1
        if self.name in ("Conversations", "Unanswered"):
            enough = more != 0 and abs(more) / max(1, self.before) >= 0.05
        if enough and more > 0 and all(more > each for each in changes):
            return "rose"
        if enough and more < 0 and all(more < each for each in changes):
            return "fell"
        return "about as before"

    @property
    def rank(self) -> str:
        earlier = []
        for n in range(1, 8):
            found = self.known(self.start - n * self.length, self.end - n * self.length)
            if found is not None:
                earlier.append(found)
        if len(earlier) < 4:
            return ""
        days, periods = self.length.days, len(earlier) + 1
        if days in (1, 7):
            of = f"{periods} {'days' if days == 1 else 'weeks'}"
        elif days % 7:
            of = f"{periods} periods of {days} days"
        else:
            of = f"{periods} periods of {days // 7} weeks"
        if all(self.now > each for each in earlier):
            return f"The most of {of}."
        return f"The fewest of {of}." if all(self.now < each for each in earlier) else ""

    @property
    def comparison(self) -> str:
        if self.before is None:
            if self.name != "Active people":
                return self.rank
            if self.until >= self.query.period.today:
                return "Nothing to compare with: the days chosen for that are not over."
            began = written(self.oracle.first_active_day)
            return f"Nothing to compare with: the data begin on {began}."
        match self.direction:
            case "":
                then = "before"
                if not self.is_alike:
                    n = (self.until - self.since).days + 1
                    first = written(self.since)
                    if self.since.year == self.until.year:
                        first = first[:-5]
                    both = f"{first} \u2013 {written(self.until)}"
                    if n == 1:
                        both = written(self.until)
                    then = f"in {both} ({n} day{'s' if n > 1 else ''})"
                said = f"{self.before} {then}."
            case "about as before":
                said = f"About as before ({self.before})."
            case moved:
                said = f"Their number {moved} from {self.before} to {self.now}"
                if self.before >= 20:
                    more = one_decimal_percent(self.now - self.before, self.before)
                    said += f" ({more} %)"
                said += "."
        return f"{said} {self.rank}".strip()


def one_decimal_percent(more: int, before: int) -> str:
    """As +6.7, with a real minus."""
    value = one_decimal(Fraction(more * 100, before))
    return f"+{value:,.1f}" if value > 0 else f"\u2212{-value:,.1f}"


def row(numbers: Numbers, sentence: str, result: str, counts: str) -> dict[str, Any]:
    """The row of a figure that is held against others."""
    before = (numbers.since, numbers.until)
    return {
        **part(numbers.name, numbers.now, numbers.before, sentence, result,
               (numbers.start, numbers.end), before),
        "comparison": numbers.comparison,
        "direction": numbers.direction,
        "counts": counts,
    }  # fmt: skip


def part(  # noqa: PLR0913, PLR0917 - what is said, of what
    name: str, now: int, before: int | None, sentence: str, result: str, days: Span, earlier: Span
) -> dict[str, Any]:
    """The row of a number of people."""
    known = before is not None
    return {
        "name": name,
        "figure": f"{now:,}",
        "sentence": sentence,
        "comparison": "",
        "result": result,
        "value": now,
        "previous": before,
        "change": None if before is None else now - before,
        "direction": "",
        "counts": "people",
        "kind": "",
        "about": None,
        "from_day": days[0],
        "to_day": days[1],
        "compared_from": earlier[0] if known else None,
        "compared_to": earlier[1] if known else None,
    }


def of_before(now: int | None, whole: int | None, then: str = "before") -> str:
    """A part of people before, in words."""
    return "" if now is None or whole is None else f"{now} of {whole} {then}{share(now, whole)}."


def some(people: int, none: str = "Nobody") -> str:
    """So many people, in words."""
    return {0: none, 1: "1 person"}.get(people, f"{people} people")


def share(part: int, whole: int) -> str:
    """A percentage of twenty or more."""
    return f" ({percent(part, whole):,.1f} %)" if whole >= 20 else ""


def lives(oracle: Oracle, query: Query) -> Iterator[dict[str, Any]]:
    """Who came, stayed, came back and left."""

    def of(name: str) -> Figure:
        def figure(start: date, end: date) -> int | None:
            before = start.toordinal() - (end - start).days - 1
            return became(oracle, query, before, (start, end))[name]

        return figure

    (start, end), _ = spans(query)
    earlier = of("active_before")(start, end)
    if earlier is None:
        return
    n = (end - start).days + 1
    for name in ("new", "returning", "back", "gone"):
        numbers = Numbers(oracle, query, of(name), name.capitalize())
        if name in ("new", "back"):
            if not numbers.now and not numbers.before:
                continue
            how = "used a twin for the first time" if name == "new" else "came back after a break"
            said = f"{some(numbers.now)} {how}."
        else:
            if not earlier:
                continue
            ago = f"{n} days" if n % 7 else f"{n // 7} weeks"
            ago = {1: "day", 7: "week"}.get(n, ago)
            how = "stayed" if name == "returning" else "left"
            said = (
                f"{numbers.now or 'None'} of the {some(earlier)} of the {ago} before"
                f" {how}{share(numbers.now, earlier)}."
            )
        yield row(numbers, said, "lifecycle", "people")


def dates(start: date, end: date) -> str:
    """Days as people write them."""
    if start == end:
        return written(end)
    first = written(start)
    return f"{first if start.year != end.year else first[:-5]} \u2013 {written(end)}"


def adopted(oracle: Oracle, query: Query, days: Span, earlier: Span) -> Iterator[dict[str, Any]]:
    """How many of those with an account were active."""
    found = oracle.answer("adoption", query)
    accounts, active = found["accounts"], found["active_users"]
    if not accounts:
        return
    known = found["previous_adoption_rate"] is not None
    then = (found["previous_active_users"], found["previous_accounts"]) if known else (None, None)
    said = f"{active} of the {some(accounts)} with an account used a twin{share(active, accounts)}"
    said += "; too few people to say a rate" if accounts < 10 else ""
    yield {
        **part("Adoption", active, then[0], f"{said}.", "adoption", days, earlier),
        "figure": f"{percent(active, accounts)} %" if accounts >= 20 else f"{active} of {accounts}",
        "comparison": of_before(*then),
    }


def started(oracle: Oracle, query: Query, days: Span, earlier: Span) -> Iterator[dict[str, Any]]:
    """How many of the new accounts were used."""
    found = oracle.answer("activation-time", query)
    accounts, used, median = found["accounts"], found["used"], found["median_days"]
    if not accounts:
        return
    made = dates(found["created_from"], found["created_to"])
    said = f"{used} of the {some(accounts)} with an account made {made} used a twin within 28 days"
    said += share(used, accounts)
    if accounts < 10:
        said += "; too few people to say how soon"
    elif median is not None:
        said += f"; half of them {'within ' if median else 'on the first day'}"
        said += "" if not median else "1 day" if median == 1 else f"{median} days"
    yield part("Activation", used, None, f"{said}.", "activation-time", days, earlier)


def of_four_weeks(
    oracle: Oracle, query: Query, days: Span, earlier: Span
) -> dict[str, dict[str, Any]]:
    """Who used a twin week by week, and how few start half of the conversations."""
    habit, few = oracle.answer("habit", query), oracle.answer("concentration", query)
    if habit["to_day"] is None:
        return {}
    length = timedelta(28)
    own = habit["to_day"] - length + timedelta(1), habit["to_day"]
    then = own[0] - length, own[1] - length
    weeks = "these 4 weeks" if own == days else f"the 4 weeks {dates(*own)}"
    ago = "before" if then == earlier else "in the 4 weeks before"
    found = {}
    if active := habit["active_users"]:
        each = habit["most_days"] + habit["weekly"]
        before, of = habit["previous_most_days"], habit["previous_active_users"]
        before = None if before is None else before + habit["previous_weekly"]
        said = f"{each} of the {some(active)} active in {weeks} were active in each of them"
        said += "; too few people to say whether it is a habit" if active < 10 else ""
        said += share(each, active)
        row = part("Habit", each, before, f"{said}.", "habit", own, then)
        found["habit"] = {**row, "comparison": of_before(before, of, ago)}
    if (people := few["people"]) and people >= 10:
        half, before = few["half_people"], few["previous_half_people"]
        said = f"{half} of the {some(people)} who started conversations in {weeks} started half of"
        said += f" them{share(half, people)}"
        name = "Half of the conversations"
        row = part(name, half, before, f"{said}.", "concentration", own, then)
        of = few["previous_people"]
        compared = "" if of is None or of < 10 else of_before(before, of, ago)
        found["few"] = {**row, "comparison": compared}
    return found


def changed(
    oracle: Oracle, query: Query, people: Numbers, days: Span, earlier: Span
) -> Iterator[dict[str, Any]]:
    """Whom a change comes from most, of several."""
    if people.before is None or people.now == people.before:
        return
    groups, grew = oracle.answer("change-of-active-users", query), people.now > people.before
    if len(groups) < 2:
        return
    group = next(one for one in groups if (one["difference"] > 0) is grew and one["difference"])
    none = "No organization" if group["kind"] == "organization" else "No department"
    name = none if group["name"] is None else group["name"]
    if group["name"] is not None and (name == none or name.startswith("=")):
        name = f"={name}"
    by, all_ = (
        f"+{n}" if n > 0 else f"\u2212{-n}"
        for n in (group["difference"], people.now - people.before)
    )
    now, before = group["now"], group["before"]
    who = {1: "1 person"}.get(now, f"{now} people")
    said = f"{name} accounts for {by} of the change of {all_}:"
    said += f" {who} used a twin there, {before} before."
    yield {
        **part("Largest part of the change", now, before, said, "change-of-active-users", days,
               earlier),
        "figure": by, "kind": group["kind"], "about": group["name"],
    }  # fmt: skip


def expected(oracle: Oracle, query: Query) -> list[dict[str, Any]]:
    """What every row must hold."""
    if oracle.first_active_day is None or query.period.start >= query.period.today:
        return []
    left = oracle.left(query)
    asked = left.chosen(query)

    def counted(table: str) -> Figure:
        return lambda start, end: len(left.happened(table, asked, start, end))

    def unanswered(start: date, end: date) -> int:
        found = 0
        for talk in left.happened("sessions", asked, start, end):
            senders = [
                row["sender_type"]
                for row in oracle.rows["messages"]
                if row["session_id"] == talk.row["id"]
            ]
            found += "user" in senders and "twin" not in senders
        return found

    people = Numbers(
        oracle, query, lambda start, end: len(left.active(asked, start, end)), "Active people"
    )
    talks = Numbers(oracle, query, counted("sessions"), "Conversations")
    if not talks.now:
        said = "No conversation was started."
    else:
        were = "1 conversation was" if talks.now == 1 else f"{talks.now} conversations were"
        each = "too few people to say how many a person"
        if people.now >= 10:
            each = f"{quotient(talks.now, people.now)} a person"
        said = f"{were} started; {each}."
    days, earlier = spans(query)
    today = query.period.today
    weeks = replace(
        query,
        period=Period(*days, today),
        against=query.against and Period(*earlier, today),
    )
    of_weeks = of_four_weeks(oracle, weeks, days, earlier)
    rows = [
        row(people, f"{some(people.now)} used a twin.", "metrics", "people"),
        *changed(oracle, weeks, people, days, earlier),
        *lives(oracle, query),
        *adopted(oracle, weeks, days, earlier),
        *started(oracle, weeks, days, earlier),
        *([of_weeks["habit"]] if "habit" in of_weeks else []),
        row(talks, said, "metrics", "conversations"),
    ]
    if talks.now:
        silent = Numbers(oracle, query, unanswered, "Unanswered")
        are = "is" if silent.now == 1 else "are"
        of = "1 conversation" if talks.now == 1 else f"{talks.now} conversations"
        said = f"{silent.now} of the {of} {are} without an answer of the twin"
        said += f"{share(silent.now, talks.now)}."
        rows.append(row(silent, said, "depth-summary", "conversations"))
    return [*rows, *([of_weeks["few"]] if "few" in of_weeks else [])]


# --- by hand -----------------------------------------------------------------------------------


def visits(weeks: dict[str, int]) -> Raw:
    """So many people, one conversation each, on the first day of each week."""
    names = [f"p{n}" for n in range(max(weeks.values()))]
    return Raw(
        users=[a_user(name) for name in names],
        sessions=[
            a_session(f"{name}{day}", name, f"{day} 12:00:00")
            for day, people in weeks.items()
            for name in names[:people]
        ],
    )


# Mondays; the data begin on the first of them.
GROWN = visits(
    {"2026-01-26": 3, "2026-02-02": 4, "2026-02-09": 3, "2026-02-16": 4, "2026-02-23": 3,
     "2026-03-02": 4, "2026-03-09": 12}
)  # fmt: skip


def said(rows: list[Sentence]) -> list[Any]:
    return column(rows, "figure", "sentence", "comparison")


def test_a_week_against_the_week_before(store_of: Shelf) -> None:
    with reading(store_of(GROWN)) as reader:
        rows = summary(reader, ask("2026-03-09", "2026-03-15", "2026-03-16"))
    assert said([row for row in rows if row.result == "metrics"]) == [
        ("12", "12 people used a twin.", "Their number rose from 4 to 12. The most of 7 weeks."),
        ("12", "12 conversations were started; 1.0 a person.",
         "Their number rose from 4 to 12. The most of 7 weeks."),
    ]  # fmt: skip
    assert rows[0].model_dump() == {
        "name": "Active people",
        "figure": "12",
        "sentence": "12 people used a twin.",
        "comparison": "Their number rose from 4 to 12. The most of 7 weeks.",
        "result": "metrics",
        "value": 12,
        "previous": 4,
        "change": 8,
        "direction": "rose",
        "counts": "people",
        "kind": "",
        "about": None,
        "from_day": date(2026, 3, 9),
        "to_day": date(2026, 3, 15),
        "compared_from": date(2026, 3, 2),
        "compared_to": date(2026, 3, 8),
    }


def test_all_that_a_figure_is_held_against_is_read_at_once(store_of: Shelf) -> None:
    asked: list[str] = []
    with reading(store_of(GROWN)) as reader:
        engine = reader.connection.engine

        def note(*of: Any) -> None:
            asked.append(of[2])

        event.listen(engine, "before_cursor_execute", note)
        assert summary(reader, ask("2026-03-09", "2026-03-15", "2026-03-16"))
        event.remove(engine, "before_cursor_execute", note)
    for cells in ("depth", "intervals", "min(rollup.daily.day)"):
        assert sum(cells in statement for statement in asked) == 1, cells


def test_who_came_stayed_came_back_and_left(store_of: Shelf) -> None:
    raw = visits({"2026-02-16": 4, "2026-02-23": 2, "2026-03-02": 3})
    raw.sessions += [a_session("new", "zoe", "2026-03-03 09:00:00")]
    raw.users += [a_user("zoe")]
    raw.sessions = [row for row in raw.sessions if row["id"] != "p12026-03-02"]
    with reading(store_of(raw)) as reader:
        rows = summary(reader, ask("2026-03-02", "2026-03-08", "2026-03-16"))
        month = summary(reader, ask("2026-02-16", "2026-03-08", "2026-03-16"))
    lives = [row for row in rows if row.result == "lifecycle"]
    assert column(lives, "name", "figure", "sentence", "comparison", "previous") == [
        ("New", "1", "1 person used a twin for the first time.", "0 before.", 0),
        ("Returning", "1", "1 of the 2 people of the week before stayed.", "2 before.", 2),
        ("Back", "1", "1 person came back after a break.", "0 before.", 0),
        ("Gone", "1", "1 of the 2 people of the week before left.", "2 before.", 2),
    ]
    # Of the three weeks nobody knows who was there before.
    assert not {"New", "Returning", "Back", "Gone"} & {*column(month, "name")}


def test_with_three_changes_before_only_numbers_are_said(store_of: Shelf) -> None:
    """Of the week of 2 March the changes before are those of 23, 16, 9 and 2 February."""
    with reading(store_of(GROWN)) as reader:
        four = summary(reader, ask("2026-03-02", "2026-03-08", "2026-03-16"))[0]
        three = summary(reader, ask("2026-02-23", "2026-03-01", "2026-03-16"))[0]
    assert (four.comparison, four.direction) == ("About as before (3).", "about as before")
    assert (three.comparison, three.direction) == ("4 before.", "")


def test_the_4_weeks_before_are_named_where_the_summary_compares_with_others(
    store_of: Shelf,
) -> None:
    """Of one week, and of four against others, they aren't the days before that the summary has."""
    raw = visits({"2026-01-19": 3, "2026-02-16": 3, "2026-03-09": 2})
    ends, today = "2026-03-15", "2026-03-16"
    other = {"against": Period(date(2026, 1, 12), date(2026, 2, 8), date(2026, 3, 16))}
    with reading(store_of(raw)) as reader:
        month = summary(reader, ask("2026-02-16", ends, today))
        week = summary(reader, ask("2026-03-09", ends, today))
        chosen = summary(reader, ask("2026-02-16", ends, today, **other))
    habits = [row for rows in (month, week, chosen) for row in rows if row.name == "Habit"]
    assert column(habits, "comparison") == [
        "0 of 3 before.",
        "0 of 3 in the 4 weeks before.",
        "0 of 3 in the 4 weeks before.",
    ]


def test_nothing_is_compared_with_days_before_the_data(store_of: Shelf) -> None:
    with reading(store_of(GROWN)) as reader:
        rows = summary(reader, ask("2026-02-01", "2026-02-08", "2026-03-16"))
        people, talks = (row for row in rows if row.result == "metrics")
        both = summary(reader, ask("2026-02-02", "2026-02-08", "2026-03-16"))[0]
        longer = summary(reader, ask("2026-02-02", "2026-02-15", "2026-03-16"))[0]
    assert (people.previous, talks.previous) == (3, 3)
    assert both.comparison == "3 before."
    assert longer.comparison == "Nothing to compare with: the data begin on 26 Jan 2026."
    assert (longer.previous, longer.change, longer.compared_from) == (None, None, None)


def test_a_day_that_is_not_over_is_left_out(store_of: Shelf) -> None:
    with reading(store_of(GROWN)) as reader:
        rows = summary(reader, ask("2026-03-01", "2026-03-09", "2026-03-09"))
        nothing = summary(reader, ask("2026-03-09", "2026-03-09", "2026-03-09"))
    assert (rows[0].value, rows[0].from_day, rows[0].to_day) == (
        4, date(2026, 3, 2), date(2026, 3, 8),
    )  # fmt: skip
    assert nothing == []


def test_nobody_ever_leaves_nothing_to_say(store_of: Shelf) -> None:
    with reading(store_of(Raw(users=[a_user("ann")]))) as reader:
        assert summary(reader, ask("2026-03-01", "2026-03-08", "2026-03-09")) == []


@pytest.mark.parametrize(
    ("days", "kept"),
    [
        (("2026-02-10", "2026-03-11"), ("2026-02-12", "2026-03-11")),  # 30 days
        (("2026-02-12", "2026-03-11"), ("2026-02-12", "2026-03-11")),
        (("2026-03-05", "2026-03-11"), ("2026-03-05", "2026-03-11")),
        (("2026-03-06", "2026-03-11"), ("2026-03-06", "2026-03-11")),  # no week
        (("2026-03-05", "2026-03-12"), ("2026-03-05", "2026-03-11")),  # with today
        (("2026-03-12", "2026-03-20"), ("2026-03-12", "2026-03-20")),  # nothing is over
        (("2025-12-25", "2026-01-04"), ("2025-12-29", "2026-01-04")),  # across a year's end
    ],
)
def test_the_latest_whole_weeks(days: tuple[str, str], kept: tuple[str, str]) -> None:
    found = whole_weeks(ask(*days, "2026-03-12"))
    assert found.period == ask(*kept, "2026-03-12").period
    assert whole_weeks(found) == found


def test_a_comparison_as_long_is_shortened_alike() -> None:
    query = ask("2026-02-10", "2026-03-11", "2026-03-12")
    year = whole_weeks(replace(query, against=query.period.year_earlier))
    assert year.against == year.period.year_earlier
    assert year.compares_a_year_earlier
    chosen = Period(date(2025, 1, 1), date(2025, 1, 9), query.period.today)
    assert whole_weeks(replace(query, against=chosen)).against == chosen


def test_another_number_of_days_is_named(store_of: Shelf) -> None:
    fortnight = Period(date(2026, 2, 2), date(2026, 2, 15), date(2026, 3, 16))
    to_come = Period(date(2026, 3, 10), date(2026, 3, 16), date(2026, 3, 16))
    week = ask("2026-03-02", "2026-03-08", "2026-03-16")
    with reading(store_of(GROWN)) as reader:
        other = summary(reader, replace(week, against=fortnight))[0]
        later = summary(reader, replace(week, against=to_come))[0]
    assert other.comparison == "4 in 2 Feb \u2013 15 Feb 2026 (14 days)."
    assert other.direction == ""
    assert later.comparison == "Nothing to compare with: the days chosen for that are not over."
