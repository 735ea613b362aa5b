"""What filters leave, in words: the same on chips, in explanations and of saved views."""

from collections.abc import Callable
from dataclasses import dataclass

from analytics.query import Query
from analytics.reading import filters
from analytics.reading.known import person_name, twin_name
from analytics.reading.reader import Reader
from analytics.storage.faults import DatabaseLocked
from ui.access import Data
from ui.asked import cut
from ui.cache import shared
from ui.page_context import page_context


@dataclass(frozen=True)
class Names:
    """How people and twins are called; by their ids while the database is locked."""

    data: Data

    def person(self, id_: str) -> str:
        """The name of a person; "" where there is none."""
        return self._name(person_name, id_)

    def twin(self, id_: str) -> str:
        """The name of a twin; "" where there is none."""
        return self._name(twin_name, id_)

    def _name(self, read: Callable[[Reader, str], str], id_: str) -> str:
        try:
            return cut(_name(read, id_, self.data))
        except DatabaseLocked:
            return cut(id_)


@shared(max_entries=512)
def _name(read: Callable[[Reader, str], str], id_: str, data: Data) -> str:
    with data.reading() as reader:
        return read(reader, id_)


def filter_words(query: Query) -> dict[tuple[str, ...], str]:
    """What each filter beyond organization and department leaves, by its parameters."""
    return filters.in_words(query, Names(page_context().data))


def only_words(query: Query) -> str:
    """What all filters leave, in one phrase that may follow "Only"; "" where all is left."""
    return filters.only_words(query, Names(page_context().data))
