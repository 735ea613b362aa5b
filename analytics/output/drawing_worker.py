"""The process that draws: reads questions from standard input, answers on standard output.

The picture library ends its whole process where it panics. Here that costs one answer.
`analytics.output.drawing_process` starts it, by its path, so that it loads nothing else of ours.
"""

import base64
import json
import os
import signal
import sys


def main() -> None:
    """Answer a line of JSON with a line of JSON until standard input is closed."""
    seconds = int(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whom it works for
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the library prints is no answer
    import vl_convert  # noqa: PLC0415 - it may print too

    for line in sys.stdin:
        asked = json.loads(line)
        # Nobody else ends a drawing that never ends when the one who asked was killed meanwhile.
        if hasattr(signal, "alarm"):
            signal.alarm(seconds)
        try:
            made = getattr(vl_convert, asked["function"])(**asked["arguments"])
            answer = {"text": made} if isinstance(made, str) else {"bytes": _as_text(made)}
        except Exception as error:  # whoever asked says what it means
            answer = {"error": str(error)}
        if hasattr(signal, "alarm"):
            signal.alarm(0)
        print(json.dumps(answer), file=answers, flush=True)


def _as_text(made: bytes) -> str:
    return base64.b64encode(made).decode("ascii")


if __name__ == "__main__":
    main()
