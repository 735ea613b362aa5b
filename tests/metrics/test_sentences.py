"""What may be said of a figure, each threshold from both sides."""

import re
from pathlib import Path

import pytest

from analytics.metrics import sentences
from analytics.metrics.sentences import (
    LIFECYCLE,
    Moved,
    Part,
    Words,
    activation,
    active_people,
    adoption,
    concentration,
    conversations,
    habit,
    largest_part,
    length,
    periods_of,
    share_of,
    unanswered,
)

CALM = (0, 1, -1, 1)  # four changes like it before
WEEKS = (30, 31, 30, 29)


def people(now: int, before: int | None, *changes: int, earlier: tuple[int, ...] = ()) -> Words:
    return active_people(Moved(now, before, 7, changes, earlier))


@pytest.mark.parametrize(
    ("moved", "comparison", "direction"),
    [
        # From two people on,
        ((32, 30, 0, 1, -1, 1), "Their number rose from 30 to 32 (+6.7 %).", "rose"),
        ((31, 30, 0, 0, 0, 0), "About as before (30).", "about as before"),
        ((28, 30, 0, 1, -1, 1), "Their number fell from 30 to 28 (\u22126.7 %).", "fell"),
        ((29, 30, 0, 0, 0, 0), "About as before (30).", "about as before"),
        # and beyond the range of the changes before,
        ((34, 30, 3, -9, 0, 1), "Their number rose from 30 to 34 (+13.3 %).", "rose"),
        ((33, 30, 3, -9, 0, 1), "About as before (30).", "about as before"),
        ((26, 30, 9, -3, 0, 1), "Their number fell from 30 to 26 (\u221213.3 %).", "fell"),
        ((27, 30, 9, -3, 0, 1), "About as before (30).", "about as before"),
        # which a change of the other direction is not,
        ((28, 30, 5, 6, 7, 8), "Their number fell from 30 to 28 (\u22126.7 %).", "fell"),
        ((34, 30, 5, 6, 7, 8), "About as before (30).", "about as before"),
        ((32, 30, -5, -6, -7, -8), "Their number rose from 30 to 32 (+6.7 %).", "rose"),
        # of which there must be four, and the ninth is too old.
        ((90, 30, 0, 0, 0), "30 before.", ""),
        ((30, 30, 0, 0, 0), "30 before.", ""),
        ((90, 30, 0, 0, 0, 0), "Their number rose from 30 to 90 (+200.0 %).", "rose"),
        ((34, 30, *(0,) * 8, 99), "Their number rose from 30 to 34 (+13.3 %).", "rose"),
        ((34, 30, *(0,) * 7, 99), "About as before (30).", "about as before"),
        # A percentage stands on twenty.
        ((22, 20, *CALM), "Their number rose from 20 to 22 (+10.0 %).", "rose"),
        ((21, 19, *CALM), "Their number rose from 19 to 21.", "rose"),
        ((7, 3, *CALM), "Their number rose from 3 to 7.", "rose"),
        ((2, 0, *CALM), "Their number rose from 0 to 2.", "rose"),
        ((1_200, 1_000, *CALM), "Their number rose from 1,000 to 1,200 (+20.0 %).", "rose"),
        ((0, 0, *CALM), "About as before (0).", "about as before"),
        ((5, None, *CALM), "", ""),
    ],
)
def test_people_rose_or_fell(moved: tuple[int, ...], comparison: str, direction: str) -> None:
    said = people(*moved)
    assert (said.comparison, said.direction) == (comparison, direction)


@pytest.mark.parametrize(
    ("now", "before", "comparison"),
    [
        (105, 100, "Their number rose from 100 to 105 (+5.0 %)."),
        (104, 100, "About as before (100)."),
        (95, 100, "Their number fell from 100 to 95 (\u22125.0 %)."),
        (96, 100, "About as before (100)."),
        (1_050, 1_000, "Their number rose from 1,000 to 1,050 (+5.0 %)."),
        (1_049, 1_000, "About as before (1,000)."),
        (21, 20, "Their number rose from 20 to 21 (+5.0 %)."),
        (20, 19, "Their number rose from 19 to 20."),
        (1, 0, "Their number rose from 0 to 1."),
        (0, 0, "About as before (0)."),
    ],
)
def test_conversations_rose_or_fell_from_five_percent_on(
    now: int, before: int, comparison: str
) -> None:
    assert conversations(Moved(now, before, 7, (0,) * 4), 10).comparison == comparison
    # Nor within the range of what is usual.
    usual = conversations(Moved(now, before, 7, (-50, 50, 0, 0)), 10).comparison
    assert usual == f"About as before ({before:,})."


