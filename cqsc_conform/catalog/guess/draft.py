"""A target file as it was guessed: what, from where, how far to trust it."""

from typing import Any

from msgspec import Struct

from cqsc_conform.catalog.guess.names import Confidence
from cqsc_conform.catalog.guess.shapes import Note

__all__ = ["Draft", "Guess", "GuessedIdentity", "GuessedOperation"]


class Guess(Struct, frozen=True):
    """A value with its ground: ``source`` names what it was guessed from."""

    value: Any
    source: str
    confidence: Confidence


class GuessedOperation(Struct, frozen=True):
    """The mapping of one operation; ``lacking`` names elements that nothing was found for.

    ``parameters`` and ``elements`` are by the profile's names; ``constants`` by wire name;
    ``same`` counts what already has the profile's name and place.
    """

    name: str
    source: str
    confidence: Confidence
    method: str
    path: str
    parameters: dict[str, Guess] = {}
    constants: dict[str, Guess] = {}
    paging: dict[str, Guess] = {}
    items: Guess | None = None
    item: Guess | None = None
    total: Guess | None = None
    elements: dict[str, Guess] = {}
    same: int = 0
    lacking: tuple[str, ...] = ()


class GuessedIdentity(Struct, frozen=True):
    """An identity; secrets in it are references."""

    source: str
    use: dict[str, Any]
    refresh: dict[str, Any] = {}


class Draft(Struct, frozen=True):
    """All that was guessed; ``missing`` names operations that no call was found for."""

    source: str
    name: str = ""
    version: str = ""
    url: Guess | None = None
    operations: tuple[GuessedOperation, ...] = ()
    missing: tuple[str, ...] = ()
    identity: GuessedIdentity | None = None
    outcome: dict[str, Guess] = {}
    notes: tuple[Note, ...] = ()
