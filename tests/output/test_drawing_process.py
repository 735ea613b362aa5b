"""Pictures are drawn in a process of its own: whatever ends it costs one answer."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from analytics.output import drawing_process
from analytics.output.drawing_process import DrawingProcess
from analytics.output.export import PictureProblem

pytest.importorskip("vl_convert", reason="the extra `images` is not installed")

ROOT = Path(__file__).parents[2]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">{}</text></svg>'
SPEC = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {"values": [{"name": "North\x0bSouth", "count": 1}]},  # the library panics on it
    "mark": "bar",
    "encoding": {"y": {"field": "name", "type": "nominal"}, "x": {"field": "count"}},
}


@pytest.fixture(scope="module")
def kept() -> Iterator[DrawingProcess]:
    made = DrawingProcess()
    yield made
    made.close()


def draw(process: DrawingProcess, words: str = "") -> bytes:
    made: bytes = process.draw("svg_to_png", svg=SVG.format(words), scale=1)
    return made


def pid(process: DrawingProcess) -> int:
    assert process._process
    return process._process.pid


def gone(pid: int) -> bool:
    """Whether a process has ended, its parent having asked or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def test_it_is_kept(kept: DrawingProcess) -> None:
    assert draw(kept).startswith(b"\x89PNG")
    first = pid(kept)
    assert draw(kept, "Łódź").startswith(b"\x89PNG")
    assert pid(kept) == first


def test_words_that_would_end_it_come_printable(kept: DrawingProcess) -> None:
    assert "North\ufffdSouth" in kept.draw("vegalite_to_svg", vl_spec=SPEC)
    first = pid(kept)
    for words in ("\x00", "\x0b", "\x1f", "\x85", "\ud800", "\ufffe", "\uffff"):
        assert draw(kept, words) == draw(kept, "\ufffd")
    assert pid(kept) == first


def test_a_crash_costs_one_answer(kept: DrawingProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(drawing_process, "_printable", lambda part: part)
        with pytest.raises(PictureProblem, match=r"ended the process that draws\. .*save the rows"):
            kept.draw("vegalite_to_svg", vl_spec=SPEC)
    assert draw(kept).startswith(b"\x89PNG")


def test_a_killed_process_costs_at_most_one_answer(kept: DrawingProcess) -> None:
    draw(kept)
    os.kill(pid(kept), signal.SIGKILL)
    with suppress(PictureProblem):
        draw(kept)
    assert draw(kept).startswith(b"\x89PNG")


def test_a_question_too_many_bytes_for_a_pipe_meets_a_killed_process(kept: DrawingProcess) -> None:
    draw(kept)
    os.kill(pid(kept), signal.SIGSTOP)
    os.kill(pid(kept), signal.SIGKILL)
    with suppress(PictureProblem):
        draw(kept, "x" * 1_000_000)
    assert draw(kept).startswith(b"\x89PNG")


def test_what_takes_too_long_is_ended() -> None:
    process = DrawingProcess(seconds=0.5)
    stopped = process._running().pid
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(PictureProblem, match=r"took longer than 0\.5 s"):
        draw(process)
    assert gone(stopped)
    process.close()


def test_a_refusal_is_said_without_other_peoples_words(kept: DrawingProcess) -> None:
    draw(kept)
    first = pid(kept)
    with pytest.raises(PictureProblem, match="can't be drawn") as caught:
        kept.draw("svg_to_png", svg="secret words")
    assert "secret" not in str(caught.value)
    assert draw(kept).startswith(b"\x89PNG")
    assert pid(kept) == first


def test_a_machine_that_starts_no_process_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(PictureProblem, match=r"can't be started \(No such file"):
        draw(DrawingProcess())


@pytest.mark.skipif(not hasattr(signal, "alarm"), reason="needs the alarm of POSIX")
def test_a_drawing_that_nobody_waits_for_ends_too() -> None:
    points = {"sequence": {"start": 0, "stop": 400_000, "as": "n"}}  # several seconds' work
    spec = SPEC | {"data": points, "mark": "point", "encoding": {"x": {"field": "n"}}}
    asked = json.dumps({"function": "vegalite_to_svg", "arguments": {"vl_spec": spec}})
    worker = [sys.executable, "-P", str(drawing_process._WORKER), "1"]
    ended = subprocess.run(worker, input=f"{asked}\n", text=True, check=False, timeout=60)
    assert ended.returncode == -signal.SIGALRM


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux who still runs")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_the_one_that_started_it(end: signal.Signals) -> None:
    script = (
        "import signal, sys, time\n"
        # A shell's background job ignores it, and so would its children.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from analytics.output.drawing_process import drawing_process\n"
        "print(drawing_process()._running().pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as parent:  # fmt: skip
        assert parent.stdout
        worker = int(parent.stdout.readline())
        assert not gone(worker)
        parent.send_signal(end)
        try:
            parent.wait(30)
        finally:
            parent.kill()
    deadline = time.monotonic() + 30
    while not gone(worker):
        assert time.monotonic() < deadline
        time.sleep(0.02)
