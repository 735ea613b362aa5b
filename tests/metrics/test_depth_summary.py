"""Messages per conversation, those with one and those unanswered, by hand and by the oracle."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from analytics.metrics.depth_summary import RESULT, DepthSummary, depth_summary
from analytics.period import Period
from analytics.query import Query
from analytics.reading.reader import reading
from tests.conftest import Shelf
from tests.databases import Raw, a_message, a_session, a_user
from tests.metrics.rows import ask
from tests.metrics.test_depth import asked_and_answered, started
from tests.oracle import Oracle, one_decimal, percent, quotient

Days = tuple[date, date] | None


def days_of(oracle: Oracle, query: Query) -> tuple[Days, Days]:
    """First and last of the complete days, and of those they are compared with; None: no answer.

    `oracle` is the whole database: it says when the data begin, whatever is asked.
    """
    period, yesterday = query.period, query.period.today - timedelta(1)
    end = min(period.end, yesterday)
    if end < period.start:
        return None, None
    number = (end - period.start).days + 1
    since = period.start.toordinal() - number
    until = period.start.toordinal() - 1
    if query.against:
        since = query.against.start.toordinal()
        until = min(query.against.end, yesterday).toordinal()
    began = oracle.first_active_day
    if began is None or since < began.toordinal() or until < since:
        return (period.start, end), None
    return (period.start, end), (date.fromordinal(since), date.fromordinal(until))


def named_days(oracle: Oracle, query: Query) -> dict[str, Any]:
    """The days that a single row names."""
    now, before = days_of(oracle, query)
    return {
        "from_day": now and now[0], "to_day": now and now[1],
        "complete": query.period.end < query.period.today,
        "previous_from_day": before and before[0], "previous_to_day": before and before[1],
    }  # fmt: skip


def figures(oracle: Oracle, query: Query, days: Days) -> dict[str, Any]:
    """The figures of some days."""
    names = ("conversations", "messages", "messages_per_conversation", "one_message",
             "one_message_share", "unanswered", "unanswered_share")  # fmt: skip
    if days is None:
        return dict.fromkeys(names)
    asked = Query(Period(*days, query.period.today), **filters_of(query))
    found = [asked_and_answered(oracle, event.row["id"]) for event in started(oracle, asked)]
    number, said = len(found), sum(person for person, _ in found)
    one = sum(person == 1 for person, _ in found)
    unanswered = sum(person > 0 and not twin for person, twin in found)
    return dict(
        zip(
            names,
            (
                number, said, quotient(said, number), one,
                percent(one, number) if number else None, unanswered,
                percent(unanswered, number) if number else None,
            ),
            strict=True,
        )
    )  # fmt: skip


def filters_of(query: Query) -> dict[str, Any]:
    """What a question narrows, whatever its days."""
    names = ("organizations", "departments", "user", "person", "twin", "unknown_twin", "by_others",
             "own_twin", "topics")  # fmt: skip
    return {name: getattr(query, name) for name in names}


def expected(oracle: Oracle, query: Query) -> dict[str, Any]:
    """What the row must hold."""
    days = days_of(oracle, query)
    now, before = (figures(oracle, query, each) for each in days)
    row = {**named_days(oracle, query), **now}
    row |= {f"previous_{name}": value for name, value in before.items()}
    for name, part, scale in (
        ("messages_per_conversation", "messages", 1), ("one_message_share", "one_message", 100),
        ("unanswered_share", "unanswered", 100),
    ):  # fmt: skip
        moved = None
        if now["conversations"] and before["conversations"]:
            quotients = [Fraction(of[part], of["conversations"]) for of in (now, before)]
            moved = one_decimal((quotients[0] - quotients[1]) * scale)
        row[f"{name}_change"] = moved
    return row


def answers() -> Raw:
    """Conversations before and in a period: with answers, late ones, and none."""
    raw = Raw(users=[a_user("ann"), a_user("bob", "Beta")])
    said = {
        # The first active day of all.
        "first": ("ann", "2026-03-05", ("user", "twin")),
        "before": ("ann", "2026-03-08", ("user", "user", "user")),
        "one": ("ann", "2026-03-09", ("user",)),
        "answered": ("bob", "2026-03-10", ("user", "user", "twin", "user")),
        "silent": ("bob", "2026-03-10", ()),
        "strange": ("ann", "2026-03-10", ("user", "User", "system")),
        "only the twin": ("ann", "2026-03-11", ("twin", "twin")),
        "today": ("ann", "2026-03-12", ("user",)),
    }
    for id_, (who, day, senders) in said.items():
        raw.sessions.append(a_session(id_, who, f"{day} 09:00:00"))
        raw.messages += [
            a_message(f"{id_}{n}", id_, f"{day} 09:0{n}:00", sender)
            for n, sender in enumerate(senders)
        ]
    return raw


def test_the_figures_of_the_complete_days_and_those_before(store_of: Shelf) -> None:
    with reading(store_of(answers())) as reader:
        row = depth_summary(reader, ask("2026-03-09", "2026-03-12", "2026-03-12"))
    # Three complete days, and the three before them.
    assert (row.from_day, row.to_day, row.complete) == (date(2026, 3, 9), date(2026, 3, 11), False)
    assert (row.previous_from_day, row.previous_to_day) == (date(2026, 3, 6), date(2026, 3, 8))
    assert (row.conversations, row.messages, row.messages_per_conversation) == (5, 5, 1.0)
    assert (row.one_message, row.one_message_share) == (2, 40.0)
    assert (row.unanswered, row.unanswered_share) == (2, 40.0)
    assert (row.previous_conversations, row.previous_messages_per_conversation) == (1, 3.0)
    assert (row.previous_one_message_share, row.previous_unanswered_share) == (0.0, 100.0)
    assert (row.messages_per_conversation_change, row.one_message_share_change) == (-2.0, 40.0)
    assert row.unanswered_share_change == -60.0


def test_an_answer_that_comes_late_counts_whatever_its_day(store_of: Shelf) -> None:
    raw, asked = answers(), ask("2026-03-09", "2026-03-11", "2026-03-12")
    raw.messages.append(a_message("late", "one", "2026-04-01 09:00:00", "twin"))
    with reading(store_of(raw)) as reader:
        assert depth_summary(reader, asked).unanswered == 1
    raw.messages.append(a_message("undated", "strange", None, "twin"))
    with reading(store_of(raw)) as reader:
        assert depth_summary(reader, asked).unanswered == 0


def test_nothing_is_compared_with_days_before_the_data_begin(store_of: Shelf) -> None:
    def row_of(start: str, end: str = "2026-03-10", **more: Any) -> DepthSummary:
        return depth_summary(reader, ask(start, end, "2026-03-12", **more))

    with reading(store_of(answers())) as reader:
        assert row_of("2026-03-07").previous_conversations is None  # from the 3rd
        assert row_of("2026-03-08").previous_conversations == 1  # from the 5th
        # That nobody of Beta was active before doesn't matter.
        beta = row_of("2026-03-08", organizations=("Beta",))
        assert (beta.conversations, beta.previous_conversations) == (2, 0)
        assert beta.messages_per_conversation_change is None
        against = Period(date(2026, 3, 8), date(2026, 3, 12), date(2026, 3, 12))
        chosen = row_of("2026-03-05", "2026-03-07", against=against)
        assert (chosen.previous_from_day, chosen.previous_to_day) == (
            date(2026, 3, 8), date(2026, 3, 11),
        )  # fmt: skip
        assert chosen.previous_conversations == 6
        early = Period(date(2026, 3, 4), date(2026, 3, 12), date(2026, 3, 12))
        assert row_of("2026-03-08", against=early).previous_conversations is None


def test_without_a_complete_day_there_is_no_answer(store_of: Shelf) -> None:
    with reading(store_of(answers())) as reader:
        row = depth_summary(reader, ask("2026-03-12", "2026-03-20", "2026-03-12"))
        assert set(row.model_dump(exclude={"complete"}).values()) == {None}
        assert RESULT.cards
        assert [(card.value, card.difference) for card in RESULT.cards(row)] == [
            ("n/a", ""), ("n/a", ""), ("n/a", ""),
        ]  # fmt: skip
        nobody = ask("2026-03-09", "2026-03-11", "2026-03-12", person="nobody")
        assert depth_summary(reader, nobody).conversations == 0
        assert depth_summary(reader, nobody).messages_per_conversation is None


def test_the_cards_name_the_days_where_they_are_not_the_page_s(store_of: Shelf) -> None:
    assert RESULT.cards
    with reading(store_of(answers())) as reader:
        so_far, over = (
            RESULT.cards(depth_summary(reader, ask("2026-03-09", end, "2026-03-12")))
            for end in ("2026-03-12", "2026-03-11")
        )
    assert [card.note for card in so_far] == [
        "9 Mar \u2013 11 Mar 2026", "2 conversations", "2 conversations",
    ]  # fmt: skip
    assert [card.note for card in over] == ["", "2 conversations", "2 conversations"]
    assert [(card.value, card.difference, card.before) for card in over] == [
        ("1.0", "\u22122.0", "3.0"),
        ("40.0 %", "+40.0 pp", "0.0 %"),
        ("40.0 %", "\u221260.0 pp", "100.0 %"),
    ]
