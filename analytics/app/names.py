"""How what people make is called: one line, without characters that can't be seen."""

import unicodedata

from analytics.errors import QueryError

MAX_NAME = 80
_JOINERS = "\u200c\u200d"  # scripts and emoji need them


def clean_name(name: str, parameter: str = "name", missing: str = "give the view a name") -> str:
    """The name on one line, without characters that can't be seen.

    Raises QueryError for one that is too long, and for none, where `missing` is the remedy.
    """
    seen = "".join(
        " " if (kind := unicodedata.category(letter)) in ("Cc", "Zl", "Zp")
        else letter if letter in _JOINERS or kind not in ("Cf", "Cs", "Co") else ""
        for letter in unicodedata.normalize("NFC", name)
    )  # fmt: skip
    seen = " ".join(seen.split())
    if not seen.strip(_JOINERS):
        raise QueryError(parameter, repr(name)[:MAX_NAME], missing)
    if len(seen) > MAX_NAME:
        raise QueryError(
            parameter, f"{seen[:20]}…", f"it has {len(seen)} characters; use at most {MAX_NAME}"
        )
    return seen
