"""What the visitor of a page may see, and the data as they see them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from analytics.app.notes import all_notes
from analytics.app.store import app_store
from analytics.reading.notes import Notes, seen_notes
from analytics.reading.reader import Reader, Scope, reading
from analytics.storage.store import Store


def scope() -> Scope | None:
    """What the visitor may see; None is everything.

    Nobody is asked who they are yet: access control will say it here, and nowhere else.
    """
    return None


@dataclass(frozen=True)
class Data:
    """One version of the data as somebody may see them: the only way of `ui` to a Reader.

    Answers that sessions share have it among their arguments, so that nobody gets what was worked
    out for somebody who may see more.
    """

    store: Store
    version: str
    scope: Scope | None = None

    def reading(self, *, counted: bool = False) -> AbstractContextManager[Reader]:
        """A Reader; `counted` as `Store.session` has it."""
        return reading(self.store, self.scope, counted=counted)

    def notes(self) -> Notes:
        """The notes as they are now."""
        kept = partial(all_notes, app_store(self.store.settings))
        return seen_notes(kept, self.scope.pairs if self.scope else None)


def visible(store: Store, version: str) -> Data:
    """The data as the visitor may see them."""
    return Data(store, version, scope())
