"""What a mutant of the core API is, and the small hooks that most of them are made of."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cqsc_conform.reference.core_answers import Asked, Said
from cqsc_conform.reference.core_store import Store
from cqsc_conform.reference.mutants.shapes import Collateral, Text

AnswerHook = Callable[[Store, Asked, Said], Said]
SentHook = Callable[[Asked, Said], Said]
AskedHook = Callable[[Asked], Asked]
DataHook = Callable[[Store], None]
Json = dict[str, Any]
DocumentHook = Callable[[Json], Json]


def _same_data(_: Store) -> None:
    return


def _same_asked(asked: Asked) -> Asked:
    return asked


def _same_answer(_: Store, __: Asked, said: Said) -> Said:
    return said


def _same_sent(_: Asked, said: Said) -> Said:
    return said


def _same_document(document: Json) -> Json:
    return document


@dataclass(frozen=True)
class CoreMutant:
    """One way of being wrong: whose requirement it breaks, and how.

    `data` changes the records before they are served, `asked` a request before it is looked at,
    `answer` an answer when it was made, `sent` one just before it leaves, `document` the document.
    """

    id: str
    kills: str
    description: Text
    also: tuple[Collateral, ...] = ()
    data: DataHook = _same_data
    asked: AskedHook = _same_asked
    answer: AnswerHook = _same_answer
    sent: SentHook = _same_sent
    document: DocumentHook = _same_document


CONFORMING = CoreMutant("", "", Text("符合", "conforming"))


def on(operation: str, hook: AnswerHook, *, status: int | None = None) -> AnswerHook:
    """Confine a hook to the answers of one operation, and to one status."""

    def confined(store: Store, asked: Asked, said: Said) -> Said:
        fits = asked.operation == operation and status in (None, said.status)
        return hook(store, asked, said) if fits else said

    return confined


def setting(**headers: str | None) -> AnswerHook:
    """Make a hook that sets header fields; None takes one away."""
    return lambda _, __, said: said.having(**headers)


def without_headers(*names: str) -> AskedHook:
    """Make a hook that overlooks header fields of requests."""

    def hook(asked: Asked) -> Asked:
        kept = {key: value for key, value in asked.headers.items() if key not in names}
        return replace(asked, headers=kept)

    return hook


def refusals(hook: Callable[[Said], Said], status: int | None = None) -> SentHook:
    """Make a hook for refusals as they leave, of one status or of all."""

    def confined(_: Asked, said: Said) -> Said:
        refused = said.status >= 400 and status in (None, said.status)
        return hook(said) if refused else said

    return confined
