"""A row of the summary."""

import datetime
from typing import Annotated

from analytics.fields import Meaning, Row


class Sentence(Row):
    """A sentence: its figure, what it says, what that is compared with, and what it counts."""

    name: Annotated[str, Meaning("What", "What the sentence is about.")]
    figure: Annotated[str, Meaning("Figure", "The sentence's figure, as it is written.")]
    sentence: Annotated[str, Meaning("Sentence", "What is said of the days, its figure included.")]
    comparison: Annotated[
        str,
        Meaning(
            "Compared",
            "What is said of the days compared with; empty where nothing can be compared.",
            is_compared=True,
        ),
    ]
    result: Annotated[str, Meaning("Result", "The result that has the figure.", is_hidden=True)]
    value: Annotated[int, Meaning("Number", "The number that the figure is.", is_hidden=True)]
    previous: Annotated[
        int | None,
        Meaning(
            "Number before",
            "The same of the days compared with; none where nothing can be compared.",
            is_compared=True,
            is_hidden=True,
        ),
    ]
    change: Annotated[
        int | None,
        Meaning("Change", "Number - number before.", is_compared=True, is_hidden=True),
    ]
    direction: Annotated[
        str,
        Meaning(
            "Direction",
            '"rose", "fell" or "about as before"; empty where none of them may be said.',
            is_compared=True,
            is_hidden=True,
        ),
    ]
    counts: Annotated[
        str,
        Meaning(
            "Counts",
            'What the number counts: "people" or "conversations"; empty where it counts neither.',
            is_hidden=True,
        ),
    ]
    kind: Annotated[
        str,
        Meaning(
            "Kind",
            'Whether it is about an "organization" or a "department"; empty where about all.',
            is_hidden=True,
        ),
    ]
    about: Annotated[
        str | None,
        Meaning(
            "About", "That organization's or department's name.", format="name", is_hidden=True
        ),
    ]
    from_day: Annotated[datetime.date, Meaning("From", "The first day.")]
    to_day: Annotated[datetime.date, Meaning("To", "The last day, a complete one.")]
    compared_from: Annotated[
        datetime.date | None,
        Meaning("Compared from", "The first day compared with.", is_compared=True),
    ]
    compared_to: Annotated[
        datetime.date | None,
        Meaning("Compared to", "The last day compared with.", is_compared=True),
    ]