@pytest.mark.parametrize(
    ("now", "earlier", "said"),
    [
        (32, WEEKS, "30 before. The most of 5 weeks."),
        (31, WEEKS, "30 before."),
        (28, WEEKS, "30 before. The fewest of 5 weeks."),
        (29, WEEKS, "30 before."),
        (99, WEEKS[:3], "30 before."),
        (32, (*WEEKS, 0, 0, 0, 99), "30 before. The most of 8 weeks."),
        (32, (*WEEKS, 0, 0, 99), "30 before."),
    ],
)
def test_a_rank_is_of_five_to_eight_periods(now: int, earlier: tuple[int, ...], said: str) -> None:
    assert people(now, 30, earlier=earlier).comparison == said


@pytest.mark.parametrize(
    ("days", "said"),
    [(7, "8 weeks"), (28, "8 periods of 4 weeks"), (14, "8 periods of 2 weeks"), (1, "8 days"),
     (3, "8 periods of 3 days")],
)  # fmt: skip
def test_periods_are_called_by_their_length(days: int, said: str) -> None:
    assert periods_of(8, days) == said


@pytest.mark.parametrize(
    ("now", "said"),
    [(0, "Nobody used a twin."), (1, "1 person used a twin."), (1_234, "1,234 people used a twin.")]
)  # fmt: skip
def test_active_people(now: int, said: str) -> None:
    assert (people(now, 0).sentence, people(now, 0).figure) == (said, f"{now:,}")


@pytest.mark.parametrize(
    ("now", "users", "said"),
    [
        (0, 0, "No conversation was started."),
        (1, 1, "1 conversation was started; too few people to say how many a person."),
        (90, 9, "90 conversations were started; too few people to say how many a person."),
        (101, 10, "101 conversations were started; 10.1 a person."),
        (1_234, 40, "1,234 conversations were started; 30.9 a person."),
    ],
)
def test_conversations_a_person_need_ten(now: int, users: int, said: str) -> None:
    found = conversations(Moved(now, None, 7), users)
    assert (found.sentence, found.figure, found.comparison) == (said, f"{now:,}", "")


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(7, 20, " (35.0 %)"), (7, 19, ""), (0, 0, ""), (20, 20, " (100.0 %)")],
)
def test_a_percentage_stands_on_twenty(part: int, whole: int, said: str) -> None:
    assert share_of(part, whole) == said


def test_what_is_no_period_as_long_is_named() -> None:
    moved = Moved(9, 12, 7, (), (), "in 1 Jan \u2013 14 Jan 2026 (14 days)")
    assert active_people(moved).comparison == "12 in 1 Jan \u2013 14 Jan 2026 (14 days)."


@pytest.mark.parametrize(
    ("group", "now", "before", "said"),
    [
        ("new", 0, 39, "Nobody used a twin for the first time."),
        ("new", 1, 39, "1 person used a twin for the first time."),
        ("new", 12, 39, "12 people used a twin for the first time."),
        ("back", 6, 39, "6 people came back after a break."),
        ("returning", 30, 39, "30 of the 39 people of the 4 weeks before stayed (76.9 %)."),
        ("returning", 13, 19, "13 of the 19 people of the 4 weeks before stayed."),
        ("returning", 1, 1, "1 of the 1 person of the 4 weeks before stayed."),
        ("gone", 0, 20, "None of the 20 people of the 4 weeks before left (0.0 %)."),
        ("gone", 9, 39, "9 of the 39 people of the 4 weeks before left (23.1 %)."),
    ],
)
def test_who_came_stayed_came_back_and_left(group: str, now: int, before: int, said: str) -> None:
    found = LIFECYCLE[group](Moved(now, None, 28), before)
    assert (found.figure, found.sentence, found.comparison) == (f"{now:,}", said, "")
    # They rise and fall as people do.
    compared = [LIFECYCLE[group](Moved(n, 10, 28, (0,) * 4), 39).direction for n in (8, 9, 11, 12)]
    assert compared == ["fell", "about as before", "about as before", "rose"]


@pytest.mark.parametrize(
    ("days", "said"), [(1, "day"), (6, "6 days"), (7, "week"), (8, "8 days"), (14, "2 weeks")]
)
def test_days_before_are_called_by_their_length(days: int, said: str) -> None:
    assert length(days) == said


