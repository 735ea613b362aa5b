"""Answers that all sessions share, each worked out once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def shared(max_entries: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the answers of a function that were asked for last, by its hashable arguments.

    Who asks for one that is being worked out waits for it. Everybody gets the same object: nobody
    may change it. An error is kept for nobody. Streamlit's own caches copy what they keep, and
    look through every argument, at each call.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        answers: OrderedDict[Hashable, Future[R]] = OrderedDict()
        lock = threading.Lock()

        @wraps(function)
        def ask(*args: P.args, **kwargs: P.kwargs) -> R:
            key = (args, tuple(sorted(kwargs.items())))
            with lock:
                kept = answers.get(key)
                if kept is not None:
                    answers.move_to_end(key)
                else:
                    answers[key] = made = Future[R]()
                    if len(answers) > max_entries:
                        answers.popitem(last=False)
            if kept is not None:
                return kept.result()
            try:
                made.set_result(function(*args, **kwargs))
            except BaseException as error:
                with lock:
                    if answers.get(key) is made:
                        del answers[key]
                made.set_exception(error)
                raise
            return made.result()

        return ask

    return decorate
