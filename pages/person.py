"""One person, and what is theirs."""

from ui.lists import one_person

one_person()