@pytest.mark.parametrize(
    ("part", "figure", "sentence", "comparison"),
    [
        (Part(8, 20, 7, 20), "40.0 %", "8 of the 20 people with an account used a twin (40.0 %).",
         "7 of 20 before (35.0 %)."),
        (Part(8, 19, 7, 19), "8 of 19", "8 of the 19 people with an account used a twin.",
         "7 of 19 before."),
        (Part(4, 10), "4 of 10", "4 of the 10 people with an account used a twin.", ""),
        (Part(4, 9), "4 of 9",
         "4 of the 9 people with an account used a twin; too few people to say a rate.", ""),
        (Part(0, 1, 0, 0), "0 of 1",
         "0 of the 1 person with an account used a twin; too few people to say a rate.",
         "0 of 0 before."),
        (Part(1_000, 2_000), "50.0 %",
         "1,000 of the 2,000 people with an account used a twin (50.0 %).", ""),
    ],
)  # fmt: skip
def test_adoption(part: Part, figure: str, sentence: str, comparison: str) -> None:
    assert adoption(part) == Words(figure, sentence, comparison)


@pytest.mark.parametrize(
    ("part", "sentence", "comparison"),
    [
        (Part(14, 40, 10, 36),
         "14 of the 40 people active in these 4 weeks were active in each of them (35.0 %).",
         "10 of 36 before (27.8 %)."),
        (Part(14, 20, 10, 19),
         "14 of the 20 people active in these 4 weeks were active in each of them (70.0 %).",
         "10 of 19 before."),
        (Part(4, 19),
         "4 of the 19 people active in these 4 weeks were active in each of them.", ""),
        (Part(4, 10),
         "4 of the 10 people active in these 4 weeks were active in each of them.", ""),
        (Part(4, 9),
         "4 of the 9 people active in these 4 weeks were active in each of them; too few people to"
         " say whether it is a habit.", ""),
    ],
)  # fmt: skip
def test_habit(part: Part, sentence: str, comparison: str) -> None:
    assert habit(part, "these 4 weeks") == Words(f"{part.part}", sentence, comparison)


@pytest.mark.parametrize(
    ("used", "accounts", "median", "said"),
    [
        (12, 20, 5, "12 of the 20 people with an account made in May used a twin within 28 days"
         " (60.0 %); half of them within 5 days."),
        (12, 19, 1, "12 of the 19 people with an account made in May used a twin within 28 days;"
         " half of them within 1 day."),
        (6, 10, 0, "6 of the 10 people with an account made in May used a twin within 28 days; half"
         " of them on the first day."),
        (4, 10, None, "4 of the 10 people with an account made in May used a twin within 28 days."),
        (6, 9, 0, "6 of the 9 people with an account made in May used a twin within 28 days;"
         " too few people to say how soon."),
    ],
)  # fmt: skip
def test_activation(used: int, accounts: int, median: int | None, said: str) -> None:
    assert activation(used, accounts, "in May", median) == Words(f"{used}", said)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Part(5, 40, 4, 36), Words("5", "5 of the 40 people who started conversations in these 4"
         " weeks started half of them (12.5 %).", "4 of 36 before (11.1 %).")),
        (Part(2, 10, 2, 10), Words("2", "2 of the 10 people who started conversations in these 4"
         " weeks started half of them.", "2 of 10 before.")),
        (Part(2, 10, 2, 9), Words("2", "2 of the 10 people who started conversations in these 4"
         " weeks started half of them.")),
        (Part(2, 9, 2, 10), None),
    ],
)  # fmt: skip
def test_concentration(part: Part, said: Words | None) -> None:
    assert concentration(part, "these 4 weeks") == said


@pytest.mark.parametrize(
    ("now", "of", "said"),
    [
        (0, 20, "0 of the 20 conversations are without an answer of the twin (0.0 %)."),
        (1, 20, "1 of the 20 conversations is without an answer of the twin (5.0 %)."),
        (3, 19, "3 of the 19 conversations are without an answer of the twin."),
        (23, 326, "23 of the 326 conversations are without an answer of the twin (7.1 %)."),
    ],
)
def test_unanswered(now: int, of: int, said: str) -> None:
    assert unanswered(Moved(now, None, 28), of) == Words(f"{now}", said)
    # They rise from 5 % on, as conversations do.
    changes = [unanswered(Moved(n, 100, 28, (0,) * 4), 999).direction for n in (95, 96, 104, 105)]
    assert changes == ["fell", "about as before", "about as before", "rose"]


@pytest.mark.parametrize(
    ("now", "before", "change", "said"),
    [
        (20, 8, 15, Words("+12", "Acme accounts for +12 of the change of +15: 20 people used a twin"
         " there, 8 before.")),
        (1, 3, -1, Words("\u22122", "Acme accounts for \u22122 of the change of \u22121: 1 person"
         " used a twin there, 3 before.")),
    ],
)  # fmt: skip
def test_the_largest_part_of_a_change(now: int, before: int, change: int, said: Words) -> None:
    assert largest_part("Acme", now, before, change) == said


def test_no_sentence_names_a_cause_or_money() -> None:
    source = Path(sentences.__file__).read_text("utf-8")
    assert not re.search(r"because|thanks to|due to|caused|[$€£]|saved|hours", source)
