"""How the texts of filters are read, written and said in words."""

import datetime
import re
from collections.abc import Sequence
from typing import Any, Protocol

from analytics.errors import QueryError
from analytics.format import count, day
from analytics.period import parse_date
from analytics.query import (
    GROUPS,
    TYPES,
    Query,
    filter_label,
    filter_values,
)
from analytics.search.words import terms
from analytics.untrusted import unescaped

NO_TOPIC = "No topic"

NO_TYPE = "No type"
MAX_EMAIL = 320  # no e-mail address is longer
_SHOWN = 80


class Known(Protocol):
    """How people and twins are called, where there are any."""

    def person(self, id_: str) -> str:
        """The name of a person; "" where there is none."""

    def twin(self, id_: str) -> str:
        """The name of a twin; "" where there is none."""


# --- how texts are read ------------------------------------------------------------------------


def cut(text: str) -> str:
    """A text as long as an error bears."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def plain_text(name: str, text: str) -> str:
    if "\x00" in text:
        raise QueryError(name, text, "holds a NUL character; leave it out")
    return text


def email_part(name: str, text: str) -> str:
    if len(text) > MAX_EMAIL:
        raise QueryError(name, cut(text), f"has more than {MAX_EMAIL} characters; shorten it")
    return plain_text(name, text)


def search_words(name: str, text: str) -> str:
    terms(text)  # refuses what is too long
    return plain_text(name, text)


def one_of_types(name: str, text: str) -> str:
    if text not in TYPES:
        raise QueryError(name, cut(text), f"choose one of {', '.join(TYPES)}")
    return text


def one_of_groups(name: str, text: str) -> str:
    if text not in GROUPS:
        raise QueryError(name, cut(text), f"choose one of {', '.join(GROUPS)}")
    return text


def whole_number(name: str, text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise QueryError(name, text, "write a whole number")
    return int(text)


def monday(name: str, text: str) -> datetime.date:
    found = parse_date(name, text)
    return found - datetime.timedelta(found.weekday())


def yes(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise QueryError(name, text, "choose true or false")
    return text == "true"


def named(none: str) -> dict[str, Any]:
    return {
        "read": lambda name, text: filter_values([plain_text(name, text)], none)[0],
        "write": lambda value: filter_label(value, none),
        "repeatable": True,
    }


STRING = {"type": "string", "pattern": r"^[^\x00]*$"}
BOOLEAN = {"type": "boolean"}
DAYS = {"type": "integer", "enum": [1, 7, 30]}
FLAG: dict[str, Any] = {"schema": BOOLEAN, "read": yes, "write": lambda _: "true"}


# --- in words ----------------------------------------------------------------------------------


def any_of(names: Sequence[str | None], none: str) -> str:
    return " or ".join(unescaped(filter_label(name, none)) for name in names)


def person_words(query: Query, known: Known) -> str:
    return f"Only {known.person(query.person) or 'somebody who is no longer there'}"


def twin_words(query: Query, known: Known) -> str:
    return f"Only with {known.twin(query.twin) or 'a twin that is no longer there'}"


def hour_words(query: Query, _: Known) -> str:
    return f"Only {query.hour:02}:00\u2013{query.hour:02}:59 on complete days"


def cohort_words(query: Query, _: Known) -> str:
    later = f", active {count(query.week, 'week')} later" if query.week else ""
    return f"First active in the week of {day(query.cohort)}{later}"


def eligible_words(query: Query, _: Known) -> str:
    after = count(query.eligible or 0, "day")
    return f"First active day + {after} lies on a complete day of the period"


_GROUP_WORDS = {
    "new": "First active in the period",
    "returning": "Active in the period and in the one before it",
    "back": "Back in the period: active earlier, not in the period before it",
    "gone": "Active in the period before, not in this one",
}


def group_words(query: Query, _: Known) -> str:
    since = f" (from {day(query.since)} on)" if query.since else ""
    return f"{_GROUP_WORDS[query.group]}{since}"
