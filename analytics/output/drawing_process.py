"""Drawing in a process of its own, so that a crash of the picture library costs one answer."""

import atexit
import base64
import json
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Event, Lock, Timer
from typing import IO, Any

from analytics.output.export import PictureProblem
from analytics.untrusted import printable

SECONDS = 60  # the longest charts take a few on a slow machine
_WORKER = Path(__file__).with_name("drawing_worker.py")
_INSTEAD = "Try once more, or save the rows as CSV."


class DrawingProcess:
    """A process that draws, started on first use, kept, and started again when it has ended.

    It draws one picture at a time, whatever thread asks, and ends with the one that started it.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._process: subprocess.Popen[str] | None = None

    def draw(self, function: str, **arguments: Any) -> Any:
        """What a function of vl-convert answers: text, or bytes.

        Here, and only here, something comes to the picture library: all words in it are made
        printable first. Raises PictureProblem where it refuses, crashes or takes too long.
        """
        question = json.dumps({"function": function, "arguments": _printable(arguments)})
        with self._lock:
            answer = self._ask(question)
        if "error" in answer:
            # The library's reason may quote other people's words: it is no part of the message.
            raise PictureProblem(f"This picture can't be drawn. {_INSTEAD}") from ValueError(
                answer["error"]
            )
        return base64.b64decode(answer["bytes"]) if "bytes" in answer else answer["text"]

    def close(self) -> None:
        """End the process; another question starts it again."""
        with self._lock:
            self._end()

    def _ask(self, question: str) -> Any:
        process, late, line = self._running(), Event(), ""

        def end_late() -> None:
            late.set()
            process.kill()

        timer = Timer(self._seconds, end_late)
        timer.start()
        try:
            with suppress(OSError):  # it may have ended before it was asked
                _stream(process.stdin).write(question + "\n")
                _stream(process.stdin).flush()
                line = _stream(process.stdout).readline()
        finally:
            timer.cancel()
            timer.join()  # from here on it kills nothing
            is_answered = line.endswith("\n") and not late.is_set()
            if not is_answered:
                self._end()  # nor does a later question get this one's answer
        if is_answered:
            return json.loads(line)
        why = f"longer than {self._seconds:g} s" if late.is_set() else "the process that draws"
        how = "took" if late.is_set() else "ended"
        raise PictureProblem(f"This picture can't be drawn: it {how} {why}. {_INSTEAD}")

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own file
                [sys.executable, "-P", str(_WORKER), str(round(self._seconds) + 1)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a panic may quote other people's words
                encoding="ascii",
            )
        except OSError as error:
            raise PictureProblem(
                f"The process that draws pictures can't be started ({error.strerror}). {_INSTEAD}"
            ) from None
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # it holds nothing that could be lost
        process.wait()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):  # what was written last didn't reach it
                _stream(stream).close()


def _stream(found: IO[str] | None) -> IO[str]:
    assert found is not None  # noqa: S101 - both were asked for
    return found


def _printable(part: Any) -> Any:
    """A question's part with all words in it printable, names of fields too."""
    match part:
        case str():
            return printable(part)
        case dict():
            return {printable(name): _printable(value) for name, value in part.items()}
        case list() | tuple():
            return [_printable(value) for value in part]
        case _:
            return part


@cache
def drawing_process() -> DrawingProcess:
    """The one of this process, ended with it."""
    made = DrawingProcess()
    atexit.register(made.close)
    return made
