"""What all sessions share."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ui.cache import shared


def test_an_answer_is_worked_out_once_for_all_who_ask_meanwhile() -> None:
    calls: list[int] = []
    may_end = threading.Event()

    @shared(max_entries=4)
    def square(number: int) -> list[int]:
        calls.append(number)
        may_end.wait(10)
        return [number * number]

    with ThreadPoolExecutor(4) as people:
        asked = [people.submit(square, 3) for _ in range(4)]
        may_end.set()
        answers = [one.result() for one in asked]
    assert calls == [3]
    assert answers == [[9]] * 4
    assert all(answer is answers[0] for answer in answers)


def test_the_answers_asked_for_last_are_kept() -> None:
    calls: list[int] = []

    @shared(max_entries=2)
    def same(number: int) -> int:
        calls.append(number)
        return number

    for number in (1, 2, 1, 3, 1, 2):
        assert same(number) == number
    assert calls == [1, 2, 3, 2]


def test_an_error_is_told_to_its_askers_and_kept_for_nobody() -> None:
    outcomes: Iterator[OSError | int] = iter([OSError("gone"), 7])

    @shared(max_entries=2)
    def read(*, name: str) -> int:
        outcome = next(outcomes)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    with pytest.raises(OSError, match="gone"):
        read(name="a")
    assert read(name="a") == 7
    assert read(name="a") == 7
