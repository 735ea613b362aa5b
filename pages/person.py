"""One person, and what is theirs."""

from ui.list_pages import one_person

one_person()
